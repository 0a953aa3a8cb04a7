"""Latency over time: p50 as a filled area, p95 as a line, incidents as bands, with both scales.

Where nobody looked or nobody answered, there is a gap. See docs/decisions/0027.
"""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec
from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from integration_tui.domain.integration import IntegrationStatus
from integration_tui.tui.widgets.chart_canvas import (
    WIDE,
    Band,
    Canvas,
    Line,
    Mark,
    axis_lines,
    is_even,
    nice_top,
    row_of,
    scale,
    time_ticks,
)
from integration_tui.tui.widgets.formats import latency
from integration_tui.tui.widgets.roles import line

if TYPE_CHECKING:
    from integration_tui.domain.health.incident import Incident
    from integration_tui.domain.health.timeseries import TimeSeries

MARGIN: Final = 9
"""Cells to the left of what is drawn, for the labels."""
_SPARE: Final = (0, 1, 2)
"""Rows that stay free on top, so that all labels are equally far from each other."""
_AXIS: Final = 2
"""Lines below it."""
_BOTH_FROM: Final = 6
"""Rows in which two lines can be told apart."""
_LIMIT_DASH: Final = "╌"


class ChartData(msgspec.Struct, frozen=True, kw_only=True):
    """What a chart shows: milliseconds, equally far apart, oldest first, from `since` to `end`.

    `limit_ms` is drawn where it is in range. `is_checked`: somebody looked, though perhaps nobody
    answered.
    """

    since: datetime
    end: datetime
    p95s_ms: Sequence[float | None]
    p50s_ms: Sequence[float | None] = ()
    bands: tuple[Band, ...] = ()
    limit_ms: float | None = None
    is_checked: bool = True

    @property
    def slowest_ms(self) -> float | None:
        """The greatest value; `None` where nothing answered."""
        values = (*self.p95s_ms, *self.p50s_ms)
        return max((value for value in values if value is not None), default=None)


def chart_data(
    course: TimeSeries, incidents: Iterable[Incident] = (), limit_ms: float | None = None
) -> ChartData:
    """Return what a chart shows of a window of one integration."""
    buckets = course.bridged()
    return ChartData(
        since=course.since,
        end=course.end,
        p50s_ms=tuple(bucket.p50_ms for bucket in buckets),
        p95s_ms=tuple(bucket.p95_ms for bucket in buckets),
        bands=tuple(_bands(course, incidents)),
        limit_ms=limit_ms,
        is_checked=any(bucket.checks for bucket in buckets),
    )


def _bands(course: TimeSeries, incidents: Iterable[Incident]) -> Iterator[Band]:
    length_s = (course.end - course.since).total_seconds()
    for incident in sorted(incidents, key=lambda one: one.began_at):
        ended_at = incident.ended_at or course.end
        if ended_at <= course.since or incident.began_at >= course.end:
            continue
        yield Band(
            start=max((incident.began_at - course.since).total_seconds() / length_s, 0.0),
            end=min((ended_at - course.since).total_seconds() / length_s, 1.0),
            is_bad=incident.worst is IntegrationStatus.ERROR,
        )


def legend(*, p95_only: bool = False) -> Content:
    """Return what the signs of a chart mean."""
    p50 = [("⣀⣿", "info"), (" p50   ", "muted"), ("⠤⠒", "second"), (" p95   ", "muted")]
    return line(
        *([("⣀⣿", "info"), (" p95   ", "muted")] if p95_only else p50),
        *(("✗", "bad-strong"), (" down   ", "muted")),
        *(("▲", "warn-strong"), (" degraded   gap: no answer", "muted")),
    )


