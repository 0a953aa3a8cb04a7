"""Who is due when. Pure: the time comes in.

Every integration has its place in the interval, from its name: the same after each start, and
spread so that they never come all at once.
"""

from __future__ import annotations

import heapq
import math
import zlib
from typing import Generic, TypeVar

T = TypeVar("T")


class Schedule(Generic[T]):
    """A heap of due times. An item is in it once, or not at all: late ones do not pile up."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, T]] = []
        self._due: dict[T, tuple[float, int]] = {}
        self._count = 0

    def put(self, item: T, due: float) -> None:
        """Have `item` due then, and not when it was due before."""
        self._count += 1
        self._due[item] = (due, self._count)
        heapq.heappush(self._heap, (due, self._count, item))

    def drop(self, item: T) -> None:
        """Forget `item`; harmless where it is not there."""
        self._due.pop(item, None)

    def due(self, item: T) -> float | None:
        """Return when `item` is due; `None` where it is not in it."""
        found = self._due.get(item)
        return found[0] if found else None

    @property
    def next_due(self) -> float | None:
        """When the next one is due; `None` where nothing is."""
        while self._heap:
            due, count, item = self._heap[0]
            if self._due.get(item) == (due, count):
                return due
            heapq.heappop(self._heap)
        return None

    def overdue(self, now: float) -> list[T]:
        """Return those that are due at `now`; they stay due."""
        return [item for item, (due, _) in self._due.items() if due <= now]

    def pop(self, now: float) -> tuple[T, float] | None:
        """Take out the one that is due longest at `now`, with the time it was due."""
        due = self.next_due
        if due is None or due > now:
            return None
        _, _, item = heapq.heappop(self._heap)
        del self._due[item]
        return item, due


def share(name: str) -> float:
    """Return a number in [0, 1) that is always the same for a name, and spreads over many."""
    return zlib.crc32(name.encode()) / 2**32


def next_turn(name: str, interval_s: float, after: float) -> float:
    """Return the first turn of `name` behind the moment `after`.

    Turns lie `interval_s` apart, at a place of the name's own.
    """
    phase = share(name) * interval_s
    return phase + (math.floor((after - phase) / interval_s) + 1) * interval_s


def missed_turns(due: float, begun: float, interval_s: float) -> int:
    """Return how many turns passed between the one that was due and the late begin of it."""
    return max(0, math.floor((begun - due) / interval_s))
