"""Brings the collections of one system into files, one after the other, page by page.

No page is kept. What goes wrong with one collection is told with it and does not stop the
others, unless the others would fail in the same way.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from integration_tui.domain.errors import (
    ConsoleError,
    CredentialsError,
    ForbiddenError,
    RetryableError,
    UsageError,
)
from integration_tui.domain.provider import (
    NOT_ATTEMPTED,
    Authentication,
    Capability,
    in_reading_order,
)
from integration_tui.domain.roster import (
    RECORD_TYPES,
    Class,
    Collection,
    Course,
    Org,
    Owner,
    Record,
)
from integration_tui.domain.roster_export import ExportedCollection, ExportProgress, warnings
from integration_tui.domain.sync.listing_findings import Tally, twice
from integration_tui.domain.sync.run import SkippedPart
from integration_tui.domain.value import replace
from integration_tui.engine.connectors.validation import sanitize
from integration_tui.engine.tasks import finish

if TYPE_CHECKING:
    from integration_tui.domain.config.document import ProviderConfig
    from integration_tui.domain.paging import Page, Rejected
    from integration_tui.engine.connectors.connection import GuardedConnection
    from integration_tui.engine.connectors.pool import ConnectionPool

OnProgress = Callable[[ExportProgress], None]
_SWEEP_PAGES: Final = 10
"""httpx keeps a page's bytes in cycles, which only the collector finds."""
_LATER: Final = "pull again when the system is reachable"
_NAMED: Final = 20
"""So many skipped parts of a collection are named."""
_MOST_NAMES: Final = 100_000
_LONGEST_NAME: Final = 100
_LONGEST_REASON: Final = 500
_OUTAGES: Final = (RetryableError, CredentialsError, UsageError)
"""What stops the collections behind it, too: an outage, refused credentials, a full disk."""


class Files(Protocol):
    """Where the records go. Its methods block, and raise `UsageError`."""

    def write(self, collection: Collection, rows: Sequence[Record]) -> int:
        """Append records; return how many of them could not be carried."""
        ...

    def add_rejected(self, collection: Collection, rejected: Sequence[Rejected]) -> None:
        """Note down records that could not be read."""
        ...


class ExportScope(msgspec.Struct, frozen=True, kw_only=True):
    """What to bring. `expected` is how many records there were the last time."""

    collections: Sequence[Collection]
    expected: dict[Collection, int]
    since: datetime | None = None


class ExportReader:
    """Pulls over a line that is connected."""

    def __init__(self, line: GuardedConnection, *, page_timeout_s: float, tell: OnProgress) -> None:
        self._line = line
        self._page_timeout_s = page_timeout_s
        self._tell = tell
        self._pages = 0

    async def run(self, wanted: ExportScope, files: Files) -> list[ExportedCollection]:
        """Return what became of each collection, in their order. Raises nothing of ours."""
        done: dict[Collection, ExportedCollection] = {}
        stopped: ConsoleError | None = None
        owners = _Owners()
        for collection in in_reading_order(wanted.collections, self._line.spec):
            if stopped is not None:
                done[collection] = _not_tried(collection, stopped)
                continue
            one = _CollectionExport(collection, wanted, owners)
            try:
                await self._read(one, files)
            except ConsoleError as error:
                one.failed(error)
                stopped = error if _is_outage(error) else None
            self._tell(one.progress(is_over=True))
            done[collection] = one.pulled
        return [done[collection] for collection in wanted.collections]

    async def _read(self, one: _CollectionExport, files: Files) -> None:
        self._tell(one.progress())
        pages = self._line.pages(
            one.collection, since=one.since, page_timeout_s=self._page_timeout_s
        )
        async with aclosing(pages):
            async for page in pages:
                lost = await finish(asyncio.to_thread(self._write, files, one.collection, page))
                one.take(page, lost=lost)
                self._tell(one.progress())
                self._sweep()

    def _write(self, files: Files, collection: Collection, page: Page[Record]) -> int:
        # What a connector says of a record is believed only as far as it can be written.
        with self._line.contained(f"a record of {collection}"):
            files.add_rejected(collection, page.rejected)
            return files.write(collection, page.rows)

    def _sweep(self) -> None:
        self._pages += 1
        if self._pages % _SWEEP_PAGES == 0:
            gc.collect()


