"""`provider add`: a new integration, from the smallest document of its type."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from integration_tui.cli.assignments import assigned, value_of
from integration_tui.cli.legs import print_leg, verdict
from integration_tui.cli.output import ExitCode, data, note
from integration_tui.cli.session import Session
from integration_tui.domain.errors import ConflictError
from integration_tui.domain.ids import IntegrationId

if TYPE_CHECKING:
    from integration_tui.domain.draft import Draft
    from integration_tui.services import Offline, Services


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    """What the document begins with."""

    name: IntegrationId
    type_: str
    values: tuple[str, ...]
    file: Path | None


@click.command()
@click.argument("words", nargs=-1, metavar="[TYPE] NAME [PATH=VALUE]...")
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Begin with this document instead of an empty one.",
)
@click.option("--untested", is_flag=True, help="Add it although nobody answers there.")
@click.option("--dry-run", is_flag=True, help="Print the document; add nothing.")
@click.pass_obj
def add(
    session: Session, *, words: tuple[str, ...], file: Path | None, untested: bool, dry_run: bool
) -> int:
    """Add an integration of a type; it is tried leg by leg first.

    Without TYPE it is of the default one: see provider types. PATH is keys with dots between, such
    as auth.client_id. What is missing is named; secrets are written as references: env:NAME,
    file:PATH or keyring:NAME.
    """
    offline = session.offline()
    start = _start(words, file)
    draft = assigned(offline.forms, _draft(offline, start), start.values)
    if dry_run:
        data(draft.text.rstrip("\n"))
    if not _is_whole(offline, draft):
        return ExitCode.BAD_INPUT
    return ExitCode.FINE if dry_run else _register(session, start.name, draft, untested=untested)


def _start(words: tuple[str, ...], file: Path | None) -> _Start:
    """Tell type, name and values apart: values have a sign of equality, names have none."""
    values = tuple(dropwhile(lambda word: "=" not in word, words))
    match words[: len(words) - len(values)]:
        case (name,):
            type_ = ""
        case (type_, name):
            pass
        case _:
            raise click.UsageError("give a name, or a type and a name, and then PATH=VALUE")
    return _Start(name=IntegrationId(name), type_=type_, values=values, file=file)


def _draft(offline: Offline, start: _Start) -> Draft:
    type_ = start.type_ or offline.types.default
    if start.file is None:
        auth = value_of("auth.type", start.values)
        return offline.forms.blank(type_, start.name, auth=auth)
    draft = offline.drafts.read(start.file)
    if start.type_:
        draft = offline.forms.changed(draft, ("type",), type_)
    return offline.forms.changed(draft, ("name",), start.name)


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
