"""The names of a screen's views in one line; the view that is shown stands out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from integration_tui.tui.sanitize import safe
from integration_tui.tui.widgets.static_text import index_at


class ViewBar(Widget):
    """`note` says how the current view is filtered, `status` what is known of it right now."""

    DEFAULT_CSS = """
    ViewBar { height: 1; background: $surface; color: $foreground; }
    """

    @dataclass
    class Selected(Message):
        """The name of this view was clicked."""

        view: str

    current: reactive[str] = reactive("")
    note: reactive[str] = reactive("")
    status: reactive[str] = reactive("")

    def __init__(self, titles: Mapping[str, str], *, current: str) -> None:
        super().__init__()
        self._titles = titles
        self.set_reactive(ViewBar.current, current)

    def render(self) -> RenderResult:
        return Content.assemble(
            *(part for name in self._names for part in self._named(name)),
            ("  ←→  " if self.status else "  ←→", "$muted"),
            safe(self.status).stylize("$accent"),
        ).truncate(self.size.width, ellipsis=True)

    def on_click(self, event: Click) -> None:
        """Select the view whose name was clicked."""
        parts = [(name, text) for name in self._names for text, _ in self._named(name)]
        place = index_at((text for _, text in parts), event.x)
        if place is not None:
            self.post_message(self.Selected(parts[place][0]))

    @property
    def _names(self) -> Sequence[str]:
        """The views, without as many of the first as there is no room for up to the current one."""
        names = list(self._titles)
        at = names.index(self.current)
        while at and self._width(names[: at + 1]) > self.size.width - 2:
            names.pop(0)
            at -= 1
        return names

    def _width(self, names: Sequence[str]) -> int:
        return sum(cell_len(text) for name in names for text, _ in self._named(name))

    def _named(self, name: str) -> Iterator[tuple[str, str]]:
        is_shown = name == self.current
        yield f" {self._titles[name]} ", "bold reverse" if is_shown else ""
        if is_shown and self.note:
            yield f" {self.note} ", "$accent"
