"""The two lines above each screen: whose console it is, how things stand, and the screens."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec
from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from integration_tui.domain.integration import IntegrationStatus
from integration_tui.tui.widgets.roles import Part, line, text
from integration_tui.tui.widgets.static_text import index_at
from integration_tui.tui.widgets.status_icon import glyph

_COUNTED: Final = (
    (IntegrationStatus.ERROR, "down", "bad-strong"),
    (IntegrationStatus.DEGRADED, "degraded", "warn-strong"),
    (IntegrationStatus.CONNECTING, "starting", "warn"),
    (IntegrationStatus.ACTIVE, "healthy", "ok"),
    (IntegrationStatus.INACTIVE, "stopped", "muted"),
    (IntegrationStatus.DISABLED, "disabled", "muted"),
)
_BESIDE: Final = 34
"""Cells that the left half has at least before the counts have their words."""


class Tab(NamedTuple):
    """A screen as the header names it: its key and its title."""

    key: str
    title: str


class Badge(NamedTuple):
    """What a screen has for somebody, beside its name: `✗2`."""

    text: str
    role: str


class Headline(msgspec.Struct, frozen=True, kw_only=True):
    """What the header says. `activity` is what goes on right now; it stands before all else.

    With `is_usual`, the engine is as it should be: where there is no room, it is left out.
    `at` is the time that the screen is of, with its zone; `badges` are by the titles of screens.
    """

    title: str = ""
    activity: str = ""
    engine: str = ""
    at: str = ""
    is_bad: bool = False
    is_usual: bool = False
    statuses: Sequence[IntegrationStatus] = msgspec.field(default=())
    badges: Mapping[str, Badge] = msgspec.field(default_factory=dict[str, Badge])


class ScreenHeader(Widget):
    """Two lines: whose console it is and how things stand, then the screens."""

    DEFAULT_CSS = """
    ScreenHeader { dock: top; height: 2; background: $background; color: $foreground;
        padding: 0 1; }
    """

    headline: reactive[Headline] = reactive(Headline())

    def __init__(self, tabs: Sequence[Tab], current: str) -> None:
        """Take all screens, and the title of this one."""
        super().__init__()
        self._tabs = tabs
        self._current = current

    def render(self) -> RenderResult:
        width = self.content_size.width
        first = _between(list(self._about()), self._overview(width), width)
        second = line(*(part for tab in self._tab_parts() for part in tab))
        return Content("\n").join([first, second.truncate(width, ellipsis=True)])

    def on_click(self, event: events.Click) -> None:
        """Go to the screen whose name was clicked."""
        names = [line(*parts).plain for parts in self._tab_parts()]
        place = index_at(names, event.x - 1) if event.y == 1 else None
        if place is not None:
            self.app.simulate_key(self._tabs[place].key)

    def _about(self) -> Iterator[Content]:
        """Yield what stands at the left, the most wanted first."""
        headline = self.headline
        yield line(("◆ ", "info"), ("integration-tui", "strong"))
        if headline.engine and not headline.is_usual:
            yield text(headline.engine, "warn-strong")
        if headline.title:
            yield text(headline.title, "muted")
        if headline.engine and headline.is_usual:
            yield text(headline.engine, "muted")

    def _overview(self, width: int) -> Content:
        """Return how things stand: what goes on, else the counts and the time."""
        headline = self.headline
        if headline.activity:
            return text(headline.activity, "bad-strong" if headline.is_bad else "info")
        counts, at = self._counts(has_words=True), (headline.at, "muted")
        if line(*counts, at).cell_length + _BESIDE > width:
            counts = self._counts(has_words=False)
        return line(*counts, at)

    def _counts(self, *, has_words: bool) -> list[Part]:
        statuses = list(self.headline.statuses)
        parts: list[Part] = []
        for status, word, role in _COUNTED:
            if count := statuses.count(status):
                shown = f" {word}" if has_words else ""
                parts += [(f"{glyph(status)} {count:,}{shown}", role), "  "]
        return parts

    def _tab_parts(self) -> list[list[Part]]:
        """Return the screens as there is room: with their names, closer, or digits and badges."""
        width = self.content_size.width
        forms = (self._tabs_with(gap, names=True) for gap in (2, 1, 0))
        for tabs in forms:
            if sum(line(*tab).cell_length for tab in tabs) <= width:
                return tabs
        return self._tabs_with(1, names=False)

    def _tabs_with(self, gap: int, *, names: bool) -> list[list[Part]]:
        tabs: list[list[Part]] = []
        for tab in self._tabs:
            badge = self.headline.badges.get(tab.title)
            shown: list[Part] = [(f" {badge.text}", badge.role)] if badge and badge.text else []
            if tab.title == self._current:
                tabs.append([(f" {tab.key} {tab.title} ", "chip-info"), *shown, " " * gap])
            else:
                name = f" {tab.title}" if names else ""
                tabs.append([(f" {tab.key}", "key"), (name, "muted"), *shown, " " * gap])
        return tabs


def _between(left: Sequence[Content], right: Content, width: int) -> Content:
    """Return the parts at the left that there is room for, and all of what is at the right."""
    right = right.truncate(width, ellipsis=True)
    shown = left[0]
    for number, part in enumerate(left[1:]):
        more = line(shown, ("  ·  ", "faint") if number else "  ", part)
        if more.cell_length + 2 + right.cell_length <= width:
            shown = more
    shown = shown.truncate(max(width - right.cell_length, 0), ellipsis=True)
    return line(shown, " " * (width - shown.cell_length - right.cell_length), right)
