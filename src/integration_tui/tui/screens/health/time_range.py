"""Which stretch of time the health screen looks at: how long, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from integration_tui.tui.screens.integrations.details import moment

_HOUR_S = 3600
WINDOWS: Mapping[str, int] = {
    "15 min": _HOUR_S // 4,
    "1 h": _HOUR_S,
    "6 h": 6 * _HOUR_S,
    "24 h": 24 * _HOUR_S,
    "7 d": 7 * 24 * _HOUR_S,
    "30 d": 30 * 24 * _HOUR_S,
}
_PART = 4
"""One step through time is so much of a window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRange:
    """A window that ends at `until`; `None` is now, and goes along with it."""

    window: str = "1 h"
    until: datetime | None = None

    @property
    def length_s(self) -> int:
        return WINDOWS[self.window]

    @property
    def is_live(self) -> bool:
        return self.until is None

    @property
    def words(self) -> str:
        """What is looked at, as it stands on the screen."""
        if self.until is None:
            return f"the last {self.window}"
        return f"{self.window} as of {moment(self.until)}"

    def other(self, steps: int) -> TimeRange:
        """Return another window that ends at the same moment; behind the longest, the shortest."""
        names = list(WINDOWS)
        return replace(self, window=names[(names.index(self.window) + steps) % len(names)])

    def moved(self, steps: int, now: datetime) -> TimeRange:
        """Return the window so many parts of it later (earlier below 0), never later than now."""
        until = (self.until or now) + steps * timedelta(seconds=self.length_s) / _PART
        return replace(self, until=until if until < now else None)
