"""Health: checks and transitions as they happened, in one table, by time.

Two at the same moment are told apart by `id`, which counts upwards in a tenant.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from integration_tui.domain.audit.chain import LONGEST
from integration_tui.domain.health.day import HealthDay
from integration_tui.domain.health.incident import IncidentSummary
from integration_tui.domain.health.latency import bucket_of
from integration_tui.domain.health.status import HealthReport, HealthStatistics, HealthStatus
from integration_tui.domain.health.timeseries import Bucketing, TimeSeries
from integration_tui.domain.ids import IntegrationId, TenantId
from integration_tui.domain.integration import IntegrationStatus, Transition, Trouble
from integration_tui.store.column_types import instant, maybe_instant, moment, names_of, storable
from integration_tui.store.connection import Connection, Row, Value
from integration_tui.store.health.day import HealthDayRepository
from integration_tui.store.health.hourly_rollups import HourlyRollupRepository
from integration_tui.store.health.statistics import Percentiles
from integration_tui.store.health.timeseries import TimeSeriesRepository
from integration_tui.store.schema.kinds import LogKind

# The newest of each integration's own part of the index are looked up, however long it is.
# `:names` is a list as JSON, or NULL for all.
_NEWEST_OF_EACH: Final = """
SELECT l.* FROM integrations i JOIN integration_status_logs l
    ON l.tenant_id = i.tenant_id AND l.id IN (
        SELECT n.id FROM integration_status_logs n
        WHERE n.tenant_id = i.tenant_id AND n.integration_id = i.id AND n.kind = :kind
        ORDER BY n.at DESC, n.id DESC LIMIT :limit)
WHERE i.tenant_id = :tenant
    AND (:names IS NULL OR i.id IN (SELECT value FROM json_each(:names)))
ORDER BY i.id, l.at, l.id
"""
_OF: Final = """
SELECT * FROM integration_status_logs
WHERE tenant_id = :tenant AND integration_id = :integration AND kind = :kind
"""
_HISTORY: Final = f"""
{_OF} AND at >= :since AND (:until IS NULL OR at <= :until)
ORDER BY at DESC, id DESC LIMIT :limit
"""
_TRANSITIONS: Final = f"{_OF} ORDER BY at DESC, id DESC LIMIT :limit"
_NEWEST_ID: Final = "SELECT coalesce(max(id), 0) FROM integration_status_logs WHERE tenant_id = ?"
# An integration may have been removed while it was checked: then there is nothing to store.
_INSERT = """
INSERT INTO integration_status_logs
    (tenant_id, integration_id, id, kind, at, status, was, latency_ms, latency_bucket, trouble,
    detail, advice)
