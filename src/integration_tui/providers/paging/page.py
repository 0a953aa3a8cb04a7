"""One page as a server sent it, and where the next one begins."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import msgspec

from integration_tui.domain.paging import Duplicate, RecordFinding, Rejected
from integration_tui.domain.roster import Record


class PageStart(msgspec.Struct, frozen=True):
    """Where a page begins: behind so many rows."""

    offset: int = 0


class FetchedPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page. `asked` is how many rows were asked for, `total` the server's count of all.

    `more`: the server names a next page. `hint` is the offset that it names for it; `as_of` its
    clock. `same` are the ids of records that are known. `duplicates`, `findings`, `fields` and
    `prints` are as in `Page`.
    """

    rows: tuple[Record, ...]
    asked: int
    rejected: tuple[Rejected, ...] = ()
    total: int | None = None
    more: bool = False
    hint: int | None = None
    as_of: datetime | None = None
    digest: bytes = b""
    same: tuple[str, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    findings: tuple[RecordFinding, ...] = ()
    fields: frozenset[str] | None = None
    prints: Mapping[str, int] = msgspec.field(default_factory=dict[str, int])

    @property
    def count(self) -> int:
        """How many records came, readable or not."""
        return len(self.rows) + len(self.rejected) + len(self.same) + len(self.duplicates)


Fetch = Callable[[PageStart], Awaitable[FetchedPage]]
"""Asks for the page at a place. Raises `ProviderError`."""


def next_start(place: PageStart, received: FetchedPage) -> PageStart | None:
    """Return where the next page begins, by the rows received; `None` where there is none.

    Counted are the rows received: servers send fewer than asked for in silence.

    The offset that a server names is not followed, some count from one; only behind an empty
    page it says how far there is nothing, and never farther than the page that was asked for.
    """
    if received.count:
        return PageStart(place.offset + received.count)
    if not received.more:
        return None
    step = received.asked
    if received.hint is not None and received.hint > place.offset:
        step = min(step, received.hint - place.offset)
    return PageStart(place.offset + step)
