"""One line of health over time, and one of latency. No data is a gap, never a zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from math import floor
from typing import ClassVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from integration_tui.domain.health import HealthReport, HealthStatus, worst

_BARS = "▁▂▃▄▅▆▇█"
_GLYPHS = {
    HealthStatus.HEALTHY: ("█", "good"),
    HealthStatus.DEGRADED: ("▒", "weak"),
    HealthStatus.DOWN: ("x", "bad"),
    HealthStatus.UNKNOWN: ("?", "quiet"),
}
_GAP = ("·", "quiet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of time that ends at `until`, cut into equal buckets."""

    until: datetime
    length_s: int

    def buckets(self, reports: Sequence[HealthReport], count: int) -> list[list[HealthReport]]:
        """Return the reports of each of `count` buckets, oldest first.

        A report counts until the next one, but not longer than twice the usual time between
        two: then it is not known how things stood.
        """
        found: list[list[HealthReport]] = [[] for _ in range(count)]
        places = [self._place(report, count) for report in reports]
        longest = 2 * _usual(places)
        for report, place, after in zip(reports, places, _followers(places, count), strict=True):
            end = after if after - place <= longest else place + 1
            for at in range(max(place, 0), min(max(end, place + 1), count)):
                found[at].append(report)
        return found

    def _place(self, report: HealthReport, count: int) -> int:
        age_s = (self.until - report.checked_at).total_seconds()
        place = floor((self.length_s - age_s) * count / self.length_s)
        return count - 1 if place == count else place


def _followers(places: Sequence[int], count: int) -> list[int]:
    """Return for each place that of the report after it; the last one counts until now."""
    return [*places[1:], count] if places else []


def _usual(places: Sequence[int]) -> int:
    """Return the median distance, at least 1."""
    distances = sorted(later - earlier for earlier, later in pairwise(places))
    return max(distances[len(distances) // 2], 1) if distances else 1


def strip_glyphs(buckets: Sequence[Sequence[HealthReport]]) -> list[tuple[str, str]]:
    """Return glyph and tone of the worst that each bucket saw."""
    return [_GLYPHS[worst(one.status for one in bucket)] if bucket else _GAP for bucket in buckets]


def bar_glyphs(buckets: Sequence[Sequence[HealthReport]]) -> list[tuple[str, str]]:
    """Return a bar for the slowest answer of each bucket, relative to the slowest of all."""
    slowest = [max((one.latency_ms or 0.0 for one in bucket), default=0.0) for bucket in buckets]
    top = max(slowest, default=0.0)
    return [
        (_BARS[min(int(value / top * len(_BARS)), len(_BARS) - 1)], "plain") if value > 0 else _GAP
        for value in slowest
    ]


class UptimeStrip(Widget):
    """Two lines: what each stretch of time saw at its worst, and how slow it was."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"uptime-strip--{tone}" for tone in ("plain", "good", "weak", "bad", "quiet")
    }
    DEFAULT_CSS = """
    UptimeStrip { height: 2;
        & > .uptime-strip--plain { color: $primary; }
        & > .uptime-strip--good { color: $success; }
        & > .uptime-strip--weak { color: $warning; }
        & > .uptime-strip--bad { color: $error; }
        & > .uptime-strip--quiet { color: $text-muted; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._reports: Sequence[HealthReport] = ()
        self._window: Window | None = None
        self._cut: list[list[HealthReport]] = []

    def show(self, reports: Sequence[HealthReport], window: Window | None) -> None:
        """Show these reports, oldest first; `None` shows that there is nothing yet."""
        if (window, list(reports)) == (self._window, list(self._reports)):
            return
        self._reports = reports
        self._window = window
        self._cut = []
        self.refresh()

    def _buckets(self, window: Window, width: int) -> list[list[HealthReport]]:
        if len(self._cut) != width:
            self._cut = window.buckets(self._reports, width)
        return self._cut

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if self._window is None or y > 1:
            return Strip.blank(width, self.rich_style)
        buckets = self._buckets(self._window, width)
        glyphs = strip_glyphs(buckets) if y == 0 else bar_glyphs(buckets)
        return Strip(
            Segment(
                "".join(sign for sign, _ in same),
                self.get_component_rich_style(f"uptime-strip--{tone}"),
            )
            for tone, same in groupby(glyphs, key=lambda glyph: glyph[1])
        )
