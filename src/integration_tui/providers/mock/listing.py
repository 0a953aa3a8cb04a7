"""Pages of a collection, made one by one: no more than a page is ever in memory.

A listing shows one generation from its first page to its last, also when it is resumed, unless
an incident lets the district move under it: then a record is lost and the last page says so.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Container, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from integration_tui.domain.errors import IncompatibleError, RecordError
from integration_tui.domain.paging import Cursor, Page
from integration_tui.domain.provider import ProviderContext
from integration_tui.domain.roster import (
    PARTS,
    Collection,
    Owner,
    Record,
    RecordStatus,
    belongs,
)
from integration_tui.domain.value import replace
from integration_tui.providers.mock.config import MockConfig
from integration_tui.providers.mock.district import District
from integration_tui.providers.mock.faults import VanishedRecords, spoil
from integration_tui.providers.mock.incidents import IncidentKind, ScriptedIncident
from integration_tui.providers.mock.names import names_of
from integration_tui.providers.mock.network import SimulatedNetwork
from integration_tui.providers.mock.writes import WrittenRecords


class ListingPosition(msgspec.Struct, frozen=True, kw_only=True):
    """Where a listing stands: `generation` is the state it lists, `offset` the next place.

    `since` is in microseconds since 1970. `moved` says that records were lost on the way,
    because the district changed under the listing.
    """

    district: str
    collection: Collection
    generation: int = 0
    offset: int = 0
    since: int | None = None
    moved: bool = False


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(ListingPosition)


def encoded(mark: ListingPosition) -> Cursor:
    """Return what goes into a page."""
    return Cursor(base64.urlsafe_b64encode(_ENCODER.encode(mark)).decode().rstrip("="))


def decoded(cursor: Cursor, *, start: ListingPosition) -> ListingPosition:
    """Return the mark behind a cursor of the same listing as `start`.

    Raises `IncompatibleError` where it is of another listing, or nothing at all.
    """
    try:
        mark = _DECODER.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        mark = None
    if mark is None or mark.offset < 0 or not _is_same_listing(mark, start):
        raise IncompatibleError(
            f"the cursor does not belong to this listing of {start.collection}",
            advice="start the listing again",
        )
    generation = min(max(mark.generation, 0), start.generation)
    return msgspec.structs.replace(mark, generation=generation)


def _is_same_listing(mark: ListingPosition, start: ListingPosition) -> bool:
    of_mark = (mark.district, mark.collection, mark.since)
    return of_mark == (start.district, start.collection, start.since)


_DIRT: Final = (IncidentKind.MALFORMED, IncidentKind.DUPLICATES, IncidentKind.ORPHANS)
_BREATH: Final = 500
"""The event loop gets its turn after so many records, so that the console stays smooth."""
_UNIX: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOVED: Final = "the district changed during the listing; at least one record is missing"


class MockListing:
    """Lists what the district and the written records together hold."""

    def __init__(
        self,
        config: MockConfig,
        context: ProviderContext,
        *,
        district: District,
        line: SimulatedNetwork,
        writes: WrittenRecords,
    ) -> None:
        self._page_size = config.page_size
        self._tag = config.fingerprint
        self._has_names = False
        self._context = context
        self._district = district
        self._line = line
        self._writes = writes
        self._vanished = VanishedRecords(district.layout, seed=district.seed)

    async def pages(
        self, collection: Collection, *, after: Cursor | None = None, since: datetime | None = None
    ) -> AsyncIterator[Page[Record]]:
        """Yield pages as `DataSyncProvider.pages` says."""
        as_of = self._context.clock()
        mark = self._start(collection, since)
        if after is not None:
            mark = decoded(after, start=mark)
        slots = self._slots(mark)
        while True:
            await self._line.request(repeats=self._context.max_retries)
            page, mark = await self._page(mark, slots)
            yield replace(page, as_of=as_of)
            if page.next is None:
                return

    async def subset(self, collection: Collection, *, of: Owner) -> AsyncIterator[Page[Record]]:
        """Yield the pages of what belongs to `of`, as `RosterProvider.part` says."""
        if collection not in PARTS.get(of.collection, frozenset()):
            raise IncompatibleError(
                f"{collection} do not belong to {of.collection}", advice="list the collection"
            )
        async for page in self.pages(collection):
            rows = tuple(row for row in page.rows if belongs(row, of))
            yield replace(page, rows=rows, total=None)

    async def find(self, collection: Collection, sourced_id: str) -> Record | None:
        """Return one record as it is now, or `None`. Raises `RecordError` for a malformed one."""
        await self._line.request(repeats=self._context.max_retries)
        if sourced_id in self._writes.of(collection):
            return self._writes.find(collection, sourced_id)
        await self._names(collection)
        generation = self._district.timeline.generation_at(self._context.clock())
        record = self._district.find(collection, sourced_id, generation)
        if record is not None:
            self._raise_if_malformed(record)
        return record

    def _raise_if_malformed(self, record: Record) -> None:
        for rejected in spoil([record], self._dirt(), seed=self._district.seed).rejected:
            raise RecordError(
                f"{self._line.address} sent {rejected.sourced_id} malformed: {rejected.reason}",
                advice="skipped; correct the record in the source system",
            )

    def _start(self, collection: Collection, since: datetime | None) -> ListingPosition:
        since_us = None if since is None else (since - _UNIX) // timedelta(microseconds=1)
        generation = self._district.timeline.generation_at(self._context.clock())
        return ListingPosition(
            district=self._tag, collection=collection, generation=generation, since=since_us
        )

    def _slots(self, mark: ListingPosition) -> Sequence[int]:
        """Return the slots to look at, in order."""
        everything = range(self._district.layout.slots(mark.collection))
        moment = _moment(mark)
        if moment is None or moment <= self._district.timeline.epoch:
            return everything
        return self._district.timeline.changed_slots(
            mark.collection, moment, mark.generation, at_most=len(everything) // 4
        )

    async def _page(
        self, mark: ListingPosition, slots: Sequence[int]
    ) -> tuple[Page[Record], ListingPosition]:
        await self._names(mark.collection)
        if self._line.incidents(IncidentKind.MID_PAGING_CHANGE) and mark.offset:
            mark = msgspec.structs.replace(mark, offset=mark.offset + 1, moved=True)
        rows, offset = await self._rows(mark, slots)
        spoilt = spoil(rows, self._dirt(), seed=self._district.seed)
        mark = msgspec.structs.replace(mark, offset=offset)
        is_last = offset >= len(slots) + len(self._writes.of(mark.collection))
        page = Page(
            rows=spoilt.rows,
            rejected=spoilt.rejected,
            total=self._total(mark),
            next=None if is_last else encoded(mark),
            complete=is_last and not mark.moved,
            reason=_MOVED if is_last and mark.moved else "",
        )
        return page, mark

    async def _rows(self, mark: ListingPosition, slots: Sequence[int]) -> tuple[list[Record], int]:
        """Return a page's rows and the offset behind them."""
        written = self._writes.of(mark.collection)
        places = [*written.values()]
        rows: list[Record] = []
        offset, since = mark.offset, _moment(mark)
        hiding = self._line.incidents(IncidentKind.VANISHED)
        while len(rows) < self._page_size and offset < len(slots) + len(places):
            if offset < len(slots):
                record = self._own(mark, slots[offset], written, hiding)
            else:
                record = places[offset - len(slots)]
            offset += 1
            if record is not None and _is_wanted(record, since):
                rows.append(record)
            if offset % _BREATH == 0:
                await self._context.sleep(0)
        return rows, offset

    def _own(
        self,
        mark: ListingPosition,
        slot: int,
        written: Container[str],
        hiding: Sequence[ScriptedIncident],
    ) -> Record | None:
        """Return the district's own record, unless a written one took its place or it is hidden."""
        if hiding and self._vanished.has_vanished(mark.collection, slot, hiding):
            return None
        record = self._district.record(mark.collection, slot, mark.generation)
        return None if record is None or record.sourced_id in written else record

    def _total(self, mark: ListingPosition) -> int | None:
        """Return how many there are in all, where that is known without counting."""
        if mark.since is not None or mark.generation or self._writes.of(mark.collection):
            return None
        if self._line.incidents(IncidentKind.VANISHED):
            return None
        return self._district.count(mark.collection)

    def _dirt(self) -> list[ScriptedIncident]:
        return [incident for kind in _DIRT for incident in self._line.incidents(kind)]

    async def _names(self, collection: Collection) -> None:
        """Make the names away from the event loop, which the console paints in."""
        if collection is Collection.USERS and not self._has_names:
            await asyncio.to_thread(names_of, self._district.seed)
            self._has_names = True


def _moment(mark: ListingPosition) -> datetime | None:
    return None if mark.since is None else _UNIX + timedelta(microseconds=mark.since)


def _is_wanted(record: Record, since: datetime | None) -> bool:
    """A whole listing shows who is there; one of changes shows also who has left."""
    if since is None:
        return record.status is RecordStatus.ACTIVE
    return record.modified_at is not None and record.modified_at >= since
