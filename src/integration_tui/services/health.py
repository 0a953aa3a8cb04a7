"""What an administrator can ask about health."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta

from integration_tui.domain.health import HealthReport, HealthStatistics
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.time import Clock
from integration_tui.engine.engine import Engine
from integration_tui.store.database import Database

MAX_HISTORY = 5_000


class HealthService:
    """Health as the interfaces see it."""

    def __init__(self, database: Database, engine: Engine, *, clock: Clock) -> None:
        self._database = database
        self._engine = engine
        self._clock = clock

    async def latest(self) -> list[HealthReport]:
        """Return the newest report of every integration that has one, by name."""
        async with self._database.reading() as rows:
            return await rows.health.latest()

    async def history(self, integration_id: IntegrationId, *, window_s: int) -> list[HealthReport]:
        """Return the reports of the last `window_s` seconds, oldest first: `MAX_HISTORY`."""
        since = self._clock() - timedelta(seconds=window_s)
        async with self._database.reading() as rows:
            return await rows.health.history(integration_id, since=since, limit=MAX_HISTORY)

    async def statistics(self, *, window_s: int) -> list[HealthStatistics]:
        """Return the figures of every integration over the last `window_s` seconds, by name."""
        async with self._database.reading() as rows:
            return await rows.health.statistics(window_s=window_s, now=self._clock())

    async def check_now(self, integration_id: IntegrationId) -> HealthReport:
        """Check one integration without waiting for its turn; the report is stored."""
        async with self._database.reading() as rows:
            await rows.integrations.get(integration_id)
        return await self._engine.check(integration_id)

    async def check_all(self) -> list[HealthReport]:
        """Check every integration that is wanted, once, and store the reports."""
        async with self._database.reading() as rows:
            wanted = [one.id for one in await rows.integrations.all() if one.is_wanted]
        return await self._check_each(wanted)

    async def _check_each(self, integration_ids: Iterable[IntegrationId]) -> list[HealthReport]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._engine.check(one)) for one in integration_ids]
        return [task.result() for task in tasks]
