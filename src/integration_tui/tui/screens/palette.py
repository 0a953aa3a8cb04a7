"""What can be typed into the palette: screens, acts on integrations by name, themes, quit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from integration_tui.domain.ids import IntegrationId
from integration_tui.tui.screens.acts import ACTS, CHANGING
from integration_tui.tui.screens.base import ConsoleScreen

_MODES = ("providers", "health", "configuration", "sync", "roster", "audit")


class _Entry(NamedTuple):
    title: str
    help: str
    run: Callable[[], object]
    is_first: bool = True
    """Shown before anything was typed."""


class ConsoleCommands(Provider):
    """Integrations have names of lower-case letters, digits and dashes: safe to show."""

    async def discover(self) -> Hits:
        for entry in self._entries():
            if entry.is_first:
                yield DiscoveryHit(Content(entry.title), entry.run, entry.title, entry.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for entry in self._entries():
            score = matcher.match(entry.title)
            if score > 0:
                title = matcher.highlight(entry.title)
                yield Hit(score, title, entry.run, entry.title, entry.help)

    def _entries(self) -> Iterator[_Entry]:
        app = self.app
        for mode in _MODES:
            go = partial(app.run_action, f"go('{mode}')")
            yield _Entry(f"Go to {mode}", f"Show the {mode} screen", go)
        yield from self._acts()
        for theme in sorted(app.available_themes):
            use = partial(setattr, app, "theme", theme)
            yield _Entry(f"Theme {theme}", "Use this theme", use, is_first=False)
        yield _Entry("Help", "What the keys do here", partial(app.run_action, "help"))
        yield _Entry("Quit", "Close the store and leave", partial(app.run_action, "quit"))

    def _acts(self) -> Iterator[_Entry]:
        screen = self.screen
        if not isinstance(screen, ConsoleScreen):
            return
        for overview in screen.overviews:
            name = overview.integration.id
            for key, act in ACTS.items():
                if key not in CHANGING or not screen.desk.is_readonly:
                    run = partial(screen.act, key, IntegrationId(name))
                    help_ = f"{act.title} the integration {name}"
                    yield _Entry(f"{act.title} {name}", help_, run, is_first=False)
