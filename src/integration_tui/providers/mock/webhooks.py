"""Subscriptions, and the signed deliveries that the district would send for its changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from weakref import WeakKeyDictionary

import msgspec

from integration_tui.domain.errors import ProviderError
from integration_tui.domain.ids import IntegrationId, SubscriptionId
from integration_tui.domain.paging import Cursor
from integration_tui.domain.provider import ProviderContext, RemoteChange
from integration_tui.domain.roster import Collection
from integration_tui.domain.secret import Secret, SecretResolver
from integration_tui.domain.webhook import Delivery, Subscription
from integration_tui.providers.mock.district import District
from integration_tui.providers.mock.network import SimulatedNetwork
from integration_tui.providers.mock.realtime import changes_since
from integration_tui.providers.webhook_signatures import signed_headers, verified

MOST: Final = 100
"""So many subscriptions an integration may have."""
_NOUNS: Final = {
    Collection.ORGS: "org",
    Collection.ACADEMIC_SESSIONS: "academic_session",
    Collection.COURSES: "course",
    Collection.CLASSES: "class",
    Collection.USERS: "user",
    Collection.ENROLLMENTS: "enrollment",
}


class SignedDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """One request that the district would make: POST `body` with `headers` to `url`."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    cursor: Cursor


class _Books(msgspec.Struct):
    """What one district was asked to send. A secret is kept to sign with."""

    kept: dict[SubscriptionId, tuple[Subscription, Secret]] = msgspec.field(
        default_factory=dict[SubscriptionId, tuple[Subscription, Secret]]
    )
    made: int = 0


# The host lends all its connectors the same resolver, so that stands for the running program.
_PROGRAMS: WeakKeyDictionary[SecretResolver, dict[IntegrationId, _Books]] = WeakKeyDictionary()


class MockWebhooks:
    """Subscriptions outlive the connector, as those of a server do, but not the program."""

    def __init__(
        self,
        context: ProviderContext,
        *,
        district: District,
        line: SimulatedNetwork,
        tolerance_s: int,
    ) -> None:
        self._context = context
        self._tolerance_s = tolerance_s
        self._district = district
        self._line = line
        program = _PROGRAMS.setdefault(context.secret, {})
        self._books = program.setdefault(context.integration_id, _Books())

    async def subscribe(self, url: str, event_types: Sequence[str], secret: Secret) -> Subscription:
        """As `WebhookProvider.subscribe`; no event types means all, `user.*` those of users."""
        await self._line.request(repeats=self._context.max_retries)
        if len(self._books.kept) >= MOST:
            raise ProviderError(
                f"{self._line.address} has {MOST} subscriptions, the maximum",
                advice="delete an unused subscription",
            )
        self._books.made += 1
        subscription = Subscription(
            id=SubscriptionId(f"sub-{self._books.made:06d}"),
            integration_id=self._context.integration_id,
            url=url,
            event_types=tuple(event_types),
        )
        self._books.kept[subscription.id] = (subscription, secret)
        return subscription

    async def unsubscribe(self, subscription_id: SubscriptionId) -> None:
        """Take a subscription away; one that is not there is no error."""
        await self._line.request(repeats=self._context.max_retries)
        self._books.kept.pop(subscription_id, None)

    async def subscriptions(self) -> list[Subscription]:
        await self._line.request(repeats=self._context.max_retries)
        return [subscription for subscription, _secret in self._books.kept.values()]

    def verify(self, headers: Mapping[str, str], body: bytes, secret: Secret) -> Delivery:
        """As `WebhookProvider.verify`."""
        now, tolerance_s = self._context.clock(), self._tolerance_s
        return verified(headers, body, secret, now=now, tolerance_s=tolerance_s)

    def deliveries(self, after: Cursor) -> Iterator[SignedDelivery]:
        """Yield what is due for the changes behind `after` up to now, signed as of now.

        The same change has the same id each time, as a delivery that is sent again has.
        """
        for change in changes_since(self._district, after, until=self._context.clock()):
            event_type = _event_type(change)
            for subscription, secret in self._books.kept.values():
                if _wants(subscription, event_type):
                    yield self._signed(subscription, secret, change)

    def _signed(
        self, subscription: Subscription, secret: Secret, change: RemoteChange
    ) -> SignedDelivery:
        event_id = f"msg_{subscription.id}_{change.cursor}"
        body = msgspec.json.encode(
            {
                "type": _event_type(change),
                "timestamp": change.at,
                "data": {"collection": change.collection, "sourced_id": change.sourced_id},
            }
        )
        headers = signed_headers(event_id, self._context.clock(), body, secret)
        return SignedDelivery(
            url=subscription.url, headers=headers, body=body, cursor=change.cursor
        )


def _event_type(change: RemoteChange) -> str:
    return f"{_NOUNS[change.collection]}.{'deleted' if change.deleted else 'changed'}"


def _wants(subscription: Subscription, event_type: str) -> bool:
    family = f"{event_type.partition('.')[0]}.*"
    return not subscription.event_types or bool({event_type, family} & {*subscription.event_types})
