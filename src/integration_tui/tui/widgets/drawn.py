"""What is drawn line by line, for the room that there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import ClassVar

from textual.content import Content
from textual.widget import Widget

from integration_tui.tui.widgets.roles import fit, lines

Draw = Callable[[int, int], Iterable[Content]]


class DrawnText(Widget):
    """Draws lines for a width and a height, each cut or filled to the width."""

    DEFAULT_CSS: ClassVar[str] = "DrawnText { height: 1fr; width: 1fr; text-wrap: nowrap; }"

    def __init__(
        self,
        draw: Draw | None = None,
        *,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._draw = draw
        self._shown = Content("")

    def draw(self, width: int, height: int) -> Iterable[Content]:
        """Return the lines. Override it, or give a function."""
        return self._draw(width, height) if self._draw else ()

    def show(self, draw: Draw) -> None:
        """Draw this instead; nothing is sent where it looks the same."""
        self._draw = draw
        if not self._content().is_same(self._shown):
            self.refresh()

    def _content(self) -> Content:
        width, height = self.content_size
        rows = [fit(row, width) for row in islice(self.draw(width, height), height)]
        return lines(rows)

    def render(self) -> Content:
        self._shown = self._content()
        return self._shown
