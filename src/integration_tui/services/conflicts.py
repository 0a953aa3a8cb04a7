"""Conflicts as an administrator settles them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from integration_tui.domain.audit.log import Action, AuditRecord
from integration_tui.domain.errors import ConflictError
from integration_tui.domain.ids import IntegrationId, RecordId
from integration_tui.domain.sync.manual_edit import accept_remote, remember_remote
from integration_tui.domain.sync.merge import LocalRecord, Side
from integration_tui.domain.value import replace
from integration_tui.services.authorization import require_admin
from integration_tui.services.roster.labels import with_names_of
from integration_tui.services.roster.manual_edits import (
    EditRecord,
    edited,
    record,
    save_manual_edit,
)
from integration_tui.store.roster.fields import SHAPES

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.clock import Clock
    from integration_tui.domain.roster import Collection
    from integration_tui.domain.sync.conflict import Conflict
    from integration_tui.domain.sync.plan import Value
    from integration_tui.store.database import Database
    from integration_tui.store.repositories import Repositories, Transaction
    from integration_tui.store.roster.records import Stored

_AT_ONCE: Final = 500
"""Conflicts settled in one transaction: others have to wait meanwhile."""


class ConflictService:
    """Conflicts as an administrator settles them."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def conflicts(
        self,
        integration_id: IntegrationId | None = None,
        *,
        open_only: bool = True,
        after: int = 0,
        limit: int = 100,
    ) -> list[Conflict]:
        """Return conflicts behind the number `after`, oldest first, with their records' labels."""
        async with self._database.reading() as rows:
            found = await rows.conflicts.page(
                integration_id, open_only=open_only, after=after, limit=limit
            )
            return await with_names_of(rows, await _labelled(rows, found))

    async def settle(self, ids: Sequence[int], side: Side, *, actor: Actor) -> None:
        """Decide conflicts, all of them or none. The system is not asked about it again.

        Raises `NotFoundError`, or `ConflictError` where one is settled already.
        """
        require_admin(actor)
        async with self._database.transaction() as transaction:
            found = [await transaction.conflicts.get(fromkey) for fromkey in dict.fromkeys(ids)]
            await self._settle(transaction, found, side, actor)

    async def settle_all(
        self,
        integration_id: IntegrationId,
        collection: Collection,
        field: str,
        side: Side,
        *,
        actor: Actor,
    ) -> int:
        """Decide every open conflict with a system about one field; return how many those were."""
        require_admin(actor)
        count = 0
        while True:
            async with self._database.transaction() as transaction:
                found = await transaction.conflicts.open_about(
                    integration_id, collection, field, limit=_AT_ONCE
                )
                await self._settle(transaction, found, side, actor)
            count += len(found)
            if len(found) < _AT_ONCE:
                return count

    async def reopen(self, conflict_id: int, *, actor: Actor) -> None:
        """Take a decision back: what was held before is held, and the conflict is open again.

        Raises `ConflictError` where it is open, or has moved on since it was decided.
        """
        require_admin(actor)
        async with self._database.transaction() as transaction:
            conflict = await transaction.conflicts.get(conflict_id)
            stored = await transaction.records.get(conflict.collection, conflict.record_id)
            now = self._clock()
            _require_settled(conflict, stored)
            opened = replace(
                conflict,
                ours=conflict.ours
                if conflict.side is Side.THEIRS
                else _local_value(stored, conflict),
                side=None,
                decided_by="",
                decided_at=None,
            )
            await _require_only(transaction, opened)
            await transaction.conflicts.save(opened)
            held = accept_remote(
                stored.local_record, opened.field, opened.ours, by=opened.integration_id, now=now
            )
            held = remember_remote(
                held, opened.field, opened.base, by=opened.integration_id, now=now
            )
            await save_manual_edit(transaction, stored, held, by=actor.name, now=now)
            deed = _deed(opened, actor, _local_value(stored, opened), opened.ours, "open again")
            await record(transaction, [deed], stored.knowers, at=now)

    async def _settle(
        self, transaction: Transaction, found: Sequence[Conflict], side: Side, actor: Actor
    ) -> None:
        deeds: list[EditRecord] = []
        systems: set[IntegrationId] = set()
        for found_one in found:
            # Another of these may have answered it in the meantime.
            now, conflict = self._clock(), await transaction.conflicts.get(found_one.id)
            if found_one.side is not None:
                raise _settled(found_one)
            stored = await transaction.records.get(found_one.collection, found_one.record_id)
            systems |= set(stored.knowers)
            ours = _local_value(stored, found_one)
            held = await _decided(transaction, stored, conflict, side, self._clock)
            settled = replace(conflict, ours=ours, side=side, decided_by=actor.name, decided_at=now)
            await transaction.conflicts.save(settled)
            await save_manual_edit(transaction, stored, held, by=actor.name, now=now)
            deeds.append(_deed(found_one, actor, ours, held.values[found_one.field], side.value))
        if deeds:
            await record(transaction, deeds, systems, at=self._clock())


