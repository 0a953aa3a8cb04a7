"""At most so many requests in a period, spread without bursts beyond it."""

from __future__ import annotations

from typing import Final

from integration_tui.domain.policies import RateLimitPolicy
from integration_tui.domain.time import Monotonic, Sleep

_NEVER: Final = float("-inf")
_SOON_S: Final = 0.001
"""Shorter waits are not worth a turn of the loop."""


class Throttle:
    """The generic cell rate algorithm: one number says when the next request would be due."""

    def __init__(self, policy: RateLimitPolicy, *, monotonic: Monotonic, sleep: Sleep) -> None:
        self._step_s = policy.period_s / policy.requests
        self._burst_s = policy.period_s - self._step_s
        self._monotonic = monotonic
        self._sleep = sleep
        self._due = _NEVER

    async def turn(self) -> None:
        """Wait until a request may be sent."""
        now = self._monotonic()
        due = max(self._due, now)
        # Taken before sleeping, so that those who come meanwhile queue behind.
        self._due = due + self._step_s
        if (wait_s := due - self._burst_s - now) > _SOON_S:
            await self._sleep(wait_s)
