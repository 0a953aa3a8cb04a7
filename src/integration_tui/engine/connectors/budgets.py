"""Quotas that several connections of this process use up together, each kept to by one throttle."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakSet

import msgspec

from integration_tui.providers.http.rate_limiter import RateLimiter

if TYPE_CHECKING:
    from integration_tui.domain.clock import Monotonic, Sleep
    from integration_tui.domain.config.policies import RateLimitPolicy
    from integration_tui.domain.rate_limits import RateLimitHint, Throttle


class _Share:
    """A connection's part in a budget; it counts for as long as the connection holds it."""

    def __init__(self, limiter: RateLimiter) -> None:
        self._limiter = limiter

    async def acquire(self, *, patience_s: float) -> None:
        await self._limiter.acquire(patience_s=patience_s)

    def adapt(self, pace: RateLimitHint) -> None:
        self._limiter.adapt(pace)


class _Budget(msgspec.Struct, frozen=True):
    limiter: RateLimiter
    shares: WeakSet[_Share] = msgspec.field(default_factory=WeakSet[_Share])

    @property
    def is_over(self) -> bool:
        """Whether nobody has a part in it, and it would hold back nobody who comes."""
        return not self.shares and self.limiter.is_quiet


class BudgetPool:
    """Lends one throttle a key. A pause that a system asked for outlives who heard of it."""

    def __init__(self, monotonic: Monotonic, sleep: Sleep) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._budgets: dict[str, _Budget] = {}

    def __len__(self) -> int:
        return len(self._budgets)

    def lend(self, key: str, policy: RateLimitPolicy) -> Throttle:
        """Return a part in what all who name the same key share; see `LendThrottle`."""
        for name in [name for name, budget in self._budgets.items() if budget.is_over]:
            del self._budgets[name]
        if key not in self._budgets:
            limiter = RateLimiter(
                policy, host="the system", monotonic=self._monotonic, sleep=self._sleep
            )
            self._budgets[key] = _Budget(limiter)
        share = _Share(self._budgets[key].limiter)
        self._budgets[key].shares.add(share)
        return share