async def _decided(
    transaction: Transaction, stored: Stored, conflict: Conflict, side: Side, clock: Clock
) -> LocalRecord:
    by, name, theirs = conflict.integration_id, conflict.field, conflict.theirs
    if side is Side.OURS:
        return remember_remote(stored.local_record, name, theirs, by=by, now=clock())
    await _require_there(transaction, conflict)
    return accept_remote(stored.local_record, name, theirs, by=by, now=clock())


async def _require_there(transaction: Transaction, conflict: Conflict) -> None:
    """Raise `ConflictError` where a system names a record that is not in the roster yet."""
    fields = {reference.name: reference for reference in SHAPES[conflict.collection].references}
    field = fields.get(conflict.field)
    if field is None or field.to is None or not isinstance(conflict.theirs, int):
        return
    named = RecordId(conflict.theirs)
    if named not in await transaction.roster.labels(field.to, [named]):
        raise ConflictError(
            f"conflict {conflict.id}: the source value refers to a record that is not synced yet",
            advice="apply its plan first",
        )


def _require_settled(conflict: Conflict, stored: Stored) -> None:
    """Raise `ConflictError` unless things are unchanged left when it was decided."""
    if conflict.side is None:
        raise ConflictError(f"conflict {conflict.id} is open", advice="show the conflict again")
    mine = stored.base_values.get(conflict.integration_id, {}).get(conflict.field)
    ours = _local_value(stored, conflict)
    says = ours if mine is None else mine.value
    is_theirs = ours == conflict.theirs
    if says != conflict.theirs or is_theirs != (conflict.side is Side.THEIRS):
        raise ConflictError(
            f"conflict {conflict.id}: {conflict.field} of {stored.name} has changed since",
            advice="edit the field manually",
        )


async def _require_only(transaction: Transaction, conflict: Conflict) -> None:
    for other in await transaction.conflicts.open_of(conflict.collection, conflict.record_id):
        if (other.integration_id, other.field) == (conflict.integration_id, conflict.field):
            raise ConflictError(
                f"conflict {other.id} is about the same field", advice="resolve that one instead"
            )


def _local_value(stored: Stored, conflict: Conflict) -> Value:
    return stored.values[conflict.field]


def _settled(conflict: Conflict) -> ConflictError:
    return ConflictError(
        f"conflict {conflict.id} was resolved by {conflict.decided_by}: {conflict.side}",
        advice="reopen it first",
    )


def _deed(conflict: Conflict, actor: Actor, before: Value, after: Value, what: str) -> EditRecord:
    act = AuditRecord(
        action=Action.SETTLE_CONFLICT,
        actor=actor,
        object=f"{conflict.collection}/{conflict.record_id}",
        detail=f"conflict {conflict.id} with {conflict.integration_id}: {what}",
    )
    return edited(act, {conflict.field: before}, {conflict.field: after})


async def _labelled(rows: Repositories, found: Sequence[Conflict]) -> list[Conflict]:
    ids: dict[Collection, list[RecordId]] = defaultdict(list)
    for conflict in found:
        ids[conflict.collection].append(conflict.record_id)
    labels: dict[Collection, Mapping[RecordId, str]] = {
        collection: await rows.roster.labels(collection, several)
        for collection, several in ids.items()
    }
    return [
        replace(found_one, label=labels[found_one.collection].get(found_one.record_id, ""))
        for found_one in found
    ]
