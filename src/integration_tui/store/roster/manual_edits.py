"""What people changed by hand, value by value, beside the audit log, which holds no values.

A row belongs to an entry of the log by its number. The rows go with their record, and with the
days of `retention_days`; the entry stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from integration_tui.domain.ids import TenantId
from integration_tui.domain.sync.plan import Value, Values
from integration_tui.store.column_types import instant, storable
from integration_tui.store.connection import Connection

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(str | int | None).decode
_ADD: Final = """
INSERT INTO roster_edits (tenant_id, record, seq, field, before, after, at)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_OF: Final = """
SELECT seq, field, before, after FROM roster_edits WHERE tenant_id = ? AND record = ?
ORDER BY seq, field
"""
_FORGET: Final = "DELETE FROM roster_edits WHERE tenant_id = ? AND record = ?"
_FORGET_BEFORE: Final = "DELETE FROM roster_edits WHERE tenant_id = ? AND at < ?"
FORGET_REMOVED: Final = """
DELETE FROM roster_edits WHERE tenant_id = :tenant AND record IN (
    SELECT :collection || '/' || id FROM {changes} WHERE {span} AND kind = 'remove')
"""
"""What a plan removes is forgotten with it."""


class StoredManualEdit(msgspec.Struct, frozen=True, kw_only=True):
    """What the fields of a record held before and after one act."""

    before: Values = msgspec.field(default_factory=dict[str, Value])
    after: Values = msgspec.field(default_factory=dict[str, Value])


class ManualEditRepository:
    """Reads and writes them inside one transaction. `record` is what the log calls a record."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def add(self, record: str, seq: int, edit: StoredManualEdit, *, at: datetime) -> None:
        """Keep the values of an act that the audit entry `seq` tells of."""
        rows = [
            (
                *(self._tenant, storable(record), seq, storable(name)),
                storable(_encode(edit.before.get(name)).decode()),
                storable(_encode(value).decode()),
                instant(at),
            )
            for name, value in edit.after.items()
        ]
        if rows:
            await self._connection.exec_driver_sql(_ADD, rows)

    async def of(self, record: str) -> Mapping[int, StoredManualEdit]:
        """Return the values of every act on a record that are still kept, by the entry's number."""
        found = await self._connection.exec_driver_sql(_OF, (self._tenant, storable(record)))
        before: dict[int, dict[str, Value]] = defaultdict(dict)
        after: dict[int, dict[str, Value]] = defaultdict(dict)
        for row in found.all():
            before[row.seq][row.field] = _decode(row.before)
            after[row.seq][row.field] = _decode(row.after)
        return {seq: StoredManualEdit(before=before[seq], after=after[seq]) for seq in before}

    async def forget(self, record: str) -> None:
        """Forget the values of a record."""
        await self._connection.exec_driver_sql(_FORGET, (self._tenant, storable(record)))

    async def forget_before(self, moment: datetime) -> int:
        """Forget what is older than a moment; return how many values those were."""
        done = await self._connection.exec_driver_sql(
            _FORGET_BEFORE, (self._tenant, instant(moment))
        )
        return int(done.rowcount)
