"""Once an hour: health results are summed up; old ones, and what old runs did, are forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from integration_tui.engine.tasks import finish
from integration_tui.logging_setup import get

if TYPE_CHECKING:
    from integration_tui.domain.ids import RunId
    from integration_tui.engine.context import Runtime
    from integration_tui.store.database import Database

ROWS: Final = 2_000
"""Rows of an old run in one transaction: some hundredths of a second."""
_REST_S: Final = 0.1
_log = get(__name__)


class Retention:
    """Keeps single results, and what runs did record by record, for `keep_days`."""

    def __init__(
        self, database: Database, *, host: Runtime, every_s: float, keep_days: int
    ) -> None:
        self._database = database
        self._host = host
        self._every_s = every_s
        self._keep_days = keep_days

    async def run(self) -> None:
        """Do it now, and then for ever."""
        while True:
            await finish(self.once())
            await self.forget_runs()
            await finish(self.forget_edits())
            await finish(self.forget_messages())
            await self._host.sleep(self._every_s)

    async def once(self) -> None:
        """Sum up health results."""
        async with self._database.transaction() as transaction:
            gone = await transaction.health.roll_up(
                now=self._host.clock(), keep_days=self._keep_days
            )
        if gone:
            _log.info("health results past retention were deleted", number=gone)

    async def forget_edits(self) -> None:
        """Let go of the values that people changed by hand long ago; that they did stays known."""
        before = self._host.clock() - timedelta(days=self._keep_days)
        async with self._database.transaction() as transaction:
            gone = await transaction.manual_edits.forget_before(before)
        if gone:
            _log.info("manual edits past retention were deleted", number=gone)

    async def forget_messages(self) -> None:
        """Let go of old messages."""
        before = self._host.clock() - timedelta(days=self._keep_days)
        async with self._database.transaction() as transaction:
            gone = await transaction.messages.forget_before(before)
        if gone:
            _log.info("messages past retention were deleted", number=gone)

    async def forget_runs(self, *, rows: int = ROWS) -> int:
        """Let go of what old runs did, in parts of so many rows; return how many there were."""
        before = self._host.clock() - timedelta(days=self._keep_days)
        async with self._database.reading() as here:
            outlived = await here.history.outlived(before)
        gone = 0
        for run_id in outlived:
            while (part := await finish(self._forget(run_id, rows))) == rows:
                gone += part
                await self._host.sleep(_REST_S)  # others want to write, too
            gone += part
        if gone:
            _log.info("what old runs did was forgotten", runs=len(outlived), rows=gone)
        return gone

    async def _forget(self, run_id: RunId, rows: int) -> int:
        async with self._database.transaction() as transaction:
            return await transaction.history.forget(run_id, limit=rows)
