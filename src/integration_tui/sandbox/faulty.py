"""A wrapper around a sandbox's app that answers as its faults say."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

from starlette.datastructures import URL, QueryParams

from integration_tui.sandbox.faults import Fault, Faults, Rule, Struck
from integration_tui.sandbox.spoil import Spoilt, asked_for, spoil

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_BOMB_MB: Final = 8
_FLOOD: Final = b" " * 65536
_JSON: Final = {"content-type": "application/json"}
_HTML: Final = {"content-type": "text/html; charset=utf-8"}
_LOGIN: Final = b"<!DOCTYPE html><title>Sign in</title><form>password</form>"
_BODIES: Final = {
    Fault.TRUNCATED: b'{"orgs":[{"sourcedId":"o1","na',
    Fault.INVALID_JSON: b"{'orgs': [None]}",
    Fault.EMPTY: b"",
}
_CANNED: Final = frozenset(
    {
        Fault.STATUS, Fault.FAILURE_200, Fault.BOMB, Fault.LOGIN_PAGE, *_BODIES, Fault.DROP,
        Fault.ENDLESS, Fault.REDIRECT,
    }
)  # fmt: skip
"""What does not need the right answer."""


class Faulty:
    """An app that behaves as `faults` says. Paths that end in `spared` are left to scripts."""

    def __init__(self, app: ASGIApp, faults: Faults, *, spared: str) -> None:
        self._app = app
        self._faults = faults
        self._spared = spared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        struck = self._struck(scope)
        for one in struck:
            if one.rule.fault is Fault.SLOW:
                await asyncio.sleep(one.rule.delay_s)
        canned = [one.rule for one in struck if one.rule.fault in _CANNED]
        if canned:
            await _answer(canned[0], scope, receive, send)
        elif struck:
            await self._spoilt(struck, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _struck(self, scope: Scope) -> Sequence[Struck]:
        if scope["type"] != "http":
            return ()
        path = str(scope["path"]).removeprefix(scope.get("root_path", ""))
        query = QueryParams(scope.get("query_string", b""))
        return self._faults.take(path, query, spared=path.endswith(self._spared))

    async def _spoilt(
        self, struck: Sequence[Struck], scope: Scope, receive: Receive, send: Send
    ) -> None:
        found = Spoilt()
        await self._app(asked_for(scope, struck), receive, found.take)
        for one in struck:
            spoil(found, one)
        await send(_start(found.status, found.headers))
        pieces, delay_s = _pieces(found.body, struck)
        for piece in pieces:
            await asyncio.sleep(delay_s)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _pieces(body: bytes, struck: Sequence[Struck]) -> tuple[Sequence[bytes], float]:
    for one in struck:
        if one.rule.fault is Fault.DRIP:
            size = max(1, -(-len(body) // max(1, one.rule.rows)))
            pieces = [body[at : at + size] for at in range(0, len(body), size)]
            return pieces, one.rule.delay_s
    return [body], 0.0


async def _answer(rule: Rule, scope: Scope, receive: Receive, send: Send) -> None:
    match rule.fault:
        case Fault.DROP:
            await _drop(send)
        case Fault.ENDLESS:
            await _endless(receive, send)
        case Fault.REDIRECT:
            await _send(send, 302, b"", {"location": rule.location or str(URL(scope=scope))})
        case _:
            await _send(send, *_canned(rule))


def _canned(rule: Rule) -> tuple[int, bytes, dict[str, str]]:
    match rule.fault:
        case Fault.STATUS:
            headers = {"content-type": rule.media_type, "retry-after": rule.retry_after}
            return rule.status, rule.body.encode(), headers
        case Fault.FAILURE_200:
            return 200, rule.body.encode(), _JSON
        case Fault.BOMB:
            return 200, _bomb(), {**_JSON, "content-encoding": "gzip"}
        case Fault.LOGIN_PAGE:
            return 200, _LOGIN, _HTML
        case _:
            return 200, _BODIES[rule.fault], _JSON


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(_BOMB_MB * 2**20))


async def _drop(send: Send) -> None:
    await send(_start(200, {**_JSON, "content-length": "1000"}))
    await send({"type": "http.response.body", "body": b'{"orgs":[', "more_body": True})
    # The server closes a connection whose app fails in the middle of an answer.
    raise ConnectionAbortedError("as asked for")


async def _endless(receive: Receive, send: Send) -> None:
    await send(_start(200, _JSON))
    async with asyncio.TaskGroup() as group:
        flood = group.create_task(_flood(send))
        while (await receive())["type"] != "http.disconnect":
            pass
        flood.cancel()


async def _flood(send: Send) -> None:
    while True:
        await send({"type": "http.response.body", "body": _FLOOD, "more_body": True})
        await asyncio.sleep(0)


async def _send(send: Send, status: int, body: bytes, headers: dict[str, str]) -> None:
    await send(_start(status, {**headers, "content-length": str(len(body))}))
    await send({"type": "http.response.body", "body": body})


def _start(status: int, headers: dict[str, str]) -> Message:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items() if value]
    return {"type": "http.response.start", "status": status, "headers": pairs}
