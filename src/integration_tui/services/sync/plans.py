"""What plans say in detail, what was kept out and why, and how good rosters are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from integration_tui.domain.audit.log import Action, AuditRecord
from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.quality import (
    FoundRecord,
    Graded,
    QualityFinding,
    Quarantined,
    Sample,
    Score,
    Severity,
)
from integration_tui.files.atomic import AtomicFile
from integration_tui.services.authorization import require_admin
from integration_tui.services.roster.labels import with_names
from integration_tui.services.sync.report_csv import FindingsCsv

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.clock import Clock
    from integration_tui.domain.ids import IntegrationId, RunId
    from integration_tui.domain.sync.listing_findings import ReadFinding
    from integration_tui.domain.sync.plan import ChangeKind, PlannedChange
    from integration_tui.domain.sync.plan_tally import PlanPeople
    from integration_tui.store.database import Database

PAGE: Final = 1_000
"""Records of a report read at once."""
_MEND: Final = "correct the record in the source system"


class PlanService:
    """What plans say in detail, what was kept out and why, and how good rosters are.

    Whatever names a run raises `NotFoundError` where there is none.
    """

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def changes(
        self,
        run_id: RunId,
        collection: Collection,
        *,
        kind: ChangeKind | None = None,
        after: str = "",
        limit: int = 100,
    ) -> list[PlannedChange]:
        """Return changes behind the external id `after`, in the order of these ids.

        `after` of a change that creates holds what the system told, without what is empty.
        """
        async with self._database.reading() as rows:
            await rows.runs.get(run_id)
            found = await rows.plan_pages.changes(
                run_id, collection, kind=kind, after=after, limit=limit
            )
            return await with_names(rows, found)

    async def people(self, run_id: RunId) -> PlanPeople:
        """Return the people of a plan by role, and the schools that miss most of them."""
        async with self._database.reading() as rows:
            return await rows.plan_pages.people(await rows.runs.get(run_id))

    async def findings(self, run_id: RunId) -> list[QualityFinding]:
        """Return what was found, in the order of collections, the worst first.

        What was lost or corrected by reading stands behind what breaks a rule.
        """
        async with self._database.reading() as rows:
            await rows.runs.get(run_id)
            judged = await rows.quality.findings(run_id)
            read = await rows.read_findings.all(run_id)
        found = [_of_reading(one, each) for one, findings in read.items() for each in findings]
        return sorted([*judged, *found], key=lambda finding: ROSTER.index(finding.collection))

    async def found(
        self,
        run_id: RunId,
        collection: Collection,
        rule: str,
        *,
        after: str = "",
        limit: int = 100,
    ) -> list[FoundRecord]:
        """Return the records of one finding behind the external id `after`.

        Raises `ConflictError` where they are not kept any more: only the last runs' are.
        """
        async with self._database.reading() as rows:
            await rows.runs.get(run_id)
            for one in await rows.quality.findings(run_id):
                if one.collection is collection and one.rule == rule:
                    return await rows.quality.found(run_id, one, after=after, limit=limit)
        for finding in await self.findings(run_id):
            if finding.is_of_reading and finding.collection is collection and finding.rule == rule:
                return [found for found in _named(finding) if found.external_id > after][:limit]
        return []

    async def scores(self, run_id: RunId) -> list[Score]:
        """Return the score of each collection, in their order."""
        async with self._database.reading() as rows:
            await rows.runs.get(run_id)
            return await rows.quality.scores(run_id)

    async def trend(self, integration_id: IntegrationId, *, limit: int = 30) -> list[Graded]:
        """Return the last runs that were judged, newest first, with their scores."""
        async with self._database.reading() as rows:
            await rows.integrations.get(integration_id)
            return await rows.quality.trend(integration_id, limit=limit)

    async def quarantined(
        self,
        integration_id: IntegrationId,
        *,
        after: tuple[str, str] = ("", ""),
        limit: int = 100,
    ) -> list[Quarantined]:
        """Return what is kept out behind `after` (collection and external id), in their order."""
        async with self._database.reading() as rows:
            return await rows.quarantine.page(integration_id, after=after, limit=limit)

    async def write_report(
        self, run_id: RunId, path: Path, *, actor: Actor, replaces: bool = False
    ) -> int:
        """Write every record of every finding as CSV, and return how many lines those are.

        Of what was lost by reading, only some records are known by name. A file that is there is
        written over only with `replaces`. Raises `UsageError` where it cannot be written,
        `ConflictError` where it was changed meanwhile, or the records are not kept any more.
        """
        require_admin(actor)
        await self._record(run_id, path, actor)
        findings = await self.findings(run_id)
        file = await asyncio.to_thread(lambda: AtomicFile(path, replaces=replaces))
        try:
            report = await asyncio.to_thread(FindingsCsv, file)
            for finding in findings:
                if finding.is_of_reading:
                    lines = [_line(finding, found) for found in _named(finding)]
                    await asyncio.to_thread(report.add, lines)
                    continue
                async for rows in self._labelled(run_id, finding):
                    await asyncio.to_thread(report.add, rows)
            await asyncio.to_thread(file.commit)
        finally:
            await asyncio.to_thread(file.discard)
        return report.lines

    async def _record(self, run_id: RunId, path: Path, actor: Actor) -> None:
        async with self._database.transaction() as transaction:
            run = await transaction.runs.get(run_id)
            act = AuditRecord(
                action=Action.EXPORT_FINDINGS,
                actor=actor,
                object=run.integration_id,
                detail=f"run {run.id}",
                after={"file": str(path)},
            )
            await transaction.audit.add([act], at=self._clock())

    async def _labelled(
        self, run_id: RunId, finding: QualityFinding
    ) -> AsyncIterator[list[Sequence[str]]]:
        after = ""
        while True:
            async with self._database.reading() as rows:
                found = await rows.quality.found(run_id, finding, after=after, limit=PAGE)
            if not found:
                return
            yield [_line(finding, found_one) for found_one in found]
            after = found[-1].external_id


def _of_reading(collection: Collection, finding: ReadFinding) -> QualityFinding:
    return QualityFinding(
        rule=finding.rule,
        severity=Severity.WARNING if finding.is_loss else Severity.INFO,
        collection=collection,
        count=finding.count,
        told=finding.message,
        advice=_MEND,
        samples=tuple(Sample(external_id=sample, label="") for sample in finding.samples),
        field=finding.field,
        is_of_reading=True,
    )


def _named(finding: QualityFinding) -> list[FoundRecord]:
    """Return the records of a finding of reading that are known by name, in their order."""
    found = (
        FoundRecord(
            rule=finding.name,
            collection=finding.collection,
            external_id=sample.external_id,
            label=sample.label,
        )
        for sample in finding.samples
    )
    return sorted(found, key=lambda record: record.external_id)


def _line(finding: QualityFinding, one: FoundRecord) -> Sequence[str]:
    what = ": ".join(part for part in (finding.told, one.detail.strip()) if part)
    return (
        *(finding.name, finding.severity.value, finding.collection.value, one.school),
        *(one.external_id, one.label, what, finding.advice),
    )
