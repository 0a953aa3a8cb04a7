"""Webhook subscriptions of TimeBack's two platforms. They carry Caliper events, no rosters.

Sources: BeyondAI's SDK (timeback-common 0.4.0), which names no signature; LearnWithAI's
documentation, https://docs.platform.timeback.com/integration/webhooks, whose secrets are those
of Standard Webhooks. Neither could be tried on the real platform.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Final, Protocol
from urllib.parse import quote, urlsplit

import msgspec

from integration_tui.domain.errors import (
    ConfigError,
    CredentialsError,
    IncompatibleError,
    RecordError,
    RemoteNotFoundError,
    UsageError,
)
from integration_tui.domain.fields import is_loopback
from integration_tui.domain.ids import SubscriptionId
from integration_tui.domain.provider import ProviderContext
from integration_tui.domain.secret import Secret
from integration_tui.domain.webhook import Delivery, Subscription
from integration_tui.providers.http.decode import read_json
from integration_tui.providers.http.line import Line
from integration_tui.providers.http.messages import Answer, Request
from integration_tui.providers.standard_webhooks import verified
from integration_tui.providers.timeback.config import TimeBackConfig

_NAME: Final = "integration-tui"
_SIGNATURE: Final = "x-timeback-signature"
_KIND: Final = "sha256="
_ADVICE: Final = "check that both sides hold the same webhook secret"


class Webhooks(Protocol):
    """What both platforms can do, as `WebhookProvider` says."""

    async def subscribe(
        self, url: str, event_types: Sequence[str], secret: Secret
    ) -> Subscription: ...

    async def unsubscribe(self, subscription_id: SubscriptionId) -> None: ...

    async def subscriptions(self) -> list[Subscription]: ...

    def verify(self, headers: Mapping[str, str], body: bytes, secret: Secret) -> Delivery: ...


def webhooks_of(config: TimeBackConfig, context: ProviderContext, line: Line) -> Webhooks:
    """Return the webhooks of a config's platform. Sends nothing."""
    kind = _BeyondAi if config.platform == "beyond_ai" else _LearnWithAi
    return kind(config, context, line)


class _Hook(msgspec.Struct, rename="camel"):
    """One subscription as either platform spells it."""

    id: str = ""
    sourced_id: str = ""
    target_url: str = ""
    url: str = ""
    active: bool = True
    status: str = "active"
    event_types: tuple[str, ...] = ()
    signing_secret: str = ""


class _Listed(msgspec.Struct):
    webhook: _Hook | None = None
    webhooks: tuple[_Hook, ...] = ()
    subscription: _Hook | None = None
    subscriptions: tuple[_Hook, ...] = ()


class _Platform:
    """What the two have in common."""

    def __init__(self, config: TimeBackConfig, context: ProviderContext, line: Line) -> None:
        self._config = config
        self._context = context
        self._line = line

    def _told(self, hook: _Hook, *, issued: bool = False) -> Subscription:
        return Subscription(
            id=SubscriptionId(hook.id or hook.sourced_id),
            integration_id=self._context.integration_id,
            url=hook.target_url or hook.url,
            event_types=hook.event_types,
            active=hook.active and hook.status == "active",
            issued_secret=Secret(hook.signing_secret) if issued and hook.signing_secret else None,
        )

    async def _gone(self, url: str) -> None:
        try:
            await self._line.write("DELETE", url, repeatable=True)
        except RemoteNotFoundError:
            return  # it was not there, which is what is wanted


