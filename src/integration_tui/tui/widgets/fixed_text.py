"""A text that may change every second: nothing but itself is drawn again."""

from __future__ import annotations

from typing import ClassVar

from textual.content import Content
from textual.widget import Widget


class FixedText(Widget):
    """As high as its screen says, one line by itself; what it shows never changes the layout."""

    DEFAULT_CSS: ClassVar[str] = (
        "FixedText { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }"
    )

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._shown = Content("")

    def show(self, content: Content) -> None:
        """Show safe content."""
        if not content.is_same(self._shown):
            self._shown = content
            self.refresh()

    def render(self) -> Content:
        return self._shown
