"""What was found of a roster's quality, by run: findings with samples, every record, scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from integration_tui.domain.errors import ConflictError
from integration_tui.domain.ids import IntegrationId, RunId, TenantId
from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.quality import (
    WEIGHTS,
    FoundRecord,
    Graded,
    QualityFinding,
    Sample,
    SchoolCount,
    Score,
    Severity,
)
from integration_tui.domain.sync.run import Run
from integration_tui.store.column_types import read_json, storable
from integration_tui.store.connection import Connection, Row
from integration_tui.store.sqlite_file import WRITER_CACHE
from integration_tui.store.sync.runs import RunRepository

if TYPE_CHECKING:
    from integration_tui.domain.config.sync_policy import QualityPolicy

_SCORES: Final = "SELECT * FROM sync_scores WHERE tenant_id = ? AND run_id = ?"
_FINDINGS: Final = """
SELECT rule, severity, collection, count AS total, told, advice, samples, schools
FROM sync_findings WHERE tenant_id = ? AND run_id = ?
"""
_FOUND: Final = """
SELECT * FROM sync_found WHERE tenant_id = :tenant AND run_id = (
        SELECT judged_by FROM sync_findings
        WHERE tenant_id = :tenant AND run_id = :run AND collection = :collection AND rule = :rule)
    AND collection = :collection AND rule = :rule AND external_id > :after
ORDER BY external_id LIMIT :limit
"""
_TREND: Final = """
SELECT id FROM sync_runs r WHERE tenant_id = :tenant AND integration_id = :integration
    AND EXISTS (SELECT 1 FROM sync_scores s WHERE s.tenant_id = r.tenant_id AND s.run_id = r.id)
ORDER BY id DESC LIMIT :limit
"""
_BEFORE: Final = """
SELECT s.collection, s.score_percent FROM sync_scores s WHERE s.tenant_id = :tenant
    AND s.run_id = (SELECT max(o.run_id) FROM sync_runs n
        JOIN sync_runs r ON r.tenant_id = n.tenant_id AND r.integration_id = n.integration_id
            AND r.id < n.id AND r.status = 'applied'
        JOIN sync_scores o ON o.tenant_id = r.tenant_id AND o.run_id = r.id
            AND o.collection = s.collection
        WHERE n.tenant_id = :tenant AND n.id = :run)
"""


_SORTING: Final = -4_000
"""KiB: rules sort hundreds of thousands of rows, and a sorter takes as much as the cache."""


class QualityRepository:
    """Judges what a run has read, and tells what was found, inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def evaluate(self, run: Run, policy: QualityPolicy) -> None:
        """Look through the roster as it would be after the plan, and store what is found."""
        from integration_tui.store.quality.results import QualityResults  # judges, which few do

        await self._connection.exec_driver_sql(f"PRAGMA cache_size = {_SORTING}")
        try:
            await QualityResults(self._connection, self._tenant, run).give(policy)
        finally:
            await self._connection.exec_driver_sql(f"PRAGMA cache_size = {WRITER_CACHE}")

    async def scores(self, run_id: RunId) -> list[Score]:
        """Return the score of each collection, with that of the last applied run."""
        rows = await self._connection.exec_driver_sql(_SCORES, (self._tenant, run_id))
        before = await self._before(run_id)
        scores = [
            Score(
                collection=Collection(row.collection),
                records=row.records,
                percent=row.score_percent,
                before=before.get(Collection(row.collection)),
            )
            for row in rows.all()
        ]
        return sorted(scores, key=lambda score: ROSTER.index(score.collection))

    async def findings(self, run_id: RunId) -> list[QualityFinding]:
        """Return what was found, in the order of collections, the worst first."""
        rows = await self._connection.exec_driver_sql(_FINDINGS, (self._tenant, run_id))
        return sorted((_finding(row) for row in rows.all()), key=_urgency)

    async def found(
        self, run_id: RunId, finding: QualityFinding, *, after: str = "", limit: int = 100
    ) -> list[FoundRecord]:
        """Return the records of one finding behind the external id `after`.

        Raises `ConflictError` where they are not kept any more.
        """
        rows = await self._connection.exec_driver_sql(
            _FOUND,
            {
                "tenant": self._tenant,
                "run": run_id,
                "collection": finding.collection.value,
                "rule": finding.rule,
                "after": storable(after),
                "limit": limit,
            },
        )
        found = [_found(row) for row in rows.all()]
        if not found and not after and finding.count:
            raise ConflictError(
                f"the findings of run {run_id} are no longer stored",
                advice="open the last run of this integration",
            )
        return found

    async def trend(self, integration_id: IntegrationId, *, limit: int = 30) -> list[Graded]:
        """Return the last runs that were judged, newest first, with their scores."""
        rows = await self._connection.exec_driver_sql(
            _TREND,
            {"tenant": self._tenant, "integration": storable(integration_id), "limit": limit},
        )
        runs = RunRepository(self._connection, self._tenant)
        return [
            Graded(run=await runs.get(RunId(id_)), scores=tuple(await self.scores(RunId(id_))))
            for id_ in rows.scalars().all()
        ]

    async def _before(self, run_id: RunId) -> Mapping[Collection, int]:
        rows = await self._connection.exec_driver_sql(
            _BEFORE, {"tenant": self._tenant, "run": run_id}
        )
        return {Collection(row.collection): int(row.score_percent) for row in rows.all()}


def _finding(row: Row) -> QualityFinding:
    return QualityFinding(
        rule=row.rule,
        severity=Severity(row.severity),
        collection=Collection(row.collection),
        count=row.total,  # a row has a method of the name of the column
        told=row.told,
        advice=row.advice,
        samples=tuple(
            Sample(external_id=id_, label=label) for id_, label in read_json(row.samples)
        ),
        schools=tuple(
            SchoolCount(school=name, count=count) for name, count in read_json(row.schools)
        ),
    )


def _found(row: Row) -> FoundRecord:
    return FoundRecord(
        rule=row.rule,
        collection=Collection(row.collection),
        external_id=row.external_id,
        label=row.label,
        school=row.school,
        detail=row.detail,
    )


def _urgency(one: QualityFinding) -> tuple[int, float, int, str]:
    return ROSTER.index(one.collection), -WEIGHTS[one.severity], -one.count, one.rule
