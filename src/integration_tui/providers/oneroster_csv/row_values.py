"""A row of cells becomes values by field: quickly where all is as it should be, else patiently."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from integration_tui.domain.roster import RECORD_TYPES
from integration_tui.providers.oneroster_csv.cell_damage import TOO_LONG, EndlessIdError, repaired
from integration_tui.providers.oneroster_csv.file_conventions import FileConventions
from integration_tui.providers.oneroster_csv.findings import Remark, error, info, warning
from integration_tui.providers.oneroster_csv.formula_injection import unguarded
from integration_tui.providers.oneroster_csv.header import Header
from integration_tui.providers.oneroster_csv.reader import CsvRow
from integration_tui.providers.oneroster_csv.tables import CellKind, CsvColumn, Table
from integration_tui.providers.oneroster_csv.values import (
    LenientParser,
    UnreadableCellError,
    parse_strict,
)

_NOT_READ: Final = {CellKind.PASSED_OVER, CellKind.PASSWORD}
_TOO_MANY: Final = error(
    "the row has more cells than the header", "put a text that holds a comma into quotes"
)
_SPARE: Final = warning(
    "every row ends with more separators than the header; the blank cells were passed over",
    "remove the separators",
)
_TOO_FEW: Final = warning(
    "the row has fewer cells than the header", "leave cells blank, not out", rule="missing-cells"
)
_SLIPPED: Final = error(
    "the row has fewer cells than the header; a password may stand anywhere in it",
    "leave cells blank, not out",
)
_TOO_SHORT: Final = error(
    "the row has so few cells that no record can be made of it", "leave cells blank, not out"
)
CUT_OFF: Final = error(
    "the file ends in the middle of a row; it may have been cut off", "export or copy it again"
)
_BLANK_NEEDED: Final = error("is blank, and no record can be made without it", "fill it in")
_NOTHING: Final = error(
    "stands for nothing, as NULL does, and no record can be made without it",
    "export it again with its value",
)
_BLANK: Final = info("is blank, though OneRoster requires it", "fill it in")
_NO_TEXT: Final = info("rows without any text are passed over", "remove them")
_HEADER_AGAIN: Final = warning("the header is there again; it is passed over", "remove it")
_COMMENT: Final = warning("the line is a comment; it is passed over", "remove it")

_NOTHING_SEEN: Final = " \t\x1a\N{NO-BREAK SPACE}\N{ZERO WIDTH NO-BREAK SPACE}"
"""Also what ends a file of DOS."""

Remarked = tuple[Remark, str]
"""A remark, and the column that it is about; empty for the row."""


class RowError(Exception):
    """No record can be made of a row. `sourced_id` is empty where it is not known."""

    def __init__(self, remark: Remark, column: str = "", sourced_id: str = "") -> None:
        super().__init__(remark.message)
        self.remark = remark
        self.column = column
        self.sourced_id = sourced_id


class NoRowError(Exception):
    """A line is no row of data; `remark` says what it is."""

    def __init__(self, remark: Remark) -> None:
        super().__init__(remark.message)
        self.remark = remark


class _Step(NamedTuple):
    """How one cell of each row is read, and what is said of a blank one."""

    position: int
    field: str
    read: Callable[[str], object]
    when_blank: Remark | None
    column: CsvColumn


class Values:
    """Reads the rows of one file behind its header."""

    def __init__(
        self,
        table: Table,
        header: Header,
        names: Sequence[str],
        habits: FileConventions,
        *,
        is_delta: bool,
    ) -> None:
        self._steps = [
            _step(place, column, is_delta=is_delta)
            for place, column in header.columns
            if column.kind not in _NOT_READ
        ]
        self._width = header.width
        self._names = list(names)
        self._named = max(index for index, name in enumerate(names, start=1) if name.strip())
        self._blanks = _blanks(table)
        self._has_password = any(column.kind is CellKind.PASSWORD for column in table.columns)
        self._least = 1 + max(step.position for step in self._steps if step.column.needed)
        self._habits = habits
        self._patience = LenientParser(habits.dates)

    def read(self, row: CsvRow) -> tuple[dict[str, object], Sequence[Remarked]]:
        """Return the values of a row, and what is to be said of them.

        Raises `RowError`, and `NoRowError` for a line that is to be passed over.
        """
        if not row.is_odd and len(row.cells) == self._width:
            cells, values = row.cells, {**self._blanks}
            try:
                for place, name, read, when_blank, _ in self._steps:
                    cell = cells[place]
                    if cell:
                        values[name] = read(cell if cell[0] > "'" else _bared(cell))
                    elif when_blank is not None:
                        return self._patiently(row)
            except (ValueError, KeyError):
                return self._patiently(row)
            return values, ()
        return self._patiently(row)

    def _patiently(self, row: CsvRow) -> tuple[dict[str, object], Sequence[Remarked]]:
        if row.remark is not None:
            raise RowError(row.remark)
        said: list[Remarked] = [(row.repair, "")] if row.repair is not None else []
        cells = self._fitted(row, said)
        values = {**self._blanks}
        look = self._judged if row.is_odd else self._value
        for step in self._steps:
            cell = cells[step.position]
            if not cell and step.when_blank is None:
                continue
            try:
                value, remarks = look(step, cell)
            except UnreadableCellError as reason:
                sourced_id = str(values.get("sourced_id", ""))
                raise RowError(reason.remark, step.column.name, sourced_id) from None
            if remarks:
                said.extend((remark, step.column.name) for remark in remarks)
            if value is not None:
                values[step.field] = value
        return values, said

    def _judged(self, step: _Step, cell: str) -> tuple[object, Sequence[Remark]]:
        """Return the value of a cell that may be damaged, and what is to be said of it."""
        try:
            cell, damage = repaired(step.column, unguarded(cell))
        except EndlessIdError:
            raise UnreadableCellError(TOO_LONG) from None
        if damage and step.column.needed and (not cell or cell.isspace()):
            raise UnreadableCellError(_NOTHING)
        value, remarks = self._value(step, cell, is_bare=True)
        return value, damage or remarks if not cell else (*damage, *remarks)

    def _value(
        self, step: _Step, cell: str, *, is_bare: bool = False
    ) -> tuple[object, Sequence[Remark]]:
        """Return the value of a cell, `None` for none. Raises `UnreadableCellError`."""
        if not cell or cell.isspace():
            if step.when_blank is None:
                return None, ()
            if step.column.needed:
                raise UnreadableCellError(step.when_blank)
            return None, (step.when_blank,)
        if not is_bare and cell[0] <= "'":
            cell = unguarded(cell)
        try:
            return step.read(cell), ()
        except (ValueError, KeyError):
            value, remark = self._patience.read(step.column, cell, step.position)
            return value, () if remark is None else (remark,)

    def _fitted(self, row: CsvRow, said: list[Remarked]) -> list[str]:
        """Return the cells of a row, as many as the header has. Raises as `read` does."""
        cells = row.cells
        self._raise_if_no_row(cells)
        if len(cells) == self._width:
            return cells
        if len(cells) > self._width:
            return self._narrowed(cells, said)
        return self._widened(row, said)

    def _raise_if_no_row(self, cells: list[str]) -> None:
        if cells[0] == self._names[0] and cells == self._names:
            raise NoRowError(_HEADER_AGAIN)
        if not any(cell.strip(_NOTHING_SEEN) for cell in cells):
            raise NoRowError(_NO_TEXT)
        if cells[0].startswith("#") and len(cells) != self._width:
            raise NoRowError(_COMMENT)

    def _narrowed(self, cells: list[str], said: list[Remarked]) -> list[str]:
        extra = len(cells) - self._width
        if any(cells[self._width :]) or extra != self._habits.extra_cells():
            raise RowError(_TOO_MANY)
        said.append((_SPARE, ""))
        return cells[: self._width]

    def _widened(self, row: CsvRow, said: list[Remarked]) -> list[str]:
        cells = row.cells
        if len(cells) >= self._named:
            return [*cells, *[""] * (self._width - len(cells))]
        if row.is_unended:
            raise RowError(CUT_OFF)
        if self._has_password or len(cells) < self._least:
            # A password may be anywhere in it.
            raise RowError(_SLIPPED if self._has_password else _TOO_SHORT)
        said.append((_TOO_FEW, ""))
        return [*cells, *[""] * (self._width - len(cells))]


def _bared(cell: str) -> str:
    if cell.isspace():
        raise ValueError("blank")
    return unguarded(cell)


def _blanks(table: Table) -> Mapping[str, object]:
    """Return what stands for a blank cell where a record has no default."""
    fields = msgspec.structs.fields(RECORD_TYPES[table.collection])
    must = {field.name for field in fields if field.required}
    return {
        column.field: "" if column.kind is CellKind.TEXT else None
        for column in table.columns
        if column.field in must and not column.needed
    }


def _step(place: int, column: CsvColumn, *, is_delta: bool) -> _Step:
    is_required = column.required or (
        is_delta and column.kind in {CellKind.STATUS, CellKind.MOMENT}
    )
    when_blank = _BLANK_NEEDED if column.needed else _BLANK if is_required else None
    return _Step(place, column.field, parse_strict(column), when_blank, column)
