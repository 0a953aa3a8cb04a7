"""A piece of text that is drawn again only when it is another one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static


class StaticText(Widget):
    """As high as its screen says, one line by itself; what it shows never changes the layout."""

    DEFAULT_CSS: ClassVar[str] = (
        "StaticText { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }"
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


class StaticLines(Static):
    """Over a slow line, what is not sent is what makes a console quick."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__("", id=id)
        self._shown = Content("")

    def show(self, content: Content) -> None:
        """Show safe content."""
        if not content.is_same(self._shown):
            self._shown = content
            self.update(Content.assemble(content))


def index_at(texts: Iterable[str], x: int) -> int | None:
    """Return which of these texts, drawn one behind the other, has the cell `x`."""
    for place, text in enumerate(texts):
        x -= cell_len(text)
        if x < 0:
            return place
    return None
