"""What was found of a roster's quality, by run: findings with samples, and scores."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import RunId, TenantId
from integration_tui.domain.quality import Score
from integration_tui.domain.roster import Collection
from integration_tui.domain.run import Run
from integration_tui.domain.sync_policies import QualityPolicy
from integration_tui.store.sync_schema import sync_scores


class QualityRows:
    """Judges what a run has read, inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def judge(self, run: Run, policy: QualityPolicy) -> None:
        """Look through the roster as it would be after the plan."""

    async def scores(self, run_id: RunId) -> list[Score]:
        """Return the score of each collection, with that of the last applied run."""
        rows = await self._connection.execute(
            select(sync_scores).filter_by(tenant_id=self._tenant, run_id=run_id)
        )
        return [
            Score(
                collection=Collection(row.collection),
                records=row.records,
                percent=row.score_percent,
            )
            for row in rows.all()
        ]
