"""What is wrong, and what waits for a person: a sentence for each, over the whole store."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from integration_tui.domain.audit.log import Action, AuditFilter
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import Integration, IntegrationStatus, Trouble
from integration_tui.domain.problem_sentence import (
    RECENT_CHECKS,
    ProblemEvidence,
    ProblemSentence,
    StoppedBy,
    StoreProblems,
    WaitingPlan,
    needs_you,
)
from integration_tui.domain.problem_wording import problem_sentences
from integration_tui.domain.secret import SecretScheme
from integration_tui.domain.sync.run import RunReport
from integration_tui.domain.sync.waiting_plan import waiting_plan

if TYPE_CHECKING:
    from integration_tui.domain.clock import Clock
    from integration_tui.domain.config.validation import ConfigProblem
    from integration_tui.domain.health.day import HealthDay
    from integration_tui.domain.health.status import HealthReport
    from integration_tui.domain.integration_overview import Overview
    from integration_tui.services.config_files import FileService
    from integration_tui.services.health import HealthService
    from integration_tui.store.database import Database
    from integration_tui.store.repositories import Repositories

_REFERENCE = re.compile(rf"\b(?:{'|'.join(SecretScheme)}):\S")
_FAILING = frozenset({IntegrationStatus.DEGRADED, IntegrationStatus.ERROR})
_IDLE = frozenset({IntegrationStatus.INACTIVE, IntegrationStatus.DISABLED})


class _Found(msgspec.Struct):
    """What was read of the store for all sentences at once."""

    recent: Mapping[IntegrationId, Sequence[HealthReport]]
    limits_ms: Mapping[IntegrationId, float | None]
    p95s_ms: Mapping[IntegrationId, float | None]
    plans: Mapping[IntegrationId, WaitingPlan]
    conflicts: Mapping[IntegrationId, Mapping[str, int]]
    invalid: Mapping[IntegrationId, Sequence[ConfigProblem]]


class ProblemService:
    """Says what is wrong. What changes seldom is read once for each revision of an integration."""

    def __init__(
        self,
        database: Database,
        files: FileService,
        health: HealthService,
        *,
        clock: Clock,
    ) -> None:
        self._database = database
        self._files = files
        self._health = health
        self._clock = clock
        self._secrets: dict[tuple[IntegrationId, int], bool] = {}
        self._stops: dict[tuple[IntegrationId, int], StoppedBy | None] = {}

    async def read(self, overviews: Sequence[Overview]) -> StoreProblems:
        """Return the problems of these integrations, of files, of runs and of conflicts."""
        found = await self._found(overviews)
        now = self._clock()
        sentences: dict[IntegrationId, tuple[ProblemSentence, ...]] = {}
        async with self._database.reading() as rows:
            for overview in overviews:
                evidence = await self._evidence(rows, overview, found)
                if several := problem_sentences(overview, evidence, now):
                    sentences[overview.integration.id] = several
        since = {one.integration.id: one.integration.changed_at for one in overviews}
        return StoreProblems(sentences=sentences, needs_you=needs_you(sentences, since))

    async def _found(self, overviews: Sequence[Overview]) -> _Found:
        failing = [
            overview.integration.id
            for overview in overviews
            if overview.integration.status in _FAILING and overview.integration.config_version
        ]
        days: Mapping[IntegrationId, HealthDay] = await self._health.days() if failing else {}
        limits = {
            overview.integration.id: (await self._health.policy(overview.integration)).slow_ms
            for overview in overviews
            if overview.integration.status is IntegrationStatus.DEGRADED
        }
        async with self._database.reading() as rows:
            return _Found(
                recent=await rows.health.recent(RECENT_CHECKS, failing) if failing else {},
                limits_ms=limits,
                p95s_ms={name: day.p95_now_ms for name, day in days.items()},
                plans=await self._plans(rows),
                conflicts=await rows.conflicts.open_fields(),
                invalid=_invalid(self._files),
            )

    async def _plans(self, rows: Repositories) -> dict[IntegrationId, WaitingPlan]:
        now, found = self._clock(), dict[IntegrationId, WaitingPlan]()
        for run in await rows.runs.waiting_for_person():
            by, until = await rows.approvals.good(run, at=now) or ("", None)
            report = RunReport(
                run=run,
                listings=tuple(await rows.listings.all(run.id)),
                approved_by=by,
                approved_until=until,
            )
            if plan := waiting_plan(report, now):
                found[run.integration_id] = plan
        return found

    async def _evidence(
        self, rows: Repositories, overview: Overview, found: _Found
    ) -> ProblemEvidence:
        integration = overview.integration
        name, status = integration.id, integration.status
        return ProblemEvidence(
            recent=found.recent.get(name, ()),
            p95_ms=found.p95s_ms.get(name),
            slow_ms=found.limits_ms.get(name),
            stopped=await self._stopped(rows, integration) if status in _IDLE else None,
            plan=found.plans.get(name),
            conflicts=found.conflicts.get(name, {}),
            invalid=found.invalid.get(name, ()),
            has_secret=await self._has_secret(rows, integration),
        )

    async def _has_secret(self, rows: Repositories, integration: Integration) -> bool:
        """Return whether the configuration of one with refused credentials names a secret."""
        problem = integration.problem
        if problem is None or problem.trouble is not Trouble.CREDENTIALS:
            return True
        key = (integration.id, integration.config_version)
        if key not in self._secrets:
            version = await rows.configs.active(integration.id)
            self._secrets[key] = bool(_REFERENCE.search(version.text))
        return self._secrets[key]

    async def _stopped(self, rows: Repositories, integration: Integration) -> StoppedBy | None:
        """Return who stopped or disabled it, by the audit log."""
        key = (integration.id, integration.revision)
        if key not in self._stops:
            self._stops[key] = await _stopped_by(rows, integration)
        return self._stops[key]


async def _stopped_by(rows: Repositories, integration: Integration) -> StoppedBy | None:
    if integration.is_wanted:
        return None
    action = Action.STOP if integration.enabled else Action.DISABLE
    wanted = AuditFilter(action=action, object=integration.id)
    for entry in await rows.audit.page(wanted, before=None, limit=1):
        # A change of the document is recorded as "version 4: why".
        reason = entry.act.detail.partition(": ")[2]
        return StoppedBy(by=entry.act.actor.name, at=entry.at, reason=reason)
    return None


def _invalid(files: FileService) -> dict[IntegrationId, Sequence[ConfigProblem]]:
    found: dict[IntegrationId, list[ConfigProblem]] = defaultdict(list)
    for finding in files.broken:
        found[finding.integration_id or IntegrationId(finding.path.stem)] += finding.problems
    return dict(found)
