"""The last day of an integration as equal intervals: what a status strip and a sparkline show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from itertools import pairwise
from typing import Final

import msgspec

from integration_tui.domain.ids import IntegrationId

INTERVALS: Final = 48
INTERVAL_S: Final = 1800
RECENT: Final = timedelta(minutes=15)
"""What the p95 of now is taken from."""


class IntervalState(IntEnum):
    """How an interval went, from no data to the worst: where cells are merged, the worst wins."""

    NONE = 0
    """No check."""
    OK = 1
    SLOW = 2
    """Degraded for a part of it, or some checks failed."""
    BAD = 3
    """Down for a part of it, or half of the checks or more failed."""


class HealthDay(msgspec.Struct, frozen=True, kw_only=True):
    """Intervals of `INTERVAL_S`, oldest first, from `since`; the last one is still going on.

    Latencies are milliseconds, `None` where nothing answered. Intervals of one hour share a p95
    once the hour has been summed up.
    """

    integration_id: IntegrationId
    since: datetime
    states: tuple[IntervalState, ...] = (IntervalState.NONE,) * INTERVALS
    p95s_ms: tuple[float | None, ...] = (None,) * INTERVALS
    checks: int = 0
    failures: int = 0
    p95_now_ms: float | None = None
    """Of the last `RECENT`."""

    @property
    def uptime(self) -> float | None:
        """The share (0 to 1) of checks that got an answer; `None` without any check."""
        return 1 - self.failures / self.checks if self.checks else None

    @property
    def p95_max_ms(self) -> float | None:
        """The slowest interval: what a sparkline's full height stands for."""
        return max((latency for latency in self.p95s_ms if latency is not None), default=None)

    def merged(self, cells: int) -> tuple[IntervalState, ...]:
        """Return the states of so many cells, the worst of the intervals of each."""
        return merge_states(self.states, cells)


def day_start(now: datetime) -> datetime:
    """Return when the first of the intervals begins, the last of which `now` is in."""
    at = now.timestamp()
    return now - timedelta(seconds=at % INTERVAL_S + (INTERVALS - 1) * INTERVAL_S)


def merge_states(states: Sequence[IntervalState], cells: int) -> tuple[IntervalState, ...]:
    """Return `cells` states for many, the worst of those that share a cell.

    Where there are fewer states than cells, a state fills several cells.
    """
    count = len(states)
    edges = [place * count // cells for place in range(cells + 1)]
    return tuple(
        max(states[first : max(end, first + 1)], default=IntervalState.NONE)
        for first, end in pairwise(edges)
    )


def interval_state(checks: int, failures: int, *, is_weak: bool, is_down: bool) -> IntervalState:
    """Return how an interval went: its checks, and the states that the integration was in."""
    if not checks:
        return IntervalState.NONE
    if is_down or 2 * failures >= checks:
        return IntervalState.BAD
    return IntervalState.SLOW if is_weak or failures else IntervalState.OK