SELECT ?1, ?2, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
WHERE EXISTS (SELECT 1 FROM integrations WHERE tenant_id = ?1 AND id = ?2)
"""


class HealthRepository:
    """Reads and writes health inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId, figures: Percentiles) -> None:
        self._connection = connection
        self._tenant = tenant
        self._hours = HourlyRollupRepository(connection, tenant, figures)
        self._course = TimeSeriesRepository(connection, tenant)
        self._days = HealthDayRepository(connection, tenant, figures)

    async def save(self, reports: Sequence[HealthReport]) -> None:
        """Store checks; those of integrations that were removed meanwhile are passed over."""
        await self._insert([_check(report) for report in reports])

    async def add_transitions(self, transitions: Sequence[Transition]) -> None:
        """Store changes of status; those of removed integrations are passed over."""
        await self._insert([_change(transition) for transition in transitions])

    async def latest(self, only: Collection[IntegrationId] | None = None) -> list[HealthReport]:
        """Return the newest check of all, or of these, that have one; by name."""
        rows = await self._newest_of_each(1, only)
        # A thousand take longer than the console may stand still.
        return await asyncio.to_thread(lambda: [_report(row) for row in rows])

    async def reasons(self, only: Collection[IntegrationId]) -> dict[IntegrationId, str]:
        """Return why the newest change of status of each of these came about."""
        rows = await self._newest_of_each(1, only, LogKind.TRANSITION)
        return {IntegrationId(row.integration_id): row.detail for row in rows}

    async def recent(
        self, limit_each: int, only: Collection[IntegrationId] | None = None
    ) -> dict[IntegrationId, list[HealthReport]]:
        """Return the newest checks of all, or of these, that have any, oldest first."""
        found: dict[IntegrationId, list[HealthReport]] = defaultdict(list)
        for row in await self._newest_of_each(limit_each, only):
            found[IntegrationId(row.integration_id)].append(_report(row))
        return dict(found)

    async def latencies(
        self, limit_each: int, only: Collection[IntegrationId] | None = None
    ) -> dict[IntegrationId, tuple[float | None, ...]]:
        """Return what the newest checks of all, or of these, took in ms, oldest first.

        `None` stands for a check that nobody answered to.
        """
        found: dict[IntegrationId, list[float | None]] = defaultdict(list)
        for row in await self._newest_of_each(limit_each, only):
            found[IntegrationId(row.integration_id)].append(row.latency_ms)
        return {name: tuple(latencies) for name, latencies in found.items()}

    async def history(
        self,
        integration_id: IntegrationId,
        *,
        since: datetime,
        limit: int,
        until: datetime | None = None,
    ) -> list[HealthReport]:
        """Return the newest `limit` checks since a moment (and not after another), oldest first."""
        span = {"since": instant(since), "until": maybe_instant(until), "limit": limit}
        rows = await self._connection.exec_driver_sql(
            _HISTORY, {**self._of(integration_id, LogKind.CHECK), **span}
        )
        return [_report(row) for row in reversed(rows.all())]

    async def transitions(self, integration_id: IntegrationId, *, limit: int) -> list[Transition]:
        """Return the newest changes of status, newest first."""
        rows = await self._connection.exec_driver_sql(
            _TRANSITIONS, {**self._of(integration_id, LogKind.TRANSITION), "limit": limit}
        )
        return [_transition(row) for row in rows.all()]

    async def statistics(
        self, *, window_s: int, now: datetime, only: Collection[IntegrationId] | None = None
    ) -> list[HealthStatistics]:
        """Return the figures of all, or of these, over the last `window_s` seconds, by name."""
        return await self._hours.statistics(window_s=window_s, now=now, only=only)

    async def known_since(self) -> datetime | None:
        """Return the moment of the oldest check of all, one by one or in the sum of an hour."""
        return await self._hours.known_since()

    async def days(self, now: datetime) -> dict[IntegrationId, HealthDay]:
        """Return the last day of every integration, cut into half hours."""
        return await self._days.days(now, summed_up_to=await self._hours.summed_up_to())

    async def timeseries(
        self, integration_id: IntegrationId, cut: Bucketing, until: datetime
    ) -> TimeSeries:
        """Return what checks found in each bucket of a cut; nothing of what came after `until`."""
        summed = await self._hours.summed_up_to()
        return await self._course.timeseries(integration_id, cut, until, summed_up_to=summed)

    async def changes(
        self, integration_id: IntegrationId, *, since: datetime, until: datetime, limit: int
    ) -> list[Transition]:
        """Return the newest changes of status between two moments, oldest first.

        Those before are among them that led into how it stood at `since`.
        """
        return await self._course.changes(integration_id, (since, until), limit=limit)

    async def breakdown(
        self, integration_id: IntegrationId, *, since: datetime, until: datetime, limit: int
    ) -> IncidentSummary:
        """Return why checks failed between two moments: the `limit` most frequent reasons."""
        return await self._course.breakdown(integration_id, (since, until), limit=limit)

    async def statuses(self, at: datetime) -> dict[IntegrationId, IntegrationStatus]:
        """Return how every integration stood at a moment, where that is known."""
        return await self._course.statuses(at)

    async def roll_up(self, *, now: datetime, keep_days: int) -> int:
        """Sum up the hours that are over, forget what is old; return how many rows went.

        May be done at any time and any number of times.
        """
        return await self._hours.roll_up(now=now, keep_days=keep_days)

    async def _insert(self, rows: Sequence[tuple[Value, ...]]) -> None:
        if not rows:
            return
        newest = await self._connection.exec_driver_sql(_NEWEST_ID, (self._tenant,))
        first = int(newest.scalar_one()) + 1
        numbered = [
            (self._tenant, name, number, *rest) for number, (name, *rest) in enumerate(rows, first)
        ]
        await self._connection.exec_driver_sql(_INSERT, numbered)

    async def _newest_of_each(
        self,
        limit: int,
        only: Collection[IntegrationId] | None,
        kind: LogKind = LogKind.CHECK,
    ) -> Sequence[Row]:
        names = None if only is None else names_of(only)
        wanted = {"tenant": self._tenant, "kind": kind.value, "limit": limit, "names": names}
        return (await self._connection.exec_driver_sql(_NEWEST_OF_EACH, wanted)).all()

    def _of(self, integration_id: IntegrationId, kind: LogKind) -> dict[str, Value]:
        return {
            "tenant": self._tenant,
            "integration": storable(integration_id),
            "kind": kind.value,
        }


def _check(report: HealthReport) -> tuple[Value, ...]:
    """Spell what `_INSERT` takes behind tenant and number, in its order, the name first."""
    latency = report.latency_ms
    return (
        report.integration_id,
        LogKind.CHECK.value,
        instant(report.checked_at),
        report.status.value,
        None,
        latency,
        None if latency is None else bucket_of(latency),
        report.trouble.value if report.trouble else None,
        _kept(report.detail),
        _kept(report.advice),
    )


def _change(one: Transition) -> tuple[Value, ...]:
    """Spell what `_INSERT` takes behind tenant and number, in its order, the name first."""
    status, was, reason = one.after.value, one.before.value, _kept(one.reason)
    moment = instant(one.at)
    kind = LogKind.TRANSITION.value
    return (one.integration_id, kind, moment, status, was, None, None, None, reason, "")


def _kept(text: str) -> str:
    """Bound what a provider says: it may say it every few seconds."""
    return storable(text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")


def _report(row: Row) -> HealthReport:
    return HealthReport(
        integration_id=IntegrationId(row.integration_id),
        status=HealthStatus(row.status),
        checked_at=moment(row.at),
        latency_ms=row.latency_ms,
        detail=row.detail,
        advice=row.advice,
        trouble=Trouble(row.trouble) if row.trouble else None,
    )


def _transition(row: Row) -> Transition:
    return Transition(
        integration_id=IntegrationId(row.integration_id),
        before=IntegrationStatus(row.was),
        after=IntegrationStatus(row.status),
        at=moment(row.at),
        reason=row.detail,
    )
