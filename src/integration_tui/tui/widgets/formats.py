"""How values are written: one form a kind, with its unit."""

from __future__ import annotations

from datetime import datetime, timedelta

from integration_tui.domain.text import duration

_SECOND_MS = 1000
_WEEK = timedelta(days=7)


def latency(value_ms: float | None) -> str:
    """Return `84 ms` or `3.4 s`; `-` where nothing was measured."""
    if value_ms is None:
        return "-"
    return f"{value_ms:.0f} ms" if round(value_ms) < _SECOND_MS else f"{value_ms / 1000:.1f} s"


def share(value: float | None, *, decimals: int = 0) -> str:
    """Return a part of one as percent; `100%` only where nothing is missing from it."""
    if value is None:
        return "-"
    if value in {0.0, 1.0}:
        return f"{value:.0%}"
    floor = 10**-decimals / 100
    return f"{min(max(value, floor), 1 - floor):.{decimals}%}"


def moment(at: datetime | None, now: datetime) -> str:
    """Return a time as short as it is clear: `14:29:17`, `Fri 16:20`, `12 Aug`, `28 Aug 2025`."""
    if at is None:
        return "-"
    local, today = at.astimezone(), now.astimezone()
    if local.date() == today.date():
        return f"{local:%H:%M:%S}"
    if timedelta() <= today - local < _WEEK:
        return f"{local:%a %H:%M}"
    day = f"{local.day} {local:%b}"
    return day if local.year == today.year else f"{day} {local.year}"


def full_moment(at: datetime | None) -> str:
    """Return a time with its date and zone: `Mon 5 Oct 2026, 14:31:02 CDT`."""
    if at is None:
        return "-"
    local = at.astimezone()
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M:%S} {zone(at)}"


def zone(at: datetime) -> str:
    """Return the zone that times are shown in: `CDT`, `UTC+2` where it has no name."""
    name = at.astimezone().tzname() or "UTC"
    return f"UTC{name}" if name[:1] in "+-" else name


def coming(at: datetime, now: datetime) -> str:
    """Return how long something is away: `in 12 min 52 s`, `now`."""
    left = (at - now).total_seconds()
    return f"in {duration(left)}" if left >= 1 else "now"
