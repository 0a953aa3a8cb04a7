"""The front of Google's APIs: which method a request is for, who asks, whether it may be asked.

What is checked comes in the order of Google's: token, scope, whether the API is switched on,
quota, then the parameters by name and type, then what the method itself says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import parse_qsl, unquote
from zlib import crc32

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from integration_tui.sandbox.google_classroom.domain import ClassroomDomain
from integration_tui.sandbox.google_classroom.masks import Shape, masked
from integration_tui.sandbox.google_classroom.page_tokens import TokenPage
from integration_tui.sandbox.google_classroom.people import GoogleAccount
from integration_tui.sandbox.google_classroom.refusals import (
    JSON_TYPE,
    GoogleApiName,
    GoogleRefusedError,
    denied,
    invalid,
    lacks_scope,
    switched_off,
    unauthenticated,
)
from integration_tui.sandbox.google_classroom.scopes import last_words, whole
from integration_tui.sandbox.google_classroom.throttling import MinuteQuota
from integration_tui.sandbox.google_classroom.token_endpoint import TOKEN_PATH, GoogleTokens

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

_ALWAYS: Final = frozenset({"fields", "alt", "prettyPrint", "quotaUser", "key", "$.xgafv"})
"""Parameters that every method takes."""
_NOT_OF_THE_LIST: Final = frozenset({"pageToken", "quotaUser", "prettyPrint"})
_NO_SUCH_PAGE: Final = (
    "<!DOCTYPE html>\n<html lang=en>\n<title>Error 404 (Not Found)!!1</title>\n"
    "<p>The requested URL was not found on this server."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleCall:
    """A request that may be asked. `account` is who it acts for; `None` is nobody of the domain."""

    method: GoogleMethod
    path: Mapping[str, str]
    query: Sequence[tuple[str, str]]
    body: Mapping[str, object]
    account: GoogleAccount | None
    scopes: frozenset[str]

    @property
    def is_admin(self) -> bool:
        return self.account is not None and self.account.is_admin

    def text(self, name: str) -> str:
        """Return the last value of a parameter; empty where it is not given."""
        return next((value for key, value in reversed(self.query) if key == name), "")

    def texts(self, name: str) -> Sequence[str]:
        return [value for key, value in self.query if key == name]

    def number(self, name: str) -> int:
        """Return a number, 0 where it is not given. Raises `GoogleRefusedError`."""
        text = self.text(name) or "0"
        if not text.removeprefix("-").isdecimal():
            raise invalid(f"Invalid value at '{name}' (TYPE_INT32), \"{text}\"")
        if int(text) < 0:
            raise invalid()
        return int(text)

    def page(self, domain: ClassroomDomain, *, size: int, life_s: float | None = None) -> TokenPage:
        """Return which page is asked for."""
        asked = sorted(pair for pair in self.query if pair[0] not in _NOT_OF_THE_LIST)
        digest = crc32(repr((self.method.rpc, sorted(self.path.items()), asked)).encode())
        return TokenPage(
            token=self.text("pageToken"),
            size=size,
            digest=digest,
            now=int(domain.clock().timestamp()),
            life_s=life_s,
            hollow=domain.conditions.hollow_pages,
        )


Handler = Callable[[GoogleCall], Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleMethod:
    """One method of an API. `path` has its names in braces; `{+name}` takes all that follows.

    One of `scopes` is enough. `shape` is what a mask may name.
    """

    api: GoogleApiName
    verb: str
    path: str
    rpc: str
    scopes: Sequence[str]
    handler: Handler
    params: frozenset[str] = frozenset()
    shape: Shape = field(default_factory=dict[str, Shape])

    @classmethod
    def classroom(
        cls,
        route: str,
        rpc: str,
        scopes: Sequence[str],
        handler: Handler,
        *,
        params: str = "",
        known: Shape | None = None,
    ) -> Self:
        """Return a method of Classroom; a route is `GET v1/courses`."""
        verb, _, path = route.partition(" ")
        return cls(
            api=GoogleApiName.CLASSROOM,
            verb=verb,
            path=path,
            rpc=f"google.classroom.v1.{rpc}",
            scopes=scopes,
            handler=handler,
            params=frozenset(params.split()),
            shape=known or {},
        )

    @classmethod
    def directory(
        cls,
        path: str,
        rpc: str,
        scopes: Sequence[str],
        handler: Handler,
        *,
        params: str = "",
        known: Shape | None = None,
    ) -> Self:
        """Return a method of the Directory that reads, below its own path."""
        return cls(
            api=GoogleApiName.DIRECTORY,
            verb="GET",
            path=f"admin/directory/v1/{path}",
            rpc=f"directory.{rpc}",
            scopes=scopes,
            handler=handler,
            params=frozenset(params.split()),
            shape=known or {},
        )

    def match(self, segments: Sequence[str]) -> Mapping[str, str] | None:
        """Return the names of a path; `None` where it does not fit."""
        own = self.path.split("/")
        found: dict[str, str] = {}
        for number, word in enumerate(own):
            if word.startswith("{+"):
                found[word[2:-1]] = "/".join(segments[number:])
                return found if len(segments) > number else None
            if number >= len(segments):
                return None
            name, _, action = word.partition(":")
            text, _, asked = (
                segments[number].rpartition(":") if action else (segments[number], "", "")
            )
            if asked != action or not (name.startswith("{") or name == text):
                return None
            if name.startswith("{"):
                found[name[1:-1]] = text
        return found if len(own) == len(segments) else None


class GoogleFront:
    """The app over a list of methods and the token endpoint."""

    def __init__(
        self,
        methods: Sequence[GoogleMethod],
        domain: ClassroomDomain,
        tokens: GoogleTokens,
        quota: MinuteQuota,
    ) -> None:
        self._methods = methods
        self._domain = domain
        self._tokens = tokens
        self._quota = quota

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._answer(request)
        response.headers["Date"] = format_datetime(self._domain.clock(), usegmt=True)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = _own_path(request)
        if path == TOKEN_PATH and request.method == "POST":
            return await self._tokens.answer(request)
        segments = [unquote(word) for word in path.removeprefix("/").split("/")]
        for method in self._methods:
            names = method.match(segments) if method.verb == request.method else None
            if names is not None:
                return self._called(method, request, names, await request.body())
        return Response(_NO_SUCH_PAGE, 404, media_type="text/html")

    def _called(
        self, method: GoogleMethod, request: Request, names: Mapping[str, str], body: bytes
    ) -> Response:
        self._domain.requests += 1
        try:
            call = self._admitted(method, request, names, body)
            answer = method.handler(call)
            fields = call.text("fields")
            shown = masked(answer, fields, method.shape) if fields else answer
        except GoogleRefusedError as refusal:
            return refusal.response(method.api)
        return Response(msgspec.json.encode(shown), media_type=JSON_TYPE)

    def _admitted(
        self, method: GoogleMethod, request: Request, names: Mapping[str, str], body: bytes
    ) -> GoogleCall:
        granted = self._tokens.granted_to(request)
        if granted is None:
            raise unauthenticated()
        scopes = last_words(granted.scopes)
        if not scopes & {*method.scopes}:
            raise lacks_scope(method.api, method.rpc, whole(method.scopes))
        self._check_service(method.api)
        self._count(method.api, granted.subject)
        query = parse_qsl(request.url.query, keep_blank_values=True)
        _check_names(method, query)
        return GoogleCall(
            method=method,
            path=names,
            query=query,
            body=_object(body),
            account=self._domain.accounts.find(granted.subject),
            scopes=scopes,
        )

    def _check_service(self, api: GoogleApiName) -> None:
        conditions = self._domain.conditions
        if api is GoogleApiName.DIRECTORY:
            if "directory" in conditions.switched_off:
                raise switched_off(api)
            return
        if "classroom" in conditions.switched_off:
            raise switched_off(api)
        if conditions.classroom_off:
            raise denied(f"@{conditions.classroom_off} The user is not permitted to access it.")

    def _count(self, api: GoogleApiName, subject: str) -> None:
        conditions = self._domain.conditions
        is_directory = api is GoogleApiName.DIRECTORY
        user = conditions.directory_quota if is_directory else conditions.quota_per_user
        project = 10 * user if is_directory else conditions.quota_per_project
        self._quota.take(api, subject, user=user, project=project)


def _own_path(request: Request) -> str:
    """Return the path as it was sent, without what the system is served under."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return raw.decode("latin-1").removeprefix(request.scope.get("root_path", ""))


def _check_names(method: GoogleMethod, query: Sequence[tuple[str, str]]) -> None:
    for name, _ in query:
        if name not in _ALWAYS and name not in method.params:
            raise invalid(
                f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query'
                " parameter. Field could not be found in request message."
            )


def _object(body: bytes) -> Mapping[str, object]:
    if not body:
        return {}
    try:
        return msgspec.json.decode(body, type=dict[str, object])
    except msgspec.DecodeError:
        raise invalid("Invalid JSON payload received. Unexpected token.") from None
