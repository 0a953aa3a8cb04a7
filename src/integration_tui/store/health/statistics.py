"""Figures of integrations: sums that can be added up, and what is told of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from integration_tui.domain.health.latency import LatencyHistogram
from integration_tui.domain.health.status import HealthStatistics
from integration_tui.domain.ids import IntegrationId

_decode = msgspec.json.Decoder(dict[int, int]).decode
Span = tuple[str, str]
"""Hours from one to before another, as the store spells them."""


class HealthSums(msgspec.Struct):
    """What happened to one integration in some time."""

    checks: int = 0
    failures: int = 0
    reconnects: int = 0
    buckets: dict[int, int] = msgspec.field(default_factory=dict[int, int])

    def count(self, checks: int, *, failed: bool, bucket: int | None) -> None:
        self.checks += checks
        self.failures += checks if failed else 0
        if bucket is not None:
            self.buckets[bucket] = self.buckets.get(bucket, 0) + checks

    def add(self, other: HealthSums) -> None:
        self.checks += other.checks
        self.failures += other.failures
        self.reconnects += other.reconnects
        for bucket, count in other.buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0) + count

    @classmethod
    def stored(
        cls, checks: int, failures: int, reconnects: int, latencies: bytes | str
    ) -> HealthSums:
        """Read what the store holds of one hour."""
        return cls(checks, failures, reconnects, _decode(latencies))

    @property
    def latencies(self) -> bytes:
        """The histogram as it is stored."""
        return msgspec.json.encode(self.buckets)


class HalfHour(msgspec.Struct, frozen=True):
    """What the checks of half an hour found; `p95_ms` is that of the whole hour."""

    checks: int = 0
    failures: int = 0
    p95_ms: float | None = None


HalfHours = Mapping[IntegrationId, Mapping[int, HalfHour]]
"""By integration, and by the number of the half hour since 1970."""


class Percentiles:
    """Remembers the sums of spans of hours that are over, since adding them up takes time."""

    SPANS = 8

    def __init__(self) -> None:
        self._known: dict[Span, Mapping[IntegrationId, HealthSums]] = {}
        self.halves: dict[Span, HalfHours] = {}
        """Those of the newest span."""

    def known(self, span: Span) -> Mapping[IntegrationId, HealthSums] | None:
        return self._known.get(span)

    def remember(self, span: Span, sums: Mapping[IntegrationId, HealthSums]) -> None:
        while len(self._known) >= self.SPANS:
            del self._known[next(iter(self._known))]
        self._known[span] = sums

    def remember_halves(self, span: Span, halves: HalfHours) -> None:
        self.halves = {span: halves}

    def forget(self) -> None:
        self._known.clear()
        self.halves.clear()


def statistics_of(
    names: Iterable[IntegrationId],
    parts: Iterable[Mapping[IntegrationId, HealthSums]],
    window_s: int,
) -> list[HealthStatistics]:
    """Add up the parts of each integration."""
    together = list(parts)
    return [
        _to_statistics(name, [part[name] for part in together if name in part], window_s)
        for name in names
    ]


def _to_statistics(
    name: IntegrationId, parts: Iterable[HealthSums], window_s: int
) -> HealthStatistics:
    sums = HealthSums()
    for part in parts:
        sums.add(part)
    latencies = LatencyHistogram(sums.buckets)
    p50, p95, p99 = latencies.percentiles(0.5, 0.95, 0.99)
    return HealthStatistics(
        integration_id=name,
        window_s=window_s,
        checks=sums.checks,
        failures=sums.failures,
        reconnects=sums.reconnects,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
    )
