"""A table of which only a part is known: what is missing is asked for when it comes into view."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

from textual.message import Message
from textual.strip import Strip

from integration_tui.tui.widgets.table.cells import Column, TableRow
from integration_tui.tui.widgets.table.table import RowTable


class RowSource(Protocol):
    """Rows by place, newest first; `None` where a row is not known yet."""

    @property
    def count(self) -> int: ...

    def row_at(self, place: int) -> TableRow | None: ...

    def index_of(self, key: str) -> int | None: ...


@runtime_checkable
class OpenEnded(Protocol):
    """A source that may not know its last row yet."""

    @property
    def is_end_known(self) -> bool: ...


class _Nothing:
    count = 0

    def row_at(self, place: int) -> TableRow | None:  # noqa: ARG002 - there is none
        return None

    def index_of(self, key: str) -> int | None:  # noqa: ARG002 - a row of nothing has no place
        return None


class PagedTable(RowTable):
    """The cursor stays on its row's key when rows come in above it; so does the view."""

    is_whole: ClassVar[bool] = False

    @dataclass
    class Wanted(Message):
        """The row at this place is in view, and not known."""

        table: PagedTable
        place: int

        @property
        def control(self) -> PagedTable:
            return self.table

    @dataclass
    class EndWanted(Message):
        """Somebody wants the last row, and it is not known."""

        table: PagedTable

        @property
        def control(self) -> PagedTable:
            return self.table

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
        empty: str = "",
    ) -> None:
        super().__init__(columns, id=id, empty=empty)
        self._source: RowSource = _Nothing()
        self._asked: set[int] = set()
        self._drawn: tuple[int, list[TableRow | None]] = (-1, [])

    @property
    def count(self) -> int:
        return self._source.count

    @property
    def marked(self) -> list[str]:
        return sorted(self._shown.marks)

    @property
    def shown_keys(self) -> Sequence[str]:
        """Those that are known: nobody marks what was not read."""
        return [row.key for row in map(self.row_at, range(self.count)) if row is not None]

    def rows_of(self, keys: Collection[str]) -> Iterator[TableRow]:
        places = sorted(at for at in map(self._source.index_of, keys) if at is not None)
        return (row for row in map(self.row_at, places) if row is not None)

    def row_at(self, place: int) -> TableRow | None:
        return self._source.row_at(place) if 0 <= place < self.count else None

    def show_source(self, source: RowSource) -> None:
        """Show another list, from its beginning."""
        self._source = source
        self.cursor = 0
        self.scroll_to(y=0, animate=False, immediate=True)
        self.changed(None)

    def changed(self, key: str | None) -> None:
        """Draw again after rows became known; the cursor belongs on the row with this key."""
        self._asked.clear()
        before, top = self.cursor, self.scroll_offset.y
        self._resize_to_rows()
        place = None if key is None else self._source.index_of(key)
        if place is not None and place != before:
            self.set_reactive(RowTable.cursor, place)
            if top:
                self.scroll_to(y=top + place - before, animate=False, immediate=True)
        if (view := self._view()) != self._drawn:
            self._drawn = view
            self.refresh()

    def _view(self) -> tuple[int, list[TableRow | None]]:
        """Return what can be seen: the cursor, and the rows in view."""
        top = self.scroll_offset.y
        return self.cursor, [self.row_at(place) for place in range(top, top + self.size.height)]

    def action_last(self) -> None:
        if isinstance(self._source, OpenEnded) and not self._source.is_end_known:
            self.post_message(self.EndWanted(self))
        else:
            super().action_last()

    def select(self, key: str) -> None:
        place = self._source.index_of(key)
        if place is not None:
            self.cursor = place

    def render_line(self, y: int) -> Strip:
        place = y - self._head + self.scroll_offset.y
        if y >= self._head and place < self.count and self.row_at(place) is None:
            self._ask(place)
        return super().render_line(y)

    def _ask(self, place: int) -> None:
        if not self._asked:
            self.post_message(self.Wanted(self, place))
        self._asked.add(place)
