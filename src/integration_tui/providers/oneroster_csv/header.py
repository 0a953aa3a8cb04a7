"""The first line of a file, compared with what it should be.

Names that are nearly right are taken for what they mean, with a warning. The names of a file
without `sourcedId` are not repeated: its first line may be somebody's data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final

import msgspec

from integration_tui.domain.text import visible
from integration_tui.providers.oneroster_csv.findings import Findings, Remark, error, info, warning
from integration_tui.providers.oneroster_csv.tables import CellKind, CsvColumn, Table

_NEAR: Final = 0.9
_ALIASES: Final = {
    "preferredfirstname": "preferredGivenName",
    "preferredlastname": "preferredFamilyName",
    "datemodified": "dateLastModified",
}
"""What JSON calls it, and what some systems do."""
_NO_HEADER: Final = error(
    "the first line is no header: sourcedId is not in it", "begin with the names of the columns"
)
_WRAPPED: Final = error(
    "each line stands in quotes as a whole, so that it is one cell", "export it without them"
)


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """Where each column of a file is; `width` is how many cells a row should have."""

    columns: tuple[tuple[int, CsvColumn], ...]
    width: int


def is_header(table: Table, cells: Sequence[str]) -> bool:
    """Return whether cells name columns: at least that of the ids."""
    return any(column.kind is CellKind.ID for column, _ in _matched(table, cells).values())


def read_header(
    table: Table, cells: Sequence[str], file: str, findings: Findings, *, line: int = 1
) -> Header | None:
    """Return what a header says; `None` where no record can be made of its file."""
    matched = _matched(table, cells)
    if not any(column.kind is CellKind.ID for column, _ in matched.values()):
        is_wrapped = len(cells) == 1 and "sourcedid," in cells[0].lower()
        findings.add(file, _WRAPPED if is_wrapped else _NO_HEADER, line=line)
        return None
    _report_names(cells, matched, file, findings)
    missing = [column for column in table.columns if column.name not in _names(matched)]
    for column in missing:
        findings.add(file, _missing(column), line=1, column=column.name)
    if any(column.needed for column in missing):
        return None
    _report_order(table, matched, file, findings)
    places = tuple((index, column) for index, (column, _) in sorted(matched.items()))
    return Header(columns=places, width=len(cells))


def _matched(table: Table, cells: Sequence[str]) -> Mapping[int, tuple[CsvColumn, str]]:
    """Return which cell is which column, and the way it was found."""
    left = {column.name: column for column in table.columns}
    found: dict[int, tuple[CsvColumn, str]] = {}
    for way in (_exactly, _loosely, _nearly):
        for index, cell in enumerate(cells):
            name = way(cell, left) if index not in found else None
            if name is not None:
                found[index] = left.pop(name), way.__name__
    return found


def _exactly(cell: str, left: Mapping[str, CsvColumn]) -> str | None:
    return cell if cell in left else None


def _loosely(cell: str, left: Mapping[str, CsvColumn]) -> str | None:
    plain = _plain(cell)
    by_plain = {_plain(name): name for name in left}
    alias = _ALIASES.get(plain)
    return by_plain.get(plain) or (alias if alias in left else None)


def _nearly(cell: str, left: Mapping[str, CsvColumn]) -> str | None:
    if cell.strip().lower().startswith("metadata."):
        return None
    by_plain = {_plain(name): name for name in left}
    near = get_close_matches(_plain(cell[:100]), by_plain, n=1, cutoff=_NEAR)
    return by_plain[near[0]] if near else None


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name[:100].lower())


def _names(matched: Mapping[int, tuple[CsvColumn, str]]) -> set[str]:
    return {column.name for column, _ in matched.values()}


def _report_names(
    cells: Sequence[str],
    matched: Mapping[int, tuple[CsvColumn, str]],
    file: str,
    findings: Findings,
) -> None:
    nameless = 0
    for index, cell in enumerate(cells):
        if index in matched:
            column, way = matched[index]
            if way != _exactly.__name__:
                findings.add(file, _misspelled(cell, column), line=1, column=column.name)
        elif not cell.strip():
            nameless += 1
        elif not cell.strip().lower().startswith("metadata."):
            findings.add(file, _unexpected(cell, matched), line=1)
    if nameless:
        findings.add(file, info(f"{nameless} columns have no name"), line=1)


def _misspelled(cell: str, column: CsvColumn) -> Remark:
    return warning(
        f"the column {visible(cell, limit=60)} was taken for {column.name}",
        f"call it {column.name}",
    )


def _unexpected(cell: str, matched: Mapping[int, tuple[CsvColumn, str]]) -> Remark:
    shown = visible(cell, limit=60)
    if cell in _names(matched):
        return warning(f"the column {shown} is there twice; the first counts", "remove one")
    return info(f"the column {shown} is not OneRoster's; it is passed over")


def _missing(column: CsvColumn) -> Remark:
    if column.needed:
        return error("the column is missing; the file cannot be read", "add it")
    if column.required:
        return warning("the column is missing", "add it")
    return info("the column is missing", "a full header has all columns, also blank ones")


def _report_order(
    table: Table,
    matched: Mapping[int, tuple[CsvColumn, str]],
    file: str,
    findings: Findings,
) -> None:
    order = [matched[index][0].name for index in sorted(matched)]
    expected = [name for name in table.header if name in set(order)]
    if order != expected:
        findings.add(
            file, info("the columns are in another order than OneRoster's", "reorder them"), line=1
        )
