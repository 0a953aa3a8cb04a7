"""What can be typed into the palette: screens, what this one offers, acts by name, themes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from integration_tui.domain.ids import IntegrationId
from integration_tui.tui.screens.acts import ACTS, CHANGING
from integration_tui.tui.screens.base import ConsoleScreen, Offer
from integration_tui.tui.screens.places import PLACES


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

    def _entries(self) -> Iterator[Offer]:
        app = self.app
        for place in PLACES:
            go = partial(app.run_action, f"go('{place.mode}')")
            yield Offer(f"Go to {place.mode}", f"Show the {place.mode} screen", go)
        if isinstance(self.screen, ConsoleScreen):
            yield from self.screen.offers()
        yield from self._acts()
        for theme in sorted(app.available_themes):
            use = partial(setattr, app, "theme", theme)
            yield Offer(f"Theme {theme}", "Use this theme", use, is_first=False)
        yield Offer("Help", "What the keys do here", partial(app.run_action, "help"))
        yield Offer("Quit", "Close the store and leave", partial(app.run_action, "quit"))

    def _acts(self) -> Iterator[Offer]:
        screen = self.screen
        if not isinstance(screen, ConsoleScreen):
            return
        for overview in screen.overviews:
            name = overview.integration.id
            for key, act in ACTS.items():
                if key not in CHANGING or not screen.desk.is_readonly:
                    run = partial(screen.act, key, IntegrationId(name))
                    help_ = f"{act.title} the integration {name}"
                    yield Offer(f"{act.title} {name}", help_, run, is_first=False)
