"""Records that come again under an id that their listing has had: equal ones, and ones that differ.

Of equal ones on one page nothing can have slipped by: the page was made at one moment. On two
pages it may: pages that shift while they are read bring one record twice and another one never,
and so does a page that leaves rows out, since the next one is asked for by the rows received.
Whether that happened is seen by asking for both pages again.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Final, TypeVar

import msgspec

from integration_tui.domain.paging import Duplicate, Rejected
from integration_tui.domain.roster import Record
from integration_tui.domain.text import visible
from integration_tui.providers.paging.id_set import IdSet
from integration_tui.providers.paging.page import FetchedPage

MOST_APART: Final = 10
"""So many doubles on different pages are looked at again."""
_NAMED: Final = 5
_PAGE_BITS: Final = 24
_PRINT_BITS: Final = 32
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
T = TypeVar("T")


class PageSpan(msgspec.Struct, frozen=True):
    """Where a page began, and how many records came of those that were asked for."""

    offset: int
    count: int
    asked: int


class DistantPages(msgspec.Struct, frozen=True):
    """An id on two pages."""

    sourced_id: str
    first: PageSpan
    again: PageSpan


class PageRows(msgspec.Struct, kw_only=True):
    """What of a page is new, and what came before."""

    rows: tuple[Record, ...]
    rejected: tuple[Rejected, ...]
    same: tuple[str, ...]
    duplicates: list[Duplicate] = msgspec.field(default_factory=list[Duplicate])

    @property
    def count(self) -> int:
        """How many records are new."""
        return len(self.rows) + len(self.rejected) + len(self.same)


class DuplicateTracker:
    """Knows of each id where it came first, and a print of what came with it.

    `newest`: of rows that differ on one page the later `modified_at` counts, else the first.
    """

    def __init__(self, ids: IdSet, *, newest: bool) -> None:
        self.count = 0
        self.apart: list[DistantPages] = []
        self.apart_count = 0
        self._ids = ids
        self._newest = newest
        self._differing: dict[str, None] = {}
        self._unreadable: set[str] = set()
        self._offsets = array("q")
        self._counts = array("q")
        self._asked = array("q")
        self._pages_of_size = Counter[int]()

    @property
    def differing(self) -> Sequence[str]:
        """The ids under which different records came."""
        return [*self._differing]

    def sort(self, received: FetchedPage, offset: int) -> PageRows:
        """Return what of a page is new. Takes note of the rest."""
        self._offsets.append(offset)
        self._counts.append(received.count)
        self._asked.append(received.asked)
        self._pages_of_size[received.count] += 1
        page = len(self._offsets) - 1
        rows = self._ordered(received.rows)
        prints = [hash(row) for row in rows]
        found = PageRows(
            rows=rows,
            rejected=received.rejected,
            same=received.same,
            duplicates=[*received.duplicates],
        )
        for duplicate in received.duplicates:  # which the reader of the page has dealt with
            if duplicate.differs:
                self.differ(duplicate.sourced_id)
        ids = [row.sourced_id for row in rows]
        again = self._take(found, ids, prints, page, but=self._readmitted(ids))
        found.rows = _left(rows, again)
        again = self._take(found, found.same, [], page, but=self._readmitted(found.same))
        found.same = _left(found.same, again)
        named = [(place, one) for place, one in enumerate(found.rejected) if one.sourced_id]
        prints = [hash((one.raw, one.reason)) for _, one in named]
        again = self._take(found, [one.sourced_id for _, one in named], prints, page)
        found.rejected = _left(found.rejected, {named[place][0] for place in again})
        self._unreadable.update(
            rejected.sourced_id for rejected in found.rejected if rejected.sourced_id
        )
        self.count += len(found.duplicates)
        return found

    def holds_all(self, received: FetchedPage) -> bool:
        """Return whether the listing has had every record that a page holds."""
        return all(sourced_id in self._ids for sourced_id in _ids_on(received))

    def may_lack_rows(self, span: PageSpan) -> bool:
        """Return whether a page was shorter than asked, and than a server's limit explains.

        A limit of the server's own shows on more pages than one.
        """
        return span.count < span.asked and self._pages_of_size[span.count] == 1

    @property
    def may_have_hidden(self) -> bool:
        """Whether somebody may have slipped by so far, which only the end of a listing shows."""
        if not self._offsets:
            return False
        return self.apart_count > 0 or self.may_lack_rows(self._span(len(self._offsets) - 1))

    def _span(self, page: int) -> PageSpan:
        return PageSpan(self._offsets[page], self._counts[page], self._asked[page])

    def _readmitted(self, sourced_ids: Sequence[str]) -> set[int]:
        """Return the places of records that came before only as ones that could not be read."""
        found: set[int] = set()
        for place, sourced_id in enumerate(sourced_ids if self._unreadable else ()):
            if sourced_id in self._unreadable:
                self._unreadable.discard(sourced_id)
                self.differ(sourced_id)
                found.add(place)
        return found

    def differ(self, sourced_id: str) -> None:
        """Take note that different records came under an id."""
        self._differing[sourced_id] = None

    def _take(
        self,
        found: PageRows,
        sourced_ids: Sequence[str],
        prints: Sequence[int],
        page: int,
        *,
        but: AbstractSet[int] = frozenset(),
    ) -> set[int]:
        """Take ids with their prints; return the places of those that came before, `but` these."""
        facts = [_fact(number, page) for number in prints] or [page] * len(sourced_ids)
        again = {*self._ids.take(sourced_ids, facts)} - but
        for place in sorted(again):
            found.duplicates.append(self._double(sourced_ids[place], facts[place], page))
        return again

    def _double(self, sourced_id: str, fact: int, page: int) -> Duplicate:
        before = self._ids.fact(sourced_id)
        first = before & ((1 << _PAGE_BITS) - 1)
        is_known = bool(before >> _PAGE_BITS and fact >> _PAGE_BITS)
        differs = is_known and before >> _PAGE_BITS != fact >> _PAGE_BITS
        if differs:
            self.differ(sourced_id)
        elif first != page:
            self.apart_count += 1
            if len(self.apart) < MOST_APART:
                self.apart.append(DistantPages(sourced_id, self._span(first), self._span(page)))
        return Duplicate(sourced_id=sourced_id, differs=differs)

    def _ordered(self, rows: tuple[Record, ...]) -> tuple[Record, ...]:
        """Return rows so that of those under one id the one that counts is first."""
        if not self._newest or len({row.sourced_id for row in rows}) == len(rows):
            return rows
        return tuple(sorted(rows, key=lambda row: row.modified_at or _NEVER, reverse=True))


def _left(all_: tuple[T, ...], again: AbstractSet[int]) -> tuple[T, ...]:
    """Return what is not at these places."""
    if not again:
        return all_
    return tuple([one for place, one in enumerate(all_) if place not in again])


def _fact(print_: int, page: int) -> int:
    """Pack what is known of a record; its print is never 0, which stands for none."""
    short = print_ & ((1 << _PRINT_BITS) - 1) or 1
    return short << _PAGE_BITS | min(page, (1 << _PAGE_BITS) - 1)


def is_other(ids: IdSet, record: Record) -> bool:
    """Return whether a record is known to be another one than the one that came under its id."""
    before = ids.fact(record.sourced_id) >> _PAGE_BITS
    return bool(before) and before != _fact(hash(record), 0) >> _PAGE_BITS


def records_in(received: FetchedPage, sourced_id: str) -> Iterator[object]:
    """Yield what a page holds under an id."""
    yield from (row for row in received.rows if row.sourced_id == sourced_id)
    yield from (
        (rejected.raw, rejected.reason)
        for rejected in received.rejected
        if rejected.sourced_id == sourced_id
    )


def _ids_on(received: FetchedPage) -> Iterator[str]:
    yield from (row.sourced_id for row in received.rows)
    yield from received.same
    yield from (duplicate.sourced_id for duplicate in received.duplicates)
    yield from (found.sourced_id for found in received.rejected if found.sourced_id)


def names_of(sourced_ids: Sequence[str]) -> str:
    """Return ids as a sentence names them: a few, and how many more there are."""
    named = [visible(record_id, limit=60) for record_id in sourced_ids[:_NAMED]]
    if (more := len(sourced_ids) - len(named)) > 0:
        return f"{', '.join(named)} and {more:,} more"
    return " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
