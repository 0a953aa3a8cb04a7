"""The status machine: how a change of status is stored.

Always from the stored row, inside the transaction that writes: whoever else wrote meanwhile, the
recorded transitions stay connected, each beginning where the one before ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from integration_tui.domain.actor import ENGINE
from integration_tui.domain.audit import Act, Action
from integration_tui.domain.events import AuditAppended, IntegrationChanged
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import Integration, IntegrationStatus, Transition, way
from integration_tui.engine.verdict import Standing

if TYPE_CHECKING:
    from integration_tui.store.database import Transaction

_SETTLED = frozenset({IntegrationStatus.INACTIVE, IntegrationStatus.DISABLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How an integration is to stand from now on, as decided for this `revision` of it.

    `turn` is what the audit log is told: that it went down, or came back.
    """

    integration_id: IntegrationId
    revision: int
    standing: Standing
    at: datetime
    reason: str = ""
    turn: Action | None = None


def moved(stored: Integration, change: Change) -> tuple[Integration, list[Transition]]:
    """Return the row after a change, and the transitions that lead there: none, one or more."""
    steps = way(stored.status, change.standing.status)
    after = replace(
        stored,
        status=change.standing.status,
        problem=change.standing.problem,
        attempts=change.standing.attempts,
        next_attempt_at=change.standing.next_attempt_at,
        changed_at=change.at if steps else stored.changed_at,
    )
    return after, [
        Transition(
            integration_id=stored.id,
            before=before,
            after=then,
            at=change.at,
            reason=change.reason if then is steps[-1] else "",
        )
        for before, then in pairwise((stored.status, *steps))
    ]


def is_current(stored: Integration, change: Change) -> bool:
    """Say whether a change still holds: nobody wanted something else in the meantime."""
    if stored.revision != change.revision:
        return False
    return stored.is_wanted or change.standing.status in _SETTLED


async def apply(transaction: Transaction, changes: Iterable[Change]) -> None:
    """Store changes in their order, with their transitions, entries and events."""
    for change in changes:
        stored = await transaction.integrations.find(change.integration_id)
        if stored is None or not is_current(stored, change):
            continue
        after, transitions = moved(stored, change)
        if after != stored:
            await transaction.integrations.save(after)
            transaction.emit(IntegrationChanged(stored.id))
        if transitions:
            await transaction.health.add_transitions(transitions)
        if change.turn:
            await _record(transaction, [_act(change, stored)], at=change.at)


async def _record(transaction: Transaction, acts: Sequence[Act], *, at: datetime) -> None:
    await transaction.audit.add(acts, at=at)
    transaction.emit(AuditAppended())


def _act(change: Change, stored: Integration) -> Act:
    return Act(
        action=change.turn or Action.CAME_BACK,
        actor=ENGINE,
        object=change.integration_id,
        detail=change.reason,
        before={"status": stored.status},
        after={"status": change.standing.status},
    )
