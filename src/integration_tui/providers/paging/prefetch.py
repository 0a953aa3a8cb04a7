"""Pages fetched before they are needed, where it can be foretold at which offset they begin.

Foretelling holds only behind a page that brought just what was asked for. What was fetched at
an offset that turns out wrong is thrown away: the rows are the same as without fetching ahead.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Final, Self

from integration_tui.providers.paging.page import Fetch, FetchedPage, PageStart

_GRACE_S: Final = 1.0
"""How long a listing that is over waits for what nobody needs: a connection whose answer is
read to its end can be used again, one that is cut off cannot."""


class Prefetcher:
    """Owns the requests under way, `depth` at most; none is left when its block ends."""

    def __init__(self, fetch: Fetch, *, depth: int) -> None:
        self._fetch = fetch
        self._depth = depth
        self._coming: dict[PageStart, asyncio.Task[FetchedPage]] = {}
        self._unwanted: set[asyncio.Task[FetchedPage]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._discard({*self._coming})
        left = self._unwanted
        if left and kind is None:
            _, left = await asyncio.wait(left, timeout=_GRACE_S)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)

    async def get(self, place: PageStart) -> FetchedPage:
        """Return the page at a place. What went wrong with it is raised here and not before."""
        task = self._coming.pop(place, None)
        if task is None:
            self._discard({*self._coming})
            return await self._fetch(place)
        return await task

    def schedule(self, place: PageStart, received: FetchedPage, *, end: int | None) -> None:
        """Send for the pages from `place` on, in front of which `received` came.

        `end` is the announced total; nothing is asked for behind it.
        """
        places = self._foretold(place, received, end) if received.count == received.asked else []
        self._discard(self._coming.keys() - set(places))
        for page_start in places[: self._depth - len(self._unwanted)]:
            if page_start not in self._coming:
                self._coming[page_start] = asyncio.create_task(
                    self._fetched(page_start), name="page ahead"
                )

    def _foretold(
        self, place: PageStart, received: FetchedPage, end: int | None
    ) -> list[PageStart]:
        offsets = (place.offset + number * received.asked for number in range(self._depth))
        return [PageStart(offset) for offset in offsets if end is None or offset < end]

    async def _fetched(self, place: PageStart) -> FetchedPage:
        return await self._fetch(place)

    def _discard(self, places: set[PageStart]) -> None:
        for place in places:
            task = self._coming.pop(place)
            self._unwanted.add(task)
            task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[FetchedPage]) -> None:
        self._unwanted.discard(task)
        if not task.cancelled():
            task.exception()  # nobody needs that page; asyncio would complain otherwise
