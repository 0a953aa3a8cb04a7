"""At most so many requests in a period, spread without bursts beyond it; slower where told."""

from __future__ import annotations

import math
from typing import Final

from integration_tui.domain.clock import Monotonic, Sleep
from integration_tui.domain.config.policies import RateLimitPolicy
from integration_tui.domain.errors import ThrottledError
from integration_tui.domain.rate_limits import RateLimitHint
from integration_tui.domain.waiting import counted_as_waiting

_NEVER: Final = -math.inf
_SOON_S: Final = 0.001
"""Shorter waits are not worth a turn of the loop."""


class RateLimiter:
    """The generic cell rate algorithm: one number says when the next request would be due.

    A pause moves that number behind the pause, and takes the burst away, so that those who
    waited do not all ask at once when it ends.
    """

    def __init__(
        self, policy: RateLimitPolicy, *, host: str, monotonic: Monotonic, sleep: Sleep
    ) -> None:
        self._step_s = policy.period_s / policy.requests
        self._burst_s = policy.period_s - self._step_s
        self._host = host
        self._monotonic = monotonic
        self._sleep = sleep
        self._due = _NEVER
        self._paused_until = _NEVER
        self._slow_step_s = 0.0
        self._slow_until = _NEVER

    async def acquire(self, *, patience_s: float = math.inf) -> None:
        """Wait until a request may be sent.

        Raises `ThrottledError` where the server asked for a pause that ends later than
        `patience_s` from now.
        """
        while True:
            self._require_soon(patience_s)
            wait_s, paused_until = self._reserved(), self._paused_until
            if wait_s <= _SOON_S:
                return
            with counted_as_waiting():
                await self._sleep(wait_s)
            if self._paused_until == paused_until:
                return

    def adapt(self, pace: RateLimitHint) -> None:
        """Take in what an answer says about the pace."""
        now = self._monotonic()
        if (until := now + pace.pause_s) > max(self._paused_until, now):
            self._paused_until = until
            self._due = max(self._due, until + self._burst_s)
        self._slow_until = _NEVER
        if pace.step_s > self._step_s:
            self._slow_step_s, self._slow_until = pace.step_s, now + pace.slow_s
            self._due = max(self._due, now + self._burst_s)

    @property
    def is_quiet(self) -> bool:
        """Whether it would hold nobody back: forgetting it would change nothing."""
        return max(self._due, self._paused_until, self._slow_until) <= self._monotonic()

    def _reserved(self) -> float:
        """Take the next turn, and return how far away it is."""
        now = self._monotonic()
        # Taken before sleeping, so that those who come meanwhile queue behind.
        due = max(self._due, now)
        at = due - self._burst_s
        self._due = due + self._step_s
        if at < self._slow_until:
            slow = min(at + self._slow_step_s, self._slow_until)
            self._due = max(self._due, slow + self._burst_s)
        return at - now

    def _require_soon(self, patience_s: float) -> None:
        left_s = self._paused_until - self._monotonic()
        if left_s > patience_s:
            raise ThrottledError(
                f"{self._host} asked for a pause, {left_s:.0f} s of it are left",
                advice="requests resume after the pause",
                retry_after_s=left_s,
                unprocessed=True,
            )
