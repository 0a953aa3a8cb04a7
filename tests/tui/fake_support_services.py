"""Stand-ins for webhooks and diagnostics. Every text in them can be hostile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from integration_tui.domain.diagnostics import CheckResult, EffectiveValue, EnvironmentFact
from integration_tui.domain.ids import IntegrationId, SubscriptionId
from integration_tui.domain.webhook import Subscription, SubscriptionRecord, WebhookSystem
from integration_tui.services.support.archive import BundlePart
from integration_tui.services.support.bundle import Bundle

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.secret import SecretRef
    from tests.tui.fake_services import World

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ABLE = ("lincoln", "roosevelt", "washington")


@dataclass
class Hooks:
    """What systems were asked to send. Those in `slow` answer when their event is set."""

    made: dict[str, list[SubscriptionRecord]] = field(
        default_factory=dict[str, list[SubscriptionRecord]]
    )
    slow: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])
    problems: dict[str, Exception] = field(default_factory=dict[str, Exception])


@dataclass
class Webhooks:
    world: World

    async def systems(self) -> list[WebhookSystem]:
        self.world.called("systems")
        return [
            WebhookSystem(
                integration_id=integration.integration.id,
                provider="timeback",
                obstacle=""
                if integration.integration.id in ABLE
                else self.world.say("not supported"),
                caution="it is stopped" if integration.integration.id == "washington" else "",
            )
            for integration in self.world.integrations
        ]

    async def subscription_records(self, integration_id: IntegrationId) -> list[SubscriptionRecord]:
        self.world.called("subscription_records", integration_id)
        hooks = self.world.hooks
        if integration_id in hooks.slow:
            await hooks.slow[integration_id].wait()
        if integration_id in hooks.problems:
            raise hooks.problems[integration_id]
        return list(
            hooks.made.get(integration_id, [self._hook(integration_id, "hook-1", "user.*")])
        )

    def _hook(self, name: str, id_: str, *events: str) -> SubscriptionRecord:
        made = Subscription(
            id=SubscriptionId(self.world.say(id_)),
            integration_id=IntegrationId(name),
            url=self.world.say("https://hooks.example.org/roster?token=abcdef0123456789"),
            event_types=tuple(self.world.say(event) for event in events),
        )
        return SubscriptionRecord(subscription=made, since=AT, made_by=self.world.say("ana"))

    async def subscribe(
        self,
        integration_id: IntegrationId,
        url: str,
        event_types: Sequence[str],
        *,
        keep: SecretRef | Path,
        actor: Actor,
    ) -> Subscription:
        self.world.called(
            "subscribe", integration_id, url, tuple(event_types), str(keep), actor.name
        )
        hook = self._hook(integration_id, "hook-2", *event_types)
        self.world.hooks.made.setdefault(integration_id, []).append(hook)
        return hook.subscription

    async def unsubscribe(
        self, integration_id: IntegrationId, subscription_id: SubscriptionId, *, actor: Actor
    ) -> None:
        self.world.called("unsubscribe", integration_id, subscription_id, actor.name)
        self.world.hooks.made[integration_id] = []


@dataclass
class Diagnostics:
    world: World

    def settings(self) -> list[EffectiveValue]:
        self.world.called("settings")
        say = self.world.say
        return [
            EffectiveValue(path="log_level", text=say("debug"), origin="INTEGRATION_LOG_LEVEL"),
            EffectiveValue(path="max_retries", text="3", origin="default"),
        ]

    def facts(self) -> list[EnvironmentFact]:
        say = self.world.say
        return [
            EnvironmentFact(group="version", name="python", text=say("CPython 3.11.7")),
            EnvironmentFact(group="terminal", name="TERM", text=say("xterm-256color")),
            EnvironmentFact(
                group="path", name="log", text=say("/var/x.log"), trouble=say("is read-only")
            ),
        ]

    async def effective(self, integration_id: IntegrationId) -> list[EffectiveValue]:
        self.world.called("effective", integration_id)
        say = self.world.say
        return [
            EffectiveValue(
                path="title",
                text=say(f"{integration_id} High"),
                origin=say(f"{integration_id}.yaml:3"),
            ),
            EffectiveValue(
                path="auth.secret", text="env:A", origin=f"{integration_id}.yaml:5", is_secret=True
            ),
            EffectiveValue(
                path="auth.key",
                text="env:B",
                origin=f"{integration_id}.yaml:6",
                is_secret=True,
                trouble=say("the variable is not set"),
            ),
        ]

    async def checking(self, progress: Callable[[str], None]) -> AsyncIterator[CheckResult]:
        self.world.called("checking")
        say = self.world.say
        yield CheckResult(subject=say("store"), right=True, detail=say("4 MB"))
        progress("the audit chain, 12,000 entries")
        if self.world.slow_chain is not None:
            await self.world.slow_chain.wait()
        yield CheckResult(
            subject="audit chain", right=False, detail=say("broken at 7"), advice=say("a backup")
        )


@dataclass
class Support:
    world: World

    async def gather(self, *, actor: Actor) -> Bundle:
        self.world.called("gather", actor.name)
        part = BundlePart(name="log.json", about=self.world.say("the log"), text="x" * 1_234)
        return Bundle(made_at=AT, parts=(part,))

    async def write(self, bundle: Bundle, path: Path, *, actor: Actor) -> Path:
        self.world.called("write", bundle.file_name, str(path), actor.name)
        return path
