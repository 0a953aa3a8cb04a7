"""The frame of a window over a screen."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import Final

from textual import events
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from integration_tui.tui.keymap import key_code, key_name
from integration_tui.tui.widgets.footer import (
    FooterKey,
    Placed,
    fitting,
    is_typing,
    keys_of,
    length,
)
from integration_tui.tui.widgets.roles import line, text
from integration_tui.tui.widgets.static_text import index_at

_OUT: Final = "esc"
_CORNER: Final = 3
"""Cells from the end of the keys to the edge: Textual sets a space, a line and the corner."""


class Window(Widget):
    """Has the question or the subject in its upper edge, and the keys in the lower.

    They can be clicked there as in the footer of a screen.
    """

    DEFAULT_CSS = """
    Window { layout: vertical; border: round $edge-focus; background: $surface; padding: 1 2;
        border-title-color: $edge-focus; border-title-style: bold;
        border-subtitle-color: $foreground; width: 76; max-width: 98%; height: auto;
        max-height: 96%; scrollbar-size-vertical: 1; overflow-y: auto;
        &.-danger { border: round $bad; border-title-color: $bad; }
        & Label { width: 100%; }
        & .label { margin-top: 1; }
    }
    """

    def __init__(
        self,
        *inside: Widget,
        title: str = "",
        id: str | None = None,  # noqa: A002 - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(*inside, id=id, classes=classes)
        self.title(title)

    def title(self, title: str) -> None:
        """Name what it is about."""
        self.border_title = text(title)

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._keys_changed)
        self._show_keys()

    def on_resize(self) -> None:
        self._show_keys()
        self.call_after_refresh(self._show_focused)

    def _show_focused(self) -> None:
        """Have the line to type into in sight, however long the text above it is."""
        if is_typing(self.screen) and self.screen.focused is not None:
            self.screen.focused.scroll_visible(animate=False)

    def _keys_changed(self, _screen: Screen[object]) -> None:
        self._show_keys()

    def _show_keys(self) -> None:
        self.border_subtitle = line(*(content for _, content in self._placed()))

    def _placed(self) -> list[Placed]:
        """Return the keys that fit; how to leave stands last, whatever else does not fit."""
        found = [FooterKey(key.name, key.label) for key in keys_of(self.screen)]
        room = self.outer_size.width - 2 * _CORNER
        out = [FooterKey(self._out(), key.label) for key in found if key.name == _OUT]
        between: list[Placed] = [(None, Content("  "))] if out else []
        last = [*between, *fitting(out, room)]
        first = fitting([key for key in found if key.name != _OUT], room - length(last))
        return [*first, *(last if first else last[1:])]

    def _out(self) -> str:
        """Return how to leave; enter too, where it does the same."""
        bindings = self.screen.active_bindings
        same = bindings.get("enter"), bindings.get("escape")
        actions = {active.binding.action for active in same if active}
        return f"{key_name('enter')} {_OUT}" if all(same) and len(actions) == 1 else _OUT

    async def on_click(self, event: events.Click) -> None:
        if event.screen_y != self.region.bottom - 1:
            return
        placed = self._placed()
        x = event.screen_x - (self.region.right - _CORNER - length(placed))
        place = index_at((content.plain for _, content in placed), x) if x >= 0 else None
        if place is not None and (key := placed[place][0]) is not None:
            active = self.screen.active_bindings.get(key_code(key.name.split()[-1]))
            if active is not None:
                await self.app.run_action(active.binding.action, active.node)
