"""A OneRoster 1.2 server over a small roster, as the official document says; its dialects too."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from integration_tui.domain.roster import AcademicSession, Collection, Org, Record, User
from integration_tui.domain.time import Monotonic
from integration_tui.sandbox.encode import LISTS, SINGLES, Encoder, modified_at
from integration_tui.sandbox.faults import Faults, Faulty
from integration_tui.sandbox.tokens import Issuer

Roster = Mapping[Collection, Sequence[Record]]

BASE_PATH: Final = "/ims/oneroster/rostering/v1p2"
CORE: Final = "https://purl.imsglobal.org/spec/or/v1p2/scope/roster-core.readonly"
FULL: Final = "https://purl.imsglobal.org/spec/or/v1p2/scope/roster.readonly"
_SINCE: Final = re.compile(r"dateLastModified>='([^']+)'")
_MINOR: Final = {
    400: "invalid_filter_field",
    401: "unauthorisedrequest",
    403: "forbidden",
    404: "unknownobject",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How it differs from the specification: `None` and `True` are by the book.

    `max_limit` clamps pages in silence; without `totals` there are no counts and no links.
    `raw` are whole JSON objects that are listed behind the records, good or bad.
    """

    max_limit: int | None = None
    totals: bool = True
    raw: Mapping[Collection, Sequence[bytes]] = field(
        default_factory=dict[Collection, Sequence[bytes]]
    )


class OneRosterSandbox:
    """The app with its switches. `seen` are the latest requests, as path with query."""

    def __init__(
        self, roster: Roster, *, monotonic: Monotonic, dialect: Dialect | None = None
    ) -> None:
        self.roster = roster
        self.dialect = dialect or Dialect()
        self.issuer = Issuer(monotonic=monotonic, scopes=(CORE, FULL))
        self.faults = Faults()
        self.seen: deque[str] = deque(maxlen=1000)
        routes = [Route("/token", self.issuer.token, methods=["POST"])]
        for path, (collection, keep) in _PATHS.items():
            routes += self._routes(path, collection, keep)
        self.app = Faulty(Starlette(routes=routes), self.faults, spared="/token")

    def _routes(self, path: str, collection: Collection, keep: _Keep) -> list[Route]:
        async def listing(request: Request) -> Response:
            return self._guarded(request) or self._listed(request, collection, keep)

        async def single(request: Request) -> Response:
            return self._guarded(request) or self._single(request, collection, keep)

        return [
            Route(f"{BASE_PATH}/{path}", listing),
            Route(f"{BASE_PATH}/{path}/{{sourced_id:path}}", single),
        ]

    def _guarded(self, request: Request) -> Response | None:
        self.seen.append(f"{request.url.path}?{request.url.query}")
        scopes = self.issuer.scopes_of(request)
        if scopes is None:
            return refusal(401, "the access token is missing, expired or revoked")
        if not {CORE, FULL} & set(scopes):
            return refusal(403, "the scope of this token does not allow this")
        return None

    def _listed(self, request: Request, collection: Collection, keep: _Keep) -> Response:
        query = request.query_params
        try:
            limit, offset = int(query.get("limit", 100)), int(query.get("offset", 0))
            since = _since(query.get("filter", ""))
        except ValueError:
            return refusal(400, "limit, offset or filter cannot be read")
        if limit < 1 or offset < 0:
            return refusal(400, "limit must be 1 or more, offset 0 or more")
        limit = min(limit, self.dialect.max_limit or limit)
        encoder = _encoder(request)
        found = [
            msgspec.json.encode(encoder.encode(one))
            for one in sorted(self.roster.get(collection, ()), key=lambda one: one.sourced_id)
            if keep(one) and (since is None or modified_at(one) >= since)
        ]
        found += self.dialect.raw.get(collection, ())
        return self._page(request, LISTS[collection], found, (limit, offset))

    def _page(
        self, request: Request, key: str, found: Sequence[bytes], window: tuple[int, int]
    ) -> Response:
        limit, offset = window
        rows = b",".join(found[offset : offset + limit])
        headers: dict[str, str] = {}
        if self.dialect.totals:
            headers["X-Total-Count"] = str(len(found))
            if offset + limit < len(found):
                query = {**request.query_params, "limit": limit, "offset": offset + limit}
                url = request.url.replace(query=urlencode(query))
                headers["Link"] = f'<{url}>; rel="next"'
        body = b'{"%s":[%s]}' % (key.encode(), rows)
        return Response(body, media_type="application/json", headers=headers)

    def _single(self, request: Request, collection: Collection, keep: _Keep) -> Response:
        sourced_id = request.path_params["sourced_id"]
        for one in self.roster.get(collection, ()):
            if one.sourced_id == sourced_id and keep(one):
                return JSONResponse({SINGLES[collection]: _encoder(request).encode(one)})
        return refusal(404, f"there is no {SINGLES[collection]} of this id")


_Keep = Callable[[Record], bool]


def _all(_record: Record) -> bool:
    return True


def _is_org(type_: str) -> _Keep:
    return lambda one: isinstance(one, Org) and one.type == type_


def _is_session(type_: str) -> _Keep:
    return lambda one: isinstance(one, AcademicSession) and one.type == type_


def _has_role(role: str) -> _Keep:
    return lambda one: isinstance(one, User) and any(each.role == role for each in one.roles)


_PATHS: Final[Mapping[str, tuple[Collection, _Keep]]] = {
    **{path: (collection, _all) for collection, path in LISTS.items()},
    "schools": (Collection.ORGS, _is_org("school")),
    "terms": (Collection.ACADEMIC_SESSIONS, _is_session("term")),
    "gradingPeriods": (Collection.ACADEMIC_SESSIONS, _is_session("gradingPeriod")),
    "students": (Collection.USERS, _has_role("student")),
    "teachers": (Collection.USERS, _has_role("teacher")),
}


def _encoder(request: Request) -> Encoder:
    return Encoder(f"{request.base_url}".rstrip("/") + BASE_PATH)


def _since(text: str) -> datetime | None:
    """Read the one filter that is known. Raises `ValueError` for any other."""
    if not text:
        return None
    found = _SINCE.fullmatch(text)
    if found is None:
        raise ValueError("this filter is not known")
    return datetime.fromisoformat(found[1])


def refusal(status: int, description: str) -> JSONResponse:
    """Return an error as OneRoster 1.2 spells it (imsx_StatusInfo)."""
    field_ = {
        "imsx_codeMinorFieldName": "TargetEndSystem",
        "imsx_codeMinorFieldValue": _MINOR[status],
    }
    body = {
        "imsx_codeMajor": "failure",
        "imsx_severity": "error",
        "imsx_description": description,
        "imsx_CodeMinor": {"imsx_codeMinorField": [field_]},
    }
    return JSONResponse(body, status_code=status)
