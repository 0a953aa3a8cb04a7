"""The index of the words in audit entries: new entries at once, old ones bit by bit.

It holds an unbroken range of entries, which a row of `audit_indexed` names. It is written in the
transaction of the entries, so that it is never ahead of them; a store that is older than the
index is indexed from its newest entry back to its first.

See docs/decisions/0014.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from integration_tui.domain.audit.chain import parsed
from integration_tui.domain.audit.log import AuditEntry
from integration_tui.domain.audit.query import searchable
from integration_tui.domain.ids import TenantId
from integration_tui.store.connection import Connection

_SHIFT: Final = 40
"""A rowid is a tenant's number, and behind so many bits' room the entry's."""

_BLOCK: Final = 16
"""So many bits of a number stand within its block."""

_INSERT: Final = "INSERT INTO audit_words (rowid, words) VALUES (?, ?)"
_RAISE: Final = """
UPDATE audit_indexed SET high = ? WHERE tenant_id = ? AND high = ? RETURNING number
"""
_LOWER: Final = "UPDATE audit_indexed SET low = ? WHERE tenant_id = ?"
_BEGIN: Final = """
INSERT INTO audit_indexed (tenant_id, number, low, high)
SELECT ?, coalesce(max(number), 0) + 1, ?, ? FROM audit_indexed WHERE true
ON CONFLICT DO NOTHING
"""
_BETWEEN: Final = """
SELECT body, hash FROM integration_audit_logs
WHERE tenant_id = ? AND seq BETWEEN ? AND ? ORDER BY seq
"""


class Indexed(msgspec.Struct, frozen=True):
    """Which entries the index holds: `low` to `high`. `base` is added to a number for its rowid."""

    base: int
    low: int
    high: int


class AuditIndex:
    """The index of one tenant's entries, inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def indexed(self) -> Indexed | None:
        """Return what the index holds; `None` where it was never begun."""
        rows = await self._connection.exec_driver_sql(
            "SELECT number, low, high FROM audit_indexed WHERE tenant_id = ?", (self._tenant,)
        )
        row = rows.one_or_none()
        return None if row is None else Indexed(_base(row.number), int(row.low), int(row.high))

    async def add(self, entries: Sequence[AuditEntry]) -> None:
        """Index entries that were just written, if those before them are indexed."""
        before, last = entries[0].seq - 1, entries[-1].seq
        number = await self._raise(before, last)
        if number is None:
            await self._connection.exec_driver_sql(_BEGIN, (self._tenant, before + 1, before))
            number = await self._raise(before, last)
        if number is not None:
            await self._write(_base(number), entries)

    async def fill(self, head: int, limit: int) -> bool:
        """Index up to so many entries that are not; return whether some are left."""
        found = await self.indexed()
        if found is None:
            await self._connection.exec_driver_sql(_BEGIN, (self._tenant, head + 1, head))
            return head > 0
        if found.high < head:  # written by something that knows no index
            last = min(found.high + limit, head)
            await self._write(found.base, await self._between(found.high + 1, last))
            await self._raise(found.high, last)
            return True
        low = max(found.low - limit, 1)
        await self._write(found.base, await self._between(low, found.low - 1))
        await self._connection.exec_driver_sql(_LOWER, (low, self._tenant))
        return low > 1

    async def _raise(self, before: int, last: int) -> int | None:
        rows = await self._connection.exec_driver_sql(_RAISE, (last, self._tenant, before))
        number: int | None = rows.scalar_one_or_none()
        return number

    async def _write(self, base: int, entries: Sequence[AuditEntry]) -> None:
        if entries:
            rows = [
                (base + entry.seq, f"{searchable(entry.act)} {block_of(entry.seq)}")
                for entry in entries
            ]
            await self._connection.exec_driver_sql(_INSERT, rows)

    async def _between(self, first: int, last: int) -> list[AuditEntry]:
        rows = await self._connection.exec_driver_sql(_BETWEEN, (self._tenant, first, last))
        return [parsed(row.body, row.hash) for row in rows.all()]


def block_of(number: int) -> str:
    """Return the word that all entries of a block have, and nothing that was recorded can be.

    Of several words SQLite looks for the next entry that has them all, however far it is; with
    this one among them it looks no farther than the block.
    """
    return f"█{number >> _BLOCK}"


def block_end(number: int, step: int) -> int:
    """Return the last number of a block in the direction of `step`."""
    first = number >> _BLOCK << _BLOCK
    return first if step < 0 else first + (1 << _BLOCK) - 1


def _base(number: int) -> int:
    return number << _SHIFT
