"""A framed part of a screen: its title and count in the frame, hints at the lower edge."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import ClassVar, Final, Literal

from textual import events
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget

from integration_tui.tui.widgets.roles import line

Edge = Literal["left", "top"]
_LEAST: Final = {"left": 20, "top": 4}
"""Cells that a pane keeps, however far its edge is drawn."""


class Pane(Container):
    """Its frame takes the focus colour while something in it has the focus.

    With an `edge` that can be dragged, the pane grows and shrinks against the one beside it; the
    screen remembers the size (`ConsoleScreen.remember`).
    """

    ALLOW_MAXIMIZE = True
    DEFAULT_CSS: ClassVar[str] = """
    Pane {
        border: round $edge; background: $surface; padding: 0 1; width: 1fr; height: 1fr;
        border-title-color: $foreground; border-subtitle-color: $muted;
        scrollbar-size-vertical: 1;
        &:focus-within { border: round $edge-focus; border-title-color: $edge-focus;
            border-title-style: bold; }
        &.-warn { border-title-color: $warn; }
        &.-good { border: round $ok; border-title-color: $ok; }
        &.-alert { border: round $bad; border-title-color: $bad; }
        &.-alert:focus-within { border: heavy $bad; }
    }
    """

    def __init__(
        self,
        *inside: Widget,
        title: str = "",
        edge: Edge | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(*inside, id=id, classes=classes)
        self._edge: Edge | None = edge
        self._is_dragged = False
        self._titled = self._hinted = Content("")
        self.size_set = 0
        self.title(title)

    def title(self, title: str, about: Content | str = "") -> None:
        """Name it: `Title`, or `Title · what it is about or how much it holds`."""
        shown = line(title, (" · ", "faint"), about) if about else line(title)
        if not shown.is_same(self._titled):
            self._titled = shown
            self.border_title = shown

    def hint(self, hint: Content | str = "") -> None:
        """Set what stands in the lower edge: a legend, or how it is sorted."""
        shown = line(hint)
        if not shown.is_same(self._hinted):
            self._hinted = shown
            self.border_subtitle = shown

    # Its size

    @property
    def is_resizable(self) -> bool:
        return self._edge is not None and self.id is not None

    def resize(self, cells: int) -> None:
        """Give it so many cells, as far as there is room for both."""
        if self._edge is None or not isinstance(self.parent, Widget):
            return
        least = _LEAST[self._edge]
        whole = self.parent.size.width if self._edge == "left" else self.parent.size.height
        self.size_set = max(least, min(cells, whole - least)) if whole > 2 * least else least
        if self._edge == "left":
            self.styles.width = self.size_set
        else:
            self.styles.height = self.size_set

    def grow(self, cells: int) -> None:
        """Move its edge by so many cells."""
        region = self.outer_size
        self.resize((region.width if self._edge == "left" else region.height) + cells)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        at = event.get_content_offset(self)
        inside = event.screen_offset - self.region.offset
        if at is None and self._edge and (inside.x if self._edge == "left" else inside.y) == 0:
            self._is_dragged = True
            self.capture_mouse()
            event.stop()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._is_dragged:
            right, bottom = self.region.right, self.region.bottom
            is_left = self._edge == "left"
            self.resize(right - event.screen_x if is_left else bottom - event.screen_y)

    def on_mouse_up(self) -> None:
        if self._is_dragged:
            self._is_dragged = False
            self.release_mouse()
