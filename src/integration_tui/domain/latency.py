"""Latencies as a histogram that can be added up, so that a week's percentile is measured too."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_GROWTH = 1.1
"""Each bucket is 10 % wider than the one before: no percentile is off by more than 5 %."""


@dataclass(frozen=True, slots=True)
class LatencyHistogram:
    """How many latencies (milliseconds) fell into which bucket."""

    buckets: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, latencies_ms: Iterable[float]) -> LatencyHistogram:
        return cls(Counter(map(_bucket, latencies_ms)))

    def __add__(self, other: LatencyHistogram) -> LatencyHistogram:
        return LatencyHistogram(Counter(self.buckets) + Counter(other.buckets))

    @property
    def count(self) -> int:
        return sum(self.buckets.values())

    def percentile(self, share: float) -> float | None:
        """Return the latency in milliseconds that `share` (0 to 1) of all stay below."""
        rank = math.ceil(share * self.count)
        for bucket in sorted(self.buckets):
            rank -= self.buckets[bucket]
            if rank <= 0:
                return _middle(bucket)
        return None


def _bucket(latency_ms: float) -> int:
    return math.floor(math.log(max(latency_ms, 0.01), _GROWTH))


def _middle(bucket: int) -> float:
    return float(_GROWTH ** (bucket + 0.5))
