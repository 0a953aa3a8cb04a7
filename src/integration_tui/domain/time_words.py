"""Moments and latencies in the few words that a sentence or a cell has room for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

_WEEK: Final = timedelta(days=6)
_SECOND_MS: Final = 999.5


def short_time(at: datetime, now: datetime, *, seconds: bool = False) -> str:
    """Return a moment in local time, as short as it is clear.

    Today `14:18`, in the week around it `Fri 16:20`, in the year `12 Aug`, else `28 Aug 2025`.
    """
    at, now = at.astimezone(), now.astimezone()
    clock = f"{at:%H:%M:%S}" if seconds else f"{at:%H:%M}"
    if at.date() == now.date():
        return clock
    if abs(at.date() - now.date()) <= _WEEK:
        return f"{at:%a} {at:%H:%M}"
    return f"{at.day} {at:%b}" if at.year == now.year else f"{at.day} {at:%b} {at.year}"


def latency_words(latency_ms: float | None) -> str:
    """Return `84 ms` below a second, else `3.4 s`; `-` where there is none."""
    if latency_ms is None:
        return "-"
    if latency_ms < _SECOND_MS:
        return f"{latency_ms:.0f} ms"
    return f"{latency_ms / 1000:.1f} s"
