"""What was written into the district, laid over what it is by itself. Kept in memory only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from integration_tui.domain.roster import Collection, Enrollment, Record, RecordStatus

MOST: Final = 10_000
"""So many written records are kept; more are refused."""


class Writes:
    """Written and deleted records, in the order in which they were first written."""

    def __init__(self) -> None:
        self._records: dict[Collection, dict[str, Record]] = {one: {} for one in Collection}

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
        return [one for one in written if isinstance(one, Enrollment) and one.user == user]
