"""What was written into the district, laid over what it is by itself. Kept in memory only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from integration_tui.domain.provider import (
    ProviderContext,
    WriteKind,
    WriteOperation,
    WriteResult,
)
from integration_tui.domain.roster import (
    RECORD_TYPES,
    Class,
    Collection,
    Enrollment,
    Record,
    RecordStatus,
    User,
)
from integration_tui.providers.mock.district import District
from integration_tui.providers.mock.ids import IdMap
from integration_tui.providers.mock.network import SimulatedNetwork
from integration_tui.providers.mock.slots import id_of

MOST: Final = 10_000
"""So many written records are kept; more are refused."""


class WrittenRecords:
    """Written and deleted records, in the order in which they were first written."""

    def __init__(self) -> None:
        self._records: dict[Collection, dict[str, Record]] = {
            collection: {} for collection in Collection
        }

    @property
    def is_full(self) -> bool:
        return sum(map(len, self._records.values())) >= MOST

    def of(self, collection: Collection) -> Mapping[str, Record]:
        """Return written and deleted records by id; they come at the end of a listing."""
        return self._records[collection]

    def save(self, collection: Collection, record: Record, *, at: datetime) -> None:
        """Keep a record; it is listed in place of the district's own."""
        stamped = msgspec.structs.replace(record, modified_at=at)
        self._records[collection][record.sourced_id] = stamped

    def delete(self, collection: Collection, record: Record, *, at: datetime) -> None:
        """Keep the record as deleted, so that a listing of changes can say so."""
        gone = msgspec.structs.replace(record, status=RecordStatus.TO_BE_DELETED)
        self.save(collection, gone, at=at)

    def find(self, collection: Collection, sourced_id: str) -> Record | None:
        """Return a written record that was not deleted."""
        record = self._records[collection].get(sourced_id)
        return record if record is not None and record.status is RecordStatus.ACTIVE else None

    def enrollments_of(self, user: str) -> list[Enrollment]:
        """Return the written enrollments of a user."""
        written = self._records[Collection.ENROLLMENTS].values()
        return [
            record for record in written if isinstance(record, Enrollment) and record.user == user
        ]


_DELETABLE: Final = frozenset({Collection.USERS, Collection.ENROLLMENTS})


class MockBatch:
    """Safe to repeat: what is already so is done again without harm."""

    def __init__(
        self,
        context: ProviderContext,
        *,
        district: District,
        line: SimulatedNetwork,
        writes: WrittenRecords,
        failure_share: float,
    ) -> None:
        self.ids = IdMap(district.layout)
        self._context = context
        self._district = district
        self._line = line
        self._writes = writes
        self._failure_share = failure_share

    async def write(
        self, operations: Sequence[WriteOperation], *, dry_run: bool = False
    ) -> list[WriteResult]:
        """Return one result an operation, in their order. A dry run sends nothing."""
        if dry_run:
            return [_result(operation, self._refusal(operation)) for operation in operations]
        await self._line.request(repeats=self._context.max_retries)
        return [self._carry_out(operation) for operation in operations]

    def _carry_out(self, operation: WriteOperation) -> WriteResult:
        reason = self._refusal(operation) or self._accident()
        if not reason:
            self._apply(operation)
        return _result(operation, reason)

    def _apply(self, operation: WriteOperation) -> None:
        now = self._context.clock()
        if operation.record is not None:
            self.ids.remember(operation.collection, operation.sourced_id)
            self._writes.save(operation.collection, operation.record, at=now)
        elif record := self._current(operation.collection, operation.sourced_id):
            for enrollment in self._taken_along(record):
                self._writes.delete(Collection.ENROLLMENTS, enrollment, at=now)
            self._writes.delete(operation.collection, record, at=now)

    def _taken_along(self, record: Record) -> list[Record]:
        """Return the enrollments that go with a user: nobody is left in a class without one."""
        slot = self._district.layout.slot_of(Collection.USERS, record.sourced_id)
        if not isinstance(record, User):
            return []
        own = range(0) if slot is None else self._district.layout.enrollments_of(slot)
        ids = [id_of(Collection.ENROLLMENTS, number) for number in own]
        current = [self._current(Collection.ENROLLMENTS, record_id) for record_id in ids]
        return [
            *self._writes.enrollments_of(record.sourced_id),
            *(record for record in current if record is not None),
        ]

    def _refusal(self, operation: WriteOperation) -> str:
        """Return why the system would not do it, or nothing."""
        if operation.kind is WriteKind.DELETE:
            return self._refusal_of_delete(operation)
        record = operation.record
        if not isinstance(record, RECORD_TYPES[operation.collection]):
            return f"not a record of {operation.collection}"
        if record.sourced_id != operation.sourced_id:
            return f"the record calls itself {record.sourced_id}"
        if self._writes.is_full and record.sourced_id not in self._writes.of(operation.collection):
            return f"a mock district keeps at most {MOST} written records"
        return self._missing_reference(record)

    def _refusal_of_delete(self, operation: WriteOperation) -> str:
        collection, sourced_id = operation.collection, operation.sourced_id
        if operation.record is not None:
            return "a delete takes no record"
        if self._current(collection, sourced_id) is None:
            return ""
        slot = self._district.layout.slot_of(collection, sourced_id)
        is_staff = slot is not None and slot < self._district.layout.staff
        if collection not in _DELETABLE or (collection is Collection.USERS and is_staff):
            return f"{sourced_id} is in use; delete the records that refer to it first"
        return ""

    def _missing_reference(self, record: Record) -> str:
        for collection, sourced_id in _references(record):
            if self._current(collection, sourced_id) is None:
                return f"no {sourced_id} in {collection}"
        return ""

    def _current(self, collection: Collection, sourced_id: str) -> Record | None:
        if sourced_id in self._writes.of(collection):
            return self._writes.find(collection, sourced_id)
        generation = self._district.timeline.generation_at(self._context.clock())
        return self._district.find(collection, sourced_id, generation)

    def _accident(self) -> str:
        is_hit = self._failure_share and self._context.chance() < self._failure_share
        return "the system was too busy to store it (503)" if is_hit else ""


def _references(record: Record) -> list[tuple[Collection, str]]:
    match record:
        case Enrollment():
            return [(Collection.USERS, record.user), (Collection.CLASSES, record.class_)]
        case Class():
            return [(Collection.ORGS, record.school)]
        case User():
            return [(Collection.ORGS, role.org) for role in record.roles]
        case _:
            return []


def _result(operation: WriteOperation, reason: str) -> WriteResult:
    return WriteResult(sourced_id=operation.sourced_id, done=not reason, reason=reason)
