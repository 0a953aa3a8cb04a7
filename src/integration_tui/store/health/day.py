"""The last day of all integrations as half hours, cheaply.

Hours that have been summed up come from `integration_status_hours`, once an hour; only those
whose halves may differ are read again check by check. What is left are the checks
since the last summed up hour, and the changes of status of a day.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

import msgspec

from integration_tui.domain.health.day import (
    INTERVAL_S,
    INTERVALS,
    RECENT,
    HealthDay,
    day_start,
    interval_state,
)
from integration_tui.domain.health.latency import LatencyHistogram
from integration_tui.domain.ids import IntegrationId, TenantId
from integration_tui.store.column_types import hour_of, instant, moment
from integration_tui.store.connection import Connection, Row
from integration_tui.store.health.statistics import HalfHour, HalfHours, HealthSums, Percentiles

_HOUR: Final = timedelta(hours=1)
_HALVES: Final = 2
_WHOLE: Final = 0.75
"""An hour with a smaller part of the checks of the fullest one was not checked all the time."""

_NAMES = "SELECT id FROM integrations WHERE tenant_id = ? ORDER BY id"

_HOURS = f"""
SELECT h.integration_id, CAST(strftime('%s', h.hour) AS INTEGER) / {INTERVAL_S}, h.checks,
    h.failures, h.latencies
FROM integrations i CROSS JOIN integration_status_hours h
    ON h.tenant_id = i.tenant_id AND h.integration_id = i.id AND h.hour >= ? AND h.hour < ?
WHERE i.tenant_id = ?
"""  # noqa: S608 - ours

# The halves of hours in which a check failed; a hour's own part of the index is visited.
_HALF_HOURS = f"""
SELECT l.integration_id, CAST(strftime('%s', l.at) AS INTEGER) / {INTERVAL_S}, count(*),
    sum(l.status = 'down')
FROM json_each(?1) hour CROSS JOIN integration_status_logs l
    ON l.tenant_id = ?2 AND l.integration_id = json_extract(hour.value, '$[0]')
    AND l.kind = 'check' AND l.at >= json_extract(hour.value, '$[1]')
    AND l.at < json_extract(hour.value, '$[2]')
GROUP BY 1, 2
"""  # noqa: S608 - ours

_CHECKS = f"""
SELECT l.integration_id, CAST(strftime('%s', l.at) AS INTEGER) / {INTERVAL_S}, l.at > ?,
    l.status, l.latency_bucket, count(*)
FROM integrations i CROSS JOIN integration_status_logs l
    ON l.tenant_id = i.tenant_id AND l.integration_id = i.id AND l.kind = 'check'
    AND l.at >= ? AND l.at < ?
WHERE i.tenant_id = ? GROUP BY 1, 2, 3, 4, 5
"""  # noqa: S608 - ours

# From the last change before the day on, so that its beginning is known.
_CHANGES = """
SELECT l.integration_id, l.at, l.status
FROM integrations i CROSS JOIN integration_status_logs l
    ON l.tenant_id = i.tenant_id AND l.integration_id = i.id AND l.kind = 'transition'
    AND l.at <= ?2 AND l.at >= coalesce((
        SELECT at FROM integration_status_logs b
        WHERE b.tenant_id = i.tenant_id AND b.integration_id = i.id AND b.kind = 'transition'
            AND b.at < ?1 ORDER BY b.at DESC, b.id DESC LIMIT 1), '')
WHERE i.tenant_id = ?3 ORDER BY l.integration_id, l.at, l.id
"""

_NO_CHECK: Final = HalfHour()
_Found = Sequence[Row]
"""Rows as the driver has them; the statements above say what is in them."""


class _Day(msgspec.Struct):
    """What is known of one integration, by the number of the interval since 1970."""

    sums: dict[int, HealthSums] = msgspec.field(default_factory=lambda: defaultdict(HealthSums))
    recent: HealthSums = msgspec.field(default_factory=HealthSums)
    weak: set[int] = msgspec.field(default_factory=set[int])
    down: set[int] = msgspec.field(default_factory=set[int])

    @property
    def halves(self) -> dict[int, HalfHour]:
        return {half: _half_hour(sums) for half, sums in self.sums.items()}


def _half_hour(sums: HealthSums) -> HalfHour:
    (p95_ms,) = LatencyHistogram(sums.buckets).percentiles(0.95)
    return HalfHour(sums.checks, sums.failures, p95_ms)


class HealthDayRepository:
    """Reads the last day of all integrations, inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId, figures: Percentiles) -> None:
        self._connection = connection
        self._tenant = tenant
        self._figures = figures

    async def days(
        self, now: datetime, *, summed_up_to: datetime | None
    ) -> dict[IntegrationId, HealthDay]:
        """Return the last day of every integration; hours before `summed_up_to` are summed up."""
        since, until = day_start(now), now + timedelta(microseconds=1)
        first = hour_of(since + _HOUR - timedelta(microseconds=1))
        end = min(summed_up_to or first, hour_of(now - RECENT))
        if end <= first:
            halves: HalfHours = {}
            checks = await self._checks(since, until, now)
        else:
            halves = await self._halves(first, end)
            checks = [
                *await self._checks(since, first, now),
                *await self._checks(end, until, now),
            ]
        changes = await self._rows(_CHANGES, instant(since), instant(now), self._tenant)
        names = [IntegrationId(name) for (name,) in await self._rows(_NAMES, self._tenant)]
        return await asyncio.to_thread(_days, names, (since, now), halves, checks, changes)

    async def _checks(self, since: datetime, until: datetime, now: datetime) -> _Found:
        if until <= since:
            return ()
        span = (instant(now - RECENT), instant(since), instant(until))
        return await self._rows(_CHECKS, *span, self._tenant)

    async def _halves(self, since: datetime, until: datetime) -> HalfHours:
        """Return the half hours of summed up hours, which do not change any more."""
        span = (instant(since), instant(until))
        known = self._figures.halves.get(span)
        if known is None:
            hours = await self._rows(_HOURS, *span, self._tenant)
            uneven = json.dumps(await asyncio.to_thread(_uneven, hours))
            apart = await self._rows(_HALF_HOURS, uneven, self._tenant)
            known = await asyncio.to_thread(_split, hours, apart)
            self._figures.remember_halves(span, known)
        return known

    async def _rows(self, statement: str, *parameters: str) -> _Found:
        found = await self._connection.exec_driver_sql(statement, parameters)
        return found.all()


