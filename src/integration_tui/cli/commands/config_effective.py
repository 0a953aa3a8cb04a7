"""`config effective`: which values hold for an integration, and where each was written."""

from __future__ import annotations

import click

from integration_tui.cli.output import ExitCode, as_json, note, table
from integration_tui.cli.session import Session
from integration_tui.domain.ids import IntegrationId


@click.command()
@click.argument("name", type=IntegrationId)
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def effective(session: Session, *, name: IntegrationId, json_: bool) -> int:
    """Print every value that holds, and where it comes from: a line, an overlay, the default.

    Secrets are shown as references. Exit code 1 when one of them leads nowhere.
    """
    found = session.ask(lambda services: services.diagnostics.effective(name))
    if json_:
        as_json(found)
    else:
        table(("key", "value", "from"), ((one.path, one.text, one.origin) for one in found))
    lost = [one for one in found if one.trouble]
    for one in lost:
        note(f"{one.path}: {one.trouble}")
    return ExitCode.TROUBLE if lost else ExitCode.FINE
