"""How far each collection of a run has come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Row, delete, func, select, text
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import RunId, TenantId
from integration_tui.domain.paging import Duplicate
from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import CollectionProgress, Run
from integration_tui.store.column_types import storable
from integration_tui.store.schema.sync import sync_listings
from integration_tui.store.sync.comparison import read_fields, write_fields

_LAST_FIELDS = """
SELECT l.fields FROM sync_runs r
JOIN sync_listings l ON l.tenant_id = r.tenant_id AND l.run_id = r.id AND l.collection = :collection
WHERE r.tenant_id = :tenant AND r.integration_id = :integration AND r.id < :run
    AND r.status = 'applied' AND r.mode = 'full'
    AND l.is_over AND l.cursor IS NULL AND l.records > 0
ORDER BY r.id DESC LIMIT 1
"""


class ProgressRepository:
    """Reads and writes listings inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def all(self, run_id: RunId) -> list[CollectionProgress]:
        """Return how far each collection has come, in the order of collections."""
        rows = await self._connection.execute(
            select(sync_listings)
            .where(sync_listings.c.tenant_id == self._tenant, sync_listings.c.run_id == run_id)
            .order_by(sync_listings.c.place)
        )
        return [_listing(row) for row in rows.all()]

    async def save(self, run_id: RunId, listing: CollectionProgress, *, at: datetime) -> None:
        """Store how far a collection has come; how far it is applied is left alone."""
        where = {
            "tenant_id": self._tenant,
            "run_id": run_id,
            "collection": listing.collection.value,
        }
        values = {**_listing_values(listing), "read_at": at}
        statement = upsert(sync_listings).values(**where, **values)
        await self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["tenant_id", "run_id", "collection"], set_=values
            )
        )

    async def read_at(self, run_id: RunId) -> datetime | None:
        """Return when a run last added to a listing; `None` where it has none."""
        rows = await self._connection.execute(
            select(func.max(sync_listings.c.read_at)).filter_by(
                tenant_id=self._tenant, run_id=run_id
            )
        )
        found: datetime | None = rows.scalar_one()
        return found

    async def last_fields(self, run: Run, collection: Collection) -> frozenset[str] | None:
        """Return the fields of the last whole listing that was applied before a run.

        `None` where there is none, or nobody can tell.
        """
        found = await self._connection.execute(
            text(_LAST_FIELDS),
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
        await self._connection.execute(
            delete(sync_listings).filter_by(tenant_id=self._tenant, run_id=run_id)
        )


def _listing_values(one: CollectionProgress) -> dict[str, object]:
    return {
        "place": ROSTER.index(one.collection),
        "pages": one.pages,
        "records": one.records,
        "same": one.same,
        "quarantined": one.quarantined,
        "duplicates": one.duplicates,
        "differing": one.differing,
        "doubled": [(storable(named.sourced_id), named.differs) for named in one.doubled],
        "with_loss": one.with_loss,
        "expected": one.expected,
        "known": one.known,
        "is_over": one.is_over,
        "complete": one.complete,
        "reason": one.reason,
        "cursor": one.cursor,
        "fields": write_fields(one.fields),
        "as_of": one.as_of,
        "since": one.since,
        "transfers": one.transfers,
        "skipped": one.skipped,
        "counts": {kind.value: count for kind, count in one.counts.items() if count},
    }


def _listing(row: Row[tuple[object, ...]]) -> CollectionProgress:
    return CollectionProgress(
        collection=Collection(row.collection),
        pages=row.pages,
        records=row.records,
        same=row.same,
        quarantined=row.quarantined,
        duplicates=row.duplicates,
        differing=row.differing,
        doubled=tuple(Duplicate(sourced_id=id_, differs=differs) for id_, differs in row.doubled),
        with_loss=row.with_loss,
        expected=row.expected,
        known=row.known,
        is_over=row.is_over,
        complete=row.complete,
        reason=row.reason,
        cursor=row.cursor,
        fields=read_fields(row.fields),
        as_of=row.as_of,
        since=row.since,
        counts=_counts(row.counts),
        applied=row.applied,
        transfers=row.transfers,
        skipped=row.skipped,
    )


def _counts(stored: Mapping[str, int]) -> Mapping[ChangeKind, int]:
    return {ChangeKind(kind): count for kind, count in stored.items()}
