"""What pulls saw of each collection: the latest, and the latest that was taken as right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from integration_tui.domain.ids import IntegrationId, TenantId
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.volume import VolumeSnapshot
from integration_tui.store.column_types import (
    instant,
    listed,
    maybe_instant,
    maybe_moment,
    moment,
    read_json,
    storable,
)
from integration_tui.store.connection import Connection, Row, Value
from integration_tui.store.schema.kinds import CollectionState

_OF: Final = """
SELECT * FROM roster_census
WHERE tenant_id = :tenant AND integration_id = :integration AND standing = :standing
"""
_FORGET: Final = """
DELETE FROM roster_census WHERE tenant_id = :tenant AND integration_id = :integration
    AND collection = :collection AND standing = :standing
"""
_PUT: Final = """
INSERT INTO roster_census (tenant_id, integration_id, collection, standing, records, complete, at,
    as_of, since, scopes)
VALUES (:tenant, :integration, :collection, :standing, :records, :complete, :at, :as_of, :since,
    :scopes)
"""


class VolumeRepository:
    """Reads and saves them inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
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
            where: dict[str, Value] = {
                "tenant": self._tenant,
                "integration": storable(found_one.integration_id),
                "collection": found_one.collection.value,
                "standing": standing.value,
            }
            await self._connection.exec_driver_sql(_FORGET, where)
            await self._connection.exec_driver_sql(_PUT, {**where, **_values(found_one)})

    async def _of(
        self, integration_id: IntegrationId, standing: CollectionState
    ) -> list[VolumeSnapshot]:
        rows = await self._connection.exec_driver_sql(
            _OF,
            {
                "tenant": self._tenant,
                "integration": storable(integration_id),
                "standing": standing.value,
            },
        )
        order = list(Collection)
        return sorted(
            map(_to_snapshot, rows.all()),
            key=lambda volume_snapshot: order.index(volume_snapshot.collection),
        )


def _values(one: VolumeSnapshot) -> dict[str, Value]:
    return {
        "records": one.records,
        "complete": one.complete,
        "at": instant(one.at),
        "as_of": maybe_instant(one.as_of),
        "since": maybe_instant(one.since),
        "scopes": listed(one.scopes),
    }


def _to_snapshot(row: Row) -> VolumeSnapshot:
    return VolumeSnapshot(
        integration_id=IntegrationId(row.integration_id),
        collection=Collection(row.collection),
        records=row.records,
        complete=bool(row.complete),
        at=moment(row.at),
        as_of=maybe_moment(row.as_of),
        since=maybe_moment(row.since),
        scopes=tuple(read_json(row.scopes)),
    )
