"""Conflicts, open and settled: what somebody decided is kept, and can be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.errors import NotFoundError
from integration_tui.domain.ids import IntegrationId, RecordId, RunId, TenantId
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.conflict import Conflict
from integration_tui.domain.sync.merge import Side
from integration_tui.domain.sync.plan import Value
from integration_tui.store.column_types import storable
from integration_tui.store.schema.sync import sync_conflicts as conflicts

_decode: Final = msgspec.json.Decoder(Value).decode
_encode: Final = msgspec.json.Encoder().encode


class ConflictRepository:
    """Reads and writes inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def page(
        self, integration_id: IntegrationId | None, *, open_only: bool, after: int, limit: int
    ) -> list[Conflict]:
        """Return conflicts behind the number `after`, oldest first."""
        where = [conflicts.c.id > after]
        where += [conflicts.c.integration_id == integration_id] if integration_id else []
        where += [conflicts.c.side.is_(None)] if open_only else []
        return await self._read(where, limit)

    async def get(self, conflict_id: int) -> Conflict:
        """Return one conflict. Raises `NotFoundError`."""
        found = await self._read([conflicts.c.id == conflict_id], 1)
        if not found:
            raise NotFoundError(f"no conflict {conflict_id}", advice="list the conflicts again")
        return found[0]

    async def open_of(self, collection: Collection, record_id: RecordId) -> list[Conflict]:
        """Return the open conflicts of a record."""
        return await self._read(
            [
                conflicts.c.collection == collection.value,
                conflicts.c.internal_id == record_id,
                conflicts.c.side.is_(None),
            ]
        )

    async def raised_by(self, run_id: RunId) -> int:
        """Return how many open conflicts a run found."""
        found = await self._connection.execute(
            select(func.count())
            .select_from(conflicts)
            .where(
                conflicts.c.tenant_id == self._tenant,
                conflicts.c.run_id == run_id,
                conflicts.c.side.is_(None),
            )
        )
        return int(found.scalar_one())

    async def open_about(
        self, integration_id: IntegrationId, collection: Collection, field: str, *, limit: int
    ) -> list[Conflict]:
        """Return the open conflicts with a system about one field, oldest first."""
        where = [
            conflicts.c.integration_id == integration_id,
            conflicts.c.collection == collection.value,
            conflicts.c.field == field,
            conflicts.c.side.is_(None),
        ]
        return await self._read(where, limit)

    async def open_fields(self) -> dict[IntegrationId, dict[str, int]]:
        """Return how many open conflicts each integration has about which field."""
        rows = await self._connection.execute(
            select(conflicts.c.integration_id, conflicts.c.field, func.count())
            .where(conflicts.c.tenant_id == self._tenant, conflicts.c.side.is_(None))
            .group_by(conflicts.c.integration_id, conflicts.c.field)
        )
        found: dict[IntegrationId, dict[str, int]] = {}
        for name, field, count in rows.all():
            found.setdefault(IntegrationId(name), {})[field] = count
        return found

    async def save(self, conflict: Conflict) -> None:
        """Store what is held, and what was decided or is open again."""
        await self._connection.execute(
            update(conflicts)
            .where(conflicts.c.tenant_id == self._tenant, conflicts.c.id == conflict.id)
            .values(
                ours=storable(_encode(conflict.ours).decode()),
                side=conflict.side and conflict.side.value,
                decided_by=conflict.decided_by or None,
                decided_at=conflict.decided_at,
            )
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
        where = [
            conflicts.c.tenant_id == self._tenant,
            conflicts.c.collection == collection.value,
            conflicts.c.internal_id == before,
        ]
        where += [conflicts.c.integration_id == integration_id] if integration_id else []
        await self._connection.execute(update(conflicts).where(*where).values(internal_id=after))

    async def _read(
        self, where: Sequence[ColumnElement[bool]], limit: int | None = None
    ) -> list[Conflict]:
        rows = await self._connection.execute(
            select(conflicts)
            .where(conflicts.c.tenant_id == self._tenant, *where)
            .order_by(conflicts.c.id)
            .limit(limit)
        )
        return [_conflict(row) for row in rows.all()]


def _conflict(row: Row[tuple[object, ...]]) -> Conflict:
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
        raised_at=row.raised_at,
        side=None if row.side is None else Side(row.side),
        decided_by=row.decided_by or "",
        decided_at=row.decided_at,
    )


def _value(stored: str | None) -> Value:
    return None if stored is None else _decode(stored)
