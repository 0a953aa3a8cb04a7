"""Webhook subscriptions as an administrator sees them: list, subscribe, take away."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final

import msgspec

from integration_tui.domain.audit.log import Action, AuditEntry, AuditFilter, AuditRecord
from integration_tui.domain.errors import ConsoleError, ProviderError, UsageError
from integration_tui.domain.ids import IntegrationId, SubscriptionId
from integration_tui.domain.integration import Integration, Trouble
from integration_tui.domain.redaction import scrub
from integration_tui.domain.secret import Secret, SecretRef, SecretResolver
from integration_tui.domain.value import replace
from integration_tui.domain.webhook import Subscription, SubscriptionRecord, WebhookSystem
from integration_tui.files.atomic import AtomicFile
from integration_tui.services.authorization import require_admin

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.clock import Clock
    from integration_tui.domain.config.document import ProviderConfig
    from integration_tui.domain.config.policies import WebhookPolicy
    from integration_tui.domain.config.version import ConfigVersion
    from integration_tui.engine.config_loader import ConfigLoader
    from integration_tui.engine.engine import Engine
    from integration_tui.store.database import Database

_OWN: Final = "{} generates the signing secret"
_GIVE: Final = "name a new file for it with --secret-file"
_REMEMBERED: Final = 500
"""So many of the subscriptions that were made here are looked through for who made one."""


class _SubscribeRequest(msgspec.Struct, frozen=True):
    """What is to be subscribed."""

    config: ProviderConfig
    url: str
    event_types: Sequence[str]


class WebhookService:
    """What can be done with a system's webhooks."""

    def __init__(
        self,
        database: Database,
        engine: Engine,
        documents: ConfigLoader,
        *,
        clock: Clock,
        secret: SecretResolver,
    ) -> None:
        self._database = database
        self._engine = engine
        self._documents = documents
        self._clock = clock
        self._secret = secret

    async def systems(self) -> list[WebhookSystem]:
        """Return every integration, and whether it can be asked to call; asks nobody."""
        async with self._database.reading() as rows:
            stored = await rows.integrations.all()
            versions = {
                config_version.integration_id: config_version
                for config_version in await rows.configs.all_active()
            }
        return [
            self._system(integration, versions[integration.id])
            for integration in stored
            if integration.id in versions
        ]

    async def subscriptions(self, integration_id: IntegrationId) -> list[Subscription]:
        """Return what a system was asked to send, as it says itself; never a secret."""
        found = await self._engine.webhooks.subscriptions(await self._config(integration_id))
        return [replace(found_one, issued_secret=None) for found_one in found]

    async def remark(self, integration_id: IntegrationId) -> str:
        """Return what has to be known of subscriptions at a system; empty where nothing has."""
        return (await self._config(integration_id)).webhook_remark

    async def subscription_records(self, integration_id: IntegrationId) -> list[SubscriptionRecord]:
        """Return the subscriptions with who made each; no system tells that, the audit log does."""
        found = await self.subscriptions(integration_id)
        wanted = AuditFilter(action=Action.SUBSCRIBE, object=integration_id)
        async with self._database.reading() as rows:
            entries = await rows.audit.page(wanted, before=None, limit=_REMEMBERED)
        made = {entry.act.after.get("subscription"): entry for entry in reversed(entries)}
        return [_record_of(found_one, made.get(found_one.id)) for found_one in found]

    async def subscribe(
        self,
        integration_id: IntegrationId,
        url: str,
        event_types: Sequence[str],
        *,
        keep: SecretRef | Path,
        actor: Actor,
    ) -> Subscription:
        """Ask a system to call `url`, about what its configuration names where no event is named.

        `keep` is our secret to sign with; or a file, which must not be there yet, that the
        secret is written to: the system's own where it makes one, otherwise a new one. Raises
        `UsageError` where the system signs with its own and there is no file for it; nothing
        stays subscribed whose secret nobody has.
        """
        require_admin(actor)
        config = await self._config(integration_id)
        policy = config.webhook_policy
        _require_enabled(integration_id, policy)
        wish = _SubscribeRequest(config, url, event_types or policy.event_types)
        if isinstance(keep, Path):
            made = await self._with_file(wish, keep, actor)
        else:
            made = await self._subscribe(wish, keep, actor)
        return replace(made, issued_secret=None)

    async def unsubscribe(
        self, integration_id: IntegrationId, subscription_id: SubscriptionId, *, actor: Actor
    ) -> None:
        """Take a subscription away; one that is not there is no error."""
        require_admin(actor)
        await self._end(await self._config(integration_id), subscription_id, actor)

    def _system(self, stored: Integration, version: ConfigVersion) -> WebhookSystem:
        system = WebhookSystem(
            integration_id=stored.id, provider=stored.provider, caution=_caution(stored)
        )
        try:
            config = self._documents.config_of_version(version)
            has_any = self._engine.webhooks.has_any(config)
        except ConsoleError as error:
            return replace(system, obstacle=f"unusable: {error.message}")
        if not has_any:
            return replace(system, obstacle="not supported")
        return replace(system, issues_secrets=config.issues_secrets)

    async def _subscribe(
        self, wish: _SubscribeRequest, reference: SecretRef, actor: Actor
    ) -> Subscription:
        if wish.config.issues_secrets:
            raise UsageError(_OWN.format(wish.config.name), advice=_GIVE)
        made = await self._begin(wish, self._secret(reference), actor)
        if made.issued_secret is not None:
            told = await self._undone(wish.config, made, actor)
            raise UsageError(_OWN.format(wish.config.name), advice=f"{_GIVE}; {told}")
        return made

    async def _with_file(self, wish: _SubscribeRequest, path: Path, actor: Actor) -> Subscription:
        ours = Secret(token_urlsafe(32))
        # Made first: what cannot be kept is not asked for.
        file = await asyncio.to_thread(AtomicFile, path)
        try:
            made = await self._begin(wish, ours, actor)
            try:
                await asyncio.to_thread(_keep, file, made.issued_secret or ours)
            except UsageError as error:
                told = await self._undone(wish.config, made, actor)
                raise UsageError(
                    f"the secret was not stored: {error.message}",
                    advice=f"free disk space, then subscribe again; {told}",
                ) from error
        finally:
            await asyncio.to_thread(file.discard)
        return made

    async def _begin(self, wish: _SubscribeRequest, secret: Secret, actor: Actor) -> Subscription:
        config, name = wish.config, IntegrationId(wish.config.name)
        after = {"url": scrub(wish.url), "events": ", ".join(wish.event_types)}
        await self._record(Action.BEGIN_SUBSCRIBE, name, actor, after)
        made = await self._engine.webhooks.subscribe(config, wish.url, wish.event_types, secret)
        await self._record(Action.SUBSCRIBE, name, actor, {"subscription": made.id, **after})
        return made

    async def _end(
        self, config: ProviderConfig, subscription_id: SubscriptionId, actor: Actor
    ) -> None:
        name, after = IntegrationId(config.name), {"subscription": subscription_id}
        await self._record(Action.BEGIN_UNSUBSCRIBE, name, actor, after)
        await self._engine.webhooks.unsubscribe(config, subscription_id)
        await self._record(Action.UNSUBSCRIBE, name, actor, after)

    async def _undone(self, config: ProviderConfig, made: Subscription, actor: Actor) -> str:
        """Take away what must not stay, and say whether that went well."""
        try:
            await self._end(config, made.id, actor)
        except ProviderError as error:
            return (
                f"the subscription {made.id} still exists ({error.message}): delete it with"
                f" integration-tui webhook unsubscribe {config.name} {made.id}"
            )
        return "the subscription was deleted again"

    async def _config(self, integration_id: IntegrationId) -> ProviderConfig:
        async with self._database.reading() as rows:
            version = await rows.configs.active(integration_id)
        return self._documents.config_of_version(version)

    async def _record(
        self, action: Action, integration_id: IntegrationId, actor: Actor, after: Mapping[str, str]
    ) -> None:
        act = AuditRecord(action=action, actor=actor, object=integration_id, after=after)
        async with self._database.transaction() as transaction:
            await transaction.audit.add([act], at=self._clock())


def _keep(file: AtomicFile, secret: Secret) -> None:
    file.write(secret.reveal())
    file.commit()


def _require_enabled(integration_id: IntegrationId, policy: WebhookPolicy) -> None:
    if not policy.enabled:
        raise UsageError(
            f"webhooks of {integration_id} are disabled: webhook.enabled is false",
            advice="set webhook.enabled: true in its configuration",
        )


def _caution(stored: Integration) -> str:
    """Say why nobody should be asked just because somebody looks at a list."""
    if not stored.is_wanted:
        return "it is disabled" if not stored.enabled else "it is stopped"
    problem = stored.problem
    if problem is not None and problem.trouble is Trouble.CREDENTIALS:
        return f"its credentials are refused: {problem.message}"
    return ""


def _record_of(subscription: Subscription, entry: AuditEntry | None) -> SubscriptionRecord:
    if entry is None:
        return SubscriptionRecord(subscription=subscription)
    return SubscriptionRecord(
        subscription=subscription, since=entry.at, made_by=entry.act.actor.name
    )
