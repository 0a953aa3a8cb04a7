"""Pages of a collection, read in a thread while the event loop does other things.

A cursor is the line behind which to go on and the state of the files: a listing that is resumed
reads from the beginning and passes over what was had, since only so are duplicates known.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from hashlib import blake2b
from threading import Lock
from typing import Final

import msgspec

from integration_tui.domain.errors import IncompatibleError, ProviderError
from integration_tui.domain.paging import Cursor, Duplicate, Page, RecordFinding, Rejected
from integration_tui.domain.roster import Collection, Record
from integration_tui.providers.oneroster_csv.records import CsvRecord, File
from integration_tui.providers.oneroster_csv.roster import Roster, read
from integration_tui.providers.oneroster_csv.tables import FileKind

_CURSOR: Final = re.compile(r"line=(\d{1,11}),state=([0-9a-f]{16})", re.ASCII)
_CHANGED: Final = "the files were changed while they were read"
_ASKED: Final = "only what changed was asked for"
_UNREADABLE: Final = "no record can be made of the file"
_SHARED: Final = "rows that differ have the same id"
_CUT: Final = "a file ends in the middle of a row"
_NAMELESS: Final = "a row without an id could not be read"
_ROLES: Final = "rows of roles.csv could not be read"
_MISSING: Final = "a file that the manifest lists is not there"
_KINDS: Final = {
    FileKind.BULK: "",
    FileKind.DELTA: "the files hold only what changed",
    FileKind.ABSENT: "the manifest says that the file is absent, or it is not there",
    FileKind.UNTOLD: "no manifest says whether the file is whole",
}
"""Why a listing is not complete, by what is known of its file."""


async def pages(
    open_roster: Callable[[], Roster],
    collection: Collection,
    *,
    page_size: int,
    after: Cursor | None,
    since: datetime | None,
) -> AsyncIterator[Page[Record]]:
    """Yield pages as `DataSyncProvider.pages` says."""
    listing = _Listing(open_roster, collection, start=_start(after), since=since)
    try:
        is_over = False
        while not is_over:
            page = await asyncio.to_thread(listing.page, page_size)
            yield page
            is_over = page.next is None
    finally:
        listing.close()


class _Start(msgspec.Struct, frozen=True, kw_only=True):
    """Where a listing goes on, and the state of the files it began with."""

    line: int
    state: str


def _start(after: Cursor | None) -> _Start | None:
    if after is None:
        return None
    found = _CURSOR.fullmatch(after)
    if found is None:
        raise IncompatibleError(
            "this cursor is not one of a CSV listing", advice="list from the start again"
        )
    return _Start(line=int(found[1]), state=found[2])


class _Listing:
    """One pass over a collection. Its methods but `close` block, and run one at a time."""

    def __init__(
        self,
        open_roster: Callable[[], Roster],
        collection: Collection,
        *,
        start: _Start | None,
        since: datetime | None,
    ) -> None:
        self._open_roster = open_roster
        self._collection = collection
        self._start = start
        self._since = since
        self._stack = ExitStack()
        self._busy = Lock()
        self._is_closed = False
        self._doubts = dict.fromkeys([_ASKED] if since is not None else [], None)
        self._roster: Roster | None = None
        self._told: Iterator[CsvRecord] = iter(())
        self._ahead: CsvRecord | None = None
        self._file: File | None = None
        self._roles: File | None = None
        self._state = ""

    def page(self, size: int) -> Page[Record]:
        """Return the next page. Raises `ProviderError`s."""
        try:
            with self._busy:
                roster = self._roster or self._opened()
                return self._page(roster, size)
        finally:
            if self._is_closed:
                self.close()

    def close(self) -> None:
        """Let go of the files; where a thread is reading them, it does so at its end."""
        self._is_closed = True
        if self._busy.acquire(blocking=False):
            try:
                self._stack.close()
            finally:
                self._busy.release()

    def _opened(self) -> Roster:
        roster = self._roster = self._open_roster()
        self._stack.callback(roster.close)
        self._state = _state(roster, self._collection)
        stems = roster.stems(self._collection)
        files = [roster.open(stem) for stem in stems]
        for file in files:
            if file is not None:
                self._stack.enter_context(file.raw)
        self._file, self._roles = files[0], files[1] if len(files) > 1 else None
        if self._file is not None:
            self._told = read(self._file, self._roles)
        self._advance()
        self._pass_over()
        return roster

    def _pass_over(self) -> None:
        """Go on behind the line where an earlier listing stopped."""
        if self._start is None:
            return
        if self._start.state != self._state:
            self._doubt(_CHANGED)
        while self._ahead is not None and self._ahead.line <= self._start.line:
            self._advance()

    def _advance(self) -> CsvRecord | None:
        """Return the row at hand, and look at the one behind it."""
        told, self._ahead = self._ahead, next(self._told, None)
        ahead = self._ahead
        if ahead is not None and ahead.rejected is not None:
            self._doubt("" if ahead.rejected.sourced_id else _NAMELESS)
        if ahead is not None and any(duplicate.differs for duplicate in ahead.duplicates):
            self._doubt(_SHARED)
        return told

    def _page(self, roster: Roster, size: int) -> Page[Record]:
        rows: list[Record] = []
        rejected: list[Rejected] = []
        duplicates: list[Duplicate] = []
        findings: list[RecordFinding] = []
        line = 0
        while len(rows) + len(rejected) + len(duplicates) < size:
            told = self._advance()
            if told is None:
                break
            line = told.line
            duplicates += told.duplicates
            findings += told.findings
            if told.rejected is not None:
                rejected.append(told.rejected)
            elif told.record is not None and _is_wanted(told.record, self._since):
                rows.append(told.record)
        is_over = self._ahead is None
        reason = self._incomplete_reason(roster) if is_over else ""
        return Page(
            rows=tuple(rows),
            rejected=tuple(rejected),
            duplicates=tuple(duplicates),
            findings=tuple(findings),
            fields=self._fields(),
            next=None if is_over else Cursor(f"line={line},state={self._state}"),
            complete=is_over and not reason,
            reason=reason,
        )

    def _fields(self) -> frozenset[str] | None:
        """Return the fields of ours that the headers have; `None` where none could be read."""
        if self._file is None or self._file.fields is None:
            return None
        if self._roles is None:
            return self._file.fields
        roles = frozenset({"roles"}) if self._roles.fields is not None else frozenset[str]()
        return self._file.fields | roles

    def _incomplete_reason(self, roster: Roster) -> str:
        """Return why the listing is not complete; empty where it is."""
        for stem in roster.listed_stems(self._collection):
            kind = roster.kind(stem)
            is_missing = kind is not FileKind.ABSENT and roster.name(stem) is None
            self._doubt(_MISSING if is_missing else _KINDS[kind])
        if self._file is not None and not self._file.is_readable:
            self._doubt(_UNREADABLE)
        if self._roles is not None and (self._roles.rejected_count or not self._roles.is_readable):
            self._doubt(_ROLES)
        if any(file is not None and file.is_cut for file in (self._file, self._roles)):
            self._doubt(_CUT)
        if _state(roster, self._collection) != self._state:
            self._doubt(_CHANGED)
        return "; ".join(self._doubts)

    def _doubt(self, reason: str) -> None:
        if reason:
            self._doubts[reason] = None


def _state(roster: Roster, collection: Collection) -> str:
    """Return what tells the present state of the files from any other."""
    try:
        told = repr(roster.stamps(collection))
    except ProviderError:
        told = "gone"
    return blake2b(told.encode(), digest_size=8).hexdigest()


def _is_wanted(record: Record, since: datetime | None) -> bool:
    """What does not say when it was changed may have been changed."""
    return since is None or record.modified_at is None or record.modified_at >= since
