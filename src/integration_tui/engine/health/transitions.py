"""The status machine: how a change of status is stored.

Always from the stored row, inside the transaction that writes: whoever else wrote meanwhile, the
recorded transitions stay connected, each beginning where the one before ended.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import msgspec

from integration_tui.domain.actor import ENGINE
from integration_tui.domain.audit.log import Action, AuditFilter, AuditRecord
from integration_tui.domain.events import IntegrationChanged
from integration_tui.domain.integration import (
    Integration,
    IntegrationStatus,
    Transition,
    path_between,
)
from integration_tui.domain.value import replace
from integration_tui.engine.health.messages import StatusTurn, add_messages

if TYPE_CHECKING:
    from integration_tui.domain.ids import IntegrationId
    from integration_tui.engine.health.evaluation import StatusSnapshot
    from integration_tui.store.repositories import Transaction

_MANY: Final = 20
"""From so many on, all rows are read at once."""
_SETTLED = frozenset({IntegrationStatus.INACTIVE, IntegrationStatus.DISABLED})


class StatusChange(msgspec.Struct, frozen=True, kw_only=True):
    """How an integration is to stand from now on, as decided for this `revision` of it.

    `turn` is what the audit log is told: that it went down, or came back.
    """

    integration_id: IntegrationId
    revision: int
    snapshot: StatusSnapshot
    at: datetime
    reason: str = ""
    turn: Action | None = None


def moved(stored: Integration, change: StatusChange) -> tuple[Integration, list[Transition]]:
    """Return the row after a change, and the transitions that lead there: none, one or more."""
    steps = path_between(stored.status, change.snapshot.status)
    after = replace(
        stored,
        status=change.snapshot.status,
        problem=change.snapshot.problem,
        attempts=change.snapshot.attempts,
        next_attempt_at=change.snapshot.next_attempt_at,
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


def is_current(stored: Integration, change: StatusChange) -> bool:
    """Return whether a change still holds: nobody wanted something else in the meantime."""
    if stored.revision != change.revision:
        return False
    return stored.is_wanted or change.snapshot.status in _SETTLED


async def apply(transaction: Transaction, changes: Sequence[StatusChange]) -> None:
    """Store changes in their order, with their transitions, entries and events."""
    stored = await _stored(transaction, {change.integration_id for change in changes})
    known = dict(stored)
    transitions: list[Transition] = []
    turns: list[StatusTurn] = []
    for change in changes:
        now = known.get(change.integration_id)
        if now is None or not is_current(now, change):
            continue
        known[now.id], steps = moved(now, change)
        transitions += steps
        turns.append(
            StatusTurn(before=now, after=known[now.id], at=change.at, reason=change.reason)
        )
        if change.turn and not await _is_recorded(transaction, change.integration_id, change.turn):
            await transaction.audit.add([_audit_record(change, now)], at=change.at)
    changed = [
        integration for integration in known.values() if integration != stored[integration.id]
    ]
    await transaction.integrations.save_status(changed)
    await transaction.health.add_transitions(transitions)
    await add_messages(transaction, turns)
    for integration in changed:
        transaction.emit(IntegrationChanged(integration.id))


async def _is_recorded(
    transaction: Transaction, integration_id: IntegrationId, turn: Action
) -> bool:
    """Return whether the log stands so already: one that never went down has not come back."""
    newest = {Action.WENT_DOWN: 0, Action.CAME_BACK: 0}
    for action in newest:
        wanted = AuditFilter(action=action, object=integration_id)
        for entry in await transaction.audit.page(wanted, before=None, limit=1):
            newest[action] = entry.seq
    is_down = newest[Action.WENT_DOWN] > newest[Action.CAME_BACK]
    return is_down is (turn is Action.WENT_DOWN)


async def _stored(
    transaction: Transaction, wanted: Set[IntegrationId]
) -> dict[IntegrationId, Integration]:
    if len(wanted) >= _MANY:
        found: list[Integration | None] = [*await transaction.integrations.all()]
    else:
        found = [await transaction.integrations.find(integration_id) for integration_id in wanted]
    return {found_one.id: found_one for found_one in found if found_one}


def _audit_record(change: StatusChange, stored: Integration) -> AuditRecord:
    return AuditRecord(
        action=change.turn or Action.CAME_BACK,
        actor=ENGINE,
        object=change.integration_id,
        detail=change.reason,
        before={"status": stored.status},
        after={"status": change.snapshot.status},
    )
