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
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import TenantId
from integration_tui.domain.sync.plan import Value, Values
from integration_tui.store.schema.core import roster_edits as edits

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(str | int | None).decode
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

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def add(self, record: str, seq: int, edit: StoredManualEdit, *, at: datetime) -> None:
        """Keep the values of an act that the audit entry `seq` tells of."""
        rows = [
            {
                "tenant_id": self._tenant,
                "record": record,
                "seq": seq,
                "field": name,
                "before": _encode(edit.before.get(name)).decode(),
                "after": _encode(value).decode(),
                "at": at,
            }
            for name, value in edit.after.items()
        ]
        if rows:
            await self._connection.execute(insert(edits), rows)

    async def of(self, record: str) -> Mapping[int, StoredManualEdit]:
        """Return the values of every act on a record that are still kept, by the entry's number."""
        found = await self._connection.execute(
            select(edits.c.seq, edits.c.field, edits.c.before, edits.c.after)
            .filter_by(tenant_id=self._tenant, record=record)
            .order_by(edits.c.seq, edits.c.field)
        )
        before: dict[int, dict[str, Value]] = defaultdict(dict)
        after: dict[int, dict[str, Value]] = defaultdict(dict)
        for row in found.all():
            before[row.seq][row.field] = _decode(row.before)
            after[row.seq][row.field] = _decode(row.after)
        return {seq: StoredManualEdit(before=before[seq], after=after[seq]) for seq in before}

    async def forget(self, record: str) -> None:
        """Forget the values of a record."""
        await self._connection.execute(
            delete(edits).filter_by(tenant_id=self._tenant, record=record)
        )

    async def forget_before(self, moment: datetime) -> int:
        """Forget what is older than a moment; return how many values those were."""
        done = await self._connection.execute(
            delete(edits).where(edits.c.tenant_id == self._tenant, edits.c.at < moment)
        )
        return done.rowcount
