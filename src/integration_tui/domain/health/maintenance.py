"""Maintenance windows: times in which failures are expected.

A window begins at local times, so that 02:00 stays 02:00 through summer and winter; it lasts so
many real minutes, whatever the clocks do meanwhile. A start that the clocks jump over is later
by as much as they jump; one that they show twice begins at the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from integration_tui.domain.errors import ConfigError

if TYPE_CHECKING:
    from integration_tui.domain.config.policies import MaintenanceWindow

_LOOKAHEAD = timedelta(hours=3)


def is_in_maintenance(windows: Iterable[MaintenanceWindow], now: datetime) -> bool:
    """Return whether `now` (aware) lies in one of the windows. Raises `ConfigError`."""
    return any(is_open(window, now) for window in windows)


def is_open(window: MaintenanceWindow, now: datetime) -> bool:
    """Return whether `now` (aware) lies in a window. Raises `ConfigError` for an invalid one.

    The last start that is not after `now` is what counts: a window that begins again while it
    is open lasts on.
    """
    start = last_start(window, now)
    return now.astimezone(UTC) < start + timedelta(minutes=window.duration_min)


def last_start(window: MaintenanceWindow, now: datetime) -> datetime:
    """Return when the window last began, in UTC. Raises `ConfigError`."""
    zone = _zone(window)
    # A little ahead, since around a change of the clocks later moments show earlier times.
    wall = now.astimezone(zone).replace(tzinfo=None, fold=0) + _LOOKAHEAD
    for start in _starts_before(window, wall):
        # fold=0: the first of two, and the old offset for one that is jumped over (PEP 495).
        at = start.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if at <= now:
            return at
    raise ConfigError(
        f"the maintenance window {window.start!r} never starts",
        advice="write its start as five fields: minute hour day month weekday",
    )


def _starts_before(window: MaintenanceWindow, wall: datetime) -> Iterator[datetime]:
    import croniter as library  # type: ignore[import-untyped]  # it has no type hints

    try:
        starts: _Starts = library.croniter(window.start, wall, ret_type=datetime)
        for _ in range(_LOOKAHEAD // timedelta(minutes=1) + 2):  # at most one start a minute
            yield starts.get_prev()
    except ValueError:  # base of the library's own errors
        return


class _Starts(Protocol):
    """What is used of the library."""

    def get_prev(self) -> datetime: ...


def _zone(window: MaintenanceWindow) -> ZoneInfo:
    try:
        return ZoneInfo(window.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            f"unknown time zone {window.timezone!r}",
            advice="write an IANA name such as America/Chicago",
        ) from None