class _BeyondAi(_Platform):
    """Webhooks at the host of Caliper events; a filter says which types of events."""

    async def subscribe(self, url: str, event_types: Sequence[str], secret: Secret) -> Subscription:
        _require_reachable(url)
        body = {
            "name": _NAME,
            "targetUrl": url,
            "secret": secret.reveal(),
            "active": True,
            "description": f"for {self._context.integration_id}",
        }
        answer, request = await self._line.write(
            "POST", f"{self._base}/", body, repeatable=False, secrets=(secret.reveal(),)
        )
        hook = _one(answer, request)
        for event_type in event_types:
            await self._only(hook.id or hook.sourced_id, event_type)
        return self._told(msgspec.structs.replace(hook, event_types=tuple(event_types)))

    async def _only(self, hook: str, event_type: str) -> None:
        body = {
            "webhookId": hook,
            "filterKey": "type",
            "filterType": "string",
            "filterOperator": "eq",
            "filterValue": event_type,
            "active": True,
        }
        url = f"{self._config.webhooks_address}/webhook-filters/"
        await self._line.write("POST", url, body, repeatable=False)

    async def unsubscribe(self, subscription_id: SubscriptionId) -> None:
        await self._gone(f"{self._base}/{quote(subscription_id, safe='')}")

    async def subscriptions(self) -> list[Subscription]:
        answer, request = await self._line.read(f"{self._base}/")
        return [self._told(one) for one in _all(answer, request)]

    def verify(self, headers: Mapping[str, str], body: bytes, secret: Secret) -> Delivery:
        """Check the HMAC of the body. How BeyondAI signs is not documented; see the module."""
        lowered = {name.lower(): value for name, value in headers.items()}
        offered = lowered.get(_SIGNATURE, "").removeprefix(_KIND)
        expected = hmac.new(secret.reveal().encode(), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected.encode(), offered.encode("utf-8", "surrogatepass")):
            raise CredentialsError("the signature of the delivery does not fit", advice=_ADVICE)
        event = _event(body)
        # There is no moment to check the age by: who asks takes each event once, by its id.
        return Delivery(
            event_id=event.id, event_type=event.type, sent_at=self._context.clock(), body=body
        )

    @property
    def _base(self) -> str:
        return f"{self._config.webhooks_address}/webhooks"


class _LearnWithAi(_Platform):
    """Subscriptions of an application; the platform signs with a secret of its own."""

    async def subscribe(self, url: str, event_types: Sequence[str], secret: Secret) -> Subscription:  # noqa: ARG002 - the platform makes its own
        _require_reachable(url)
        body = {"url": url, "eventTypes": [*event_types]}
        answer, request = await self._line.write("POST", self._base, body, repeatable=False)
        return self._told(_one(answer, request), issued=True)

    async def unsubscribe(self, subscription_id: SubscriptionId) -> None:
        await self._gone(f"{self._base}/{quote(subscription_id, safe='')}")

    async def subscriptions(self) -> list[Subscription]:
        answer, request = await self._line.read(self._base)
        return [self._told(one) for one in _all(answer, request)]

    def verify(self, headers: Mapping[str, str], body: bytes, secret: Secret) -> Delivery:
        return verified(headers, body, secret, now=self._context.clock())

    @property
    def _base(self) -> str:
        if not self._config.app_id:
            raise ConfigError(
                f"{self._config.name} has no app_id", advice="write the id of your application"
            )
        return f"{self._config.webhooks_address}/webhooks/1.0/{self._config.app_id}/subscriptions"


def _require_reachable(url: str) -> None:
    parts = urlsplit(url)
    is_here = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not (is_here or parts.scheme == "https") or not parts.hostname:
        raise UsageError(
            "a webhook's address must begin with https://", advice="give one that TimeBack reaches"
        )


def _one(answer: Answer, request: Request) -> _Hook:
    listed = read_json(answer, request, _Listed, is_secret=True)
    hook = listed.webhook or listed.subscription
    hook = hook or read_json(answer, request, _Hook, is_secret=True)
    if not (hook.id or hook.sourced_id):
        raise IncompatibleError(
            f"{answer.host} does not say the id of the subscription",
            advice="look there whether it was made",
        )
    return hook


def _all(answer: Answer, request: Request) -> Sequence[_Hook]:
    if answer.body.lstrip()[:1] == b"[":
        return read_json(answer, request, tuple[_Hook, ...], is_secret=True)
    listed = read_json(answer, request, _Listed, is_secret=True)
    return listed.webhooks or listed.subscriptions


class _Event(msgspec.Struct):
    id: str = ""
    type: str = ""


def _event(body: bytes) -> _Event:
    try:
        event = msgspec.json.decode(body, type=_Event)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        event = _Event()
    if not event.id:
        raise RecordError(
            "the delivery is signed, but is no event: it has no id",
            advice="it is skipped; tell TimeBack",
        )
    return event
