"""Lines in braille: two dots wide and four high in each cell, with a scale and a time axis.

Nothing here knows of widgets or themes: cells have tones, which the chart gives colours to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil, floor, isclose
from typing import Final, NamedTuple

import msgspec

WIDE, HIGH = 2, 4
"""Dots in a cell."""
_DOTS: Final = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_COLUMN: Final = tuple(sum(dots) for dots in _DOTS)
_BRAILLE: Final = 0x2800
_STEPS: Final = (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 5, 6, 8, 10)
_LEAST_MS: Final = 4.0
_SECOND_MS: Final = 1000.0
_INTERVALS: Final = (4, 3, 2)
_ENOUGH: Final = 3
"""Steps of a scale that tell as much as one more would."""
_DAY_S: Final = 24 * 3600
_TICKS_S: Final = (
    *(60, 120, 300, 600, 900, 1800, 3600, 2 * 3600, 3 * 3600, 4 * 3600, 6 * 3600, 12 * 3600),
    *(days * _DAY_S for days in (1, 2, 5, 10)),
)
_DAYS_S: Final = 4 * _DAY_S
"""From so long on, days are labelled, and no hours."""
_TINY: Final = 1e-6
_GAP: Final = 3
"""Cells between two labels of time, at least."""


class Mark(NamedTuple):
    """A character, what it means, and the ground that it stands on."""

    sign: str
    tone: str = ""
    ground: str = ""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One series. `None` is a gap: nobody looked, or nobody answered."""

    values: Sequence[float | None]
    tone: str
    fill: str = ""
    """The tone of what is below it; empty for a line alone."""


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of trouble, from and to as shares (0 to 1) of the width."""

    start: float
    end: float
    is_bad: bool = True

    def columns(self, wide: int) -> range:
        """Return the columns that it takes: one at least, and none outside."""
        first = max(0, min(wide - 1, floor(self.start * wide + _TINY)))
        return range(first, max(first + 1, min(wide, ceil(self.end * wide - _TINY))))


class Tick(NamedTuple):
    """A label of time, and the share (0 to 1) of the width that it is about."""

    share: float
    label: str


class Canvas:
    """Dots, and the tone of each cell: the line that came last owns it."""

    def __init__(self, wide: int, high: int) -> None:
        self.wide, self.high = wide, high
        self._bits = [[0] * wide for _ in range(high)]
        self._tones = [[""] * wide for _ in range(high)]

    def plot(self, line: Line, top: float) -> None:
        """Draw a line over the whole width, joined where values follow each other."""
        before: int | None = None
        drawn: set[tuple[int, int]] = set()
        for x, value in enumerate(resampled(line.values, self.wide * WIDE)):
            if value is None:
                before = None
                continue
            y = height_of(value, top, self.high)
            if line.fill:
                self._fill(x, y, line.fill, drawn)
            low, up = (y, y) if before is None else (min(y, before), max(y, before))
            for dot in range(low, up + 1):
                self._dot(x, dot, line.tone, drawn)
            before = y

    def _dot(self, x: int, y: int, tone: str, drawn: set[tuple[int, int]]) -> None:
        row, cell = self.high - 1 - y // HIGH, x // WIDE
        self._own(row, cell, drawn)
        self._bits[row][cell] |= _DOTS[x % WIDE][HIGH - 1 - y % HIGH]
        self._tones[row][cell] = tone

    def _fill(self, x: int, y: int, tone: str, drawn: set[tuple[int, int]]) -> None:
        """Set all dots below `y`, whole cells at once."""
        cell = x // WIDE
        for row in range(self.high - 1, self.high - 1 - y // HIGH, -1):
            self._own(row, cell, drawn)
            self._bits[row][cell] |= _COLUMN[x % WIDE]
            self._tones[row][cell] = self._tones[row][cell] or tone
        for dot in range(y - y % HIGH, y):
            row = self.high - 1 - dot // HIGH
            self._own(row, cell, drawn)
            self._bits[row][cell] |= _DOTS[x % WIDE][HIGH - 1 - dot % HIGH]
            self._tones[row][cell] = self._tones[row][cell] or tone

    def _own(self, row: int, cell: int, drawn: set[tuple[int, int]]) -> None:
        """Take a cell over from the lines before."""
        if (row, cell) not in drawn:
            drawn.add((row, cell))
            self._bits[row][cell], self._tones[row][cell] = 0, ""

    def mark(self, row: int, cell: int) -> Mark | None:
        """Return what is drawn in a cell; `None` where nothing is."""
        bits = self._bits[row][cell]
        return Mark(chr(_BRAILLE | bits), self._tones[row][cell]) if bits else None


def resampled(values: Sequence[float | None], count: int) -> list[float | None]:
    """Return so many values: the greatest of those that share a place, or each several times."""
    length = len(values)
    if not length:
        return [None] * count
    if length <= count:
        return [values[place * length // count] for place in range(count)]
    edges = [place * length // count for place in range(count + 1)]
    return [
        max((value for value in values[first:end] if value is not None), default=None)
        for first, end in pairwise(edges)
    ]


def height_of(value: float, top: float, high: int) -> int:
    """Return the dot, counted from below, that a value is drawn at in `high` cells."""
    return max(0, min(high * HIGH - 1, round(value / top * (high * HIGH - 1))))


def row_of(value: float, top: float, high: int) -> int:
    """Return the row, counted from above, that a value is drawn in."""
    return high - 1 - height_of(value, top, high) // HIGH


def nice_top(value_ms: float) -> float:
    """Return the round number of milliseconds that a scale ends at."""
    size = 1.0
    wanted = max(value_ms, _LEAST_MS)
    while size * 10 < wanted:
        size *= 10
    return next(size * step for step in _STEPS if size * step >= wanted * (1 - 1e-9))


def scale(top_ms: float, high: int) -> dict[int, float]:
    """Return the milliseconds that rows are labelled with: 0, the top, and round ones between."""
    counts = _counts(top_ms, high)
    count = next((one for one in counts if _divides(one, counts, high)), counts[0])
    steps = [top_ms * place / count for place in range(count + 1)]
    return {row_of(step, top_ms, high): step for step in steps}


def is_even(top_ms: float, high: int) -> bool:
    """Return whether the labelled rows are all equally far from each other."""
    counts = _counts(top_ms, high)
    return any(_divides(count, counts, high) for count in counts)


def _divides(count: int, counts: Sequence[int], high: int) -> bool:
    """Return whether so many steps are of whole rows, and no fewer than there might be."""
    return not (high - 1) % count and count >= min(_ENOUGH, counts[0])


def _counts(top_ms: float, high: int) -> Sequence[int]:
    """Return into how many steps the scale can be divided, with round labels that do not touch."""
    room = max((high - 1) // 2, 1)
    return [one for one in _INTERVALS if one <= room and _is_round(top_ms / one)] or [1]


def _is_round(step_ms: float) -> bool:
    """Return whether a step and all its multiples are labelled without rounding."""
    unit = _SECOND_MS / 10 if step_ms >= _SECOND_MS else 1.0
    return isclose(step_ms / unit, round(step_ms / unit), abs_tol=1e-6)


def time_ticks(since: datetime, end: datetime, columns: int) -> Iterator[Tick]:
    """Yield labels in local time, at whole minutes, hours or days, so that none touch."""
    length_s = max((end - since).total_seconds(), 1.0)
    steps = [step for step in _TICKS_S if step >= _DAY_S or length_s < _DAYS_S]
    step_s = next((step for step in steps if _fits(step, length_s, columns)), _TICKS_S[-1])
    wall = since.astimezone().replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    while (at := wall.astimezone()) <= end:  # each by the clock, through summer and winter
        if at >= since:
            share = (at - since).total_seconds() / length_s
            yield Tick(share, _label(wall, step_s, length_s))
        wall += timedelta(seconds=step_s)


def _fits(step_s: float, length_s: float, columns: int) -> bool:
    label = len(_label(datetime(2026, 10, 5, 4), step_s, length_s))  # noqa: DTZ001 - as on a clock
    return columns * step_s / length_s >= label + _GAP


def _label(wall: datetime, step_s: float, length_s: float) -> str:
    """Return `04:00`; midnight with its day: `Mon 00:00`, `Mon 5` or `5 Oct` by the step."""
    if step_s >= _DAY_S:
        is_week = length_s <= 8 * _DAY_S
        return f"{wall:%a} {wall.day}" if is_week else f"{wall.day} {wall:%b}"
    is_midnight = (wall.hour, wall.minute) == (0, 0)
    return f"{wall:%a %H:%M}" if is_midnight else f"{wall:%H:%M}"


def axis_lines(ticks: Sequence[Tick], wide: int, margin: int) -> tuple[str, str]:
    """Return the axis with its ticks, and the labels below it, which may begin in the margin."""
    axis, labels = ["─"] * wide, [" "] * (margin + wide)
    free_from = 0
    for share, label in ticks:
        x = min(wide - 1, floor(share * wide))
        start = max(0, min(margin + x - len(label) // 2, margin + wide - len(label)))
        if start < free_from:
            continue
        axis[x] = "┴"
        labels[start : start + len(label)] = label
        free_from = start + len(label) + _GAP
    return "".join(axis), "".join(labels)
