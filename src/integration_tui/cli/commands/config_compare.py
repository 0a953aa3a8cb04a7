"""`config compare`: values that two integrations, or two environments of one, do not share."""

from __future__ import annotations

import click

from integration_tui.cli.output import ExitCode, as_json, note, table
from integration_tui.cli.session import Session
from integration_tui.domain.config import Environment
from integration_tui.domain.errors import UsageError
from integration_tui.domain.ids import IntegrationId

_environment = click.Choice([one.value for one in Environment])


@click.command()
@click.argument("name", type=IntegrationId)
@click.option("--with", "other", type=IntegrationId, help="Another integration.")
@click.option(
    "--environments",
    nargs=2,
    type=_environment,
    metavar="ONE OTHER",
    help="Two of development, staging and production.",
)
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def compare(
    session: Session,
    *,
    name: IntegrationId,
    other: IntegrationId | None,
    environments: tuple[str, str] | None,
    json_: bool,
) -> int:
    """Print the values that differ between two integrations, or two environments of one.

    A dash is where nothing is set. Secrets are shown as references. Exit code 1 when something
    differs.
    """
    if (other is None) == (environments is None):
        raise UsageError(
            "compare with what?", advice="say --with NAME, or --environments ONE OTHER"
        )
    if environments is not None:
        heads = environments
        one, two = map(Environment, environments)
        found = session.ask(lambda services: services.config.compare_environments(name, one, two))
    else:
        second = IntegrationId(str(other))
        heads = (name, second)
        found = session.ask(lambda services: services.config.compare(name, second))
    if json_:
        as_json(found)
    elif found:
        rows = ((each.path, each.one or None, each.other or None) for each in found)
        table(("key", *heads), rows)
    else:
        note(f"{heads[0]} and {heads[1]} are the same")
    return ExitCode.TROUBLE if found else ExitCode.FINE
