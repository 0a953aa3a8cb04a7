"""A person's word for a plan that is held: for just this plan, and for a while."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from integration_tui.domain.ids import TenantId
from integration_tui.domain.sync.plan import Approval
from integration_tui.domain.sync.run import Run
from integration_tui.store.column_types import instant, moment, storable
from integration_tui.store.connection import Connection

_SAVE: Final = """
INSERT INTO sync_approvals
    (tenant_id, run_id, plan_hash, losses, reason, approved_by, approved_at, until)
VALUES (:tenant, :run, :plan_hash, :losses, :reason, :approved_by, :approved_at, :until)
ON CONFLICT (tenant_id, run_id) DO UPDATE SET plan_hash = excluded.plan_hash,
    losses = excluded.losses, reason = excluded.reason, approved_by = excluded.approved_by,
    approved_at = excluded.approved_at, until = excluded.until
"""
_WITHDRAW: Final = "DELETE FROM sync_approvals WHERE tenant_id = ? AND run_id = ?"
_GOOD: Final = """
SELECT approved_by, until FROM sync_approvals
WHERE tenant_id = ? AND run_id = ? AND plan_hash = ?
"""


class ApprovalRepository:
    """Reads and writes approvals inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def save(self, approval: Approval, *, at: datetime, until: datetime) -> None:
        """Keep a person's word; an earlier one for the same run goes."""
        await self._connection.exec_driver_sql(
            _SAVE,
            {
                "tenant": self._tenant,
                "run": approval.run_id,
                "plan_hash": approval.plan_hash,
                "losses": approval.losses,
                "reason": storable(approval.reason),
                "approved_by": storable(approval.by),
                "approved_at": instant(at),
                "until": instant(until),
            },
        )

    async def withdraw(self, run: Run) -> None:
        """Have no word count that was given before."""
        await self._connection.exec_driver_sql(_WITHDRAW, (self._tenant, run.id))

    async def good(self, run: Run, *, at: datetime) -> tuple[str, datetime] | None:
        """Return who gave a word for just this plan that is still good, and until when it is."""
        rows = await self._connection.exec_driver_sql(_GOOD, (self._tenant, run.id, run.plan_hash))
        found = rows.one_or_none()
        if found is None or at >= (until := moment(found.until)):
            return None
        return found.approved_by, until
