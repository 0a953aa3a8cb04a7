"""What pulls saw of each collection: the latest, and the latest that was taken as right."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import IntegrationId, TenantId
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.volume import VolumeSnapshot
from integration_tui.store.schema.core import CollectionState, roster_census


class VolumeRepository:
    """Reads and saves them inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def seen(self, integration_id: IntegrationId) -> list[VolumeSnapshot]:
        """Return what the latest pull of each collection saw, in the order of collections."""
        return await self._of(integration_id, CollectionState.SEEN)

    async def accepted(self, integration_id: IntegrationId) -> list[VolumeSnapshot]:
        """Return for each collection what the next pull is compared with."""
        return await self._of(integration_id, CollectionState.ACCEPTED)

    async def save(self, found: Sequence[VolumeSnapshot]) -> None:
        """Keep what a pull saw, instead of what the one before did."""
        await self._put(found, CollectionState.SEEN)

    async def accept(self, found: Sequence[VolumeSnapshot]) -> None:
        """Compare with these from now on."""
        await self._put(found, CollectionState.ACCEPTED)

    async def _put(self, found: Sequence[VolumeSnapshot], standing: CollectionState) -> None:
        for found_one in found:
            where = {
                "tenant_id": self._tenant,
                "integration_id": found_one.integration_id,
                "collection": found_one.collection.value,
                "standing": standing.value,
            }
            await self._connection.execute(delete(roster_census).filter_by(**where))
            await self._connection.execute(
                insert(roster_census).values(**where, **_values(found_one))
            )

    async def _of(
        self, integration_id: IntegrationId, standing: CollectionState
    ) -> list[VolumeSnapshot]:
        rows = await self._connection.execute(
            select(roster_census).filter_by(
                tenant_id=self._tenant, integration_id=integration_id, standing=standing.value
            )
        )
        order = list(Collection)
        return sorted(
            map(_to_snapshot, rows.all()),
            key=lambda volume_snapshot: order.index(volume_snapshot.collection),
        )


def _values(one: VolumeSnapshot) -> dict[str, object]:
    return {
        "records": one.records,
        "complete": one.complete,
        "at": one.at,
        "as_of": one.as_of,
        "since": one.since,
        "scopes": list(one.scopes),
    }


def _to_snapshot(row: Row[tuple[object, ...]]) -> VolumeSnapshot:
    return VolumeSnapshot(
        integration_id=IntegrationId(row.integration_id),
        collection=Collection(row.collection),
        records=row.records,
        complete=row.complete,
        at=row.at,
        as_of=row.as_of,
        since=row.since,
        scopes=tuple(row.scopes),
    )
