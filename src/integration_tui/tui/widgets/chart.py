"""Latency over time: p50 as bars, p95 as a line above them, with the scales of both axes.

The two are told apart by their shape. Where nobody looked, nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
from math import floor
from typing import ClassVar

from textual.strip import Strip

from integration_tui.domain.course import Bucket, Course
from integration_tui.tui.widgets.axis import latency_label, time_ticks, top_of
from integration_tui.tui.widgets.drawn import Drawn, Sign

_BARS = " ▁▂▃▄▅▆▇█"
_EIGHTHS = 8
_FEW = 3
"""Rows in which two labels would stand too close."""
_LINE: Sign = ("─", "weak")
_BOTH: Sign = ("╤", "weak")
_FAILED: Sign = ("x", "bad")
_NOTHING: Sign = (" ", "quiet")
LEGEND = "█ p50 ─ p95 ╤ both"
_NO_DATA = "no check in this time"


class LatencyChart(Drawn):
    """As high as there is room for; the last line is the axis of time."""

    DEFAULT_CSS: ClassVar[str] = "LatencyChart { height: 1fr; min-height: 3; }"

    def render_line(self, y: int) -> Strip:
        rows = self.size.height - 1
        is_odd = rows > _FEW and rows % 2 == 1  # half of the scale is to be at the edge of a row
        if self._course is None or (is_odd and y == 0):
            return Strip.blank(self.size.width, self.rich_style)
        if y == rows:
            return self.strip("", _axis(self._course, self.columns))
        y, rows = y - is_odd, rows - is_odd
        buckets = self.buckets(self._course)
        slowest = max((one.p95_ms for one in buckets if one.p95_ms is not None), default=None)
        if slowest is None:
            return self.strip("", self._without(buckets, y, rows))
        top = top_of(slowest)
        row = rows - 1 - y
        signs = (_sign(one, row=row, rows=rows, top=top) for one in buckets)
        return self.strip(_scale(row, rows, top), signs)

    def _without(self, buckets: list[Bucket], y: int, rows: int) -> Iterator[Sign]:
        """Say so where there is no latency at all."""
        if y == rows - 1 and any(one.checks for one in buckets):
            return (_sign(one, row=0, rows=rows, top=1.0) for one in buckets)
        told = "no check was answered" if any(one.checks for one in buckets) else _NO_DATA
        return iter([(told, "quiet")]) if y == (rows - 1) // 2 else iter(())


def _sign(bucket: Bucket, *, row: int, rows: int, top: float) -> Sign:
    """Return what stands in a row, counted from the bottom."""
    if bucket.p50_ms is None or bucket.p95_ms is None:
        return _FAILED if bucket.checks and row == 0 else _NOTHING
    bar = max(round(bucket.p50_ms / top * rows * _EIGHTHS), 1) - row * _EIGHTHS
    if row == min(floor(bucket.p95_ms / top * rows), rows - 1):
        return _BOTH if bar > 0 else _LINE
    return (_BARS[max(0, min(bar, _EIGHTHS))], "plain")


def _scale(row: int, rows: int, top: float) -> str:
    """Label what the top of a row stands for: of the highest, and of the middle one."""
    is_labelled = row == rows - 1 or (rows > _FEW and row == rows // 2 - 1)
    return latency_label(top * (row + 1) / rows) if is_labelled else ""


def _axis(course: Course, columns: int) -> list[Sign]:
    line: list[Sign] = list(repeat(("─", "quiet"), columns))
    for tick in time_ticks(course, columns):
        for place, letter in enumerate(f"┴{tick.label}", tick.column):
            line[place] = (letter, "quiet")
    return line
