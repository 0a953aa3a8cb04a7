"""The engine: everything that runs by itself. Started, it holds the store's engine lock.

Not started, it still checks and tries out what it is asked to, on lines of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from integration_tui.domain.errors import ConflictError, ConsoleError
from integration_tui.engine.background.audit_indexer import AuditIndexer
from integration_tui.engine.background.gc_tuning import GcTuner
from integration_tui.engine.background.retention import Retention
from integration_tui.engine.change_watcher import ChangeWatcher
from integration_tui.engine.connection_test import ConnectionTest
from integration_tui.engine.connectors.factory import ConnectorFactory
from integration_tui.engine.connectors.pool import ConnectionPool
from integration_tui.engine.context import EngineDependencies, EngineTimings, Runtime
from integration_tui.engine.export.job import Export, ExportedRoster, ExportJob
from integration_tui.engine.health.check import HealthCheck
from integration_tui.engine.health.monitor import HealthMonitor
from integration_tui.engine.health.one_shot import OneShotCheck
from integration_tui.engine.health.writer import HealthWriter
from integration_tui.engine.jobs import JobRunner, LocalJobs
from integration_tui.engine.lock import RECENTLY, StoreLock, at_work, beating, unwatched
from integration_tui.engine.reconciler import Reconciler
from integration_tui.engine.supervisor import Loop, Supervisor
from integration_tui.engine.sync.recovery import RunRecovery
from integration_tui.engine.sync.run_context import RunLookup
from integration_tui.engine.sync.scheduler import Scheduler
from integration_tui.engine.sync.worker import Worker
from integration_tui.engine.watchdog import Watchdog
from integration_tui.engine.webhooks import WebhookCalls
from integration_tui.logging_setup import get

if TYPE_CHECKING:
    from integration_tui.domain.config.document import ProviderConfig
    from integration_tui.domain.health.status import HealthReport, HealthState, StepResult
    from integration_tui.domain.ids import IntegrationId
    from integration_tui.domain.integration_overview import Overview
    from integration_tui.engine.export.reader import OnProgress

_TRIES: Final = 3
_SHOWN_ANEW_S: Final = 30.0
"""How often it is shown anew how long ago the last checks were, where nobody checks."""
_log = get(__name__)


class Engine:
    """What the services know of the engine."""

    def __init__(
        self, rooms: EngineDependencies, *, host: Runtime, pace: EngineTimings | None = None
    ) -> None:
        self._rooms = rooms
        self._host = host
        self._pace = pace or EngineTimings()
        self._lock = StoreLock(rooms.database.path)
        self._is_running = False
        self._made_aside: dict[IntegrationId, datetime] = {}
        self._turning = asyncio.Lock()
        self._watchdog = Watchdog(host.monotonic)
        factory = ConnectorFactory(rooms.catalog, rooms.settings, host)
        self._pool = ConnectionPool(factory, close_s=self._pace.close_s)
        self.webhooks = WebhookCalls(self._pool)
        self.worker = Worker(rooms, self._pool, host)
        keeper = RunLookup(rooms.database, clock=host.clock)
        self.jobs: JobRunner = LocalJobs(self.worker.work, keeper)
        self._checker = HealthCheck(
            self._pool, rooms.documents.config_of_version, host, self._watchdog
        )
        self._recorder = HealthWriter(rooms.database, every_s=self._pace.flush_s, sleep=host.sleep)
        self._health = HealthMonitor(
            self._checker, self._pool, self._recorder, host=host, pace=self._pace
        )
        self._fleet = Reconciler(rooms, self._health, host, self._pace)
        self._supervisor = Supervisor(rooms.events.publish, host=host, pace=self._pace)

    @property
    def holder(self) -> str:
        """Which other process runs the engine; empty where none does, or this one."""
        return "" if self._is_running else self._lock.holder()

    @property
    def is_running(self) -> bool:
        return self._is_running

    def unwatched(self, overview: Overview | None = None) -> str:
        """Return why nobody checks integrations now; empty where somebody does.

        Also empty for one whose newest report is news: it was checked without an engine.
        """
        report = overview.report if overview else None
        if self._is_running or (report and self._is_news(report)):
            return ""
        checked_at = overview.evaluated_at if overview else None
        return unwatched(self._lock, self._host.clock(), checked_at)

    def _is_news(self, report: HealthReport) -> bool:
        """Return whether this process made this check without an engine, a short time ago."""
        made_at = self._made_aside.get(report.integration_id)
        if made_at is None or made_at != report.checked_at:
            return False
        return self._host.clock() - made_at < RECENTLY

    @property
    def check_interval_s(self) -> float:
        """Seconds between the checks of an integration whose config says none."""
        return self._fleet.rules().interval_s

    @property
    def was_killed(self) -> bool:
        """Whether the last engine ended without being stopped, and none runs since."""
        return not self._is_running and not self.holder and bool(self._lock.left_by())

    @property
    def missed(self) -> int:
        """How many turns were missed, since the program could not keep up."""
        return self._health.missed

    def resumed(self) -> None:
        """The whole process was stopped, and goes on; to be called before anything else is done."""
        self._health.resumed()
        self._watchdog.resumed()

    @property
    def done(self) -> int:
        """How many checks were made by the loop, or asked for."""
        return self._health.done

    def state(self, integration_id: IntegrationId) -> HealthState | None:
        """Return how an integration stands, with its last reports; `None` where it does not run."""
        live = self._fleet.find(integration_id)
        return live.state if live else None

    def due_in_s(self, integration_id: IntegrationId) -> float | None:
        """Return in how many seconds an integration is checked; `None` where that is not planned.

        Also where it is under way, or another process runs the engine.
        """
        live = self._fleet.find(integration_id)
        return self._health.due_in_s(live) if live else None

    async def start(self, also: Mapping[str, Loop] = MappingProxyType({})) -> bool:
        """Run until `stop`; return whether this process is the one. Waits for no provider.

        `also` are loops of others that run where the engine does, and are kept alive like its own.
        Where another process runs the engine, `holder` names it, and this one only follows the
        store. Raises `StoreError`.
        """
        async with self._turning:
            if self._is_running:
                return True
            self._is_running = not self._rooms.database.read_only and await self._acquire()
            if self._is_running:
                await self._fleet.reconcile()
            loops = self._loops()
            await self._supervisor.start({**loops, **also} if self._is_running else loops)
            return self._is_running

    async def stop(self) -> None:
        """Stop everything within a few seconds, whatever the providers do. May be called twice."""
        async with self._turning:
            await self._supervisor.stop()  # first: its loops start jobs
            await self.jobs.stop()
            if self._is_running:
                self._is_running = False
                await self._write_the_last()
            await self._pool.close_all()
            self._lock.release()

    async def reconcile(self) -> None:
        """Bring what runs in line with what the store says is wanted. Raises `StoreError`."""
        if self._is_running:
            await self._fleet.reconcile()

    async def check(self, integration_id: IntegrationId) -> HealthReport:
        """Check one integration now; the report and what it changes are stored on return.

        Raises `NotFoundError`, `StoreError`; what a provider does wrong is in the report.
        """
        for _ in range(_TRIES):
            live = self._fleet.find(integration_id)
            if live is None:
                return await self._check_temporary(integration_id)
            try:
                return await self._health.check_now(live)
            except ConflictError:  # its config was changed meanwhile: check with the new one
                continue
        raise ConflictError(f"{integration_id} keeps changing", advice="try again later")

    async def connection_test(
        self, config: ProviderConfig, tell: Callable[[StepResult], None] = lambda _leg: None
    ) -> list[StepResult]:
        """Try a config out; nothing is stored. `tell` hears of each step as soon as it is over."""
        steps = await ConnectionTest(self._pool, self._host).run(config, tell)
        if not self._is_running:
            await self._pool.settled()
        return steps

    async def pull(
        self, config: ProviderConfig, order: ExportJob, tell: OnProgress
    ) -> ExportedRoster:
        """Bring a roster into a folder, as `Export.run` says. Nothing is stored."""
        try:
            return await Export(self._pool).run(config, order, tell)
        finally:
            if not self._is_running:
                await self._pool.settled()

    async def _check_temporary(self, integration_id: IntegrationId) -> HealthReport:
        single = OneShotCheck(self._rooms.database, self._checker, self._pool, self._host)
        owns = self._is_running or not self._lock.holder()
        report = await single.run(integration_id, self._fleet.rules(), is_judged=owns)
        self._made_aside[integration_id] = report.checked_at
        if not self._is_running:
            await self._pool.settled()
        return report

    async def _acquire(self) -> bool:
        """Take the lock, with patience for one that only looks whether it is free."""
        for _ in range(_TRIES):
            if self._lock.acquire():
                return True
            await self._host.sleep(0.05)
        return False

    def _loops(self) -> dict[str, Loop]:
        database, events, pace = self._rooms.database, self._rooms.events, self._pace
        follower = ChangeWatcher(
            database,
            events,
            self._fleet.reconcile if self._is_running else None,
            presence=self._presence,
            every_s=pace.follow_s,
            sleep=self._host.sleep,
        )
        if not self._is_running:
            return {"follower": follower.run}
        keep_days = self._rooms.settings.retention_days
        retention = Retention(
            database, host=self._host, every_s=pace.retention_s, keep_days=keep_days
        )
        return {
            "health": self._health.run,
            "pulse": partial(beating, self._lock, self._host.clock, self._host.sleep),
            "recorder": self._recorder.run,
            "follower": follower.run,
            "retention": retention.run,
            "indexing": AuditIndexer(database, host=self._host, every_s=pace.retention_s).run,
            "scheduler": self._scheduler().run,
            "rescue": self._rescue().run,
            "watchdog": self._watchdog.run,
            "memory": GcTuner(settle_s=pace.settle_s, sleep=self._host.sleep).run,
        }

    def _presence(self) -> object:
        """Return who works on the store; another value, too, when what is shown has grown old."""
        why = self.unwatched()
        age = int(self._host.monotonic() // _SHOWN_ANEW_S) if why else 0
        return why, self.holder, age, at_work(self._rooms.database.path)

    def _scheduler(self) -> Scheduler:
        every_s = self._pace.schedule_s
        return Scheduler(self._rooms, self.jobs, host=self._host, every_s=every_s)

    def _rescue(self) -> RunRecovery:
        every_s = self._pace.rescue_s
        return RunRecovery(self._rooms, self.jobs, self.worker, host=self._host, every_s=every_s)

    async def _write_the_last(self) -> None:
        try:
            await self._recorder.flush()
            await self._fleet.stop()
        except ConsoleError as error:
            _log.error("the last results could not be stored", problem=str(error))
