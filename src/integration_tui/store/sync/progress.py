"""How far each collection of a run has come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from integration_tui.domain.ids import RunId, TenantId
from integration_tui.domain.paging import Duplicate
from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import CollectionProgress, Run
from integration_tui.store.column_types import (
    instant,
    listed,
    maybe_instant,
    maybe_moment,
    read_json,
    storable,
)
from integration_tui.store.connection import Connection, Row, Value
from integration_tui.store.sync.comparison import read_fields, write_fields

_ALL: Final = "SELECT * FROM sync_listings WHERE tenant_id = ? AND run_id = ? ORDER BY place"
_SAVE: Final = """
INSERT INTO sync_listings (tenant_id, run_id, collection,
    place, pages, records, same, quarantined, duplicates, differing, doubled, with_loss,
    expected, known, is_over, complete, reason, cursor, fields, as_of, since, transfers,
    skipped, counts, read_at)
VALUES (:tenant, :run, :collection,
    :place, :pages, :records, :same, :quarantined, :duplicates, :differing, :doubled,
    :with_loss, :expected, :known, :is_over, :complete, :reason, :cursor, :fields, :as_of,
    :since, :transfers, :skipped, :counts, :read_at)
ON CONFLICT (tenant_id, run_id, collection) DO UPDATE SET
    place = excluded.place, pages = excluded.pages, records = excluded.records,
    same = excluded.same, quarantined = excluded.quarantined, duplicates = excluded.duplicates,
    differing = excluded.differing, doubled = excluded.doubled, with_loss = excluded.with_loss,
    expected = excluded.expected, known = excluded.known, is_over = excluded.is_over,
    complete = excluded.complete, reason = excluded.reason, cursor = excluded.cursor,
    fields = excluded.fields, as_of = excluded.as_of, since = excluded.since,
    transfers = excluded.transfers, skipped = excluded.skipped, counts = excluded.counts,
    read_at = excluded.read_at
"""
_READ_AT: Final = "SELECT max(read_at) FROM sync_listings WHERE tenant_id = ? AND run_id = ?"
_FORGET: Final = "DELETE FROM sync_listings WHERE tenant_id = ? AND run_id = ?"
_LAST_FIELDS: Final = """
SELECT l.fields FROM sync_runs r
JOIN sync_listings l ON l.tenant_id = r.tenant_id AND l.run_id = r.id AND l.collection = :collection
WHERE r.tenant_id = :tenant AND r.integration_id = :integration AND r.id < :run
    AND r.status = 'applied' AND r.mode = 'full'
    AND l.is_over AND l.cursor IS NULL AND l.records > 0
ORDER BY r.id DESC LIMIT 1
"""


class ProgressRepository:
    """Reads and writes listings inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def all(self, run_id: RunId) -> list[CollectionProgress]:
        """Return how far each collection has come, in the order of collections."""
        rows = await self._connection.exec_driver_sql(_ALL, (self._tenant, run_id))
        return [_listing(row) for row in rows.all()]

    async def save(self, run_id: RunId, listing: CollectionProgress, *, at: datetime) -> None:
        """Store how far a collection has come; how far it is applied is left alone."""
        await self._connection.exec_driver_sql(
            _SAVE,
            {
                "tenant": self._tenant,
                "run": run_id,
                "collection": listing.collection.value,
                **_listing_values(listing),
                "read_at": instant(at),
            },
        )

    async def read_at(self, run_id: RunId) -> datetime | None:
        """Return when a run last added to a listing; `None` where it has none."""
        rows = await self._connection.exec_driver_sql(_READ_AT, (self._tenant, run_id))
        return maybe_moment(rows.scalar_one())

    async def last_fields(self, run: Run, collection: Collection) -> frozenset[str] | None:
        """Return the fields of the last whole listing that was applied before a run.

        `None` where there is none, or nobody can tell.
        """
        found = await self._connection.exec_driver_sql(
            _LAST_FIELDS,
            {
                "tenant": self._tenant,
                "integration": run.integration_id,
                "run": run.id,
                "collection": collection.value,
            },
        )
        return read_fields(found.scalar_one_or_none())

    async def forget(self, run_id: RunId) -> None:
        """Have a run begin anew."""
        await self._connection.exec_driver_sql(_FORGET, (self._tenant, run_id))


def _listing_values(one: CollectionProgress) -> dict[str, Value]:
    return {
        "place": ROSTER.index(one.collection),
        "pages": one.pages,
        "records": one.records,
        "same": one.same,
        "quarantined": one.quarantined,
        "duplicates": one.duplicates,
        "differing": one.differing,
        "doubled": listed([(storable(named.sourced_id), named.differs) for named in one.doubled]),
        "with_loss": one.with_loss,
        "expected": one.expected,
        "known": one.known,
        "is_over": one.is_over,
        "complete": one.complete,
        "reason": storable(one.reason),
        "cursor": None if one.cursor is None else storable(one.cursor),
        "fields": write_fields(one.fields),
        "as_of": maybe_instant(one.as_of),
        "since": maybe_instant(one.since),
        "transfers": one.transfers,
        "skipped": one.skipped,
        "counts": listed({kind.value: count for kind, count in one.counts.items() if count}),
    }


def _listing(row: Row) -> CollectionProgress:
    return CollectionProgress(
        collection=Collection(row.collection),
        pages=row.pages,
        records=row.records,
        same=row.same,
        quarantined=row.quarantined,
        duplicates=row.duplicates,
        differing=row.differing,
        doubled=tuple(
            Duplicate(sourced_id=id_, differs=differs) for id_, differs in read_json(row.doubled)
        ),
        with_loss=row.with_loss,
        expected=row.expected,
        known=row.known,
        is_over=bool(row.is_over),
        complete=bool(row.complete),
        reason=row.reason,
        cursor=row.cursor,
        fields=read_fields(row.fields),
        as_of=maybe_moment(row.as_of),
        since=maybe_moment(row.since),
        counts=_counts(read_json(row.counts)),
        applied=row.applied,
        transfers=row.transfers,
        skipped=row.skipped,
    )


def _counts(stored: Mapping[str, int]) -> Mapping[ChangeKind, int]:
    return {ChangeKind(kind): count for kind, count in stored.items()}
