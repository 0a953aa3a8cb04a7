"""Fills the index of the words in audit entries, where a store is older than it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from integration_tui.engine.tasks import finish

if TYPE_CHECKING:
    from integration_tui.engine.context import Runtime
    from integration_tui.store.database import Database

ENTRIES: Final = 1_000
"""Entries in one transaction: some hundredths of a second."""
_REST_S: Final = 0.03
"""Others want to write, too."""


class AuditIndexer:
    """Goes from the newest entry that is not indexed back to the first, a little at a time."""

    def __init__(self, database: Database, *, host: Runtime, every_s: float) -> None:
        self._database = database
        self._host = host
        self._every_s = every_s

    async def run(self) -> None:
        """Do it now, and then look again for ever."""
        while True:
            while await self._is_behind():
                await finish(self.once())
                await self._host.sleep(_REST_S)
            await self._host.sleep(self._every_s)

    async def once(self, entries: int = ENTRIES) -> bool:
        """Index some entries; return whether some are left."""
        async with self._database.transaction() as transaction:
            head, _ = await transaction.audit.head()
            return await transaction.audit.index.fill(head, entries)

    async def _is_behind(self) -> bool:
        async with self._database.reading() as rows:
            head, _ = await rows.audit.head()
            found = await rows.audit.index.indexed()
        return bool(head) and (found is None or found.low > 1 or found.high < head)
