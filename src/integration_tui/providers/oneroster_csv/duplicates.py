"""Rows under one id: which of them counts, and what becomes of the others. None goes in silence.

In a bulk file the first one counts, and another that differs is an error: two people may share
the id. OneRoster 1.1 has a row for each school of a person; such rows become one person. In a
delta the row that was changed last counts, and where that is not told the last one.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Final, NamedTuple, TypeGuard

import msgspec
from msgspec.structs import replace

from integration_tui.domain.paging import Duplicate, RecordFinding, Rejected
from integration_tui.domain.text_damage import without_invisible
from integration_tui.providers.oneroster_csv.cell_damage import shortened
from integration_tui.providers.oneroster_csv.findings import Remark, error, info, warning
from integration_tui.providers.oneroster_csv.formula_injection import unguarded
from integration_tui.providers.oneroster_csv.tables import is_list
from integration_tui.providers.paging.id_set import Repeat, SeenRows, fingerprint

_SAME: Final = info("the sourcedId was there already, in an equal row", "remove one")
_OTHER: Final = error(
    "the sourcedId was there already, in another row; the first one counts, "
    "this one is quarantined",
    "give each record a unique ID",
)
_SHORTENED: Final = error(
    "the sourcedId was there already, in another row, and is a number in scientific notation:"
    " a spreadsheet shortened the ids of several records to the same one",
    "export again with the column formatted as text",
)
_MERGED: Final = info("the person has several rows, one for each school; they were put together")
_OLDER: Final = info("the sourcedId has several rows; the one that was changed last counts")
_LAST: Final = warning(
    "the sourcedId was there already, in another row that was not changed earlier; the last one"
    " counts",
    "write dateLastModified into each row, and each record once",
)
_ROLE_AGAIN: Final = warning(
    "the sourcedId was there already, in another row; both roles are kept",
    "give each role a unique ID",
)
_OF_ROLES: Final = {"orgs", "role", "placements"}
_SECONDARY: Final = {*_OF_ROLES, "modified_at"}


class ParsedRow(msgspec.Struct, frozen=True):
    """What one row became: values by field, or `rejected`; or none, if it is but a duplicate.

    `findings` are about the record, `duplicates` are the rows that gave way to it or to another.
    """

    line: int
    values: dict[str, object] | None
    rejected: Rejected | None = None
    duplicates: tuple[Duplicate, ...] = ()
    findings: tuple[RecordFinding, ...] = ()


class Placement(NamedTuple):
    """A role at several orgs, as one row of OneRoster 1.1 has it."""

    role: object
    orgs: tuple[object, ...]


class _Group(msgspec.Struct):
    """The rows of one id so far. `waiting` is how many are still to come."""

    kept: ParsedRow
    waiting: int
    duplicates: list[Duplicate] = msgspec.field(default_factory=list[Duplicate])
    placements: list[Placement] = msgspec.field(default_factory=list[Placement])

    def keep(self, entry: ParsedRow) -> None:
        """Let another row count."""
        self.kept = entry
        self.placements.clear()

    def merge(self, new: Mapping[str, object]) -> None:
        """Put the roles of a further row beside those of the rows before it."""
        if not self.placements:
            self.placements.extend(placements(self.kept.values or {}))
        self.placements.extend(placements(new))

    def closed(self, line: int) -> ParsedRow:
        """Return what became of all rows."""
        if self.placements and self.kept.values is not None:
            together = dict.fromkeys(org for place in self.placements for org in place.orgs)
            self.kept.values["placements"] = tuple(self.placements)
            self.kept.values["orgs"] = tuple(together)
        return replace(self.kept, line=line, duplicates=tuple(self.duplicates))


class Repeats:
    """Takes the rows of one file in their order.

    `doubled` says how many rows the ids have that come more than once, by their fingerprints;
    those of one id are held until its last one came.
    """

    def __init__(
        self, ids: SeenRows, doubled: Mapping[int, int], *, is_delta: bool, are_roles: bool
    ) -> None:
        self.lost = 0
        self._ids = ids
        self._doubled = doubled
        self._is_delta = is_delta
        self._are_roles = are_roles
        self._groups: dict[str, _Group] = {}

    def take(self, entry: ParsedRow) -> tuple[ParsedRow | None, Remark | None]:
        """Return what comes of a row now, and what is to be said of its id."""
        values = entry.values or {}
        sourced_id = str(values["sourced_id"])
        repeat = self._ids.add(sourced_id, _content(values))
        if self._doubled and (rows := self._doubled.get(fingerprint(sourced_id))):
            # A shortened id of a role may be that of other people's roles as well.
            key = f"{sourced_id}\0{values.get('user')}" if self._are_roles else sourced_id
            found, remark = self._gathered(key, entry, rows)
            is_shared = self._are_roles and repeat is Repeat.OTHER
            return found, remark or (_ROLE_AGAIN if is_shared else None)
        if repeat is Repeat.NEW:
            return entry, None
        if repeat is Repeat.SAME:
            return _given_up(entry, sourced_id), _SAME
        if self._are_roles:
            return entry, _ROLE_AGAIN
        return self._lost(entry, sourced_id), _SHORTENED if shortened(sourced_id) else _OTHER

    def rest(self, line: int) -> Iterator[ParsedRow]:
        """Yield the records whose last rows did not come, behind `line`."""
        for number, group in enumerate(self._groups.values(), start=1):
            yield group.closed(line + number)
        self._groups.clear()

    def _gathered(
        self, key: str, entry: ParsedRow, rows: int
    ) -> tuple[ParsedRow | None, Remark | None]:
        group = self._groups.get(key)
        remark = None
        if group is None:
            group = self._groups[key] = _Group(entry, rows)
        else:
            remark = self._judge(group, entry, key.partition("\0")[0])
        group.waiting -= 1
        if group.waiting:
            return None, remark
        del self._groups[key]
        return group.closed(entry.line), remark

    def _judge(self, group: _Group, entry: ParsedRow, sourced_id: str) -> Remark:
        """Put a further row into its group, and return what is to be said of it."""
        kept, new = group.kept.values or {}, entry.values or {}
        if self._is_delta and (order := _order(kept, new)):
            if order > 0:
                group.keep(entry)
            group.duplicates.append(Duplicate(sourced_id=sourced_id))
            return _OLDER
        differing = _differing(kept, new)
        if not differing - {"modified_at"}:
            group.duplicates.append(Duplicate(sourced_id=sourced_id))
            return _SAME
        if differing <= _SECONDARY and not self._are_roles:
            group.merge(new)
            group.duplicates.append(Duplicate(sourced_id=sourced_id))
            return _MERGED
        group.duplicates.append(Duplicate(sourced_id=sourced_id, differs=True))
        self.lost += 1
        if self._is_delta:
            group.keep(entry)
            return _SHORTENED if shortened(sourced_id) else _LAST
        return _SHORTENED if shortened(sourced_id) else _OTHER

    def _lost(self, entry: ParsedRow, sourced_id: str) -> ParsedRow:
        self.lost += 1
        return _given_up(entry, sourced_id, differs=True)


def doubled(cells: Iterable[str]) -> Mapping[int, int]:
    """Return how many rows the ids have that come more than once, by their fingerprints."""
    marks = array(
        "Q", (fingerprint(cell if cell.isalnum() else _plain(cell)) for cell in cells if cell)
    )
    again = Counter(one for one, other in pairwise(sorted(marks)) if one == other)
    return {mark: count + 1 for mark, count in again.items()}


def _plain(cell: str) -> str:
    return without_invisible(unguarded(cell)).strip()


def placements(values: Mapping[str, object]) -> tuple[Placement, ...]:
    """Return the roles of a person of OneRoster 1.1, in the order of the rows."""
    found = values.get("placements")
    if is_placements(found):
        return found
    orgs = values.get("orgs")
    return (Placement(values.get("role"), orgs if is_list(orgs) else ()),)


def is_placements(value: object) -> TypeGuard[tuple[Placement, ...]]:
    """Return whether a value holds placements."""
    return isinstance(value, tuple)


def _given_up(entry: ParsedRow, sourced_id: str, *, differs: bool = False) -> ParsedRow:
    duplicate = Duplicate(sourced_id=sourced_id, differs=differs)
    return ParsedRow(entry.line, None, duplicates=(duplicate,))


def _content(values: dict[str, object]) -> int:
    """Return a hash of what a row says, but for when it was changed."""
    if "modified_at" not in values:
        return hash((*values, *values.values()))
    moment = values.pop("modified_at")
    content = hash((*values, *values.values()))
    values["modified_at"] = moment
    return content


def _order(one: Mapping[str, object], other: Mapping[str, object]) -> int:
    """Return 1 where the other row was changed later, -1 where earlier, 0 where nobody knows."""
    before, after = one.get("modified_at"), other.get("modified_at")
    if not isinstance(before, datetime) or not isinstance(after, datetime) or before == after:
        return 0
    return 1 if after > before else -1


def _differing(one: Mapping[str, object], other: Mapping[str, object]) -> set[str]:
    names = (one.keys() | other.keys()) - {"placements"}
    return {name for name in names if one.get(name) != other.get(name)}
