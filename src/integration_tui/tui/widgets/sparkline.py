"""A few numbers as braille, two in each cell, for a cell of a table. No data is a gap."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from integration_tui.tui.widgets.table.cells import CellStyle

_HIGH: Final = 4
_LEFT: Final = (0x00, 0x40, 0x44, 0x46, 0x47)
_RIGHT: Final = (0x00, 0x80, 0xA0, 0xB0, 0xB8)
_GAP: Final = "·"
_WIDE: Final = 2


def sparkline(values: Sequence[float | None], width: int) -> str:
    """Return the newest values in `width` cells, relative to the greatest of them."""
    return "".join(sign for sign, _ in _cells(values[-width * _WIDE :], width))


def sparkline_parts(
    values: Sequence[float | None], width: int, limit: float | None = None
) -> tuple[tuple[str, CellStyle], ...]:
    """Return all values in `width` cells, by tone: amber above the limit.

    Of several that share a dot, the greatest is drawn.
    """
    cells = _cells(_merged(values, width * _WIDE), width)
    parts: list[tuple[str, CellStyle]] = []
    for sign, value in cells:
        tone = _tone(value, limit)
        if parts and parts[-1][1] is tone:
            parts[-1] = (parts[-1][0] + sign, tone)
        else:
            parts.append((sign, tone))
    return tuple(parts)


def _tone(value: float | None, limit: float | None) -> CellStyle:
    if value is None:
        return CellStyle.FAINT
    return CellStyle.WEAK if limit is not None and value > limit else CellStyle.DATA


def _merged(values: Sequence[float | None], count: int) -> list[float | None]:
    length = len(values)
    if length <= count:
        return list(values)
    edges = [place * length // count for place in range(count + 1)]
    return [
        max((value for value in values[first:end] if value is not None), default=None)
        for first, end in pairwise(edges)
    ]


def _cells(values: Sequence[float | None], width: int) -> list[tuple[str, float | None]]:
    """Return a sign for each cell, with the greater of its two values; the last cell is full."""
    top = max((value for value in values if value is not None), default=0.0)
    padded = [None] * (width * _WIDE - len(values)) + list(values)
    return [_cell(padded[place], padded[place + 1], top) for place in range(0, len(padded), _WIDE)]


def _cell(left: float | None, right: float | None, top: float) -> tuple[str, float | None]:
    known = [value for value in (left, right) if value is not None]
    if not known:
        return _GAP, None
    dots = _LEFT[_height(left, top)] | _RIGHT[_height(right, top)]
    return chr(0x2800 | dots), max(known)


def _height(value: float | None, top: float) -> int:
    """Return how many dots a value is high: one at least where there is one."""
    if value is None:
        return 0
    return max(1, min(_HIGH, round(value / top * _HIGH))) if top > 0 else 1
