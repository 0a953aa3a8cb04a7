"""Two ids of one system made one person's by hand, and taken apart again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from integration_tui.domain.errors import ConflictError, NotFoundError
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.manual_edit import accept_remote, merged_records, split_records
from integration_tui.domain.sync.mapping import ExternalMapping, MappingOrigin
from integration_tui.domain.value import replace
from integration_tui.services.roster.manual_edits import save_manual_edit
from integration_tui.store.sync.shared_ids import format_roles

if TYPE_CHECKING:
    from integration_tui.domain.ids import IntegrationId, RecordId
    from integration_tui.domain.sync.merge import LocalRecord
    from integration_tui.domain.sync.plan import Values
    from integration_tui.domain.sync.same_person import SharedId
    from integration_tui.store.repositories import Transaction
    from integration_tui.store.roster.records import Stored


def knowing_both(stays: Stored, goes: Stored) -> list[IntegrationId]:
    """Return the systems that know both records."""
    return sorted(set(stays.knowers) & set(goes.knowers))


async def merge_shared(
    transaction: Transaction, stays: Stored, goes: Stored, *, now: datetime
) -> LocalRecord:
    """Have the ids of both be ids of the one that stays; return what is held of it then.

    Of a system that knows both, what it said of the one that stays counts, with the roles of both.
    """
    both = knowing_both(stays, goes)
    rest = replace(
        goes.local_record,
        others=[knower for knower in goes.knowers if knower not in both],
        base_values={one: fields for one, fields in goes.base_values.items() if one not in both},
    )
    held = merged_records(stays.local_record, rest, now=now)
    for system in both:
        ids = await _put_together(transaction, stays, goes, system)
        held = accept_remote(held, "roles", format_roles(ids), by=system, now=now)
    return held


async def split_shared(
    transaction: Transaction,
    stored: Stored,
    system: IntegrationId,
    external_id: str,
    *,
    by: str,
    now: datetime,
) -> RecordId | None:
    """Make a record of its own of one id among several; `None` where there is but one.

    Its enrollments follow with the next sync. Raises `NotFoundError` where it is no further id of
    the record, and `ConflictError` where it carries the record, or has to be named.
    """
    if stored.collection is not Collection.USERS:
        return None
    ids = (await transaction.mappings.shared.of(stored.id)).get(system, [])
    if len(ids) < 2:
        return None
    mappings = await transaction.mappings.of(stored.collection, stored.id)
    first = next(mapping for mapping in mappings if mapping.integration_id == system)
    leaving = _leaving(ids, first, external_id)
    mapping = replace(
        first,
        external_id=leaving.external_id,
        bond=MappingOrigin.CREATED,
        mapped_at=now,
        is_listed=True,
        aliases=(),
    )
    new = await transaction.merging.add(
        stored, await _leaves(transaction, stored, system, leaving), mapping
    )
    left = await _take_out(transaction, system, ids, leaving)
    await transaction.mappings.add(replace(mapping, internal_id=new), at=now)
    await transaction.mappings.unsettle(system, stored.id)
    held = accept_remote(stored.local_record, "roles", format_roles(left), by=system, now=now)
    await save_manual_edit(transaction, stored, held, by=by, now=now)
    return new


async def _put_together(
    transaction: Transaction, stays: Stored, goes: Stored, system: IntegrationId
) -> list[SharedId]:
    found: dict[str, SharedId] = {}
    mappings, shared = transaction.mappings, transaction.mappings.shared
    for stored in (stays, goes):
        known = await mappings.of(stored.collection, stored.id)
        mapping = next(
            external_mapping
            for external_mapping in known
            if external_mapping.integration_id == system
        )
        ids = (await shared.of(stored.id)).get(system) or [await shared.read_from(stored, mapping)]
        found |= {
            record_id.external_id: replace(record_id, bond=MappingOrigin.CONFIRMED)
            for record_id in ids
        }
        if stored is goes:
            await mappings.forget(system, stored.collection, mapping.external_id)
    await shared.put(system, stays.id, found.values())
    await mappings.unsettle(system, stays.id)
    return list(found.values())


async def _take_out(
    transaction: Transaction, system: IntegrationId, ids: list[SharedId], leaving: SharedId
) -> list[SharedId]:
    """Forget that an id is one of several; return the others. A single one needs no note."""
    left = [record_id for record_id in ids if record_id is not leaving]
    for shared_id in ids if len(left) < 2 else [leaving]:
        await transaction.mappings.shared.drop(system, shared_id.external_id)
    return left


def _leaving(ids: Iterable[SharedId], first: ExternalMapping, external_id: str) -> SharedId:
    further = {
        record_id.external_id: record_id
        for record_id in ids
        if record_id.external_id != first.external_id
    }
    if external_id == first.external_id:
        raise ConflictError(
            f"{external_id} is the primary ID of the record",
            advice=f"split another ID: {', '.join(further)}",
        )
    if not external_id and len(further) == 1:
        return next(iter(further.values()))
    if not external_id:
        raise ConflictError(
            f"{first.integration_id} has several IDs for the record",
            advice=f"choose the ID to split: {', '.join(further)}",
        )
    if external_id not in further:
        raise NotFoundError(
            f"{external_id} is not an ID of this record in {first.integration_id}",
            advice="check the record's IDs",
        )
    return further[external_id]


async def _leaves(
    transaction: Transaction, stored: Stored, system: IntegrationId, leaving: SharedId
) -> Values:
    home = leaving.home and await transaction.mappings.find(system, Collection.ORGS, leaving.home)
    return {
        **split_records(stored.local_record, system).leaves,
        "status": "active" if leaving.is_listed else "inactive",
        "roles": format_roles([leaving]),
        "primary_org": home or None,
    }
