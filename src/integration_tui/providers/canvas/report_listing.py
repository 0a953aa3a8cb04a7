"""Pages of a report's collections, made in a thread while the event loop does other things.

A page ends where an id says so and not after so many rows, so that a row more or less changes
one page and not all behind it: the others are known again (decision 0012).
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, Mapping
from itertools import islice
from typing import Final

from integration_tui.domain.paging import Page
from integration_tui.domain.roster import Collection, Record
from integration_tui.providers.canvas.gathering import Gathered, Gathering
from integration_tui.providers.canvas.place import Place
from integration_tui.providers.canvas.report_roster import ReportRoster

_LARGEST: Final = 1000
_ONE_IN: Final = 256
_FIELDS: Final[Mapping[Collection, frozenset[str]]] = {
    Collection.ORGS: frozenset({"name", "type", "parent"}),
    Collection.ACADEMIC_SESSIONS: frozenset({"title", "type", "starts_on", "ends_on"}),
    Collection.COURSES: frozenset({"title", "course_code", "org"}),
    Collection.CLASSES: frozenset({"title", "course", "school", "terms"}),
    Collection.USERS: frozenset(
        {"given_name", "family_name", "enabled", "roles", "agents", "email", "username"}
    ),
    Collection.ENROLLMENTS: frozenset({"user", "class_", "school", "role"}),
}


class _Reader:
    """One pass over a collection of a report, behind so many rows. Blocks."""

    def __init__(self, roster: ReportRoster, collection: Collection, line: int) -> None:
        self._reads = roster.reads(collection)
        self._begin = line
        self.line = 0

    def next(self) -> Gathered | None:
        """Return what the next page holds; `None` at the end."""
        for _ in islice(self._reads, self._begin - self.line if not self.line else 0):
            self.line += 1
        found = Gathered()
        for read in self._reads:
            self.line += 1
            row = found.add(read)
            if row is not None and (_ends(row) or len(found.rows) >= _LARGEST):
                return found
        return None if found.is_empty else found


def _ends(row: Record) -> bool:
    return zlib.crc32(row.sourced_id.encode()) % _ONE_IN == 0


async def report_pages(
    roster: ReportRoster, place: Place, gathering: Gathering, reason: str
) -> AsyncGenerator[Page[Record]]:
    """Yield the pages of a collection from a place on; `reason` is why they are not all."""
    collection = place.collection
    fields = _FIELDS[collection]
    gathering.doubt(reason)
    reader = await asyncio.to_thread(_Reader, roster, collection, place.line)
    found = await asyncio.to_thread(reader.next)
    while found is not None:
        line = reader.line
        ahead = await asyncio.to_thread(reader.next)
        behind = Place(collection, "", report=place.report, line=line) if ahead else None
        yield gathering.page(found, behind, fields)
        found = ahead
        if behind is None:
            return
    yield gathering.page(Gathered(), None, fields)
