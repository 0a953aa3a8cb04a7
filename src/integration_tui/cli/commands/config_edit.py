"""`provider add`: a new integration, from the smallest document of its type."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import dropwhile
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

import click
import msgspec

from integration_tui.cli.connection_test_output import exit_code, print_test_result
from integration_tui.cli.context import CliContext
from integration_tui.cli.output import ExitCode, data, note
from integration_tui.domain.errors import ConflictError, UsageError
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.value import replace

if TYPE_CHECKING:
    from integration_tui.domain.config.version import ConfigVersion, Draft
    from integration_tui.services import Offline, Services
    from integration_tui.services.config_forms import FormService


_KEY: Final = re.compile(r'"([^"]*)"|([^."]+)')


def assignments(function: Callable[..., int]) -> Callable[..., int]:
    """Let a command take any number of PATH=VALUE."""
    return click.argument("values", nargs=-1, metavar="[PATH=VALUE]...")(function)


def path_of(text: str) -> tuple[str, ...]:
    """Return the keys of a dotted path."""
    return tuple(quoted or plain for quoted, plain in _KEY.findall(text))


def value_of(path: str, values: Sequence[str]) -> str:
    """Return the last value for a path; empty where there is none."""
    found = [value.partition("=")[2] for value in values if value.partition("=")[0] == path]
    return found[-1] if found else ""


def assigned(forms: FormService, draft: Draft, values: Sequence[str]) -> Draft:
    """Return the document with each of the values set. Raises `UsageError`, `ConfigError`."""
    for text in sorted(values, key=_is_no_kind):
        path, equals, value = text.partition("=")
        if not equals or not path_of(path):
            raise UsageError(f"{path} has no value", advice=f"write {path or 'PATH'}=VALUE")
        draft = forms.changed(draft, path_of(path), value)
    return draft


def _is_no_kind(value: str) -> bool:
    """Kinds come first, since they decide which other keys there are."""
    return path_of(value.partition("=")[0])[-1:] != ("type",)


class _DraftOptions(TypedDict):
    """What somebody wants to be changed."""

    name: IntegrationId
    values: tuple[str, ...]
    unset: tuple[str, ...]


@click.command("set")
@click.argument("name", type=IntegrationId)
@assignments
@click.option(
    "--unset", multiple=True, metavar="PATH", help="Remove a key, so that its default is used."
)
@click.option("--reason", default="", help="Why. Kept with the new version.")
@click.option("--untested", is_flag=True, help="Save even if the connection test fails.")
@click.option("--dry-run", is_flag=True, help="Print the difference without saving.")
@click.pass_obj
def set_(
    session: CliContext,
    *,
    reason: str,
    untested: bool,
    dry_run: bool,
    **wish: Unpack[_DraftOptions],
) -> int:
    """Change values of a configuration. Everything else in it stays, comments too.

    PATH is keys joined by dots, such as health.interval_ms; quote a key that contains dots. Lists
    are written with commas, mappings as key=value with commas. Below environments.staging, a value
    is changed for that environment alone. The connection is tested before the new version is saved.
    """
    if not wish["values"] and not wish["unset"]:
        raise UsageError("nothing to change", advice="name a PATH=VALUE, or --unset PATH")
    if dry_run:
        return _show(session, wish)
    if not reason.strip():
        raise UsageError("reason missing", advice="add --reason TEXT")
    return _save(session, wish, reason=reason, untested=untested)


def _show(session: CliContext, wish: _DraftOptions) -> int:
    from integration_tui.config.diff import diff

    before, after = session.ask(lambda services: _edited(services, wish))
    name = f"version {before.number}"
    data(diff(before.text, after.text, before_name=name, after_name="changed").rstrip("\n"))
    problems = session.offline().drafts.problems(after)
    for problem in problems:
        note(problem)
    return ExitCode.BAD_INPUT if problems else ExitCode.FINE


def _save(session: CliContext, wish: _DraftOptions, *, reason: str, untested: bool) -> int:
    actor = session.actor()

    async def ask(services: Services) -> ConfigVersion:
        from integration_tui.services.config import ConfigEdit

        before, after = await _edited(services, wish)
        edit = ConfigEdit(
            integration_id=wish["name"],
            draft=after,
            expected=before.number,
            reason=reason,
            actor=actor,
            untested=untested,
        )
        return await services.config.save(edit)

    version = session.ask(ask)
    note(f"{wish['name']}: saved. Version {version.number} active.")
    return ExitCode.FINE


async def _edited(services: Services, wish: _DraftOptions) -> tuple[ConfigVersion, Draft]:
    """Return the active version, and its document with the wish fulfilled."""
    version = await services.config.active(wish["name"])
    draft = replace(services.drafts.draft(version.text, version.format), file=wish["name"])
    draft = assigned(services.forms, draft, wish["values"])
    for path in wish["unset"]:
        draft = services.forms.changed(draft, path_of(path), None)
    return version, draft


class _Start(msgspec.Struct, frozen=True, kw_only=True):
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
    help="Start from this file instead of an empty configuration.",
)
@click.option("--untested", is_flag=True, help="Add it even if the connection test fails.")
@click.option("--dry-run", is_flag=True, help="Print the configuration without adding it.")
@click.pass_obj
def add(
    session: CliContext, *, words: tuple[str, ...], file: Path | None, untested: bool, dry_run: bool
) -> int:
    """Add an integration, after a connection test.

    Default TYPE: see provider types. PATH is keys joined by dots, such as auth.client_id. Missing
    values are named. Secrets are written as references: env:NAME, file:PATH or keyring:NAME.
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
        field
        for field in offline.forms.fields(draft)
        if field.is_required and not field.text.strip()
    ]
    for field in missing:
        path = ".".join(field.path)
        note(f"{path} missing: {field.description or 'no default'}")
    problems = () if missing else offline.drafts.problems(draft)
    for problem in problems:
        note(problem)
    return not missing and not problems


def _register(session: CliContext, name: IntegrationId, draft: Draft, *, untested: bool) -> int:
    actor = session.actor()

    async def ask(services: Services) -> ExitCode:
        if await services.integrations.overview({name}):
            raise ConflictError(
                f"an integration with this name exists already: {name}",
                advice="choose another name",
            )
        if not untested:
            outcome = exit_code(
                await services.integrations.try_draft(draft, tell=print_test_result)
            )
            if outcome is not ExitCode.FINE:
                return outcome
        await services.integrations.register(draft, actor=actor)
        return ExitCode.FINE

    code = session.ask(ask)
    note(f"{name} added." if code is ExitCode.FINE else f"{name} not added.")
    return code
