"""A person's word for a plan that is held: for just this plan, and for a while."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import TenantId
from integration_tui.domain.sync.plan import Approval
from integration_tui.domain.sync.run import Run
from integration_tui.store.schema.sync import sync_approvals


class ApprovalRepository:
    """Reads and writes approvals inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def save(self, approval: Approval, *, at: datetime, until: datetime) -> None:
        """Keep a person's word; an earlier one for the same run goes."""
        values = {
            "plan_hash": approval.plan_hash,
            "losses": approval.losses,
            "reason": approval.reason,
            "approved_by": approval.by,
            "approved_at": at,
            "until": until,
        }
        statement = upsert(sync_approvals).values(
            tenant_id=self._tenant, run_id=approval.run_id, **values
        )
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=["tenant_id", "run_id"], set_=values)
        )

    async def withdraw(self, run: Run) -> None:
        """Have no word count that was given before."""
        await self._connection.execute(
            delete(sync_approvals).filter_by(tenant_id=self._tenant, run_id=run.id)
        )

    async def good(self, run: Run, *, at: datetime) -> tuple[str, datetime] | None:
        """Return who gave a word for just this plan that is still good, and until when it is."""
        rows = await self._connection.execute(
            select(sync_approvals.c.approved_by, sync_approvals.c.until).filter_by(
                tenant_id=self._tenant, run_id=run.id, plan_hash=run.plan_hash
            )
        )
        found = rows.one_or_none()
        return None if found is None or at >= found.until else (found.approved_by, found.until)
