"""The engine: everything that runs by itself. Started, it holds the store's engine lock.

Not started, it still checks and tries out what it is asked to, on lines of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from integration_tui.domain.errors import ConflictError, ConsoleError
from integration_tui.engine.context import EngineDependencies, EngineTimings, Runtime
from integration_tui.engine.lock import RECENTLY, StoreLock, at_work, is_interrupted, unwatched
from integration_tui.engine.parts import EngineParts
from integration_tui.logging_setup import get

if TYPE_CHECKING:
    from integration_tui.domain.config.document import ProviderConfig
    from integration_tui.domain.health.status import HealthReport, HealthState, StepResult
    from integration_tui.domain.ids import IntegrationId
    from integration_tui.domain.integration_overview import Overview
    from integration_tui.domain.sync.run import Run
    from integration_tui.engine.export.job import ExportedRoster, ExportJob
    from integration_tui.engine.export.reader import OnProgress
    from integration_tui.engine.health.runtime_state import IntegrationRuntime
    from integration_tui.engine.jobs import JobRunner
    from integration_tui.engine.supervisor import Loop
    from integration_tui.engine.sync.worker import Worker
    from integration_tui.engine.webhooks import WebhookCalls

_TRIES: Final = 3
_SHOWN_ANEW_S: Final = 30.0
"""How often it is shown anew how long ago the last checks were, where nobody checks."""
_log = get(__name__)


class Engine:
    """What the services know of the engine."""

    def __init__(
        self, dependencies: EngineDependencies, *, host: Runtime, pace: EngineTimings | None = None
    ) -> None:
        self._dependencies = dependencies
        self._host = host
        self._pace = pace or EngineTimings()
        self._lock = StoreLock(dependencies.database.path)
        self._is_running = False
        self._made_aside: dict[IntegrationId, datetime] = {}
        self._turning = asyncio.Lock()
        self._parts = EngineParts(dependencies, host, self._pace)

    @property
    def jobs(self) -> JobRunner:
        """What works on runs in this process."""
        return self._parts.jobs

    @property
    def worker(self) -> Worker:
        """What brings one run on."""
        return self._parts.worker

    @property
    def webhooks(self) -> WebhookCalls:
        """What asks systems about their webhooks."""
        return self._parts.webhooks

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
        return self._pace.interval_s or self._dependencies.settings.health_check_interval / 1000

    @property
    def was_killed(self) -> bool:
        """Whether the last engine ended without being stopped, and none runs since."""
        return not self._is_running and not self.holder and bool(self._lock.left_by())

    @property
    def missed(self) -> int:
        """How many turns were missed, since the program could not keep up."""
        return self._parts.health.missed if self._parts.has("health") else 0

    def resumed(self) -> None:
        """The whole process was stopped, and goes on; to be called before anything else is done."""
        if self._parts.has("health"):
            self._parts.health.resumed()
        self._parts.watchdog.resumed()

    def is_interrupted(self, run: Run) -> bool:
        """Return whether a run is under way, but no process, this one included, works on it."""
        return is_interrupted(self._dependencies.database.path, run)

    @property
    def done(self) -> int:
        """How many checks were made by the loop, or asked for."""
        return self._parts.health.done if self._parts.has("health") else 0

    def state(self, integration_id: IntegrationId) -> HealthState | None:
        """Return how an integration stands, with its last reports; `None` where it does not run."""
        live = self._live(integration_id)
        return live.state if live else None

    def due_in_s(self, integration_id: IntegrationId) -> float | None:
        """Return in how many seconds an integration is checked; `None` where that is not planned.

        Also where it is under way, or another process runs the engine.
        """
        live = self._live(integration_id)
        return self._parts.health.due_in_s(live) if live else None

    def _live(self, integration_id: IntegrationId) -> IntegrationRuntime | None:
        return self._parts.fleet.find(integration_id) if self._parts.has("fleet") else None

    async def start(self, also: Mapping[str, Loop] = MappingProxyType({})) -> bool:
        """Run until `stop`; return whether this process is the one. Waits for no provider.

        `also` are loops of others that run where the engine does, and are kept alive like its own.
        Where another process runs the engine, `holder` names it, and this one only follows the
        store. Raises `StoreError`.
        """
        async with self._turning:
            if self._is_running:
                return True
            self._is_running = not self._dependencies.database.read_only and await self._acquire()
            if self._is_running:
                await self._parts.fleet.reconcile()
            loops = self._loops()
            await self._parts.supervisor.start({**loops, **also} if self._is_running else loops)
            return self._is_running

    async def stop(self) -> None:
        """Stop everything within a few seconds, whatever the providers do. May be called twice."""
        parts = self._parts
        async with self._turning:
            if parts.has("supervisor"):
                await parts.supervisor.stop()  # first: its loops start jobs
            if parts.has("jobs"):
                await parts.jobs.stop()
            if self._is_running:
                self._is_running = False
                await self._write_the_last()
            if parts.has("pool"):
                await parts.pool.close_all()
            self._lock.release()

    async def reconcile(self) -> None:
        """Bring what runs in line with what the store says is wanted. Raises `StoreError`."""
        if self._is_running:
            await self._parts.fleet.reconcile()

    async def check(self, integration_id: IntegrationId) -> HealthReport:
        """Check one integration now; the report and what it changes are stored on return.

        Raises `NotFoundError`, `StoreError`; what a provider does wrong is in the report.
        """
        for _ in range(_TRIES):
            live = self._live(integration_id)
            if live is None:
                return await self._check_temporary(integration_id)
            try:
                return await self._parts.health.check_now(live)
            except ConflictError:  # its config was changed meanwhile: check with the new one
                continue
        raise ConflictError(f"{integration_id} keeps changing", advice="try again later")

    async def connection_test(
        self, config: ProviderConfig, tell: Callable[[StepResult], None] = lambda _leg: None
    ) -> list[StepResult]:
        """Try a config out; nothing is stored. `tell` hears of each step as soon as it is over."""
        from integration_tui.engine.connection_test import ConnectionTest

        steps = await ConnectionTest(self._parts.pool, self._host).run(config, tell)
        if not self._is_running:
            await self._parts.pool.settled()
        return steps

    async def pull(
        self, config: ProviderConfig, order: ExportJob, tell: OnProgress
    ) -> ExportedRoster:
        """Bring a roster into a folder, as `Export.run` says. Nothing is stored."""
        from integration_tui.engine.export.job import Export

        try:
            return await Export(self._parts.pool).run(config, order, tell)
        finally:
            if not self._is_running:
                await self._parts.pool.settled()

    async def _check_temporary(self, integration_id: IntegrationId) -> HealthReport:
        from integration_tui.engine.health.one_shot import OneShotCheck

        parts = self._parts
        single = OneShotCheck(self._dependencies.database, parts.checker, parts.pool, self._host)
        owns = self._is_running or not self._lock.holder()
        report = await single.run(integration_id, self._parts.fleet.rules(), is_judged=owns)
        self._made_aside[integration_id] = report.checked_at
        if not self._is_running:
            await self._parts.pool.settled()
        return report

    async def _acquire(self) -> bool:
        """Take the lock, with patience for one that only looks whether it is free."""
        for _ in range(_TRIES):
            if self._lock.acquire():
                return True
            await self._host.sleep(0.05)
        return False

    def _loops(self) -> dict[str, Loop]:
        from integration_tui.engine.change_watcher import ChangeWatcher

        follower = ChangeWatcher(
            self._dependencies.database,
            self._dependencies.events,
            self._parts.fleet.reconcile if self._is_running else None,
            presence=self._presence,
            every_s=self._pace.follow_s,
            sleep=self._host.sleep,
        )
        if not self._is_running:
            return {"follower": follower.run}
        from integration_tui.engine.background.loops import engine_loops

        loops = engine_loops(
            self._parts,
            self._lock,
            dependencies=self._dependencies,
            host=self._host,
            pace=self._pace,
        )
        return {**loops, "follower": follower.run}

    def _presence(self) -> object:
        """Return who works on the store; another value, too, when what is shown has grown old."""
        why = self.unwatched()
        age = int(self._host.monotonic() // _SHOWN_ANEW_S) if why else 0
        return why, self.holder, age, at_work(self._dependencies.database.path)

    async def _write_the_last(self) -> None:
        try:
            await self._parts.recorder.flush()
            await self._parts.fleet.stop()
        except ConsoleError as error:
            _log.error("the last results could not be stored", problem=str(error))
