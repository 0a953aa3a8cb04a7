"""What of a listing is known from the last time, so that it need not be read again.

A page is known by its digest, and a record by its print; both only as they were applied. Listings
come in much the same order each time, so that the records of a page are looked for on the pages
around the one that is expected, and no table of all of them is needed.

See docs/decisions/0035.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from struct import pack, unpack
from typing import Final

import msgspec

from integration_tui.domain.paging import Page, Recalled
from integration_tui.domain.roster import Record
from integration_tui.store.sync.comparison import PRINT_BYTES, KnownPage

_decode: Final = msgspec.json.Decoder(list[str]).decode
_NEAR: Final = 8
"""So many pages are kept cut into their records."""
_PROBES: Final = 3
"""So many records of a page are looked for everywhere, where most of them are not near."""


class KnownListing:
    """The pages of the listing of a collection that was applied last.

    `doubted` are ids of which something else may be held than what these pages say.
    """

    def __init__(self, pages: Sequence[KnownPage], doubted: AbstractSet[str]) -> None:
        self._pages = pages
        self._doubted = doubted
        self._by_digest = {page.digest: number for number, page in enumerate(pages) if page.digest}
        self._expected = 0
        self._records = lru_cache(maxsize=_NEAR)(self._cut)
        known = [page.fields for page in pages if page.fields is not None]
        # Of a page whose fields nobody knows, those of others say nothing.
        self._listed = frozenset[str]().union(*known) if len(known) == len(pages) else None

    def page(self, digest: bytes) -> Recalled | None:
        """Return who stands on a page with this digest, where that is known."""
        number = self._by_digest.get(digest)
        if number is None:
            return None
        page = self._pages[number]
        ids = _decode(page.ids)
        if not self._doubted.isdisjoint(ids):
            return None
        self._expected = number + 1
        return Recalled(ids=ids, fields=page.fields, listed=self._listed or frozenset())

    def records(self, prints: Sequence[int]) -> Recalled | None:
        """Return who of a page is known; `None` for nobody."""
        if self._listed is None:
            return None
        found: list[str | None] = [None] * len(prints)
        left = [*range(len(prints))]
        hits: dict[int, int] = {}
        for number in self._candidates(prints, left):
            ids = [*map(self._records(number).get, [prints[place] for place in left])]
            count = len(left) - ids.count(None)
            if not count:
                continue
            hits[number] = count
            for place, text in zip(left, ids, strict=True):
                found[place] = text
            left[:] = [place for place in left if found[place] is None]
        if not hits:
            return None
        self._expected = max(hits, key=hits.__getitem__) + 1
        fields = frozenset[str]().union(*(self._pages[number].fields or () for number in hits))
        return Recalled(ids=found, fields=fields, listed=self._listed)

    def stored(self, page: Page[Record]) -> KnownPage | None:
        """Return the known page that a page is by its digest."""
        number = self._by_digest.get(page.digest)
        return None if number is None or not page.same else self._pages[number]

    def _candidates(self, prints: Sequence[int], left: list[int]) -> Iterator[int]:
        """Yield the pages on which records may be, as long as some are `left`."""
        begin = self._expected
        for number in (begin, begin - 1):
            if left and 0 <= number < len(self._pages):
                yield number
        yield from self._onwards(begin + 1, left)
        if len(left) * 2 <= len(prints):
            return
        for place in left[:: max(1, len(left) // _PROBES)][:_PROBES]:
            found = self._anywhere(prints[place]) if place in left else None
            if found is not None:
                yield found
                yield from self._onwards(found + 1, left)

    def _onwards(self, number: int, left: Sequence[int]) -> Iterator[int]:
        """Yield a page, and those behind it as long as records are found on them."""
        before = len(left) + 1
        while left and number < len(self._pages) and len(left) < before:
            before = len(left)
            yield number
            number += 1

    def _anywhere(self, print_: int) -> int | None:
        sought = pack("<Q", print_)
        for number, page in enumerate(self._pages):
            at = page.prints.find(sought)
            if at >= 0 and at % PRINT_BYTES == 0:
                return number
        return None

    def _cut(self, number: int) -> dict[int, str]:
        page = self._pages[number]
        ids = _decode(page.ids)
        prints = unpack(f"<{len(page.prints) // PRINT_BYTES}Q", page.prints)
        found = {print_: text for print_, text in zip(prints, ids, strict=False) if print_}
        if not self._doubted.isdisjoint(ids):
            return {key: text for key, text in found.items() if text not in self._doubted}
        return found
