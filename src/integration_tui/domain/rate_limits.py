"""How a system's rate limit is kept to by everything in this process that it counts together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from integration_tui.domain.config.policies import RateLimitPolicy


class RateLimitHint(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer says about how soon to ask again.

    In the next `pause_s` seconds nothing may be sent; then one request each `step_s` for `slow_s`.
    `alone`: so little is left that only one request may be under way.
    """

    pause_s: float = 0.0
    step_s: float = 0.0
    slow_s: float = 0.0
    alone: bool = False


class Throttle(Protocol):
    """Spreads the requests of all who share it."""

    async def acquire(self, *, patience_s: float) -> None:
        """Wait until a request may be sent.

        Raises `ThrottledError` where the system asked for a pause that ends later than
        `patience_s` from now.
        """
        ...

    def adapt(self, pace: RateLimitHint) -> None:
        """Take in what an answer says about the pace."""
        ...


LendThrottle = Callable[[str, "RateLimitPolicy"], Throttle]
"""Returns what all who name the same key share; the policy is that of whoever names it first."""


class _Unlimited:
    async def acquire(self, *, patience_s: float) -> None:
        """Do not wait."""

    def adapt(self, pace: RateLimitHint) -> None:
        """Take no notice."""


def unshared(_key: str, _policy: RateLimitPolicy) -> Throttle:
    """Share nothing: each connection keeps to the rate limit of its config alone."""
    return _Unlimited()
