"""Which stretch of time the health screen shows: how long, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from integration_tui.domain.text import duration
from integration_tui.domain.value import replace
from integration_tui.tui.widgets.formats import zone

_HOUR_S: Final = 3600
DAY_S: Final = 24 * _HOUR_S
FIT: Final = "fit"
WINDOWS: Final[Mapping[str, int]] = {
    "15 min": _HOUR_S // 4,
    "1 h": _HOUR_S,
    "6 h": 6 * _HOUR_S,
    "24 h": DAY_S,
    "7 d": 7 * DAY_S,
    "30 d": 30 * DAY_S,
}
NAMES: Final = (*WINDOWS, FIT)
_PART: Final = 4
"""One step through time is so much of a window."""
_LEAST_S: Final = 120


class TimeRange(msgspec.Struct, frozen=True, kw_only=True):
    """A window that ends at `until`; `None` is now, and goes along with it.

    `fitted_s` is how long the window `fit` is: from the first check that is kept until now.
    """

    window: str = FIT
    until: datetime | None = None
    fitted_s: int = _HOUR_S

    @property
    def length_s(self) -> int:
        return self.fitted_s if self.window == FIT else WINDOWS[self.window]

    @property
    def is_live(self) -> bool:
        return self.until is None

    @property
    def length(self) -> str:
        """How long it is, in words."""
        return duration(self.fitted_s) if self.window == FIT else self.window

    def words(self, now: datetime) -> str:
        """Return what is shown, with its zone: `last 24 h, to 14:32 CDT`."""
        if self.until is None:
            local = now.astimezone()
            return f"last {self.length}, to {local:%H:%M} {zone(now)}"
        local = self.until.astimezone()
        when = f"{local:%a} {local.day} {local:%b, %H:%M}"
        return f"{self.length} to {when} {zone(self.until)}"

    def other(self, steps: int) -> TimeRange:
        """Return another window that ends at the same moment; behind the last, the first."""
        return replace(self, window=NAMES[(NAMES.index(self.window) + steps) % len(NAMES)])

    def moved(self, steps: int, now: datetime) -> TimeRange:
        """Return the window so many parts of it later (earlier below 0), never later than now."""
        until = (self.until or now) + steps * timedelta(seconds=self.length_s) / _PART
        return replace(self, until=until if until < now else None)

    def fitted(self, known_since: datetime | None, now: datetime) -> TimeRange:
        """Return it with what `fit` means now. Without any check it is an hour."""
        if known_since is None:
            return replace(self, fitted_s=_HOUR_S)
        length_s = int((now - known_since).total_seconds())
        # In whole minutes, so that nothing moves between two checks.
        return replace(self, fitted_s=max(_LEAST_S, -(-length_s // 60) * 60))
