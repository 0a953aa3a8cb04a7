"""Answers that may be used again: in memory only, since they name people, and within bounds.

What is fresh is not asked for; what is not is asked for with its validator (RFC 9111). One
cache belongs to one line, so what is `private` may be kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from integration_tui.domain.time import Monotonic
from integration_tui.providers.http.messages import Answer, Request

Sent = tuple[Answer, Request]
_ENTRIES: Final = 256
_BYTES: Final = 16 * 2**20
_LARGEST: Final = 2**20
"""A larger body is not kept: it would push out many."""
_VALIDATORS: Final = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
_NOT_MODIFIED: Final = 304


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    answer: Answer
    fresh_until: float
    conditions: Mapping[str, str]


class Cache:
    """Keeps whole answers of 200 to a GET, the least recently used go first.

    `ttl_s` is how long one is fresh at most; the server may say less (`Cache-Control`).
    """

    def __init__(self, *, ttl_s: float, monotonic: Monotonic) -> None:
        self._ttl_s = ttl_s
        self._monotonic = monotonic
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._bytes = 0
        self._emptied = 0

    def clear(self) -> None:
        """Forget everything, and what is on its way as well."""
        self._kept.clear()
        self._bytes = 0
        self._emptied += 1

    async def through(self, request: Request, send: Callable[[Request], Awaitable[Sent]]) -> Sent:
        """Return the kept answer, or the one that `send` gives.

        `send` may give a 304 where the request has conditions of ours.
        """
        key = (request.url, request.headers.get("Accept", ""))
        kept = self._kept.get(key)
        if kept is not None and self._monotonic() < kept.fresh_until:
            self._kept.move_to_end(key)
            return kept.answer, request
        if kept is not None:
            request = replace(request, headers={**request.headers, **kept.conditions})
        emptied = self._emptied
        answer, sent = await send(request)
        if kept is not None and answer.status == _NOT_MODIFIED:
            answer = replace(kept.answer, headers={**kept.answer.headers, **_news(answer)})
        if emptied == self._emptied:
            self._keep(key, answer)
        return answer, sent

    def _keep(self, key: tuple[str, str], answer: Answer) -> None:
        self._drop(key)
        fresh_s = _fresh_s(answer, self._ttl_s)
        conditions = {
            condition: answer.headers[name]
            for name, condition in _VALIDATORS.items()
            if name in answer.headers
        }
        if fresh_s is None or len(answer.body) > _LARGEST or not (fresh_s or conditions):
            return
        until = self._monotonic() + fresh_s
        self._kept[key] = _Kept(answer=answer, fresh_until=until, conditions=conditions)
        self._bytes += len(answer.body)
        while len(self._kept) > _ENTRIES or self._bytes > _BYTES:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: tuple[str, str]) -> None:
        if (kept := self._kept.pop(key, None)) is not None:
            self._bytes -= len(kept.answer.body)


def _news(answer: Answer) -> dict[str, str]:
    """Return what a 304 says anew of the kept answer; not of its body (RFC 9111 section 3.2)."""
    return {name: text for name, text in answer.headers.items() if not name.startswith("content-")}


def _fresh_s(answer: Answer, ttl_s: float) -> float | None:
    """Return how long an answer is fresh; `None` where it must not be kept."""
    told = _directives(answer.headers.get("cache-control", ""))
    if answer.status != 200 or "no-store" in told or answer.headers.get("vary", "") == "*":
        return None
    if "no-cache" in told:
        return 0.0
    if (max_age := told.get("max-age")) is None:
        return ttl_s
    age = answer.headers.get("age", "")
    return max(0.0, min(ttl_s, _whole(max_age) - _whole(age)))


def _directives(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.lower().split(","))
    return {name.strip(): value.strip().strip('"') for name, _, value in pairs}


def _whole(text: str) -> float:
    """Return a number of seconds; 0 where it is none, since such an answer counts as old."""
    return float(text) if text.isascii() and text.isdigit() else 0.0
