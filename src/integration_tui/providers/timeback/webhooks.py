"""Webhook subscriptions of TimeBack's two platforms. They carry learning events, no rosters.

Sources: BeyondAI's Webhooks API (https://docs.timeback.com) and SDK (timeback-webhooks 0.4.1);
LearnWithAI's page https://docs.platform.timeback.com/integration/webhooks. Neither could be tried
on the real platform.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

import msgspec

from integration_tui.domain.config.types import is_loopback
from integration_tui.domain.errors import (
    IncompatibleError,
    ProviderError,
    RemoteNotFoundError,
    RetryableError,
    UsageError,
)
from integration_tui.domain.ids import SubscriptionId
from integration_tui.domain.provider import ProviderContext
from integration_tui.domain.secret import Secret
from integration_tui.domain.text import visible
from integration_tui.domain.webhook import Subscription
from integration_tui.providers.http.json_decoding import read_json
from integration_tui.providers.http.models import Request, Response
from integration_tui.providers.http.session import HttpSession
from integration_tui.providers.timeback.config import TimeBackConfig

_ON: Final = frozenset({None, "", "active"})


class TimebackSubscription(msgspec.Struct, rename="camel"):
    """One subscription as either platform spells it; what is not told may be null."""

    id: str | None = None
    target_url: str | None = None
    url: str | None = None
    active: bool | None = None
    status: str | None = None
    event_types: tuple[str, ...] | None = None
    signing_secret: str | None = None
    deleted_at: str | None = None
    deleted: str | None = msgspec.field(name="deleted_at", default=None)

    @property
    def is_deleted(self) -> bool:
        return bool(self.deleted_at or self.deleted)

    @property
    def is_on(self) -> bool:
        return self.active is not False and self.status in _ON


class _Listed(msgspec.Struct, rename="camel"):
    webhook: TimebackSubscription | None = None
    webhooks: tuple[TimebackSubscription, ...] = ()
    subscription: TimebackSubscription | None = None
    subscriptions: tuple[TimebackSubscription, ...] = ()
    signing_secret: str | None = None


class TimebackWebhooks:
    """What the two platforms have in common."""

    def __init__(self, config: TimeBackConfig, context: ProviderContext, line: HttpSession) -> None:
        self.config = config
        self.context = context
        self.line = line

    async def remove(self, base: str, subscription_id: str) -> None:
        """Take a subscription away; one that is not there is no error."""
        if not subscription_id.strip("."):
            raise UsageError(  # would be another path
                "a subscription's id is required", advice="list the subscriptions first"
            )
        try:
            await self.line.write(
                "DELETE", f"{base}/{quote(subscription_id, safe='')}", repeatable=True
            )
        except RemoteNotFoundError:
            return

    async def make(self, url: str, body: object, *secrets: str) -> TimebackSubscription:
        """Ask for a subscription, once: a repeat could make a second one."""
        try:
            answer, request = await self.line.write(
                "POST", url, body, repeatable=False, secrets=secrets
            )
        except RetryableError as error:
            if error.unprocessed:
                raise
            raise ProviderError(
                f"{error.message}; the subscription may exist",
                advice="list the subscriptions and delete unneeded ones",
            ) from error
        return _made(answer, request)

    async def undo(
        self, base: str, hook: TimebackSubscription, cause: ProviderError
    ) -> ProviderError:
        """Take a half-made subscription away, and return what is to be said."""
        try:
            await self.remove(base, subscription_id(hook))
        except ProviderError:
            return ProviderError(
                f"{cause.message}; the subscription {subscription_id(hook)} exists, "
                "but not as requested",
                advice="delete it with unsubscribe, then subscribe again",
            )
        return cause

    def to_subscription(
        self, hook: TimebackSubscription, event_types: Sequence[str] = ()
    ) -> Subscription:
        """Return a subscription as the program knows them, without any secret."""
        return Subscription(
            id=SubscriptionId(subscription_id(hook)),
            integration_id=self.context.integration_id,
            url=visible(hook.target_url or hook.url or ""),
            event_types=tuple(visible(type_) for type_ in event_types),
            active=hook.is_on,
        )

    def require_reachable(self, url: str) -> None:
        """Refuse an address that a delivery must not go to: no https, no host."""
        parts = _split(url)
        host = parts.hostname or ""
        # Loopback is for a platform that is on this machine itself: the sandbox.
        is_here = is_loopback(urlsplit(self.config.webhooks_address).hostname or "")
        is_ours = is_here and parts.scheme == "http" and is_loopback(host)
        if not (is_ours or parts.scheme == "https") or not host or parts.username is not None:
            raise UsageError(
                "a webhook's address must begin with https:// and a host",
                advice="give one that TimeBack reaches",
            )


def subscription_id(hook: TimebackSubscription) -> str:
    """Return the id that a platform gave a subscription."""
    return visible(hook.id or "", limit=200)


def is_raw_address(url: str) -> bool:
    """Return whether an address has an IP address where a domain name could be."""
    try:
        ip_address(_split(url).hostname or "")
    except ValueError:
        return False
    return True


def keep_secret(hook: TimebackSubscription) -> Secret | None:
    """Return the secret that a platform made for a subscription."""
    return Secret(hook.signing_secret) if hook.signing_secret else None


def listed(answer: Response, request: Request) -> Sequence[TimebackSubscription]:
    """Return the subscriptions there are, those that were deleted left out."""
    if answer.body.lstrip()[:1] == b"[":
        hooks = read_json(answer, request, tuple[TimebackSubscription, ...])
    else:
        found = read_json(answer, request, _Listed)
        hooks = found.webhooks or found.subscriptions
    return [hook for hook in hooks if hook.id and not hook.is_deleted]


def _made(answer: Response, request: Request) -> TimebackSubscription:
    found = read_json(answer, request, _Listed)
    hook = found.webhook or found.subscription or read_json(answer, request, TimebackSubscription)
    if not hook.id:
        raise IncompatibleError(
            f"{answer.host} returned no ID of the subscription",
            advice="list the subscriptions and delete unneeded ones",
        )
    if hook.signing_secret is None:
        hook.signing_secret = found.signing_secret
    return hook


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return urlsplit("")
    return parts
