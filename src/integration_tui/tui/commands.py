"""Everything that can be done in the console, by name: what the command palette lists."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Final

import msgspec
from textual.app import App
from textual.binding import Binding
from textual.fuzzy import Matcher

from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_view import RecordFilter
from integration_tui.tui.keymap import key_name
from integration_tui.tui.screens.base import CHANGING, ConsoleScreen
from integration_tui.tui.screens.integration_actions import ACTIONS
from integration_tui.tui.screens.registry import SCREENS, ScreenEntry

if TYPE_CHECKING:
    from integration_tui.domain.ids import IntegrationId

Run = Callable[[], object]
_OTHER_NAMES: Final = {
    "providers": "integrations",
    "people": "roster",
    "users": "roster",
    "log": "audit",
    "runs": "sync",
    "hooks": "webhooks",
    "notifications": "messages",
    "settings": "diagnostics",
    "doctor": "diagnostics",
}
_WEAK: Final = 0.4
"""What fits less well than this, as a part of the best, has its letters scattered."""
_MANY: Final = 20
"""People, and runs, that are offered."""


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the palette. `words` are found as well, though they are not shown."""

    group: str
    title: str
    run: Run
    key: str = ""
    words: str = ""
    is_first: bool = False
    """Listed before anything was typed."""


async def all_commands(screen: ConsoleScreen) -> AsyncIterator[list[Command]]:
    """Yield the commands of this screen, then of what has a name of its own, then of others."""
    yield [*_needing_you(screen), *_of_this(screen), *_go_to(screen), *_of_console(screen)]
    yield [*_integrations(screen)]
    for entry in SCREENS:
        if entry.title != screen.title_text:
            await asyncio.to_thread(import_module, f"integration_tui.tui.screens.{entry.module}")
            yield [*_of_another(screen, entry)]
    if screen.shared.services_ready:
        yield await _runs(screen)


def found(commands: Iterable[Command], text: str, *, recent: Sequence[str]) -> list[Command]:
    """Return the commands that fit, the best match first, of equals what was used last."""
    wanted = text.strip()
    if not wanted:
        return [command for command in commands if command.is_first]
    matcher = Matcher(wanted)
    scored = [
        (max(matcher.match(command.title), matcher.match(command.words) / 2), command)
        for command in commands
    ]
    best = max((score for score, _ in scored), default=0)
    fitting = [(score, command) for score, command in scored if score > best * _WEAK]
    return [command for _, command in sorted(fitting, key=lambda pair: _rank(*pair, recent=recent))]


def _rank(score: float, command: Command, *, recent: Sequence[str]) -> tuple[float, int]:
    used = recent.index(command.title) if command.title in recent else len(recent)
    return -round(score, 2), used


def visits(screen: ConsoleScreen, text: str) -> Iterator[Command]:
    """Yield the screens that the first word means, narrowed to what follows it."""
    word, _, wanted = text.strip().partition(" ")
    for entry in screens_of(word):
        go = partial(screen.shared.visit, entry.mode, wanted.strip())
        shown = f": {wanted.strip()}" if wanted.strip() else ""
        yield Command(group="Go to", title=f"{entry.title}{shown}", run=go, key=entry.key)


def screens_of(word: str) -> list[ScreenEntry]:
    """Return the screens that a word means: their name or its beginning, or another name."""
    wanted = _OTHER_NAMES.get(word.lower(), word.lower())
    return [entry for entry in SCREENS if wanted and entry.mode.startswith(wanted)]


async def people(screen: ConsoleScreen, text: str) -> list[Command]:
    """Return the people whose name, address or ID begins so. Raises `ConsoleError`."""
    if not screen.shared.services_ready:
        return []
    wanted = RecordFilter(collection=Collection.USERS, search=text)
    return [
        Command(
            group="People",
            title=person.label,
            run=partial(screen.shared.visit, "roster", f"people {person.label}"),
        )
        for person in await screen.services.records.browse(wanted, limit=_MANY)
    ]


def _needing_you(screen: ConsoleScreen) -> Iterator[Command]:
    """Yield what waits for a person, with the key that fixes it."""
    for need in screen.shared.needs_you:
        if need.sentence.fix is not None:
            yield Command(
                group="Needs you",
                title=f"{need.integration_id}: {need.sentence.fix.label}",
                run=partial(_fix, screen, need.integration_id, need.sentence.fix.key),
                key=need.sentence.fix.key,
                is_first=True,
            )


async def _fix(screen: ConsoleScreen, integration_id: IntegrationId, key: str) -> None:
    await _shown(screen, "integrations")
    screen.app.screen_stack[-1].call_after_refresh(_press, screen, integration_id, key)


