"""Writes what the engine finds: many reports in one transaction, since a commit costs the most.

A change of status is written with the report that caused it, never after what announces it.

See docs/decisions/0004.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec

from integration_tui.domain.errors import StoreError
from integration_tui.domain.events import HealthChanged
from integration_tui.domain.health.status import HealthReport
from integration_tui.engine.health.transitions import StatusChange, apply
from integration_tui.engine.tasks import finish
from integration_tui.logging_setup import get

if TYPE_CHECKING:
    from integration_tui.domain.clock import Sleep
    from integration_tui.store.database import Database

_MOST: Final = 20_000
"""How many reports wait while the store cannot be written; then the oldest are dropped."""
_log = get(__name__)


class _Batch(msgspec.Struct):
    reports: list[HealthReport] = msgspec.field(default_factory=list[HealthReport])
    changes: list[StatusChange] = msgspec.field(default_factory=list[StatusChange])


class HealthWriter:
    """Collects, and writes together what came within `every_s`."""

    def __init__(self, database: Database, *, every_s: float, sleep: Sleep) -> None:
        self._database = database
        self._every_s = every_s
        self._sleep = sleep
        self._batch = _Batch()
        self._writing = asyncio.Lock()
        self._arrived = asyncio.Event()

    def add(self, report: HealthReport, change: StatusChange | None = None) -> None:
        """Have a report stored soon, and what it changes with it."""
        self._batch.reports.append(report)
        if change is not None:
            self._batch.changes.append(change)
        self._arrived.set()

    async def run(self) -> None:
        """Write for ever, as things come in."""
        while True:
            await self._arrived.wait()
            await self._sleep(self._every_s)
            await self.flush()

    async def flush(self) -> None:
        """Return when all that was added is stored. Raises `StoreError`; then it still waits."""
        await finish(self._flush())

    async def _flush(self) -> None:
        async with self._writing:
            self._arrived.clear()
            batch, self._batch = self._batch, _Batch()
            if not batch.reports:
                return
            try:
                await self._write(batch)
            except StoreError:
                self._put_back(batch)
                raise

    async def _write(self, batch: _Batch) -> None:
        async with self._database.transaction() as transaction:
            await transaction.health.save(batch.reports)
            for integration_id in {report.integration_id: None for report in batch.reports}:
                transaction.emit(HealthChanged(integration_id))
            await apply(transaction, batch.changes)

    def _put_back(self, batch: _Batch) -> None:
        reports = batch.reports + self._batch.reports
        surplus = max(0, len(reports) - _MOST)
        if surplus:
            _log.error("health reports were dropped: the store cannot be written", number=surplus)
        self._batch = _Batch(reports[surplus:], batch.changes + self._batch.changes)
        self._arrived.set()
