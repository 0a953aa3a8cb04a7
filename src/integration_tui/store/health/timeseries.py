"""One integration over a stretch of time: checks by bucket, changes of status, reasons.

Buckets of whole hours are made of the hourly sums, so that a month costs no more than a day.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from integration_tui.domain.health.incident import IncidentSummary, Reason
from integration_tui.domain.health.latency import LatencyHistogram
from integration_tui.domain.health.timeseries import HOUR_S, Bucket, Bucketing, TimeSeries
from integration_tui.domain.ids import IntegrationId, TenantId
from integration_tui.domain.integration import IntegrationStatus, Transition, Trouble
from integration_tui.store.column_types import hour_of, instant, moment
from integration_tui.store.connection import Connection, Row
from integration_tui.store.health.statistics import HealthSums

# The first column of both is the bucket, counted from 1970 in steps of the width.
_CHECKS = """
SELECT CAST(strftime('%s', at) AS INTEGER) / ?, status, latency_bucket, count(*)
FROM integration_status_logs
WHERE tenant_id = ? AND integration_id = ? AND kind = 'check' AND at >= ? AND at <= ?
GROUP BY 1, 2, 3
"""

_HOURS = """
SELECT CAST(strftime('%s', hour) AS INTEGER) / ?, checks, failures, latencies
FROM integration_status_hours
WHERE tenant_id = ? AND integration_id = ? AND hour >= ? AND hour < ?
"""

_KNOWN_SINCE = """
SELECT (SELECT min(hour) FROM integration_status_hours
        WHERE tenant_id = ?1 AND integration_id = ?2),
    (SELECT min(at) FROM integration_status_logs
        WHERE tenant_id = ?1 AND integration_id = ?2 AND kind = 'check')
"""

# From the last moment before the window at which nothing was wrong: an incident has a beginning.
_CHANGES = """
SELECT at, was, status, detail FROM integration_status_logs
WHERE tenant_id = ?1 AND integration_id = ?2 AND kind = 'transition' AND at <= ?4
    AND at >= coalesce((
        SELECT at FROM integration_status_logs
        WHERE tenant_id = ?1 AND integration_id = ?2 AND kind = 'transition' AND at < ?3
            AND status IN ('active', 'inactive', 'disabled')
        ORDER BY at DESC, id DESC LIMIT 1), '')
ORDER BY at DESC, id DESC LIMIT ?5
"""

_FAILED = """
FROM integration_status_logs
WHERE tenant_id = ? AND integration_id = ? AND kind = 'check' AND at >= ? AND at <= ?
    AND status = 'down'
"""

_FAILURES = f"SELECT count(*) {_FAILED}"

_REASONS = f"""
SELECT trouble, detail, count(*), max(at) {_FAILED}
GROUP BY 1, 2 ORDER BY 3 DESC, 4 DESC LIMIT ?
"""

# What the next change led away from holds only where something is kept from before.
_STATUSES = """
SELECT i.id, i.status, i.changed_at,
    (SELECT status FROM integration_status_logs l
        WHERE l.tenant_id = i.tenant_id AND l.integration_id = i.id AND l.kind = 'transition'
            AND l.at <= ?2 ORDER BY l.at DESC, l.id DESC LIMIT 1),
    (SELECT was FROM integration_status_logs l
        WHERE l.tenant_id = i.tenant_id AND l.integration_id = i.id AND l.kind = 'transition'
            AND l.at > ?2 AND EXISTS (
                SELECT 1 FROM integration_status_logs c
                WHERE c.tenant_id = i.tenant_id AND c.integration_id = i.id AND c.kind = 'check'
                    AND c.at <= ?2)
        ORDER BY l.at, l.id LIMIT 1)
