"""`/_control`: what goes wrong, who may come in, what changes. For tests, and people with curl.

Every request must show the key that was printed at the start (`Authorization: Bearer KEY`), so
that no page in a browser on this machine can steer a sandbox.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Final, Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from integration_tui.domain.errors import NotFoundError, UsageError
from integration_tui.sandbox.control_actions import read_body
from integration_tui.sandbox.faults import FaultRule
from integration_tui.sandbox.served_system import ControlAction, ServedSystem, SystemKind

_METHODS: Final = ("GET", "PUT", "POST", "DELETE")


class ControlledServer(Protocol):
    """The systems that a control endpoint steers, and the key that it asks for."""

    @property
    def control_key(self) -> str: ...

    @property
    def kinds(self) -> Mapping[str, SystemKind]: ...

    @property
    def systems(self) -> Mapping[str, ServedSystem]: ...


class Control:
    """The endpoint of one estate."""

    def __init__(self, estate: ControlledServer) -> None:
        self._estate = estate

    def routes(self) -> list[Route]:
        """Return the addresses of the control endpoint."""
        return [
            Route("/_control", self._keyed(self._all), methods=["GET"]),
            Route("/_control/", self._keyed(self._all), methods=["GET"]),
            Route("/_control/{system}", self._keyed(self._act), methods=_METHODS),
            Route("/_control/{system}/{action:path}", self._keyed(self._act), methods=_METHODS),
        ]

    def actions(self, name: str) -> Mapping[tuple[str, str], ControlAction]:
        """Return what can be done for a system, by method and address below its own."""
        served = self._estate.systems[name]

        def reset(_body: bytes) -> object:
            served.reset()
            return self._state(name)

        return {
            ("GET", ""): lambda _body: self._state(name),
            ("GET", "faults"): lambda _body: _faults(served),
            ("PUT", "faults"): lambda body: _set_faults(served, body),
            ("DELETE", "faults"): lambda _body: _set_faults(served, b"[]"),
            ("GET", "requests"): lambda _body: [asdict(visit) for visit in served.visits],
            ("DELETE", "requests"): lambda _body: _forget(served),
            ("POST", "reset"): reset,
            **served.actions,
        }

    def _keyed(
        self, answer: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def keyed(request: Request) -> Response:
            _, _, key = request.headers.get("authorization", "").partition(" ")
            if not hmac.compare_digest(key.encode(), self._estate.control_key.encode()):
                return _answer({"error": "show the key that was printed at the start"}, 401)
            try:
                return await answer(request)
            except UsageError as error:
                return _answer({"error": str(error)}, 400)

        return keyed

    async def _all(self, _request: Request) -> Response:
        return _answer({name: self._state(name) for name in self._estate.systems})

    async def _act(self, request: Request) -> Response:
        name, wanted = request.path_params["system"], request.path_params.get("action", "")
        if name not in self._estate.systems:
            raise NotFoundError(
                f"{name} is not served", advice=f"take {', '.join(self._estate.systems)}"
            )
        actions = self.actions(name)
        found = actions.get((request.method, wanted.strip("/")))
        if found is None:
            known = ", ".join(f"{method} {path}" for method, path in actions if path)
            return _answer({"error": f"{name} cannot do this; it can do {known}"}, 404)
        return _answer(found(await request.body()))

    def _state(self, name: str) -> Mapping[str, object]:
        served = self._estate.systems[name]
        return {
            **served.state(),
            "faults": len(served.faults.script),
            "requests": len(served.visits),
            "summary": self._estate.kinds[name].summary,
        }


def _faults(served: ServedSystem) -> object:
    rules = zip(served.faults.script, served.faults.struck(), strict=True)
    return [{**msgspec.structs.asdict(rule), "struck": struck} for rule, struck in rules]


def _set_faults(served: ServedSystem, body: bytes) -> object:
    served.faults.play(*read_body(body, tuple[FaultRule, ...]))
    return _faults(served)


def _forget(served: ServedSystem) -> object:
    served.visits.clear()
    return []


def _answer(value: object, status: int = 200) -> Response:
    body = msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
    return Response(body, status, media_type="application/json")
