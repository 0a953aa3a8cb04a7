"""A few numbers as blocks, for a cell of a table. What is not there is a gap, never a zero."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_BARS: Final = "▁▂▃▄▅▆▇"  # never a whole cell, which would run into the line above
_GAP: Final = "·"


def sparkline(values: Sequence[float | None], width: int) -> str:
    """Return the newest values, which are last, relative to the greatest of them."""
    shown = values[-width:]
    top = max((value for value in shown if value is not None), default=0.0)
    return "".join(_bar(value, top) for value in shown).rjust(width)


def _bar(value: float | None, top: float) -> str:
    if value is None:
        return _GAP
    return _BARS[min(int(value / top * len(_BARS)), len(_BARS) - 1)] if top > 0 else _BARS[0]
