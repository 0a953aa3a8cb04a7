"""The pager: from the first page to the proven end, each record once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Final

from integration_tui.domain.roster import Record
from integration_tui.domain.sync import Page
from integration_tui.providers.paging.ahead import Ahead
from integration_tui.providers.paging.ids import Ids
from integration_tui.providers.paging.progress import Bounds, Mark, Progress
from integration_tui.providers.paging.received import Advance, Fetch, Received, by_offset

_LEAST: Final = 10
"""Nobody clamps pages to fewer rows; a server that sends fewer is one that leaves rows out."""


def _nothing(_rows: int) -> None:
    """Do not care."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """How one listing is read. Makes one listing, not more: `ids` are those that it has had.

    `ahead` pages are fetched before they are needed. `trusts_total`: the server has shown before
    that its totals are more than the size of a page. `needs_total`: without one no end is proven,
    since a record that leaves while we list makes another one slip by. `on_clamp` is told the
    size of the pages where the server keeps sending fewer rows than it is asked for.
    """

    fetch: Fetch
    advance: Advance = by_offset
    ahead: int = 0
    bounds: Bounds = field(default_factory=Bounds)
    needs_total: bool = False
    trusts_total: Callable[[], bool] = lambda: False
    on_clamp: Callable[[int], None] = _nothing
    ids: Ids = field(default_factory=Ids)

    async def pages(self, start: Mark | None = None) -> AsyncGenerator[Page[Record]]:
        """Yield pages as `DataSyncProvider.pages` says, from a mark on.

        What was listed before a mark is not known; only totals can tell that it was too little.
        Raises `ProviderError` at the page at which it happens. Close it when leaving early.
        """
        progress = Progress(
            start or Mark(),
            advance=self.advance,
            bounds=self.bounds,
            ids=self.ids,
            needs_total=self.needs_total,
        )
        clamp = _Clamp(self.on_clamp)
        depth = self.ahead if self.advance is by_offset else 0
        async with Ahead(self.fetch, depth=depth) as source:
            is_over = False
            while not is_over:
                received = await source.at(progress.place)
                news = progress.take(received, trusts_total=self.trusts_total())
                is_over = progress.is_over(received)
                if not is_over:
                    clamp.notice(received)
                    source.expect(progress.place, received, end=progress.total)
                reason = progress.verdict() if is_over else ""
                yield Page(
                    rows=news.rows,
                    rejected=news.rejected,
                    total=progress.total,
                    next=None if is_over else progress.mark().cursor(),
                    complete=is_over and not reason,
                    reason=reason,
                    as_of=received.as_of,
                    digest=received.digest,
                    same=news.same,
                    duplicates=received.duplicates,
                    findings=received.findings,
                    fields=received.fields,
                )


class _Clamp:
    """Two short pages of one size, and more behind them: pages are clamped to that size."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell
        self._before: tuple[int, int] = (0, 0)
        self._is_told = False

    def notice(self, received: Received) -> None:
        found = (received.count, received.asked)
        is_short = _LEAST <= received.count < received.asked
        if is_short and found == self._before and not self._is_told:
            self._is_told = True
            self._tell(received.count)
        self._before = found
