"""Serves a recorded situation of Canvas, with a second server where no token may ever come.

A rule answers the requests that fit it; its responses come in their order, and the last one
stays. What no rule fits gets Canvas' own empty answer.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from integration_tui.sandbox.server import serve

CASES: Final = Path(__file__).parent / "cases"
_ROOT: Final = {
    "id": 1,
    "name": "Held-out District",
    "parent_account_id": None,
    "root_account_id": None,
    "workflow_state": "active",
    "default_time_zone": "America/Chicago",
}
_EMPTY: Final[Mapping[str, object]] = {
    "/api/v1/users/self": {"id": 1, "name": "Ada Admin"},
    "/api/v1/accounts": [_ROOT],
    "/api/v1/accounts/self": _ROOT,
    "/api/v1/accounts/1": _ROOT,
    "/api/v1/accounts/1/terms": {"enrollment_terms": []},
}


class Wanted(msgspec.Struct):
    """What a request must be like; parameters that are not named may be anything."""

    path: str
    method: str = "GET"
    query: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    without: list[str] = msgspec.field(default_factory=list[str])

    def fits(self, request: Request) -> bool:
        asked = request.query_params
        return (
            (request.method, request.url.path) == (self.method, self.path)
            and all(asked.get(name) == value for name, value in self.query.items())
            and not any(name in asked for name in self.without)
        )


class Answer(msgspec.Struct):
    """One response as it was recorded."""

    status: int = 200
    headers: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    data: msgspec.Raw = msgspec.field(name="json", default_factory=msgspec.Raw)
    text: str | None = None
    packed: str | None = msgspec.field(name="base64", default=None)

    def body(self) -> bytes:
        if self.packed is not None:
            return base64.b64decode(self.packed)
        return (self.text or "").encode() or bytes(self.data)


class Rule(msgspec.Struct):
    """A rule, and how often it has answered."""

    request: Wanted
    responses: list[Answer]
    used: int = 0

    def answer(self) -> Answer:
        self.used += 1
        return self.responses[min(self.used, len(self.responses)) - 1]


class Case(msgspec.Struct):
    """A situation. `expect` is how it has to end."""

    exchange: list[Rule]
    trap: list[Rule] = msgspec.field(default_factory=list[Rule])
    expect: dict[str, object] = msgspec.field(default_factory=dict[str, object])


@dataclass(slots=True)
class CaseServer:
    """Answers by rules. `asked` are the targets, `tokens` whether each came with one."""

    rules: Sequence[Rule]
    places: Mapping[str, str]
    empty: Mapping[str, object]
    asked: list[str] = field(default_factory=list[str])
    tokens: list[bool] = field(default_factory=list[bool])
    agents: list[str] = field(default_factory=list[str])

    @property
    def app(self) -> Starlette:
        route = Route("/{path:path}", self._answer, methods=["GET", "POST"])
        return Starlette(routes=[route])

    async def _answer(self, request: Request) -> Response:
        path, query = request.scope["raw_path"].decode(), request.scope["query_string"].decode()
        self.asked.append(f"{path}?{query}" if query else path)
        self.tokens.append("authorization" in request.headers)
        self.agents.append(request.headers.get("user-agent", ""))
        rule = next((rule for rule in self.rules if rule.request.fits(request)), None)
        if rule is None:
            found = json.dumps(self.empty.get(request.url.path, [])).encode()
            return Response(found, media_type="application/json")
        answer = rule.answer()
        headers = {"content-type": "application/json; charset=utf-8"}
        headers |= {name.lower(): self._placed(text) for name, text in answer.headers.items()}
        body = answer.body()
        if answer.packed is None:
            body = self._placed(body.decode()).encode()
        return Response(body, answer.status, headers)

    def _placed(self, text: str) -> str:
        for name, address in self.places.items():
            text = text.replace(f"{{{name}}}", address)
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedCase:
    """A case that is served at `base`."""

    case: Case
    base: str
    canvas: CaseServer
    trap: CaseServer


@asynccontextmanager
async def served(name: str) -> AsyncGenerator[ServedCase]:
    """Serve the case whose file begins with `name`."""
    (file,) = CASES.glob(f"{name}-*.json")
    case = msgspec.json.decode(file.read_bytes(), type=Case)
    places: dict[str, str] = {}
    canvas = CaseServer(case.exchange, places, _EMPTY)
    trap = CaseServer(case.trap, places, {})
    async with serve(canvas.app) as base, serve(trap.app) as trap_base:
        places |= {"base": base, "trap": trap_base}
        yield ServedCase(case=case, base=base, canvas=canvas, trap=trap)
