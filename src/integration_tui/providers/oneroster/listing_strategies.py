"""The ways to one listing, best first: where a server refuses one, the next one is taken."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Final

import msgspec

from integration_tui.domain.clock import Clock
from integration_tui.domain.errors import ProviderError
from integration_tui.domain.paging import Cursor, Duplicate, Page
from integration_tui.domain.roster import Collection, Record
from integration_tui.domain.value import replace
from integration_tui.providers.oneroster.errors import is_refusal
from integration_tui.providers.oneroster.service import OneRosterService, Query
from integration_tui.providers.oneroster.user_rows import JOINT
from integration_tui.providers.paging.completeness import Position
from integration_tui.providers.paging.duplicates import is_other
from integration_tui.providers.paging.headers import as_of, offset_in
from integration_tui.providers.paging.id_set import IdSet
from integration_tui.providers.paging.links import next_page
from integration_tui.providers.paging.page import Fetch, FetchedPage, PageStart
from integration_tui.providers.paging.paginator import Paginator

_FAILED: Final = 500
_MISSING: Final = 404


class ListingStrategy(msgspec.Struct, frozen=True, kw_only=True):
    """One way to a listing: its paths one after the other, of which a record is taken once.

    `route` and `by` name it: the path without ids, and by what the server is to filter. `keep`
    says which rows belong to the listing, whatever the server sends. `note` is why it is not
    complete. `owner` is whose part it is. `suffix` marks its cursors. `newest`: of
    records that come twice the latest counts.
    """

    paths: tuple[str, ...]
    route: str
    by: str = ""
    filter: str = ""
    keep: Callable[[Record], bool] | None = None
    note: str = ""
    owner: str = ""
    suffix: Callable[[str], str] = lambda _path: ""
    newest: bool = False

    @property
    def key(self) -> str:
        """What is remembered of it."""
        return f"{self.route}?{self.by}" if self.by else self.route

    @property
    def is_plain(self) -> bool:
        """Whether it needs nothing that only some servers have."""
        return not self.by and "/" not in self.route


class ResumePoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where a listing goes on: at a mark in one of its paths."""

    position: Position = msgspec.field(default_factory=Position)
    path: str = ""


class ListingReader:
    """Reads listings of one service. `ahead` pages are fetched before they are needed."""

    def __init__(self, service: OneRosterService, *, ahead: int, clock: Clock) -> None:
        self._service = service
        self._profile = service.profile
        self._ahead = ahead
        self._clock = clock

    async def pages(
        self,
        collection: Collection,
        ways: Sequence[ListingStrategy],
        start: ResumePoint | None = None,
    ) -> AsyncGenerator[Page[Record]]:
        """Yield the pages of the first way that the server takes.

        Raises the error of the plainest way where it takes none.
        """
        refusals: list[tuple[ListingStrategy, ProviderError]] = []
        silent: list[ListingStrategy] = []
        before = self._profile.dialect
        for way in ways:
            async with aclosing(self._pages(collection, way, start or ResumePoint())) as pages:
                try:
                    first = await anext(pages)
                except ProviderError as error:
                    if not _is_refused(way, error):
                        raise
                    refusals.append((way, error))
                    continue
                if way is not ways[-1] and self._is_doubtful(way, first):
                    silent.append(way)
                    continue
                self._remember(refusals, is_sure=self._profile.dialect == before)
                if first.rows or not way.by:
                    self._profile.works.add(way.key)
                self._unmask(silent, first)
                yield first
                async for page in pages:
                    self._unmask(silent, page)
                    yield page
                return
        raise _clearest(refusals)

    def _is_doubtful(self, way: ListingStrategy, first: Page[Record]) -> bool:
        """Return whether nothing came that may be there: some filters are not taken in silence."""
        is_part_by_filter = bool(way.owner and way.by)
        return is_part_by_filter and not first.rows and way.key not in self._profile.works

    def _remember(
        self, refusals: list[tuple[ListingStrategy, ProviderError]], *, is_sure: bool
    ) -> None:
        """Learn what is refused. Not `is_sure`: a filter may have been refused for its limit."""
        for other, error in refusals:
            owner = other.owner if "/" in other.route and error.status == _MISSING else ""
            if is_sure or not other.by:
                self._profile.refuse(other.key, owner=owner)

    def _unmask(self, silent: list[ListingStrategy], page: Page[Record]) -> None:
        """Learn that ways are none on which nothing came though there is something."""
        if page.rows:
            for way in silent:
                self._profile.refuse(way.key)
            silent.clear()

    async def _pages(
        self, collection: Collection, way: ListingStrategy, start: ResumePoint
    ) -> AsyncGenerator[Page[Record]]:
        """Yield the pages of all paths of one way; only the last one is the end."""
        doubts = [way.note] if way.note else []
        earlier: list[IdSet] = []
        others = IdSet()
        number = way.paths.index(start.path) if start.path in way.paths else 0
        mark = start.position
        for upcoming, path in enumerate(way.paths[number:], start=number + 1):
            paginator = self._paginator(collection, path, way)
            async with aclosing(paginator.pages(mark)) as pages:
                async for page in pages:
                    if page.reason:
                        doubts.append(page.reason)
                    then = page.next and Cursor(f"{page.next}{way.suffix(path)}")
                    if then is None and upcoming < len(way.paths):
                        then = Cursor(f"offset=0{way.suffix(way.paths[upcoming])}")
                    yield _with(_kept(page, way, earlier, others), then, doubts)
            earlier.append(paginator.ids)
            mark = Position()

    def _paginator(self, collection: Collection, path: str, way: ListingStrategy) -> Paginator:
        joint = JOINT if self._has_rows_of_staff(collection) else None
        return Paginator(
            # Rows of one person are put together, so that none of them may be left out.
            fetch=self._fetch(collection, path, way, by_record=joint is None),
            fetch_whole=self._fetch(collection, path, way, recalls=False),
            prefetch=self._ahead,
            # Whoever writes down that there are none has decided to take the end for the end.
            needs_total="totals" not in self._profile.pinned,
            trusts_total=lambda: self._profile.trusts_totals,
            ignores_limit=lambda: self._profile.ignores_limit,
            on_clamp=self._profile.clamp,
            newest=way.newest,
            joint=joint,
            noun=collection.replace("_", " "),
        )

    def _has_rows_of_staff(self, collection: Collection) -> bool:
        """Return whether a person may stand in several rows, one a school."""
        return collection is Collection.USERS and self._profile.dialect.version == "1.1"

    def _fetch(
        self,
        collection: Collection,
        path: str,
        way: ListingStrategy,
        *,
        recalls: bool = True,
        by_record: bool = False,
    ) -> Fetch:
        # A page is known only as a whole, so nothing may have to be picked out of it.
        may_recall = recalls and way.keep is None and len(way.paths) == 1

        async def fetch(place: PageStart) -> FetchedPage:
            query = Query(
                path=path,
                offset=place.offset,
                filter=way.filter,
                recalls=may_recall,
                by_record=by_record,
            )
            told = await self._service.page(collection, query)
            link = next_page(told.answer)
            return FetchedPage(
                rows=told.listed.rows,
                rejected=told.listed.rejected,
                asked=told.asked,
                total=told.listed.total,
                more=link is not None,
                hint=offset_in(link.url) if link else None,
                as_of=as_of(told.answer, self._clock),
                digest=told.listed.digest,
                same=told.listed.same,
                duplicates=told.listed.duplicates,
                findings=told.listed.findings,
                fields=told.listed.fields,
                prints=told.listed.prints,
            )

        return fetch


