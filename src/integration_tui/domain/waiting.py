"""How long a call waits of our own will, so that it is not taken for the other side's slowness.

A meter hangs on the context of the call that is measured, and so on all tasks that it starts:
whoever waits need not know who measures.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from integration_tui.domain.clock import Monotonic


class WaitMeter:
    """Seconds in which at least one part of a call waited."""

    def __init__(self, monotonic: Monotonic) -> None:
        self._monotonic = monotonic
        self._waiting = 0
        self._since = 0.0
        self._over_s = 0.0

    @property
    def waited_s(self) -> float:
        """The sum until now, a wait that goes on included."""
        running_s = self._monotonic() - self._since if self._waiting else 0.0
        return self._over_s + running_s

    @contextmanager
    def waiting(self) -> Generator[None]:
        """Count this block."""
        if not self._waiting:
            self._since = self._monotonic()
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._over_s += self._monotonic() - self._since


def with_waiting(detail: str, waited_s: float) -> str:
    """Return what came of a call, and how long it waited where that is worth a word."""
    if waited_s < _WORTH_TELLING_S:
        return detail
    waited = f"waited {waited_s:.0f} s for the rate limit"
    return f"{detail}; {waited}" if detail else waited


_WORTH_TELLING_S: Final = 1.0
_meter: Final[ContextVar[WaitMeter | None]] = ContextVar("wait_meter", default=None)


@contextmanager
def measured_waiting(monotonic: Monotonic) -> Generator[WaitMeter]:
    """Measure what is called in this block, also in tasks that are made in it."""
    meter = WaitMeter(monotonic)
    token = _meter.set(meter)
    try:
        yield meter
    finally:
        _meter.reset(token)


@contextmanager
def counted_as_waiting() -> Generator[None]:
    """Tell whoever measures the call that this block only waits."""
    meter = _meter.get()
    if meter is None:
        yield
        return
    with meter.waiting():
        yield
