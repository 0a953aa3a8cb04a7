"""Integrations as an administrator sees them: list, register, start, stop, switch, remove."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from integration_tui.domain.audit.log import Action, AuditRecord
from integration_tui.domain.cron import CronSchedule
from integration_tui.domain.errors import ConflictError, ConsoleError
from integration_tui.domain.events import ConfigChanged, IntegrationChanged
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import Integration, IntegrationStatus, Intent, Transition
from integration_tui.domain.integration_overview import LastSync, Overview, degraded, unwatched
from integration_tui.domain.provider import Capability
from integration_tui.domain.removal import OpenRun, Removal
from integration_tui.domain.value import replace
from integration_tui.services.authorization import require_admin
from integration_tui.services.config_write_back import file_there, free_name, rename_removed
from integration_tui.services.enabling import EnabledSwitch, Switched, decided_at, edit_of
from integration_tui.services.registration import first_state, first_version

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.clock import Clock
    from integration_tui.domain.config.version import ConfigVersion
    from integration_tui.domain.health.status import HealthReport, HealthStatistics, StepResult
    from integration_tui.domain.sync.run import Run
    from integration_tui.engine.config_loader import ConfigLoader, Draft
    from integration_tui.engine.engine import Engine
    from integration_tui.services.config import ConfigService
    from integration_tui.store.database import Database
    from integration_tui.store.repositories import Repositories, Transaction

DAY_S = 24 * 3600
FIGURES_MAX_AGE = timedelta(seconds=5)
FEW = 8


class IntegrationService:
    """What can be done with an integration as a whole."""

    def __init__(
        self,
        database: Database,
        engine: Engine,
        documents: ConfigLoader,
        config: ConfigService,
        *,
        clock: Clock,
    ) -> None:
        self._database = database
        self._engine = engine
        self._documents = documents
        self._config = config
        self._clock = clock
        self._remembered: tuple[datetime | None, Mapping[IntegrationId, HealthStatistics]]
        self._remembered = (None, {})
        self._schedules: dict[tuple[IntegrationId, int], CronSchedule | None] = {}

    async def overview(self, only: Collection[IntegrationId] | None = None) -> list[Overview]:
        """Return every integration, or those of these names that there are; by name.

        Asked about many, figures of 24 hours may be some seconds old: adding them up takes longer
        than the rest.
        """
        async with self._database.reading() as rows:
            integrations = await rows.integrations.all(only)
            reports = {report.integration_id: report for report in await rows.health.latest(only)}
            figures = await self._figures(rows, reports, only)
            weak = [
                integration.id
                for integration in integrations
                if integration.status is IntegrationStatus.DEGRADED
            ]
            reasons = await rows.health.reasons(weak) if weak else {}
        stored = [
            Overview(
                integration=integration,
                report=reports.get(integration.id),
                statistics=figures.get(integration.id),
            )
            for integration in integrations
        ]
        return [self._shown(overview, reasons) for overview in stored]

    def _shown(self, overview: Overview, reasons: Mapping[IntegrationId, str]) -> Overview:
        """Return how it stands: what is stored counts only while somebody checks."""
        integration_id = overview.integration.id
        if why := self._engine.unwatched(overview):
            return unwatched(overview, why, self._clock())
        is_weak = integration_id in reasons
        return degraded(overview, reasons[integration_id]) if is_weak else overview

    async def _figures(
        self,
        rows: Repositories,
        reports: Mapping[IntegrationId, HealthReport],
        only: Collection[IntegrationId] | None,
    ) -> Mapping[IntegrationId, HealthStatistics]:
        now = self._clock()
        if only is not None and len(only) <= FEW:
            few = await rows.health.statistics(window_s=DAY_S, now=now, only=only)
            return {
                health_statistics.integration_id: health_statistics for health_statistics in few
            }
        at, known = self._remembered
        is_old = at is None or not timedelta() <= now - at < FIGURES_MAX_AGE
        if at is None or is_old or any(_is_first(report, at, known) for report in reports.values()):
            figures = await rows.health.statistics(window_s=DAY_S, now=now)
            known = {figure.integration_id: figure for figure in figures}
            self._remembered = (now, known)
        return known

    async def latencies(
        self, limit_each: int, only: Collection[IntegrationId] | None = None
    ) -> Mapping[IntegrationId, tuple[float | None, ...]]:
        """Return what the newest checks of all, or of these, took in ms, oldest first.

        `None` stands for a check that nobody answered to.
        """
        async with self._database.reading() as rows:
            return await rows.health.latencies(limit_each, only)

    async def last_syncs(self) -> Mapping[IntegrationId, LastSync]:
        """Return how the newest run of every integration that has any stands."""
        async with self._database.reading() as rows:
            runs = await rows.runs.newest_of_each()
        return {run.integration_id: self._last_sync(run) for run in runs}

    async def next_syncs(self) -> Mapping[IntegrationId, datetime]:
        """Return when the next sync of every running integration with a schedule is due."""
        now = self._clock()
        async with self._database.reading() as rows:
            running = {one.id for one in await rows.integrations.all() if one.is_wanted}
            versions = await rows.configs.all_active()
        found: dict[IntegrationId, datetime] = {}
        for version in versions:
            if version.integration_id in running and (schedule := self._schedule(version)):
                found[version.integration_id] = schedule.next(now)
        return found

    def _schedule(self, version: ConfigVersion) -> CronSchedule | None:
        """Return when a version syncs; a document takes long to read, so each is read once."""
        key = (version.integration_id, version.number)
        if key not in self._schedules:
            self._schedules[key] = _schedule_of(self._documents, version)
        return self._schedules[key]

    def _last_sync(self, run: Run) -> LastSync:
        is_left = self._engine.is_interrupted(run)
        return LastSync(
            status="interrupted" if is_left else run.status.value,
            at=run.ended_at or run.started_at,
            problem=run.problem,
        )

    async def get(self, integration_id: IntegrationId) -> Integration:
        """Return one integration. Raises `NotFoundError`."""
        async with self._database.reading() as rows:
            return await rows.integrations.get(integration_id)

    async def transitions(
        self, integration_id: IntegrationId, *, limit: int = 100
    ) -> list[Transition]:
        """Return the newest changes of status, newest first."""
        async with self._database.reading() as rows:
            return await rows.health.transitions(integration_id, limit=limit)

    async def register(self, draft: Draft, *, actor: Actor, source_path: str = "") -> Integration:
        """Add an integration from its document; it is started if its config enables it.

        Raises `ConfigError` with the document's problems, `ConflictError` if the name is taken.
        """
        require_admin(actor)
        config = self._documents.config_of(draft)
        async with self._database.transaction() as transaction:
            if await transaction.integrations.find(IntegrationId(config.name)):
                raise ConflictError(
                    f"an integration with this name already exists: {config.name}",
                    advice="choose another name, or edit the existing integration",
                )
            revision = await transaction.integrations.next_revision()
            environment, now = self._documents.environment, self._clock()
            integration = replace(
                first_state(config, environment=environment, revision=revision, at=now),
                source_path=source_path,
                source_checksum=draft.checksum if source_path else "",
            )
            version = first_version(integration, draft, environment=environment, actor=actor)
            await transaction.integrations.add(integration)
            await transaction.configs.add(version)
            await self._record(transaction, Action.REGISTER, integration.id, actor)
            transaction.emit(ConfigChanged(integration.id))
        await self._engine.reconcile()
        return integration

    async def start(self, integration_id: IntegrationId, *, actor: Actor) -> Integration:
        """Want it to run. Raises `ConflictError` where its config has it disabled."""
        async with self._database.reading() as rows:
            integration = await rows.integrations.get(integration_id)
        if not integration.enabled:
            raise ConflictError(
                f"{integration_id} is disabled",
                advice=f"enable the integration first: provider enable {integration_id}",
            )
        return await self._want(integration_id, Intent.RUN, Action.START, actor)

    async def stop(self, integration_id: IntegrationId, *, actor: Actor) -> Integration:
        """Want it to stand still until `start`."""
        return await self._want(integration_id, Intent.STOP, Action.STOP, actor)

    async def restart(self, integration_id: IntegrationId, *, actor: Actor) -> Integration:
        """Close its line and open a new one; a growing reconnect delay begins anew."""
        return await self._want(integration_id, Intent.RUN, Action.RESTART, actor)

    async def set_enabled(self, switch: EnabledSwitch, *, actor: Actor) -> Switched:
        """Enable or disable it: its document says so from then on, all else in it stays.

        Raises what `ConfigService.save` raises, and `ConfigError` where the document says so
        already.
        """
        require_admin(actor)
        version = await self._config.active(switch.integration_id)
        path = decided_at(version)
        await self._config.save(edit_of(switch, version, path, actor))
        saved = await self._config.active(switch.integration_id)
        return Switched(version=saved, path=path, is_enabled=switch.is_enabled)

    async def removal(self, integration_id: IntegrationId) -> Removal:
        """Return what would go with an integration, and what would stay."""
        async with self._database.reading() as rows:
            stored = await rows.integrations.get(integration_id)
            versions = await rows.configs.history(integration_id)
            run = await rows.runs.open_of(integration_id)
            records, alone = await rows.mappings.counts(integration_id)
        file = await asyncio.to_thread(file_there, stored.source_path)
        return Removal(
            integration_id=integration_id,
            versions=len(versions),
            records=records,
            alone=alone,
            run=OpenRun(id=run.id, status=run.status) if run else None,
            file=file.name if file else "",
            set_aside_as=free_name(file).name if file else "",
            has_webhooks=self._documents.can(stored.provider, Capability.WEBHOOK),
        )

    async def remove(self, integration_id: IntegrationId, *, actor: Actor) -> None:
        """Forget the integration, as `removal` says; its file is renamed, so that it stays gone.

        Raises `ConfigError` where the file cannot be renamed: then nothing is removed.
        """
        require_admin(actor)
        async with self._database.transaction() as transaction:
            stored = await transaction.integrations.get(integration_id)
            await transaction.integrations.remove(integration_id)
            await self._record(transaction, Action.REMOVE, integration_id, actor)
            if stored.source_path:
                await asyncio.to_thread(rename_removed, Path(stored.source_path))
        await self._engine.reconcile()

    async def test(
        self,
        integration_id: IntegrationId,
        *,
        tell: Callable[[StepResult], None] = lambda _leg: None,
    ) -> list[StepResult]:
        """Try it step by step on a line of its own; nothing is stored.

        `tell` hears of each step as soon as it is over: all of them may take a minute.
        """
        async with self._database.reading() as rows:
            version = await rows.configs.active(integration_id)
        return await self._engine.connection_test(self._documents.config_of_version(version), tell)

    async def try_draft(
        self, draft: Draft, *, tell: Callable[[StepResult], None] = lambda _leg: None
    ) -> list[StepResult]:
        """Try a document that is not stored yet, as `test` does. Raises `ConfigError`."""
        return await self._engine.connection_test(self._documents.config_of(draft), tell)

    async def _want(
        self, integration_id: IntegrationId, intent: Intent, action: Action, actor: Actor
    ) -> Integration:
        require_admin(actor)
        async with self._database.transaction() as transaction:
            stored = await transaction.integrations.get(integration_id)
            wanted = replace(
                stored,
                intent=intent,
                revision=await transaction.integrations.next_revision(),
                changed_at=self._clock(),
            )
            await transaction.integrations.save(wanted)
            await self._record(transaction, action, integration_id, actor)
        await self._engine.reconcile()
        return await self.get(integration_id)

    async def _record(
        self,
        transaction: Transaction,
        action: Action,
        integration_id: IntegrationId,
        actor: Actor,
    ) -> None:
        act = AuditRecord(action=action, actor=actor, object=integration_id)
        await transaction.audit.add([act], at=self._clock())
        transaction.emit(IntegrationChanged(integration_id))


def _is_first(
    report: HealthReport, at: datetime, known: Mapping[IntegrationId, HealthStatistics]
) -> bool:
    """Return whether figures made at `at` know of no check of an integration that has one since."""
    figures = known.get(report.integration_id)
    return report.checked_at > at and not (figures and figures.checks)


def _schedule_of(documents: ConfigLoader, version: ConfigVersion) -> CronSchedule | None:
    """Return the schedule of a version; `None` where it has none, or none that ever comes."""
    if "schedule" not in version.text:
        return None
    try:
        policy = documents.config_of_version(version).sync
        schedule = CronSchedule(policy.schedule or "", policy.timezone)
        schedule.next(version.created_at)
    except ConsoleError:  # the screen of configurations says what is wrong with it
        return None
    return schedule if policy.schedule else None
