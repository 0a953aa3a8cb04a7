"""Starts syncs at the times that integrations' configs name. A missed time is made up for once.

A run that waits for a person is never taken away from him: then the time passes without one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from integration_tui.domain.actor import ENGINE
from integration_tui.domain.cron import CronSchedule
from integration_tui.domain.errors import ConfigError, ConflictError, ConsoleError, NotFoundError
from integration_tui.domain.sync.run import Mode, Phase, Run, RunStatus, Trigger
from integration_tui.domain.value import replace
from integration_tui.engine.reconciler import wanted
from integration_tui.engine.sync.run_lifecycle import SyncRequest, begin, end, resume
from integration_tui.engine.tasks import finish
from integration_tui.logging_setup import get

if TYPE_CHECKING:
    from integration_tui.domain.config.sync_policy import SyncPolicy
    from integration_tui.domain.config.version import ConfigVersion
    from integration_tui.domain.ids import IntegrationId
    from integration_tui.engine.context import EngineDependencies, Runtime
    from integration_tui.engine.jobs import JobRunner
    from integration_tui.store.repositories import Repositories, Transaction

_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_AT_ONCE: Final = datetime.min.replace(tzinfo=UTC)
_SWEEPING: Final = frozenset({Mode.FULL, Mode.INCREMENTAL})
_OLD: Final = timedelta(hours=12)
"""A run that reads for longer would mix the rosters of two days."""
_log = get(__name__)


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One integration's times. `next_at`: when to look next whether something is due."""

    version: ConfigVersion
    timetable: CronSchedule
    mode: Mode
    next_at: datetime = _AT_ONCE


class Scheduler:
    """Looks every `every_s` whether a sync is due, and starts it."""

    def __init__(
        self, dependencies: EngineDependencies, jobs: JobRunner, *, host: Runtime, every_s: float
    ) -> None:
        self._dependencies = dependencies
        self._jobs = jobs
        self._host = host
        self._every_s = every_s
        self._revision: object = None
        self._entries: dict[IntegrationId, _Entry] = {}
        self._read: dict[IntegrationId, int] = {}

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await finish(self.start_due())
            await self._host.sleep(self._every_s)

    async def start_due(self) -> None:
        """Start what is due now. Raises `StoreError`; what is still due is then done next time."""
        await self._follow()
        now = self._host.clock()
        for integration_id, entry in [*self._entries.items()]:
            if entry.next_at <= now:
                next_at = await self._serve(integration_id, entry, now)
                self._entries[integration_id] = replace(entry, next_at=next_at)

    async def _follow(self) -> None:
        """Read the schedules again where an integration or a config has changed."""
        async with self._dependencies.database.reading() as rows:
            revision = await rows.integrations.revision()
            if revision == self._revision:
                return
            names = {integration.id for integration in await wanted(self._dependencies, rows)}
            versions = await rows.configs.all_active()
        await self._read_all([version for version in versions if version.integration_id in names])
        self._revision = revision

    async def _read_all(self, versions: Sequence[ConfigVersion]) -> None:
        before, self._entries = self._entries, {}
        read, self._read = (
            self._read,
            {version.integration_id: version.number for version in versions},
        )
        for version in versions:
            name = version.integration_id
            if read.get(name) == version.number:
                entry = before.get(name)
            else:
                entry = self._entry(version)
                await self._host.sleep(0)  # a document takes milliseconds, and there may be many
            if entry is not None:
                self._entries[name] = entry

    def _entry(self, version: ConfigVersion) -> _Entry | None:
        try:
            policy = _policy(self._dependencies, version)
        except ConfigError as error:
            _log.warning(
                "a schedule cannot be read", integration=version.integration_id, problem=str(error)
            )
            return None
        if policy is None:
            return None
        return _Entry(version=version, timetable=_timetable(policy), mode=mode_of(policy))

    async def _serve(self, integration_id: IntegrationId, entry: _Entry, now: datetime) -> datetime:
        """Start what is due; return when to look again."""
        try:
            due, next_at = entry.timetable.last(now), entry.timetable.next(now)
        except ConfigError as error:
            _log.warning("a schedule leads nowhere", integration=integration_id, problem=str(error))
            return _NEVER
        try:
            if await self._is_due(integration_id, entry, due):
                await self._start(integration_id, entry, now)
        except (ConflictError, NotFoundError) as error:  # somebody was quicker
            _log.info("a sync was due", integration=integration_id, problem=str(error))
        return next_at

    async def _is_due(self, integration_id: IntegrationId, entry: _Entry, due: datetime) -> bool:
        async with self._dependencies.database.reading() as rows:
            begun = await rows.runs.newest_start(integration_id)
            if begun is not None and begun >= due:
                return False
            applied = await rows.runs.newest_applied(integration_id)
            if applied and applied.mode in _SWEEPING and applied.started_at >= due:
                return False
            return await self._in_force_since(rows, entry) < due

    async def _in_force_since(self, rows: Repositories, entry: _Entry) -> datetime:
        """Return since when a schedule is as it is: what was due before it was made is not."""
        since = entry.version.created_at
        for version in await rows.configs.history(entry.version.integration_id):
            try:
                policy = _policy(self._dependencies, version)
            except ConsoleError:  # an old one, of a type that there may not be any more
                break
            if policy is None or _timetable(policy) != entry.timetable:
                break
            since = version.created_at
        return since

    async def _start(self, integration_id: IntegrationId, entry: _Entry, now: datetime) -> None:
        async with self._dependencies.database.transaction() as transaction:
            run = await self._made(transaction, integration_id, entry, now)
        if run is None:
            _log.info("a sync was due, but a run waits", integration=integration_id)
        else:
            await self._jobs.submit(run.id)

    async def _made(
        self, transaction: Transaction, integration_id: IntegrationId, entry: _Entry, now: datetime
    ) -> Run | None:
        """Return the run to be worked on; `None` where one is left alone instead."""
        there = await transaction.runs.open_of(integration_id)
        if there is not None and there.status is not RunStatus.FAILED:
            return None
        if there is not None:
            why = _outdated(there, entry.version, now)
            if not why:
                return await resume(transaction, there, actor=ENGINE, at=now)
            await end(transaction, there, why=why, actor=ENGINE, at=now)
        request = SyncRequest(
            integration_id=integration_id, mode=entry.mode, applies=True, trigger=Trigger.SCHEDULE
        )
        return await begin(transaction, request, actor=ENGINE, at=now)


def mode_of(_policy: SyncPolicy) -> Mode:
    """Return how much a scheduled run looks at: all of it, which alone proves who is gone."""
    return Mode.FULL


def _outdated(run: Run, version: ConfigVersion, now: datetime) -> str:
    """Say why a run that failed is not worth going on with; empty where it is."""
    if run.config_version != version.number:
        return "the configuration was changed since it failed"
    if run.phase is Phase.PULL and now - run.started_at > _OLD:
        return "what it had read is of another day"
    return ""


def _policy(dependencies: EngineDependencies, version: ConfigVersion) -> SyncPolicy | None:
    """Return how an integration is synced; `None` without a schedule. Raises `ConfigError`."""
    if "schedule" not in version.text:  # most have none, and reading a document takes long
        return None
    policy = dependencies.documents.config_of_version(version).sync
    return policy if policy.schedule else None


def _timetable(policy: SyncPolicy) -> CronSchedule:
    return CronSchedule(policy.schedule or "", policy.timezone)
