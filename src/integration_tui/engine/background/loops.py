"""What goes on for as long as the engine runs, by the name that it has in the log."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from integration_tui.engine.background.audit_indexer import AuditIndexer
from integration_tui.engine.background.gc_tuning import GcTuner
from integration_tui.engine.background.retention import Retention
from integration_tui.engine.lock import beating
from integration_tui.engine.sync.recovery import RunRecovery
from integration_tui.engine.sync.scheduler import Scheduler

if TYPE_CHECKING:
    from integration_tui.engine.context import EngineDependencies, EngineTimings, Runtime
    from integration_tui.engine.lock import StoreLock
    from integration_tui.engine.parts import EngineParts
    from integration_tui.engine.supervisor import Loop


def engine_loops(
    parts: EngineParts,
    lock: StoreLock,
    *,
    dependencies: EngineDependencies,
    host: Runtime,
    pace: EngineTimings,
) -> dict[str, Loop]:
    """Return the loops of the process that runs the engine."""
    database = dependencies.database
    keep_days = dependencies.settings.retention_days
    retention = Retention(database, host=host, every_s=pace.retention_s, keep_days=keep_days)
    scheduler = Scheduler(dependencies, parts.jobs, host=host, every_s=pace.schedule_s)
    rescue = RunRecovery(dependencies, parts.jobs, parts.worker, host=host, every_s=pace.rescue_s)
    return {
        "health": parts.health.run,
        "pulse": partial(beating, lock, host.clock, host.sleep),
        "recorder": parts.recorder.run,
        "retention": retention.run,
        "indexing": AuditIndexer(database, host=host, every_s=pace.retention_s).run,
        "scheduler": scheduler.run,
        "rescue": rescue.run,
        "watchdog": parts.watchdog.run,
        "memory": GcTuner(settle_s=pace.settle_s, sleep=host.sleep).run,
    }
