"""The last seven days as rows of cells by the clock on the wall: a bad Monday shows at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import Final

import msgspec

from integration_tui.domain.health.day import IntervalState, interval_state, merge_states
from integration_tui.domain.health.incident import Incident
from integration_tui.domain.health.timeseries import Bucket, TimeSeries
from integration_tui.domain.integration import IntegrationStatus

DAYS: Final = 7
CELLS: Final = 96
"""Quarters of an hour in a day: the finest that a week is shown in."""
CELL_S: Final = 24 * 3600 // CELLS


class WeekDay(msgspec.Struct, frozen=True, kw_only=True):
    """One local day. Of today, there are states only up to now."""

    day: date
    states: tuple[IntervalState, ...]
    checks: int = 0
    failures: int = 0

    @property
    def uptime(self) -> float | None:
        """The share (0 to 1) of checks that got an answer; `None` without any check."""
        return 1 - self.failures / self.checks if self.checks else None

    def merged(self, cells: int) -> tuple[IntervalState, ...]:
        """Return the states with `cells` for a whole day, the worst of those that share one."""
        shown = -(-len(self.states) * cells // CELLS)
        padded = [*self.states, *[IntervalState.NONE] * (CELLS - len(self.states))]
        return merge_states(padded, cells)[:shown]


class Week(msgspec.Struct, frozen=True, kw_only=True):
    """Seven days, oldest first. `p50_ms` is what latencies of the week usually are."""

    days: tuple[WeekDay, ...]
    p50_ms: float | None = None

    @property
    def uptime(self) -> float | None:
        """The share (0 to 1) of all checks that got an answer; `None` without any check."""
        checks = sum(day.checks for day in self.days)
        return 1 - sum(day.failures for day in self.days) / checks if checks else None


def week_start(now: datetime) -> datetime:
    """Return the local midnight that the first of the seven days begins at."""
    first = now.astimezone().date() - timedelta(days=DAYS - 1)
    return datetime.combine(first, time()).astimezone()


def week_of(course: TimeSeries, incidents: Iterable[Incident], now: datetime) -> Week:
    """Return the week of a course of quarters of an hour that begins at `week_start`."""
    down = list(_downtimes(incidents, now))
    found: dict[date, list[IntervalState]] = {}
    counts: dict[date, tuple[int, int]] = {}
    for at, bucket, held in _buckets(course):
        local = at.astimezone()
        cells = found.setdefault(local.date(), [IntervalState.NONE] * CELLS)
        place = (local.hour * 3600 + local.minute * 60) // CELL_S
        end = at + timedelta(seconds=course.width_s)
        is_down = any(since < end and at < until for since, until in down)
        state = interval_state(held.checks, held.failures, is_weak=held.is_weak, is_down=is_down)
        cells[place] = max(cells[place], state)
        checks, failures = counts.get(local.date(), (0, 0))
        counts[local.date()] = checks + bucket.checks, failures + bucket.failures
    today = now.astimezone()
    days = [week_start(now).date() + timedelta(days=number) for number in range(DAYS)]
    latencies = [bucket.p50_ms for bucket in course.buckets if bucket.p50_ms is not None]
    return Week(
        days=tuple(_day(day, found, counts.get(day, (0, 0)), today) for day in days),
        p50_ms=median(latencies) if latencies else None,
    )


def _day(
    day: date,
    found: dict[date, list[IntervalState]],
    counts: tuple[int, int],
    today: datetime,
) -> WeekDay:
    states = found.get(day, [IntervalState.NONE] * CELLS)
    if day == today.date():
        states = states[: (today.hour * 3600 + today.minute * 60) // CELL_S + 1]
    return WeekDay(day=day, states=tuple(states), checks=counts[0], failures=counts[1])


def _buckets(course: TimeSeries) -> Iterator[tuple[datetime, Bucket, Bucket]]:
    """Yield when a bucket begins, its own checks, and those that count until the next ones."""
    for place, (bucket, held) in enumerate(zip(course.buckets, course.bridged(), strict=True)):
        yield course.since + timedelta(seconds=place * course.width_s), bucket, held


def _downtimes(incidents: Iterable[Incident], now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield when an integration was down, from and to."""
    for incident in incidents:
        ends = [*(step.at for step in incident.steps[1:]), incident.ended_at or now]
        for step, end in zip(incident.steps, ends, strict=False):
            if step.after is IntegrationStatus.ERROR:
                yield step.at, end
