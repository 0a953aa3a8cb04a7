"""The first step of a run: every page of every collection, compared and kept.

Killed anywhere, it goes on behind the last page that was stored.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from integration_tui.domain.errors import (
    ConsoleError,
    CredentialsError,
    ForbiddenError,
    ProviderError,
    RetryableError,
)
from integration_tui.domain.paging import Cursor, Page, Recalled
from integration_tui.domain.provider import Capability, in_reading_order
from integration_tui.domain.roster import PARTS, ROSTER, Collection, Owner, Record
from integration_tui.domain.sync.run import CollectionProgress, Mode
from integration_tui.domain.value import replace
from integration_tui.engine.sync.collection_pull import CollectionPull
from integration_tui.engine.sync.known_listing import KnownListing

if TYPE_CHECKING:
    from integration_tui.domain.config.document import ProviderConfig
    from integration_tui.engine.connectors.connection import GuardedConnection
    from integration_tui.engine.sync.run_context import RunContext
    from integration_tui.store.sync.comparison import KnownPage

_STALE: Final = timedelta(hours=1)
"""A run that rested longer begins anew: an old listing says nothing of who is gone."""
RETRIED: Final = 200
"""Records in quarantine that a delta asks for one by one."""
_NOT_YET: Final = Cursor("")


class PageSource(msgspec.Struct, frozen=True, kw_only=True):
    """Where the pages come from. `made_by` names program and configuration."""

    line: GuardedConnection
    config: ProviderConfig
    page_timeout_s: float
    made_by: str


class Pull:
    """Reads one run's collections over a connected line."""

    def __init__(self, context: RunContext, source: PageSource) -> None:
        self._context = context
        self._source = source
        self._known: dict[Collection, KnownListing] = {}

    async def run(self) -> None:
        """Read what is not read yet. Raises `ConsoleError` for an outage; then it may go on later.

        A collection that alone cannot be read is over, with its reason.
        """
        await self._forget_old()
        done = {listing.collection: listing for listing in await self._listings()}
        self._source.line.recall(self._recall)
        self._source.line.recall_records(self)
        order = in_reading_order(self._collections(), self._source.line.spec)
        await self._replay([done[collection] for collection in order if collection in done])
        for collection in order:
            listing = done.get(collection) or await self._begin(collection)
            if not listing.is_over:
                await self._read(listing)

    def _collections(self) -> Sequence[Collection]:
        scope = self._context.run.scope
        wanted = [
            collection for collection in self._source.config.collections if collection in ROSTER
        ]
        if scope is None:
            return wanted
        parts = PARTS.get(scope.collection, frozenset())
        return [
            collection
            for collection in wanted
            if collection is scope.collection or collection in parts
        ]

    async def _replay(self, read: Sequence[CollectionProgress]) -> None:
        """Tell a connector that learns from what it lists what was read before a rest."""
        line = self._source.line
        if self._context.run.scope is not None:
            return
        for listing in read:
            if line.wants_replay:
                async with self._context.database.reading() as rows:
                    pages = await rows.repeated.ids(self._context.run.id, listing.collection)
                for ids in filter(None, pages):
                    line.replay(listing.collection, ids)
            if line.is_learning:
                await self._relearn(listing)

    async def _relearn(self, listing: CollectionProgress) -> None:
        """Tell a connector its lessons, unless some are missing."""
        if listing.is_over and listing.cursor:  # it was given up: nobody will read the rest
            return
        async with self._context.database.reading() as rows:
            lessons = await rows.repeated.lessons(self._context.run.id, listing.collection)
        known = [lesson for lesson in lessons if lesson is not None]
        if known and len(known) == len(lessons):
            after = Cursor(listing.cursor) if listing.cursor else None
            self._source.line.relearn(listing.collection, known, after=after)

    async def _listings(self) -> list[CollectionProgress]:
        async with self._context.database.reading() as rows:
            return await rows.listings.all(self._context.run.id)

    async def _begin(self, collection: Collection) -> CollectionProgress:
        run = self._context.run
        async with self._context.transaction() as transaction:
            known = await transaction.staging.known(run.integration_id, collection)
            since = None
            if run.mode is Mode.INCREMENTAL and self._source.line.spec.lists_changes:
                since = await transaction.marks.since(run.integration_id, collection)
            listing = CollectionProgress(
                collection=collection, known=known, since=since, fields=frozenset()
            )
            await transaction.listings.save(run.id, listing, at=self._context.clock())
        return listing

    async def _forget_old(self) -> None:
        """Let go of what was read before a long rest, whether it was read to its end or not."""
        run_id = self._context.run.id
        if await has_rested(self._context):
            async with self._context.transaction() as transaction:
                await transaction.staging.forget(run_id, ROSTER)
                await transaction.read_findings.forget(run_id)
                await transaction.skipped.forget(run_id)
                await transaction.listings.forget(run_id)

    async def _read(self, listing: CollectionProgress) -> None:
        walk = await CollectionPull.begin(self._context, listing)
        await self._load_known_pages(listing.collection)
        try:
            if listing.since is not None and not listing.cursor:
                await walk.ask_again(await self._orphans(listing.collection))
            async with aclosing(self._listed(listing)) as pages:
                async for page in pages:
                    known = self._stored(listing.collection, page)
                    await walk.take(_with_fields(page, known), known)
        except ProviderError as error:
            if _is_outage(error):
                await walk.flush()
                raise
            await walk.give_up(error)
        except ConsoleError:
            await walk.flush()
            raise
        finally:
            self._known.clear()

    def _listed(self, listing: CollectionProgress) -> AsyncGenerator[Page[Record]]:
        source, scope = self._source, self._context.run.scope
        timeout_s = source.page_timeout_s
        if scope is None:
            after = Cursor(listing.cursor) if listing.cursor else None
            return source.line.pages(
                listing.collection, after=after, since=listing.since, page_timeout_s=timeout_s
            )
        if listing.collection is scope.collection:
            return self._found(scope)
        return source.line.part(listing.collection, of=scope, page_timeout_s=timeout_s)

    async def _found(self, scope: Owner) -> AsyncGenerator[Page[Record]]:
        """Yield the one page of a record that was asked for by its id."""
        found = await self._source.line.find(
            scope.collection, scope.sourced_id, timeout_s=self._source.page_timeout_s
        )
        yield Page(rows=() if found is None else (found,), complete=True)

    async def _orphans(self, collection: Collection) -> Page[Record]:
        """Ask again for records that wait for what they name: a delta would not bring them."""
        source = self._source
        async with self._context.database.reading() as rows:
            waiting = await rows.quarantine.orphans_of(
                self._context.run.integration_id, collection, limit=RETRIED
            )
        if Capability.ROSTER not in source.line.spec.capabilities:
            waiting = []
        found = [
            await source.line.find(collection, text, timeout_s=source.page_timeout_s)
            for text in waiting
        ]
        return Page(
            rows=tuple(found_one for found_one in found if found_one is not None), next=_NOT_YET
        )

    async def _load_known_pages(self, collection: Collection) -> None:
        mode, lists_changes = self._context.run.mode, self._source.line.spec.lists_changes
        if mode is not Mode.FULL and (mode is not Mode.INCREMENTAL or lists_changes):
            return
        run = self._context.run
        async with self._context.database.reading() as rows:
            pages = await rows.staging.recall(
                run.integration_id, collection, made_by=self._source.made_by
            )
            doubted = await rows.marks.doubted(run.integration_id, collection) if pages else ()
        if pages:
            self._known[collection] = KnownListing(pages, frozenset(doubted))

    def page(self, collection: Collection, digest: bytes) -> Recalled | None:
        """Return what `KnownRecords` says of a page."""
        known = self._known.get(collection)
        return None if known is None else known.page(digest)

    def records(self, collection: Collection, prints: Sequence[int]) -> Recalled | None:
        """Return what `KnownRecords` says of records."""
        known = self._known.get(collection)
        return None if known is None else known.records(prints)

    def _recall(self, collection: Collection, digest: bytes) -> Sequence[str] | None:
        found = self.page(collection, digest)
        return None if found is None else [text for text in found.ids if text is not None]

    def _stored(self, collection: Collection, page: Page[Record]) -> KnownPage | None:
        known = self._known.get(collection)
        return None if known is None else known.stored(page)


def _with_fields(page: Page[Record], known: KnownPage | None) -> Page[Record]:
    """Return a page that is known already with the fields that it had."""
    if known is None or page.fields == known.fields:
        return page
    return replace(page, fields=known.fields)


async def has_rested(context: RunContext) -> bool:
    """Return whether what a run has read is too old to go on with."""
    async with context.database.reading() as rows:
        read_at = await rows.listings.read_at(context.run.id)
    return read_at is not None and context.clock() - read_at >= _STALE


def _is_outage(error: ProviderError) -> bool:
    stops = isinstance(error, RetryableError | CredentialsError)
    return stops and not isinstance(error, ForbiddenError)
