"""Local times at which something is due, by a cron expression.

A time that the clocks jump over is due right after the jump; one that they show twice is due at
the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from integration_tui.domain.errors import ConfigError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_AROUND: Final = timedelta(hours=3)
"""The clocks are never changed by more."""
_MOST: Final = _AROUND // timedelta(minutes=1) * 2 + 2
"""At most one time a minute."""


class CronSchedule(msgspec.Struct, frozen=True):
    """`cron` has five fields: minute hour day month weekday; `zone` is an IANA name."""

    cron: str
    zone: str = "UTC"

    def last(self, now: datetime) -> datetime:
        """Return the latest time that is not after `now` (aware), in UTC. Raises `ConfigError`."""
        zone = self._zone()
        # A little ahead: around a change of the clocks later moments show earlier times.
        wall = now.astimezone(zone).replace(tzinfo=None, fold=0) + _AROUND
        for time in self._times(wall, is_back=True):
            if (at := moment(time, zone)) <= now:
                return at
        raise self._never()

    def next(self, now: datetime) -> datetime:
        """Return the earliest time after `now` (aware), in UTC. Raises `ConfigError`."""
        zone = self._zone()
        wall = now.astimezone(zone).replace(tzinfo=None, fold=0) - _AROUND
        for time in self._times(wall, is_back=False):
            if (at := moment(time, zone)) > now:
                return at
        raise self._never()

    def _times(self, wall: datetime, *, is_back: bool) -> Iterator[datetime]:
        import croniter as library  # type: ignore[import-untyped]  # it has no type hints

        try:
            times: _Times = library.croniter(self.cron, wall, ret_type=datetime)
            for _ in range(_MOST):
                yield times.get_prev() if is_back else times.get_next()
        except ValueError:  # base of the library's own errors
            return

    def _zone(self) -> ZoneInfo:
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        try:
            return ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ConfigError(
                f"unknown time zone {self.zone!r}",
                advice="write an IANA name such as America/Chicago",
            ) from None

    def _never(self) -> ConfigError:
        return ConfigError(
            f"the schedule {self.cron!r} never runs",
            advice="write five fields: minute hour day month weekday",
        )


def moment(time: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment in UTC at which clocks first show a local time, or jump over it."""
    # fold=0: the first of two; the offset before the jump for one that is jumped over (PEP 495).
    at = time.replace(tzinfo=zone, fold=0).astimezone(UTC)
    shown = at.astimezone(zone).replace(tzinfo=None, fold=0)
    return at if shown == time else _jump(at, zone)


def _jump(at: datetime, zone: ZoneInfo) -> datetime:
    """Return when the clocks jumped, at most some hours before `at`."""
    low, high = at - _AROUND, at
    new = at.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == new:
            high = middle
        else:
            low = middle
    return high.replace(microsecond=0)


class _Times(Protocol):
    """What is used of the library."""

    def get_prev(self) -> datetime: ...

    def get_next(self) -> datetime: ...
