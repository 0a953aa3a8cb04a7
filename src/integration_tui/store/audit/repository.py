"""The audit log's rows: added at the end, never changed; triggers see to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

from integration_tui.domain.audit.chain import canonical, chained, recordable
from integration_tui.domain.audit.log import (
    GENESIS,
    AuditActivity,
    AuditEntry,
    AuditFilter,
    AuditRecord,
)
from integration_tui.domain.errors import StoreError
from integration_tui.domain.events import AuditAppended, Event
from integration_tui.domain.ids import TenantId
from integration_tui.store.audit.index import AuditIndex
from integration_tui.store.audit.queries import (
    NEWEST_FIRST,
    OLDEST_FIRST,
    Direction,
    actors_since,
    count_between,
)
from integration_tui.store.audit.search import AuditSearch
from integration_tui.store.column_types import instant
from integration_tui.store.connection import Connection, Value

_NEWEST: Final = 5_000
"""Among so many entries those are counted who wrote most; more would take too long."""
_MOST_ACTORS: Final = 6
_HEAD: Final = """
SELECT seq, hash FROM integration_audit_logs WHERE tenant_id = ? ORDER BY seq DESC LIMIT 1
"""
_INSERT = """
INSERT INTO integration_audit_logs
    (tenant_id, seq, at, action, actor, object, outcome, body, hash)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def _emit_nothing(_event: Event) -> None:
    """Publish nothing: who only reads adds nothing."""


class AuditRepository:
    """Reads and adds entries inside one transaction, which publishes that there are new ones."""

    def __init__(
        self,
        connection: Connection,
        tenant: TenantId,
        *,
        emit: Callable[[Event], None] = _emit_nothing,
    ) -> None:
        self._connection = connection
        self._tenant = tenant
        self._emit = emit
        self.index = AuditIndex(connection, tenant)

    async def add(self, acts: Sequence[AuditRecord], *, at: datetime) -> list[AuditEntry]:
        """Append an entry for each act, in their order, and return the entries as written.

        The transaction is a writer's, so nobody else can take the same place in the chain.
        """
        seq, head = await self.head()
        moment = instant(at)
        entries: list[AuditEntry] = []
        rows: list[tuple[Value, ...]] = []
        for act in map(recordable, acts):
            seq += 1
            body = canonical(seq, at, act)
            head = chained(head, body)
            entries.append(AuditEntry(seq=seq, at=at, act=act, hash=head))
            rows.append(self._row(entries[-1], moment, body))
        if rows:
            written = await self._connection.exec_driver_sql(_INSERT, rows)
            if written.rowcount != len(rows):  # a trigger of somebody else's may ignore them
                raise StoreError(
                    "audit entry could not be written: nothing was changed",
                    advice="see audit verify",
                )
            await self.index.add(entries)
            self._emit(AuditAppended())
        return entries

    async def head(self) -> tuple[int, str]:
        """Return sequence number and hash of the newest entry; 0 and `GENESIS` without any."""
        rows = await self._connection.exec_driver_sql(_HEAD, (self._tenant,))
        row = rows.one_or_none()
        return (0, GENESIS) if row is None else (int(row.seq), str(row.hash))

    async def activity(self, moments: Sequence[datetime], since: datetime) -> AuditActivity:
        """Return how many entries there are between moments, and who wrote most `since`."""
        counts: list[int] = []
        for begin, end in pairwise(map(instant, moments)):
            sql, values = count_between(self._tenant, begin, end)
            found = await self._connection.exec_driver_sql(sql, values)
            counts.append(int(found.scalar_one()))
        seq, _ = await self.head()
        sql, values = actors_since(self._tenant, seq - _NEWEST, instant(since), _MOST_ACTORS)
        rows = await self._connection.exec_driver_sql(sql, values)
        return AuditActivity(
            counts=counts, actors=[(str(row.actor), int(row.entries)) for row in rows.all()]
        )

    async def search(self, wanted: AuditFilter) -> AuditSearch:
        """Return what looks for entries, part by part."""
        search = AuditSearch(self._connection, self._tenant, wanted)
        seq, _ = await self.head()
        await search.prepare(seq, await self.index.indexed() if wanted.needs_words else None)
        return search

    async def page(
        self, wanted: AuditFilter, *, before: int | None = None, limit: int
    ) -> list[AuditEntry]:
        """Return entries older than sequence number `before`, newest first."""
        return await self._all(wanted, NEWEST_FIRST, before, limit)

    async def following(self, wanted: AuditFilter, *, after: int, limit: int) -> list[AuditEntry]:
        """Return entries newer than sequence number `after`, oldest first."""
        return await self._all(wanted, OLDEST_FIRST, after, limit)

    async def _all(
        self, wanted: AuditFilter, way: Direction, start: int | None, limit: int
    ) -> list[AuditEntry]:
        """Look on until there are enough, or there is no more."""
        search, found = await self.search(wanted), list[AuditEntry]()
        while len(found) < limit:
            stretch = await search.page(way, start, limit - len(found))
            found += stretch.entries
            if (start := stretch.reached) is None:
                break
        return found

    def _row(self, entry: AuditEntry, moment: str, body: bytes) -> tuple[Value, ...]:
        """Spell what `_INSERT` takes, in its order."""
        act = entry.act
        found_by = (act.action.value, act.actor.name, act.object, act.outcome.value)
        return (self._tenant, entry.seq, moment, *found_by, body, entry.hash)
