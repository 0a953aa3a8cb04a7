"""Messages of a console in tests: what happened to the six integrations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from integration_tui.domain.events import MessagesChanged
from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.integration import Trouble
from integration_tui.domain.message import Message, MessageKind, TerminalAlerts
from integration_tui.domain.value import replace

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from tests.tui.fake_services import World

K = MessageKind


@dataclass
class Told:
    """The messages that there are, newest first, and how the terminal is told of them."""

    messages: list[Message] = field(default_factory=list[Message])
    alerts: TerminalAlerts = field(default_factory=TerminalAlerts)

    def add(self, message: Message) -> None:
        """Have another one stand in front."""
        number = max((one.id for one in self.messages), default=0) + 1
        self.messages.insert(0, replace(message, id=number))


@dataclass
class Messages:
    world: World

    @property
    def alerts(self) -> TerminalAlerts:
        return self.world.told.alerts

    async def messages(
        self, *, unread_only: bool = False, before: int | None = None, limit: int = 100
    ) -> list[Message]:
        self.world.called("messages", limit)
        return [
            message
            for message in self.world.told.messages
            if not (unread_only and message.is_read) and (before is None or message.id < before)
        ][:limit]

    async def unread(self) -> int:
        self.world.called("unread")
        return sum(not message.is_read for message in self.world.told.messages)

    async def mark_read(self, *, actor: Actor, up_to: int | None = None) -> int:
        self.world.called("mark_read", actor.name, up_to)
        told = self.world.told
        told.messages = [
            replace(one, is_read=one.is_read or up_to is None or one.id <= up_to)
            for one in told.messages
        ]
        self.world.bus.publish(MessagesChanged())
        return len(told.messages)


def message(
    kind: MessageKind, name: str, at: datetime, sentence: str, *, run: int | None = None
) -> Message:
    trouble = Trouble.CREDENTIALS if kind is K.DOWN else None
    return Message(
        id=1,
        at=at,
        first_at=at,
        kind=kind,
        integration_id=IntegrationId(name),
        sentence=sentence,
        run_id=RunId(run) if run else None,
        trouble=trouble,
    )


def told(say: Callable[[str], str], now: datetime) -> Told:
    """Return one message of each kind; the older half was read."""
    found = Told()
    for minutes, (kind, name, sentence, run) in enumerate(
        (
            (K.BACK, "lincoln", "Recovered after 14 min.", None),
            (K.FAILED, "roosevelt", "Run 3 failed. Connection refused.", 3),
            (K.DEGRADED, "roosevelt", "Slow response: 3.4 s.", None),
            (K.WAITING, "lincoln", "Plan of run 4 is ready to apply.", 4),
            (K.CONFLICTS, "lincoln", "2 conflicts need review.", 5),
            (K.DOWN, "washington", "Credentials expired. Not retried.", None),
            (K.HELD, "lincoln", "Plan held. Deactivates 154 of 300 people.", 6),
        )
    ):
        at = now - timedelta(minutes=100 - 10 * minutes)
        one = message(kind, name, at, say(sentence), run=run)
        found.add(replace(one, is_read=minutes < 4))
    return found
