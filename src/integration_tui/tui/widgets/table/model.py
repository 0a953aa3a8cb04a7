"""Which rows of a table are shown, and in which order; a row is made once for what it is made from.

As long as nothing is narrowed or sorted, only rows that are looked at are made.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import msgspec

from integration_tui.tui.widgets.table.cells import Cell, Column, TableRow, TableRows
from integration_tui.tui.widgets.table.filter import ListFilter, folded, is_empty, number_of


class SortOrder(msgspec.Struct, frozen=True, kw_only=True):
    """By which column, from its place in the table."""

    column: int
    is_reversed: bool = False

    @classmethod
    def after(cls, before: SortOrder | None, column: int) -> SortOrder | None:
        """Return what asking for this column once more leads to: up, down, as they came."""
        if before is None or before.column != column:
            return cls(column=column)
        return None if before.is_reversed else cls(column=column, is_reversed=True)


class _Made(msgspec.Struct):
    seed: object
    row: TableRow
    texts: tuple[str, ...] | None = None


class TableModel:
    """Takes rows as they come; `keys` and `row_at` are of those that are shown."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns
        self._rows = TableRows.of(())
        self._made: dict[int, _Made] = {}
        self._places: Sequence[int] | None = None
        self.keys: Sequence[str] = ()
        self.filter = ListFilter()
        self.order: SortOrder | None = None
        self.marks: set[str] = set()

    @property
    def total(self) -> int:
        return len(self._rows.keys)

    @property
    def marked(self) -> list[str]:
        """The keys of the rows that are marked, shown or not, in the order in which they came."""
        return [key for key in self._rows.keys if key in self.marks] if self.marks else []

    @property
    def note(self) -> str:
        """Say how many rows are shown, if not all are, and how many are marked."""
        parts = [f"{len(self.keys):,} of {self.total:,}"] if self.filter.terms else []
        if self.marks:
            hidden = len(self.marks.difference(self.keys)) if self.total else 0
            parts.append(f"{len(self.marks):,} marked" + (f", {hidden:,} unseen" if hidden else ""))
        return " · ".join(parts)

    def take(self, rows: TableRows) -> None:
        """Take other rows, and keep what was made of those that are the same."""
        seeds = rows.seeds
        self._made = {
            place: made
            for place, made in self._made.items()
            if place < len(seeds) and made.seed is seeds[place]
        }
        self._rows = rows
        if self.marks:
            self.marks.intersection_update(rows.keys)
        self.arrange()

    def arrange(self) -> None:
        """Choose and order the rows anew."""
        if not self.filter.terms and self.order is None:
            self._places, self.keys = None, self._rows.keys
            return
        places = [place for place in range(self.total) if self._fits(place)]
        self._places = places if self.order is None else self._sorted(places, self.order)
        self.keys = [self._rows.keys[place] for place in self._places]

    def row_at(self, place: int) -> TableRow:
        """Return the row that is shown at this place."""
        return self._make(place if self._places is None else self._places[place]).row

    def rows_of(self, keys: Collection[str]) -> Iterator[TableRow]:
        """Yield the rows of these keys, shown or not, in the order in which they came."""
        for place, key in enumerate(self._rows.keys):
            if key in keys:
                yield self._make(place).row

    def _make(self, place: int) -> _Made:
        made = self._made.get(place)
        if made is None:
            seeds = self._rows.seeds
            seed = seeds[place] if place < len(seeds) else None
            made = self._made[place] = _Made(seed, self._rows.make(place))
        return made

    def _fits(self, place: int) -> bool:
        if not self.filter.terms:
            return True
        made = self._make(place)
        if made.texts is None:
            made.texts = tuple(map(folded, made.row.cells))
        return self.filter.fits(made.row.cells, made.texts)

    def _sorted(self, places: Sequence[int], order: SortOrder) -> list[int]:
        """Return places by their cells; those with nothing there come last, either way."""
        column = self.columns[order.column]
        cells = {place: self._make(place).row.cells[order.column] for place in places}
        full = [place for place in places if not is_empty(cells[place])]
        empty = [place for place in places if is_empty(cells[place])]
        full.sort(key=lambda place: _rank(cells[place], column), reverse=order.is_reversed)
        return full + empty


def _rank(cell: Cell, column: Column) -> tuple[bool, float, str]:
    """Numbers come before words, which are told apart without the sign in front of them."""
    if isinstance(cell.by, str):
        return (True, 0.0, cell.by)
    number = number_of(cell) if cell.by is not None or column.right else None
    if number is not None:
        return (False, number, "")
    text = folded(cell)
    return (True, 0.0, text.lstrip("●▲✗◌○⊘✓◆·?- ") or text)
