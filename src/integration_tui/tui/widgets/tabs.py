"""A pane of several views: their names stand in its frame, and the one that is shown stands out."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from integration_tui.tui.widgets.pane import Pane
from integration_tui.tui.widgets.roles import Part, line
from integration_tui.tui.widgets.static_text import index_at

_EDGES: Final = 6
"""Cells of a frame that its title cannot have."""
_BETWEEN: Final = (" │ ", "│")


class TabbedPane(Pane):
    """`describe` says what the current view holds: beside its name, or in the lower edge."""

    @dataclass
    class Selected(Message):
        """The name of this view was clicked."""

        view: str

    def __init__(
        self,
        *inside: Widget,
        titles: Mapping[str, str],
        current: str,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
    ) -> None:
        super().__init__(*inside, id=id)
        self._names = titles
        self._about = ""
        self._status = Content("")
        self.current = current
        self._show_names()

    def go_to(self, view: str) -> None:
        """Let the name of this view stand out."""
        self.current = view
        self._show_names()

    def describe(self, about: str = "", status: Content | str = "") -> None:
        """Say what the current view holds, and in the lower edge what goes on or can be done."""
        self._about, self._status = about, line(status)
        self._show_names()

    def on_resize(self) -> None:
        self._show_names()

    def _show_names(self) -> None:
        room = self.outer_size.width - _EDGES
        shown = self._titles(_BETWEEN[0], self._about)
        is_whole = not 0 < room < shown.cell_length
        if not is_whole:
            shown = self._titles(self._between, "")
        if not shown.is_same(self._titled):
            self._titled = shown
            self.border_title = shown
        about = "" if is_whole else self._about
        parts: list[Part] = []
        for part in (line((about, "muted")), self._status, line(("← →", "key"), " views")):
            parts += [*(["   "] if parts and part else []), part] if part else []
        self.hint(line(*parts))

    @property
    def _between(self) -> str:
        """What stands between two names, where there is no room for more than these."""
        room = self.outer_size.width - _EDGES
        wide, close = _BETWEEN
        return close if 0 < room < self._titles(wide, "").cell_length else wide

    def _titles(self, between: str, about: str) -> Content:
        return line(*(part for _, parts in self._parts(between, about) for part in parts))

    def _parts(self, between: str, about: str) -> Iterator[tuple[str, list[Part]]]:
        for number, (name, title) in enumerate(self._names.items()):
            is_current = name == self.current
            parts: list[Part] = [(between, "faint")] if number else []
            parts.append((title, "strong" if is_current else "muted"))
            if is_current and about:
                parts += [(" · ", "faint"), about]
            yield name, parts

    def on_click(self, event: events.Click) -> None:
        """Select the view whose name was clicked."""
        if event.screen_y != self.region.y:
            return
        room = self.outer_size.width - _EDGES
        is_whole = self._titles(_BETWEEN[0], self._about).cell_length <= room
        between, about = (_BETWEEN[0], self._about) if is_whole else (self._between, "")
        named = list(self._parts(between, about))
        x = event.screen_x - self.region.x - 3  # the corner, a line and a blank
        place = index_at((line(*parts).plain for _, parts in named), x)
        if place is not None:
            self.post_message(self.Selected(named[place][0]))