class _Owners:
    """What schools, courses and classes are called, for whoever is told that one was skipped."""

    def __init__(self) -> None:
        self._names: dict[tuple[type[Record], str], str] = {}

    def take(self, page: Page[Record]) -> None:
        for record in page.rows:
            match record:
                case Org(name=name) | Course(title=name) | Class(title=name):
                    if len(self._names) < _MOST_NAMES:
                        self._names[type(record), record.sourced_id] = name
                case _:
                    return  # a page has records of one collection

    def unread(self, before: ExportedCollection, page: Page[Record]) -> tuple[SkippedPart, ...]:
        """Return the first parts of a collection that could not be read, with one more page."""
        more = (
            SkippedPart(
                collection=before.collection,
                owner=part.owner,
                name=sanitize(self._name(part.owner))[:_LONGEST_NAME],
                reason=sanitize(part.reason)[:_LONGEST_REASON],
            )
            for part in page.skipped
        )
        return (*before.unread, *islice(more, max(0, _NAMED - len(before.unread))))

    def _name(self, owner: Owner) -> str:
        kind = RECORD_TYPES[owner.collection]
        return self._names.get((kind, owner.sourced_id), owner.sourced_id)


class _CollectionExport:
    """How far one collection has come."""

    def __init__(self, collection: Collection, wanted: ExportScope, owners: _Owners) -> None:
        self._owners = owners
        self.collection = collection
        self.since = wanted.since
        self.pulled = ExportedCollection(collection=collection)
        self._expected = wanted.expected.get(collection)
        self._tally = Tally()
        self._is_first = True

    def take(self, page: Page[Record], *, lost: int) -> None:
        before = self.pulled
        self._owners.take(page)
        self._tally = tally = self._tally.plus(page)
        undated = 0
        if self.since is not None:
            undated = sum(row.modified_at is None for row in page.rows)
        self.pulled = replace(
            before,
            records=before.records + len(page.rows) - lost,
            quarantined=before.quarantined + len(page.rejected) + lost,
            duplicates=tally.duplicates,
            differing=tally.differing,
            doubled=tally.doubled,
            with_loss=tally.with_loss,
            findings=tally.findings,
            skipped=before.skipped + len(page.skipped),
            unread=self._owners.unread(before, page),
            as_of=page.as_of if self._is_first else before.as_of,
            undated=before.undated + undated,
        )
        self._is_first = False
        self._expected = page.total if page.total is not None else self._expected
        if page.next is None:
            self._end(page)

    def failed(self, error: ConsoleError) -> None:
        # Whoever waits for a pull has nobody who tries again for him.
        advice = sanitize(error.advice, naming=error.accounts)
        self.pulled = replace(
            self.pulled,
            complete=False,
            reason=sanitize(error.message, naming=error.accounts),
            advice=_LATER if isinstance(error, RetryableError) else advice,
        )

    def progress(self, *, is_over: bool = False) -> ExportProgress:
        found = self.pulled
        return ExportProgress(
            collection=self.collection,
            records=found.records,
            quarantined=found.quarantined,
            duplicates=found.duplicates,
            skipped=found.skipped,
            expected=self._expected,
            is_over=is_over,
            complete=found.complete,
            reason=found.reason,
        )

    def _end(self, page: Page[Record]) -> None:
        reason = page.reason if self.since is None else warnings(page.reason)
        is_whole = page.complete or (self.since is not None and not reason)
        if is_whole and self.since is None and self._tally.differing:
            is_whole, reason = False, twice(self._tally.differing)
        self.pulled = replace(
            self.pulled,
            complete=is_whole,
            reason="" if is_whole else sanitize(reason) or "listing incomplete",
        )


@asynccontextmanager
async def connected(
    pool: ConnectionPool, config: ProviderConfig, *, timeout_s: float
) -> AsyncGenerator[tuple[GuardedConnection, Authentication | None]]:
    """Lend a connected line of its own, with the proof of identity where its type has one.

    Raises `ConsoleError`s; `UsageError` for a type that lists nothing.
    """
    spec = pool.factory.spec(config)
    if Capability.DATA_SYNC not in spec.capabilities:
        raise UsageError(
            f"{config.name} has no roster to pull: {spec.title} provides no records",
            advice="see provider types",
        )
    async with pool.temporary(config) as line:
        await pool.factory.retry_when_rate_limited(
            lambda: line.connect(timeout_s=timeout_s), config
        )
        proof = await line.authenticate(timeout_s=timeout_s)
        yield line, None if proof is NOT_ATTEMPTED else proof


def _not_tried(collection: Collection, error: ConsoleError) -> ExportedCollection:
    reason = f"not attempted: {sanitize(error.message, naming=error.accounts)}"
    return ExportedCollection(collection=collection, was_tried=False, reason=reason)


def _is_outage(error: ConsoleError) -> bool:
    return isinstance(error, _OUTAGES) and not isinstance(error, ForbiddenError)
