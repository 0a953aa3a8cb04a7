"""Once an hour: health results are summed up, and old ones are forgotten."""

from __future__ import annotations

from integration_tui.engine.finish import finish
from integration_tui.engine.surroundings import Host
from integration_tui.log import get
from integration_tui.store.database import Database

_log = get(__name__)


class Retention:
    """Keeps single results for `keep_days`."""

    def __init__(self, database: Database, *, host: Host, every_s: float, keep_days: int) -> None:
        self._database = database
        self._host = host
        self._every_s = every_s
        self._keep_days = keep_days

    async def run(self) -> None:
        """Do it now, and then for ever."""
        while True:
            await finish(self.once())
            await self._host.sleep(self._every_s)

    async def once(self) -> None:
        async with self._database.transaction() as transaction:
            gone = await transaction.health.roll_up(
                now=self._host.clock(), keep_days=self._keep_days
            )
        if gone:
            _log.info("old health results were forgotten", number=gone)
