"""The connector of TimeBack: reads as OneRoster, writes, and webhook subscriptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from integration_tui.domain.ids import SubscriptionId
from integration_tui.domain.provider import ProviderContext, WriteOperation, WriteResult
from integration_tui.domain.secret import Secret
from integration_tui.domain.webhook import Delivery, Subscription
from integration_tui.providers.oneroster.connector import OneRosterConnector
from integration_tui.providers.timeback.config import TimeBackConfig
from integration_tui.providers.timeback.serializer import BeyondAiForm, LearnWithAiForm
from integration_tui.providers.timeback.webhooks_beyond_ai import BeyondAiWebhooks
from integration_tui.providers.timeback.webhooks_learnwith_ai import LearnWithAiWebhooks
from integration_tui.providers.timeback.writes import Writer


class TimeBackConnector(OneRosterConnector):
    """Behaves as `RosterProvider`, `BatchOperationProvider` and `WebhookProvider` say."""

    def __init__(self, config: TimeBackConfig, context: ProviderContext) -> None:
        super().__init__(config, context, product="TimeBack")
        is_beyond_ai = config.platform == "beyond_ai"
        webhooks = BeyondAiWebhooks if is_beyond_ai else LearnWithAiWebhooks
        self._webhooks = webhooks(config, context, self._line)
        self._writer = Writer(
            self._line,
            BeyondAiForm() if is_beyond_ai else LearnWithAiForm(),
            service_url=lambda: self._service.url,
            find=self._service.single,
            is_allowed=config.writes,
        )

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
