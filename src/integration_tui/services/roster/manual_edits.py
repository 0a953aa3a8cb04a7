"""How every change by hand ends: conflicts know of it, plans made before are stale, it is told."""

from __future__ import annotations

from collections.abc import Collection as Many
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from integration_tui.domain.audit.change_kind import change_kinds
from integration_tui.domain.events import RosterChanged
from integration_tui.domain.sync.manual_edit import remember_remote
from integration_tui.domain.sync.merge import LocalRecord, Side
from integration_tui.domain.value import replace
from integration_tui.store.roster.manual_edits import StoredManualEdit

if TYPE_CHECKING:
    from integration_tui.domain.audit.log import AuditRecord
    from integration_tui.domain.ids import IntegrationId
    from integration_tui.domain.sync.plan import Values
    from integration_tui.store.repositories import Transaction
    from integration_tui.store.roster.records import Stored

_NO_EDIT: Final = StoredManualEdit()


async def save_manual_edit(
    transaction: Transaction, stored: Stored, held: LocalRecord, *, by: str, now: datetime
) -> None:
    """Store what is held of a record now. Open questions that it answers are settled."""
    for conflict in await transaction.conflicts.open_of(stored.collection, stored.id):
        ours = held.values[conflict.field]
        if conflict.theirs == ours:
            held = remember_remote(held, conflict.field, ours, by=conflict.integration_id, now=now)
            settled = replace(conflict, side=Side.THEIRS, decided_by=by, decided_at=now)
            await transaction.conflicts.save(settled)
        elif conflict.ours != ours:
            await transaction.conflicts.save(replace(conflict, ours=ours))
    await transaction.records.save(stored, held.values, held.base_values)


class EditRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An act by hand, and the values it changed, which the audit log must not hold."""

    act: AuditRecord
    edit: StoredManualEdit = _NO_EDIT


def edited(act: AuditRecord, before: Values, after: Values) -> EditRecord:
    """Return an act that changed these fields: it says how, the values stand beside it."""
    edit = StoredManualEdit(before=before, after=after)
    return EditRecord(act=replace(act, after=change_kinds(before, after)), edit=edit)


async def record(
    transaction: Transaction,
    deeds: Sequence[EditRecord],
    systems: Many[IntegrationId],
    *,
    at: datetime,
) -> None:
    """Record acts by hand, and have plans for the rosters of `systems` be made anew."""
    first = deeds[0].act
    cause = f"{first.object} was changed by {first.actor.name}"
    await transaction.marks.bump_revision(sorted(set(systems)), cause)
    entries = await transaction.audit.add([deed.act for deed in deeds], at=at)
    for entry, deed in zip(entries, deeds, strict=True):
        await transaction.manual_edits.add(deed.act.object, entry.seq, deed.edit, at=at)
    transaction.emit(RosterChanged())
