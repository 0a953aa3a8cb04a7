"""`config`: documents and their versions."""

from __future__ import annotations

from pathlib import Path

import click

from integration_tui.cli.commands.config_compare import compare
from integration_tui.cli.commands.config_effective import effective
from integration_tui.cli.commands.config_set import set_
from integration_tui.cli.output import ExitCode, as_json, data, note, table
from integration_tui.cli.session import Session
from integration_tui.domain.ids import IntegrationId

_json = click.option("--json", "json_", is_flag=True, help="Print JSON.")
_type = click.argument("type_", metavar="[TYPE]", required=False)
_name = click.argument("name", type=IntegrationId)


@click.group()
def config() -> None:
    """See, validate, change, compare and roll back configurations."""


config.add_command(effective)
config.add_command(set_)
config.add_command(compare)


@config.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@_json
@click.pass_obj
def validate(session: Session, *, files: tuple[Path, ...], json_: bool) -> int:
    """Check files without using them. Exit code 2 when there is something to mend."""
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
        note(f"{len(files)} files, {len(problems)} problems")
    return ExitCode.BAD_INPUT if problems else ExitCode.FINE


@config.command()
@_type
@click.pass_obj
def schema(session: Session, *, type_: str | None) -> int:
    """Print the JSON Schema of a provider type's files, for editors."""
    types = session.offline().types
    as_json(types.schema(type_ or types.default))
    return ExitCode.FINE


@config.command()
@_type
@click.pass_obj
def sample(session: Session, *, type_: str | None) -> int:
    """Print a commented sample file of a provider type, to begin with."""
    types = session.offline().types
    data(types.sample(type_ or types.default).rstrip("\n"))
    return ExitCode.FINE


@config.command()
@_name
@click.option("--at", "number", type=int, help="The version; default: the one in force.")
@_json
@click.pass_obj
def show(session: Session, *, name: IntegrationId, number: int | None, json_: bool) -> int:
    """Print an integration's document; it holds references to secrets, never secrets."""
    version = session.ask(
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
def history(session: Session, *, name: IntegrationId, json_: bool) -> int:
    """List all versions, newest first: who, when and why."""
    versions = session.ask(lambda services: services.config.history(name))
    if json_:
        as_json(versions)
        return ExitCode.FINE
    rows = (
        (one.number, "yes" if one.active else "", one.created_at, one.created_by, one.reason)
        for one in versions
    )
    table(("version", "in force", "at", "by", "why"), rows)
    return ExitCode.FINE


@config.command()
@_name
@click.argument("before", type=int)
@click.argument("after", type=int)
@click.pass_obj
def diff(session: Session, *, name: IntegrationId, before: int, after: int) -> int:
    """Compare two versions. Exit code 1 when they differ."""
    text = session.ask(lambda services: services.config.diff(name, before, after))
    if not text:
        note(f"versions {before} and {after} of {name} are the same")
        return ExitCode.FINE
    data(text.rstrip("\n"))
    return ExitCode.TROUBLE


@config.command()
@_name
@click.argument("number", type=int, metavar="VERSION")
@click.option("--reason", default="", help="Why; it is kept with the new version.")
@click.pass_obj
def rollback(session: Session, *, name: IntegrationId, number: int, reason: str) -> int:
    """Make the text of an earlier version the next version, and put it in force."""
    actor = session.actor()
    version = session.ask(
        lambda services: services.config.roll_back(name, number, reason=reason, actor=actor)
    )
    note(f"{name}: version {version.number} is in force, with the text of version {number}")
    return ExitCode.FINE
