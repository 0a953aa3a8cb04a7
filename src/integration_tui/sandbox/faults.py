"""Trouble that can be switched on: a wrapper around a sandbox app, for all but its tokens."""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_BOMB_MB: Final = 8


class Fault(StrEnum):
    """What goes wrong."""

    STATUS = "status"
    """Every request gets `Faults.status`, with `retry_after` where one is set."""
    LOGIN_PAGE = "login_page"
    SLOW = "slow"
    """`delay_s` before every answer."""
    DROP = "drop"
    """The connection is closed in the middle of the answer."""
    TRUNCATED = "truncated"
    """Whole HTTP, half JSON."""
    BOMB = "bomb"
    """8 MB of nothing in 8 KB of gzip."""
    REDIRECT = "redirect"
    """To `location`."""


@dataclass(slots=True)
class Faults:
    """What is wrong now. `left` counts down the answers that are spoilt; `None` is for ever."""

    now: Fault | None = None
    left: int | None = None
    status: int = 500
    body: bytes = b'{"imsx_codeMajor":"failure","imsx_severity":"error"}'
    media_type: str = "application/json"
    retry_after: str = ""
    delay_s: float = 30.0
    location: str = ""

    def take(self) -> Fault | None:
        """Return what is wrong with the next answer."""
        if self.now is None or self.left == 0:
            return None
        if self.left is not None:
            self.left -= 1
        return self.now


class Faulty:
    """An app that behaves as `faults` says. Paths that end in `spared` always work."""

    def __init__(self, app: ASGIApp, faults: Faults, *, spared: str) -> None:
        self._app = app
        self._faults = faults
        self._spared = spared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_spared = scope["type"] != "http" or scope["path"].endswith(self._spared)
        fault = None if is_spared else self._faults.take()
        if fault is None:
            await self._app(scope, receive, send)
        elif fault is Fault.SLOW:
            await asyncio.sleep(self._faults.delay_s)
            await self._app(scope, receive, send)
        elif fault is Fault.DROP:
            await _drop(send)
        else:
            await self._answer(fault, send)

    async def _answer(self, fault: Fault, send: Send) -> None:
        faults = self._faults
        match fault:
            case Fault.LOGIN_PAGE:
                page = b"<!DOCTYPE html><title>Sign in</title><form>password</form>"
                await _send(send, 200, page, {"content-type": "text/html; charset=utf-8"})
            case Fault.TRUNCATED:
                await _send(send, 200, b'{"orgs":[{"sourcedId":"o1","na', _JSON)
            case Fault.BOMB:
                await _send(send, 200, _bomb(), {**_JSON, "content-encoding": "gzip"})
            case Fault.REDIRECT:
                await _send(send, 302, b"", {"location": faults.location})
            case _:
                headers = {"content-type": faults.media_type, "retry-after": faults.retry_after}
                await _send(send, faults.status, faults.body, headers)


_JSON: Final = {"content-type": "application/json"}


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(_BOMB_MB * 2**20))


async def _drop(send: Send) -> None:
    await send(_start(200, {**_JSON, "content-length": "1000"}))
    await send({"type": "http.response.body", "body": b'{"orgs":[', "more_body": True})
    # The server closes a connection whose app fails in the middle of an answer.
    raise ConnectionAbortedError("as asked for")


async def _send(send: Send, status: int, body: bytes, headers: dict[str, str]) -> None:
    await send(_start(status, {**headers, "content-length": str(len(body))}))
    await send({"type": "http.response.body", "body": body})


def _start(status: int, headers: dict[str, str]) -> Message:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items() if value]
    return {"type": "http.response.start", "status": status, "headers": pairs}
