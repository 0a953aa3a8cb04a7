"""Serves a recorded situation of Google, as its file says.

A rule answers what fits its request: method, path, the parameters that it names, and those that
must not be there (`without`). Its answers come in their order; the last one stays. What no rule
fits gets Google's own empty answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from integration_tui.sandbox.server import serve

CASES: Final = Path(__file__).parent / "cases"
_JSON: Final = "application/json; charset=utf-8"


class Wanted(msgspec.Struct):
    """Which requests a rule answers."""

    path: str
    method: str = "GET"
    query: Mapping[str, str | list[str]] = {}
    without: Sequence[str] = ()

    def fits(self, request: Request) -> bool:
        """Return whether a request is one of them."""
        query = request.query_params
        return (
            (request.method, request.url.path) == (self.method, self.path)
            and all(
                query.getlist(name) == ([value] if isinstance(value, str) else value)
                for name, value in self.query.items()
            )
            and not any(name in query for name in self.without)
        )


class Answer(msgspec.Struct):
    """One answer, as JSON or as text."""

    status: int = 200
    headers: Mapping[str, str] = {}
    json: msgspec.Raw = msgspec.Raw(b"")
    text: str = ""


class Rule(msgspec.Struct):
    """What is answered to some requests, one after the other."""

    request: Wanted
    responses: Sequence[Answer]


class Case(msgspec.Struct):
    """A recorded situation."""

    exchange: Sequence[Rule]


@dataclass
class CaseServer:
    """Serves one case. `asked` are the requests, `bodies` what they brought."""

    case: Case
    address: str = ""
    asked: list[str] = field(default_factory=list[str])
    bodies: list[str] = field(default_factory=list[str])
    _used: Counter[int] = field(default_factory=Counter[int])

    async def answer(self, request: Request) -> Response:
        self.asked.append(f"{request.url.path}?{request.url.query}")
        self.bodies.append((await request.body()).decode())
        for number, rule in enumerate(self.case.exchange):
            if rule.request.fits(request):
                place = min(self._used[number], len(rule.responses) - 1)
                self._used[number] += 1
                return _response(rule.responses[place])
        return JSONResponse(_empty(request.url.path))


def _response(answer: Answer) -> Response:
    body = bytes(answer.json) or answer.text.encode()
    return Response(body, answer.status, {"Content-Type": _JSON, **answer.headers})


def _empty(path: str) -> Mapping[str, object]:
    if path.endswith("/token"):
        return {"access_token": "ya29.a-token", "expires_in": 3599, "token_type": "Bearer"}
    if "/customers/" in path:
        return {"id": "C0", "postalAddress": {"organizationName": "Lakeside District"}}
    return {}


@asynccontextmanager
async def case(name: str) -> AsyncGenerator[CaseServer]:
    """Serve the case whose file begins so."""
    [path] = CASES.glob(f"{name}-*.json")
    server = CaseServer(msgspec.json.decode(path.read_bytes(), type=Case))
    methods = ["GET", "POST"]
    app = Starlette(routes=[Route("/{path:path}", server.answer, methods=methods)])
    async with serve(app) as server.address:
        yield server
