"""Audit entries by place, newest first, of which only those that were looked at are loaded."""

from __future__ import annotations

from collections.abc import Sequence

from integration_tui.domain.audit import AuditFilter, Entry
from integration_tui.tui.screens.details import moment
from integration_tui.tui.widgets.cells import Cell, Column, Row
from integration_tui.tui.widgets.status import status_cell

PAGE = 100
_KEPT = 50 * PAGE
"""Entries kept of an unfiltered log; older ones are asked for again when they are looked at."""

COLUMNS = (
    Column(title="Entry", width=7, right=True),
    Column(title="At", width=19),
    Column(title="Actor", width=10),
    Column(title="Door", width=7, from_width=130),
    Column(title="Action", width=22),
    Column(title="Object", width=16, from_width=78),
    Column(title="Outcome", width=9, from_width=88),
    Column(title="Detail", from_width=100),
)


class AllEntries:
    """The whole log. Entries are numbered without gaps, so each has its place beforehand."""

    def __init__(self) -> None:
        self._newest = 0
        self._by_seq: dict[int, Entry] = {}

    @property
    def count(self) -> int:
        return self._newest

    @property
    def newest(self) -> int:
        return self._newest

    def entry(self, place: int) -> Entry | None:
        return self._by_seq.get(self._newest - place)

    def row_at(self, place: int) -> Row | None:
        entry = self.entry(place)
        return _row(entry) if entry else None

    def place_of(self, key: str) -> int | None:
        return self._newest - int(key)

    def before(self, place: int) -> int | None:
        """Return the number to ask before, to learn of the page this place is on."""
        page = (self._newest - place - 1) // PAGE
        return (page + 1) * PAGE + 1

    def add_newest(self, entries: Sequence[Entry]) -> bool:
        """Take the newest page."""
        if entries:
            self._newest = entries[0].seq
        self.add(entries)
        return True

    def add(self, entries: Sequence[Entry]) -> None:
        """Take a page; forget those that came in first, where there are too many."""
        self._by_seq |= {one.seq: one for one in entries}
        for seq in list(self._by_seq)[: max(len(self._by_seq) - _KEPT, 0)]:
            del self._by_seq[seq]


class FilteredEntries:
    """What a filter leaves. How many there are is known only at the end."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._is_complete = False

    @property
    def count(self) -> int:
        return len(self._entries) + (0 if self._is_complete else 1)

    @property
    def newest(self) -> int:
        return self._entries[0].seq if self._entries else 0

    def entry(self, place: int) -> Entry | None:
        return self._entries[place] if 0 <= place < len(self._entries) else None

    def row_at(self, place: int) -> Row | None:
        entry = self.entry(place)
        return _row(entry) if entry else None

    def place_of(self, key: str) -> int | None:
        places = (at for at, one in enumerate(self._entries) if str(one.seq) == key)
        return next(places, None)

    def before(self, place: int) -> int | None:  # noqa: ARG002 - pages follow each other
        """Return the number to ask before, to learn of the next page."""
        return self._entries[-1].seq if self._entries else None

    def add_newest(self, entries: Sequence[Entry]) -> bool:
        """Take the newest page; `False` where it does not reach what is known already."""
        if not self._entries:
            self.add(entries)
            return True
        new = [one for one in entries if one.seq > self.newest]
        self._entries[:0] = new
        return len(new) < PAGE

    def add(self, entries: Sequence[Entry]) -> None:
        """Take the page behind the last; a short one is the end."""
        oldest = self._entries[-1].seq if self._entries else None
        self._entries += [one for one in entries if oldest is None or one.seq < oldest]
        self._is_complete = len(entries) < PAGE


Entries = AllEntries | FilteredEntries


def entries_for(wanted: AuditFilter) -> Entries:
    """Return an empty list of entries for a filter."""
    return AllEntries() if wanted == AuditFilter() else FilteredEntries()


def _row(entry: Entry) -> Row:
    act = entry.act
    return Row(
        key=str(entry.seq),
        cells=(
            Cell(str(entry.seq)),
            Cell(moment(entry.at)),
            Cell(act.actor.name),
            Cell(act.actor.door),
            Cell(act.action),
            Cell(act.object),
            status_cell(act.outcome),
            Cell(act.detail),
        ),
    )
