"""LearnWithAI's webhooks: subscriptions of an application, signed with the platform's secret.

Source: https://docs.platform.timeback.com/integration/webhooks. The secrets begin with `whsec_`,
as those of Standard Webhooks do; that deliveries are signed as that says is inferred from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from integration_tui.domain.errors import ConfigError, IncompatibleError, UsageError
from integration_tui.domain.ids import SubscriptionId
from integration_tui.domain.secret import Secret
from integration_tui.domain.value import replace
from integration_tui.domain.webhook import Delivery, Subscription
from integration_tui.providers.timeback.webhooks import (
    TimebackWebhooks,
    is_raw_address,
    keep_secret,
    listed,
    subscription_id,
)
from integration_tui.providers.webhook_signatures import verified


class LearnWithAiWebhooks(TimebackWebhooks):
    """Behaves as `WebhookProvider` says; `issued_secret` is there once, after subscribing."""

    async def subscribe(self, url: str, event_types: Sequence[str], secret: Secret) -> Subscription:  # noqa: ARG002 - the platform makes its own
        base = self._base
        self.require_reachable(url)
        _require_accepted(url, event_types)
        hook = await self.make(base, {"url": url, "eventTypes": [*event_types]})
        issued = keep_secret(hook)
        if issued is None:
            cause = IncompatibleError(
                f"{self.config.name} does not tell the secret of the subscription "
                f"{subscription_id(hook)}",
                advice="no delivery could be believed; ask TimeBack",
            )
            raise await self.undo(base, hook, cause)
        return replace(
            self.to_subscription(hook, hook.event_types or event_types), issued_secret=issued
        )

    async def unsubscribe(self, subscription_id: SubscriptionId) -> None:
        await self.remove(self._base, subscription_id)

    async def subscriptions(self) -> list[Subscription]:
        answer, request = await self.line.read(self._base)
        return [
            self.to_subscription(timeback_subscription, timeback_subscription.event_types or ())
            for timeback_subscription in listed(answer, request)
        ]

    def verify(self, headers: Mapping[str, str], body: bytes, secret: Secret) -> Delivery:
        tolerance_s = self.config.webhook.tolerance_s
        return verified(headers, body, secret, now=self.context.clock(), tolerance_s=tolerance_s)

    @property
    def _base(self) -> str:
        if not self.config.app_id:
            raise ConfigError(
                f"{self.config.name} has no app_id", advice="write the id of your application"
            )
        return f"{self.config.webhooks_address}/webhooks/1.0/{self.config.app_id}/subscriptions"


def _require_accepted(url: str, event_types: Sequence[str]) -> None:
    """Refuse what the platform refuses, or what it would never deliver."""
    if url.startswith("https:") and is_raw_address(url):
        raise UsageError(
            "LearnWithAI sends to no IP address", advice="give a domain name in the address"
        )
    if not event_types:
        raise UsageError(
            "LearnWithAI delivers only events that are named",
            advice="name at least one, such as insight.created",
        )
