"""`doctor`: what can be wrong with an installation."""

from __future__ import annotations

import click

from integration_tui.cli.output import ExitCode, as_json, note, table
from integration_tui.cli.session import Session


@click.command()
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def doctor(session: Session, *, json_: bool) -> int:
    """Look at versions, settings, files, store, audit chain, types and integrations.

    Exit code 1 when something is wrong; each such line comes with the way out.
    """
    found = session.ask(lambda services: services.diagnostics.diagnose())
    if json_:
        as_json(found)
    else:
        table(
            ("", "subject", "finding"),
            (("ok" if one.right else "!!", one.subject, one.detail) for one in found),
        )
    wrong = [one for one in found if not one.right]
    for one in wrong:
        note(f"{one.subject}: {one.detail}; {one.advice}".rstrip("; "))
    return ExitCode.TROUBLE if wrong else ExitCode.FINE
