"""What can be typed into the palette: screens, what this one offers, acts by name, themes.

The first word may be a screen or the beginning of one; what follows narrows what it shows:
`audit actor=ana`, `prov status:error`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.widgets import Input

from integration_tui.domain.ids import IntegrationId
from integration_tui.tui.sanitize import only_plain, plain
from integration_tui.tui.screens.base import CHANGING, ConsoleScreen, Offer
from integration_tui.tui.screens.integration_actions import ACTIONS
from integration_tui.tui.screens.registry import SCREENS, ScreenEntry

_OTHER_NAMES = {
    "providers": "integrations",
    "people": "roster",
    "users": "roster",
    "log": "audit",
    "runs": "sync",
    "hooks": "webhooks",
    "messages": "notifications",
    "settings": "diagnostics",
    "doctor": "diagnostics",
}
_SURE = 100.0
"""The score of what can mean nothing else; those of the matcher stay far below."""


class ConsoleCommands(Provider):
    """Integrations have names of lower-case letters, digits and dashes: safe to show."""

    async def startup(self) -> None:
        """Take nothing into the line that could steer the terminal, pasted or typed."""
        for line in self.app.screen.query(Input):
            line.restrict = only_plain()

    async def discover(self) -> Hits:
        for entry in self._entries():
            if entry.is_first:
                yield DiscoveryHit(Content(entry.title), entry.run, entry.title, entry.help)

    async def search(self, query: str) -> Hits:
        for entry in self._visits(query):
            yield Hit(_SURE, Content(entry.title), entry.run, entry.title, entry.help)
        matcher = self.matcher(query)
        for entry in self._entries():
            score = matcher.match(entry.title)
            if score > 0:
                title = matcher.highlight(entry.title)
                yield Hit(score, title, entry.run, entry.title, entry.help)

    def _visits(self, query: str) -> Iterator[Offer]:
        """Yield the screens that the first word means, narrowed to what follows it."""
        if not isinstance(self.screen, ConsoleScreen):
            return
        word, _, wanted = query.strip().partition(" ")
        for place in screens_of(word):
            go = partial(self.screen.shared.visit, place.mode, wanted.strip())
            shown = f" {plain(wanted.strip())}" if wanted.strip() else ""
            help_ = "Show only what fits" if shown else f"Show the {place.mode} screen"
            yield Offer(f"{place.title}{shown}", help_, go)

    def _entries(self) -> Iterator[Offer]:
        app = self.app
        for place in SCREENS:
            go = partial(app.run_action, f"go('{place.mode}')")
            yield Offer(f"Go to {place.mode}", f"Show the {place.mode} screen", go)
        if isinstance(self.screen, ConsoleScreen):
            yield from self.screen.offers()
        yield from self._action_entries()
        for theme in sorted(app.available_themes):
            use = partial(setattr, app, "theme", theme)
            yield Offer(f"Theme {theme}", "Use this theme", use, is_first=False)
        yield Offer("Help", "What the keys do here", partial(app.run_action, "help"))
        yield Offer("Quit", "Close the store and leave", partial(app.run_action, "quit"))

    def _action_entries(self) -> Iterator[Offer]:
        screen = self.screen
        if not isinstance(screen, ConsoleScreen):
            return
        for overview in screen.overviews:
            name = overview.integration.id
            for key, act in ACTIONS.items():
                if key not in CHANGING or not screen.shared.is_readonly:
                    run = partial(screen.run_integration_action, key, IntegrationId(name))
                    help_ = f"{act.title} the integration {name}"
                    yield Offer(f"{act.title} {name}", help_, run, is_first=False)


def screens_of(word: str) -> list[ScreenEntry]:
    """Return the screens that a word means: their name or its beginning, or another name."""
    wanted = _OTHER_NAMES.get(word.lower(), word.lower())
    return [place for place in SCREENS if wanted and place.mode.startswith(wanted)]
