"""A source with records written over it: new ones, changed ones, and ones that were deleted.

A written record keeps the place of the one it replaces; a new one stands behind all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from integration_tui.domain.roster import Collection, Owner, Record, RecordStatus, belongs
from integration_tui.sandbox.source import RosterSource, Snapshot, has_left, modified_at

Rows = Mapping[Collection, Mapping[int, Record]]


class Overlay:
    """Wraps a source. What is written stays until `clear`."""

    def __init__(self, source: RosterSource) -> None:
        self.source = source
        self._edits = 0
        self.clear()

    def clear(self) -> None:
        """Forget everything written."""
        self._rows: Rows = {collection: {} for collection in Collection}
        self._new: Mapping[Collection, Mapping[str, int]] = {
            collection: {} for collection in Collection
        }
        # Counts on: what was seen before must not pass for what is seen now.
        self._edits += 1

    def find(self, collection: Collection, sourced_id: str) -> Record | None:
        """Return the record of an id, also one that is to be deleted; `None` without one."""
        snapshot = self.snapshot()
        place = snapshot.index_of(collection, sourced_id)
        return None if place is None else snapshot.at(collection, place)

    def put(self, collection: Collection, record: Record) -> bool:
        """Write a record as of now; says whether there was none that is active."""
        before = self.find(collection, record.sourced_id)
        self.write(collection, (record,))
        return before is None or has_left(before)

    def delete(self, collection: Collection, sourced_id: str) -> bool:
        """Mark a record as to be deleted; says whether there was an active one."""
        before = self.find(collection, sourced_id)
        if before is None or has_left(before):
            return False
        self.write(collection, (deleted(before),))
        return True

    def write(self, collection: Collection, records: Iterable[Record]) -> None:
        """Write records as of now, all at once."""
        base = self.source.snapshot()
        # Those who look at a snapshot meanwhile go on seeing what was there.
        rows, new = {**self._rows[collection]}, {**self._new[collection]}
        for record in records:
            place = base.index_of(collection, record.sourced_id)
            if place is None:
                behind = base.size(collection) + len(new)
                place = new.setdefault(record.sourced_id, behind)
            moment = base.as_of or record.modified_at
            rows[place] = msgspec.structs.replace(record, modified_at=moment)
        self._rows = {**self._rows, collection: rows}
        self._new = {**self._new, collection: new}
        self._edits += 1

    def snapshot(self) -> Snapshot:
        snapshot = self.source.snapshot()
        if not any(self._rows.values()):
            return snapshot
        return _Overlaid(snapshot, self._rows, self._new, self._edits)


def deleted(record: Record) -> Record:
    """Return a record as it is when its source wants it gone."""
    return msgspec.structs.replace(record, status=RecordStatus.TO_BE_DELETED)


class _Overlaid:
    def __init__(
        self,
        base: Snapshot,
        rows: Rows,
        new: Mapping[Collection, Mapping[str, int]],
        edits: int,
    ) -> None:
        self._base = base
        self._rows = rows
        self._new = new
        self.version: object = (base.version, edits)

    @property
    def as_of(self) -> datetime | None:
        return self._base.as_of

    def size(self, collection: Collection) -> int:
        return self._base.size(collection) + len(self._new[collection])

    def at(self, collection: Collection, place: int) -> Record | None:
        record = self._rows[collection].get(place)
        return record if record is not None else self._base.at(collection, place)

    def index_of(self, collection: Collection, sourced_id: str) -> int | None:
        place = self._base.index_of(collection, sourced_id)
        return self._new[collection].get(sourced_id) if place is None else place

    def missing(self, collection: Collection, *, gone: bool) -> Sequence[int]:
        left_out = [
            place for place, one in self._rows[collection].items() if not gone and has_left(one)
        ]
        return self._merged(collection, self._base.missing(collection, gone=gone), left_out)

    def changed(self, collection: Collection, since: datetime) -> Sequence[int]:
        rows = self._rows[collection]
        own = [place for place, one in rows.items() if modified_at(one) >= since]
        return self._merged(collection, self._base.changed(collection, since), own)

    def part(self, collection: Collection, owner: Owner) -> Sequence[int]:
        own = [place for place, one in self._rows[collection].items() if belongs(one, owner)]
        return self._merged(collection, self._base.part(collection, owner), own)

    def _merged(
        self, collection: Collection, base: Sequence[int], own: Sequence[int]
    ) -> Sequence[int]:
        """Return the base's places where nothing is written, and `own` of those where it is."""
        rows = self._rows[collection]
        if not rows:
            return base
        return sorted({*base}.difference(rows).union(own))
