"""A wrapper around a sandbox's app that answers as its faults say."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final, TypeGuard
from urllib.parse import urlencode

import msgspec
from starlette.datastructures import URL, QueryParams

from integration_tui.sandbox.faults import AppliedFault, Fault, FaultRule, Faults

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


_TOTALS: Final = ("totalCount", "total")
_HEADER: Final = "x-total-count"
_BY_DEFAULT: Final = 100
_ORIGIN: Final = re.compile("<https?://[^/>]+")
_CURRENT: Final = re.compile('<([^>]*)>; rel="current"')
_NEXT: Final = re.compile('<([^>]*)>; rel="next"')


@dataclass(slots=True)
class FaultyResponse:
    """An answer as it was made. Header names are in lower case; the length is found anew."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""

    async def take(self, message: Message) -> None:
        """Take what an app sends."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            pairs = ((name.decode().lower(), value.decode()) for name, value in message["headers"])
            self.headers = {name: value for name, value in pairs if name != "content-length"}
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")


def asked_for(scope: Scope, struck: Sequence[AppliedFault]) -> Scope:
    """Return the request that is answered instead."""
    given = QueryParams(scope["query_string"])
    query, changed = dict(given), dict[str, str]()
    for applied_fault in struck:
        changed |= _instead(applied_fault.rule, query | changed)
    if not changed:
        return scope  # as it was sent: a parameter may have several values
    kept = [(name, value) for name, value in given.multi_items() if name not in changed]
    return {**scope, "query_string": urlencode([*kept, *changed.items()]).encode()}


def _instead(rule: FaultRule, query: Mapping[str, str]) -> dict[str, str]:
    offset, limit = _number(query, "offset", 0), _number(query, "limit", _BY_DEFAULT)
    match rule.fault:
        case Fault.REPEATED_PAGE:
            return {"offset": "0"}
        case Fault.CLAMPED:
            return {"limit": str(min(limit, rule.rows))}
        case Fault.SHIFTED if offset:
            return {"offset": str(max(0, offset - rule.rows))}
        case _:
            return {}


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    """A number that cannot be read is left for the app to refuse."""
    text = query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else default


def spoil(answer: FaultyResponse, struck: AppliedFault) -> None:
    """Make an answer wrong."""
    rule = struck.rule
    match rule.fault:
        case Fault.CONTENT_TYPE:
            answer.headers["content-type"] = rule.media_type
        case Fault.PATCHED:
            _change(answer, {**rule.patch})
        case Fault.MISSING_ROWS:
            _leave_out(answer, rule.rows)
        case Fault.WRONG_TOTAL:
            _add_to_total(answer, rule.by)
        case Fault.GROWING_TOTAL:
            _add_to_total(answer, rule.by * struck.time)
        case Fault.SHIFTED:
            _add_to_total(answer, rule.rows)
        case Fault.FOREIGN_LINK | Fault.LOOPING_LINK:
            _redirect_links(answer, rule)
        case _:
            pass


def _change(answer: FaultyResponse, patch: Mapping[str, object]) -> None:
    body = _object(answer.body)
    if body is not None:
        changed = {name: value for name, value in {**body, **patch}.items() if value is not None}
        answer.body = msgspec.json.encode(changed)


def _leave_out(answer: FaultyResponse, rows: int) -> None:
    for name, value in (_object(answer.body) or {}).items():
        if _is_list(value):
            _change(answer, {name: value[rows:]})


def _redirect_links(answer: FaultyResponse, rule: FaultRule) -> None:
    link = answer.headers.get("link", "")
    if rule.fault is Fault.FOREIGN_LINK:
        answer.headers["link"] = _ORIGIN.sub(f"<{rule.location}", link)
        return
    current, after = _CURRENT.search(link), _NEXT.search(link)
    if current and after:
        answer.headers["link"] = link.replace(after[1], current[1])


def _add_to_total(answer: FaultyResponse, by: int) -> None:
    if _HEADER in answer.headers:
        answer.headers[_HEADER] = str(max(0, int(answer.headers[_HEADER]) + by))
    body = _object(answer.body) or {}
    for name in _TOTALS:
        total = body.get(name)
        if isinstance(total, int):
            _change(answer, {name: max(0, total + by)})


def _object(body: bytes) -> dict[str, object] | None:
    try:
        return msgspec.json.decode(body, type=dict[str, object])
    except msgspec.DecodeError:
        return None


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


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


class FaultInjection:
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
        canned = [
            applied_fault.rule for applied_fault in struck if applied_fault.rule.fault in _CANNED
        ]
        if canned:
            await _answer(canned[0], scope, receive, send)
        elif struck:
            await self._spoilt(struck, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _struck(self, scope: Scope) -> Sequence[AppliedFault]:
        if scope["type"] != "http":
            return ()
        path = str(scope["path"]).removeprefix(scope.get("root_path", ""))
        query = QueryParams(scope.get("query_string", b""))
        return self._faults.take(path, query, spared=path.endswith(self._spared))

    async def _spoilt(
        self, struck: Sequence[AppliedFault], scope: Scope, receive: Receive, send: Send
    ) -> None:
        found = FaultyResponse()
        await self._app(asked_for(scope, struck), receive, found.take)
        for applied_fault in struck:
            spoil(found, applied_fault)
        await send(_start(found.status, found.headers))
        pieces, delay_s = _pieces(found.body, struck)
        for piece in pieces:
            await asyncio.sleep(delay_s)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _pieces(body: bytes, struck: Sequence[AppliedFault]) -> tuple[Sequence[bytes], float]:
    for applied_fault in struck:
        if applied_fault.rule.fault is Fault.DRIP:
            size = max(1, -(-len(body) // max(1, applied_fault.rule.rows)))
            pieces = [body[at : at + size] for at in range(0, len(body), size)]
            return pieces, applied_fault.rule.delay_s
    return [body], 0.0


async def _answer(rule: FaultRule, scope: Scope, receive: Receive, send: Send) -> None:
    match rule.fault:
        case Fault.DROP:
            await _drop(send)
        case Fault.ENDLESS:
            await _endless(receive, send)
        case Fault.REDIRECT:
            await _send(send, 302, b"", {"location": rule.location or str(URL(scope=scope))})
        case _:
            await _send(send, *_canned(rule))


def _canned(rule: FaultRule) -> tuple[int, bytes, dict[str, str]]:
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
