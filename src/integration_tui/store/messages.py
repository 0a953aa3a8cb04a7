"""Messages, and up to which they were read. One about the same takes the place of the last one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final

from integration_tui.domain.events import Event, MessagesChanged
from integration_tui.domain.ids import IntegrationId, RunId, TenantId
from integration_tui.domain.integration import Trouble
from integration_tui.domain.message import HEALTH_KINDS, Message, MessageKind, NewMessage
from integration_tui.store.column_types import instant, moment, names_of, storable
from integration_tui.store.connection import Connection, Row, Value
from integration_tui.store.sequences import allocate_ids

KEPT: Final = 5_000
"""However much happens, no more are kept."""
_AGAIN: Final = timedelta(hours=1)
"""Within it, the same about an integration that comes and goes is one message, counted."""
_PAGE: Final = """
SELECT * FROM messages
WHERE tenant_id = :tenant AND id > :read_to AND id < coalesce(:before, 1 << 62)
ORDER BY id DESC LIMIT :limit
"""
_UNREAD: Final = "SELECT count(*) FROM messages WHERE tenant_id = :tenant AND id > :read_to"
_NEWEST: Final = "SELECT coalesce(max(id), 0) FROM messages WHERE tenant_id = ?"
_NEWEST_OF_HEALTH: Final = """
SELECT * FROM messages WHERE tenant_id = :tenant AND id IN (
    SELECT max(id) FROM messages
    WHERE tenant_id = :tenant AND integration_id IN (SELECT value FROM json_each(:names))
        AND kind IN (SELECT value FROM json_each(:kinds))
    GROUP BY integration_id)
ORDER BY id
"""
_SAME: Final = """
SELECT * FROM messages WHERE tenant_id = :tenant AND integration_id = :integration
    AND topic = :topic AND (:since IS NULL OR at > :since)
ORDER BY id DESC LIMIT 1
"""
_READ_TO: Final = "SELECT read_to FROM message_marks WHERE tenant_id = ?"
_MARK: Final = "UPDATE message_marks SET read_to = :read_to WHERE tenant_id = :tenant"
_FIRST_MARK: Final = "INSERT INTO message_marks (tenant_id, read_to) VALUES (:tenant, :read_to)"
_ADD: Final = """
INSERT INTO messages (tenant_id, id, at, first_at, times, kind, integration_id, run_id, trouble,
    topic, sentence, advice)
VALUES (:tenant, :id, :at, :first_at, :times, :kind, :integration, :run, :trouble, :topic,
    :sentence, :advice)
"""
_DELETE: Final = "DELETE FROM messages WHERE tenant_id = ? AND id = ?"
_FORGET: Final = """
DELETE FROM messages WHERE tenant_id = :tenant AND (at < :moment OR id <= coalesce((
    SELECT id FROM messages WHERE tenant_id = :tenant ORDER BY id DESC LIMIT 1 OFFSET :kept), 0))
"""


def _emit_nothing(_event: Event) -> None:
    """Publish nothing: who only reads adds nothing."""


class MessageRepository:
    """Reads and writes inside one transaction, which publishes that there are new ones."""

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

    async def add(self, new: NewMessage) -> None:
        """Store a message. The last one about the same run, or of the last hour, makes room."""
        first_at, times = new.at, 1
        if (before := await self._same(new)) is not None:
            first_at, times = before.first_at, before.times + 1
            await self._connection.exec_driver_sql(_DELETE, (self._tenant, before.id))
        await self._connection.exec_driver_sql(
            _ADD,
            {
                "tenant": self._tenant,
                "id": await allocate_ids(self._connection, self._tenant, "message"),
                "at": instant(new.at),
                "first_at": instant(first_at),
                "times": times,
                "kind": new.kind.value,
                "integration": storable(new.integration_id),
                "run": new.run_id,
                "trouble": new.trouble and new.trouble.value,
                "topic": storable(new.topic),
                "sentence": storable(new.sentence),
                "advice": storable(new.advice),
            },
        )
        self._emit(MessagesChanged())

    async def page(
        self, *, unread_only: bool = False, before: int | None = None, limit: int = 100
    ) -> list[Message]:
        """Return messages older than the number `before`, newest first."""
        read_to = await self._read_to()
        wanted = {"before": before, "read_to": read_to if unread_only else -1, "limit": limit}
        rows = await self._connection.exec_driver_sql(_PAGE, {"tenant": self._tenant, **wanted})
        return [_message(row, read_to) for row in rows.all()]

    async def unread(self) -> int:
        """Return how many were not read yet."""
        read_to = await self._read_to()
        found = await self._connection.exec_driver_sql(
            _UNREAD, {"tenant": self._tenant, "read_to": read_to}
        )
        return int(found.scalar_one())

    async def newest_of_health(
        self, names: Collection[IntegrationId]
    ) -> dict[IntegrationId, Message]:
        """Return what was said last of how each of these integrations is."""
        if not names:
            return {}
        wanted = {"names": names_of(names), "kinds": names_of(kind.value for kind in HEALTH_KINDS)}
        rows = await self._connection.exec_driver_sql(
            _NEWEST_OF_HEALTH, {"tenant": self._tenant, **wanted}
        )
        found = [_message(row, 0) for row in rows.all()]
        return {message.integration_id: message for message in found}

    async def mark_read(self, up_to: int | None = None) -> int:
        """Have all up to a number count as read, all there are by default; return how many."""
        before = await self.unread()
        newest = await self._connection.exec_driver_sql(_NEWEST, (self._tenant,))
        last = int(newest.scalar_one())
        read_to = max(await self._read_to(), last if up_to is None else min(up_to, last))
        mark: dict[str, Value] = {"tenant": self._tenant, "read_to": read_to}
        if not (await self._connection.exec_driver_sql(_MARK, mark)).rowcount:
            await self._connection.exec_driver_sql(_FIRST_MARK, mark)
        self._emit(MessagesChanged())
        return before - await self.unread()

    async def forget_before(self, before: datetime, *, kept: int = KEPT) -> int:
        """Forget what is older than a moment, and all but the newest ones; return how many."""
        done = await self._connection.exec_driver_sql(
            _FORGET, {"tenant": self._tenant, "moment": instant(before), "kept": kept}
        )
        if done.rowcount:
            self._emit(MessagesChanged())
        return int(done.rowcount)

    async def _same(self, new: NewMessage) -> Message | None:
        rows = await self._connection.exec_driver_sql(
            _SAME,
            {
                "tenant": self._tenant,
                "integration": storable(new.integration_id),
                "topic": storable(new.topic),
                "since": instant(new.at - _AGAIN) if new.run_id is None else None,
            },
        )
        row = rows.first()
        return None if row is None else _message(row, 0)

    async def _read_to(self) -> int:
        found = await self._connection.exec_driver_sql(_READ_TO, (self._tenant,))
        return int(found.scalar() or 0)


def _message(row: Row, read_to: int) -> Message:
    return Message(
        id=row.id,
        at=moment(row.at),
        first_at=moment(row.first_at),
        times=row.times,
        kind=MessageKind(row.kind),
        integration_id=IntegrationId(row.integration_id),
        run_id=None if row.run_id is None else RunId(row.run_id),
        trouble=Trouble(row.trouble) if row.trouble else None,
        sentence=row.sentence,
        advice=row.advice,
        is_read=row.id <= read_to,
    )
