"""The audit log's rows: added at the end, never changed; triggers see to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, UnaryExpression, select
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.audit import (
    GENESIS,
    Act,
    AuditFilter,
    Entry,
    canonical,
    chained,
    parsed,
    recordable,
)
from integration_tui.domain.ids import TenantId
from integration_tui.store.column_types import instant
from integration_tui.store.schema import integration_audit_logs as logs

_INSERT = """
INSERT INTO integration_audit_logs
    (tenant_id, seq, at, action, actor, object, outcome, body, hash)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


class AuditRows:
    """Reads and adds entries inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def add(self, acts: Sequence[Act], *, at: datetime) -> list[Entry]:
        """Append an entry for each act, in their order, and return the entries as written.

        The transaction is a writer's, so nobody else can take the same place in the chain.
        """
        seq, head = await self.head()
        moment = instant(at)
        entries: list[Entry] = []
        rows: list[tuple[object, ...]] = []
        for act in map(recordable, acts):
            seq += 1
            body = canonical(seq, at, act)
            head = chained(head, body)
            entries.append(Entry(seq=seq, at=at, act=act, hash=head))
            rows.append(self._row(entries[-1], moment, body))
        if rows:
            await self._connection.exec_driver_sql(_INSERT, rows)
        return entries

    async def head(self) -> tuple[int, str]:
        """Return sequence number and hash of the newest entry; 0 and `GENESIS` without any."""
        rows = await self._connection.execute(
            select(logs.c.seq, logs.c.hash)
            .where(logs.c.tenant_id == self._tenant)
            .order_by(logs.c.seq.desc())
            .limit(1)
        )
        row = rows.one_or_none()
        return (0, GENESIS) if row is None else (int(row.seq), str(row.hash))

    async def page(
        self, wanted: AuditFilter, *, before: int | None = None, limit: int
    ) -> list[Entry]:
        """Return entries older than sequence number `before`, newest first."""
        older = [] if before is None else [logs.c.seq < before]
        return await self._read([*self._wanted(wanted), *older], logs.c.seq.desc(), limit)

    async def following(self, wanted: AuditFilter, *, after: int, limit: int) -> list[Entry]:
        """Return entries newer than sequence number `after`, oldest first."""
        newer = [*self._wanted(wanted), logs.c.seq > after]
        return await self._read(newer, logs.c.seq.asc(), limit)

    async def _read(
        self, where: Sequence[ColumnElement[bool]], order: UnaryExpression[int], limit: int
    ) -> list[Entry]:
        rows = await self._connection.execute(
            select(logs.c.body, logs.c.hash).where(*where).order_by(order).limit(limit)
        )
        return [parsed(row.body, row.hash) for row in rows.all()]

    def _wanted(self, wanted: AuditFilter) -> list[ColumnElement[bool]]:
        asked = {
            logs.c.action: wanted.action,
            logs.c.actor: wanted.actor,
            logs.c.object: wanted.object,
            logs.c.outcome: wanted.outcome,
        }
        where = [logs.c.tenant_id == self._tenant]
        where += [column == str(value) for column, value in asked.items() if value is not None]
        where += [logs.c.at >= wanted.since] if wanted.since else []
        where += [logs.c.at < wanted.until] if wanted.until else []
        return where

    def _row(self, entry: Entry, moment: str, body: bytes) -> tuple[object, ...]:
        """Spell what `_INSERT` takes, in its order."""
        act = entry.act
        found_by = (act.action.value, act.actor.name, act.object, act.outcome.value)
        return (self._tenant, entry.seq, moment, *found_by, body, entry.hash)