def _kept(
    page: Page[Record], way: ListingStrategy, earlier: Sequence[IdSet], others: IdSet
) -> Page[Record]:
    """Return what of a page belongs to the listing; `others` are the ids of what does not."""
    kept = page
    if way.keep is not None:
        rows = tuple(filter(way.keep, page.rows))
        mine = {row.sourced_id for row in rows}
        others.take([row.sourced_id for row in page.rows if row.sourced_id not in mine])
        kept = replace(
            page,
            rows=rows,
            duplicates=tuple(
                duplicate for duplicate in page.duplicates if duplicate.sourced_id not in others
            ),
        )
    if earlier:
        kept = _without(kept, earlier)
    is_counted = len(kept.rows) == len(page.rows) and len(way.paths) == 1
    is_counted = is_counted and (way.keep is None or bool(way.by) or "/" in way.route)
    found = page.findings
    if found and len(kept.rows) < len(page.rows):
        dropped = {row.sourced_id for row in page.rows} - {row.sourced_id for row in kept.rows}
        found = tuple(found_one for found_one in found if found_one.sourced_id not in dropped)
    return replace(kept, findings=found, total=page.total if is_counted else None)


def _without(page: Page[Record], earlier: Sequence[IdSet]) -> Page[Record]:
    """Return a page with what came in an earlier path among its duplicates."""

    def is_new(sourced_id: str) -> bool:
        return not any(sourced_id in ids for ids in earlier)

    again = [row for row in page.rows if not is_new(row.sourced_id)]
    rejected = [
        rejected
        for rejected in page.rejected
        if rejected.sourced_id and not is_new(rejected.sourced_id)
    ]
    doubles = [
        *(
            Duplicate(
                sourced_id=row.sourced_id,
                differs=any(is_other(ids, row) for ids in earlier if row.sourced_id in ids),
            )
            for row in again
        ),
        *(Duplicate(sourced_id=record.sourced_id) for record in rejected),
    ]
    return replace(
        page,
        rows=tuple(row for row in page.rows if is_new(row.sourced_id)),
        rejected=tuple(record for record in page.rejected if record not in rejected),
        duplicates=(*page.duplicates, *doubles),
    )


def _with(page: Page[Record], then: Cursor | None, doubts: Sequence[str]) -> Page[Record]:
    if then is not None:
        return replace(page, next=then, complete=False, reason="")
    reason = "; ".join(dict.fromkeys(doubts))
    return replace(page, next=None, complete=not reason, reason=reason)


def _is_refused(way: ListingStrategy, error: ProviderError) -> bool:
    # Where nothing special was asked for, a failure is a failure.
    return is_refusal(error) and not (way.is_plain and error.status == _FAILED)


def _clearest(refusals: Sequence[tuple[ListingStrategy, ProviderError]]) -> ProviderError:
    plain = [error for way, error in refusals if way.is_plain]
    return (plain or [error for _, error in refusals])[0]
