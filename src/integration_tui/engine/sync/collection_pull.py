"""One listing of a run on its way into the store: every row that came is counted just once."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import msgspec

from integration_tui.domain.giving_way import give_way
from integration_tui.domain.paging import Duplicate, Page, Rejected, Skipped
from integration_tui.domain.quantity import counted
from integration_tui.domain.roster_export import warnings
from integration_tui.domain.sync.absent_fields import absent, with_page
from integration_tui.domain.sync.listing_findings import Tally, twice
from integration_tui.domain.text import visible
from integration_tui.domain.value import replace
from integration_tui.engine.connectors.validation import sanitize
from integration_tui.providers.paging.id_set import IdSet
from integration_tui.store.sync.comparison import KnownPage, Staged, compared

if TYPE_CHECKING:
    from integration_tui.domain.errors import ProviderError
    from integration_tui.domain.roster import Record
    from integration_tui.domain.sync.run import CollectionProgress
    from integration_tui.engine.sync.run_context import RunContext

_REASON: Final = "the ID contains NUL or an incomplete character"
_LONGEST: Final = 255
_LONGEST_REASON: Final = 500


def reject_unstorable(page: Page[Record]) -> Page[Record]:
    """Return a page with such records among the rejected ones."""
    if all(_fits(row.sourced_id) for row in page.rows):
        return page
    rejected = tuple(
        Rejected(sourced_id=visible(row.sourced_id, limit=_LONGEST), reason=_REASON)
        for row in page.rows
        if not _fits(row.sourced_id)
    )
    return replace(
        page,
        rows=tuple(row for row in page.rows if _fits(row.sourced_id)),
        rejected=(*page.rejected, *rejected),
    )


def _fits(sourced_id: str) -> bool:
    # SQLite's JSON ends a text at a NUL, and PostgreSQL takes none.
    if "\0" in sourced_id:
        return False
    try:
        sourced_id.encode()
    except UnicodeEncodeError:
        return False
    return True


class RepeatedRows(msgspec.Struct, frozen=True, kw_only=True):
    """What of a page came before. `repeated` are the ids that are duplicates for it."""

    page: Page[Record]
    repeated: frozenset[str] = frozenset()

    def booked(self, page: Page[Record], differing: frozenset[str]) -> Page[Record]:
        """Return the rest of the page, with what came before among its duplicates."""
        more = (
            Duplicate(sourced_id=record.sourced_id, differs=record.sourced_id in differing)
            for record in self.page.rows
            if record.sourced_id in self.repeated
        )
        return replace(page, duplicates=(*page.duplicates, *more), digest=b"")


_NOTHING: RepeatedRows = RepeatedRows(page=Page(rows=()))


class EarlierIds:
    """The ids of a listing that came before this sitting."""

    def __init__(self) -> None:
        self._ids = IdSet()
        self._asked: set[str] = set()

    @classmethod
    async def load(cls, context: RunContext, listing: CollectionProgress) -> EarlierIds:
        """Return what the run has kept of a listing."""
        earlier = cls()
        if not listing.pages:
            return earlier
        async with context.database.reading() as rows:
            pages = await rows.repeated.ids(context.run.id, listing.collection)
        if listing.since is not None and pages:
            earlier.ask(pages.pop(0))  # in front of a delta stands what was asked for
        for page in pages:
            earlier._ids.take(page)
        return earlier

    def ask(self, sourced_ids: Iterable[str]) -> None:
        """Remember records that were asked for one by one."""
        self._asked.update(sourced_ids)

    def split(self, page: Page[Record]) -> tuple[Page[Record], RepeatedRows]:
        """Return what of a page is new, and what of it came before."""
        if not len(self._ids) and not self._asked:
            return page, _NOTHING
        rows = tuple(record for record in page.rows if self._is_new(record.sourced_id))
        same = tuple(text for text in page.same if self._is_new(text))
        rejected = tuple(
            rejected for rejected in page.rejected if self._is_new(rejected.sourced_id)
        )
        repeated = [text for text in page.same if text in self._ids]
        repeated += [
            rejected.sourced_id for rejected in page.rejected if rejected.sourced_id in self._ids
        ]
        duplicates = (Duplicate(sourced_id=text) for text in repeated)
        again = tuple(record for record in page.rows if not self._is_new(record.sourced_id))
        found = frozenset(
            [*repeated, *(record.sourced_id for record in again if record.sourced_id in self._ids)]
        )
        if len(rows) + len(same) + len(rejected) == (
            len(page.rows) + len(page.same) + len(page.rejected)
        ):
            return page, _NOTHING
        rest = replace(
            page,
            rows=rows,
            same=same,
            rejected=rejected,
            duplicates=(*page.duplicates, *duplicates),
            digest=b"",
        )
        return rest, RepeatedRows(page=Page(rows=again), repeated=found)

    def _is_new(self, sourced_id: str) -> bool:
        return not sourced_id or (sourced_id not in self._ids and sourced_id not in self._asked)


PAGES: Final = 10
"""Pages kept in one transaction."""
_NOT_WHOLE: Final = "listing incomplete"


class CollectionPull:
    """How far one listing has come; what is not stored yet is kept together.

    `has_known`: some records of the collection are known already. `earlier` are the records that
    came before, where the connector cannot know that; `absent` the fields that the last whole
    listing lacked.
    """

    def __init__(
        self,
        context: RunContext,
        listing: CollectionProgress,
        *,
        has_known: bool,
        earlier: EarlierIds,
        absent: frozenset[str],
    ) -> None:
        self._context = context
        self._listing = listing
        self._has_known = has_known
        self._earlier = earlier
        self._absent = absent
        self._staged: list[Staged] = []
        self._pages: list[Page[Record]] = []
        self._repeated = 0
        self._fields = listing.fields
        self._is_first = not listing.pages

    @classmethod
    async def begin(cls, context: RunContext, listing: CollectionProgress) -> CollectionPull:
        """Return the walk of a listing, that goes on where the run was before."""
        async with context.database.reading() as rows:
            has_known = await rows.staging.has_known(context.run.integration_id, listing.collection)
            before = await rows.listings.last_fields(context.run, listing.collection)
        earlier = await EarlierIds.load(context, listing)
        missing = absent(listing.collection, before)
        return cls(context, listing, has_known=has_known, earlier=earlier, absent=missing)

    async def take(self, page: Page[Record], known: KnownPage | None = None) -> None:
        """Take the next page of the listing; `known` is it as it was stored before."""
        if self._is_first:
            self._listing = replace(self._listing, as_of=page.as_of)
            self._is_first = False
        await self._add(page, known)
        if page.next is None or len(self._staged) >= PAGES:
            await self.flush()

    async def ask_again(self, page: Page[Record]) -> None:
        """Take records that were asked for one by one before the listing begins.

        They count as records; the listing may bring them as well, and that is no duplicate.
        """
        await self._add(page)
        await self.flush()
        self._earlier.ask(record.sourced_id for record in page.rows)

    async def flush(self) -> None:
        """Store what was taken, in one transaction with how far it came."""
        if not self._staged:
            return
        if any(page.rows for page in self._staged):
            await give_way()
        context, listing = self._context, self._listing
        async with context.transaction() as transaction:
            uncounted = await transaction.staging.put(
                context.run.id, listing.collection, self._staged, first=listing.pages
            )
            for number, page in enumerate(self._pages, start=listing.pages + 1):
                await transaction.quarantine.unreadable(
                    context.run, listing.collection, page.rejected, page=number, at=context.clock()
                )
            tally = self._tally()
            await transaction.read_findings.add(context.run.id, listing.collection, tally.findings)
            skipped = [_readable(part) for page in self._pages for part in page.skipped]
            skipped_before = listing.skipped
            listing = self._come_on(tally, uncounted)
            more = await transaction.skipped.add(context.run.id, listing.collection, skipped)
            listing = self._listing = replace(listing, skipped=skipped_before + more)
            await transaction.listings.save(context.run.id, listing, at=context.clock())
        self._staged, self._pages, self._repeated = [], [], 0
        gc.collect()  # httpx keeps pages in cycles, and they are large
        await context.check_stop_requested()

    async def give_up(self, error: ProviderError) -> None:
        """End a listing that alone cannot be read."""
        await self.flush()
        listing = replace(self._listing, is_over=True, complete=False, reason=sanitize(str(error)))
        async with self._context.transaction() as transaction:
            await transaction.listings.save(self._context.run.id, listing, at=self._context.clock())

    async def _add(self, page: Page[Record], known: KnownPage | None = None) -> None:
        page, again = self._earlier.split(reject_unstorable(page))
        newer: tuple[list[object], ...] = ()
        if again.page.rows:
            async with self._context.database.reading() as rows:
                found = await rows.repeated.compare(
                    self._context.run,
                    self._listing.collection,
                    again.page,
                    absent=self._absent,
                )
            newer = found.newer
            page = again.booked(page, found.differing)
        self._staged.append(replace(await self._compared(page, known), again=newer))
        self._repeated += len(again.repeated)
        self._pages.append(replace(page, rows=(), same=(), prints={}))
        self._fields = with_page(self._fields, page)

    async def _compared(self, page: Page[Record], known: KnownPage | None) -> Staged:
        run, collection = self._context.run, self._listing.collection
        if page.rows:
            await give_way()
        if not self._has_known or not page.rows:
            return compared(page, collection, run.id, {}, known=known)
        async with self._context.database.reading() as rows:
            return await rows.staging.compare(run, collection, page, absent=self._absent)

    def _tally(self) -> Tally:
        listing = self._listing
        tally = Tally(
            duplicates=listing.duplicates,
            differing=listing.differing,
            doubled=listing.doubled,
            with_loss=listing.with_loss,
        )
        for page in self._pages:
            tally = tally.plus(page)
        return tally

    def _come_on(self, tally: Tally, uncounted: int) -> CollectionProgress:
        """Return how far it came. `uncounted` came twice, and nobody had said so."""
        listing, page = self._listing, self._pages[-1]
        reasons = [listing.reason, self._doubt(uncounted)]
        is_over = page.next is None
        if is_over and not page.complete:
            reasons.append(_reason(listing, page))
        elif is_over and tally.differing and listing.since is None:
            reasons.append(twice(tally.differing))
        reason = "; ".join(fromkey for fromkey in dict.fromkeys(reasons) if fromkey)
        return replace(
            listing,
            pages=listing.pages + len(self._staged),
            records=listing.records + sum(staged.records for staged in self._staged) - uncounted,
            same=listing.same + sum(staged.same for staged in self._staged),
            quarantined=listing.quarantined + sum(len(page.rejected) for page in self._pages),
            duplicates=tally.duplicates + uncounted,
            differing=tally.differing,
            doubled=tally.doubled,
            with_loss=tally.with_loss,
            expected=page.total if page.total is not None else listing.expected,
            cursor=page.next,
            fields=self._fields,
            is_over=is_over,
            complete=is_over and page.complete and not reason,
            reason=reason,
        )

    def _doubt(self, uncounted: int) -> str:
        if self._listing.since is not None:
            return ""
        found = (
            (self._repeated, "listed again after the run was resumed"),
            (uncounted, "listed on more than one page"),
        )
        return "; ".join(f"{counted(count, 'record')} {what}" for count, what in found if count)


def _readable(part: Skipped) -> Skipped:
    return replace(part, reason=visible(sanitize(part.reason), limit=_LONGEST_REASON))


def _reason(listing: CollectionProgress, page: Page[Record]) -> str:
    """Return what speaks against a listing; that a delta is one does not."""
    if listing.since is None:
        return sanitize(page.reason) or _NOT_WHOLE
    return sanitize(warnings(page.reason))
