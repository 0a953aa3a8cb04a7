"""`config`: documents and their versions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from integration_tui.cli.commands.config_edit import set_
from integration_tui.cli.context import CliContext
from integration_tui.cli.output import ExitCode, as_json, data, note, table
from integration_tui.domain.config.version import Environment
from integration_tui.domain.errors import UsageError
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.quantity import counted

if TYPE_CHECKING:
    from integration_tui.domain.config.version import ConfigVersion
    from integration_tui.services import Services

_environment = click.Choice([environment.value for environment in Environment])


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
    session: CliContext,
    *,
    name: IntegrationId,
    other: IntegrationId | None,
    environments: tuple[str, str] | None,
    json_: bool,
) -> int:
    """Compare the values of two integrations, or of two environments of one.

    A dash means not set. Secrets are shown as references. Exit code 1 when a value
    differs.
    """
    if (other is None) == (environments is None):
        raise UsageError(
            "nothing to compare with", advice="add --with NAME, or --environments ONE OTHER"
        )
    if environments is not None:
        heads = environments
        one, two = map(Environment, environments)
        found = session.look(lambda services: services.config.compare_environments(name, one, two))
    else:
        second = IntegrationId(str(other))
        heads = (name, second)
        found = session.look(lambda services: services.config.compare(name, second))
    if json_:
        as_json(found)
    elif found:
        rows = ((each.path, each.one or None, each.other or None) for each in found)
        table(("key", *heads), rows)
    else:
        note(f"{heads[0]} and {heads[1]} have the same values.")
    return ExitCode.TROUBLE if found else ExitCode.FINE


@click.command()
@click.argument("name", type=IntegrationId)
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def effective(session: CliContext, *, name: IntegrationId, json_: bool) -> int:
    """Print every effective value with its origin: a line, an environment, the default.

    Secrets are shown as references. Exit code 1 when a secret cannot be read.
    """
    found = session.look(lambda services: services.diagnostics.effective(name))
    if json_:
        as_json(found)
    else:
        table(
            ("key", "value", "from"),
            ((found_one.path, found_one.text, found_one.origin) for found_one in found),
        )
    lost = [found_one for found_one in found if found_one.trouble]
    for effective_value in lost:
        note(f"{effective_value.path}: {effective_value.trouble}")
    return ExitCode.TROUBLE if lost else ExitCode.FINE


_json = click.option("--json", "json_", is_flag=True, help="Print JSON.")
_type = click.argument("type_", metavar="[TYPE]", required=False)
_name = click.argument("name", type=IntegrationId)


@click.group()
def config() -> None:
    """Show, validate, change, compare and roll back configurations."""


config.add_command(effective)
config.add_command(set_)
config.add_command(compare)


@config.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@_json
@click.pass_obj
def validate(session: CliContext, *, files: tuple[Path, ...], json_: bool) -> int:
    """Check configuration files without using them. Exit code 2 when a file has a problem."""
    drafts = session.offline().drafts
    problems = [problem for file in files for problem in drafts.problems_in(file)]
    if json_:
        as_json(problems)
    else:
        for problem in problems:
            data(str(problem))
        for file in files:
            for remark in drafts.notes_in(file):
                note(remark)
        _print_count(len(files), len(problems))
    return ExitCode.BAD_INPUT if problems else ExitCode.FINE


def _print_count(files: int, problems: int) -> None:
    """Say how it went: as data where there is nothing else to print."""
    found = counted(problems, "problem") if problems else "no problems"
    (note if problems else data)(f"{counted(files, 'file')} checked, {found}")


@config.command()
@_type
@click.pass_obj
def schema(session: CliContext, *, type_: str | None) -> int:
    """Print the JSON Schema of a provider type's files, for editors."""
    types = session.offline().types
    as_json(types.schema(type_ or types.default))
    return ExitCode.FINE


@config.command()
@_type
@click.pass_obj
def sample(session: CliContext, *, type_: str | None) -> int:
    """Print a commented sample file of a provider type to start from."""
    types = session.offline().types
    data(types.sample(type_ or types.default).rstrip("\n"))
    return ExitCode.FINE


@config.command()
@_name
@click.option("--at", "number", type=int, help="Version to print. Default: the active one.")
@_json
@click.pass_obj
def show(session: CliContext, *, name: IntegrationId, number: int | None, json_: bool) -> int:
    """Print a configuration. Secrets are shown as references."""
    version = session.look(
        lambda services: (
            services.config.active(name)
            if number is None
            else services.config.version(name, number)
        )
    )
    if json_:
        as_json(version)
    else:
        data(version.text.rstrip("\n"))
    return ExitCode.FINE


@config.command()
@_name
@_json
@click.pass_obj
def history(session: CliContext, *, name: IntegrationId, json_: bool) -> int:
    """List all versions, newest first, with author, time and reason."""

    async def ask(services: Services) -> list[ConfigVersion]:
        await services.integrations.get(name)
        return list(await services.config.history(name))

    versions = session.look(ask)
    if json_:
        as_json(versions)
        return ExitCode.FINE
    rows = (
        (
            version.number,
            "yes" if version.active else "",
            version.created_at,
            version.created_by,
            version.reason,
        )
        for version in versions
    )
    table(("version", "active", "at", "by", "reason"), rows)
    return ExitCode.FINE


@config.command()
@_name
@click.argument("before", type=int)
@click.argument("after", type=int)
@click.pass_obj
def diff(session: CliContext, *, name: IntegrationId, before: int, after: int) -> int:
    """Compare two versions. Exit code 1 when they differ."""
    text = session.look(lambda services: services.config.diff(name, before, after))
    if not text:
        note(f"Versions {before} and {after} of {name} are identical.")
        return ExitCode.FINE
    data(text.rstrip("\n"))
    return ExitCode.TROUBLE


@config.command()
@_name
@click.argument("number", type=int, metavar="VERSION")
@click.option("--reason", default="", help="Why. Kept with the new version.")
@click.pass_obj
def rollback(session: CliContext, *, name: IntegrationId, number: int, reason: str) -> int:
    """Roll back to an earlier version: its text becomes the next version."""
    actor = session.actor()
    version = session.ask(
        lambda services: services.config.roll_back(name, number, reason=reason, actor=actor)
    )
    note(f"{name}: rolled back to version {number}. Version {version.number} active.")
    return ExitCode.FINE
