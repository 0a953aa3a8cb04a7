"""Ids in many systems, put right by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from integration_tui.domain.audit.log import Action, AuditRecord
from integration_tui.domain.errors import ConflictError, NotFoundError
from integration_tui.domain.ids import IntegrationId, RecordId
from integration_tui.domain.sync.mapping import ExternalMapping, MappingOrigin, Match, MatchStatus
from integration_tui.domain.sync.same_person import SharedId
from integration_tui.domain.value import replace
from integration_tui.services.authorization import require_admin
from integration_tui.services.roster.manual_edits import EditRecord, record
from integration_tui.services.roster.record_merge import (
    MergedRecords,
    MergeRequest,
    merge_records,
    split_record,
)

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.clock import Clock
    from integration_tui.domain.roster import Collection
    from integration_tui.store.database import Database
    from integration_tui.store.repositories import Repositories, Transaction
    from integration_tui.store.roster.records import Stored


class MappingService:
    """Ids in many systems, put right by hand."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of(self, collection: Collection, record_id: RecordId) -> list[ExternalMapping]:
        """Return what every system that knows a record calls it."""
        async with self._database.reading() as rows:
            return await rows.mappings.of(collection, record_id)

    async def find(
        self, integration_id: IntegrationId, collection: Collection, external_id: str
    ) -> RecordId | None:
        """Return our id of what a system calls `external_id`."""
        async with self._database.reading() as rows:
            return await rows.mappings.find(integration_id, collection, external_id)

    async def matches(
        self,
        integration_id: IntegrationId | None = None,
        *,
        after: Match | None = None,
        limit: int = 100,
    ) -> list[Match]:
        """Return records that may be the same and wait to be decided, the likeliest first.

        With `after`, those behind it.
        """
        async with self._database.reading() as rows:
            found = await rows.mappings.matches(integration_id, after=after, limit=limit)
            return await _labelled(rows, found)

    async def decide(self, match: Match, *, same: bool, actor: Actor) -> None:
        """Merge a record into the one that it may be, or keep them apart for ever.

        Raises `NotFoundError`, or `ConflictError` where it was decided already, or where the
        record is in a plan only.
        """
        require_admin(actor)
        async with self._database.transaction() as transaction:
            await _require_open(transaction, match)
            status = MatchStatus.SAME if same else MatchStatus.APART
            await transaction.mappings.decide(match, status)
            act = AuditRecord(
                action=Action.DECIDE_MATCH,
                actor=actor,
                object=f"{match.collection}/{match.candidate_id}",
                detail=f"{match.external_id} of {match.integration_id}: {status}",
            )
            deeds, systems = [EditRecord(act=act)], {match.integration_id}
            if same:
                gone = await _there(transaction, match)
                wanted = MergeRequest(
                    collection=match.collection,
                    keep=match.candidate_id,
                    removed=gone,
                    actor=actor,
                    reason=f"matched by {match.rule}",
                    at=self._clock(),
                )
                done = await merge_records(transaction, wanted)
                deeds, systems = [*deeds, *done.deeds], systems | done.systems
            await record(transaction, deeds, systems, at=self._clock())

    async def merge(
        self,
        collection: Collection,
        keep: RecordId,
        gone: RecordId,
        *,
        actor: Actor,
        reason: str = "",
    ) -> None:
        """Have two records be one. What the other held is what its systems are taken to say.

        Whatever names the other names the one that stays. Raises `NotFoundError`, or
        `ConflictError` where one system knows both, unless they are people.
        """
        require_admin(actor)
        async with self._database.transaction() as transaction:
            wanted = MergeRequest(
                collection=collection,
                keep=keep,
                removed=gone,
                actor=actor,
                reason=reason,
                at=self._clock(),
            )
            done = await merge_records(transaction, wanted)
            await record(transaction, done.deeds, done.systems, at=wanted.at)

    async def split(
        self,
        collection: Collection,
        record_id: RecordId,
        integration_id: IntegrationId,
        *,
        actor: Actor,
        reason: str = "",
        external_id: str = "",
    ) -> RecordId:
        """Make a record of its own of what a system says of this one; return its id.

        What only that system knows goes with it. Where it has several ids of somebody, the one
        named `external_id` leaves; it need not be named where there are two. Raises
        `NotFoundError`, or `ConflictError` where no other system knows the record.
        """
        require_admin(actor)
        async with self._database.transaction() as transaction:
            stored = await transaction.records.get(collection, record_id)
            now = self._clock()
            new, systems = await split_record(
                transaction, stored, integration_id, external_id, by=actor.name, now=now
            )
            act = AuditRecord(
                action=Action.SPLIT_RECORD,
                actor=actor,
                object=stored.name,
                detail=reason,
                after={integration_id: f"{collection}/{new}"},
            )
            await record(transaction, [EditRecord(act=act)], systems, at=now)
        return new

    async def relink(
        self,
        integration_id: IntegrationId,
        collection: Collection,
        ids: tuple[str, str],
        *,
        actor: Actor,
        reason: str = "",
    ) -> None:
        """Have a record keep its place though its system calls it otherwise: `ids` old and new.

        Where the new id has a record of its own, that one is merged into it. Raises
        `NotFoundError` where the old id is not known.
        """
        require_admin(actor)
        old, new = ids
        async with self._database.transaction() as transaction:
            keep = await transaction.mappings.find(integration_id, collection, old)
            if keep is None:
                raise NotFoundError(
                    f"no {old} in {collection} of {integration_id}",
                    advice="check the record's IDs",
                )
            stored = await transaction.records.get(collection, keep)
            act = AuditRecord(
                action=Action.MERGE_RECORDS,
                actor=actor,
                object=stored.name,
                detail=reason,
                before={integration_id: old},
                after={integration_id: new},
            )
            if old != new:
                await transaction.mappings.forget(integration_id, collection, old)
                await transaction.mappings.shared.drop(integration_id, old)
                done = await _take_id(transaction, stored, integration_id, new, act, self._clock())
                await record(transaction, done.deeds, done.systems, at=self._clock())


