"""Reads audit entries for the screen, a part at a time: the new, those in view, the oldest."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import TYPE_CHECKING

from integration_tui.domain.audit.log import AuditEntry, AuditFilter
from integration_tui.tui.screens.audit.data_source import PAGE, AllEntries, Entries, FilteredEntries

if TYPE_CHECKING:
    from integration_tui.tui.services import AuditServiceProtocol

Take = Callable[[], None]
"""Adds what was read: called when the screen knows which row its cursor is on."""


class AuditLoader:
    """One filter and what is known of its entries. Looks for a moment, and says how far it is."""

    def __init__(self, wanted: AuditFilter) -> None:
        self.wanted = wanted
        self.entries: Entries = FilteredEntries() if wanted != AuditFilter() else AllEntries()
        self._words_from = 1
        self._newest = 0

    @property
    def is_narrowed(self) -> bool:
        return isinstance(self.entries, FilteredEntries)

    async def read_new(self, audit: AuditServiceProtocol) -> Take:
        """Read what came in since the last time; at first, the newest page."""
        entries = self.entries
        if isinstance(entries, AllEntries):
            page = await audit.back(self.wanted, limit=PAGE)
            return partial(entries.add_newest, page.entries)
        self._newest = newest = await audit.newest()
        if entries.seen_to is not None:
            return await self._load_newer(audit, entries, entries.seen_to)
        take = await self._load_older(audit, entries)
        entries.seen_to = newest
        return take

    async def read_at(
        self, audit: AuditServiceProtocol, place: int, cursor: int
    ) -> AsyncIterator[Take]:
        """Read what stands at a place, and yield whenever more is known."""
        entries = self.entries
        if isinstance(entries, AllEntries):
            before = entries.before(place)
            page = await audit.back(self.wanted, before=before, limit=PAGE)
            yield partial(entries.add, page.entries)
        elif numbers := entries.forgotten(place):
            yield partial(entries.remember, await audit.entries(numbers))
        else:
            from_below = entries.is_end_known and cursor > entries.gap
            goal = entries.found + PAGE
            while not entries.is_complete and entries.found < goal:
                look = self._load_newest if from_below else self._load_older
                yield await look(audit, entries)

    async def read_end(self, audit: AuditServiceProtocol) -> AsyncIterator[Take]:
        """Read the oldest page, and yield whenever more is known."""
        entries = self.entries
        while isinstance(entries, FilteredEntries) and not entries.is_end_known:
            yield await self._load_newest(audit, entries)

    def state(self) -> list[str]:
        """Return what a person should know of what is shown."""
        entries, said = self.entries, list[str]()
        if isinstance(entries, AllEntries):
            return said
        if not entries.is_complete and entries.back_from is not None:
            said.append(f"searched back to entry {entries.back_from:,} of {self._newest:,}")
        elif entries.is_complete:
            said.append(f"{entries.found:,} found")
        if self._words_from > self._newest:
            said.append("text is not indexed yet")
        elif self._words_from > 1:
            said.append(f"text is indexed back to entry {self._words_from:,}")
        return said

    async def _load_older(self, audit: AuditServiceProtocol, entries: FilteredEntries) -> Take:
        stretch = await audit.back(self.wanted, before=entries.back_from, limit=PAGE)
        self._words_from = stretch.words_from
        return partial(entries.add_back, stretch)

    async def _load_newest(self, audit: AuditServiceProtocol, entries: FilteredEntries) -> Take:
        stretch = await audit.onward(self.wanted, after=entries.on_from, limit=PAGE)
        self._words_from = stretch.words_from
        return partial(entries.add_on, stretch)

    async def _load_newer(
        self, audit: AuditServiceProtocol, entries: FilteredEntries, seen_to: int
    ) -> Take:
        """Read all that is new: it is not much, as it came in since the last look."""
        newest, after = self._newest, seen_to or None
        new: list[AuditEntry] = []
        while after is None or after < newest:
            stretch = await audit.onward(self.wanted, after=after or 0, limit=PAGE)
            new += stretch.entries
            if (after := stretch.reached) is None:
                break
        last = max([newest, *(entry.seq for entry in new)])
        return partial(entries.add_newer, new, seen_to=last)
