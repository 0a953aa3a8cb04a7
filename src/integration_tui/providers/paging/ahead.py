"""Pages fetched before they are needed, where it can be foretold at which offset they begin.

Foretelling holds only behind a page that brought just what was asked for. What was fetched at
an offset that turns out wrong is thrown away: the rows are the same as without fetching ahead.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from integration_tui.providers.paging.received import Fetch, Place, Received


class Ahead:
    """Owns the requests under way, `depth` at most; none is left when its block ends."""

    def __init__(self, fetch: Fetch, *, depth: int) -> None:
        self._fetch = fetch
        self._depth = depth
        self._coming: dict[Place, asyncio.Task[Received]] = {}
        self._given_up: list[asyncio.Task[Received]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self._drop()

    async def at(self, place: Place) -> Received:
        """Return the page at a place. What went wrong with it is raised here and not before."""
        task = self._coming.pop(place, None)
        if task is None:
            await self._drop()
            return await self._fetch(place)
        return await task

    def expect(self, place: Place, received: Received, *, end: int | None) -> None:
        """Send for the pages from `place` on, in front of which `received` came.

        `end` is the announced total; nothing is asked for behind it.
        """
        places = [] if received.count != received.asked else self._foretold(place, received, end)
        for other in self._coming.keys() - set(places):
            self._give_up(other)
        for one in places:
            if one not in self._coming:
                self._coming[one] = asyncio.create_task(self._fetched(one), name="page ahead")

    def _foretold(self, place: Place, received: Received, end: int | None) -> list[Place]:
        offsets = (place.offset + number * received.asked for number in range(self._depth))
        return [Place(offset) for offset in offsets if end is None or offset < end]

    async def _fetched(self, place: Place) -> Received:
        return await self._fetch(place)

    def _give_up(self, place: Place) -> None:
        task = self._coming.pop(place)
        task.cancel()
        self._given_up.append(task)

    async def _drop(self) -> None:
        for place in [*self._coming]:
            self._give_up(place)
        dropped, self._given_up = self._given_up, []
        if dropped:
            await asyncio.wait(dropped)
        for task in dropped:
            if not task.cancelled():
                task.exception()  # nobody needs that page; asyncio would complain otherwise
