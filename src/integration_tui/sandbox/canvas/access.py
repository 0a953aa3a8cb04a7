"""Who asks, and what this person may: by token, and by whom the token's user poses as.

A token is made by hand and stays, or is given for a refresh token and lives an hour. Canvas gives
no new refresh token with it. Source: Canvas REST API documentation, "OAuth2 Endpoints",
"Masquerading".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

import msgspec
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response

from integration_tui.sandbox.canvas import numbers
from integration_tui.sandbox.token_endpoint import TokenIssuer, refused

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Scope

TOKEN_PATH: Final = "/login/oauth2/token"  # noqa: S105 - a path, no secret


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """A user with rights. `account` is what they administer, with all below it; 0 is none.

    `scopes` are calls as a developer key spells them (`url:GET|/api/v1/users/:id`); `None` is all.
    """

    user: int = numbers.SERVICE_USER
    account: int = numbers.ROOT
    sees_sis_ids: bool = True
    may_report: bool = True
    may_import: bool = True
    may_masquerade: bool = True
    scopes: frozenset[str] | None = None


@dataclass(slots=True, kw_only=True)
class CanvasAccess:
    """The door. `manual` are tokens that were made by hand, `refresh` those of a consent.

    `issuer` gives the tokens of an hour, and knows the developer keys (client ids and secrets).
    """

    issuer: TokenIssuer
    manual: dict[str, Viewer] = field(default_factory=dict[str, Viewer])
    refresh: dict[str, Viewer] = field(default_factory=dict[str, Viewer])

    def viewer_of(self, request: Request, token: str) -> Viewer | None:
        """Return whose token it is; `None` where it is worthless."""
        if token in self.manual:
            return self.manual[token]
        granted = self.issuer.granted_to(_with_bearer(request, token))
        return None if granted is None else self.refresh.get(granted.client)

    async def token(self, request: Request) -> Response:
        """Answer `POST /login/oauth2/token`."""
        fields = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        self.issuer.asked.append(
            {name: value for name, value in fields.items() if name in ("grant_type", "client_id")}
        )
        client = fields.get("client_id", ""), fields.get("client_secret", "")
        if client not in self.issuer.clients.items():
            return refused("invalid_client", "unknown client", 401)
        if fields.get("grant_type") != "refresh_token":
            return refused("unsupported_grant_type", "the grant_type is not supported")
        viewer = self.refresh.get(fields.get("refresh_token", ""))
        if viewer is None:
            return refused("invalid_request", "refresh_token not found")
        given = self.issuer.grant((), client=fields["refresh_token"])
        body: dict[str, object] = msgspec.json.decode(given.body, type=dict[str, object])
        body.pop("scope", None)
        user = {"id": viewer.user, "name": "Roster Integration", "global_id": str(viewer.user)}
        return JSONResponse(
            body | {"token_type": "Bearer", "user": user, "canvas_region": "us-east-1"}
        )

    def revoke(self, token: str) -> bool:
        """Forget a token (`DELETE /login/oauth2/token`); says whether there was one."""
        return self.manual.pop(token, None) is not None or self.issuer.revoke_token(token)


def allows(viewer: Viewer, method: str, path: str) -> bool:
    """Say whether a viewer's scopes name a call; `path` has its ids as `:id`."""
    return viewer.scopes is None or f"url:{method}|{path}" in viewer.scopes


def _with_bearer(request: Request, token: str) -> Request:
    """Return a request that shows its token in the header, also where it stood in the query."""
    if Headers(scope=request.scope).get("authorization"):
        return request
    from starlette.requests import Request as StarletteRequest

    header = (b"authorization", f"Bearer {token}".encode())
    scope: Scope = {**request.scope, "headers": [*request.scope["headers"], header]}
    return StarletteRequest(scope)
