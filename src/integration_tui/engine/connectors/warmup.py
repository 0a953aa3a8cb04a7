"""The first calls over a connection, where the system asks for patience before it gives anything.

An engine that keeps a connection comes back by itself; whoever waits for one now has nobody who
does, and gave up at the first 429.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.config.policies import RetryPolicy
from integration_tui.domain.errors import RetryableError, ThrottledError
from integration_tui.engine.connectors.factory import ConnectorFactory
from integration_tui.providers.http.config import HttpConfig
from integration_tui.providers.http.retry import with_retries

T = TypeVar("T")


async def retry_when_rate_limited(
    call: Callable[[], Awaitable[T]], config: ProviderConfig, factory: ConnectorFactory
) -> T:
    """Return what `call` returns; where it is asked to wait, wait and call again.

    So often and so long in all as the config's `retry` says. Raises as `call`.
    """
    policy = config.retry if isinstance(config, HttpConfig) else RetryPolicy()
    return await with_retries(call, policy, factory.context(config), may=_asks_for_patience)


def _asks_for_patience(error: RetryableError) -> bool:
    return isinstance(error, ThrottledError) or error.retry_after_s is not None
