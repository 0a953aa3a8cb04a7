"""A clock that stands still until somebody sleeps, or a test advances it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

START: Final = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
_MONOTONIC_START_S: Final = 1000.0


class FakeClock:
    """Time as a test wants it, in the three shapes in which a `ProviderContext` lends it.

    `elapsed_s` is how far it has come, `slept` what was slept, in seconds and in order. A sleep
    takes no time, and gives a turn to the other tasks.
    """

    def __init__(self, start: datetime = START) -> None:
        self.elapsed_s = 0.0
        self.slept: list[float] = []
        self._start = start

    def now(self) -> datetime:
        """Return the time of day, in UTC."""
        return self._start + timedelta(seconds=self.elapsed_s)

    def monotonic(self) -> float:
        """Return seconds since some moment."""
        return _MONOTONIC_START_S + self.elapsed_s

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.elapsed_s += seconds

    async def sleep(self, seconds: float) -> None:
        """Let time pass at once; a sleep of no length is not kept in `slept`."""
        if seconds:
            self.slept.append(seconds)
            self.advance(seconds)
        await asyncio.sleep(0)
