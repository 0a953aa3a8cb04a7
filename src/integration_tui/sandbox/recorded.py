"""Writes down who asked for what, and with which status it was answered. Never a secret."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SECRET: Final = ("secret", "token", "signature", "password", "key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request. Status 0 is one that was never answered."""

    method: str
    path: str
    query: str
    status: int


class Recorded:
    """Wraps an app; the paths are as its own."""

    def __init__(self, app: ASGIApp, visits: deque[Visit]) -> None:
        self._app = app
        self._visits = visits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        statuses = [0]

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            self._visits.append(_visit(scope, statuses[-1]))


def _visit(scope: Scope, status: int) -> Visit:
    pairs = parse_qsl(scope.get("query_string", b"").decode())
    shown = [(name, value) for name, value in pairs if not _is_secret(name)]
    return Visit(
        method=scope.get("method", ""),
        path=str(scope.get("path", "")).removeprefix(scope.get("root_path", "")),
        query=urlencode(shown),
        status=status,
    )


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET)