async def _take_id(
    transaction: Transaction,
    stored: Stored,
    system: IntegrationId,
    external_id: str,
    act: AuditRecord,
    now: datetime,
) -> MergedRecords:
    """Give a record an id of a system's; whoever has come under that id is the same."""
    other = await transaction.mappings.find(system, stored.collection, external_id)
    systems = frozenset(stored.knowers)
    if other == stored.id:  # one of several ids of somebody: the others are enough
        await _carry(transaction, stored, system, external_id, now)
        return MergedRecords(deeds=(EditRecord(act=act),), systems=systems)
    if other is not None:
        wanted = MergeRequest(
            collection=stored.collection,
            keep=stored.id,
            removed=other,
            actor=act.actor,
            reason=act.detail,
            at=now,
        )
        done = await merge_records(transaction, wanted)
        return MergedRecords(
            deeds=(EditRecord(act=act), *done.deeds), systems=systems | done.systems
        )
    await _carry(transaction, stored, system, external_id, now)
    return MergedRecords(deeds=(EditRecord(act=act),), systems=systems)


async def _carry(
    transaction: Transaction, stored: Stored, system: str, external_id: str, now: datetime
) -> None:
    """Have an id carry a record, unless another id of the same system does already."""
    known = await transaction.mappings.of(stored.collection, stored.id)
    first = next(
        (
            external_mapping
            for external_mapping in known
            if external_mapping.integration_id == system
        ),
        None,
    )
    if first is None:
        mapping = ExternalMapping(
            integration_id=IntegrationId(system),
            collection=stored.collection,
            internal_id=stored.id,
            external_id=external_id,
            mapped_at=now,
            bond=MappingOrigin.RELINKED,
        )
        await transaction.mappings.add(mapping, at=now)
    elif first.external_id != external_id:
        shared = SharedId(external_id=external_id, is_listed=True, bond=MappingOrigin.CONFIRMED)
        own = await transaction.mappings.shared.read_from(stored, first)
        await transaction.mappings.shared.put(first.integration_id, stored.id, (own, shared))
        await transaction.mappings.unsettle(first.integration_id, stored.id)


async def _require_open(transaction: Transaction, match: Match) -> None:
    status = await transaction.mappings.status(match)
    if status is None:
        raise NotFoundError(
            f"no open match for {match.external_id} of {match.integration_id}",
            advice="list the matches again",
        )
    if status is not MatchStatus.OPEN:
        raise ConflictError(
            f"the match of {match.external_id} was already decided: {status}",
            advice="merge or split the records manually",
        )


async def _there(transaction: Transaction, match: Match) -> RecordId:
    """Return the record as it is now. Raises `ConflictError` where it is in a plan only."""
    found = await transaction.mappings.find(
        match.integration_id, match.collection, match.external_id
    )
    if found is None:
        raise ConflictError(
            f"{match.external_id} of {match.integration_id} is not in the roster yet",
            advice="apply the plan with this record, then decide",
        )
    return found


async def _labelled(rows: Repositories, found: Sequence[Match]) -> list[Match]:
    ids: dict[Collection, set[RecordId]] = defaultdict(set)
    for match in found:
        ids[match.collection] |= {match.record_id, match.candidate_id}
    labels: dict[Collection, Mapping[RecordId, str]] = {
        collection: await rows.roster.labels(collection, sorted(several))
        for collection, several in ids.items()
    }
    return [
        replace(
            found_one,
            label=labels[found_one.collection].get(found_one.record_id, ""),
            candidate_label=labels[found_one.collection].get(found_one.candidate_id, ""),
        )
        for found_one in found
    ]
