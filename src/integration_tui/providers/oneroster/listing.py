"""Listings of a whole collection: where it is listed, and what of it changed since a moment."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from integration_tui.domain.errors import IncompatibleError
from integration_tui.domain.paging import Cursor, Page
from integration_tui.domain.roster import Collection, Record
from integration_tui.providers.oneroster.listing_strategies import (
    ListingReader,
    ListingStrategy,
    ResumePoint,
)
from integration_tui.providers.oneroster.responses import PATHS
from integration_tui.providers.oneroster.server_profile import INSTEAD, ServerProfile
from integration_tui.providers.paging.completeness import Position

_CURSOR: Final = re.compile(
    r"(?P<mark>[^,]+(?:,total=\d+)?(?:,again)?)(?:,path=(?P<path>[a-zA-Z]+))?(?:,by=(?P<by>>=|>|here))?",
    re.ASCII,
)
_HERE: Final = "here"
_MS: Final = timedelta(milliseconds=1)
_NOTES: Final = {
    Collection.USERS: "only students and teachers were listed: the server does not list users",
    Collection.ORGS: "only schools were listed: the server does not list orgs",
}


class _Resumed(msgspec.Struct, frozen=True):
    start: ResumePoint
    by: str


class CollectionListing:
    """Lists whole collections. Deltas are asked for from `overlap_s` before their moment."""

    def __init__(self, reader: ListingReader, profile: ServerProfile, *, overlap_s: int) -> None:
        self._reader = reader
        self._profile = profile
        self._overlap = timedelta(seconds=overlap_s)

    def pages(
        self, collection: Collection, *, after: Cursor | None = None, since: datetime | None = None
    ) -> AsyncGenerator[Page[Record]]:
        """Yield pages as `DataSyncProvider.pages` says."""
        moment = None if since is None else _before(since, self._overlap)
        resumed = None if after is None else _resumed(after)
        if resumed is None:
            ways = [*self._strategies(collection, moment)]
        else:
            ways = [_same_strategy(collection, resumed, moment)]
        start = None if resumed is None else resumed.start
        return self._reader.pages(collection, ways, start)

    def _strategies(
        self, collection: Collection, since: datetime | None
    ) -> Iterator[ListingStrategy]:
        if since is None:
            yield from whole(collection, self._profile)
            return
        for paths, note in _routes(collection, self._profile):
            for by in self._filters(paths):
                yield _strategy(paths, note, by, since)

    def _filters(self, paths: tuple[str, ...]) -> Iterator[str]:
        """Yield how a delta may be asked for; `here` is not at all, but everything is read."""
        pinned = self._profile.dialect.since
        operators = (pinned,) if "since" in self._profile.pinned else (">=", ">")
        for operator in operators:
            if (
                operator != "none"
                and f"{_route(paths)}?{_by(operator)}" not in self._profile.refused
            ):
                yield operator
        yield _HERE


def whole(collection: Collection, profile: ServerProfile) -> Iterator[ListingStrategy]:
    """Yield the ways to a whole collection, best first."""
    for paths, note in _routes(collection, profile):
        yield _strategy(paths, note, "", None)


def _routes(
    collection: Collection, profile: ServerProfile
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield where a collection may be listed, with why that is not all of it."""
    if profile.is_pinned_away(collection):
        yield INSTEAD[collection], ""
        return
    path = PATHS[collection]
    if path not in profile.refused:
        yield (path,), ""
    if collection in INSTEAD and path not in profile.works:
        yield INSTEAD[collection], _NOTES[collection]


def _same_strategy(
    collection: Collection, resumed: _Resumed, since: datetime | None
) -> ListingStrategy:
    """Return the way that a cursor is of: offsets of another one would lead elsewhere."""
    instead, path = INSTEAD.get(collection, ()), resumed.start.path
    if (path and path not in instead) or bool(resumed.by) != (since is not None):
        raise _another_cursor()
    paths, note = (instead, _NOTES[collection]) if path else ((PATHS[collection],), "")
    return _strategy(paths, note, resumed.by, since)


def _route(paths: tuple[str, ...]) -> str:
    return "+".join(paths)


def _strategy(
    paths: tuple[str, ...], note: str, by: str, since: datetime | None
) -> ListingStrategy:
    def suffix(path: str) -> str:
        told = "" if path in _ALL else f",path={path}"
        return f"{told},by={by}" if by else told

    is_filtered = by not in {"", _HERE}
    return ListingStrategy(
        paths=paths,
        route=_route(paths),
        by=_by(by) if is_filtered else "",
        filter=_filter(by, since) if is_filtered and since is not None else "",
        keep=None if since is None else _changed(since),
        note="; ".join(text for text in (note, _note(by, since)) if text),
        suffix=suffix,
        newest=since is not None,
    )


_ALL: Final = frozenset(PATHS.values())


def _by(operator: str) -> str:
    return f"dateLastModified{operator}"


def _filter(operator: str, since: datetime) -> str:
    # What took place within the millisecond itself is asked for as well.
    moment = since if operator == ">=" else _before(since, _MS)
    return f"dateLastModified{operator}'{_text(moment)}'"


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S.%f')[:-3]}Z"


def _changed(since: datetime) -> Callable[[Record], bool]:
    # Servers that do not take the filter ignore it. Who tells no date may have changed.
    floor = since.replace(microsecond=since.microsecond // 1000 * 1000)
    return lambda record: record.modified_at is None or record.modified_at >= floor


def _note(by: str, since: datetime | None) -> str:
    if since is None:
        return ""
    what = f"only what changed since {_text(since)}; absence means nothing"
    if by == _HERE:
        return f"the server does not filter by date: all was read, and of it {what}"
    return what


def _before(moment: datetime, span: timedelta) -> datetime:
    try:
        return moment - span
    except OverflowError:
        return moment


def _resumed(after: Cursor) -> _Resumed:
    found = _CURSOR.fullmatch(after)
    mark = Position.read(found["mark"]) if found else None
    if found is None or mark is None:
        raise _another_cursor()
    return _Resumed(ResumePoint(position=mark, path=found["path"] or ""), found["by"] or "")


def _another_cursor() -> IncompatibleError:
    return IncompatibleError(
        "this cursor is not one of a OneRoster listing", advice="list from the start again"
    )