def _uneven(hours: _Found) -> list[tuple[str, str, str]]:
    """Return the hours whose halves may differ: a check failed, or there are fewer than usual."""
    most: dict[str, int] = {}
    for name, _, checks, _, _ in hours:
        most[name] = max(most.get(name, 0), checks)
    return [
        (name, _spelled(half), _spelled(half + _HALVES))
        for name, half, checks, failures, _ in hours
        if failures or checks < _WHOLE * most[name]
    ]


def _spelled(half: int) -> str:
    return instant(datetime.fromtimestamp(half * INTERVAL_S).astimezone())


def _split(hours: _Found, apart: _Found) -> HalfHours:
    """Share the hours out: checks to the half that they were made in, where that is known."""
    found: dict[IntegrationId, dict[int, HalfHour]] = defaultdict(dict)
    counts: dict[tuple[str, int], tuple[int, int]] = {
        (name, half): (checks, failures) for name, half, checks, failures in apart
    }
    for name, half, checks, failures, latencies in hours:
        sums = HealthSums.stored(checks, failures, 0, latencies)
        (p95_ms,) = LatencyHistogram(sums.buckets).percentiles(0.95)
        first, second = counts.get((name, half)), counts.get((name, half + 1))
        if first is None and second is None:  # even, or the checks themselves are forgotten
            first = checks - checks // _HALVES, failures - failures // _HALVES
            second = checks // _HALVES, failures // _HALVES
        for place, (count, failed) in enumerate((first or (0, 0), second or (0, 0))):
            latency = p95_ms if count > failed else None
            found[name][half + place] = HalfHour(count, failed, latency)
    return found


def _days(
    names: Iterable[IntegrationId],
    span: tuple[datetime, datetime],
    halves: HalfHours,
    checks: _Found,
    changes: _Found,
) -> dict[IntegrationId, HealthDay]:
    days: dict[IntegrationId, _Day] = defaultdict(_Day)
    for name, half, is_recent, status, bucket, count in checks:
        day, failed = days[name], status == "down"
        day.sums[half].count(count, failed=failed, bucket=bucket)
        if is_recent:
            day.recent.count(count, failed=failed, bucket=bucket)
        if status == "degraded":
            day.weak.add(half)
    _mark_changes(days, changes, until=span[1])
    since, first = span[0], int(span[0].timestamp()) // INTERVAL_S
    return {
        name: _day(name, days[name], {**halves.get(name, {}), **days[name].halves}, since, first)
        for name in names
    }


def _mark_changes(days: Mapping[IntegrationId, _Day], changes: _Found, *, until: datetime) -> None:
    """Note in which half hours an integration was degraded or down."""
    last = int(until.timestamp()) // INTERVAL_S
    for change, after in pairwise([*changes, None]):
        if change is None or change[2] not in {"degraded", "error"}:
            continue
        name, at, status = change
        is_followed = after is not None and after[0] == name
        end = _half_of(after[1]) if after is not None and is_followed else last
        marked = days[name].weak if status == "degraded" else days[name].down
        marked.update(range(max(_half_of(at), last - INTERVALS), end + 1))


def _half_of(at: str) -> int:
    return int(moment(at).timestamp()) // INTERVAL_S


def _day(
    name: IntegrationId, day: _Day, halves: Mapping[int, HalfHour], since: datetime, first: int
) -> HealthDay:
    places = range(first, first + INTERVALS)
    sums = [halves.get(place, _NO_CHECK) for place in places]
    (now_ms,) = LatencyHistogram(day.recent.buckets).percentiles(0.95)
    return HealthDay(
        integration_id=name,
        since=since,
        states=tuple(
            interval_state(
                one.checks, one.failures, is_weak=place in day.weak, is_down=place in day.down
            )
            for place, one in zip(places, sums, strict=True)
        ),
        p95s_ms=tuple(one.p95_ms for one in sums),
        checks=sum(one.checks for one in sums),
        failures=sum(one.failures for one in sums),
        p95_now_ms=now_ms,
    )
