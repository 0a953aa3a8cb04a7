"""How far a run is: a line a collection, with rate and time left of the one that moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from textual.content import Content

from integration_tui.domain.sync.run import CollectionProgress, Phase, RunReport
from integration_tui.domain.text import duration
from integration_tui.tui.screens.sync.progress import CollectionThroughput
from integration_tui.tui.screens.sync.rows import NAMES, beside_records
from integration_tui.tui.widgets.roles import Part, fit, line, progress, wrapped

_LABEL: Final = 15
_LEAST_BAR: Final = 8
_LEAST_NOTE: Final = 18
_LONGEST_S: Final = 99 * 86_400.0


class RunningNow(msgspec.Struct, frozen=True, kw_only=True):
    """What is drawn of a run that is under way."""

    steps: Sequence[CollectionThroughput]
    listings: Sequence[CollectionProgress]
    is_applying: bool = False

    def draw(self, width: int, _height: int = 0) -> Iterator[Content]:
        """Yield a line a collection, and below them why some are incomplete."""
        by_collection = {listing.collection: listing for listing in self.listings}
        notes = [self._note(step, by_collection[step.collection]) for step in self.steps]
        longest = max((note.cell_length for note in notes), default=0)
        room = max(longest, _LEAST_NOTE)
        count = max((len(_longest_count(step)) for step in self.steps), default=0) + 2
        cells = width - _LABEL - count - room - 2
        for step, note in zip(self.steps, notes, strict=True):
            yield line(
                fit(NAMES[step.collection], _LABEL),
                *(_bar(step, cells) if cells >= _LEAST_BAR else ()),
                fit(_count(step), count, right=True),
                "  ",
                note,
            )
        yield from self.reasons(width)

    def reasons(self, width: int) -> Iterator[Content]:
        """Yield why collections are incomplete, whole."""
        for listing in self.listings:
            if _is_incomplete(listing) and not self.is_applying:
                text = f"▲ {NAMES[listing.collection]}: {listing.reason}"
                yield from wrapped(line((text, "warn")), width)

    def _note(self, step: CollectionThroughput, listing: CollectionProgress) -> Content:
        beside = "" if self.is_applying else beside_records(listing)
        if _is_incomplete(listing) and not self.is_applying:
            return line((f"▲ incomplete{beside}", "warn"))
        if step.is_over:
            return line((f"✓ {'applied' if self.is_applying else 'complete'}{beside}", "ok"))
        if not step.done:
            return line((f"waiting{beside}", "muted"))
        return line((f"{_pace(step)}{beside}", "info"))


def _is_incomplete(listing: CollectionProgress) -> bool:
    return listing.is_over and not listing.complete


def running_now(report: RunReport, steps: Sequence[CollectionThroughput]) -> RunningNow:
    """Return what is drawn of a run; while it is applied, only collections with changes."""
    is_applying = report.run.phase is Phase.APPLY
    shown = [step for step in steps if step.whole or not is_applying]
    return RunningNow(steps=shown, listings=report.listings, is_applying=is_applying)


def _bar(step: CollectionThroughput, cells: int) -> Iterator[Part]:
    if step.share is None:
        yield "·" * cells, "faint"
    else:
        yield progress(step.share, cells, "ok" if step.is_over else "info")


def _count(step: CollectionThroughput) -> str:
    if step.is_over or step.whole is None:
        return f"{step.done:,}"
    return f"{step.done:,} of {step.whole:,}" if step.done else f"{step.whole:,}"


def _longest_count(step: CollectionThroughput) -> str:
    """Return the widest that its count becomes, so that the bars beside it keep their width."""
    whole = max(step.whole or 0, step.done)
    return f"{whole:,}" if step.is_over or step.whole is None else f"{whole:,} of {step.whole:,}"


def _pace(step: CollectionThroughput) -> str:
    """Return `184/s · 4 s left`, as far as that can be said."""
    rate = "" if not step.rate or step.rate < 0 else f"{step.rate:,.0f}/s"
    left = step.left_s
    remaining = "" if left is None else f"{duration(min(left, _LONGEST_S))} left"
    return " · ".join(part for part in (rate, remaining) if part) or "reading"
