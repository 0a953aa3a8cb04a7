"""The paginator: from the first page to the proven end, each record once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Final

import msgspec

from integration_tui.domain.errors import ProviderError
from integration_tui.domain.paging import Page
from integration_tui.domain.roster import Record
from integration_tui.providers.paging.completeness import (
    CompletenessTracker,
    ListingBounds,
    Position,
)
from integration_tui.providers.paging.duplicates import DuplicateTracker, PageRows, records_in
from integration_tui.providers.paging.id_set import IdSet
from integration_tui.providers.paging.page import Fetch, FetchedPage, PageStart
from integration_tui.providers.paging.page_boundary import PageBoundary, RowJoiner
from integration_tui.providers.paging.prefetch import Prefetcher

_LEAST: Final = 10
"""Nobody clamps pages to fewer rows; a server that sends fewer is one that leaves rows out."""


def _nothing(_rows: int) -> None:
    """Do not care."""


class Paginator(msgspec.Struct, frozen=True, kw_only=True):
    """How one listing is read. Makes one listing, not more: `ids` are those that it has had.

    `ahead` pages are fetched before they are needed. `trusts_total`: the server has shown before
    that its totals are more than the size of a page. `needs_total`: without one no end is proven,
    since a record that leaves while we list makes another one slip by. `on_clamp` is told the
    size of the pages where the server keeps sending fewer rows than it is asked for.
    `ignores_limit`: the server has sent more rows than it was asked for. Of doubles on one page
    the `newest` counts, else the first. `noun` is what the records are called; `fetch_whole`
    fetches a page with all its records, also where it is known. `joint` knows rows of one
    record that stand on both sides of a page's end.
    """

    fetch: Fetch
    prefetch: int = 0
    bounds: ListingBounds = msgspec.field(default_factory=ListingBounds)
    needs_total: bool = False
    trusts_total: Callable[[], bool] = lambda: False
    ignores_limit: Callable[[], bool] = lambda: False
    on_clamp: Callable[[int], None] = _nothing
    ids: IdSet = msgspec.field(default_factory=IdSet)
    joint: RowJoiner | None = None
    newest: bool = False
    noun: str = "records"
    fetch_whole: Fetch | None = None

    async def pages(self, start: Position | None = None) -> AsyncGenerator[Page[Record]]:
        """Yield pages as `DataSyncProvider.pages` says, from a mark on.

        What was listed before a mark is not known; only totals can tell that it was too little.
        Raises `ProviderError` at the page at which it happens. Close it when leaving early.
        """
        progress = self._progress(start or Position())
        clamp = _Clamp(self.on_clamp)
        seam = PageBoundary(self.joint)
        async with Prefetcher(self.fetch, depth=self.prefetch) as source:
            is_over = False
            while not is_over:
                received = await self._received(source, progress)
                if received is None:
                    yield seam.pass_on(await self._ended(progress), progress.position())
                    return
                received = seam.join(received)
                found = progress.take(received, trusts_total=self.trusts_total())
                is_over = progress.is_over(received)
                if not is_over:
                    clamp.notice(received)
                    source.schedule(progress.place, received, end=progress.total)
                reason = await self._reason(progress) if is_over else ""
                page = _page(received, found, progress, reason, is_over=is_over)
                yield seam.pass_on(page, progress.position())

    def _progress(self, start: Position) -> CompletenessTracker:
        return CompletenessTracker(
            start,
            bounds=self.bounds,
            doubles=DuplicateTracker(self.ids, newest=self.newest),
            needs_total=self.needs_total,
            noun=self.noun,
        )

    async def _received(
        self, source: Prefetcher, progress: CompletenessTracker
    ) -> FetchedPage | None:
        """Return the page at the place of a listing; `None` where the server has no more."""
        try:
            received = await source.get(progress.place)
        except ProviderError as error:
            if progress.is_end(error):
                return None
            raise
        is_all = progress.is_repeated(received, ignores_limit=self.ignores_limit())
        return None if is_all else received

    async def _ended(self, progress: CompletenessTracker) -> Page[Record]:
        """Return the last page where it holds nothing."""
        reason = await self._reason(progress)
        return Page(rows=(), total=progress.total, complete=not reason, reason=reason)

    async def _reason(self, progress: CompletenessTracker) -> str:
        doubles = progress.doubles
        are_few = doubles.apart_count == len(doubles.apart) or progress.has_all_ids
        return progress.incomplete_reason(is_steady=are_few and await self._is_steady(doubles))

    async def _is_steady(self, doubles: DuplicateTracker) -> bool:
        """Ask for the pages of doubles again; say whether each is on both of its pages.

        Pages that shift, or come in another order each time, do not show it at both again. A page
        that left rows out shows more of them the second time, or is shorter than other pages.
        """
        if any(doubles.may_lack_rows(double.first) for double in doubles.apart):
            return False
        fetch = self.fetch_whole or self.fetch
        spans = dict.fromkeys(
            span for double in doubles.apart for span in (double.first, double.again)
        )
        try:
            pages = {span: await fetch(PageStart(span.offset)) for span in spans}
        except ProviderError:
            return False
        if any(
            page.count != span.count or not doubles.holds_all(page) for span, page in pages.items()
        ):
            return False
        for double in doubles.apart:
            first, again = (
                {*records_in(pages[span], double.sourced_id)}
                for span in (double.first, double.again)
            )
            if not (first and again):
                return False
            if first != again:
                doubles.differ(double.sourced_id)
        return True


def _page(
    received: FetchedPage,
    found: PageRows,
    progress: CompletenessTracker,
    reason: str,
    *,
    is_over: bool,
) -> Page[Record]:
    return Page(
        rows=found.rows,
        rejected=found.rejected,
        total=progress.total,
        next=None if is_over else progress.position().cursor(),
        complete=is_over and not reason,
        reason=reason,
        as_of=received.as_of,
        # A page of which something is left out would not come back whole.
        digest=b"" if found.duplicates else received.digest,
        same=found.same,
        duplicates=tuple(found.duplicates),
        findings=received.findings,
        fields=received.fields,
        prints=received.prints,
    )


class _Clamp:
    """Two short pages of one size, and more behind them: pages are clamped to that size."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell
        self._before: tuple[int, int] = (0, 0)
        self._is_told = False

    def notice(self, received: FetchedPage) -> None:
        found = (received.count, received.asked)
        is_short = _LEAST <= received.count < received.asked
        if is_short and found == self._before and not self._is_told:
            self._is_told = True
            self._tell(received.count)
        self._before = found