class LatencyChart(Widget):
    """As high and as wide as there is room for; only what has changed is drawn again."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"chart--{tone}" for tone in ("p50", "area", "p95", "grid", "label", "limit", "bad", "warn")
    } | {"chart--bad-ground", "chart--warn-ground"}
    DEFAULT_CSS: ClassVar[str] = """
    LatencyChart { height: 1fr; width: 1fr; min-height: 4;
        & > .chart--p50 { color: $primary; }
        & > .chart--area { color: $area; }
        & > .chart--p95 { color: $secondary; }
        & > .chart--grid { color: $faint; }
        & > .chart--label { color: $muted; }
        & > .chart--limit { color: $warn; }
        & > .chart--bad { color: $bad; text-style: bold; }
        & > .chart--warn { color: $warn; text-style: bold; }
        & > .chart--bad-ground { background: $bad-ground; }
        & > .chart--warn-ground { background: $warn-ground; }
    }
    """

    @dataclass
    class Fitted(Message):
        """It has another size: there may be room for other lines than before."""

        chart: LatencyChart

    def __init__(
        self,
        *,
        p95_only: bool = False,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
    ) -> None:
        """Take `p95_only` where p95 alone is of interest: filled, as if it were p50."""
        super().__init__(id=id)
        self._p95_only = p95_only
        self._data: ChartData | None = None
        self._rows: list[list[Mark]] = []
        self._drawn_for: tuple[ChartData | None, int, int] | None = None

    @property
    def columns(self) -> int:
        """How many values can be told apart."""
        return max(self.size.width - MARGIN, 2) * WIDE

    @property
    def has_one_line(self) -> bool:
        """Whether p95 is drawn alone: by itself, or where two lines would touch."""
        return self._p95_only or max(self.size.height - _AXIS, 2) < _BOTH_FROM

    def on_resize(self) -> None:
        self.post_message(self.Fitted(self))

    def show(self, data: ChartData | None) -> None:
        """Show this; `None` where there is nothing to show yet."""
        if data == self._data:
            return
        before, self._data = self._rows, data
        after = self.rows()
        if len(before) != len(after):
            self.refresh()
            return
        for y, (old, new) in enumerate(zip(before, after, strict=True)):
            if (x := _first_change(old, new)) is not None:
                self.refresh(Region(x, y, self.size.width - x, 1))

    def rows(self) -> list[list[Mark]]:
        """Return the cells, line by line."""
        drawn_for = (self._data, self.size.width, self.size.height)
        if drawn_for != self._drawn_for:
            data, width, height = drawn_for
            self._rows = chart_rows(data, width, height, p95_only=self._p95_only) if data else []
            self._drawn_for = drawn_for
        return self._rows

    def render_line(self, y: int) -> Strip:
        rows = self.rows()
        base = self.rich_style
        if y >= len(rows):
            return Strip.blank(self.size.width, base)
        segments = [
            Segment("".join(mark.sign for mark in same), base + self._style(*look))
            for look, same in groupby(rows[y], key=lambda mark: (mark.tone, mark.ground))
        ]
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def _style(self, tone: str, ground: str) -> Style:
        # Only a whole style has its colour mixed with the ground: a part would be pure white.
        found = self.get_component_rich_style(f"chart--{tone}") if tone else None
        below = self.get_component_rich_style(f"chart--{ground}") if ground else None
        return Style(
            color=found.color if found else None,
            bold=found.bold if found else None,
            bgcolor=below.bgcolor if below else None,
        )


def _first_change(old: Sequence[Mark], new: Sequence[Mark]) -> int | None:
    if old == new:
        return None
    pairs = enumerate(zip(old, new, strict=False))
    return next((x for x, (before, after) in pairs if before != after), min(len(old), len(new)))


def chart_rows(
    data: ChartData, width: int, height: int, *, p95_only: bool = False
) -> list[list[Mark]]:
    """Return the cells of a chart, line by line, each as many as it is wide."""
    wide, high = max(width - MARGIN, 2), max(height - _AXIS, 2)
    slowest = data.slowest_ms
    if slowest is None:
        return _without_values(data, wide, high)
    top = nice_top(slowest)
    drawn = list(_lines(data, p95_only=p95_only or high < _BOTH_FROM))
    free = next((less for less in _SPARE if high - less > 1 and is_even(top, high - less)), 0)
    high -= free
    canvas = Canvas(wide, high)
    for one in drawn:
        canvas.plot(one, top)
    labels = {row: latency(value) for row, value in scale(top, high).items()}
    limit = data.limit_ms
    limit_row = row_of(limit, top, high) if limit is not None and limit <= top else None
    grounds, signs = _tinted(data.bands, wide)
    rows = [[*_label_marks(""), *(Mark(" ") for _ in range(wide))] for _ in range(free)]
    for row in range(high):
        label, marks = labels.get(row, ""), _label_marks(labels.get(row, ""))
        for cell in range(wide):
            drawn_mark = canvas.mark(row, cell)
            mark = _mark(drawn_mark, cell, is_limit=row == limit_row, is_grid=bool(label))
            if row == 0 and cell in signs:
                mark = signs[cell]
            marks.append(mark._replace(ground=grounds[cell]))
        rows.append(marks)
    return [*rows, *_axis(data, wide)]


def _lines(data: ChartData, *, p95_only: bool) -> Iterator[Line]:
    if p95_only or not data.p50s_ms:
        yield Line(values=data.p95s_ms, tone="p50", fill="area")
        return
    yield Line(values=data.p50s_ms, tone="p50", fill="area")
    yield Line(values=data.p95s_ms, tone="p95")


def _mark(drawn: Mark | None, cell: int, *, is_limit: bool, is_grid: bool) -> Mark:
    if drawn is not None:
        return drawn
    if is_limit:
        return Mark(_LIMIT_DASH, "limit")
    # Of one tone all along, so that the line is sent as one run.
    return Mark("·" if cell % WIDE else " ", "grid") if is_grid else Mark(" ")


def _tinted(bands: Sequence[Band], wide: int) -> tuple[list[str], dict[int, Mark]]:
    """Return the ground of each column, and the signs on top: the worst where bands meet."""
    grounds, signs = [""] * wide, dict[int, Mark]()
    for band in sorted(bands, key=lambda one: one.is_bad):
        tone = "bad" if band.is_bad else "warn"
        for cell in band.columns(wide):
            grounds[cell] = f"{tone}-ground"
        signs[band.columns(wide).start] = Mark("✗" if band.is_bad else "▲", tone)
    return grounds, signs


def _label_marks(label: str) -> list[Mark]:
    shown = f"{label:>{MARGIN - 2}} "
    return [*(Mark(sign, "label") for sign in shown), Mark("┤" if label else "│", "grid")]


def _axis(data: ChartData, wide: int) -> list[list[Mark]]:
    ticks = list(time_ticks(data.since, data.end, wide))
    axis, labels = axis_lines(ticks, wide, MARGIN)
    corner = " " * (MARGIN - 1) + "└"
    return [
        [Mark(sign, "grid") for sign in corner + axis],
        [Mark(sign, "label") for sign in labels],
    ]


def _without_values(data: ChartData, wide: int, high: int) -> list[list[Mark]]:
    """Say so where there is no latency at all."""
    said = "No check was answered" if data.is_checked else "No checks in this window"
    grounds, signs = _tinted(data.bands, wide)
    rows: list[list[Mark]] = []
    for row in range(high):
        text = said.center(wide)[:wide] if row == (high - 1) // 2 else " " * wide
        marks = [Mark(sign, "label", grounds[cell]) for cell, sign in enumerate(text)]
        if row == 0:
            for cell, sign in signs.items():
                marks[cell] = sign._replace(ground=grounds[cell])
        rows.append([*_label_marks(""), *marks])
    return [*rows, *_axis(data, wide)]
