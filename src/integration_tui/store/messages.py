"""Messages, and up to which they were read. One about the same takes the place of the last one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.events import Event, MessagesChanged
from integration_tui.domain.ids import IntegrationId, RunId, TenantId
from integration_tui.domain.integration import Trouble
from integration_tui.domain.message import HEALTH_KINDS, Message, MessageKind, NewMessage
from integration_tui.store.schema.messages import message_marks as marks
from integration_tui.store.schema.messages import messages
from integration_tui.store.sequences import allocate_ids

KEPT: Final = 5_000
"""However much happens, no more are kept."""
_AGAIN: Final = timedelta(hours=1)
"""Within it, the same about an integration that comes and goes is one message, counted."""


def _emit_nothing(_event: Event) -> None:
    """Publish nothing: who only reads adds nothing."""


class MessageRepository:
    """Reads and writes inside one transaction, which publishes that there are new ones."""

    def __init__(
        self,
        connection: AsyncConnection,
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
            await self._connection.execute(
                delete(messages).filter_by(tenant_id=self._tenant, id=before.id)
            )
        await self._connection.execute(
            insert(messages).values(
                tenant_id=self._tenant,
                id=await allocate_ids(self._connection, self._tenant, "message"),
                at=new.at,
                first_at=first_at,
                times=times,
                kind=new.kind.value,
                integration_id=new.integration_id,
                run_id=new.run_id,
                trouble=new.trouble and new.trouble.value,
                topic=new.topic,
                sentence=new.sentence,
                advice=new.advice,
            )
        )
        self._emit(MessagesChanged())

    async def page(
        self, *, unread_only: bool = False, before: int | None = None, limit: int = 100
    ) -> list[Message]:
        """Return messages older than the number `before`, newest first."""
        read_to = await self._read_to()
        where = [messages.c.id < before] if before is not None else []
        where += [messages.c.id > read_to] if unread_only else []
        rows = await self._connection.execute(
            select(messages)
            .where(messages.c.tenant_id == self._tenant, *where)
            .order_by(messages.c.id.desc())
            .limit(limit)
        )
        return [_message(row, read_to) for row in rows.all()]

    async def unread(self) -> int:
        """Return how many were not read yet."""
        read_to = await self._read_to()
        found = await self._connection.execute(
            select(func.count())
            .select_from(messages)
            .where(messages.c.tenant_id == self._tenant, messages.c.id > read_to)
        )
        return int(found.scalar_one())

    async def newest_of_health(
        self, names: Collection[IntegrationId]
    ) -> dict[IntegrationId, Message]:
        """Return what was said last of how each of these integrations is."""
        if not names:
            return {}
        kinds = [kind.value for kind in HEALTH_KINDS]
        newest = (
            select(func.max(messages.c.id))
            .where(
                messages.c.tenant_id == self._tenant,
                messages.c.integration_id.in_(names),
                messages.c.kind.in_(kinds),
            )
            .group_by(messages.c.integration_id)
        )
        found = await self._read(messages.c.id.in_(newest))
        return {message.integration_id: message for message in found}

    async def mark_read(self, up_to: int | None = None) -> int:
        """Have all up to a number count as read, all there are by default; return how many."""
        before = await self.unread()
        newest = await self._connection.execute(
            select(func.coalesce(func.max(messages.c.id), 0)).filter_by(tenant_id=self._tenant)
        )
        last = int(newest.scalar_one())
        read_to = max(await self._read_to(), last if up_to is None else min(up_to, last))
        done = await self._connection.execute(
            update(marks).where(marks.c.tenant_id == self._tenant).values(read_to=read_to)
        )
        if not done.rowcount:
            await self._connection.execute(
                insert(marks).values(tenant_id=self._tenant, read_to=read_to)
            )
        self._emit(MessagesChanged())
        return before - await self.unread()

    async def forget_before(self, moment: datetime, *, kept: int = KEPT) -> int:
        """Forget what is older than a moment, and all but the newest ones; return how many."""
        first_surplus = (
            select(messages.c.id)
            .where(messages.c.tenant_id == self._tenant)
            .order_by(messages.c.id.desc())
            .limit(1)
            .offset(kept)
        )
        surplus = (await self._connection.execute(first_surplus)).scalar() or 0
        done = await self._connection.execute(
            delete(messages).where(
                messages.c.tenant_id == self._tenant,
                (messages.c.at < moment) | (messages.c.id <= surplus),
            )
        )
        if done.rowcount:
            self._emit(MessagesChanged())
        return done.rowcount

    async def _same(self, new: NewMessage) -> Message | None:
        where = [messages.c.integration_id == new.integration_id, messages.c.topic == new.topic]
        if new.run_id is None:
            where.append(messages.c.at > new.at - _AGAIN)
        found = await self._read(*where)
        return found[-1] if found else None

    async def _read(self, *where: ColumnElement[bool]) -> list[Message]:
        rows = await self._connection.execute(
            select(messages)
            .where(messages.c.tenant_id == self._tenant, *where)
            .order_by(messages.c.id)
        )
        return [_message(row, 0) for row in rows.all()]

    async def _read_to(self) -> int:
        found = await self._connection.execute(
            select(marks.c.read_to).filter_by(tenant_id=self._tenant)
        )
        return int(found.scalar() or 0)


def _message(row: Row[tuple[object, ...]], read_to: int) -> Message:
    return Message(
        id=row.id,
        at=row.at,
        first_at=row.first_at,
        times=row.times,
        kind=MessageKind(row.kind),
        integration_id=IntegrationId(row.integration_id),
        run_id=None if row.run_id is None else RunId(row.run_id),
        trouble=Trouble(row.trouble) if row.trouble else None,
        sentence=row.sentence,
        advice=row.advice,
        is_read=row.id <= read_to,
    )
