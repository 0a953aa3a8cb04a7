"""`config set`: values of a document changed from the command line, comments and all kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from integration_tui.cli.assignments import assigned, assignments, path_of
from integration_tui.cli.output import ExitCode, data, note
from integration_tui.cli.session import Session
from integration_tui.domain.errors import UsageError
from integration_tui.domain.ids import IntegrationId

if TYPE_CHECKING:
    from integration_tui.domain.config import ConfigVersion
    from integration_tui.domain.draft import Draft
    from integration_tui.services import Services


class _Wish(TypedDict):
    """What somebody wants to be changed."""

    name: IntegrationId
    values: tuple[str, ...]
    unset: tuple[str, ...]


@click.command("set")
@click.argument("name", type=IntegrationId)
@assignments
@click.option("--unset", multiple=True, metavar="PATH", help="Take a key out: its default holds.")
@click.option("--reason", default="", help="Why; it is kept with the new version.")
@click.option("--untested", is_flag=True, help="Store it although nobody answers there.")
@click.option("--dry-run", is_flag=True, help="Print what would change; store nothing.")
@click.pass_obj
def set_(
    session: Session, *, reason: str, untested: bool, dry_run: bool, **wish: Unpack[_Wish]
) -> int:
    """Change values of an integration's document; everything else in it stays as it is.

    PATH is keys with dots between, such as health.interval_ms; a key that holds dots stands in
    quotes. Lists are written with commas, mappings as key=value with commas. Below
    environments.staging a value is changed for that environment alone. The new version is tried
    before it is stored.
    """
    if not wish["values"] and not wish["unset"]:
        raise UsageError("nothing is to be changed", advice="name a PATH=VALUE, or --unset PATH")
    if dry_run:
        return _show(session, wish)
    if not reason.strip():
        raise UsageError("a reason is needed", advice="say why with --reason")
    return _save(session, wish, reason=reason, untested=untested)


def _show(session: Session, wish: _Wish) -> int:
    from integration_tui.config.diff import diff

    before, after = session.ask(lambda services: _edited(services, wish))
    name = f"version {before.number}"
    data(diff(before.text, after.text, before_name=name, after_name="changed").rstrip("\n"))
    problems = session.offline().drafts.problems(after)
    for problem in problems:
        note(problem)
    return ExitCode.BAD_INPUT if problems else ExitCode.FINE


def _save(session: Session, wish: _Wish, *, reason: str, untested: bool) -> int:
    actor = session.actor()

    async def ask(services: Services) -> ConfigVersion:
        from integration_tui.services.config import Edit

        before, after = await _edited(services, wish)
        edit = Edit(
            integration_id=wish["name"],
            draft=after,
            expected=before.number,
            reason=reason,
            actor=actor,
            untested=untested,
        )
        return await services.config.save(edit)

    version = session.ask(ask)
    note(f"{wish['name']}: version {version.number} is in force")
    return ExitCode.FINE


async def _edited(services: Services, wish: _Wish) -> tuple[ConfigVersion, Draft]:
    """Return the version in force, and its document with the wish fulfilled."""
    version = await services.config.active(wish["name"])
    draft = replace(services.drafts.draft(version.text, version.format), file=wish["name"])
    draft = assigned(services.forms, draft, wish["values"])
    for path in wish["unset"]:
        draft = services.forms.changed(draft, path_of(path), None)
    return version, draft
