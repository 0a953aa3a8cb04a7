"""Stand-ins for webhooks and diagnostics. Every text in them can be hostile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from integration_tui.domain.ids import IntegrationId, SubscriptionId
from integration_tui.domain.webhook import Hook, Subscription, WebhookSystem

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.secret import SecretRef
    from tests.tui.standin import World

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ABLE = ("lincoln", "roosevelt", "washington")


@dataclass
class Hooks:
    """What systems were asked to send. Those in `slow` answer when their event is set."""

    made: dict[str, list[Hook]] = field(default_factory=dict[str, list[Hook]])
    slow: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])
    problems: dict[str, Exception] = field(default_factory=dict[str, Exception])


@dataclass
class Webhooks:
    world: World

    async def systems(self) -> list[WebhookSystem]:
        self.world.called("systems")
        return [
            WebhookSystem(
                integration_id=one.integration.id,
                provider="timeback",
                obstacle="" if one.integration.id in ABLE else self.world.say("has no webhooks"),
                caution="it is stopped" if one.integration.id == "washington" else "",
            )
            for one in self.world.integrations
        ]

    async def hooks(self, name: IntegrationId) -> list[Hook]:
        self.world.called("hooks", name)
        hooks = self.world.hooks
        if name in hooks.slow:
            await hooks.slow[name].wait()
        if name in hooks.problems:
            raise hooks.problems[name]
        return list(hooks.made.get(name, [self._hook(name, "hook-1", "user.*")]))

    def _hook(self, name: str, id_: str, *events: str) -> Hook:
        made = Subscription(
            id=SubscriptionId(self.world.say(id_)),
            integration_id=IntegrationId(name),
            url=self.world.say("https://hooks.example.org/roster?token=abcdef0123456789"),
            event_types=tuple(self.world.say(one) for one in events),
        )
        return Hook(subscription=made, since=AT, made_by=self.world.say("ana"))

    async def subscribe(
        self,
        name: IntegrationId,
        url: str,
        event_types: Sequence[str],
        *,
        keep: SecretRef | Path,
        actor: Actor,
    ) -> Subscription:
        self.world.called("subscribe", name, url, tuple(event_types), str(keep), actor.name)
        hook = self._hook(name, "hook-2", *event_types)
        self.world.hooks.made.setdefault(name, []).append(hook)
        return hook.subscription

    async def unsubscribe(self, name: IntegrationId, id_: SubscriptionId, *, actor: Actor) -> None:
        self.world.called("unsubscribe", name, id_, actor.name)
        self.world.hooks.made[name] = []
