"""Which records of a listing came before, where the connector cannot know that.

A connector tells duplicates from each other, but remembers nothing of what it listed before the
run was resumed, nor of what was asked for one by one before a delta.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from integration_tui.domain.roster import Record
from integration_tui.domain.run import Listing
from integration_tui.domain.sync import Duplicate, Page
from integration_tui.engine.sync.ledger import Ledger
from integration_tui.providers.paging.ids import Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """What of a page came before. `repeated` are the ids that are duplicates for it."""

    page: Page[Record]
    repeated: frozenset[str] = frozenset()

    def booked(self, page: Page[Record], differing: frozenset[str]) -> Page[Record]:
        """Return the rest of the page, with what came before among its duplicates."""
        more = (
            Duplicate(sourced_id=record.sourced_id, differs=record.sourced_id in differing)
            for record in self.page.rows
            if record.sourced_id in self.repeated
        )
        return replace(page, duplicates=(*page.duplicates, *more), digest=b"")


_NOTHING: Again = Again(page=Page(rows=()))


class Earlier:
    """The ids of a listing that came before this sitting."""

    def __init__(self) -> None:
        self._ids = Ids()
        self._asked: set[str] = set()

    @classmethod
    async def load(cls, ledger: Ledger, listing: Listing) -> Earlier:
        """Return what the run has kept of a listing."""
        earlier = cls()
        if not listing.pages:
            return earlier
        async with ledger.database.reading() as rows:
            pages = await rows.repeated.ids(ledger.run.id, listing.collection)
        if listing.since is not None and pages:
            earlier.ask(pages.pop(0))  # in front of a delta stands what was asked for
        for page in pages:
            earlier._ids.take(page)
        return earlier

    def ask(self, sourced_ids: Iterable[str]) -> None:
        """Remember records that were asked for one by one."""
        self._asked.update(sourced_ids)

    def split(self, page: Page[Record]) -> tuple[Page[Record], Again]:
        """Return what of a page is new, and what of it came before."""
        if not len(self._ids) and not self._asked:
            return page, _NOTHING
        rows = tuple(record for record in page.rows if self._is_new(record.sourced_id))
        same = tuple(one for one in page.same if self._is_new(one))
        rejected = tuple(one for one in page.rejected if self._is_new(one.sourced_id))
        repeated = [one for one in page.same if one in self._ids]
        repeated += [one.sourced_id for one in page.rejected if one.sourced_id in self._ids]
        duplicates = (Duplicate(sourced_id=one) for one in repeated)
        again = tuple(record for record in page.rows if not self._is_new(record.sourced_id))
        found = frozenset(
            [*repeated, *(one.sourced_id for one in again if one.sourced_id in self._ids)]
        )
        if len(rows) + len(same) + len(rejected) == (
            len(page.rows) + len(page.same) + len(page.rejected)
        ):
            return page, _NOTHING
        rest = replace(
            page,
            rows=rows,
            same=same,
            rejected=rejected,
            duplicates=(*page.duplicates, *duplicates),
            digest=b"",
        )
        return rest, Again(page=Page(rows=again), repeated=found)

    def _is_new(self, sourced_id: str) -> bool:
        return not sourced_id or (sourced_id not in self._ids and sourced_id not in self._asked)
