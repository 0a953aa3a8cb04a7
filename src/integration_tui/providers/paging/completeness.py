"""How far a listing has come, whether it is over, and what speaks against its completeness.

A short page proves nothing, since servers clamp `limit` in silence; nor does a total alone,
since some count no farther than a page or a bound of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from integration_tui.domain.errors import IncompatibleError, ProviderError, RemoteNotFoundError
from integration_tui.domain.paging import Cursor
from integration_tui.providers.paging.duplicates import (
    MOST_APART,
    DuplicateTracker,
    PageRows,
    names_of,
)
from integration_tui.providers.paging.page import FetchedPage, PageStart, next_start

_CURSOR: Final = re.compile(r"offset=(\d{1,11})(?:,total=(\d{1,11}))?(,again)?", re.ASCII)
_BEHIND: Final = frozenset({204, 400, 404, 410, 416, 422})
"""How servers answer behind the last page, besides an empty one."""
_WINDOW: Final = 10_000
_ROUND: Final = 1000
"""Search engines list so far and no farther."""
_NO_TOTAL: Final = (
    "the server announces no total, so whether this was all cannot be known;"
    " dialect.totals: none takes the last page for the end, and then nobody can tell a record"
    " that slipped by"
)
_LACKED: Final = (
    "before it was interrupted, records came on two pages or a page was short:"
    " whether others slipped by cannot be known"
)


class Position(msgspec.Struct, frozen=True):
    """Where a listing goes on, and the total that was announced before.

    `may_lack`: a page before left rows out, or records came on two of them.
    """

    start: PageStart = msgspec.field(default_factory=PageStart)
    total: int | None = None
    may_lack: bool = False

    @classmethod
    def read(cls, text: str) -> Position | None:
        """Return the mark that a cursor holds; `None` where it is of another kind."""
        found = _CURSOR.fullmatch(text)
        if found is None:
            return None
        total = int(found[2]) if found[2] else None
        return cls(PageStart(int(found[1])), total, may_lack=bool(found[3]))

    def before(self, rows: int) -> Position:
        """Return the mark in front of the last so many rows."""
        start = PageStart(max(0, self.start.offset - rows))
        return Position(start, self.total, may_lack=self.may_lack)

    def cursor(self) -> Cursor:
        total = "" if self.total is None else f",total={self.total}"
        again = ",again" if self.may_lack else ""
        return Cursor(f"offset={self.start.offset}{total}{again}")


class ListingBounds(msgspec.Struct, frozen=True, kw_only=True):
    """What no honest listing exceeds.

    `barren` pages in a row bring rows, but no new ones; `empty` ones none at all while more is
    announced; on `growing` ones the total grows.
    """

    rows: int = 10_000_000
    pages: int = 1_000_000
    barren: int = 5
    empty: int = 100
    growing: int = 100


class CompletenessTracker:
    """What is known so far of one listing."""

    def __init__(
        self,
        mark: Position,
        *,
        bounds: ListingBounds,
        doubles: DuplicateTracker,
        needs_total: bool,
        noun: str,
    ) -> None:
        self.place = mark.start
        self.total = mark.total
        self._began_lacking = mark.may_lack
        self.doubles = doubles
        self._bounds = bounds
        self._needs_total = needs_total
        self._noun = noun
        self._doubts: dict[str, None] = {}
        self._count = mark.start.offset
        self._pages = 0
        self._barren = self._empty = self._growing = 0
        self._sizes: set[int] = set()
        self._print: object = None
        self._is_full = False
        self._trusts_total = False

    def is_repeated(self, received: FetchedPage, *, ignores_limit: bool) -> bool:
        """Return whether a page is the one before once more, and all had been received with that.

        Such a server knows no `offset`, and sends everything at once. Raises `IncompatibleError`
        where there may be more, which cannot be asked for then.
        """
        found = hash(tuple(_texts(received))) if received.count else None
        is_same, self._print = found is not None and found == self._print, found
        if not is_same or self._has_moved(received):
            return False
        has_all = ignores_limit if self.total is None else self.total in self._counts
        if not has_all:
            raise IncompatibleError(
                f"the server sends the same page again at offset {self.place.offset}",
                advice="offset may be unsupported; ask the server's administrator",
            )
        return True

    def _has_moved(self, received: FetchedPage) -> bool:
        """Return whether a short page came again only because rows were put in before it."""
        is_first = self.place.offset == received.count
        return not is_first and self.total is None and received.count < received.asked

    def is_end(self, error: ProviderError) -> bool:
        """Return whether a refusal of this place is how the server tells the end."""
        if not self.place.offset:
            return False
        if self.place.offset == self.total:
            return isinstance(error, IncompatibleError | RemoteNotFoundError)
        if error.status not in _BEHIND:
            return False
        is_round = not self.place.offset % _ROUND and self.place.offset >= _WINDOW
        if is_round and self._is_full:
            self._doubt(
                f"the server refuses to list from record {self.place.offset:,} on"
                f" (HTTP {error.status}): possibly a limit of the server"
            )
        return True

    def take(self, received: FetchedPage, *, trusts_total: bool) -> PageRows:
        """Return what of a page is new, and move on behind it.

        `trusts_total`: this server's totals are known to be more than the size of a page.
        Raises `IncompatibleError` where pages are sent again and again.
        """
        found = self.doubles.sort(received, self.place.offset)
        if not all(rejected.sourced_id for rejected in found.rejected):
            self._doubt("a record without an id could not be read")
        self._raise_if_barren(received, found.count)
        self._compare(received.total)
        self._pages += 1
        self._count += received.count
        self._is_full = received.count >= received.asked
        self._trusts_total = self._trusts_total or trusts_total or self._is_beyond(received)
        return found

    def is_over(self, received: FetchedPage) -> bool:
        """Return whether that page was the last; otherwise `place` is where the next one begins."""
        upcoming = next_start(self.place, received)
        if upcoming is None or self._is_endless(received) or self._is_reached(upcoming, received):
            return True
        self.place = upcoming
        self._sizes.add(received.count)
        return False

    def position(self) -> Position:
        may_lack = self._began_lacking or self.doubles.may_have_hidden
        return Position(self.place, self.total, may_lack=may_lack)

    def incomplete_reason(self, *, is_steady: bool) -> str:
        """Return why the listing is not complete; empty where it is.

        `is_steady`: what came on two pages is still on both of them.
        """
        self._doubt_doubles(is_steady=is_steady)
        if self._began_lacking:
            self._doubt(_LACKED)
        if self.total is None and self._needs_total:
            self._doubt(_NO_TOTAL)
        if self.total is not None and self.total not in self._counts:
            self._doubt(f"{self._count} of {self.total} announced records were listed")
        return "; ".join(self._doubts)

    @property
    def has_all_ids(self) -> bool:
        """Whether as many different records came as were announced."""
        return self.total == self._counts[1]

    @property
    def _counts(self) -> tuple[int, int]:
        """How many records came, and how many different ones: servers announce either."""
        return self._count, self._count - self.doubles.count

    def _doubt_doubles(self, *, is_steady: bool) -> None:
        if differing := self.doubles.differing:
            self._doubt(
                f"{self._noun} {names_of(differing)} came twice and differ:"
                " two of them may share an id"
            )
        if self.doubles.apart_count and not is_steady:
            names = names_of(
                [*dict.fromkeys(distant_pages.sourced_id for distant_pages in self.doubles.apart)]
            )
            count = self.doubles.apart_count
            what = f"{self._noun} {names}" if count <= MOST_APART else f"{count:,} {self._noun}"
            self._doubt(f"{what} came on two pages: whether others slipped by cannot be known")

    def _is_reached(self, upcoming: PageStart, received: FetchedPage) -> bool:
        """Return whether total and page together prove the end.

        A full page at the total proves nothing: a server may count to a bound and no farther.
        Nor does a short one where others were of any size.
        """
        if upcoming.offset != self.total or received.more:
            return False
        if received.count > received.asked:
            return True  # it knows no limit, and has sent all
        if self._sizes:
            return self._sizes == {max(self._sizes)} and received.count < max(self._sizes)
        return received.count < received.asked and self._trusts_total

    def _is_beyond(self, received: FetchedPage) -> bool:
        return received.total is not None and received.total > self._count

    def _is_endless(self, received: FetchedPage) -> bool:
        self._empty = 0 if received.count else self._empty + 1
        bounds = self._bounds
        for is_reached, reason in (
            (self._count >= bounds.rows, f"more than {bounds.rows:,} records"),
            (self._pages >= bounds.pages, f"more than {bounds.pages:,} pages"),
            (self._empty >= bounds.empty, f"{bounds.empty} empty pages in a row"),
            (self._growing >= bounds.growing, "the announced total grows on every page"),
        ):
            if is_reached:
                self._doubt(f"it was stopped: {reason}")
        return any(doubt.startswith("it was stopped") for doubt in self._doubts)

    def _compare(self, total: int | None) -> None:
        if total is None:
            return
        if self.total is not None and total != self.total:
            self._doubt("the total changed while it was listed")
        self._growing = self._growing + 1 if total > (self.total or total) else 0
        self.total = total

    def _raise_if_barren(self, received: FetchedPage, new: int) -> None:
        self._barren = self._barren + 1 if received.count and not new else 0
        if self._barren >= self._bounds.barren:
            raise IncompatibleError(
                f"the server sends records again that it sent before: {self._barren} pages"
                f" up to offset {self.place.offset} hold nothing new",
                advice="offset may be unsupported; ask the server's administrator",
            )

    def _doubt(self, reason: str) -> None:
        self._doubts[reason] = None


def _texts(received: FetchedPage) -> Iterable[str]:
    yield from (row.sourced_id for row in received.rows)
    yield from received.same
    yield from (f"{rejected.sourced_id}\0{rejected.raw}" for rejected in received.rejected)
