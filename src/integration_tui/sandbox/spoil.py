"""Right answers made wrong: the request is changed before they are made, or they are after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeGuard
from urllib.parse import urlencode

import msgspec
from starlette.datastructures import QueryParams

from integration_tui.sandbox.faults import Fault, Rule, Struck

if TYPE_CHECKING:
    from starlette.types import Message, Scope

_TOTALS: Final = ("totalCount", "total")
_HEADER: Final = "x-total-count"
_BY_DEFAULT: Final = 100


@dataclass(slots=True)
class Spoilt:
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


def asked_for(scope: Scope, struck: Sequence[Struck]) -> Scope:
    """Return the request that is answered instead."""
    query = dict(QueryParams(scope["query_string"]))
    for one in struck:
        query |= _instead(one.rule, query)
    return {**scope, "query_string": urlencode(query).encode()}


def _instead(rule: Rule, query: Mapping[str, str]) -> dict[str, str]:
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


def spoil(answer: Spoilt, struck: Struck) -> None:
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
        case _:
            pass


def _change(answer: Spoilt, patch: Mapping[str, object]) -> None:
    body = _object(answer.body)
    if body is not None:
        changed = {name: value for name, value in {**body, **patch}.items() if value is not None}
        answer.body = msgspec.json.encode(changed)


def _leave_out(answer: Spoilt, rows: int) -> None:
    for name, value in (_object(answer.body) or {}).items():
        if _is_list(value):
            _change(answer, {name: value[rows:]})


def _add_to_total(answer: Spoilt, by: int) -> None:
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
