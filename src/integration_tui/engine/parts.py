"""What the engine works with, each part made and imported when it is first needed.

A command that asks one thing needs few of them: one check no syncs, one sync no scheduler.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from integration_tui.engine.watchdog import Watchdog

if TYPE_CHECKING:
    from integration_tui.engine.connectors.pool import ConnectionPool
    from integration_tui.engine.context import EngineDependencies, EngineTimings, Runtime
    from integration_tui.engine.health.check import HealthCheck
    from integration_tui.engine.health.monitor import HealthMonitor
    from integration_tui.engine.health.writer import HealthWriter
    from integration_tui.engine.jobs import JobRunner
    from integration_tui.engine.reconciler import Reconciler
    from integration_tui.engine.supervisor import Supervisor
    from integration_tui.engine.sync.worker import Worker
    from integration_tui.engine.webhooks import WebhookCalls


class EngineParts:
    """The parts of one engine, which share connections."""

    def __init__(
        self, dependencies: EngineDependencies, host: Runtime, pace: EngineTimings
    ) -> None:
        self._dependencies = dependencies
        self._host = host
        self._pace = pace
        self.watchdog = Watchdog(host.monotonic)

    def has(self, name: str) -> bool:
        """Return whether a part was made already."""
        return name in vars(self)

    @cached_property
    def pool(self) -> ConnectionPool:
        from integration_tui.engine.connectors.factory import ConnectorFactory
        from integration_tui.engine.connectors.pool import ConnectionPool

        factory = ConnectorFactory(
            self._dependencies.catalog, self._dependencies.settings, self._host
        )
        return ConnectionPool(factory, close_s=self._pace.close_s)

    @cached_property
    def webhooks(self) -> WebhookCalls:
        from integration_tui.engine.webhooks import WebhookCalls

        return WebhookCalls(self.pool)

    @cached_property
    def worker(self) -> Worker:
        from integration_tui.engine.sync.worker import Worker

        return Worker(self._dependencies, self.pool, self._host)

    @cached_property
    def jobs(self) -> JobRunner:
        from integration_tui.engine.jobs import LocalJobs
        from integration_tui.engine.sync.run_context import RunLookup

        keeper = RunLookup(self._dependencies.database, clock=self._host.clock)
        return LocalJobs(self.worker.work, keeper)

    @cached_property
    def checker(self) -> HealthCheck:
        from integration_tui.engine.health.check import HealthCheck

        document = self._dependencies.documents.config_of_version
        return HealthCheck(self.pool, document, self._host, self.watchdog)

    @cached_property
    def recorder(self) -> HealthWriter:
        from integration_tui.engine.health.writer import HealthWriter

        every_s = self._pace.flush_s
        return HealthWriter(self._dependencies.database, every_s=every_s, sleep=self._host.sleep)

    @cached_property
    def health(self) -> HealthMonitor:
        from integration_tui.engine.health.monitor import HealthMonitor

        return HealthMonitor(
            self.checker, self.pool, self.recorder, host=self._host, pace=self._pace
        )

    @cached_property
    def fleet(self) -> Reconciler:
        from integration_tui.engine.reconciler import Reconciler

        return Reconciler(self._dependencies, self.health, self._host, self._pace)

    @cached_property
    def supervisor(self) -> Supervisor:
        from integration_tui.engine.supervisor import Supervisor

        return Supervisor(self._dependencies.events.publish, host=self._host, pace=self._pace)
