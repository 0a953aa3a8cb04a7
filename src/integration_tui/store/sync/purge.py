"""Plans for records that have been inactive for long, and that nothing names any more."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import TenantId
from integration_tui.domain.roster import Collection
from integration_tui.store.column_types import instant
from integration_tui.store.roster.fields import SHAPES
from integration_tui.store.sync.plan import PlanContext

_OLD: Final = """
INSERT OR IGNORE INTO {changes} (tenant_id, run_id, external_id, kind, id, listed, status, note)
SELECT m.tenant_id, :run, m.external_id, 'remove', m.internal_id, 0, 'inactive',
    'inactive since ' || substr(m.missing_since, 1, 10)
FROM external_system_mappings m
JOIN {table} g ON g.tenant_id = m.tenant_id AND g.id = m.internal_id
WHERE m.tenant_id = :tenant AND m.integration_id = :integration AND m.collection = :collection
    AND NOT m.listed AND m.missing_since <= :before AND g.status = 'inactive' AND NOT g.pinned
    AND NOT EXISTS (SELECT 1 FROM external_system_mappings o WHERE o.tenant_id = m.tenant_id
        AND o.collection = m.collection AND o.internal_id = m.internal_id
        AND o.integration_id <> m.integration_id)
    {unnamed}
"""


class PurgeRepository:
    """Makes such plans inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def plan(self, ground: PlanContext, collection: Collection) -> None:
        """Plan to remove what has been inactive for the days that `grace` says.

        What others still name waits until those are removed: seats go before their people.
        """
        shape = SHAPES[collection]
        before = ground.now - timedelta(days=ground.grace.removal_days)
        await self._connection.execute(
            text(
                _OLD.format(changes=shape.changes, table=shape.table, unnamed=_unnamed(collection))
            ),
            {
                "tenant": self._tenant,
                "run": ground.run.id,
                "integration": ground.run.integration_id,
                "collection": collection.value,
                "before": instant(before),
            },
        )


def _unnamed(collection: Collection) -> str:
    return " ".join(
        f"AND NOT EXISTS (SELECT 1 FROM {other.table} n WHERE n.tenant_id = m.tenant_id"  # noqa: S608 - our own names
        f" AND n.{field.local_column} = m.internal_id)"
        f" AND m.external_id NOT IN (SELECT n.{field.external_column} FROM {other.changes} n"
        f" WHERE n.tenant_id = :tenant AND n.run_id = :run"
        f" AND n.{field.external_column} IS NOT NULL)"
        for other in SHAPES.values()
        for field in other.references
        if field.to is collection
    )
