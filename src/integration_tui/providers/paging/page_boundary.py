"""Rows of one record on both sides of a page's end: the last row waits for the next page.

A server that sends one row a school for each teacher sends them one behind the other, and a page
may end between them. The cursor of such a page leads to the row that waits, so that a listing that
is resumed there has it.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from integration_tui.domain.paging import Duplicate, Page
from integration_tui.domain.roster import Record
from integration_tui.domain.value import replace
from integration_tui.providers.paging.completeness import Position
from integration_tui.providers.paging.page import FetchedPage


class RowJoiner(msgspec.Struct, frozen=True, kw_only=True):
    """How rows of one record are known: whether one may go on, and what two of them are together.

    `merge` returns `None` where two rows are not of one record.
    """

    may_go_on: Callable[[Record], bool]
    merge: Callable[[Record, Record], Record | None]


class PageBoundary:
    """Holds the last row of a page back until the next one is there. Without a joint, nothing."""

    def __init__(self, joint: RowJoiner | None) -> None:
        self._joint = joint
        self._held: Record | None = None

    def join(self, received: FetchedPage) -> FetchedPage:
        """Return a page without the rows at its beginning that belong to the one held."""
        if self._joint is None or self._held is None:
            return received
        count = 0
        for row in received.rows:
            one = self._joint.merge(self._held, row) if self._is_held(row) else None
            if one is None:
                break
            self._held = one
            count += 1
        joined = tuple(Duplicate(sourced_id=row.sourced_id) for row in received.rows[:count])
        return replace(
            received, rows=received.rows[count:], duplicates=(*received.duplicates, *joined)
        )

    def pass_on(self, page: Page[Record], mark: Position) -> Page[Record]:
        """Return a page with the row that waited; its own last one may wait in its place.

        `mark` is behind the page.
        """
        held, self._held = self._held, None
        if held is not None:
            page = replace(page, rows=(held, *page.rows), digest=b"")
        if self._joint is None or page.next is None or not page.rows:
            return page
        *rows, last = page.rows
        if page.rejected or not self._joint.may_go_on(last):
            return page
        self._held = last
        doubles = sum(double.sourced_id == last.sourced_id for double in page.duplicates)
        # A page of which something is left out would not come back whole.
        before = mark.before(1 + doubles).cursor()
        return replace(page, rows=tuple(rows), digest=b"", next=before)

    def _is_held(self, row: Record) -> bool:
        return self._held is not None and row.sourced_id == self._held.sourced_id
