"""The little of Google that a connector needs to sign in and be checked.

`/token` verifies the assertion for real (RFC 7523, as Google documents it for service accounts);
`/v1/courses` wants a token with a scope for courses. Errors are in Google's shape.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from integration_tui.domain.clock import Clock, Monotonic
from integration_tui.sandbox.fault_middleware import FaultInjection
from integration_tui.sandbox.faults import Faults
from integration_tui.sandbox.token_endpoint import TokenIssuer, refused

GRANT_TYPE: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
COURSES: Final = "https://www.googleapis.com/auth/classroom.courses.readonly"
ROSTERS: Final = "https://www.googleapis.com/auth/classroom.rosters.readonly"
_LONGEST_S: Final = 3600
_SKEW_S: Final = 300


@dataclass(slots=True, kw_only=True)
class Account:
    """A service account with domain-wide delegation: its key, and for whom it may act."""

    key: RSAKey = field(repr=False)
    email: str = "console@school-project.iam.gserviceaccount.com"
    subjects: tuple[str, ...] = ("admin@school.example.org",)
    scopes: tuple[str, ...] = (COURSES, ROSTERS)


class GoogleSandbox:
    """The app with its switches. `claims` are those of the latest good assertion."""

    def __init__(
        self,
        account: Account,
        *,
        clock: Clock,
        monotonic: Monotonic,
        courses: tuple[str, ...] = ("101",),
    ) -> None:
        self.account = account
        self.courses = courses
        self.issuer = TokenIssuer(monotonic=monotonic)
        self.faults = Faults()
        self.claims: dict[str, object] = {}
        self.seen: list[str] = []
        self._clock = clock
        routes = [
            Route("/token", self._token, methods=["POST"]),
            Route("/v1/courses", self._courses),
        ]
        self.app = FaultInjection(Starlette(routes=routes), self.faults, spared="/token")

    async def _token(self, request: Request) -> JSONResponse:
        fields = dict(parse_qsl((await request.body()).decode()))
        if fields.get("grant_type") != GRANT_TYPE:
            return refused("unsupported_grant_type", "Invalid grant_type")
        try:
            claims = jwt.decode(
                fields.get("assertion", ""), self.account.key, algorithms=["RS256"]
            ).claims
        except (JoseError, ValueError):
            return refused("invalid_grant", "Invalid JWT Signature.")
        return self._refusal(request, claims) or self._granted(claims)

    def _refusal(self, request: Request, claims: dict[str, object]) -> JSONResponse | None:
        if claims.get("iss") != self.account.email or claims.get("aud") != f"{request.url}":
            return refused("invalid_grant", "Invalid JWT: wrong issuer or audience")
        if not self._is_current(claims):
            return refused(
                "invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes)"
            )
        if claims.get("sub") not in self.account.subjects:
            return refused("invalid_grant", "Invalid email or User ID")
        if not set(_scopes(claims)) or not set(_scopes(claims)) <= set(self.account.scopes):
            return refused(
                "unauthorized_client",
                "Client is unauthorized to retrieve access tokens using this method, or client"
                " not authorized for any of the scopes requested.",
                401,
            )
        return None

    def _is_current(self, claims: dict[str, object]) -> bool:
        issued_at, expires_at = claims.get("iat"), claims.get("exp")
        if not isinstance(issued_at, int) or not isinstance(expires_at, int):
            return False
        now = self._clock().timestamp()
        is_short = 0 < expires_at - issued_at <= _LONGEST_S
        return is_short and issued_at - _SKEW_S <= now < expires_at + _SKEW_S

    def _granted(self, claims: dict[str, object]) -> JSONResponse:
        self.claims = claims
        return self.issuer.grant(_scopes(claims))

    async def _courses(self, request: Request) -> JSONResponse:
        self.seen.append(f"{request.url.path}?{request.url.query}")
        scopes = self.issuer.scopes_of(request)
        if scopes is None:
            return error(401, "Request had invalid authentication credentials.")
        if COURSES not in scopes:
            return error(403, "Request had insufficient authentication scopes.")
        size = int(request.query_params.get("pageSize", 30))
        found = [{"id": course} for course in self.courses[:size]]
        # Empty lists are left out, as proto3's JSON does it.
        return JSONResponse({"courses": found} if found else {})


_STATUS: Final = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}


def error(code: int, message: str) -> JSONResponse:
    """Return an error in the envelope of all Google APIs."""
    body = {"error": {"code": code, "message": message, "status": _STATUS[code]}}
    return JSONResponse(body, status_code=code)


def _scopes(claims: dict[str, object]) -> list[str]:
    return str(claims.get("scope", "")).split()
