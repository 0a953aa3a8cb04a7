"""Webhook subscriptions as an administrator sees them: list, subscribe, take away."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from secrets import token_urlsafe

from integration_tui.domain.actor import Actor
from integration_tui.domain.audit import Act, Action
from integration_tui.domain.config import ProviderConfig
from integration_tui.domain.errors import UsageError
from integration_tui.domain.events import AuditAppended
from integration_tui.domain.ids import IntegrationId, SubscriptionId
from integration_tui.domain.secret import Secret, SecretRef, SecretResolver
from integration_tui.domain.time import Clock
from integration_tui.domain.webhook import Subscription
from integration_tui.engine.documents import Documents
from integration_tui.engine.engine import Engine
from integration_tui.services.permission import require_admin
from integration_tui.store.database import Database


class WebhookService:
    """What can be done with a system's webhooks."""

    def __init__(
        self,
        database: Database,
        engine: Engine,
        documents: Documents,
        *,
        clock: Clock,
        secret: SecretResolver,
    ) -> None:
        self._database = database
        self._webhooks = engine.webhooks
        self._documents = documents
        self._clock = clock
        self._secret = secret

    async def subscriptions(self, integration_id: IntegrationId) -> list[Subscription]:
        """Return what a system was asked to send, as it says itself."""
        return await self._webhooks.subscriptions(await self._config(integration_id))

    async def subscribe(
        self,
        integration_id: IntegrationId,
        url: str,
        event_types: Sequence[str],
        *,
        keep: SecretRef | Path,
        actor: Actor,
    ) -> Subscription:
        """Ask a system to call `url`.

        `keep` is our secret to sign with; or a file, which must not be there yet, that the
        secret is written to: the system's own where it makes one, otherwise a new one. Raises
        `UsageError` where the system signs with its own and there is no file for it.
        """
        require_admin(actor)
        config = await self._config(integration_id)
        if isinstance(keep, Path):
            made = await self._kept_in(keep, config, url, event_types)
        else:
            secret = self._secret(keep)
            made = await self._webhooks.subscribe(config, url, event_types, secret)
            await self._require_ours(config, made)
        after = {"subscription": made.id, "url": url, "events": ", ".join(event_types)}
        await self._record(Action.SUBSCRIBE, integration_id, actor, after)
        return replace(made, issued_secret=None)

    async def unsubscribe(
        self, integration_id: IntegrationId, subscription_id: SubscriptionId, *, actor: Actor
    ) -> None:
        """Take a subscription away; one that is not there is no error."""
        require_admin(actor)
        config = await self._config(integration_id)
        await self._webhooks.unsubscribe(config, subscription_id)
        after = {"subscription": subscription_id}
        await self._record(Action.UNSUBSCRIBE, integration_id, actor, after)

    async def _kept_in(
        self, path: Path, config: ProviderConfig, url: str, event_types: Sequence[str]
    ) -> Subscription:
        ours = Secret(token_urlsafe(32))
        # Made first: what cannot be kept is not asked for.
        await asyncio.to_thread(_make, path)
        try:
            made = await self._webhooks.subscribe(config, url, event_types, ours)
        except BaseException:
            _forget(path)
            raise
        try:
            await asyncio.to_thread(_write, path, made.issued_secret or ours)
        except OSError as error:
            await self._webhooks.unsubscribe(config, made.id)
            raise UsageError(
                f"the secret cannot be written to {path}: {error.strerror}",
                advice="the subscription was taken away again; make room, and try again",
            ) from error
        return made

    async def _require_ours(self, config: ProviderConfig, made: Subscription) -> None:
        if made.issued_secret is not None:
            await self._webhooks.unsubscribe(config, made.id)
            raise UsageError(
                f"{config.name} signs with a secret of its own",
                advice="give a file for it (--secret-file); the subscription was taken away again",
            )

    async def _config(self, integration_id: IntegrationId) -> ProviderConfig:
        async with self._database.reading() as rows:
            version = await rows.configs.active(integration_id)
        return self._documents.config_of_version(version)

    async def _record(
        self, action: Action, integration_id: IntegrationId, actor: Actor, after: Mapping[str, str]
    ) -> None:
        act = Act(action=action, actor=actor, object=integration_id, after=after)
        async with self._database.transaction() as transaction:
            await transaction.audit.add([act], at=self._clock())
            transaction.emit(AuditAppended())


def _make(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be made: {(error.strerror or '').lower()}",
            advice="name a file that is not there yet, in a folder that is yours",
        ) from error


def _forget(path: Path) -> None:
    path.unlink(missing_ok=True)


def _write(path: Path, secret: Secret) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(secret.reveal())
        file.flush()
        os.fsync(file.fileno())
