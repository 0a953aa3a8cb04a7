"""Servers on loopback for tests: recorded JSON by its address, or replies one after the other.

Real HTTP is spoken, so that what a connector is lent for it is tested as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self
from urllib.parse import parse_qsl, urlsplit

import msgspec
from starlette.types import Receive, Scope, Send

from integration_tui.domain.errors import UsageError
from integration_tui.sandbox.server import serve as serve

_JSON: Final = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedRequest:
    """A request as it arrived; header names are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered. `Reply.json` makes one of plain values."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=lambda: _JSON)

    @classmethod
    def json(
        cls, value: object, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Self:
        """Return a reply with `value` as JSON."""
        return cls(status, msgspec.json.encode(value), {**_JSON, **(headers or {})})


class ScriptedServer:
    """Gives its replies one after the other, the last one for ever. Keeps what it saw."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = list(replies or (Reply(),))
        self.seen: list[ReceivedRequest] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen.append(await _received(scope, receive))
        reply = self._replies[0] if len(self._replies) == 1 else self._replies.pop(0)
        await _send(reply, send)


class FixtureServer:
    """Answers a GET with the JSON that is kept for its path and query. Keeps what it saw.

    A fixture is named by what stands behind the host, `/people?page=2`; in which order the
    parameters stand makes no difference. With a `token`, requests without `Authorization: Bearer
    TOKEN` get 401.
    """

    def __init__(self, fixtures: Mapping[str, object], *, token: str = "") -> None:
        self.seen: list[ReceivedRequest] = []
        self._replies = {_key(name): Reply.json(body) for name, body in fixtures.items()}
        self._token = token

    @classmethod
    def load(cls, file: Path, *, token: str = "") -> Self:
        """Return a server of a JSON file: an object with a member for each fixture.

        Raises `UsageError` where the file is anything else.
        """
        try:
            fixtures = msgspec.json.decode(file.read_bytes(), type=dict[str, object])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UsageError(
                f"{file.name} is not a JSON object of fixtures",
                advice='write an object such as {"/people?page=1": {...}}',
            ) from error
        return cls(fixtures, token=token)

    def put(self, name: str, reply: Reply) -> None:
        """Answer with `reply` from now on, be it a failure."""
        self._replies[_key(name)] = reply

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await _received(scope, receive)
        self.seen.append(request)
        await _send(self._reply_to(request), send)

    def _reply_to(self, request: ReceivedRequest) -> Reply:
        if self._token and request.headers.get("authorization") != f"Bearer {self._token}":
            return Reply.json({"error": "unauthorized"}, status=401)
        if request.method != "GET":
            return Reply.json({"error": "only GET is recorded"}, status=405)
        missing = Reply.json({"error": "no fixture has this path and query"}, status=404)
        return self._replies.get(_key(f"{request.path}?{request.query}"), missing)


def _key(name: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    parts = urlsplit(name)
    return parts.path, tuple(sorted(parse_qsl(parts.query, keep_blank_values=True)))


async def _received(scope: Scope, receive: Receive) -> ReceivedRequest:
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return ReceivedRequest(
        method=scope["method"],
        path=scope["raw_path"].decode(),
        query=scope["query_string"].decode(),
        headers={name.decode().lower(): text.decode() for name, text in scope["headers"]},
        body=body,
    )


async def _send(reply: Reply, send: Send) -> None:
    headers = [(name.encode(), text.encode()) for name, text in reply.headers.items()]
    headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
