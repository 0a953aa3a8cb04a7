"""How every change by hand ends: conflicts know of it, plans made before are stale, it is told."""

from __future__ import annotations

from collections.abc import Collection as Many
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from integration_tui.domain.audit import Act
from integration_tui.domain.difference import Held
from integration_tui.domain.events import AuditAppended, RosterChanged
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.mending import told
from integration_tui.domain.merge import Side
from integration_tui.domain.plan import Value
from integration_tui.store.database import Transaction
from integration_tui.store.records import Stored


async def hold(
    transaction: Transaction, stored: Stored, held: Held, *, by: str, now: datetime
) -> None:
    """Store what is held of a record now. Open questions that it answers are settled."""
    for one in await transaction.conflicts.open_of(stored.collection, stored.id):
        ours = held.values[one.field]
        if one.theirs == ours:
            held = told(held, one.field, ours, by=one.integration_id, now=now)
            settled = replace(one, side=Side.THEIRS, decided_by=by, decided_at=now)
            await transaction.conflicts.save(settled)
        elif one.ours != ours:
            await transaction.conflicts.save(replace(one, ours=ours))
    await transaction.records.save(stored, held.values, held.said)


async def tell(
    transaction: Transaction, acts: Sequence[Act], systems: Many[IntegrationId], *, at: datetime
) -> None:
    """Record acts by hand, and have plans for the rosters of `systems` be made anew."""
    first = acts[0]
    cause = f"{first.object} was changed by {first.actor.name}"
    await transaction.marks.moved(sorted(set(systems)), cause)
    await transaction.audit.add(acts, at=at)
    transaction.emit(RosterChanged())
    transaction.emit(AuditAppended())


def shown(value: Value) -> str:
    """Return a value as the audit log has it."""
    return "" if value is None else f"{value}"
