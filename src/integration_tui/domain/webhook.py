"""Webhooks: a subscription at a provider, and the deliveries that come back."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from integration_tui.domain.ids import IntegrationId, SubscriptionId
from integration_tui.domain.secret import Secret


class WebhookEventStatus(StrEnum):
    """How far a delivery has come; quarantined ones wait for a person."""

    RECEIVED = "received"
    PROCESSING = "processing"
    PROCESSED = "processed"
    FAILED = "failed"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What a provider was asked to send, and where to.

    `issued_secret` is there once, right after subscribing, where the provider signs with a
    secret of its own instead of ours.
    """

    id: SubscriptionId
    integration_id: IntegrationId
    url: str
    event_types: tuple[str, ...]
    active: bool = True
    issued_secret: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One webhook as it came in; `event_id` is the sender's idempotency key."""

    event_id: str
    event_type: str
    sent_at: datetime
    body: bytes
