"""The scales of charts: where a moment or a latency is drawn, and what stands beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from integration_tui.domain.course import Bucket, Course

MARGIN = 8
"""Cells to the left of what is drawn, for the labels."""
_LABEL = 7
"""Cells from one label of time to the next, at least."""
_DAY_S = 24 * 3600
_STEPS_S = (
    *(60, 120, 300, 600, 900, 1800, 3600, 2 * 3600, 3 * 3600, 4 * 3600, 6 * 3600, 12 * 3600),
    *(days * _DAY_S for days in (1, 2, 5, 10)),
)
_NICE = (1, 2, 5, 10, 20, 50, 100, 200, 500)


@dataclass(frozen=True, slots=True)
class Tick:
    """A label of time, and the column that it is about."""

    column: int
    label: str


def time_ticks(course: Course, columns: int) -> Iterator[Tick]:
    """Yield labels in local time, at whole minutes, hours or days."""
    length_s = (course.end - course.since).total_seconds()
    step_s = next((one for one in _STEPS_S if columns * one / length_s >= _LABEL), _STEPS_S[-1])
    wall = course.since.astimezone().replace(hour=0, minute=0, second=0, tzinfo=None)
    while (at := wall.astimezone()) < course.end:  # each by the clock, through summer and winter
        column = int((at - course.since).total_seconds() * columns / length_s)
        if at >= course.since and column + _LABEL <= columns + 1:
            yield Tick(column, _label(wall))
        wall += timedelta(seconds=step_s)


def _label(wall: datetime) -> str:
    return f"{wall:%m-%d}" if (wall.hour, wall.minute) == (0, 0) else f"{wall:%H:%M}"


def top_of(latency_ms: float) -> float:
    """Return the round number of milliseconds that a scale ends at."""
    unit = 1.0
    while latency_ms > _NICE[-1] * unit:
        unit *= 1000
    return next(one * unit for one in _NICE if latency_ms <= one * unit)


def latency_label(latency_ms: float) -> str:
    """Return a latency as it stands beside a chart, with its unit."""
    seconds = latency_ms / 1000
    return f"{seconds:.3g} s" if seconds >= 1 else f"{latency_ms:.3g} ms"


def columns_of(course: Course, columns: int) -> list[Bucket]:
    """Return what each column shows: its bucket, or the worst of those that share it."""
    buckets = course.bridged()
    count = len(buckets)
    edges = [place * count // columns for place in range(columns + 1)]
    return [
        _together(buckets[edges[place] : max(edges[place + 1], edges[place] + 1)])
        for place in range(columns)
    ]


def _together(buckets: Sequence[Bucket]) -> Bucket:
    if len(buckets) == 1:
        return buckets[0]
    return Bucket(
        checks=sum(one.checks for one in buckets),
        failures=sum(one.failures for one in buckets),
        is_weak=any(one.is_weak for one in buckets),
        p50_ms=max((one.p50_ms for one in buckets if one.p50_ms is not None), default=None),
        p95_ms=max((one.p95_ms for one in buckets if one.p95_ms is not None), default=None),
    )
