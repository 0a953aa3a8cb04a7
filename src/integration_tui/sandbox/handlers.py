"""Answers to what is read: pages of lists and single records, as the dialect tells them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec
from starlette.responses import Response

from integration_tui.domain.roster import Record
from integration_tui.sandbox.auth import Client
from integration_tui.sandbox.dialect import Dialect
from integration_tui.sandbox.error_responses import refusal
from integration_tui.sandbox.paging import PageWindow, page
from integration_tui.sandbox.query import QueryError
from integration_tui.sandbox.query_params import QueryParams, read_asked
from integration_tui.sandbox.routes import Path
from integration_tui.sandbox.selection import Selection, chosen, contains, of_school, shared
from integration_tui.sandbox.serializer import LISTS, SINGLES, Encoder, Json
from integration_tui.sandbox.source import Snapshot, has_left

if TYPE_CHECKING:
    from starlette.requests import Request

_MANY: Final = 5_000
_KEPT: Final = 64
"""Lists are remembered for the pages of them that are still to be asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """One request: who looks at what, and at which moment's roster."""

    request: Request
    path: Path
    visitor: Client
    snapshot: Snapshot

    @property
    def ids(self) -> Mapping[str, str]:
        return {name: str(value) for name, value in self.request.path_params.items()}

    @property
    def is_long(self) -> bool:
        """Whether the answer may take looking at every record of many."""
        is_chosen = self.path.keep is not None or self.path.part is not None
        asks = {"filter", "sort"} & {*self.request.query_params}
        return bool(is_chosen or asks) and self.snapshot.size(self.path.collection) > _MANY


class RequestReader:
    """Reads for one server. `dialect` says how its answers look."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._lists: OrderedDict[object, Sequence[int]] = OrderedDict()

    def forget(self) -> None:
        """Forget the lists: the roster is another one."""
        self._lists.clear()

    def encoder(self, request: Request) -> Encoder:
        """Return what writes records as this server does."""
        # Starlette's own base address leaves out where an app is mounted.
        path = f"{request.scope['root_path']}{self._dialect.base_path}"
        return Encoder(str(request.url.replace(path=path, query="")), self._dialect.spelling)

    def listing(self, look: RequestView) -> Response:
        """Return a page of a list."""
        try:
            asked = read_asked(look.request.query_params, self._dialect, look.path.collection)
        except QueryError as error:
            return self._refusal(error.status, error.description, error.minor)
        if not look.path.has_owners(look.snapshot, look.ids):
            return self._refusal(404, "there is nothing of this id")
        return self._page(look, asked)

    def single(self, look: RequestView) -> Response:
        """Return one record."""
        collection = look.path.collection
        place = look.snapshot.index_of(collection, look.ids["sourced_id"])
        record = None if place is None else look.snapshot.at(collection, place)
        name = SINGLES[collection]
        if place is None or record is None or not self._shows(look, place, record):
            return self._refusal(404, f"there is no {name} of this id")
        body = msgspec.json.encode({name: self.encoder(look.request).encode(record)})
        return Response(body, media_type="application/json")

    def _page(self, look: RequestView, asked: QueryParams) -> Response:
        collection, encoder = look.path.collection, self.encoder(look.request)
        places = self._indexes(look, asked, encoder)
        raw = self._dialect.raw.get(collection, ()) if look.path.part is None else ()
        start, stop = asked.offset, asked.offset + asked.limit
        records = (look.snapshot.at(collection, place) for place in places[start:stop])
        rows = [
            _json(encoder.encode(record), asked.fields) for record in records if record is not None
        ]
        rows += raw[max(start - len(places), 0) : max(stop - len(places), 0)]
        window = PageWindow(offset=start, limit=asked.limit, total=len(places) + len(raw))
        return page(
            self._dialect, url=look.request.url, key=LISTS[collection], rows=rows, window=window
        )

    def _indexes(self, look: RequestView, asked: QueryParams, encoder: Encoder) -> Sequence[int]:
        order = (asked.filter, asked.sort, asked.descending)
        ids, school = (*look.ids.values(),), look.visitor.school
        key = (look.snapshot.version, look.path.pattern, ids, order, school)
        if key not in self._lists:
            self._lists[key] = chosen(look.snapshot, self._choice(look, asked, encoder))
            if len(self._lists) > _KEPT:
                self._lists.popitem(last=False)
        return self._lists[key]

    def _choice(self, look: RequestView, asked: QueryParams, encoder: Encoder) -> Selection:
        return Selection(
            collection=look.path.collection,
            deleted=self._dialect.soft_deletes,
            within=_within(look),
            keep=look.path.keep,
            filter=asked.filter,
            sort=asked.sort,
            descending=asked.descending,
            encode=encoder.encode,
        )

    def _shows(self, look: RequestView, place: int, record: Record) -> bool:
        within, keep = _within(look), look.path.keep
        if within is not None and not contains(within, place):
            return False
        if keep is not None and not keep(record):
            return False
        return self._dialect.soft_deletes or not has_left(record)

    def _refusal(self, status: int, description: str, minor: str = "") -> Response:
        return refusal(status, description, minor=minor, errors=self._dialect.errors)


def _within(look: RequestView) -> Sequence[int] | None:
    """Return the places that this visitor may see at this address; `None` is all."""
    part = look.path.part
    own = None if part is None else part(look.snapshot, look.ids)
    if look.visitor.school is None:
        return own
    seen = of_school(look.snapshot, look.path.collection, look.visitor.school)
    return own if seen is None else seen if own is None else shared(own, seen)


def _json(record: Json, fields: Sequence[str]) -> bytes:
    if fields:
        record = {name: value for name, value in record.items() if name in fields}
    return msgspec.json.encode(record)
