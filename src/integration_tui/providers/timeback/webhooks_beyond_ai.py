"""BeyondAI's webhooks: at the host of Caliper events, narrowed by filters, signed with our secret.

Sources: BeyondAI's Webhooks API, https://docs.timeback.com, which calls a filter's operator
`filterOperation`, and its SDK (timeback-webhooks 0.4.1), which calls it `filterOperator`: that is
sent, both are read.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

import msgspec

from integration_tui.domain.errors import CredentialsError, ProviderError, RecordError, UsageError
from integration_tui.domain.ids import SubscriptionId
from integration_tui.domain.secret import Secret
from integration_tui.domain.webhook import Delivery, Subscription
from integration_tui.providers.http.json_decoding import read_json
from integration_tui.providers.timeback.webhooks import TimebackWebhooks, listed, subscription_id
from integration_tui.providers.webhook_signatures import require_recent

_NAME: Final = "integration-tui"
_SIGNATURE: Final = "x-timeback-signature"
_KIND: Final = "sha256="
_BEARER: Final = "bearer "
_ADVICE: Final = "check that both sides hold the same webhook secret"
_EVENT_TYPE: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_ANY_OF: Final = re.compile(r"\^\(([A-Za-z0-9]+(?:\|[A-Za-z0-9]+)*)\)\$")


class _Filter(msgspec.Struct, rename="camel"):
    webhook_id: str | None = None
    filter_key: str | None = None
    filter_value: object = None
    filter_operator: str | None = None
    filter_operation: str | None = None
    active: bool | None = None
    deleted_at: str | None = None
    deleted: str | None = msgspec.field(name="deleted_at", default=None)

    @property
    def event_types(self) -> tuple[str, ...]:
        """Return the types of events that pass; another kind of filter is told as it is."""
        operator = self.filter_operator or self.filter_operation or "eq"
        value = str(self.filter_value)
        any_of = _ANY_OF.fullmatch(value) if operator == "regexp" else None
        if self.filter_key == "type" and any_of is not None:
            return tuple(any_of[1].split("|"))
        if self.filter_key == "type" and operator == "eq":
            return (value,)
        return (f"{self.filter_key} {operator} {value}",)


class _Filters(msgspec.Struct):
    filters: tuple[_Filter, ...] = ()


class BeyondAiWebhooks(TimebackWebhooks):
    """Behaves as `WebhookProvider` says."""

    async def subscribe(self, url: str, event_types: Sequence[str], secret: Secret) -> Subscription:
        self.require_reachable(url)
        _require_words(event_types)
        body = {
            "name": _NAME,
            "targetUrl": url,
            "secret": secret.reveal(),
            # With a filter it is switched on last, so that nothing comes unfiltered.
            "active": not event_types,
            "description": f"for {self.context.integration_id}",
        }
        hook = await self.make(f"{self._base}/", body, secret.reveal())
        if event_types:
            try:
                await self._narrow(subscription_id(hook), event_types)
            except ProviderError as error:
                raise await self.undo(self._base, hook, error) from error
        hook.active = True
        return self.to_subscription(hook, event_types)

    async def unsubscribe(self, subscription_id: SubscriptionId) -> None:
        await self.remove(self._base, subscription_id)

    async def subscriptions(self) -> list[Subscription]:
        answer, request = await self.line.read(f"{self._base}/")
        hooks = listed(answer, request)
        if not hooks:
            return []
        types = await self._types()
        return [self.to_subscription(hook, types.get(hook.id or "", ())) for hook in hooks]

    def verify(self, headers: Mapping[str, str], body: bytes, secret: Secret) -> Delivery:
        """Check who sent a delivery, and its age where it tells one.

        Unverified: how BeyondAI signs is not documented. What is taken is what one application
        that receives them expects: `X-TimeBack-Signature: sha256=` with the hexadecimal HMAC of
        the body, or `Authorization: Bearer` with the secret. Of those that are there, each must
        fit. The age is that of `sendTime`, if the body has one; who asks takes an event once.
        """
        lowered = {name.lower(): value for name, value in headers.items()}
        _require_proof(lowered, body, secret.reveal().encode())
        event, now = _event(body), self.context.clock()
        sent_at = _moment(event.send_time)
        if sent_at is not None:
            require_recent(sent_at, now=now, tolerance_s=self.config.webhook.tolerance_s)
        return Delivery(event_id=event.id, event_type=event.type, sent_at=sent_at or now, body=body)

    @property
    def _base(self) -> str:
        return f"{self.config.webhooks_address}/webhooks"

    @property
    def _filters(self) -> str:
        return f"{self.config.webhooks_address}/webhook-filters"

    async def _narrow(self, hook: str, event_types: Sequence[str]) -> None:
        is_one = len(event_types) == 1
        body = {
            "webhookId": hook,
            "filterKey": "type",
            "filterType": "string",
            # Whether several filters widen or narrow is not documented: there is only one.
            "filterOperator": "eq" if is_one else "regexp",
            "filterValue": event_types[0] if is_one else f"^({'|'.join(event_types)})$",
            "active": True,
        }
        await self.line.write("POST", f"{self._filters}/", body, repeatable=False)
        url = f"{self._base}/{quote(hook, safe='')}/activate"
        await self.line.write("PUT", url, repeatable=True)

    async def _types(self) -> Mapping[str, Sequence[str]]:
        answer, request = await self.line.read(f"{self._filters}/")
        found: dict[str, list[str]] = {}
        for _filter in read_json(answer, request, _Filters).filters:
            if _filter.active is not False and not (_filter.deleted_at or _filter.deleted):
                found.setdefault(_filter.webhook_id or "", []).extend(_filter.event_types)
        return found


def _require_words(event_types: Sequence[str]) -> None:
    for type_ in event_types:
        if not _EVENT_TYPE.fullmatch(type_):
            raise UsageError(
                "a type of Caliper event is one word", advice="write it as ActivityEvent"
            )


def _require_proof(lowered: Mapping[str, str], body: bytes, key: bytes) -> None:
    if not key:
        raise CredentialsError("the webhook secret is empty", advice="set one of 24 bytes or more")
    digest = hmac.new(key, body, hashlib.sha256).hexdigest().encode()
    signature, bearer = lowered.get(_SIGNATURE), lowered.get("authorization")
    fits: list[bool] = []
    if signature is not None:
        fits.append(hmac.compare_digest(digest, _bytes(signature.removeprefix(_KIND))))
    if bearer is not None:
        is_bearer = bearer.lower().startswith(_BEARER)
        fits.append(is_bearer and hmac.compare_digest(key, _bytes(bearer[len(_BEARER) :])))
    if not fits:
        raise CredentialsError("the delivery is not signed", advice=_ADVICE)
    if not all(fits):
        raise CredentialsError("the signature of the delivery does not fit", advice=_ADVICE)


def _bytes(text: str) -> bytes:
    """Headers are a stranger's: lone surrogates must neither raise nor become equal."""
    return text.encode("utf-8", "surrogatepass")


class _Event(msgspec.Struct, rename="camel"):
    id: str = ""
    type: str = ""
    send_time: str | None = None


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


def _moment(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
