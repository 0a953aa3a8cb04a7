"""What old runs did, row by row: let go of in small parts, since writers wait meanwhile.

Runs themselves, their counts and scores stay: they are few.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import RunId, TenantId
from integration_tui.domain.sync.run import OPEN, RunStatus
from integration_tui.store.column_types import instant
from integration_tui.store.roster.fields import SHAPES

_KEYS: Final = {
    **{table.changes: "external_id" for table in SHAPES.values()},
    "sync_pages": "collection, number",
    "sync_findings": "collection, rule",
    "sync_skipped": "collection, owner_collection, owner_id",
}
"""The tables of rows that go, with what tells the rows of a run apart."""
_HOLDS: Final = " OR ".join(
    f"EXISTS (SELECT 1 FROM {name} x WHERE x.tenant_id = r.tenant_id AND x.run_id = r.id)"  # noqa: S608 - our own names
    for name in _KEYS
)
_OPEN: Final = ", ".join(f"'{run_status.value}'" for run_status in sorted(OPEN))
_OUTLIVED: Final = f"""
SELECT r.id FROM sync_runs r
WHERE r.tenant_id = :tenant AND r.ended_at < :before AND r.status NOT IN ({_OPEN})
    AND r.id NOT IN (SELECT max(id) FROM sync_runs WHERE tenant_id = :tenant
        AND status = '{RunStatus.APPLIED.value}' GROUP BY integration_id)
    AND r.id NOT IN (SELECT run_id FROM sync_marks WHERE tenant_id = :tenant)
    AND r.id NOT IN (SELECT undoes FROM sync_runs WHERE tenant_id = :tenant
        AND undoes IS NOT NULL AND status IN ({_OPEN}))
    AND ({_HOLDS})
ORDER BY r.id
"""  # noqa: S608 - our own names


class CleanupRepository:
    """Finds and deletes what is old, inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def outlived(self, before: datetime) -> list[RunId]:
        """Return the runs that ended before a moment, and still have rows that may go.

        Kept are open runs, each integration's newest applied one, those whose pages the next
        run compares with, and those that an open run takes back.
        """
        found = await self._connection.execute(
            text(_OUTLIVED), {"tenant": self._tenant, "before": instant(before)}
        )
        return [RunId(int(row[0])) for row in found.all()]

    async def forget(self, run_id: RunId, *, limit: int) -> int:
        """Delete at most `limit` rows of a run; return how many: less means that none is left."""
        gone = 0
        for name, key in _KEYS.items():
            if gone < limit:
                gone += await self._delete(name, key, run_id, limit - gone)
        return gone

    async def _delete(self, name: str, key: str, run_id: RunId, limit: int) -> int:
        where = "tenant_id = ? AND run_id = ?"
        done = await self._connection.exec_driver_sql(
            f"DELETE FROM {name} WHERE {where} AND ({key}) IN"  # noqa: S608 - our own names
            f" (SELECT {key} FROM {name} WHERE {where} LIMIT ?)",
            (self._tenant, run_id, self._tenant, run_id, limit),
        )
        return done.rowcount
