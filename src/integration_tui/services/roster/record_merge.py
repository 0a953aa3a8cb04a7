"""The steps of making two records one, and one two, in the transaction of whoever asks."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from integration_tui.domain.audit.log import Action, AuditRecord
from integration_tui.domain.errors import ConflictError, NotFoundError, UsageError
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.manual_edit import split_records
from integration_tui.domain.sync.mapping import ExternalMapping, MappingOrigin
from integration_tui.domain.sync.merge import Side, changed
from integration_tui.domain.value import replace
from integration_tui.services.roster.manual_edits import EditRecord, edited, save_manual_edit
from integration_tui.services.roster.shared_ids import knowing_both, merge_shared, split_shared

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.ids import IntegrationId, RecordId
    from integration_tui.domain.sync.plan import Values
    from integration_tui.store.repositories import Transaction
    from integration_tui.store.roster.records import Stored


class MergeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which record stays, which one goes into it, and on whose word."""

    collection: Collection
    keep: RecordId
    removed: RecordId
    actor: Actor
    reason: str
    at: datetime


class MergedRecords(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be recorded, and the systems whose rosters were changed."""

    deeds: tuple[EditRecord, ...]
    systems: frozenset[IntegrationId]


async def merge_records(transaction: Transaction, wanted: MergeRequest) -> MergedRecords:
    """Merge one record into another, and the seats that are the same then.

    People whom one system knows both have several ids there then. Raises `NotFoundError`,
    `UsageError`, or `ConflictError` where one system knows both of anything else.
    """
    collection, keep, gone = wanted.collection, wanted.keep, wanted.removed
    await _require_mergeable(transaction, wanted)
    systems = await transaction.merging.repoint(collection, gone, keep)
    # Read behind it: either may have named the other.
    stays = await transaction.records.get(collection, keep)
    goes = await transaction.records.get(collection, gone)
    await transaction.conflicts.move(collection, gone, keep)
    held = await merge_shared(transaction, stays, goes, now=wanted.at)
    await transaction.mappings.move(collection, gone, keep, bond=MappingOrigin.CONFIRMED)
    await transaction.mappings.move_matches(collection, gone, keep)
    await save_manual_edit(transaction, stays, held, by=wanted.actor.name, now=wanted.at)
    if goes.is_pinned and not stays.is_pinned:
        await transaction.records.pin(stays, pinned=True)
    await transaction.merging.remove(goes)
    deeds = _deeds(wanted, stays, goes)
    systems |= {*stays.knowers, *goes.knowers}
    for first, second in await transaction.merging.twins(collection, keep):
        done = await _join_seats(transaction, wanted, first, second)
        deeds, systems = (*deeds, *done.deeds), systems | done.systems
    return MergedRecords(deeds=deeds, systems=frozenset(systems))


async def split_record(
    transaction: Transaction,
    stored: Stored,
    system: IntegrationId,
    external_id: str = "",
    *,
    by: str,
    now: datetime,
) -> tuple[RecordId, set[IntegrationId]]:
    """Make a record of what `system` says of one; return its id, and whose rosters changed.

    Where the system has several ids of somebody, it is the one named `external_id` that leaves.
    Raises `NotFoundError`, or `ConflictError` where no other system knows the record.
    """
    shared = await split_shared(transaction, stored, system, external_id, by=by, now=now)
    if shared is not None:
        return shared, set(stored.knowers)
    mappings = {
        external_mapping.integration_id: external_mapping
        for external_mapping in await transaction.mappings.of(stored.collection, stored.id)
    }
    mine = mappings.pop(system, None)
    mine = _splittable(stored, system, mine, has_others=bool(mappings))
    parts = split_records(stored.local_record, system)
    leaves = {**parts.leaves, **await _answered(transaction, stored, system, by=by, now=now)}
    new = await transaction.merging.add(stored, leaves, mine)
    await transaction.mappings.move(
        stored.collection, stored.id, new, bond=MappingOrigin.CREATED, integration_id=system
    )
    await transaction.conflicts.move(stored.collection, stored.id, new, integration_id=system)
    await save_manual_edit(transaction, stored, parts.stays, by=by, now=now)
    if stored.origin == system:
        await transaction.merging.come_from(stored, next(iter(mappings.values())))
    systems = await transaction.merging.hand_over(stored.collection, stored.id, new, system)
    return new, systems | set(stored.knowers)


async def _require_mergeable(transaction: Transaction, wanted: MergeRequest) -> None:
    if wanted.keep == wanted.removed:
        raise UsageError("a record cannot be merged with itself", advice="choose two records")
    stays = await transaction.records.get(wanted.collection, wanted.keep)
    goes = await transaction.records.get(wanted.collection, wanted.removed)
    both = knowing_both(stays, goes)
    if both and wanted.collection is not Collection.USERS:
        raise ConflictError(
            f"{both[0]} lists {stays.name} and {goes.name} as separate records",
            advice=f"merge the records in {both[0]}, or relink the changed ID",
        )
    if await transaction.merging.is_above(wanted.collection, wanted.keep, wanted.removed):
        raise ConflictError(
            f"{goes.name} is a parent of {stays.name}", advice="merge in the other direction"
        )


async def _join_seats(
    transaction: Transaction, wanted: MergeRequest, first: RecordId, second: RecordId
) -> MergedRecords:
    """Merge two enrollments that are one seat now, unless one system knows both."""
    seats = replace(
        wanted,
        collection=Collection.ENROLLMENTS,
        keep=first,
        removed=second,
        reason=f"duplicate enrollment after merging {wanted.collection} {wanted.keep}",
    )
    try:
        await _require_mergeable(transaction, seats)
    except ConflictError:
        return MergedRecords(deeds=(), systems=frozenset())
    return await merge_records(transaction, seats)


def _deeds(wanted: MergeRequest, stays: Stored, goes: Stored) -> tuple[EditRecord, ...]:
    """Return an act for each of the two, so that either is found by its id.

    The values that the other held are kept with the one that stays.
    """
    names = changed(goes.values, stays.values)
    into = AuditRecord(
        action=Action.MERGE_RECORDS,
        actor=wanted.actor,
        object=stays.name,
        detail=f"{goes.name} merged into this record: {wanted.reason}".removesuffix(": "),
    )
    deed = edited(
        into,
        {name: goes.values[name] for name in names},
        {name: stays.values[name] for name in names},
    )
    gone = replace(
        deed.act,
        object=goes.name,
        detail=f"merged into {stays.name}: {wanted.reason}".removesuffix(": "),
    )
    return deed, EditRecord(act=gone)


def _splittable(
    stored: Stored, system: IntegrationId, mine: ExternalMapping | None, *, has_others: bool
) -> ExternalMapping:
    if mine is None:
        raise NotFoundError(
            f"{system} does not know {stored.name}", advice="check the record's IDs"
        )
    if not has_others:
        raise ConflictError(
            f"only {system} lists {stored.name}: nothing to split", advice="keep the record"
        )
    return mine


async def _answered(
    transaction: Transaction, stored: Stored, system: IntegrationId, *, by: str, now: datetime
) -> Values:
    """Settle what is open with a system: on a record of its own, nobody contradicts it."""
    answers: Values = {}
    for conflict in await transaction.conflicts.open_of(stored.collection, stored.id):
        if conflict.integration_id == system:
            settled = replace(conflict, side=Side.THEIRS, decided_by=by, decided_at=now)
            await transaction.conflicts.save(settled)
            answers = {**answers, conflict.field: conflict.theirs}
    return answers
