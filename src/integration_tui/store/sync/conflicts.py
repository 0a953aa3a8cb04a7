"""Conflicts, open and settled: what somebody decided is kept, and can be taken back."""

from __future__ import annotations

from typing import Final

import msgspec

from integration_tui.domain.errors import NotFoundError
from integration_tui.domain.ids import IntegrationId, RecordId, RunId, TenantId
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.conflict import Conflict
from integration_tui.domain.sync.merge import Side
from integration_tui.domain.sync.plan import Value
from integration_tui.store.column_types import maybe_instant, maybe_moment, moment, storable
from integration_tui.store.connection import Connection, Row
from integration_tui.store.connection import Value as Stored

_decode: Final = msgspec.json.Decoder(Value).decode
_encode: Final = msgspec.json.Encoder().encode

_PAGE: Final = """
SELECT * FROM sync_conflicts
WHERE tenant_id = :tenant AND id > :after AND (side IS NULL OR NOT :open) {}
ORDER BY id LIMIT :limit
"""
_OF_ONE: Final = "AND integration_id = :integration"
_ONE: Final = "SELECT * FROM sync_conflicts WHERE tenant_id = :tenant AND id = :id"
_OPEN_OF: Final = """
SELECT * FROM sync_conflicts WHERE tenant_id = :tenant AND collection = :collection
    AND internal_id = :record AND side IS NULL
ORDER BY id
"""
_OPEN_ABOUT: Final = """
SELECT * FROM sync_conflicts WHERE tenant_id = :tenant AND integration_id = :integration
    AND collection = :collection AND field = :field AND side IS NULL
ORDER BY id LIMIT :limit
"""
_RAISED_BY: Final = """
SELECT count(*) FROM sync_conflicts WHERE tenant_id = ? AND run_id = ? AND side IS NULL
"""
_OPEN_FIELDS: Final = """
SELECT integration_id, field, count(*) FROM sync_conflicts
WHERE tenant_id = ? AND side IS NULL GROUP BY integration_id, field
"""
_SAVE: Final = """
UPDATE sync_conflicts SET ours = :ours, side = :side, decided_by = :decided_by,
    decided_at = :decided_at
WHERE tenant_id = :tenant AND id = :id
"""
_MOVE: Final = """
UPDATE sync_conflicts SET internal_id = :after
WHERE tenant_id = :tenant AND collection = :collection AND internal_id = :before
    {}
"""


class ConflictRepository:
    """Reads and writes inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def page(
        self, integration_id: IntegrationId | None, *, open_only: bool, after: int, limit: int
    ) -> list[Conflict]:
        """Return conflicts behind the number `after`, oldest first."""
        statement = _PAGE.format(_OF_ONE if integration_id else "")
        name = storable(integration_id or "")
        return await self._read(
            statement, integration=name, open=open_only, after=after, limit=limit
        )

    async def get(self, conflict_id: int) -> Conflict:
        """Return one conflict. Raises `NotFoundError`."""
        found = await self._read(_ONE, id=conflict_id)
        if not found:
            raise NotFoundError(f"no conflict {conflict_id}", advice="list the conflicts again")
        return found[0]

    async def open_of(self, collection: Collection, record_id: RecordId) -> list[Conflict]:
        """Return the open conflicts of a record."""
        return await self._read(_OPEN_OF, collection=collection.value, record=record_id)

    async def raised_by(self, run_id: RunId) -> int:
        """Return how many open conflicts a run found."""
        found = await self._connection.exec_driver_sql(_RAISED_BY, (self._tenant, run_id))
        return int(found.scalar_one())

    async def open_about(
        self, integration_id: IntegrationId, collection: Collection, field: str, *, limit: int
    ) -> list[Conflict]:
        """Return the open conflicts with a system about one field, oldest first."""
        return await self._read(
            _OPEN_ABOUT,
            integration=storable(integration_id),
            collection=collection.value,
            field=field,
            limit=limit,
        )

    async def open_fields(self) -> dict[IntegrationId, dict[str, int]]:
        """Return how many open conflicts each integration has about which field."""
        rows = await self._connection.exec_driver_sql(_OPEN_FIELDS, (self._tenant,))
        found: dict[IntegrationId, dict[str, int]] = {}
        for name, field, count in rows.all():
            found.setdefault(IntegrationId(name), {})[field] = count
        return found

    async def save(self, conflict: Conflict) -> None:
        """Store what is held, and what was decided or is open again."""
        await self._connection.exec_driver_sql(
            _SAVE,
            {
                "tenant": self._tenant,
                "id": conflict.id,
                "ours": storable(_encode(conflict.ours).decode()),
                "side": conflict.side and conflict.side.value,
                "decided_by": storable(conflict.decided_by) or None,
                "decided_at": maybe_instant(conflict.decided_at),
            },
        )

    async def move(
        self,
        collection: Collection,
        before: RecordId,
        after: RecordId,
        *,
        integration_id: IntegrationId | None = None,
    ) -> None:
        """Have the conflicts of a record, or those with one system, be another record's."""
        await self._connection.exec_driver_sql(
            _MOVE.format(_OF_ONE if integration_id else ""),
            {
                "tenant": self._tenant,
                "collection": collection.value,
                "before": before,
                "after": after,
                "integration": storable(integration_id or ""),
            },
        )

    async def _read(self, statement: str, **values: Stored) -> list[Conflict]:
        rows = await self._connection.exec_driver_sql(statement, {"tenant": self._tenant, **values})
        return [_conflict(row) for row in rows.all()]


def _conflict(row: Row) -> Conflict:
    return Conflict(
        id=row.id,
        integration_id=IntegrationId(row.integration_id),
        collection=Collection(row.collection),
        record_id=RecordId(row.internal_id),
        external_id=row.external_id,
        field=row.field,
        base=_value(row.base),
        ours=_value(row.ours),
        theirs=_value(row.theirs),
        run_id=RunId(row.run_id),
        raised_at=moment(row.raised_at),
        side=None if row.side is None else Side(row.side),
        decided_by=row.decided_by or "",
        decided_at=maybe_moment(row.decided_at),
    )


def _value(stored: str | None) -> Value:
    return None if stored is None else _decode(stored)
