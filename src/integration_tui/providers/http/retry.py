"""What may be repeated is repeated, with growing delay and for a bounded time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import count
from typing import Final, TypeVar

from integration_tui.domain.config.policies import RetryPolicy
from integration_tui.domain.errors import RetryableError
from integration_tui.domain.provider import ProviderContext
from integration_tui.domain.retry import delay_s
from integration_tui.domain.waiting import counted_as_waiting

T = TypeVar("T")

_BASE_S: Final = 0.5
_MAX_S: Final = 30.0


async def with_retries(
    attempt: Callable[[], Awaitable[T]],
    policy: RetryPolicy,
    context: ProviderContext,
    *,
    may: Callable[[RetryableError], bool] = lambda _error: True,
    at_least_s: Callable[[], float] = lambda: 0.0,
) -> T:
    """Return what `attempt` returns, repeating it after each `RetryableError` that it `may`.

    Never sooner than the server asked for; where that is longer than `policy.max_wait_s`
    allows in all, the error is raised at once. `at_least_s` says how long to wait before a
    repeat in any case.
    """
    repeats = context.max_retries if policy.attempts is None else policy.attempts
    started = context.monotonic()
    for number in count(1):
        try:
            return await attempt()
        except RetryableError as error:
            wait_s = max(_wait_s(error, number, context), at_least_s())
            ends_at = context.monotonic() - started + wait_s
            if number > repeats or ends_at > policy.max_wait_s or not may(error):
                raise
        with counted_as_waiting():
            await context.sleep(wait_s)
    raise AssertionError("the loop ends by returning or raising")


def _wait_s(error: RetryableError, number: int, context: ProviderContext) -> float:
    jittered = delay_s(number, base_s=_BASE_S, max_s=_MAX_S, chance=context.chance)
    return (error.retry_after_s or 0.0) + jittered
