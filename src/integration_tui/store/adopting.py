"""Records that an integration of this name brought before: it was removed, and is there again.

What it brought stayed. Its first run takes that up again instead of making everybody twice.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import TenantId
from integration_tui.domain.roster import Collection
from integration_tui.domain.run import Run
from integration_tui.store.roster_columns import SHAPES

_IS_KNOWN: Final = """
SELECT 1 FROM external_system_mappings WHERE tenant_id = :tenant
    AND integration_id = :integration AND collection = :collection LIMIT 1
"""
_ADOPT: Final = """
WITH left_behind AS MATERIALIZED (SELECT external_id, min(id) AS id FROM {table}
    WHERE tenant_id = :tenant AND external_system_id = :integration GROUP BY external_id)
UPDATE {changes} SET kind = 'relink', note = 'this integration brought it before it was removed',
    id = (SELECT l.id FROM left_behind l WHERE l.external_id = {changes}.external_id)
WHERE tenant_id = :tenant AND run_id = :run AND kind = 'create'
    AND external_id IN (SELECT external_id FROM left_behind)
"""


class AdoptionRows:
    """Looks for them inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def adopt(self, run: Run, collection: Collection) -> None:
        """Have what a run would create be what its integration left behind, where it did."""
        shape = SHAPES[collection]
        values = {
            "tenant": self._tenant,
            "integration": run.integration_id,
            "run": run.id,
            "collection": collection.value,
        }
        known = await self._connection.execute(text(_IS_KNOWN), values)
        if known.first() is None:
            statement = _ADOPT.format(table=shape.table, changes=shape.changes)
            await self._connection.execute(text(statement), values)
