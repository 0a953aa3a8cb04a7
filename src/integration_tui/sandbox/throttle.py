"""Throttling: so many requests a second, then 429 with the headers that the dialect sends.

Sources: RFC 9110 section 10.2.3 (`Retry-After`); draft-ietf-httpapi-ratelimit-headers-03, the
three fields that express-rate-limit sends.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

from starlette.datastructures import MutableHeaders
from starlette.responses import Response

from integration_tui.domain.time import Monotonic
from integration_tui.sandbox.dialect import Throttle
from integration_tui.sandbox.refusals import refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PAGE: Final = "Too many requests, please try again later."
_LONG_AGO: Final = datetime(2025, 1, 1, tzinfo=UTC)


class Throttled:
    """Wraps an app. What is not used of a second's allowance is kept up to `burst`."""

    def __init__(
        self,
        app: ASGIApp,
        throttle: Throttle,
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
                MutableHeaders(scope=message).update(self._told())
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
        headers = {**self._told(), **self._retry_after(seconds)}
        if self._throttle.html:
            return Response(_PAGE, 429, headers=headers, media_type="text/html")
        return refusal(429, _PAGE, headers=headers)

    def _told(self) -> dict[str, str]:
        prefix = self._throttle.told
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
