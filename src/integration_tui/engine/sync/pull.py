"""The first step of a run: every page of every collection, compared and kept.

Killed anywhere, it goes on behind the last page that was stored.
"""

from __future__ import annotations

import gc
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import msgspec

from integration_tui.domain.config import ProviderConfig
from integration_tui.domain.errors import (
    ConsoleError,
    CredentialsError,
    ForbiddenError,
    ProviderError,
    RetryableError,
)
from integration_tui.domain.provider import Capability
from integration_tui.domain.pull import doubts
from integration_tui.domain.roster import PARTS, ROSTER, Collection, Record
from integration_tui.domain.run import Listing, Mode
from integration_tui.domain.sync import Cursor, Page
from integration_tui.engine.line import Line
from integration_tui.engine.soundness import told
from integration_tui.engine.sync.fitting import fitting
from integration_tui.engine.sync.ledger import Ledger
from integration_tui.store.staging import Staged, compared

PAGES: Final = 10
"""Pages kept in one transaction."""
_STALE: Final = timedelta(hours=1)
"""A run that rested longer begins anew: an old listing says nothing of who is gone."""
RETRIED: Final = 200
"""Records in quarantine that a delta asks for one by one."""
_NOT_YET: Final = Cursor("")
_NOT_WHOLE: Final = "it was not listed to its end"
_decode: Final = msgspec.json.Decoder(tuple[str, ...]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the pages come from. `made_by` names program and configuration."""

    line: Line
    config: ProviderConfig
    page_timeout_s: float
    made_by: str


class Pull:
    """Reads one run's collections over a connected line."""

    def __init__(self, ledger: Ledger, source: Source) -> None:
        self._ledger = ledger
        self._source = source
        self._pages: dict[Collection, dict[bytes, str]] = {}

    async def run(self) -> None:
        """Read what is not read yet. Raises `ConsoleError` for an outage; then it may go on later.

        A collection that alone cannot be read is over, with its reason.
        """
        await self._forget_old()
        done = {one.collection: one for one in await self._listings()}
        self._source.line.recall(self._recall)
        for collection in self._collections():
            listing = done.get(collection) or await self._begin(collection)
            if not listing.is_over:
                await self._read(listing)

    def _collections(self) -> Sequence[Collection]:
        scope = self._ledger.run.scope
        wanted = [one for one in self._source.config.collections if one in ROSTER]
        if scope is None:
            return wanted
        parts = PARTS.get(scope.collection, frozenset())
        return [one for one in wanted if one is scope.collection or one in parts]

    async def _listings(self) -> list[Listing]:
        async with self._ledger.database.reading() as rows:
            return await rows.listings.all(self._ledger.run.id)

    async def _begin(self, collection: Collection) -> Listing:
        run = self._ledger.run
        async with self._ledger.step() as transaction:
            known = await transaction.staging.known(run.integration_id, collection)
            since = None
            if run.mode is Mode.INCREMENTAL:
                since = await transaction.marks.since(run.integration_id, collection)
            listing = Listing(collection=collection, known=known, since=since)
            await transaction.listings.save(run.id, listing, at=self._ledger.clock())
        return listing

    async def _forget_old(self) -> None:
        """Let go of what was read before a long rest, whether it was read to its end or not."""
        run_id = self._ledger.run.id
        if await has_rested(self._ledger):
            async with self._ledger.step() as transaction:
                await transaction.staging.forget(run_id, ROSTER)
                await transaction.listings.forget(run_id)

    async def _read(self, listing: Listing) -> None:
        walk = _Walk(self._ledger, listing, has_known=await self._has_known(listing))
        await self._load_known_pages(listing.collection)
        try:
            if listing.since is not None and not listing.cursor:
                await walk.add(await self._orphans(listing.collection))
            async with aclosing(self._listed(listing)) as pages:
                async for page in pages:
                    await walk.take(page)
        except ProviderError as error:
            if _is_outage(error):
                await walk.flush()
                raise
            await walk.give_up(error)
        except ConsoleError:
            await walk.flush()
            raise
        finally:
            self._pages.clear()

    async def _has_known(self, listing: Listing) -> bool:
        async with self._ledger.database.reading() as rows:
            return await rows.staging.has_known(self._ledger.run.integration_id, listing.collection)

    async def _listed(self, listing: Listing) -> AsyncGenerator[Page[Record]]:
        source, scope = self._source, self._ledger.run.scope
        timeout_s = source.page_timeout_s
        if scope is None:
            after = Cursor(listing.cursor) if listing.cursor else None
            pages = source.line.pages(
                listing.collection, after=after, since=listing.since, page_timeout_s=timeout_s
            )
        elif listing.collection is scope.collection:
            found = await source.line.find(scope.collection, scope.sourced_id, timeout_s=timeout_s)
            yield Page(rows=() if found is None else (found,), complete=True)
            return
        else:
            pages = source.line.part(listing.collection, of=scope, page_timeout_s=timeout_s)
        async with aclosing(pages):
            async for page in pages:
                yield page

    async def _orphans(self, collection: Collection) -> Page[Record]:
        """Ask again for records that wait for what they name: a delta would not bring them."""
        source = self._source
        async with self._ledger.database.reading() as rows:
            waiting = await rows.quarantine.orphans_of(
                self._ledger.run.integration_id, collection, limit=RETRIED
            )
        if Capability.ROSTER not in source.line.spec.capabilities:
            waiting = []
        found = [
            await source.line.find(collection, one, timeout_s=source.page_timeout_s)
            for one in waiting
        ]
        return Page(rows=tuple(one for one in found if one is not None), next=_NOT_YET)

    async def _load_known_pages(self, collection: Collection) -> None:
        if self._ledger.run.mode is not Mode.FULL:
            return
        async with self._ledger.database.reading() as rows:
            self._pages[collection] = await rows.staging.recall(
                self._ledger.run.integration_id, collection, made_by=self._source.made_by
            )

    def _recall(self, collection: Collection, digest: bytes) -> Sequence[str] | None:
        ids = self._pages.get(collection, {}).get(digest)
        return None if ids is None else _decode(ids)


async def has_rested(ledger: Ledger) -> bool:
    """Say whether what a run has read is too old to go on with."""
    async with ledger.database.reading() as rows:
        read_at = await rows.listings.read_at(ledger.run.id)
    return read_at is not None and ledger.clock() - read_at >= _STALE


class _Walk:
    """How far one listing has come; what is not stored yet is kept together.

    `has_known`: some records of the collection are known already.
    """

    def __init__(self, ledger: Ledger, listing: Listing, *, has_known: bool) -> None:
        self._ledger = ledger
        self._has_known = has_known
        self._listing = listing
        self._staged: list[Staged] = []
        self._last: Page[Record] | None = None
        self._rejected: list[Page[Record]] = []
        self._is_first = not listing.pages

    async def take(self, page: Page[Record]) -> None:
        if self._is_first:
            self._listing = replace(self._listing, as_of=page.as_of)
            self._is_first = False
        await self.add(page)
        if page.next is None or len(self._staged) >= PAGES:
            await self.flush()

    async def add(self, page: Page[Record]) -> None:
        """Keep a page that is not the listing's own, until the next flush."""
        page = fitting(page)
        self._staged.append(await self._compared(page))
        self._last = replace(page, rows=(), same=())
        if page.rejected:
            self._rejected.append(self._last)

    async def _compared(self, page: Page[Record]) -> Staged:
        run, collection = self._ledger.run, self._listing.collection
        if not self._has_known or not page.rows:
            return compared(page, collection, run.id, {})
        async with self._ledger.database.reading() as rows:
            return await rows.staging.compare(run, collection, page)

    async def flush(self) -> None:
        """Store what was taken, in one transaction with how far it came."""
        if not self._staged or self._last is None:
            return
        ledger, listing = self._ledger, self._listing
        async with ledger.step() as transaction:
            repeated = await transaction.staging.put(
                ledger.run.id, listing.collection, self._staged, first=listing.pages
            )
            for page in self._rejected:
                await transaction.quarantine.unreadable(
                    ledger.run, listing.collection, page.rejected, at=ledger.clock()
                )
            listing = self._listing = self._come_on(self._last, repeated)
            await transaction.listings.save(ledger.run.id, listing, at=ledger.clock())
        self._staged, self._rejected = [], []
        gc.collect()  # httpx keeps pages in cycles, and they are large
        await ledger.heed()

    async def give_up(self, error: ProviderError) -> None:
        """End a listing that alone cannot be read."""
        await self.flush()
        listing = replace(self._listing, is_over=True, complete=False, reason=told(str(error)))
        async with self._ledger.step() as transaction:
            await transaction.listings.save(self._ledger.run.id, listing, at=self._ledger.clock())

    def _come_on(self, page: Page[Record], repeated: int) -> Listing:
        listing = self._listing
        is_odd = repeated and listing.since is None
        doubt = f"{repeated:,} records came again after a rest" if is_odd else ""
        reasons = [one for one in (listing.reason, doubt) if one]
        is_over = page.next is None
        if is_over and not page.complete:
            reasons.append(_reason(listing, page))
        reason = "; ".join(one for one in dict.fromkeys(reasons) if one)
        return replace(
            listing,
            pages=listing.pages + len(self._staged),
            records=listing.records + sum(one.records for one in self._staged),
            same=listing.same + sum(one.same for one in self._staged),
            put_aside=listing.put_aside + sum(len(one.rejected) for one in self._rejected),
            expected=page.total if page.total is not None else listing.expected,
            cursor=page.next,
            is_over=is_over,
            complete=is_over and page.complete and not reason,
            reason=reason,
        )


def _reason(listing: Listing, page: Page[Record]) -> str:
    """Return what speaks against a listing; that a delta is one does not."""
    if listing.since is None:
        return told(page.reason) or _NOT_WHOLE
    return told(doubts(page.reason))


def _is_outage(error: ProviderError) -> bool:
    stops = isinstance(error, RetryableError | CredentialsError)
    return stops and not isinstance(error, ForbiddenError)
