"""The connector of TimeBack: reads as OneRoster, writes, and webhook subscriptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from integration_tui.domain.ids import SubscriptionId
from integration_tui.domain.provider import ProviderContext, WriteOperation, WriteResult
from integration_tui.domain.secret import Secret
from integration_tui.domain.webhook import Delivery, Subscription
from integration_tui.providers.oneroster.connector import OneRosterConnector
from integration_tui.providers.timeback.config import TimeBackConfig
from integration_tui.providers.timeback.webhooks import webhooks_of
from integration_tui.providers.timeback.writes import Writer


class TimeBackConnector(OneRosterConnector):
    """Behaves as `RosterProvider`, `BatchOperationProvider` and `WebhookProvider` say."""

    def __init__(self, config: TimeBackConfig, context: ProviderContext) -> None:
        super().__init__(config, context, product="TimeBack")
        self._writer = Writer(self._line, lambda: self._service.url, is_allowed=config.writes)
        self._webhooks = webhooks_of(config, context, self._line)

    async def write(
        self, operations: Sequence[WriteOperation], *, dry_run: bool = False
    ) -> list[WriteResult]:
        return await self._writer.write(operations, dry_run=dry_run)

    async def subscribe(self, url: str, event_types: Sequence[str], secret: Secret) -> Subscription:
        return await self._webhooks.subscribe(url, event_types, secret)

    async def unsubscribe(self, subscription_id: SubscriptionId) -> None:
        await self._webhooks.unsubscribe(subscription_id)

    async def subscriptions(self) -> list[Subscription]:
        return await self._webhooks.subscriptions()

    def verify(self, headers: Mapping[str, str], body: bytes, secret: Secret) -> Delivery:
        return self._webhooks.verify(headers, body, secret)
