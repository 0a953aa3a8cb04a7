"""Asks systems for webhooks, over lines of their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeGuard

from integration_tui.domain.errors import ProviderError
from integration_tui.domain.provider import Capability, WebhookProvider
from integration_tui.domain.webhook import Subscription

if TYPE_CHECKING:
    from integration_tui.domain.config.document import ProviderConfig
    from integration_tui.domain.ids import SubscriptionId
    from integration_tui.domain.secret import Secret
    from integration_tui.engine.connectors.pool import ConnectionPool


class WebhookCalls:
    """Raises only `ConsoleError`s; `UsageError` where a type of system has no webhooks."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    def has_any(self, config: ProviderConfig) -> bool:
        """Return whether its type of system has webhooks. Raises where the type cannot be used."""
        return Capability.WEBHOOK in self._pool.factory.spec(config).capabilities

    async def subscriptions(self, config: ProviderConfig) -> list[Subscription]:
        """Return what a system was asked to send."""
        found = await self._ask(config, lambda webhook_provider: webhook_provider.subscriptions())
        if not _are_subscriptions(found):
            raise _lie(found)
        return found

    async def subscribe(
        self, config: ProviderConfig, url: str, event_types: Sequence[str], secret: Secret
    ) -> Subscription:
        """Ask a system to call `url`, and to sign with `secret` or with one of its own."""
        found = await self._ask(
            config, lambda webhook_provider: webhook_provider.subscribe(url, event_types, secret)
        )
        if not isinstance(found, Subscription):
            raise _lie(found)
        return found

    async def unsubscribe(self, config: ProviderConfig, subscription_id: SubscriptionId) -> None:
        """Take a subscription away; one that is not there is no error."""
        await self._ask(
            config, lambda webhook_provider: webhook_provider.unsubscribe(subscription_id)
        )

    async def _ask(
        self, config: ProviderConfig, call: Callable[[WebhookProvider], Awaitable[object]]
    ) -> object:
        factory = self._pool.factory
        timeout_s = factory.page_timeout_s(config)
        try:
            async with self._pool.temporary(config) as line:
                await factory.retry_when_rate_limited(
                    lambda: line.connect(timeout_s=timeout_s), config
                )
                return await line.subscribe(call, timeout_s=timeout_s)
        finally:
            await self._pool.settled()


def _are_subscriptions(found: object) -> TypeGuard[list[Subscription]]:
    return isinstance(found, list)


def _lie(found: object) -> ProviderError:
    return ProviderError(
        f"its connector failed: webhooks returned {type(found).__name__}",
        advice="bug in the connector; report it to its maintainers",
    )
