"""Writes many records at once; some are refused, each with its reason, and the rest are done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

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
    User,
)
from integration_tui.providers.mock.district import District
from integration_tui.providers.mock.ids import IdMap
from integration_tui.providers.mock.layout import id_of
from integration_tui.providers.mock.line import Line
from integration_tui.providers.mock.writes import MOST, Writes

_DELETABLE: Final = frozenset({Collection.USERS, Collection.ENROLLMENTS})


class Batch:
    """Safe to repeat: what is already so is done again without harm."""

    def __init__(
        self,
        context: ProviderContext,
        *,
        district: District,
        line: Line,
        writes: Writes,
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
            return [_result(one, self._refusal(one)) for one in operations]
        await self._line.request(repeats=self._context.max_retries)
        return [self._carry_out(one) for one in operations]

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
        ids = [id_of(Collection.ENROLLMENTS, one) for one in own]
        current = [self._current(Collection.ENROLLMENTS, one) for one in ids]
        return [
            *self._writes.enrollments_of(record.sourced_id),
            *(one for one in current if one is not None),
        ]

    def _refusal(self, operation: WriteOperation) -> str:
        """Return why the system would not do it, or nothing."""
        if operation.kind is WriteKind.DELETE:
            return self._refusal_of_delete(operation)
        record = operation.record
        if not isinstance(record, RECORD_TYPES[operation.collection]):
            return f"this is no record of {operation.collection}"
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
            return f"{sourced_id} is in use; take away what points to it first"
        return ""

    def _missing_reference(self, record: Record) -> str:
        for collection, sourced_id in _references(record):
            if self._current(collection, sourced_id) is None:
                return f"there is no {sourced_id} in {collection}"
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
