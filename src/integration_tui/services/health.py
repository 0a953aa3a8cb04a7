"""What an administrator can ask about health."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from integration_tui.domain.errors import ConsoleError, StoreError
from integration_tui.domain.health.incident import Incidents, IncidentSummary, incidents_of
from integration_tui.domain.health.status import (
    CheckPolicy,
    HealthReport,
    HealthStatistics,
    NextCheck,
)
from integration_tui.domain.health.timeseries import Bucketing, TimeSeries

if TYPE_CHECKING:
    from integration_tui.domain.clock import Clock
    from integration_tui.domain.health.day import HealthDay
    from integration_tui.domain.ids import IntegrationId
    from integration_tui.domain.integration import Integration, IntegrationStatus
    from integration_tui.engine.config_loader import ConfigLoader
    from integration_tui.engine.engine import Engine
    from integration_tui.store.database import Database

MAX_HISTORY = 5_000
DAYS_MAX_AGE = timedelta(seconds=5)
_STEPS_EACH = 10
"""So many changes of status are read for each incident that is wanted."""


class HealthService:
    """Health as the interfaces see it.

    A window is `window_s` seconds that end at `until`, or now. What is told of one is made of
    what is stored: checks and changes of status for the days that the settings say, hourly sums
    for 400 days.
    """

    def __init__(
        self, database: Database, engine: Engine, documents: ConfigLoader, *, clock: Clock
    ) -> None:
        self._database = database
        self._engine = engine
        self._documents = documents
        self._policies: dict[tuple[IntegrationId, int], CheckPolicy] = {}
        self._clock = clock
        self._days: tuple[datetime | None, Mapping[IntegrationId, HealthDay]] = (None, {})

    async def days(self) -> Mapping[IntegrationId, HealthDay]:
        """Return the last 24 h of every integration as half hours, for strips and sparklines.

        It may be some seconds old. Days that are equal stay the same object.
        """
        now = self._clock()
        at, known = self._days
        if at is not None and timedelta() <= now - at < DAYS_MAX_AGE:
            return known
        async with self._database.reading() as rows:
            found = await rows.health.days(now)
        kept = {name: known[name] if known.get(name) == day else day for name, day in found.items()}
        self._days = (now, kept)
        return kept

    async def known_since(self) -> datetime | None:
        """Return the moment of the oldest check of all that is kept; `None` where there is none."""
        async with self._database.reading() as rows:
            return await rows.health.known_since()

    async def policy(self, integration: Integration) -> CheckPolicy:
        """Return how often an integration is checked, and how slow it may be."""
        key = (integration.id, integration.config_version)
        if key not in self._policies:
            usual = CheckPolicy(interval_s=self._engine.check_interval_s)
            try:
                async with self._database.reading() as rows:
                    version = await rows.configs.active(integration.id)
                health = self._documents.config_of_version(version).health
            except ConsoleError:  # removed meanwhile, or of a type that is no longer there
                return usual
            interval_s = (health.interval_ms or 0) / 1000 or usual.interval_s
            self._policies[key] = CheckPolicy(
                interval_s=interval_s, slow_ms=health.thresholds.slow_ms
            )
        return self._policies[key]

    async def latest(self) -> list[HealthReport]:
        """Return the newest report of every integration that has one, by name."""
        async with self._database.reading() as rows:
            return await rows.health.latest()

    async def history(
        self,
        integration_id: IntegrationId,
        *,
        window_s: int,
        until: datetime | None = None,
        limit: int = MAX_HISTORY,
    ) -> list[HealthReport]:
        """Return the newest `limit` reports of a window, oldest first."""
        since, end = self._window(window_s, until)
        async with self._database.reading() as rows:
            return await rows.health.history(integration_id, since=since, until=end, limit=limit)

    async def statistics(
        self, *, window_s: int, until: datetime | None = None
    ) -> list[HealthStatistics]:
        """Return the figures of every integration over a window, counted to the second; by name."""
        async with self._database.reading() as rows:
            return await rows.health.statistics(window_s=window_s, now=until or self._clock())

    async def timeseries(
        self,
        integration_id: IntegrationId,
        *,
        window_s: int,
        until: datetime | None = None,
        buckets: int = 60,
    ) -> TimeSeries:
        """Return a window of one integration, cut into about `buckets` equal stretches of time.

        Each has its checks, failed ones, p50 and p95 in milliseconds. However many checks there
        were, none is left out; stretches of whole hours are made of the hourly sums.
        """
        since, end = self._window(window_s, until)
        cut = Bucketing.of(since, end, most=buckets)
        async with self._database.reading() as rows:
            return await rows.health.timeseries(integration_id, cut, end)

    async def incidents(
        self,
        integration_id: IntegrationId,
        *,
        window_s: int,
        until: datetime | None = None,
        limit: int = 100,
    ) -> Incidents:
        """Return when one integration was degraded or in error in a window, newest first.

        One that began before the window is told whole. As of `until`: what ended one after that
        is not known yet.
        """
        since, end = self._window(window_s, until)
        most = limit * _STEPS_EACH
        async with self._database.reading() as rows:
            changes = await rows.health.changes(
                integration_id, since=since, until=end, limit=most + 1
            )
        is_cut = len(changes) > most
        found = incidents_of(changes)[1 if is_cut else 0 :]  # the first one's beginning is missing
        newest = tuple(reversed(found))
        return Incidents(newest=newest[:limit], is_cut=is_cut or len(newest) > limit)

    async def breakdown(
        self,
        integration_id: IntegrationId,
        *,
        window_s: int,
        until: datetime | None = None,
        limit: int = 20,
    ) -> IncidentSummary:
        """Return why checks of one integration failed in a window, most frequent first."""
        since, end = self._window(window_s, until)
        async with self._database.reading() as rows:
            return await rows.health.breakdown(integration_id, since=since, until=end, limit=limit)

    async def statuses(self, at: datetime) -> dict[IntegrationId, IntegrationStatus]:
        """Return how every integration stood at a moment, where that is known."""
        async with self._database.reading() as rows:
            return await rows.health.statuses(at)

    def next_check(self, integration: Integration) -> NextCheck:
        """Return when an integration is looked at next. Reads nothing: to be asked each second."""
        now = self._clock()
        due_in_s = self._engine.due_in_s(integration.id)
        planned = None if due_in_s is None else now + timedelta(seconds=due_in_s)
        return NextCheck(
            now=now,
            at=integration.next_attempt_at or planned,
            attempt=integration.attempts + 1 if integration.next_attempt_at else None,
        )

    async def check_now(self, integration_id: IntegrationId) -> HealthReport:
        """Check one integration without waiting for its turn; the report is stored.

        Raises `StoreError` where the store is open to be looked at only: nothing is asked then.
        """
        self._require_writable()
        async with self._database.reading() as rows:
            await rows.integrations.get(integration_id)
        return await self._engine.check(integration_id)

    async def check_all(self) -> list[HealthReport]:
        """Check every integration that is wanted, once, and store the reports."""
        self._require_writable()
        async with self._database.reading() as rows:
            wanted = [
                integration.id
                for integration in await rows.integrations.all()
                if integration.is_wanted
            ]
        return await self._check_each(wanted)

    def _require_writable(self) -> None:
        if self._database.read_only:
            raise StoreError(
                "checks store results; the store is read-only",
                advice="start without --readonly, or use integration-tui provider test NAME",
            )

    async def _check_each(self, integration_ids: Iterable[IntegrationId]) -> list[HealthReport]:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._engine.check(record_id)) for record_id in integration_ids
            ]
        return [task.result() for task in tasks]

    def _window(self, window_s: int, until: datetime | None) -> tuple[datetime, datetime]:
        end = until or self._clock()
        return end - timedelta(seconds=window_s), end
