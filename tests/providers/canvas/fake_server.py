"""The part of Canvas that a connector needs to sign in and be checked.

`/login/oauth2/token` takes refresh tokens and, as Canvas does, gives no new one;
`/api/v1/users/self` wants a token. The 401 of a bad token carries `WWW-Authenticate`, the 401 of
a missing scope does not.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from integration_tui.domain.clock import Monotonic
from integration_tui.sandbox.fault_middleware import FaultInjection
from integration_tui.sandbox.faults import Faults
from integration_tui.sandbox.token_endpoint import TokenIssuer, refused

TOKEN_PATH: Final = "/login/oauth2/token"


class CanvasSandbox:
    """The app with its switches. `manual` are access tokens that a person made for good."""

    def __init__(self, *, monotonic: Monotonic, manual: tuple[str, ...] = ()) -> None:
        self.manual = manual
        self.refresh_tokens: tuple[str, ...] = ()
        self.issuer = TokenIssuer(monotonic=monotonic)
        self.faults = Faults()
        self.has_scope = True
        self.is_down = False
        self.remaining = 612.5
        self.seen: list[str] = []
        routes = [
            Route(TOKEN_PATH, self._token, methods=["POST"]),
            Route("/api/v1/users/self", self._self),
            *self.routes(),
        ]
        self.app = FaultInjection(Starlette(routes=routes), self.faults, spared=TOKEN_PATH)

    def routes(self) -> list[Route]:
        """Return what else is answered."""
        return []

    def is_proven(self, request: Request) -> bool:
        """Return whether a request has a token that is good."""
        _, _, token = request.headers.get("authorization", "").partition(" ")
        return token in self.manual or self.issuer.scopes_of(request) is not None

    def unproven(self) -> JSONResponse:
        """Return the answer to a token that is not good."""
        realm = {"WWW-Authenticate": 'Bearer realm="canvas-lms"'}
        return canvas_errors(401, "Invalid access token.", realm)

    async def _token(self, request: Request) -> JSONResponse:
        fields = dict(parse_qsl((await request.body()).decode()))
        client = fields.get("client_id", ""), fields.get("client_secret", "")
        if client not in self.issuer.clients.items():
            return refused("invalid_client", "unknown client", 401)
        if fields.get("grant_type") != "refresh_token":
            return refused("unsupported_grant_type", "grant_type is not supported")
        if fields.get("refresh_token") not in self.refresh_tokens:
            return refused("invalid_request", "refresh_token not found")
        return self.issuer.grant(())

    async def _self(self, request: Request) -> JSONResponse:
        self.seen.append(request.headers.get("accept", ""))
        if not self.is_proven(request):
            return self.unproven()
        if self.is_down:
            return canvas_errors(500, "An error occurred.", {})
        if not self.has_scope:
            return canvas_errors(401, "Insufficient scopes on access token.", {})
        headers = {"X-Rate-Limit-Remaining": f"{self.remaining}", "X-Request-Cost": "0.02"}
        return JSONResponse({"id": "21070000000000565", "name": "Ada Admin"}, headers=headers)


def canvas_errors(status: int, message: str, headers: dict[str, str]) -> JSONResponse:
    """Return a refusal as Canvas writes it."""
    return JSONResponse({"errors": [{"message": message}]}, status_code=status, headers=headers)
