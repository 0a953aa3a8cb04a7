"""Messages: what happened that somebody should hear of, each with what to do about it.

A message holds no name and no value of any record: counts, states and causes only.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from integration_tui.domain.health.failure import without_address
from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.integration import Trouble
from integration_tui.domain.problem_sentence import Fix


class MessageKind(StrEnum):
    """What a message tells of."""

    DOWN = "down"
    DEGRADED = "degraded"
    BACK = "back"
    HELD = "held"
    WAITING = "waiting"
    """A plan that should have been applied by itself waits for a person."""
    FAILED = "failed"
    CONFLICTS = "conflicts"


class MessageSeverity(StrEnum):
    """How much a message matters."""

    BAD = "bad"
    WARNING = "warning"
    GOOD = "good"


class NotifyMode(StrEnum):
    """How a terminal is told of a bad message: not at all, by its bell, or by a notification.

    OSC 9 is what iTerm2, kitty, WezTerm and Windows Terminal understand; OSC 777 urxvt and foot.
    """

    OFF = "off"
    BELL = "bell"
    OSC9 = "osc9"
    OSC777 = "osc777"


class TerminalAlerts(msgspec.Struct, frozen=True, kw_only=True):
    """What the console sends to its terminal besides what is on the screen."""

    notify: NotifyMode = NotifyMode.OFF
    has_title: bool = True


class MessageTarget(StrEnum):
    """What a message leads to."""

    INTEGRATION = "integration"
    HEALTH = "health"
    RUN = "run"
    CONFLICTS = "conflicts"


HEALTH_KINDS: Final = (MessageKind.DOWN, MessageKind.DEGRADED, MessageKind.BACK)
"""Those that tell how an integration is; the newest of them is what was said last."""
_SEVERITY: Final = {
    MessageKind.DOWN: MessageSeverity.BAD,
    MessageKind.DEGRADED: MessageSeverity.WARNING,
    MessageKind.BACK: MessageSeverity.GOOD,
    MessageKind.HELD: MessageSeverity.BAD,
    MessageKind.WAITING: MessageSeverity.WARNING,
    MessageKind.FAILED: MessageSeverity.BAD,
    MessageKind.CONFLICTS: MessageSeverity.WARNING,
}
_TARGET: Final = {
    MessageKind.DOWN: MessageTarget.INTEGRATION,
    MessageKind.DEGRADED: MessageTarget.HEALTH,
    MessageKind.BACK: MessageTarget.HEALTH,
    MessageKind.HELD: MessageTarget.RUN,
    MessageKind.WAITING: MessageTarget.RUN,
    MessageKind.FAILED: MessageTarget.RUN,
    MessageKind.CONFLICTS: MessageTarget.CONFLICTS,
}


class MessageFix(msgspec.Struct, frozen=True, kw_only=True):
    """What to do: in words, the key that does it on the screen it leads to, and the command."""

    sentence: str
    key: str = ""
    command: str = ""


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be stored as a message. `advice` is what the far side's error advises."""

    kind: MessageKind
    integration_id: IntegrationId
    at: datetime
    sentence: str
    run_id: RunId | None = None
    trouble: Trouble | None = None
    advice: str = ""

    @property
    def topic(self) -> str:
        """What it is about: another one about the same takes its place."""
        about = f"run {self.run_id}" if self.run_id else self.trouble or ""
        return f"{self.kind} {about}".strip()


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A stored message. `id` grows, so that the newest has the highest.

    It was said `times` times about the same, first at `first_at`, last at `at`.
    """

    id: int
    at: datetime
    kind: MessageKind
    integration_id: IntegrationId
    sentence: str
    first_at: datetime
    times: int = 1
    run_id: RunId | None = None
    trouble: Trouble | None = None
    advice: str = ""
    is_read: bool = False

    @property
    def severity(self) -> MessageSeverity:
        return _SEVERITY[self.kind]

    @property
    def target(self) -> MessageTarget:
        """Where it leads to."""
        return _TARGET[self.kind]

    @property
    def fix(self) -> MessageFix | None:
        """What to do about it; `None` where there is nothing to do."""
        match self.kind:
            case MessageKind.DOWN:
                return _fix_of_down(self)
            case MessageKind.DEGRADED:
                return MessageFix(
                    sentence=as_sentence(self.advice) or "Compare with the day's latency.",
                    key="2",
                    command=f"integration-tui health {self.integration_id}",
                )
            case MessageKind.CONFLICTS:
                return MessageFix(
                    sentence="Choose a value for each conflict.",
                    key=Fix.CONFLICTS.key,
                    command=f"integration-tui sync conflicts {self.integration_id}",
                )
            case MessageKind.BACK:
                return None
            case MessageKind.HELD | MessageKind.WAITING | MessageKind.FAILED:
                return _fix_of_run(self)


def _fix_of_down(message: Message) -> MessageFix:
    name, advice = message.integration_id, as_sentence(message.advice)
    match message.trouble:
        case Trouble.CREDENTIALS:
            return MessageFix(
                sentence=f"Store a new secret, then start {name}.",
                key=Fix.NEW_SECRET.key,
                command=f"integration-tui provider start {name}",
            )
        case Trouble.CONFIGURATION:
            return MessageFix(
                sentence=advice or "Correct the configuration.",
                key=Fix.EDIT.key,
                command=f"integration-tui config show {name}",
            )
        case _:
            return MessageFix(
                sentence=advice or "Test the connection.",
                key=Fix.CHECK.key,
                command=f"integration-tui provider test {name}",
            )


def _fix_of_run(message: Message) -> MessageFix:
    number = message.run_id
    if message.kind is MessageKind.FAILED:
        return MessageFix(
            sentence=as_sentence(message.advice) or "Resume the run, or plan again.",
            key="r",
            command=f"integration-tui sync show {number}",
        )
    if message.kind is MessageKind.WAITING:
        return MessageFix(
            sentence="Review the plan, then apply it.",
            key="a",
            command=f"integration-tui sync show {number}",
        )
    return MessageFix(
        sentence="Review the plan, then approve it or apply it without deactivations.",
        key="Y",
        command=f"integration-tui sync show {number}",
    )


def as_sentence(text: str, name: str = "") -> str:
    """Return what an error says as a sentence, without the address or name in front of it."""
    phrase = without_address(text.strip(), name)
    return f"{phrase}." if phrase and phrase[-1] not in _ENDS else phrase


_ENDS: Final = ".!?…"
