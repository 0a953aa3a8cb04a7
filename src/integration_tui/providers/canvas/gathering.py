"""What of a listing is handed over, page by page: each record once, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Final, TypeVar

import msgspec

from integration_tui.domain.paging import (
    Cursor,
    Duplicate,
    KnownPages,
    Page,
    RecordFinding,
    Rejected,
    Skipped,
)
from integration_tui.domain.roster import Collection, Record
from integration_tui.providers.canvas.objects import CanvasRow, ReadRow
from integration_tui.providers.canvas.place import Place
from integration_tui.providers.canvas.records import Read
from integration_tui.providers.paging.id_set import IdSet

_BARREN: Final = 5
"""So many pages in a row with nothing new on them are sent again and again."""
_encode: Final = msgspec.json.Encoder().encode
_R = TypeVar("_R", bound=Record)
_W = TypeVar("_W", bound=CanvasRow)


class Gathered(msgspec.Struct):
    """What one page will hold."""

    rows: list[Record] = msgspec.field(default_factory=list[Record])
    rejected: list[Rejected] = msgspec.field(default_factory=list[Rejected])
    findings: list[RecordFinding] = msgspec.field(default_factory=list[RecordFinding])
    skipped: list[Skipped] = msgspec.field(default_factory=list[Skipped])

    def add(self, read: Read[_R]) -> _R | None:
        """Take in what became of one object; return its record."""
        self.findings += read.findings
        if read.rejected is not None:
            self.rejected.append(read.rejected)
        if read.row is not None:
            self.rows.append(read.row)
        return read.row

    def take(self, read: ReadRow[_W]) -> _W | None:
        """Take in how an object was read; return it where it was."""
        self.findings += read.findings
        if read.rejected is not None:
            self.rejected.append(read.rejected)
        return read.row

    @property
    def is_empty(self) -> bool:
        return not (self.rows or self.rejected or self.findings or self.skipped)


class Gathering:
    """One listing: makes pages, and knows which ids came before and what speaks against it."""

    def __init__(
        self, collection: Collection, *, recall: KnownPages | None, doubts: Iterable[str] = ()
    ) -> None:
        self._collection = collection
        self._recall = recall
        self._ids = IdSet()
        self._doubts = dict.fromkeys(doubts)
        self._barren = 0

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why the listing will not be complete."""
        return tuple(self._doubts)

    @property
    def is_barren(self) -> bool:
        """Whether page after page brings only what had come before."""
        return self._barren >= _BARREN

    def doubt(self, reason: str) -> None:
        """Take note of why the listing is not complete."""
        if reason:
            self._doubts[reason] = None

    def page(
        self, found: Gathered, behind: Place | None, fields: frozenset[str] | None
    ) -> Page[Record]:
        """Return a page of what was gathered; the last one where nothing is `behind` it."""
        rows, duplicates = self._once(found.rows)
        if not all(rejected.sourced_id for rejected in found.rejected):
            self.doubt("a record without an id could not be read")
        self._barren = self._barren + 1 if found.rows and not rows else 0
        digest = _digest(rows, fields) if rows else b""
        same = self._recall(self._collection, digest) if self._recall and digest else None
        if self.is_barren and behind is not None:
            self.doubt("it was stopped: the same records came again and again")
            behind = None
        upcoming = None if behind is None else self.cursor(behind)
        is_over = upcoming is None
        return Page(
            rows=tuple(rows) if same is None else (),
            same=() if same is None else tuple(same),
            rejected=tuple(found.rejected),
            duplicates=tuple(duplicates),
            findings=tuple(found.findings),
            skipped=tuple(found.skipped),
            fields=fields,
            digest=digest,
            next=upcoming,
            complete=is_over and not self._doubts,
            reason="; ".join(self._doubts) if is_over else "",
        )

    def cursor(self, place: Place) -> Cursor:
        """Return the cursor of a place, with what speaks against the listing by now."""
        return msgspec.structs.replace(place, doubts=self.doubts).cursor()

    def _once(self, rows: list[Record]) -> tuple[list[Record], list[Duplicate]]:
        """Return the rows whose id is new, and the others: a listing may shift while it is read."""
        facts = [hash(row) & _FACT for row in rows]
        again = {*self._ids.take([row.sourced_id for row in rows], facts)}
        duplicates = [*self._duplicates(rows, facts, again)]
        if any(duplicate.differs for duplicate in duplicates):
            self.doubt("an id came twice with other data")
        return [row for place, row in enumerate(rows) if place not in again], duplicates

    def _duplicates(
        self, rows: list[Record], facts: list[int], again: set[int]
    ) -> Iterator[Duplicate]:
        for place in sorted(again):
            row_id = rows[place].sourced_id
            yield Duplicate(sourced_id=row_id, differs=self._ids.fact(row_id) != facts[place])


_FACT: Final = (1 << 63) - 1


def _digest(rows: list[Record], fields: frozenset[str] | None) -> bytes:
    """Return what tells a page from others: of the records as we read them.

    What they are made of stands on several pages of Canvas: a class has its course's name, and a
    person the roles of all enrollments.
    """
    told = blake2b(_encode(sorted(fields or ())), digest_size=16)
    told.update(_encode(rows))
    return told.digest()
