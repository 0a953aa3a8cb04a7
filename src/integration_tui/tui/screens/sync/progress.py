"""How fast a run comes on: measured from what successive reports say was done."""

from __future__ import annotations

from collections import deque

import msgspec

from integration_tui.domain.ids import RunId
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import CollectionProgress, Phase, RunReport, RunStatus

_WINDOW_S = 20.0
"""What was done longer ago says little of how fast it goes now."""


class CollectionThroughput(msgspec.Struct, frozen=True, kw_only=True):
    """How far one collection is. `whole` is `None` where nobody knows; `rate` is a second's."""

    collection: Collection
    done: int
    whole: int | None
    is_over: bool
    rate: float | None = None

    @property
    def share(self) -> float | None:
        """From 0 to 1; `None` where the whole is not known."""
        if self.is_over:
            return 1.0
        return min(self.done / self.whole, 1.0) if self.whole else None

    @property
    def left_s(self) -> float | None:
        """The seconds left at this rate; `None` where that cannot be said."""
        if self.is_over or self.whole is None or self.rate is None or self.rate <= 0:
            return None  # below zero: it began anew
        return max(self.whole - self.done, 0) / self.rate


class ThroughputMeter(msgspec.Struct):
    """Remembers how far the collections of a run were, and when."""

    _of: tuple[RunId, Phase] | None = None
    _seen: dict[Collection, deque[tuple[float, int]]] = msgspec.field(
        default_factory=dict[Collection, "deque[tuple[float, int]]"]
    )

    def observe(self, report: RunReport, *, at_s: float) -> list[CollectionThroughput]:
        """Take a report as of `at_s`, a clock that only goes forward; return how far all are."""
        run = report.run
        if self._of != (run.id, run.phase):
            self._of, self._seen = (run.id, run.phase), {}
        return [
            _measured(
                collection_throughput,
                self._rate(collection_throughput, at_s)
                if run.status is RunStatus.RUNNING
                else None,
            )
            for collection_throughput in (
                _progress(listing, run.phase) for listing in report.listings
            )
        ]

    def _rate(self, one: CollectionThroughput, at_s: float) -> float | None:
        seen = self._seen.setdefault(one.collection, deque())
        if not seen or seen[-1][1] != one.done:
            seen.append((at_s, one.done))
        while len(seen) > 2 and at_s - seen[0][0] > _WINDOW_S:
            seen.popleft()
        (since, before), took = seen[0], at_s - seen[0][0]
        return (one.done - before) / took if took > 0 and at_s > since else None


def _measured(one: CollectionThroughput, rate: float | None) -> CollectionThroughput:
    return CollectionThroughput(
        collection=one.collection,
        done=one.done,
        whole=one.whole,
        is_over=one.is_over,
        rate=None if one.is_over else rate,
    )


def _progress(listing: CollectionProgress, phase: Phase) -> CollectionThroughput:
    if phase is Phase.APPLY:
        whole = listing.count(*ChangeKind.effective())
        return CollectionThroughput(
            collection=listing.collection,
            done=listing.applied,
            whole=whole,
            is_over=listing.applied >= whole,
        )
    return CollectionThroughput(
        collection=listing.collection,
        done=listing.listed,
        whole=listing.expected if listing.expected is not None else listing.known or None,
        is_over=listing.is_over,
    )
