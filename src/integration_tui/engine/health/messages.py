"""Messages about how integrations are: written with the change of status that they tell of.

What was said last is read from the store, so that an engine that starts anew says nothing twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from integration_tui.domain.health.failure import in_words
from integration_tui.domain.integration import Integration, IntegrationStatus, Trouble
from integration_tui.domain.message import Message, MessageKind, NewMessage
from integration_tui.domain.text import duration
from integration_tui.domain.time_words import latency_words

if TYPE_CHECKING:
    from integration_tui.domain.ids import IntegrationId
    from integration_tui.store.repositories import Transaction

_KINDS: Final[Mapping[IntegrationStatus, MessageKind]] = {
    IntegrationStatus.ACTIVE: MessageKind.BACK,
    IntegrationStatus.DEGRADED: MessageKind.DEGRADED,
    IntegrationStatus.ERROR: MessageKind.DOWN,
}
"""Those that are news; a start, a stop and a reconnect are not."""


class StatusTurn(msgspec.Struct, frozen=True, kw_only=True):
    """How an integration was stored before and after one change, and why."""

    before: Integration
    after: Integration
    at: datetime
    reason: str

    @property
    def kind(self) -> MessageKind | None:
        """What there may be to say of it; `None` where that is nothing."""
        is_new = self.before.status is not self.after.status
        if is_new or _trouble(self.before) is not _trouble(self.after):
            return _KINDS.get(self.after.status)
        return None


async def add_messages(transaction: Transaction, turns: Sequence[StatusTurn]) -> None:
    """Store a message for each turn that is news, in their order."""
    turns = [turn for turn in turns if turn.kind is not None]
    if not turns:
        return
    stored = await transaction.messages.newest_of_health({turn.after.id for turn in turns})
    last: dict[IntegrationId, Message | NewMessage] = dict(stored.items())
    for turn in turns:
        if (new := _message(turn, last.get(turn.after.id))) is not None:
            await transaction.messages.add(new)
            last[turn.after.id] = new


def _message(turn: StatusTurn, last: Message | NewMessage | None) -> NewMessage | None:
    kind, trouble = turn.kind, _trouble(turn.after)
    if kind is None or (last and (last.kind, last.trouble) == (kind, trouble)):
        return None
    if kind is not MessageKind.BACK:
        problem = turn.after.problem
        return NewMessage(
            kind=kind,
            integration_id=turn.after.id,
            at=turn.at,
            sentence=_cause(turn, kind),
            trouble=trouble,
            advice=problem.advice if problem else "",
        )
    if last is None:  # it starts well for the first time
        return None
    lasted_s = (turn.at - last.at).total_seconds()
    after = f" after {duration(lasted_s)}" if lasted_s >= 1 else ""
    return NewMessage(
        kind=kind,
        integration_id=turn.after.id,
        at=turn.at,
        sentence=f"Recovered{after}.",
    )


def _cause(turn: StatusTurn, kind: MessageKind) -> str:
    name, problem = turn.after.id, turn.after.problem
    phrase = problem.message if problem else turn.reason
    if slow := _SLOW.match(phrase):
        return f"Slow response: {latency_words(float(slow[1]))}."
    if kind is MessageKind.DEGRADED:
        return f"{in_words(phrase, name) or 'Slow, or failing now and then'}."
    what = in_words(phrase, name) or "No answer"
    is_retried = turn.after.next_attempt_at is not None
    if problem and is_retried:
        return f"{what}. Retrying automatically."
    return f"{what}. {_NEXT[problem.trouble] if problem else ''}".rstrip()


_SLOW: Final = re.compile(r"slow: (\d+) ms$")
_NEXT: Final = {
    Trouble.CREDENTIALS: "Not retried until a new secret is stored.",
    Trouble.CONFIGURATION: "Not retried until the configuration is corrected.",
    Trouble.NOT_READY: "Not retried.",
}


def _trouble(integration: Integration) -> Trouble | None:
    """Return who has to act; where it answers, although slowly, nobody has to."""
    is_down = integration.status is IntegrationStatus.ERROR
    return integration.problem.trouble if is_down and integration.problem else None
