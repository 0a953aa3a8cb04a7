"""Latencies as a histogram that can be added up, so that a week's percentile is measured too."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import accumulate

import msgspec

_GROWTH = 1.1
"""Each bucket is 10 % wider than the one before: no percentile is off by more than 5 %."""


class LatencyHistogram(msgspec.Struct, frozen=True):
    """How many latencies (milliseconds) fell into which bucket."""

    buckets: Mapping[int, int] = msgspec.field(default_factory=dict[int, int])

    @classmethod
    def of(cls, latencies_ms: Iterable[float]) -> LatencyHistogram:
        return cls(Counter(map(bucket_of, latencies_ms)))

    def __add__(self, other: LatencyHistogram) -> LatencyHistogram:
        return LatencyHistogram(Counter(self.buckets) + Counter(other.buckets))

    @property
    def count(self) -> int:
        return sum(self.buckets.values())

    def percentiles(self, *shares: float) -> tuple[float | None, ...]:
        """Return the latency in ms that each share (0 to 1) of all stays below.

        The buckets are gone through once, however many shares there are.
        """
        order = sorted(self.buckets)
        filled = list(accumulate(self.buckets[bucket] for bucket in order))
        if not filled:
            return (None,) * len(shares)
        ranks = (max(1, math.ceil(share * filled[-1])) for share in shares)
        return tuple(_middle(order[bisect_left(filled, rank)]) for rank in ranks)


def bucket_of(latency_ms: float) -> int:
    """Return the bucket of one latency. All below 10 microseconds share one."""
    return math.floor(math.log(max(latency_ms, 0.01), _GROWTH))


def _middle(bucket: int) -> float:
    return float(_GROWTH ** (bucket + 0.5))
