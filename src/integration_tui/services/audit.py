"""The audit log as an administrator reads, checks and exports it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from integration_tui.domain.audit.export import AuditExportFormat
from integration_tui.domain.audit.log import (
    Action,
    AuditActivity,
    AuditEntry,
    AuditFilter,
    AuditPage,
    AuditRecord,
    Verification,
)
from integration_tui.domain.audit.query import spelled
from integration_tui.files.atomic import replacing
from integration_tui.services.authorization import require_admin
from integration_tui.store.audit.queries import NEWEST_FIRST, OLDEST_FIRST, Direction

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.clock import Clock
    from integration_tui.store.database import Database

PAGE: Final = 500
PATIENCE_S: Final = 0.04
"""A look ends with the part during which this is over; no part takes much longer."""

OnProgress = Callable[[int, int], None]
"""Is told up to which number the log has been gone through, and the last number there is."""


class AuditService:
    """Reading is free; an export is itself recorded."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def newest(self) -> int:
        """Return the number of the newest entry, which is how many there are."""
        async with self._database.reading() as rows:
            return (await rows.audit.head())[0]

    async def page(
        self, wanted: AuditFilter, *, before: int | None = None, limit: int = 100
    ) -> list[AuditEntry]:
        """Return entries older than number `before`, newest first, however long it takes."""
        entries: list[AuditEntry] = []
        while len(entries) < limit:
            stretch = await self.back(wanted, before=before, limit=limit - len(entries))
            entries += stretch.entries
            if (before := stretch.reached) is None:
                break
        return entries

    async def back(
        self, wanted: AuditFilter, *, before: int | None = None, limit: int = 100
    ) -> AuditPage:
        """Look back through the log from number `before`, newest first, for a moment only."""
        return await self._search_page(wanted, NEWEST_FIRST, before, limit)

    async def onward(self, wanted: AuditFilter, *, after: int, limit: int = 100) -> AuditPage:
        """Look on through the log from number `after`, oldest first, for a moment only."""
        return await self._search_page(wanted, OLDEST_FIRST, after, limit)

    async def entries(self, numbers: Sequence[int]) -> list[AuditEntry]:
        """Return the entries with these numbers."""
        async with self._database.reading() as rows:
            return await (await rows.audit.search(AuditFilter())).entries(numbers)

    async def activity(self, moments: Sequence[datetime], since: datetime) -> AuditActivity:
        """Return how many entries there are between moments, and who wrote most `since`."""
        async with self._database.reading() as rows:
            return await rows.audit.activity(moments, since)

    async def verify(self, progress: Callable[[int], None] | None = None) -> Verification:
        """Walk the whole chain; `progress` is told how many entries have been checked."""
        return await self._database.verify_audit(progress)

    async def export(
        self, wanted: AuditFilter, *, actor: Actor, tell: OnProgress | None = None
    ) -> AsyncIterator[AuditEntry]:
        """Yield every wanted entry, oldest first, after recording that it was asked for.

        What is recorded of it is the last entry of the whole log, and no part of a filtered one.
        """
        require_admin(actor)
        async with self._database.transaction() as transaction:
            act = AuditRecord(
                action=Action.EXPORT_AUDIT, actor=actor, object="audit", detail=spelled(wanted)
            )
            own = (await transaction.audit.add([act], at=self._clock()))[0].seq
        last = own if wanted == AuditFilter() else own - 1  # it holds the words of the filter
        reached: int | None = 0
        while reached is not None and reached < last:
            stretch = await self.onward(wanted, after=reached, limit=PAGE)
            for entry in stretch.entries:
                if entry.seq <= last:
                    yield entry
            reached = stretch.reached
            if tell:
                tell(min(reached or last, last), last)

    async def export_to(
        self,
        path: Path,
        wanted: AuditFilter,
        *,
        actor: Actor,
        replace: bool = False,
        tell: OnProgress | None = None,
    ) -> int:
        """Write every wanted entry into a file, as CSV or JSON lines by its name; return how many.

        The file is there whole or not at all. Raises `FileThereError` where there is one and it
        is not to be replaced, `ConflictError` where it was changed meanwhile, `UsageError` where it
        cannot be written.
        """
        count, sheet = 0, AuditExportFormat.for_name(path.name)
        with replacing(path, replaces=replace) as file:
            file.write(sheet.head())
            lines: list[str] = []
            async for entry in self.export(wanted, actor=actor, tell=tell):
                lines.append(sheet.line(entry))
                if len(lines) == PAGE:
                    count += len(lines)
                    await asyncio.to_thread(file.write, "".join(lines))
                    lines.clear()
            file.write("".join(lines))
        return count + len(lines)

    async def _search_page(
        self, wanted: AuditFilter, way: Direction, start: int | None, limit: int
    ) -> AuditPage:
        now = asyncio.get_running_loop().time
        begun, entries = now(), list[AuditEntry]()
        async with self._database.reading() as rows:
            search = await rows.audit.search(wanted)
            while True:
                part = await search.page(way, start, limit - len(entries))
                entries += part.entries
                start = part.reached
                if start is None or len(entries) == limit or now() - begun > PATIENCE_S:
                    return AuditPage(entries=entries, reached=start, words_from=part.words_from)
