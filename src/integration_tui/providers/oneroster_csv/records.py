"""Rows of one file turned into records: each is one, or is quarantined, or a duplicate."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, cast

import msgspec

from integration_tui.domain.paging import Duplicate, RecordFinding, Rejected
from integration_tui.domain.roster import RECORD_TYPES, Collection, Record
from integration_tui.domain.text import visible
from integration_tui.providers.oneroster_csv.duplicates import ParsedRow, Repeats, doubled
from integration_tui.providers.oneroster_csv.file_conventions import FileConventions, Reopen
from integration_tui.providers.oneroster_csv.findings import Findings, Remark, error, warning
from integration_tui.providers.oneroster_csv.header import Header, is_header, read_header
from integration_tui.providers.oneroster_csv.reader import CsvRow, rows
from integration_tui.providers.oneroster_csv.row_values import (
    CUT_OFF,
    NoRowError,
    Remarked,
    RowError,
    Values,
)
from integration_tui.providers.oneroster_csv.tables import Table
from integration_tui.providers.paging.id_set import SeenRows

_EMPTY: Final = error("the file is empty", "begin it with the names of its columns")
_TITLES: Final = warning("lines above the header are passed over", "remove them")
_MOST_TITLES: Final = 5
_ROLE_FIELDS: Final = frozenset({"orgs", "role"})
"""Together they are the roles of a user."""


class CsvRecord(msgspec.Struct, frozen=True):
    """What one row became: a record, or `rejected`, or but a duplicate."""

    line: int
    record: Record | None
    rejected: Rejected | None = None
    duplicates: tuple[Duplicate, ...] = ()
    findings: tuple[RecordFinding, ...] = ()


class File(msgspec.Struct, kw_only=True):
    """An open file, and what was found in it.

    `ids` are those of the rows that were good, each of which `follow` is told with its line.
    `reopen` opens it once more, for what only the whole file tells. `fields` are ours that its
    header has; `None` until it was read, or where it cannot be.
    """

    table: Table
    name: str
    raw: io.BufferedReader
    findings: Findings
    reopen: Reopen | None = None
    is_delta: bool = False
    ids: SeenRows = msgspec.field(default_factory=SeenRows)
    follow: Callable[[int, Mapping[str, object]], None] | None = None
    fields: frozenset[str] | None = None
    records: int = 0
    rejected: int = 0
    duplicates: int = 0
    lost: int = 0
    is_cut: bool = False
    is_readable: bool = True
    """False once it is known that no record can be made of it."""

    @property
    def rejected_count(self) -> int:
        """How many rows are in no record, though they said something of their own."""
        return self.rejected + self.lost


def entries(file: File) -> Iterator[ParsedRow]:
    """Yield what the rows of a file became: every one is a record, rejected or a duplicate."""

    def note(remark: Remark, line: int) -> None:
        file.findings.add(file.name, remark, line=line)

    found = rows(file.raw, note)
    begun = _begun(file, found)
    if begun is None:
        file.is_readable = False
        return
    values, repeats = begun
    line = 1
    for row in found:
        line = row.line
        entry = _entry(file, row, values)
        if entry is not None and entry.rejected is None:
            entry, remark = repeats.take(entry)
            if remark is not None:
                _note_repeat(file, line, remark, repeats)
        if entry is not None:
            _count(file, entry)
            yield entry
    for entry in repeats.rest(line):
        _count(file, entry)
        yield entry


def records(file: File) -> Iterator[CsvRecord]:
    """Yield the records of a file whose rows need nothing from another."""
    make = cast("Callable[..., Record]", RECORD_TYPES[file.table.collection])
    for entry in entries(file):
        record = make(**entry.values) if entry.values is not None else None
        yield CsvRecord(entry.line, record, entry.rejected, entry.duplicates, entry.findings)


def _begun(file: File, found: Iterator[CsvRow]) -> tuple[Values, Repeats] | None:
    """Read the header; return what reads the rows behind it, `None` where nothing can."""
    first = _first(file, found)
    if first is None or first.remark is not None:
        file.findings.add(file.name, _EMPTY if first is None else first.remark or _EMPTY, line=1)
        return None
    header = read_header(file.table, first.cells, file.name, file.findings, line=first.line)
    if header is None:
        return None
    file.fields = _fields(file.table, header)
    habits = FileConventions(file.reopen, header)
    values = Values(file.table, header, first.cells, habits, is_delta=file.is_delta)
    are_roles = file.table.stem == "roles"
    has_roles = {column.field for column in file.table.columns} >= _ROLE_FIELDS
    is_gathered = file.is_delta or (has_roles and not are_roles)
    twice = doubled(habits.ids() if is_gathered else ())
    return values, Repeats(file.ids, twice, is_delta=file.is_delta, are_roles=are_roles)


def _first(file: File, found: Iterator[CsvRow]) -> CsvRow | None:
    """Return the header: the first row, or one behind a few lines of titles."""
    first = next(found, None)
    row = first
    for _ in range(_MOST_TITLES):
        if row is None or row.remark is not None:
            break
        if is_header(file.table, row.cells):
            if row is not first:
                file.findings.add(file.name, _TITLES, line=1)
            return row
        if not _is_title(row.cells):
            break
        row = next(found, None)
    return first


def _is_title(cells: Sequence[str]) -> bool:
    return cells[0].startswith("#") or not any(cells[1:])


def _fields(table: Table, header: Header) -> frozenset[str]:
    found = frozenset(column.field for _, column in header.columns if column.field)
    # An enrollment has a role of its own.
    if table.collection is not Collection.USERS or not found & _ROLE_FIELDS:
        return found
    roles = frozenset({"roles"}) if found >= _ROLE_FIELDS else frozenset[str]()
    return found - _ROLE_FIELDS | roles


def _entry(file: File, row: CsvRow, values: Values) -> ParsedRow | None:
    """Return what a row says; `None` where it is none."""
    try:
        found, said = values.read(row)
    except NoRowError as passed:
        file.findings.add(file.name, passed.remark, line=row.line)
        return None
    except RowError as reason:
        file.is_cut = file.is_cut or reason.remark is CUT_OFF
        return _rejected(file, row, reason)
    if not said:
        return ParsedRow(row.line, found)
    return ParsedRow(
        row.line, found, findings=_report_remarks(file, row.line, str(found["sourced_id"]), said)
    )


def _report_remarks(
    file: File, line: int, sourced_id: str, said: Sequence[Remarked]
) -> tuple[RecordFinding, ...]:
    """Add the remarks of a row to the findings; return those that are about its record."""
    for remark, column in said:
        file.findings.add(file.name, remark, line=line, column=column)
    return tuple(
        RecordFinding(
            sourced_id=sourced_id,
            rule=remark.rule,
            message=f"{visible(file.name, limit=100)}:{line}: {remark.message}",
            field=column,
            is_loss=remark.is_loss,
        )
        for remark, column in said
        if remark.rule
    )


def _rejected(file: File, row: CsvRow, reason: RowError) -> ParsedRow:
    file.findings.add(file.name, reason.remark, line=row.line, column=reason.column)
    place = f"{visible(file.name, limit=100)}:{row.line}:"
    column = f" {reason.column}" if reason.column else ""
    rejected = Rejected(
        sourced_id=reason.sourced_id,
        reason=f"{place}{column} {reason.remark.message}",
        raw=f"line {row.line}, {len(row.cells)} cells",
    )
    return ParsedRow(row.line, None, rejected)


def _note_repeat(file: File, line: int, remark: Remark, repeats: Repeats) -> None:
    file.lost = repeats.lost
    file.findings.add(file.name, remark, line=line, column="sourcedId")


def _count(file: File, entry: ParsedRow) -> None:
    file.duplicates += len(entry.duplicates)
    if entry.values is None:
        file.rejected += entry.rejected is not None
        return
    file.records += 1
    if file.follow is not None:
        file.follow(entry.line, entry.values)
