"""What an export may hold: nothing that names somebody whom the export left out.

Ids are known by what was written before, in the order of the collections, so that a collection
that nobody asked for is no reason. References within one file are known only at its end.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final

import msgspec

from integration_tui.domain.roster import Collection
from integration_tui.providers.oneroster_csv.findings import Remark, error, warning
from integration_tui.providers.oneroster_csv.tables import (
    STEMS,
    CellKind,
    CsvColumn,
    Table,
    is_list,
)
from integration_tui.providers.oneroster_csv.values import plain_id
from integration_tui.providers.paging.id_set import Repeat, SeenRows, fingerprint

_LIST_IT: Final = "have the source list what the record names"
OF_NOBODY: Final = {
    collection: error(f"the record names an id that is not in {stem}.csv; it is left out", _LIST_IT)
    for collection, stem in STEMS.items()
}
OF_DELETED_RECORDS: Final = warning(
    "the record belongs to one that is to be deleted; it is left out with it",
    "write a delta to tell deletions",
)
CUT: Final = {
    collection: warning(
        f"names an id that is not in {stem}.csv; the reference is left out", _LIST_IT
    )
    for collection, stem in STEMS.items()
}
ROLE_ELSEWHERE: Final = warning(
    "the user has a role at an org that is not in orgs.csv; the role is left out", _LIST_IT
)
TWICE: Final = error(
    "a record with the same id was written already; this one is left out",
    "give each record a unique ID",
)


class Examined(msgspec.Struct):
    """What of a record may be written.

    `refusal` says why it may not be, and which `column` is the reason.
    """

    values: dict[str, object]
    refusal: Remark | None = None
    column: str = ""
    cuts: list[tuple[str, Remark]] = msgspec.field(default_factory=list[tuple[str, Remark]])


class Integrity:
    """Knows which ids an export holds: in twelve to forty bytes an id."""

    def __init__(self) -> None:
        self._written: dict[Collection, SeenRows] = {}
        self._gone: dict[Collection, SeenRows] = defaultdict(SeenRows)
        self._waiting: dict[tuple[str, str], array[int]] = defaultdict(lambda: array("Q"))

    def begin(self, collection: Collection) -> None:
        """Say that records of a collection are written from now on."""
        self._written.setdefault(collection, SeenRows())

    def leave_out(self, collection: Collection, sourced_id: str) -> None:
        """Say that a record is to be deleted, so that what belongs to it goes with it."""
        self._gone[collection].add(plain_id(sourced_id), 0)

    def examine(self, table: Table, values: Mapping[str, object]) -> Examined:
        """Return what of a record may be written."""
        found = Examined({**values})
        for column, target in _abroad(table):
            known = self._written.get(target)
            if known is None:
                continue
            value = values.get(column.field)
            if value is None or (isinstance(value, str) and value in known):
                continue
            self._compare(found, column, target)
            if found.refusal is not None:
                break
        return found

    def add(self, table: Table, values: Mapping[str, object], content: int) -> Repeat:
        """Take the id of a record that is written, and its references to its own file."""
        sourced_id = plain_id(values["sourced_id"])
        repeat = self._written[table.collection].add(sourced_id, content)
        if repeat is Repeat.NEW:
            for column in _at_home(table):
                self._waiting[table.stem, column.name].extend(
                    fingerprint(plain_id(record_id)) for record_id in _ids(values.get(column.field))
                )
        return repeat

    def dangling(self, table: Table) -> Iterator[tuple[str, int]]:
        """Yield the columns whose references to their own file lead nowhere, and how many do."""
        known = self._written.get(table.collection)
        for (stem, column), marks in self._waiting.items():
            if stem == table.stem and known is not None:
                count = sum(not known.holds(mark) for mark in marks)
                if count:
                    yield column, count

    def holds(self, collection: Collection, sourced_id: str) -> bool:
        """Return whether a record was written."""
        return sourced_id in self._written[collection]

    def _compare(self, found: Examined, column: CsvColumn, target: Collection) -> None:
        known = self._written[target]
        ids = _ids(found.values.get(column.field))
        missing = [record_id for record_id in ids if plain_id(record_id) not in known]
        if not missing:
            return
        if column.needed:
            is_gone = all(plain_id(text) in self._gone[target] for text in missing)
            found.refusal = OF_DELETED_RECORDS if is_gone else OF_NOBODY[target]
            found.column = column.name
        else:
            rest = tuple(record_id for record_id in ids if record_id not in missing)
            found.values[column.field] = rest if column.kind is CellKind.REFS else None
            found.cuts.append((column.name, CUT[target]))


@cache
def _abroad(table: Table) -> Sequence[tuple[CsvColumn, Collection]]:
    """Return the columns that name records of other files."""
    return [
        (column, column.refers_to)
        for column in table.columns
        if column.refers_to is not None and column.refers_to is not table.collection
    ]


@cache
def _at_home(table: Table) -> Sequence[CsvColumn]:
    """Return the columns that name records of their own file."""
    return [column for column in table.columns if column.refers_to is table.collection]


def _ids(value: object) -> tuple[str, ...]:
    if is_list(value):
        return tuple(str(member) for member in value)
    return (value,) if isinstance(value, str) and value else ()
