"""Webhooks: a subscription at a provider, and the deliveries that come back."""

from datetime import datetime
from enum import StrEnum

import msgspec

from integration_tui.domain.ids import IntegrationId, SubscriptionId
from integration_tui.domain.secret import Secret
from integration_tui.domain.value import ContractValue


class WebhookEventStatus(StrEnum):
    """How far a delivery has come; quarantined ones wait for a person."""

    RECEIVED = "received"
    PROCESSING = "processing"
    PROCESSED = "processed"
    FAILED = "failed"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"


class Subscription(ContractValue, frozen=True, kw_only=True):
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


class SubscriptionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription, and who made it here and when; `None` where it was made by other means."""

    subscription: Subscription
    since: datetime | None = None
    made_by: str = ""


class WebhookSystem(msgspec.Struct, frozen=True, kw_only=True):
    """An integration as somebody who calls.

    `obstacle` says why it cannot be asked at all. `caution` says why it is not asked unless
    somebody wants it. `issues_secrets`: it signs with a secret of its own.
    """

    integration_id: IntegrationId
    provider: str
    obstacle: str = ""
    caution: str = ""
    issues_secrets: bool = False


class Delivery(ContractValue, frozen=True, kw_only=True):
    """One webhook as it came in; `event_id` is the sender's idempotency key."""

    event_id: str
    event_type: str
    sent_at: datetime
    body: bytes
