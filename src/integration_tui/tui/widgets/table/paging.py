"""A list that is read page by page, each behind the last: how long it is, its end tells."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, Protocol, TypeVar

import msgspec
from textual.content import Content

from integration_tui.tui.widgets.table.cells import TableRow

T = TypeVar("T")
PAGE = 100


class PagedScreen(Protocol):
    """What a screen does with a list, whatever it is a list of."""

    @property
    def count(self) -> int: ...

    def row_at(self, place: int) -> TableRow | None: ...

    def index_of(self, key: str) -> int | None: ...

    def item(self, key: str | None) -> object: ...

    def details(self, key: str | None) -> Content | None: ...

    async def more(self) -> None: ...

    async def renew(self) -> None: ...


class Feed(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Where a list comes from. `read` returns the page behind an item; a short one is the last."""

    read: Callable[[T | None], Awaitable[Sequence[T]]]
    row: Callable[[T], TableRow]
    details: Callable[[T], Content]


class Pages(Generic[T]):
    """What a `PagedTable` shows of a feed."""

    def __init__(self, feed: Feed[T]) -> None:
        self._feed = feed
        self._items: list[T] = []
        self._rows: list[TableRow] = []
        self._places: dict[str, int] = {}
        self._is_complete = False

    @property
    def count(self) -> int:
        return len(self._rows) + (0 if self._is_complete else 1)

    def item(self, key: str | None) -> T | None:
        """Return what a row stands for, if it is known."""
        place = self._places.get(key or "")
        return None if place is None else self._items[place]

    def details(self, key: str | None) -> Content | None:
        """Return everything about a row, as a text to read."""
        item = self.item(key)
        return None if item is None else self._feed.details(item)

    def row_at(self, place: int) -> TableRow | None:
        return self._rows[place] if 0 <= place < len(self._rows) else None

    def index_of(self, key: str) -> int | None:
        return self._places.get(key)

    async def more(self) -> None:
        """Read the next page, unless the end is known."""
        if self._is_complete:
            return
        last = self._items[-1] if self._items else None
        page = await self._feed.read(last)
        if last is (self._items[-1] if self._items else None):  # nobody else was quicker
            self._take(page)
            self._is_complete = len(page) < PAGE

    async def renew(self) -> None:
        """Read the first page again; what followed is kept only where it still follows."""
        page = await self._feed.read(None)
        follows = len(page) == PAGE and self._items[PAGE - 1 : PAGE] == list(page[-1:])
        kept = self._items[PAGE:] if follows else []
        is_complete = self._is_complete if follows else len(page) < PAGE
        self._items, self._rows, self._places = [], [], {}
        self._take([*page, *kept])
        self._is_complete = is_complete

    def _take(self, items: Sequence[T]) -> None:
        for item in items:
            row = self._feed.row(item)
            if row.key not in self._places:
                self._places[row.key] = len(self._rows)
                self._items.append(item)
                self._rows.append(row)
