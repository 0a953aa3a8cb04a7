"""A table that draws only the lines that are seen. The cursor stays on its row's key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip

from integration_tui.tui.keymap import MOVES
from integration_tui.tui.widgets.cells import Column, Row, Rows, fit, widths

HEAD = 1
"""Lines above the rows."""


class RowTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows in, messages out. The rows are changed with `show`.

    It does not scroll sideways: left and right are the screen's.
    """

    BINDINGS = MOVES
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "row-table--head",
        "row-table--cursor",
        "row-table--good",
        "row-table--weak",
        "row-table--bad",
        "row-table--quiet",
    }
    DEFAULT_CSS = """
    RowTable { height: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1;
        & > .row-table--head { color: $text-muted; text-style: bold; }
        & > .row-table--cursor { text-style: bold underline; }
        & > .row-table--good { color: $success; }
        & > .row-table--weak { color: $warning; }
        & > .row-table--bad { color: $error; }
        & > .row-table--quiet { color: $text-muted; }
        &:focus > .row-table--cursor { background: $primary 40%; text-style: bold; }
    }
    """

    cursor: var[int] = var(0, init=False)

    @dataclass
    class Highlighted(Message):
        """The cursor is on this row now."""

        table: RowTable
        key: str

        @property
        def control(self) -> RowTable:
            return self.table

    @dataclass
    class Chosen(Message):
        """Somebody wants to see more of this row."""

        table: RowTable
        key: str

        @property
        def control(self) -> RowTable:
            return self.table

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
        empty: str = "",
    ) -> None:
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._rows = Rows.of(())
        self._made: dict[int, Row] = {}
        self._places: dict[str, int] = {}
        self.empty = empty

    # What others do with it

    @property
    def selected(self) -> str | None:
        """The key of the row that the cursor is on; `None` where there is no row."""
        row = self.row_at(self.cursor)
        return row.key if row else None

    @property
    def count(self) -> int:
        return len(self._rows.keys)

    def show(self, rows: Sequence[Row] | Rows) -> None:
        """Show these rows instead; what has not changed is not drawn again."""
        before, key, drawn = self._rows.keys, self.selected, self._made
        self._rows = rows if isinstance(rows, Rows) else Rows.of(rows)
        self._made = {}
        if list(before) == list(self._rows.keys):
            self._refresh_changed(drawn)
            return
        self._places = {key: place for place, key in enumerate(self._rows.keys)}
        self._resize_to_rows()
        self._put_cursor_on(key)
        self.refresh()

    def _refresh_changed(self, drawn: Mapping[int, Row]) -> None:
        top = self.scroll_offset.y
        for place in range(top, top + self.size.height):
            if place in drawn and self.row_at(place) != drawn[place]:
                self._refresh_row(place)

    def say_empty(self, text: str) -> None:
        """Show this where there are no rows."""
        if text != self.empty:
            self.empty = text
            self.refresh()

    def select(self, key: str) -> None:
        """Put the cursor on this row, if it is there."""
        if key in self._places:
            self.cursor = self._places[key]

    def row_at(self, place: int) -> Row | None:
        """Return the row at this place, `None` where there is none (yet)."""
        if not 0 <= place < len(self._rows.keys):
            return None
        if place not in self._made:
            self._made[place] = self._rows.make(place)
        return self._made[place]

    # Moving

    def action_move(self, rows: int) -> None:
        self.cursor += rows

    def action_page(self, pages: int) -> None:
        self.cursor += pages * max(self._visible_rows - 1, 1)

    def action_first(self) -> None:
        self.cursor = 0

    def action_last(self) -> None:
        self.cursor = self.count - 1

    def action_choose(self) -> None:
        if self.selected is not None:
            self.post_message(self.Chosen(self, self.selected))

    def on_click(self, event: events.Click) -> None:
        place = event.y + self.scroll_offset.y - HEAD
        if event.y < HEAD or self.row_at(place) is None:
            return
        if place == self.cursor:
            self.action_choose()
        self.cursor = place

    def validate_cursor(self, place: int) -> int:
        return max(0, min(place, self.count - 1))

    def watch_cursor(self, before: int, after: int) -> None:
        self._refresh_row(before)
        self._refresh_row(after)
        self._scroll_to_cursor()
        self._say_highlighted()

    def _put_cursor_on(self, key: str | None) -> None:
        place = self.validate_cursor(
            self.cursor if key is None else self._places.get(key, self.cursor)
        )
        moved = place != self.cursor
        self.cursor = place
        if not moved and self.selected != key:
            self._say_highlighted()

    def _say_highlighted(self) -> None:
        if self.selected is not None:
            self.post_message(self.Highlighted(self, self.selected))

    def _scroll_to_cursor(self) -> None:
        top, room = self.scroll_offset.y, self._visible_rows
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, immediate=True)
        elif room and self.cursor >= top + room:
            self.scroll_to(y=self.cursor - room + 1, animate=False, immediate=True)

    @property
    def _visible_rows(self) -> int:
        return max(self.scrollable_content_region.height - HEAD, 0)

    def _resize_to_rows(self) -> None:
        height = self.count + HEAD
        if height != self.virtual_size.height:
            self.virtual_size = Size(self.size.width, height)

    def _refresh_row(self, place: int) -> None:
        y = place + HEAD - self.scroll_offset.y
        if HEAD <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    # Drawing

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        if y < HEAD:
            return self._line(self._head(width), width, self._style("head"))
        place = y - HEAD + self.scroll_offset.y
        if place >= max(self.count, 1):
            return Strip.blank(width, self.rich_style)
        row = self.row_at(place)
        if row is None:
            text = "  ···" if self.count else f" {self.empty}"
            return self._line([(fit(text, width), self._style("quiet"))], width, self.rich_style)
        base = self._style("cursor") if place == self.cursor else self.rich_style
        return self._line(self._cells(row, width), width, base)

    def _head(self, width: int) -> Iterator[tuple[str, Style]]:
        for column, room in zip(self._columns, widths(self._columns, width), strict=True):
            if room >= 0:
                yield f" {fit(column.title, room, right=column.right)} ", Style()

    def _cells(self, row: Row, width: int) -> Iterator[tuple[str, Style]]:
        rooms = widths(self._columns, width)
        for column, cell, room in zip(self._columns, row.cells, rooms, strict=True):
            if room >= 0:
                yield f" {fit(cell.text, room, right=column.right)} ", self._tone(cell.tone)

    def _line(
        self, parts: Iterator[tuple[str, Style]] | list[tuple[str, Style]], width: int, base: Style
    ) -> Strip:
        strip = Strip(Segment(text, base + style) for text, style in parts)
        return strip.adjust_cell_length(width, base)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"row-table--{name}")

    def _tone(self, tone: str) -> Style:
        if tone == "plain":
            return Style()
        return self.get_component_rich_style(f"row-table--{tone}", partial=True)
