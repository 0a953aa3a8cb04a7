"""Audit entries by place, newest first, of which only those that were looked at are loaded."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime
from operator import neg

from integration_tui.domain.actor import ENGINE
from integration_tui.domain.audit.log import AuditEntry, AuditPage
from integration_tui.tui.screens.audit.wording import action_name, outcome_of, via
from integration_tui.tui.widgets.formats import moment
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow

PAGE = 100
_LATER = datetime(9000, 1, 1, tzinfo=UTC)
"""Seen from then, each entry has its year: so it is until the screen says what time it is."""
_KEPT = 50 * PAGE
"""Entries kept; others are asked for again when they are looked at."""

COLUMNS = (
    Column(title="", width=1),
    Column(title="No.", width=7, right=True, rank=5),
    Column(title="Time", width=11),
    Column(title="Actor", width=10, middle=True),
    Column(title="Action", width=17),
    Column(title="Target", width=15, middle=True),
    Column(title="Outcome", width=8, rank=3),
    Column(title="Via", width=7, rank=4),
    Column(title="Detail", least=14),
)
_TONES = {
    "ok": CellStyle.GOOD,
    "warn": CellStyle.WEAK,
    "bad": CellStyle.BAD,
    "info": CellStyle.DATA,
    "muted": CellStyle.QUIET,
}


class AllEntries:
    """The whole log. Entries are numbered without gaps, so each has its place beforehand."""

    is_end_known = True

    def __init__(self) -> None:
        self._newest = 0
        self._kept = _Kept()
        self.now = _LATER

    @property
    def count(self) -> int:
        return self._newest

    @property
    def newest(self) -> int:
        return self._newest

    def entry(self, place: int) -> AuditEntry | None:
        return self._kept.get(self._newest - place)

    def row_at(self, place: int) -> TableRow | None:
        entry = self.entry(place)
        return _row(entry, self.now) if entry else None

    def index_of(self, key: str) -> int | None:
        return self._newest - int(key)

    def before(self, place: int) -> int:
        """Return the number to ask before, to learn of the page this place is on."""
        page = (self._newest - place - 1) // PAGE
        return (page + 1) * PAGE + 1

    def add_newest(self, entries: Sequence[AuditEntry]) -> None:
        """Take the newest page."""
        if entries:
            self._newest = entries[0].seq
        self.add(entries)

    def add(self, entries: Sequence[AuditEntry]) -> None:
        """Take a page."""
        self._kept.add(entries)


class FilteredEntries:
    """What a filter leaves, known from both ends; between them stands one row for the rest.

    Their numbers are kept, 28 bytes each; of the entries themselves only those last looked at.
    """

    def __init__(self) -> None:
        self._above: list[int] = []
        self._below: list[int] = []
        self._kept = _Kept()
        self.now = _LATER
        self._is_joined = False
        self.seen_to: int | None = None
        """The newest number that was looked at; `None` before the first look."""
        self.back_from: int | None = None
        """Where looking back goes on; `None` from the newest."""
        self.on_from = 0
        """Where looking on goes on, from the first entry or what is known of the end."""

    @property
    def is_end_known(self) -> bool:
        return self._is_joined or bool(self._below)

    @property
    def is_complete(self) -> bool:
        return self._is_joined

    @property
    def found(self) -> int:
        return len(self._above) + len(self._below)

    @property
    def gap(self) -> int:
        """The place of the row for what is not known."""
        return len(self._above)

    @property
    def count(self) -> int:
        return self.found + (0 if self._is_joined else 1)

    def entry(self, place: int) -> AuditEntry | None:
        number = self._number(place)
        return None if number is None else self._kept.get(number)

    def row_at(self, place: int) -> TableRow | None:
        entry = self.entry(place)
        return _row(entry, self.now) if entry else None

    def index_of(self, key: str) -> int | None:
        number = int(key)
        for numbers, first in ((self._above, 0), (self._below, self.count - len(self._below))):
            at = bisect_left(numbers, -number, key=neg)
            if at < len(numbers) and numbers[at] == number:
                return first + at
        return None

    def forgotten(self, place: int) -> list[int]:
        """Return the numbers of known entries around a place that have to be read again."""
        around = (
            self._number(number) for number in range(max(place - PAGE // 2, 0), place + PAGE // 2)
        )
        return [
            number for number in around if number is not None and self._kept.get(number) is None
        ]

    def remember(self, entries: Sequence[AuditEntry]) -> None:
        """Take entries that had been forgotten."""
        self._kept.add(entries)

    def add_newer(self, entries: Sequence[AuditEntry], *, seen_to: int) -> None:
        """Take what came in, oldest first; the first look may have found some of it."""
        last = self._above[0] if self._above else 0
        self._above[:0] = [entry.seq for entry in reversed(entries) if entry.seq > last]
        self.seen_to = seen_to
        self._kept.add(entries)

    def add_back(self, stretch: AuditPage) -> None:
        """Take what was found looking back from the upper part."""
        end = self._below[0] if self._below else 0
        entries = [entry for entry in stretch.entries if entry.seq > end]
        self._above += [entry.seq for entry in entries]
        self._kept.add(entries)
        self.back_from = stretch.reached
        if stretch.reached is None or stretch.reached <= self.on_from:
            self._join()

    def add_on(self, stretch: AuditPage) -> None:
        """Take what was found looking on from the first entry, or from the lower part."""
        last = self._above[-1] if self._above else self.back_from
        entries = [entry for entry in stretch.entries if last is None or entry.seq < last]
        self._below[:0] = [entry.seq for entry in reversed(entries)]
        self._kept.add(entries)
        reached = stretch.reached
        self.on_from = reached or 0
        if reached is None or (self.back_from is not None and reached >= self.back_from - 1):
            self._join()

    def _join(self) -> None:
        self._above += self._below
        self._below = []
        self._is_joined = True

    def _number(self, place: int) -> int | None:
        if 0 <= place < len(self._above):
            return self._above[place]
        at = place - (self.count - len(self._below))
        return self._below[at] if 0 <= at < len(self._below) else None


class _Kept:
    """Entries by number; those that came in first are let go of when there are too many."""

    def __init__(self) -> None:
        self._entries: dict[int, AuditEntry] = {}

    def get(self, number: int) -> AuditEntry | None:
        return self._entries.get(number)

    def add(self, entries: Sequence[AuditEntry]) -> None:
        for entry in entries:
            self._entries.pop(entry.seq, None)
            self._entries[entry.seq] = entry
        for number in list(self._entries)[: max(len(self._entries) - _KEPT, 0)]:
            del self._entries[number]


Entries = AllEntries | FilteredEntries


def _row(entry: AuditEntry, now: datetime) -> TableRow:
    act = entry.act
    glyph, word, role = outcome_of(act)
    tone = _TONES[role]
    is_engine = act.actor.door == ENGINE.door
    return TableRow(
        key=str(entry.seq),
        cells=(
            Cell(glyph, tone),
            Cell(f"{entry.seq:,}", CellStyle.QUIET),
            Cell(moment(entry.at, now), CellStyle.QUIET),
            Cell(act.actor.label, CellStyle.QUIET if is_engine else CellStyle.STRONG),
            Cell(action_name(act)),
            Cell(act.object),
            Cell(word, tone),
            Cell(via(act), CellStyle.QUIET),
            Cell(act.detail, CellStyle.QUIET),
        ),
    )
