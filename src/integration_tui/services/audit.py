"""The audit log as an administrator reads, checks and exports it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from integration_tui.domain.actor import Actor
from integration_tui.domain.audit import Act, Action, AuditFilter, Entry, Verification
from integration_tui.domain.events import AuditAppended
from integration_tui.domain.time import Clock
from integration_tui.store.database import Database

PAGE = 500


class AuditService:
    """Reading is free; an export is itself recorded."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def page(
        self, wanted: AuditFilter, *, before: int | None = None, limit: int = 100
    ) -> list[Entry]:
        """Return entries older than sequence number `before`, newest first."""
        async with self._database.reading() as rows:
            return await rows.audit.page(wanted, before=before, limit=limit)

    async def verify(self, progress: Callable[[int], None] | None = None) -> Verification:
        """Walk the whole chain; `progress` is told how many entries have been checked."""
        return await self._database.verify_audit(progress)

    async def export(self, wanted: AuditFilter, *, actor: Actor) -> AsyncIterator[Entry]:
        """Yield every wanted entry, oldest first, after recording that it was asked for."""
        async with self._database.transaction() as transaction:
            act = Act(action=Action.EXPORT_AUDIT, actor=actor, object="audit")
            await transaction.audit.add([act], at=self._clock())
            transaction.emit(AuditAppended())
        after = 0
        while entries := await self._following(wanted, after):
            for entry in entries:
                yield entry
            after = entries[-1].seq

    async def _following(self, wanted: AuditFilter, after: int) -> list[Entry]:
        async with self._database.reading() as rows:
            return await rows.audit.following(wanted, after=after, limit=PAGE)
