"""Rows of one file turned into values and records, each bad one put aside with its reason."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, cast

import msgspec

from integration_tui.domain.roster import RECORD_TYPES, Record
from integration_tui.domain.sync import Rejected
from integration_tui.providers.oneroster_csv.cells import Patience, UnreadableError, strict
from integration_tui.providers.oneroster_csv.findings import Findings, Remark, error, info, warning
from integration_tui.providers.oneroster_csv.guard import unguarded
from integration_tui.providers.oneroster_csv.header import read_header
from integration_tui.providers.oneroster_csv.lines import Row, rows
from integration_tui.providers.oneroster_csv.seen import Repeat, Seen
from integration_tui.providers.oneroster_csv.tables import Column, Kind, Table

_NOT_READ: Final = {Kind.PASSED_OVER, Kind.PASSWORD}
_EMPTY: Final = error("the file is empty", "begin it with the names of its columns")
_TOO_MANY: Final = error(
    "the row has more cells than the header", "put a text that holds a comma into quotes"
)
_TOO_FEW: Final = warning("the row has fewer cells than the header", "leave cells blank, not out")
_SLIPPED: Final = error(
    "the row has fewer cells than the header; a password may stand anywhere in it",
    "leave cells blank, not out",
)
_BLANK_NEEDED: Final = error("is blank, and no record can be made without it", "fill it in")
_BLANK: Final = warning("is blank, though OneRoster requires it", "fill it in")
_AGAIN_SAME: Final = info("the sourcedId was there already, in an equal row", "remove one")
_AGAIN_OTHER: Final = warning(
    "the sourcedId was there already, in another row; the first one counts",
    "an id is given once",
)


class Entry(NamedTuple):
    """What one row became: values by field, or `rejected`."""

    line: int
    values: dict[str, object]
    rejected: Rejected | None = None


class Told(NamedTuple):
    """What one row became: a record, or `rejected`."""

    line: int
    record: Record | None
    rejected: Rejected | None = None


class _Step(NamedTuple):
    """How one cell of each row is read, and what is said of a blank one."""

    place: int
    field: str
    read: Callable[[str], object]
    when_blank: Remark | None
    column: Column


class _Plan(NamedTuple):
    """How the rows of a file are read. `blanks` stand for what a record must have."""

    steps: Sequence[_Step]
    width: int
    blanks: Mapping[str, object]


@dataclass(slots=True, kw_only=True)
class File:
    """An open file, and what was found in it.

    `ids` are those of the rows that were good, each of which `follow` is told with its line.
    """

    table: Table
    name: str
    raw: io.BufferedReader
    findings: Findings
    is_delta: bool = False
    ids: Seen = field(default_factory=Seen)
    follow: Callable[[int, Mapping[str, object]], None] | None = None
    put_aside: int = 0
    is_readable: bool = True
    """False once it is known that no record can be made of it."""


def entries(file: File) -> Iterator[Entry]:
    """Yield what the rows of a file hold, each sourcedId once."""

    def note(remark: Remark, line: int) -> None:
        file.findings.add(file.name, remark, line=line)

    found = rows(file.raw, note)
    plan = _plan(file, next(found, None))
    if plan is None:
        file.is_readable = False
        return
    patience = Patience()
    for row in found:
        entry = _entry(file, row, plan, patience)
        if entry.rejected is not None:
            file.put_aside += 1
            yield entry
        elif _is_new(file, entry):
            if file.follow is not None:
                file.follow(entry.line, entry.values)
            yield entry


def records(file: File) -> Iterator[Told]:
    """Yield the records of a file whose rows need nothing from another."""
    make = cast("Callable[..., Record]", RECORD_TYPES[file.table.collection])
    for line, values, rejected in entries(file):
        yield Told(line, None if rejected else make(**values), rejected)


def _plan(file: File, first: Row | None) -> _Plan | None:
    if first is None or first.remark is not None:
        file.findings.add(file.name, _EMPTY if first is None else first.remark or _EMPTY, line=1)
        return None
    header = read_header(file.table, first.cells, file.name, file.findings)
    if header is None:
        return None
    steps = [
        _step(place, column, is_delta=file.is_delta)
        for place, column in header.places
        if column.kind not in _NOT_READ
    ]
    return _Plan(steps, header.width, _blanks(file.table))


def _blanks(table: Table) -> Mapping[str, object]:
    """Return what stands for a blank cell where a record has no default."""
    fields = msgspec.structs.fields(RECORD_TYPES[table.collection])
    must = {one.name for one in fields if one.required}
    return {
        column.field: "" if column.kind is Kind.TEXT else None
        for column in table.columns
        if column.field in must and not column.needed
    }


def _step(place: int, column: Column, *, is_delta: bool) -> _Step:
    is_required = column.required or (is_delta and column.kind in {Kind.STATUS, Kind.MOMENT})
    when_blank = _BLANK_NEEDED if column.needed else _BLANK if is_required else None
    return _Step(place, column.field, strict(column), when_blank, column)


def _entry(file: File, row: Row, plan: _Plan, patience: Patience) -> Entry:
    is_odd = len(row.cells) != plan.width
    remark = row.remark or (_fitted(file, row, plan.width) if is_odd else None)
    if remark is not None:
        return _put_aside(file, row.line, {}, remark)
    try:
        return Entry(row.line, _quickly(row.cells, plan))
    except (ValueError, KeyError):
        return _patiently(file, row, plan, patience)


def _quickly(cells: Sequence[str], plan: _Plan) -> dict[str, object]:
    """Return the values of a row as it should be. Raises `ValueError` or `KeyError` at a doubt."""
    values = {**plan.blanks}
    for place, name, read, when_blank, _ in plan.steps:
        cell = cells[place]
        if cell:
            values[name] = read(cell if cell[0] > "'" else _bared(cell))
        elif when_blank is not None:
            raise ValueError("blank")
    return values


def _bared(cell: str) -> str:
    if cell.isspace():
        raise ValueError("blank")
    return unguarded(cell)


def _patiently(file: File, row: Row, plan: _Plan, patience: Patience) -> Entry:
    values = {**plan.blanks}
    for step in plan.steps:
        column = step.column.name
        try:
            value, remark = _value(step, row.cells[step.place], patience)
        except UnreadableError as unreadable:
            return _put_aside(file, row.line, values, unreadable.remark, column)
        if remark is not None:
            file.findings.add(file.name, remark, line=row.line, column=column)
        if value is not None:
            values[step.field] = value
    return Entry(row.line, values)


def _value(step: _Step, cell: str, patience: Patience) -> tuple[object, Remark | None]:
    """Return the value of a cell, `None` for none. Raises `UnreadableError`."""
    if not cell or cell.isspace():
        if step.column.needed and step.when_blank is not None:
            raise UnreadableError(step.when_blank)
        return None, step.when_blank
    cell = unguarded(cell)
    try:
        return step.read(cell), None
    except (ValueError, KeyError):
        return patience.read(step.column, cell)


def _fitted(file: File, row: Row, width: int) -> Remark | None:
    """Make a row as wide as its header; return why that cannot be done."""
    if len(row.cells) > width:
        return _TOO_MANY
    if any(column.kind is Kind.PASSWORD for column in file.table.columns):
        return _SLIPPED  # a password may be anywhere in it
    file.findings.add(file.name, _TOO_FEW, line=row.line)
    row.cells.extend([""] * (width - len(row.cells)))
    return None


def _put_aside(
    file: File, line: int, values: dict[str, object], remark: Remark, column: str = ""
) -> Entry:
    file.findings.add(file.name, remark, line=line, column=column)
    place = f"{file.name}:{line}: {column} " if column else f"{file.name}:{line}: "
    sourced_id = str(values.get("sourced_id", ""))
    return Entry(line, values, Rejected(sourced_id=sourced_id, reason=f"{place}{remark.message}"))


def _is_new(file: File, entry: Entry) -> bool:
    content = hash(tuple(entry.values.values()))
    repeat = file.ids.add(str(entry.values["sourced_id"]), content)
    if repeat is Repeat.NEW:
        return True
    remark = _AGAIN_SAME if repeat is Repeat.SAME else _AGAIN_OTHER
    file.findings.add(file.name, remark, line=entry.line, column="sourcedId")
    return False
