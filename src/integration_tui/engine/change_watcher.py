"""Follows a store that other processes write to, too, and notices when they end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from integration_tui.domain.events import StoreChanged
from integration_tui.engine.tasks import finish

if TYPE_CHECKING:
    from integration_tui.domain.clock import Sleep
    from integration_tui.engine.event_bus import EventBus
    from integration_tui.store.database import Database

Reconcile = Callable[[], Awaitable[None]]


class ChangeWatcher:
    """Looks every `every_s` whether somebody else has written, and whether something is wanted.

    `presence` tells who works on the store: a process that was killed writes nothing.
    """

    def __init__(
        self,
        database: Database,
        events: EventBus,
        reconcile: Reconcile | None,
        *,
        presence: Callable[[], object],
        every_s: float,
        sleep: Sleep,
    ) -> None:
        self._database = database
        self._events = events
        self._reconcile = reconcile
        self._presence = presence
        self._every_s = every_s
        self._sleep = sleep
        self._revision: object = None

    async def run(self) -> None:
        """Look for ever."""
        seen = await finish(self._database.data_version())
        await finish(self._follow_wishes())
        present = self._presence()
        while True:
            await self._sleep(self._every_s)
            before, present = present, self._presence()
            found = await finish(self._database.data_version())
            if found != seen:
                seen = found
                self._events.publish(StoreChanged())
                await finish(self._follow_wishes())
            elif before != present:
                self._events.publish(StoreChanged())

    async def _follow_wishes(self) -> None:
        if self._reconcile is None:
            return
        async with self._database.reading() as rows:
            revision = await rows.integrations.revision()
        if revision != self._revision:
            await self._reconcile()
            self._revision = revision
