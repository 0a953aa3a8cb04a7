"""Latency over time: p50 as bars, p95 as a line above them, with the scales of both axes.

The two are told apart by their shape. Where nobody looked, nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, repeat
from math import floor
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from integration_tui.domain.health.timeseries import Bucket, TimeSeries

MARGIN = 8
"""Cells to the left of what is drawn, for the labels."""
_LABEL = 7
"""Cells from one label of time to the next, at least."""
_DAY_S = 24 * 3600
_STEPS_S = (
    *(60, 120, 300, 600, 900, 1800, 3600, 2 * 3600, 3 * 3600, 4 * 3600, 6 * 3600, 12 * 3600),
    *(days * _DAY_S for days in (1, 2, 5, 10)),
)
_NICE = (1, 2, 5, 10, 20, 50, 100, 200, 500)


@dataclass(frozen=True, slots=True)
class Tick:
    """A label of time, and the column that it is about."""

    column: int
    label: str


def time_ticks(course: TimeSeries, columns: int) -> Iterator[Tick]:
    """Yield labels in local time, at whole minutes, hours or days."""
    length_s = (course.end - course.since).total_seconds()
    step_s = next(
        (number for number in _STEPS_S if columns * number / length_s >= _LABEL), _STEPS_S[-1]
    )
    wall = course.since.astimezone().replace(hour=0, minute=0, second=0, tzinfo=None)
    while (at := wall.astimezone()) < course.end:  # each by the clock, through summer and winter
        column = int((at - course.since).total_seconds() * columns / length_s)
        if at >= course.since and column + _LABEL <= columns + 1:
            yield Tick(column, _label(wall))
        wall += timedelta(seconds=step_s)


def _label(wall: datetime) -> str:
    return f"{wall:%m-%d}" if (wall.hour, wall.minute) == (0, 0) else f"{wall:%H:%M}"


def top_of(latency_ms: float) -> float:
    """Return the round number of milliseconds that a scale ends at."""
    unit = 1.0
    while latency_ms > _NICE[-1] * unit:
        unit *= 1000
    return next(literal * unit for literal in _NICE if latency_ms <= literal * unit)


def latency_label(latency_ms: float) -> str:
    """Return a latency as it stands beside a chart, with its unit."""
    seconds = latency_ms / 1000
    return f"{seconds:.3g} s" if seconds >= 1 else f"{latency_ms:.3g} ms"


def columns_of(course: TimeSeries, columns: int) -> list[Bucket]:
    """Return what each column shows: its bucket, or the worst of those that share it."""
    buckets = course.bridged()
    count = len(buckets)
    edges = [place * count // columns for place in range(columns + 1)]
    return [
        _together(buckets[edges[place] : max(edges[place + 1], edges[place] + 1)])
        for place in range(columns)
    ]


def _together(buckets: Sequence[Bucket]) -> Bucket:
    if len(buckets) == 1:
        return buckets[0]
    return Bucket(
        checks=sum(bucket.checks for bucket in buckets),
        failures=sum(bucket.failures for bucket in buckets),
        is_weak=any(bucket.is_weak for bucket in buckets),
        p50_ms=max(
            (bucket.p50_ms for bucket in buckets if bucket.p50_ms is not None), default=None
        ),
        p95_ms=max(
            (bucket.p95_ms for bucket in buckets if bucket.p95_ms is not None), default=None
        ),
    )


Sign = tuple[str, str]
"""A character, and how it is meant."""


class Drawn(Widget):
    """Shows a course; drawn again only when it is another one."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"drawn--{tone}" for tone in ("plain", "good", "weak", "bad", "quiet")
    }
    DEFAULT_CSS = """
    Drawn {
        & > .drawn--plain { color: $primary; }
        & > .drawn--good { color: $success; }
        & > .drawn--weak { color: $warning; }
        & > .drawn--bad { color: $error; }
        & > .drawn--quiet { color: $muted; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._course: TimeSeries | None = None
        self._cut: list[Bucket] = []

    def show(self, course: TimeSeries | None) -> None:
        """Show this course; `None` where there is nothing to show yet."""
        if self._is_same(course):
            return
        self._course = course
        self._cut = []
        self.refresh()

    @property
    def columns(self) -> int:
        """How many columns there is room for."""
        return max(self.size.width - MARGIN, 1)

    def buckets(self, course: TimeSeries) -> list[Bucket]:
        """Return what each column shows."""
        if len(self._cut) != self.columns:
            self._cut = columns_of(course, self.columns)
        return self._cut

    def strip(self, label: str, signs: Iterable[Sign]) -> Strip:
        """Return a line: the label in the margin, and signs."""
        base = self.rich_style
        head = Segment(f"{label:>{MARGIN - 1}} ", base + self._tone("quiet"))
        parts = [
            Segment("".join(sign for sign, _ in same), base + self._tone(tone))
            for tone, same in groupby(signs, key=lambda sign: sign[1])
        ]
        return Strip([head, *parts]).adjust_cell_length(self.size.width, base)

    def _is_same(self, course: TimeSeries | None) -> bool:
        """Return whether nothing that is seen would be other."""
        old = self._course
        if course is None or old is None:
            return course is old
        return (course.since, course.buckets) == (old.since, old.buckets)

    def _tone(self, tone: str) -> Style:
        # Only a whole style has its colour mixed with the ground: a part would be pure white.
        return Style(color=self.get_component_rich_style(f"drawn--{tone}").color)


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
        slowest = max(
            (bucket.p95_ms for bucket in buckets if bucket.p95_ms is not None), default=None
        )
        if slowest is None:
            return self.strip("", self._without(buckets, y, rows))
        top = top_of(slowest)
        row = rows - 1 - y
        signs = (_sign(bucket, row=row, rows=rows, top=top) for bucket in buckets)
        return self.strip(_scale(row, rows, top), signs)

    def _without(self, buckets: list[Bucket], y: int, rows: int) -> Iterator[Sign]:
        """Say so where there is no latency at all."""
        if y == rows - 1 and any(bucket.checks for bucket in buckets):
            return (_sign(bucket, row=0, rows=rows, top=1.0) for bucket in buckets)
        told = "no check was answered" if any(bucket.checks for bucket in buckets) else _NO_DATA
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


def _axis(course: TimeSeries, columns: int) -> list[Sign]:
    line: list[Sign] = list(repeat(("─", "quiet"), columns))
    for tick in time_ticks(course, columns):
        for place, letter in enumerate(f"┴{tick.label}", tick.column):
            line[place] = (letter, "quiet")
    return line
