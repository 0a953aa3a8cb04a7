"""Throttling: so many requests a second, then 429 with the headers that the dialect sends.

Sources: RFC 9110 section 10.2.3 (`Retry-After`); draft-ietf-httpapi-ratelimit-headers-03, the
three fields that express-rate-limit sends.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import URL, MutableHeaders
from starlette.responses import RedirectResponse, Response

from integration_tui.domain.clock import Monotonic
from integration_tui.sandbox.dialect import RateLimitRule
from integration_tui.sandbox.error_responses import refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


_SECRET: Final = ("secret", "token", "signature", "password", "key")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRequest:
    """One request. Status 0 is one that was never answered."""

    method: str
    path: str
    query: str
    status: int


class RequestLog:
    """Wraps an app; the paths are as its own."""

    def __init__(self, app: ASGIApp, visits: deque[RecordedRequest]) -> None:
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


def _visit(scope: Scope, status: int) -> RecordedRequest:
    pairs = parse_qsl(scope.get("query_string", b"").decode())
    shown = [(name, value) for name, value in pairs if not _is_secret(name)]
    return RecordedRequest(
        method=scope.get("method", ""),
        path=str(scope.get("path", "")).removeprefix(scope.get("root_path", "")),
        query=urlencode(shown),
        status=status,
    )


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET)


class TrailingSlashes:
    """Wraps an app that knows its addresses without a slash at their end."""

    def __init__(self, app: ASGIApp, *, redirects: bool) -> None:
        self._app = app
        self._redirects = redirects

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", ""))
        if scope["type"] != "http" or not path.endswith("/"):
            await self._app(scope, receive, send)
            return
        bare = path.rstrip("/")
        if self._redirects:
            target = URL(scope=scope).replace(path=bare)
            await RedirectResponse(target, status_code=307)(scope, receive, send)
        else:
            await self._app({**scope, "path": bare}, receive, send)


_PAGE: Final = "Too many requests. Try again later."
_LONG_AGO: Final = datetime(2025, 1, 1, tzinfo=UTC)


class RateLimited:
    """Wraps an app. What is not used of a second's allowance is kept up to `burst`."""

    def __init__(
        self,
        app: ASGIApp,
        throttle: RateLimitRule,
        *,
        monotonic: Monotonic,
        now: Callable[[], datetime | None],
    ) -> None:
        self._app = app
        self._throttle = throttle
        self._monotonic = monotonic
        self._now = now
        self._left = float(throttle.burst)
        self._at = monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        wait_s = self._take()
        if wait_s:
            await self._refusal(wait_s)(scope, receive, send)
            return

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers())
            await send(message)

        await self._app(scope, receive, telling)

    def _take(self) -> float:
        """Take one request from the allowance; return the seconds to wait where there is none."""
        now, throttle = self._monotonic(), self._throttle
        self._left = min(throttle.burst, self._left + (now - self._at) * throttle.per_s)
        self._at = now
        if self._left < 1:
            return (1 - self._left) / throttle.per_s
        self._left -= 1
        return 0.0

    def _refusal(self, wait_s: float) -> Response:
        seconds = max(1, math.ceil(wait_s))
        headers = {**self._headers(), **self._retry_after(seconds)}
        if self._throttle.html:
            return Response(_PAGE, 429, headers=headers, media_type="text/html")
        return refusal(429, _PAGE, headers=headers)

    def _headers(self) -> dict[str, str]:
        prefix = self._throttle.header_prefix
        if not prefix:
            return {}
        missing = self._throttle.burst - self._left
        return {
            f"{prefix}Limit": str(self._throttle.burst),
            f"{prefix}Remaining": str(int(self._left)),
            f"{prefix}Reset": str(max(1, math.ceil(missing / self._throttle.per_s))),
        }

    def _retry_after(self, seconds: int) -> dict[str, str]:
        match self._throttle.retry_after:
            case "seconds":
                return {"Retry-After": str(seconds)}
            case "date":
                moment = (self._now() or _LONG_AGO) + timedelta(seconds=seconds)
                return {"Retry-After": format_datetime(moment.astimezone(UTC), usegmt=True)}
            case _:
                return {}
