"""Where a sandbox has its records from: a roster as it is at one moment, asked place by place.

A *place* is a number in a collection that stays with its record, also when the record has left;
so a page of a hundred thousand records is made of its own rows only. Places are in the order of
`sourcedId`, as far as the source can have it so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol, runtime_checkable

from integration_tui.domain.roster import Collection, Owner, Record, RecordStatus, belongs

Roster = Mapping[Collection, Sequence[Record]]

_LONG_AGO: Final = datetime(2025, 1, 1, tzinfo=UTC)


class Snapshot(Protocol):
    """A roster at one moment. Nothing of it changes while a request is answered."""

    @property
    def as_of(self) -> datetime | None:
        """The moment, by the system's own clock; `None` where the system has no clock."""
        ...

    @property
    def version(self) -> object:
        """Something equal as long as the roster is the same."""
        ...

    def size(self, collection: Collection) -> int:
        """Return how many places there are."""
        ...

    def at(self, collection: Collection, place: int) -> Record | None:
        """Return the record of a place; `None` where none has been yet.

        One that has left is to be deleted.
        """
        ...

    def index_of(self, collection: Collection, sourced_id: str) -> int | None:
        """Return the place of an id, which may be empty; `None` where there can be none."""
        ...

    def missing(self, collection: Collection, *, gone: bool) -> Sequence[int]:
        """Return in order the places that a list leaves out.

        `gone`: the list names those who have left, too.
        """
        ...

    def changed(self, collection: Collection, since: datetime) -> Sequence[int]:
        """Return in order at least the places whose records changed at `since` or later."""
        ...

    def part(self, collection: Collection, owner: Owner) -> Sequence[int]:
        """Return in order the places of what belongs to `owner`, by `domain.roster.PARTS`."""
        ...


@runtime_checkable
class RosterSource(Protocol):
    """A roster that may change. Another source may be wrapped around it."""

    def snapshot(self) -> Snapshot:
        """Return the roster as it is now."""
        ...


def modified_at(record: Record) -> datetime:
    """Return when a record changed; the specification wants every record to tell."""
    return record.modified_at or _LONG_AGO


def has_left(record: Record) -> bool:
    return record.status is RecordStatus.TO_BE_DELETED


class FixedSource:
    """A small roster that does not change; it is its own snapshot."""

    as_of: datetime | None = None
    version: object = 0

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self._rows = {
            collection: sorted(roster.get(collection, ()), key=lambda record: record.sourced_id)
            for collection in Collection
        }
        self._places = {
            one: {record.sourced_id: place for place, record in enumerate(rows)}
            for one, rows in self._rows.items()
        }

    def snapshot(self) -> Snapshot:
        return self

    def size(self, collection: Collection) -> int:
        return len(self._rows[collection])

    def at(self, collection: Collection, place: int) -> Record | None:
        return self._rows[collection][place]

    def index_of(self, collection: Collection, sourced_id: str) -> int | None:
        return self._places[collection].get(sourced_id)

    def missing(self, collection: Collection, *, gone: bool) -> Sequence[int]:
        rows = self._rows[collection]
        return () if gone else [place for place, one in enumerate(rows) if has_left(one)]

    def changed(self, collection: Collection, since: datetime) -> Sequence[int]:
        rows = self._rows[collection]
        return [place for place, one in enumerate(rows) if modified_at(one) >= since]

    def part(self, collection: Collection, owner: Owner) -> Sequence[int]:
        return belonging(self, collection, owner)


def belonging(snapshot: Snapshot, collection: Collection, owner: Owner) -> Sequence[int]:
    """Return the places of what belongs to `owner`, by looking at every record."""
    return [
        place
        for place in range(snapshot.size(collection))
        if (record := snapshot.at(collection, place)) is not None and belongs(record, owner)
    ]
