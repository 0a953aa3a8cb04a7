"""A small Google: a token endpoint that verifies assertions, Classroom, and the Directory.

`/token` verifies the assertion for real (RFC 7523, as Google documents it for service accounts);
each API wants a token with a scope of its own. Errors are in Google's shape, pages have tokens,
and what is empty is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from integration_tui.domain.clock import Clock, Monotonic
from integration_tui.sandbox.fault_middleware import FaultInjection
from integration_tui.sandbox.faults import Faults
from integration_tui.sandbox.token_endpoint import TokenIssuer, refused

GRANT_TYPE: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
PREFIX: Final = "https://www.googleapis.com/auth/"
COURSES: Final = f"{PREFIX}classroom.courses.readonly"
ROSTERS: Final = f"{PREFIX}classroom.rosters.readonly"
EMAILS: Final = f"{PREFIX}classroom.profile.emails"
DIRECTORY: Final = tuple(
    f"{PREFIX}admin.directory.{name}.readonly" for name in ("user", "orgunit", "customer")
)
_LONGEST_S: Final = 3600
_SKEW_S: Final = 300

Item = Mapping[str, object]


@dataclass(slots=True, kw_only=True)
class Account:
    """A service account with domain-wide delegation: its key, and for whom it may act."""

    key: RSAKey = field(repr=False)
    email: str = "console@school-project.iam.gserviceaccount.com"
    subjects: tuple[str, ...] = ("admin@school.example.org",)
    scopes: tuple[str, ...] = (COURSES, ROSTERS, EMAILS, *DIRECTORY)


@dataclass(slots=True)
class Content:
    """What the domain holds, by path; a list is paged, `page` records at a time.

    `answers` are given instead, by path: a status and a body; `once` for one request.
    """

    lists: dict[str, tuple[str, list[Item]]] = field(
        default_factory=dict[str, tuple[str, list[Item]]]
    )
    objects: dict[str, Item] = field(default_factory=dict[str, Item])
    answers: dict[str, tuple[int, object]] = field(default_factory=dict[str, tuple[int, object]])
    once: dict[str, tuple[int, object]] = field(default_factory=dict[str, tuple[int, object]])
    page: int = 30


def course(number: int, **more: object) -> Item:
    """Return a course that is going on, of the teacher of its number."""
    return {
        "id": f"{number}",
        "name": f"Course {number}",
        "courseState": "ACTIVE",
        "ownerId": f"9{number}",
        "updateTime": "2026-08-20T14:03:10.9Z",
        **more,
    }


def member(user: str, *, email: bool = True) -> Item:
    """Return a member of a roster."""
    profile: dict[str, object] = {"id": user, "name": {"givenName": "S", "familyName": user}}
    if email:
        profile["emailAddress"] = f"u{user}@school.example.org"
    return {"userId": user, "profile": profile}


def person(user: str, path: str = "/Students", **more: object) -> Item:
    """Return a user of the Directory."""
    return {
        "id": user,
        "primaryEmail": f"u{user}@school.example.org",
        "name": {"givenName": "S", "familyName": user},
        "suspended": False,
        "orgUnitPath": path,
        **more,
    }


def school_content(courses: int = 5, students: int = 7) -> Content:
    """Return a domain of two schools; the students of a course are in the Directory, too."""
    content = Content()
    rows = [course(number) for number in range(101, 101 + courses)]
    content.lists["/v1/courses"] = ("courses", rows)
    people: list[Item] = []
    for place, row in enumerate(rows):
        at = "Adams" if place % 2 else "Brooks"
        names = [f"{row['id']}{number}" for number in range(students)]
        add_roster(content, f"{row['id']}", names, [f"{row['ownerId']}"])
        people += [person(name, f"/Schools/{at}/Students") for name in names]
        people.append(person(f"{row['ownerId']}", f"/Schools/{at}/Staff"))
    content.lists["/admin/directory/v1/users"] = ("users", people)
    content.objects["/admin/directory/v1/customers/my_customer"] = {
        "id": "C01",
        "customerDomain": "school.example.org",
        "postalAddress": {"organizationName": "Lakeside District"},
    }
    paths = ("/", "/Schools", "/Schools/Adams", "/Schools/Brooks", "/Schools/Adams/Students")
    units = [
        {"name": path.rpartition("/")[2], "orgUnitPath": path, "orgUnitId": f"id:{number}"}
        for number, path in enumerate(paths)
    ]
    content.objects["/admin/directory/v1/customer/my_customer/orgunits"] = {
        "organizationUnits": units
    }
    return content


def add_roster(
    content: Content, course_id: str, students: Sequence[str], teachers: Sequence[str]
) -> None:
    """Put people on a roster."""
    for key, users in (("students", students), ("teachers", teachers)):
        content.lists[f"/v1/courses/{course_id}/{key}"] = (key, [member(user) for user in users])


class GoogleSandbox:
    """The app with its switches. `claims` are those of the latest good assertion."""

    def __init__(
        self, account: Account, content: Content, *, clock: Clock, monotonic: Monotonic
    ) -> None:
        self.account = account
        self.content = content
        self.issuer = TokenIssuer(monotonic=monotonic)
        self.faults = Faults()
        self.claims: dict[str, object] = {}
        self.seen: list[str] = []
        self.tokens_asked = 0
        self._clock = clock
        routes = [
            Route("/token", self._token, methods=["POST"]),
            Route("/{path:path}", self._asked),
        ]
        self.app = FaultInjection(Starlette(routes=routes), self.faults, spared="/token")

    def asked(self, path: str) -> list[str]:
        """Return the requests for a path, in their order."""
        return [text for text in self.seen if urlsplit(text).path == path]

    async def _token(self, request: Request) -> JSONResponse:
        self.tokens_asked += 1
        fields = dict(parse_qsl((await request.body()).decode()))
        if fields.get("grant_type") != GRANT_TYPE:
            return refused("unsupported_grant_type", "Invalid grant_type")
        try:
            claims = jwt.decode(
                fields.get("assertion", ""), self.account.key, algorithms=["RS256"]
            ).claims
        except (JoseError, ValueError):
            return refused("invalid_grant", "Invalid JWT Signature.")
        return self._refusal(request, claims) or self._granted(claims)

    def _refusal(self, request: Request, claims: dict[str, object]) -> JSONResponse | None:
        if claims.get("iss") != self.account.email or claims.get("aud") != f"{request.url}":
            return refused("invalid_grant", "Invalid JWT: wrong issuer or audience")
        if not self._is_current(claims):
            return refused(
                "invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes)"
            )
        if claims.get("sub") not in self.account.subjects:
            return refused("invalid_grant", "Invalid email or User ID")
        if not set(_scopes(claims)) or not set(_scopes(claims)) <= set(self.account.scopes):
            return refused(
                "unauthorized_client",
                "Client is unauthorized to retrieve access tokens using this method, or client"
                " not authorized for any of the scopes requested.",
                401,
            )
        return None

    def _is_current(self, claims: dict[str, object]) -> bool:
        issued_at, expires_at = claims.get("iat"), claims.get("exp")
        if not isinstance(issued_at, int) or not isinstance(expires_at, int):
            return False
        now = self._clock().timestamp()
        is_short = 0 < expires_at - issued_at <= _LONGEST_S
        return is_short and issued_at - _SKEW_S <= now < expires_at + _SKEW_S

    def _granted(self, claims: dict[str, object]) -> JSONResponse:
        self.claims = claims
        return self.issuer.grant(_scopes(claims))

    async def _asked(self, request: Request) -> Response:
        path = request.url.path
        self.seen.append(f"{path}?{request.url.query}")
        scopes = self.issuer.scopes_of(request)
        if scopes is None:
            return error(401, "Request had invalid authentication credentials.")
        if not set(_wanted(path)) & set(scopes):
            return error(403, "Request had insufficient authentication scopes.")
        return self._answer(path, request)

    def _answer(self, path: str, request: Request) -> Response:
        content = self.content
        if path in content.once or path in content.answers:
            given = content.once if path in content.once else content.answers
            status, body = given.pop(path) if given is content.once else given[path]
            if isinstance(body, bytes):
                return Response(body, status, media_type="application/json")
            return JSONResponse(body, status)
        if path in content.objects:
            return JSONResponse(content.objects[path])
        if path in content.lists:
            return self._page(*content.lists[path], request)
        above, _, name = path.rpartition("/")
        found = _named(content.lists.get(above, ("", []))[1], name)
        return JSONResponse(found) if found else error(404, "Requested entity was not found.")

    def _page(self, key: str, rows: Sequence[Item], request: Request) -> JSONResponse:
        query = request.query_params
        asked = int(query.get("pageSize") or query.get("maxResults") or 30)
        size = min(asked, self.content.page)
        token = query.get("pageToken", "+/=0").removeprefix("+/=")
        if not token.isdigit():
            return error(400, "Invalid page token.")
        at = int(token)
        rows = [row for row in rows if _is_of(self.content, row, query)]
        found: dict[str, object] = {key: rows[at : at + size]} if rows[at : at + size] else {}
        if at + size < len(rows):
            found["nextPageToken"] = f"+/={at + size}"
        return JSONResponse(found)


def _is_of(content: Content, row: Item, query: Mapping[str, str]) -> bool:
    """Return whether a course has the member that a listing of courses asks for."""
    for key, name in (("students", "studentId"), ("teachers", "teacherId")):
        if name in query:
            _, members = content.lists.get(f"/v1/courses/{row['id']}/{key}", ("", []))
            return any(found.get("userId") == query[name] for found in members)
    return True


def _named(rows: Sequence[Item], name: str) -> Item | None:
    return next((row for row in rows if name in (row.get("id"), row.get("userId"))), None)


def _wanted(path: str) -> Sequence[str]:
    if path.startswith("/admin"):
        return DIRECTORY
    if path.endswith(("/students", "/teachers")) or "/students/" in path or "/teachers/" in path:
        return (ROSTERS, EMAILS)
    return (COURSES,) if path.startswith("/v1/courses") else (ROSTERS,)


_STATUS: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
}


def error(code: int, message: str) -> JSONResponse:
    """Return an error in the envelope of all Google APIs."""
    body = {"error": {"code": code, "message": message, "status": _STATUS[code]}}
    return JSONResponse(body, status_code=code)


def _scopes(claims: dict[str, object]) -> list[str]:
    return str(claims.get("scope", "")).split()