FROM integrations i WHERE i.tenant_id = ?1
"""

_Found = Sequence[Row]
"""Rows as the driver has them; the statements above say what is in them."""
_Span = tuple[datetime, datetime]
_MOST_CHANGES = 5_000


class TimeSeriesRepository:
    """Reads what happened to one integration, inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def timeseries(
        self,
        integration_id: IntegrationId,
        cut: Bucketing,
        until: datetime,
        *,
        summed_up_to: datetime | None,
    ) -> TimeSeries:
        """Return the buckets of a cut; hours before `summed_up_to` have been summed up."""
        hours: _Found = ()
        since = cut.since
        if summed_up_to and cut.width_s % HOUR_S == 0 and since < summed_up_to:
            since = min(summed_up_to, hour_of(until))
            span = (instant(cut.since), instant(since))
            hours = await self._rows(_HOURS, cut.width_s, self._tenant, integration_id, *span)
        span = (instant(since), instant(until))
        checks = await self._rows(_CHECKS, cut.width_s, self._tenant, integration_id, *span)
        changes = await self.changes(integration_id, (cut.since, until), limit=_MOST_CHANGES)
        return TimeSeries(
            integration_id=integration_id,
            since=cut.since,
            until=until,
            width_s=cut.width_s,
            buckets=await asyncio.to_thread(
                _buckets, cut, hours, checks, _weak(cut, changes, until)
            ),
            known_since=await self._known_since(integration_id),
        )

    async def changes(
        self, integration_id: IntegrationId, span: _Span, *, limit: int
    ) -> list[Transition]:
        """Return the newest changes of status in a span and into it, oldest first."""
        since, until = map(instant, span)
        rows = await self._rows(_CHANGES, self._tenant, integration_id, since, until, limit)
        return [
            Transition(
                integration_id=integration_id,
                before=IntegrationStatus(was),
                after=IntegrationStatus(status),
                at=moment(at),
                reason=detail,
            )
            for at, was, status, detail in reversed(rows)
        ]

    async def breakdown(
        self, integration_id: IntegrationId, span: _Span, *, limit: int
    ) -> IncidentSummary:
        """Return why checks in a span failed, the `limit` most frequent reasons."""
        wanted = (self._tenant, integration_id, *map(instant, span))
        ((failures,),) = await self._rows(_FAILURES, *wanted)
        rows = await self._rows(_REASONS, *wanted, limit) if failures else ()
        reasons = tuple(
            Reason(
                trouble=Trouble(trouble) if trouble else None,
                detail=detail,
                count=count,
                share=count / failures,
                latest_at=moment(at),
            )
            for trouble, detail, count, at in rows
        )
        return IncidentSummary(failures=failures, reasons=reasons)

    async def statuses(self, at: datetime) -> dict[IntegrationId, IntegrationStatus]:
        """Return how every integration stood at a moment, where that is known."""
        rows = await self._rows(_STATUSES, self._tenant, instant(at))
        stood = {
            IntegrationId(name): before or after or (now if changed <= instant(at) else None)
            for name, now, changed, before, after in rows
        }
        return {name: IntegrationStatus(status) for name, status in stood.items() if status}

    async def _known_since(self, integration_id: IntegrationId) -> datetime | None:
        (found,) = await self._rows(_KNOWN_SINCE, self._tenant, integration_id)
        return min((moment(at) for at in found if at), default=None)

    async def _rows(self, statement: str, *parameters: str | int) -> _Found:
        found = await self._connection.exec_driver_sql(statement, parameters)
        return found.all()


def _buckets(
    cut: Bucketing, hours: _Found, checks: _Found, weak: Iterable[int]
) -> tuple[Bucket, ...]:
    sums: dict[int, HealthSums] = defaultdict(HealthSums)
    is_weak = set(weak)
    for number, count, failures, latencies in hours:
        sums[number - cut.first].add(HealthSums.stored(count, failures, 0, latencies))
    for number, status, bucket, count in checks:
        sums[number - cut.first].count(count, failed=status == "down", bucket=bucket)
        if status == "degraded":
            is_weak.add(number - cut.first)
    return tuple(_bucket(sums, place, place in is_weak) for place in range(cut.count))


def _bucket(sums: Mapping[int, HealthSums], place: int, is_weak: bool) -> Bucket:
    one = sums.get(place)
    if one is None or not one.checks:
        return Bucket()
    p50, p95 = LatencyHistogram(one.buckets).percentiles(0.5, 0.95)
    return Bucket(checks=one.checks, failures=one.failures, is_weak=is_weak, p50_ms=p50, p95_ms=p95)


def _weak(cut: Bucketing, changes: Sequence[Transition], until: datetime) -> Iterable[int]:
    """Yield the buckets in which it stood as degraded."""
    ends = [*(later.at for later in changes[1:]), until]
    for one, end in zip(changes, ends, strict=False):
        if one.after is IntegrationStatus.DEGRADED:
            yield from range(
                max(cut.bucket_index(one.at), 0), min(cut.bucket_index(end), cut.count - 1) + 1
            )
