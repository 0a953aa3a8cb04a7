"""Webhook subscriptions of TimeBack's platforms, as their documents say. Nothing is delivered.

BeyondAI tells the secret again in every list; LearnWithAI tells its own once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from integration_tui.sandbox.error_responses import refusal

Json = dict[str, object]
Refused = Callable[[Request], Response | None]
Answer = Callable[[Request, Json], Response]

SIGNING_SECRET: Final = "whsec_c2FuZGJveC1zaWduaW5nLXNlY3JldA=="  # noqa: S105 - of a sandbox
_NEEDED: Final = ("name", "targetUrl", "secret", "active", "description")
_NEEDED_OF_FILTERS: Final = ("webhookId", "filterKey", "filterValue", "filterType", "active")
_OPERATORS: Final = ("filterOperator", "filterOperation")
_TIMES: Final[Mapping[str, object]] = {"createdAt": "2026-01-01T00:00:00.000Z", "deletedAt": None}


class _Guarded:
    def __init__(self, refused: Refused) -> None:
        self._refused = refused
        self._number = count(1)
        self.kept: dict[str, Json] = {}

    def route(self, method: str, path: str, answer: Answer) -> BaseRoute:
        """Return a route whose requests have proved who they are; a body is JSON."""

        async def guarded(request: Request) -> Response:
            refused = self._refused(request)
            if refused is not None:
                return refused
            try:
                asked = msgspec.json.decode(await request.body() or b"{}", type=Json)
            except msgspec.MsgspecError:
                return refusal(422, "the body is no object")
            return answer(request, asked)

        return Route(path, guarded, methods=[method])

    def keep(self, kind: str, fields: Json) -> Json:
        """Give something new an id, and keep it."""
        name = f"{kind}-{next(self._number)}"
        self.kept[name] = {"id": name, **fields}
        return self.kept[name]

    def found(self, request: Request) -> Json | None:
        """Return what the address of a request names."""
        return self.kept.get(str(request.path_params["id"]))


class BeyondAiSubscriptions(_Guarded):
    """Webhooks and their filters. The filters are told in the words of the documentation."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused)
        self._filters = _Guarded(refused)

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes, without slashes at their ends."""
        return [
            self.route("GET", "/webhooks", self._listed),
            self.route("POST", "/webhooks", self._made),
            self.route("PUT", "/webhooks/{id}/activate", self._activated),
            self.route("DELETE", "/webhooks/{id}", self._delete),
            self.route("GET", "/webhook-filters", self._filters_listed),
            self.route("POST", "/webhook-filters", self._filtered),
        ]

    def _listed(self, _request: Request, _asked: Json) -> Response:
        return JSONResponse({"webhooks": [*self.kept.values()]})

    def _made(self, _request: Request, asked: Json) -> Response:
        if any(literal not in asked for literal in _NEEDED):
            return refusal(422, f"{', '.join(_NEEDED)} must be there")
        hook = self.keep("hook", {**asked, "sensor": None, **_TIMES})
        return JSONResponse({"webhook": hook}, status_code=201)

    def _activated(self, request: Request, _asked: Json) -> Response:
        hook = self.found(request)
        if hook is None:
            return refusal(404, "there is no webhook of this id")
        hook["active"] = True
        return JSONResponse({"webhook": hook})

    def _delete(self, request: Request, _asked: Json) -> Response:
        if self.kept.pop(request.path_params["id"], None) is None:
            return refusal(404, "there is no webhook of this id")
        return JSONResponse({"message": "deleted"})

    def _filters_listed(self, _request: Request, _asked: Json) -> Response:
        return JSONResponse({"filters": [*self._filters.kept.values()]})

    def _filtered(self, _request: Request, asked: Json) -> Response:
        operators = [asked.pop(literal) for literal in _OPERATORS if literal in asked]
        if len(operators) != 1 or any(literal not in asked for literal in _NEEDED_OF_FILTERS):
            return refusal(422, f"{', '.join(_NEEDED_OF_FILTERS)} must be there, one operator")
        if str(asked["webhookId"]) not in self.kept:
            return refusal(404, "there is no webhook of this id")
        kept = self._filters.keep("filter", {**asked, "filterOperation": operators[0], **_TIMES})
        return JSONResponse({"filter": kept}, status_code=201)


class LearnWithAiSubscriptions(_Guarded):
    """Subscriptions of applications."""

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes, without slashes at their ends."""
        path = "/webhooks/1.0/{app}/subscriptions"
        return [
            self.route("GET", path, self._listed),
            self.route("POST", path, self._made),
            self.route("DELETE", f"{path}/{{id}}", self._delete),
        ]

    def _listed(self, _request: Request, _asked: Json) -> Response:
        return JSONResponse({"subscriptions": [*self.kept.values()]})

    def _made(self, _request: Request, asked: Json) -> Response:
        if not asked.get("url") or not asked.get("eventTypes"):
            return refusal(422, "url and eventTypes must be there")
        kept = self.keep("subscription", {**asked, "status": "active"})
        return JSONResponse({**kept, "signingSecret": SIGNING_SECRET}, status_code=201)

    def _delete(self, request: Request, _asked: Json) -> Response:
        if self.kept.pop(request.path_params["id"], None) is None:
            return refusal(404, "there is no subscription of this id")
        return Response(status_code=204)
