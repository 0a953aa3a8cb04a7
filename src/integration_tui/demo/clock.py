"""Simulated time for a demo: it goes some times as fast as real time, and can stand still.

A short wait is a request that is under way. It comes to its end also while time stands still, and
moves the clock by just its own length: what somebody asks for by hand is answered, and takes time.

See docs/decisions/0017.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from integration_tui.domain.clock import Monotonic

SHORT_S: Final = 1.0
"""Whatever waits less than this is a request; the engine's own wheels wait as long or longer."""
SLOWEST: Final = 0.1
FASTEST: Final = 60.0


class _Alarm(msgspec.Struct, eq=False):
    """Rings once, when `due` has come on the simulated clock."""

    due: float
    ring: Callable[[], None]
    is_short: bool
    handle: asyncio.TimerHandle | None = None


class DemoClock:
    """Begins at `start` and stands still until `resume`. `real` counts real seconds.

    Before that it may `show` another moment: what is done then happened at that one.

    Has all that `engine.surroundings.Host` asks of time.
    """

    def __init__(self, start: datetime, real: Monotonic, *, speed: float = 1.0) -> None:
        self._start = start
        self._real = real
        self._speed = _bounded(speed)
        self._is_paused = True
        self._shown: datetime | None = None
        self._elapsed_s = 0.0
        self._since = real()
        self._alarms: set[_Alarm] = set()

    @property
    def elapsed_s(self) -> float:
        if self._is_paused:
            return self._elapsed_s
        return self._elapsed_s + (self._real() - self._since) * self._speed

    @property
    def speed(self) -> float:
        return self._speed

    @property
    def is_paused(self) -> bool:
        return self._is_paused

    def now(self) -> datetime:
        """Return the simulated moment."""
        return self._shown or self._start + timedelta(seconds=self.elapsed_s)

    def monotonic(self) -> float:
        """Return simulated seconds; they never go back."""
        return self.elapsed_s

    def show(self, moment: datetime) -> None:
        """Have it be this moment until time goes on."""
        self._shown = moment

    def pause(self) -> None:
        self._turn(is_paused=True, speed=self._speed)

    def resume(self) -> None:
        self._shown = None
        self._turn(is_paused=False, speed=self._speed)

    def run_at(self, speed: float) -> None:
        self._turn(is_paused=self._is_paused, speed=_bounded(speed))

    def alarm(self, in_s: float, ring: Callable[[], None]) -> Callable[[], None]:
        """Have `ring` called in so many simulated seconds; return what calls that off."""
        return self._set(in_s, ring, is_short=False)

    async def sleep(self, seconds: float) -> None:
        """Wait so many simulated seconds."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        await self._wait(seconds, is_short=seconds < SHORT_S)

    async def sleep_until(self, elapsed_s: float) -> None:
        """Wait until so many simulated seconds have passed since the start."""
        if elapsed_s > self.elapsed_s:
            await self._wait(elapsed_s - self.elapsed_s, is_short=False)

    async def _wait(self, seconds: float, *, is_short: bool) -> None:
        rung = asyncio.Event()
        call_off = self._set(seconds, rung.set, is_short=is_short)
        try:
            await rung.wait()
        finally:
            call_off()

    def _set(self, in_s: float, ring: Callable[[], None], *, is_short: bool) -> Callable[[], None]:
        alarm = _Alarm(self.elapsed_s + in_s, ring, is_short=is_short)
        self._alarms.add(alarm)
        self._arm(alarm)

        def call_off() -> None:
            self._alarms.discard(alarm)
            _disarm(alarm)

        return call_off

    def _turn(self, *, is_paused: bool, speed: float) -> None:
        self._move_to(self.elapsed_s)
        self._is_paused, self._speed = is_paused, speed
        self._arm_all()

    def _move_to(self, elapsed_s: float) -> None:
        self._elapsed_s = max(elapsed_s, self.elapsed_s)
        self._since = self._real()

    def _arm_all(self) -> None:
        for alarm in self._alarms:
            _disarm(alarm)
            self._arm(alarm)

    def _arm(self, alarm: _Alarm) -> None:
        left_s = max(alarm.due - self.elapsed_s, 0.0)
        if self._is_paused and left_s and not alarm.is_short:
            return
        real_s = left_s if self._is_paused else left_s / self._speed
        alarm.handle = asyncio.get_running_loop().call_later(real_s, self._ring, alarm)

    def _ring(self, alarm: _Alarm) -> None:
        if self._is_paused:
            self._move_to(alarm.due)
        if self.elapsed_s < alarm.due:  # the loop's timers are coarser than this clock
            self._arm(alarm)
            return
        self._alarms.discard(alarm)
        alarm.ring()


def _disarm(alarm: _Alarm) -> None:
    if alarm.handle is not None:
        alarm.handle.cancel()
        alarm.handle = None


def _bounded(speed: float) -> float:
    return min(max(speed, SLOWEST), FASTEST)
