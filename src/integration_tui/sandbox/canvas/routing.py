"""Which handler answers an address: by its parts as they were sent.

A SIS id in an address may hold a slash, as `%2F`: the parts are taken apart before they are
decoded. The API's own addresses begin with `/api/v1`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from integration_tui.sandbox.canvas.refusals import not_found

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

API: Final = ("api", "v1")
_LONGEST_ID: Final = 20

Parts = Sequence[str]


@dataclass(frozen=True, slots=True)
class CanvasRoute:
    """A method and an address: `accounts/:id/users`. Parts with a colon stand for any one part."""

    method: str
    pattern: str
    answer: Callable[[Request, CanvasRoute, Parts], Awaitable[Response]]

    def match(self, parts: Parts) -> list[str] | None:
        """Return what stands where the pattern has a colon; `None` where it does not fit."""
        wanted = self.pattern.strip("/").split("/")
        if len(wanted) != len(parts):
            return None
        if any(want != part for want, part in zip(wanted, parts, strict=True) if want[0] != ":"):
            return None
        return [part for want, part in zip(wanted, parts, strict=True) if want[0] == ":"]


class CanvasRouter:
    """An app of routes; what none of them fits is not there."""

    def __init__(self, routes: Sequence[CanvasRoute]) -> None:
        self._by_method: dict[str, list[CanvasRoute]] = {}
        for route in routes:
            self._by_method.setdefault(route.method, []).append(route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        answer = await self._answer(scope, receive)
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        from starlette.requests import Request

        parts = parts_of(scope)
        for route in self._by_method.get(scope["method"], ()):
            found = route.match(parts)
            if found is not None:
                return await route.answer(Request(scope, receive), route, found)
        return not_found()


def id_of(text: str) -> int | None:
    """Return the number that a part of an address is; `None` where it is none, or endless."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID else None


def parts_of(scope: Mapping[str, object]) -> list[str]:
    """Return the decoded parts of an address, without what the app is mounted at."""
    raw = scope.get("raw_path")
    path = raw.decode("ascii", "replace") if isinstance(raw, bytes) else str(scope["path"])
    inner = path.partition("?")[0].removeprefix(str(scope.get("root_path", "")))
    return [unquote(part) for part in inner.strip("/").split("/")]
