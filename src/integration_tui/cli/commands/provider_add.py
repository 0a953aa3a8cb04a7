"""`provider add`: a new integration, from the smallest document of its type."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from integration_tui.cli.assignments import assigned, assignments, value_of
from integration_tui.cli.legs import print_leg, verdict
from integration_tui.cli.output import ExitCode, data, note
from integration_tui.cli.session import Session
from integration_tui.domain.errors import ConflictError
from integration_tui.domain.ids import IntegrationId

if TYPE_CHECKING:
    from integration_tui.domain.draft import Draft
    from integration_tui.services import Offline, Services


class _Start(TypedDict):
    """What the document begins with."""

    type_: str
    values: tuple[str, ...]
    file: Path | None


@click.command()
@click.argument("type_", metavar="TYPE")
@click.argument("name", type=IntegrationId)
@assignments
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Begin with this document instead of an empty one.",
)
@click.option("--untested", is_flag=True, help="Add it although nobody answers there.")
@click.option("--dry-run", is_flag=True, help="Print the document; add nothing.")
@click.pass_obj
def add(
    session: Session, *, name: IntegrationId, untested: bool, dry_run: bool, **start: Unpack[_Start]
) -> int:
    """Add an integration of a type; it is tried leg by leg first.

    PATH is keys with dots between, such as auth.client_id. What is missing is named; secrets are
    written as references: env:NAME, file:PATH or keyring:NAME.
    """
    offline = session.offline()
    draft = assigned(offline.forms, _draft(offline, name, start), start["values"])
    if dry_run:
        data(draft.text.rstrip("\n"))
    if not _is_whole(offline, draft):
        return ExitCode.BAD_INPUT
    return ExitCode.FINE if dry_run else _register(session, name, draft, untested=untested)


def _draft(offline: Offline, name: IntegrationId, start: _Start) -> Draft:
    file, type_ = start["file"], start["type_"]
    if file is None:
        auth = value_of("auth.type", start["values"])
        return offline.forms.blank(type_, name, auth=auth)
    draft = offline.forms.changed(offline.drafts.read(file), ("type",), type_)
    return offline.forms.changed(draft, ("name",), name)


def _is_whole(offline: Offline, draft: Draft) -> bool:
    """Say what is missing, or else what is wrong."""
    missing = [
        one for one in offline.forms.fields(draft) if one.is_required and not one.text.strip()
    ]
    for field in missing:
        path = ".".join(field.path)
        note(f"{path} is missing: {field.description or 'it has no default'}")
    problems = () if missing else offline.drafts.problems(draft)
    for problem in problems:
        note(problem)
    return not missing and not problems


def _register(session: Session, name: IntegrationId, draft: Draft, *, untested: bool) -> int:
    actor = session.actor()

    async def ask(services: Services) -> ExitCode:
        if await services.integrations.overview({name}):
            raise ConflictError(
                f"there is already an integration called {name}", advice="choose another name"
            )
        if not untested:
            outcome = verdict(await services.integrations.try_draft(draft, tell=print_leg))
            if outcome is not ExitCode.FINE:
                return outcome
        await services.integrations.register(draft, actor=actor)
        return ExitCode.FINE

    code = session.ask(ask)
    note(f"{name} is added" if code is ExitCode.FINE else f"{name} was not added")
    return code
