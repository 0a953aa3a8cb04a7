"""How an integration did over a stretch of time, cut into equal buckets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import floor

import msgspec

from integration_tui.domain.ids import IntegrationId

_MINUTE_S, HOUR_S = 60, 3600
WIDTHS_S = (
    *(1, 2, 5, 10, 15, 20, 30),
    *(count * _MINUTE_S for count in (1, 2, 3, 5, 10, 15, 20, 30)),
    *(count * HOUR_S for count in (1, 2, 3, 4, 6, 8, 12, 24)),
)
"""How long a bucket may be. Those of an hour and more are made of whole hours."""


class Bucketing(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time as buckets of `width_s` seconds.

    Their edges are whole multiples of their width since 1970, so that a bucket stays what it is
    while time goes on. The first one may begin before the stretch does.
    """

    first: int
    count: int
    width_s: int

    @classmethod
    def of(cls, since: datetime, until: datetime, *, most: int) -> Bucketing:
        """Cut into about `most` buckets, not many more."""
        length_s = (until - since).total_seconds()
        width_s = next((number for number in WIDTHS_S if length_s / number <= most), WIDTHS_S[-1])
        first = floor(since.timestamp() / width_s)
        return cls(
            first=first, count=floor(until.timestamp() / width_s) - first + 1, width_s=width_s
        )

    @property
    def since(self) -> datetime:
        """When the first bucket begins."""
        return datetime.fromtimestamp(self.first * self.width_s, UTC)

    def bucket_index(self, at: datetime) -> int:
        """Return which bucket a moment is in, from 0; it may be outside."""
        return floor(at.timestamp() / self.width_s) - self.first


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """What the checks of one stretch of time found; without `checks`, nobody looked.

    Latencies are milliseconds, `None` where nothing answered. `is_weak`: it was degraded in it.
    """

    checks: int = 0
    failures: int = 0
    is_weak: bool = False
    p50_ms: float | None = None
    p95_ms: float | None = None


class TimeSeries(msgspec.Struct, frozen=True, kw_only=True):
    """`buckets` of `width_s` seconds each, oldest first, from `since`.

    Nothing is told of what came after `until`. `known_since` is the moment of the oldest check
    that is still kept, one by one or in the sum of an hour; `None` where there is none.
    """

    integration_id: IntegrationId
    since: datetime
    until: datetime
    width_s: int
    buckets: tuple[Bucket, ...]
    known_since: datetime | None = None

    @property
    def end(self) -> datetime:
        """When the last bucket is over; it may be still to come."""
        return self.since + timedelta(seconds=self.width_s * len(self.buckets))

    def bridged(self) -> tuple[Bucket, ...]:
        """Return the buckets, each counting until the next one that has checks.

        Not for longer than twice the usual distance: then nobody looked.
        """
        filled = [place for place, bucket in enumerate(self.buckets) if bucket.checks]
        longest = 2 * _usual(filled)
        found = list(self.buckets)
        for place, after in pairwise([*filled, len(self.buckets)]):
            if after - place <= longest:
                found[place:after] = [self.buckets[place]] * (after - place)
        return tuple(found)


def _usual(places: Sequence[int]) -> int:
    """Return the median distance, at least 1."""
    distances = sorted(later - earlier for earlier, later in pairwise(places))
    return max(distances[len(distances) // 2], 1) if distances else 1