def _press(screen: ConsoleScreen, integration_id: IntegrationId, key: str) -> None:
    front = screen.app.screen
    if isinstance(front, ConsoleScreen):
        front.show_integration(integration_id)
        screen.app.simulate_key(key.replace("^", "ctrl+"))


def _of_this(screen: ConsoleScreen) -> Iterator[Command]:
    for offer in screen.offers():
        yield Command(
            group=screen.title_text,
            title=offer.title,
            run=offer.run,
            key=offer.key,
            is_first=offer.is_first,
        )


def _of_another(screen: ConsoleScreen, entry: ScreenEntry) -> Iterator[Command]:
    """Yield what another screen can do: it is shown, and acts there if it can."""
    module = import_module(f"integration_tui.tui.screens.{entry.module}")
    kind: type[ConsoleScreen] = getattr(module, entry.screen)
    for binding in kind.BINDINGS:
        if not isinstance(binding, Binding) or not (binding.tooltip or binding.description):
            continue
        if screen.shared.is_readonly and _changes(binding.action):
            continue
        yield Command(
            group=entry.title,
            title=binding.tooltip or binding.description,
            run=partial(_act_there, screen, entry, binding),
            key=f"{entry.key} {key_name(binding.key.split(',')[0])}",
        )


def _changes(action: str) -> bool:
    name, _, parameters = action.partition("(")
    return name in CHANGING or parameters.strip("')\"") in CHANGING


async def _act_there(screen: ConsoleScreen, entry: ScreenEntry, binding: Binding) -> None:
    await _shown(screen, entry.mode)
    screen.app.screen_stack[-1].call_after_refresh(_act, screen, binding)


async def _act(screen: ConsoleScreen, binding: Binding) -> None:
    front = screen.app.screen
    if isinstance(front, ConsoleScreen) and not await screen.app.run_action(binding.action, front):
        label = (binding.tooltip or binding.description).rstrip("…")
        front.show_message(f"Not available now: {label[:1].lower()}{label[1:]}")


async def _shown(screen: ConsoleScreen, mode: str) -> None:
    shown = screen.shared.visit(mode, "")
    if isinstance(shown, Awaitable):
        await shown


def _go_to(screen: ConsoleScreen) -> Iterator[Command]:
    for entry in SCREENS:
        if entry.title != screen.title_text:
            yield Command(
                group="Go to",
                title=entry.title,
                run=partial(screen.app.run_action, f"go('{entry.mode}')"),
                key=entry.key,
                is_first=True,
            )


async def _runs(screen: ConsoleScreen) -> list[Command]:
    runs = await screen.services.sync.runs(limit=_MANY)
    return [
        Command(
            group="Runs",
            title=f"Run {run.id} of {run.integration_id}: {run.status}",
            run=partial(_open_run, screen, run.integration_id),
        )
        for run in runs
    ]


async def _open_run(screen: ConsoleScreen, integration_id: IntegrationId) -> None:
    screen.shared.integration = screen.shared.asked_for = integration_id
    await _shown(screen, "sync")


def _integrations(screen: ConsoleScreen) -> Iterator[Command]:
    for overview in screen.overviews:
        name = overview.integration.id
        yield Command(
            group="Integrations",
            title=name,
            run=partial(_open_integration, screen, name),
            words=overview.integration.title,
        )
        for key, action in ACTIONS.items():
            if key not in CHANGING or not screen.shared.is_readonly:
                yield Command(
                    group="Integrations",
                    title=f"{action.title} {name}",
                    run=partial(screen.run_integration_action, key, name),
                )


async def _open_integration(screen: ConsoleScreen, integration_id: IntegrationId) -> None:
    screen.shared.integration = integration_id
    await _shown(screen, "integrations")


def _of_console(screen: ConsoleScreen) -> Iterator[Command]:
    app: App[object] = screen.app  # pyright: ignore[reportUnknownVariableType]
    for title, action, key in (
        ("Help: what every key does here", "help", "?"),
        ("Screenshot: save the screen as SVG", "save_screenshot", ""),
        ("Copy as command: what you did last", "copy_command", ""),
        ("Maximize or restore the pane", "screen.zoom", "z"),
        ("Quit", "quit", "q"),
    ):
        run = partial(app.run_action, action)
        yield Command(group="Console", title=title, run=run, key=key, is_first=True)
    for binding in type(app).BINDINGS:
        if isinstance(binding, Binding) and (binding.id or "").startswith("demo."):
            run = partial(app.run_action, binding.action)
            yield Command(
                group="Demo", title=binding.description, run=run, key=key_name(binding.key)
            )
    for theme in sorted(app.available_themes):
        yield Command(
            group="Console", title=f"Theme: {theme}", run=partial(setattr, app, "theme", theme)
        )
