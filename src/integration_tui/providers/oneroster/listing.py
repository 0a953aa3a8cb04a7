"""Pages of a collection: on by the rows received, to an empty page or the announced total.

OneRoster has no cursors and promises no order. A listing is called complete only where the
server itself confirms it; a short page proves nothing, since servers clamp `limit` in silence.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from integration_tui.domain.errors import IncompatibleError
from integration_tui.domain.roster import Collection, Record
from integration_tui.domain.sync import Cursor, Page
from integration_tui.providers.http.line import Line
from integration_tui.providers.http.messages import Params
from integration_tui.providers.oneroster.envelope import PATHS, Listed, read_page

_CURSOR: Final = re.compile(r"offset=(\d{1,11})(?:,total=(\d{1,11}))?", re.ASCII)


@dataclass(slots=True, kw_only=True)
class _Progress:
    """How far a listing has come, and what speaks against its completeness."""

    offset: int = 0
    total: int | None = None
    doubts: list[str] = field(default_factory=list[str])
    last_ids: frozenset[str] = frozenset()

    def cursor(self) -> Cursor:
        total = "" if self.total is None else f",total={self.total}"
        return Cursor(f"offset={self.offset}{total}")

    def take(self, listed: Listed) -> None:
        """Move on behind a page. Raises `IncompatibleError` where it is the same page again."""
        found = frozenset(row.sourced_id for row in listed.rows)
        if found and found == self.last_ids:
            raise IncompatibleError(
                f"the server sends the same page again at offset {self.offset}",
                advice="it may not support offset; ask who runs it",
            )
        if found & self.last_ids:
            self._doubt("records moved while they were listed")
        if any(not one.sourced_id for one in listed.rejected):
            self._doubt("a record without an id could not be read")
        self._compare(listed.total)
        self.offset += listed.received
        self.last_ids = found

    def is_over(self, listed: Listed) -> bool:
        return not listed.received or (self.total is not None and self.offset >= self.total)

    def verdict(self) -> str:
        """Return why the listing is not complete; empty where it is."""
        if self.total is not None and self.offset != self.total:
            self._doubt(f"{self.offset} of {self.total} announced records were listed")
        return "; ".join(self.doubts)

    def _compare(self, total: int | None) -> None:
        if total is None:
            return
        if self.total is not None and total != self.total:
            self._doubt("the total changed while it was listed")
        self.total = total

    def _doubt(self, reason: str) -> None:
        if reason not in self.doubts:
            self.doubts.append(reason)


async def pages(
    line: Line,
    url: str,
    collection: Collection,
    *,
    page_size: int,
    after: Cursor | None,
    since: datetime | None,
) -> AsyncIterator[Page[Record]]:
    """Yield pages as `DataSyncProvider.pages` says. `url` is the service's."""
    progress = _resumed(after)
    if since is not None:
        progress.doubts.append("only what changed was asked for")
    is_over = False
    while not is_over:
        answer, request = await line.read(
            f"{url}/{PATHS[collection]}", _params(progress.offset, page_size, since)
        )
        listed = read_page(collection, answer, request)
        progress.take(listed)
        is_over = progress.is_over(listed)
        yield _page(listed, progress, is_over=is_over)


def _page(listed: Listed, progress: _Progress, *, is_over: bool) -> Page[Record]:
    reason = progress.verdict() if is_over else ""
    return Page(
        rows=listed.rows,
        rejected=listed.rejected,
        total=progress.total,
        next=None if is_over else progress.cursor(),
        complete=is_over and not reason,
        reason=reason,
    )


def _resumed(after: Cursor | None) -> _Progress:
    if after is None:
        return _Progress()
    found = _CURSOR.fullmatch(after)
    if found is None:
        raise IncompatibleError(
            "this cursor is not one of a OneRoster listing", advice="list from the start again"
        )
    return _Progress(offset=int(found[1]), total=int(found[2]) if found[2] else None)


def _params(offset: int, page_size: int, since: datetime | None) -> Params:
    params: dict[str, str | int] = {
        "limit": page_size,
        "offset": offset,
        # Without a declared order, pages of one listing may not fit together.
        "sort": "sourcedId",
        "orderBy": "asc",
    }
    if since is not None:
        moment = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        params["filter"] = f"dateLastModified>='{moment}Z'"
    return params
