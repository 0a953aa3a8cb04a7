"""Hourly sums of checks, and figures over a window of time made of them.

A window is counted to the second: hours that lie wholly in it and have been summed up are taken
from `integration_status_hours`, the rest from the checks themselves. All hours up to the newest
one in the table have been summed up, for every integration of the tenant.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from integration_tui.domain.health.status import HealthStatistics
from integration_tui.domain.ids import IntegrationId, TenantId
from integration_tui.store.column_types import hour_of, instant, moment
from integration_tui.store.connection import Connection, Row
from integration_tui.store.health.statistics import HealthSums, Percentiles, statistics_of

HOUR = timedelta(hours=1)
KEEP_HOURS = timedelta(days=400)

# Each statement visits every integration's own part of a key: none reads a table through.
# `_SOME` is a list of names as JSON, or NULL for all.
_SOME = "(?4 IS NULL OR i.id IN (SELECT value FROM json_each(?4)))"

_NAMES = f"SELECT id FROM integrations i WHERE tenant_id = ?3 AND {_SOME} ORDER BY id"  # noqa: S608 - ours

_NEWEST_HOUR = """
SELECT max((SELECT max(hour) FROM integration_status_hours h
    WHERE h.tenant_id = i.tenant_id AND h.integration_id = i.id))
FROM integrations i WHERE i.tenant_id = ?
"""

_OLDEST_HOUR = """
SELECT min((SELECT min(hour) FROM integration_status_hours h
    WHERE h.tenant_id = i.tenant_id AND h.integration_id = i.id))
FROM integrations i WHERE i.tenant_id = ?
"""

_OLDEST_CHECK = """
SELECT min((SELECT min(at) FROM integration_status_logs l
    WHERE l.tenant_id = i.tenant_id AND l.integration_id = i.id AND l.kind = 'check'))
FROM integrations i WHERE i.tenant_id = ?
"""

_HOURS = """
SELECT h.integration_id, h.checks, h.failures, h.reconnects, h.latencies
FROM integrations i CROSS JOIN integration_status_hours h
    ON h.tenant_id = i.tenant_id AND h.integration_id = i.id AND h.hour >= ? AND h.hour < ?
WHERE i.tenant_id = ?
"""

_CHECKS = """
SELECT l.integration_id, substr(l.at, 1, 13), l.status = 'down', l.latency_bucket, count(*)
FROM integrations i CROSS JOIN integration_status_logs l
    ON l.tenant_id = i.tenant_id AND l.integration_id = i.id AND l.kind = 'check'
    AND l.at >= ? AND l.at < ?
WHERE i.tenant_id = ? GROUP BY 1, 2, 3, 4
"""

# One row an integration: a row for each bucket of each would be twenty times as many.
_COUNTED = f"""
SELECT name, sum(checks), sum(failed), json_group_object(bucket, checks) FILTER (
    WHERE bucket IS NOT NULL)
FROM (
    SELECT l.integration_id AS name, l.latency_bucket AS bucket, count(*) AS checks,
        sum(l.status = 'down') AS failed
    FROM integrations i CROSS JOIN integration_status_logs l
        ON l.tenant_id = i.tenant_id AND l.integration_id = i.id AND l.kind = 'check'
        AND l.at >= ?1 AND l.at < ?2
    WHERE i.tenant_id = ?3 AND {_SOME} GROUP BY 1, 2)
GROUP BY 1
"""  # noqa: S608 - ours

# A reconnect: it works (active, degraded) after an error, at once or by way of connecting.
_RECONNECTS = f"""
SELECT l.integration_id, substr(l.at, 1, 13), count(*)
FROM integrations i CROSS JOIN integration_status_logs l
    ON l.tenant_id = i.tenant_id AND l.integration_id = i.id AND l.kind = 'transition'
    AND l.at >= ?1 AND l.at < ?2
WHERE i.tenant_id = ?3 AND {_SOME} AND l.status IN ('active', 'degraded') AND 'error' = CASE l.was
    WHEN 'connecting' THEN (
        SELECT p.was FROM integration_status_logs p
        WHERE p.tenant_id = l.tenant_id AND p.integration_id = l.integration_id
            AND p.kind = 'transition' AND (p.at, p.id) < (l.at, l.id)
        ORDER BY p.at DESC, p.id DESC LIMIT 1)
    ELSE l.was END
GROUP BY 1, 2
"""  # noqa: S608 - ours

_PUT_HOUR = """
INSERT INTO integration_status_hours
    (tenant_id, integration_id, hour, checks, failures, reconnects, latencies)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, integration_id, hour) DO UPDATE SET checks = excluded.checks,
    failures = excluded.failures, reconnects = excluded.reconnects, latencies = excluded.latencies
"""

_FORGET_LOGS = """
DELETE FROM integration_status_logs WHERE tenant_id = ?1 AND kind IN ('check', 'transition')
    AND integration_id IN (SELECT id FROM integrations WHERE tenant_id = ?1) AND at < ?2
"""

_FORGET_HOURS = """
DELETE FROM integration_status_hours WHERE tenant_id = ?1
    AND integration_id IN (SELECT id FROM integrations WHERE tenant_id = ?1) AND hour < ?2
