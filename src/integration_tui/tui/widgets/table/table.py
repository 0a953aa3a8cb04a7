"""A table that draws only the lines that are seen. The cursor stays on its row's key.

See docs/decisions/0020.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import ClassVar

from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip

from integration_tui.tui.keymap import MOVES
from integration_tui.tui.widgets.table.cells import Column, TableRow, TableRows
from integration_tui.tui.widgets.table.filter import ListFilter
from integration_tui.tui.widgets.table.model import SortOrder, TableModel
from integration_tui.tui.widgets.table.render import RowLines

HEAD = 1
"""Lines above the rows."""


class _OfTable(Message):
    # Dataclasses would cost the first frame a millisecond.
    def __init__(self, table: RowTable) -> None:
        super().__init__()
        self.table = table

    @property
    def control(self) -> RowTable:
        return self.table


class _OfRow(_OfTable):
    def __init__(self, table: RowTable, key: str) -> None:
        super().__init__(table)
        self.key = key


class RowTable(RowLines, can_focus=True, inherit_bindings=False):
    """Rows in, messages out. The rows are changed with `show`.

    It does not scroll sideways: left and right are the screen's.
    """

    BINDINGS = MOVES
    is_whole: ClassVar[bool] = True
    """All of its rows are here, so that they can be sorted and narrowed."""
    DEFAULT_CSS = """
    RowTable { height: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1;
        background: $surface;
        & > .row-table--head { color: $muted; }
        & > .row-table--cursor { background: $cursor-off; }
        & > .row-table--good { color: $ok; }
        & > .row-table--weak { color: $warn; }
        & > .row-table--bad { color: $bad; }
        & > .row-table--quiet { color: $muted; }
        & > .row-table--faint { color: $faint; }
        & > .row-table--data { color: $primary; }
        & > .row-table--key { color: $key; text-style: bold; }
        & > .row-table--strong { color: $foreground; text-style: bold; }
        &:focus > .row-table--cursor { background: $cursor; text-style: bold; }
    }
    """

    cursor: var[int] = var(0, init=False)

    class Highlighted(_OfRow):
        """The cursor is on this row now."""

    class Chosen(_OfRow):
        """Somebody wants to see more of this row."""

    class Arranged(_OfTable):
        """Other rows are marked, or they are sorted another way, by a click."""

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
        empty: str = "",
        has_head: bool = True,
        is_quiet: bool = False,
    ) -> None:
        """Take columns; without a head there are no titles, and a quiet one shows no cursor.

        A quiet list only informs while it has no focus.
        """
        super().__init__(columns, id=id)
        self._head = HEAD if has_head else 0
        self._is_quiet = is_quiet
        self._shown = TableModel(self._columns)
        self._places: dict[str, int] = {}
        self._painted: dict[int, TableRow] = {}
        self._noted: tuple[str, SortOrder | None] = ("", None)
        self.can_mark = False
        self.empty = empty

    # What others do with it

    @property
    def selected(self) -> str | None:
        """The key of the row that the cursor is on; `None` where there is no row."""
        row = self.row_at(self.cursor)
        return row.key if row else None

    @property
    def count(self) -> int:
        return len(self._shown.keys)

    def show(self, rows: Sequence[TableRow] | TableRows) -> None:
        """Show these rows instead; what has not changed is not drawn again."""
        before, key = self._shown.keys, self.selected
        self._shown.take(rows if isinstance(rows, TableRows) else TableRows.of(rows))
        self._show_again(before, key)

    def _show_again(self, before: Sequence[str], key: str | None) -> None:
        if list(before) == list(self._shown.keys):
            self._refresh_changed()
        else:
            self._places = {name: place for place, name in enumerate(self._shown.keys)}
            self._resize_to_rows()
            self._put_cursor_on(key)
            self.refresh()
        self._refresh_head()

    def _refresh_changed(self) -> None:
        """Draw lines again, each up to the last cell that is another one than was drawn.

        What is in front of a change is sent to the terminal with it, a region for each change
        would send it once for each.
        """
        top = self.scroll_offset.y
        for place in range(top, top + self.size.height):
            row, drawn = self.row_at(place), self._painted.get(place)
            if row is None or drawn is None or row == drawn:
                continue
            changed = [
                x + room for at, x, room in self._spans() if row.cells[at] != drawn.cells[at]
            ]
            is_wide = any(cell.is_wide for cell in (*row.cells, *drawn.cells))
            if changed:
                self._refresh_row(place, 0 if is_wide else changed[-1])

    def use(self, columns: Sequence[Column]) -> None:
        """Take other columns for the room that there is: the same ones, in other widths."""
        if tuple(columns) != self._columns:
            self._columns = self._shown.columns = tuple(columns)
            self._laid_out = (-1, [])
            self.refresh()

    def show_empty(self, text: str) -> None:
        """Show this where there are no rows."""
        if text != self.empty:
            self.empty = text
            self.refresh()

    def select(self, key: str) -> None:
        """Put the cursor on this row, if it is there."""
        if key in self._places:
            self.cursor = self._places[key]

    def row_at(self, place: int) -> TableRow | None:
        """Return the row at this place, `None` where there is none (yet)."""
        return self._shown.row_at(place) if 0 <= place < self.count else None

    # Narrowing, sorting, marking

    def arrange_rows(
        self, wanted: ListFilter | None = None, *, order: SortOrder | None = None
    ) -> None:
        """Show the rows that fit, in this order; the cursor stays on its row where it can."""
        before, key = self._shown.keys, self.selected
        self._shown.filter, self._shown.order = wanted or ListFilter(), order
        self._shown.arrange()
        self._show_again(before, key)

    @property
    def filter(self) -> ListFilter:
        return self._shown.filter

    @property
    def order(self) -> SortOrder | None:
        return self._shown.order

    @property
    def shown_keys(self) -> Sequence[str]:
        return self._shown.keys

    def rows_of(self, keys: Collection[str]) -> Iterator[TableRow]:
        """Yield the rows of these keys, shown or not, in the order in which they came."""
        return self._shown.rows_of(keys)

    @property
    def marked(self) -> list[str]:
        """The keys of the rows that are marked, those that are not shown included."""
        return self._shown.marked

    def mark(self, keys: Sequence[str], *, is_marked: bool) -> None:
        """Mark these rows, or take their marks away."""
        marks = self._shown.marks
        (marks.update if is_marked else marks.difference_update)(keys)
        self.refresh()

    def is_marked(self, key: str) -> bool:
        return key in self._shown.marks

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
        """Sort by a title; mark in front of a row; put the cursor on it, and then open it."""
        place = event.y + self.scroll_offset.y - self._head
        row = self.row_at(place)
        if event.y < self._head:
            self._click_head(event.x)
        elif row is not None and event.x == 0 and self.can_mark:
            self.mark([row.key], is_marked=not self.is_marked(row.key))
            self.post_message(self.Arranged(self))
        elif row is not None:
            if place == self.cursor:
                self.action_choose()
            self.cursor = place

    def _click_head(self, x: int) -> None:
        column = self.column_at(x)
        if self.is_whole and column is not None:
            self.arrange_rows(self.filter, order=SortOrder.after(self.order, column))
            self.post_message(self.Arranged(self))

    def validate_cursor(self, place: int) -> int:
        return max(0, min(place, self.count - 1))

    def watch_cursor(self, before: int, after: int) -> None:
        self._refresh_row(before)
        self._refresh_row(after)
        self._scroll_to_cursor()
        self._post_highlighted()

    def _put_cursor_on(self, key: str | None) -> None:
        place = self.validate_cursor(
            self.cursor if key is None else self._places.get(key, self.cursor)
        )
        moved = place != self.cursor
        self.cursor = place
        if not moved and self.selected != key:
            self._post_highlighted()

    def _post_highlighted(self) -> None:
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
        return max(self.scrollable_content_region.height - self._head, 0)

    def _resize_to_rows(self) -> None:
        height = self.count + self._head
        if height != self.virtual_size.height:
            self.virtual_size = Size(self.size.width, height)

    def _refresh_row(self, place: int, width: int = 0) -> None:
        y = place + self._head - self.scroll_offset.y
        if self._head <= y < self.size.height:
            self.refresh(Region(0, y, width or self.size.width, 1))

    def _refresh_head(self) -> None:
        if self._noted != (self._shown.note, self.order):
            self.refresh(Region(0, 0, self.size.width, self._head))

    # Drawing

    def render_line(self, y: int) -> Strip:
        if not self.count:
            return self._empty_line(y)
        if y < self._head:
            self._noted = (self._shown.note, self.order)
            return self.head_line(self.order, self._shown.note)
        place = y - self._head + self.scroll_offset.y
        if place >= self.count:
            return Strip.blank(self._width, self._base)
        row = self.row_at(place)
        if row is None:
            return self.text_line("  ···")
        self._painted[place] = row
        is_at_cursor = place == self.cursor and (self.has_focus or not self._is_quiet)
        base = self._style("cursor") if is_at_cursor else self._base
        return self.row_line(row, base, is_marked=row.key in self._shown.marks)

    def _empty_line(self, y: int) -> Strip:
        """Draw why there are no rows; titles stand above it where a filter hides the rows."""
        head = self._head if self._shown.total else 0
        if y < head:
            self._noted = (self._shown.note, self.order)
            return self.head_line(self.order, self._shown.note)
        return self.empty_line(y - head, self.size.height - head, self._why_empty())

    def _why_empty(self) -> str:
        return "No match. esc clears the filter." if self._shown.total else self.empty