"""

_Found = Sequence[Row]
"""Rows as the driver has them; the statements above say what is in them."""
_Hourly = dict[tuple[IntegrationId, str], HealthSums]


class HourlyRollupRepository:
    """Sums up hours, and adds sums up, inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId, figures: Percentiles) -> None:
        self._connection = connection
        self._tenant = tenant
        self._figures = figures

    async def statistics(
        self, *, window_s: int, now: datetime, only: Collection[IntegrationId] | None = None
    ) -> list[HealthStatistics]:
        some = None if only is None else json.dumps(sorted(only))
        since, until = now - timedelta(seconds=window_s), now + timedelta(microseconds=1)
        first = hour_of(since + HOUR - timedelta(microseconds=1))
        end = min(await self.summed_up_to() or first, hour_of(now))
        if end <= first:
            parts: list[Mapping[IntegrationId, HealthSums]] = [
                await self._counted(since, until, some)
            ]
        else:
            parts = [
                await self._counted(since, first, some),
                await self._remembered(first, end),
                await self._counted(end, until, some),
            ]
        asked = (None, None, self._tenant, some)
        names = [IntegrationId(name) for (name,) in await self._rows(_NAMES, *asked)]
        return await asyncio.to_thread(statistics_of, names, parts, window_s)

    async def roll_up(self, *, now: datetime, keep_days: int) -> int:
        keep_from = hour_of(now - timedelta(days=keep_days))
        start, end = await self._not_summed_up(keep_from), hour_of(now)
        while start and start < end:
            piece = min(start + timedelta(days=1), end)
            checks, reconnects = await self._logged(start, piece)
            await self._put(await asyncio.to_thread(_by_hour, checks, reconnects))
            start = piece
        gone = await self._connection.exec_driver_sql(
            _FORGET_LOGS, (self._tenant, instant(keep_from))
        )
        await self._connection.exec_driver_sql(
            _FORGET_HOURS, (self._tenant, instant(now - KEEP_HOURS))
        )
        self._figures.forget()
        return int(gone.rowcount)

    async def _not_summed_up(self, keep_from: datetime) -> datetime | None:
        """Return where to begin: with the newest hour again, for checks that came late.

        Not with one whose checks are forgotten, though: its sums would be lost.
        """
        done = await self.summed_up_to()
        if done:
            again = done - HOUR
            return again if again >= keep_from else done
        oldest = await self._moment(_OLDEST_CHECK)
        return hour_of(oldest) if oldest else None

    async def known_since(self) -> datetime | None:
        """Return the moment of the oldest check that is kept, one by one or in a sum."""
        found = [await self._moment(_OLDEST_HOUR), await self._moment(_OLDEST_CHECK)]
        return min((at for at in found if at), default=None)

    async def summed_up_to(self) -> datetime | None:
        """Return the end of the newest hour that has been summed up."""
        newest = await self._moment(_NEWEST_HOUR)
        return newest + HOUR if newest else None

    async def _put(self, hourly: _Hourly) -> None:
        rows = [
            (self._tenant, name, f"{hour}:00:00.000000", *_counts(sums))
            for (name, hour), sums in hourly.items()
        ]
        if rows:
            await self._connection.exec_driver_sql(_PUT_HOUR, rows)

    async def _remembered(
        self, since: datetime, until: datetime
    ) -> Mapping[IntegrationId, HealthSums]:
        span = (instant(since), instant(until))
        known = self._figures.known(span)
        if known is None:
            rows = await self._rows(_HOURS, *span, self._tenant)
            known = await asyncio.to_thread(_added_up, rows)
            self._figures.remember(span, known)
        return known

    async def _counted(
        self, since: datetime, until: datetime, some: str | None
    ) -> Mapping[IntegrationId, HealthSums]:
        wanted = (instant(since), instant(until), self._tenant, some)
        checks = await self._rows(_COUNTED, *wanted)
        reconnects = await self._rows(_RECONNECTS, *wanted)
        return await asyncio.to_thread(_by_name, checks, reconnects)

    async def _logged(self, since: datetime, until: datetime) -> tuple[_Found, _Found]:
        wanted = (instant(since), instant(until), self._tenant)
        checks = await self._rows(_CHECKS, *wanted)
        return checks, await self._rows(_RECONNECTS, *wanted, None)

    async def _moment(self, statement: str) -> datetime | None:
        ((found,),) = await self._rows(statement, self._tenant)
        return moment(found) if found else None

    async def _rows(self, statement: str, *parameters: str | None) -> _Found:
        found = await self._connection.exec_driver_sql(statement, parameters)
        return found.all()


def _counts(sums: HealthSums) -> tuple[int, int, int, bytes]:
    return sums.checks, sums.failures, sums.reconnects, sums.latencies


def _added_up(hours: _Found) -> Mapping[IntegrationId, HealthSums]:
    by_name: dict[IntegrationId, HealthSums] = defaultdict(HealthSums)
    for name, *sums in hours:
        by_name[name].add(HealthSums.stored(*sums))
    return by_name


def _by_name(checks: _Found, reconnects: _Found) -> Mapping[IntegrationId, HealthSums]:
    by_name: dict[IntegrationId, HealthSums] = defaultdict(HealthSums)
    for name, count, failures, latencies in checks:
        by_name[name].add(HealthSums.stored(count, failures, 0, latencies or "{}"))
    for name, _, count in reconnects:
        by_name[name].reconnects += count
    return by_name


def _by_hour(checks: _Found, reconnects: _Found) -> _Hourly:
    hourly: _Hourly = defaultdict(HealthSums)
    for name, hour, failed, bucket, count in checks:
        hourly[name, hour].count(count, failed=failed, bucket=bucket)
    for name, hour, count in reconnects:
        hourly[name, hour].reconnects += count
    return hourly
