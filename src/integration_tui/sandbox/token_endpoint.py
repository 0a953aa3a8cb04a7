"""A token endpoint for sandboxes: client credentials by RFC 6749, refusals by its section 5.2."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote_plus

from starlette.responses import JSONResponse

from integration_tui.domain.clock import Monotonic

if TYPE_CHECKING:
    from starlette.requests import Request

_NO_STORE: Final = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What a token allows, to whom, until when."""

    until: float
    scopes: tuple[str, ...]
    client: str


@dataclass(slots=True, kw_only=True)
class TokenIssuer:
    """Who may come in, and for how long.

    `expires_in` is what is told (`None`: nothing); `lifetime_s` is how long it is true.
    `most` are the scopes that are granted of those asked for (`None`: all of them); with
    `asks_scopes` some must be. `minted` counts the tokens, `asked` keeps the fields of each
    request but the secret.
    """

    monotonic: Monotonic
    clients: dict[str, str] = field(default_factory=lambda: {"integration-tui": "s3cret"})
    scopes: tuple[str, ...] = ()
    lifetime_s: float = 3600.0
    expires_in: int | str | None = 3600
    most: tuple[str, ...] | None = None
    asks_scopes: bool = False
    prefix: str = "sandbox-token"
    minted: int = 0
    asked: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    _valid: dict[str, Granted] = field(default_factory=dict[str, Granted])

    def revoke(self) -> None:
        """Make every token given so far worthless."""
        self._valid.clear()

    def revoke_token(self, token: str) -> bool:
        """Make one token worthless; says whether it was a valid one."""
        return self._valid.pop(token, None) is not None

    def granted_to(self, request: Request) -> Granted | None:
        """Return what a request's token allows; `None` without a valid one."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        granted = self._valid.get(token)
        if kind.lower() != "bearer" or granted is None or self.monotonic() >= granted.until:
            return None
        return granted

    def scopes_of(self, request: Request) -> tuple[str, ...] | None:
        """Return the scopes of a request's token; `None` without a valid one."""
        granted = self.granted_to(request)
        return None if granted is None else granted.scopes

    async def token(self, request: Request) -> JSONResponse:
        """Answer `POST /token`."""
        fields = dict(parse_qsl((await request.body()).decode()))
        client = _client(request, fields)
        self.asked.append({k: v for k, v in fields.items() if k != "client_secret"})
        if client is None or self.clients.get(client[0]) != client[1]:
            return refused("invalid_client", "unknown client, or a wrong secret", 401)
        if fields.get("grant_type") != "client_credentials":
            return refused("unsupported_grant_type", "only client_credentials is known")
        asked = fields.get("scope", "").split()
        if not set(asked) <= set(self.scopes):
            return refused("invalid_scope", "a scope is not granted to this client")
        if self.asks_scopes and not asked:
            return refused("invalid_scope", "a scope must be asked for")
        return self.grant(asked or self.scopes, client=client[0])

    def grant(self, scopes: Sequence[str], *, client: str = "") -> JSONResponse:
        """Return a new token as an answer."""
        if self.most is not None:
            scopes = [scope for scope in scopes if scope in self.most]
        self.minted += 1
        token = f"{self.prefix}-{self.minted}"
        until = self.monotonic() + self.lifetime_s
        self._valid[token] = Granted(until=until, scopes=tuple(scopes), client=client)
        reply: dict[str, object] = {"access_token": token, "token_type": "bearer"}
        if self.expires_in is not None:
            reply["expires_in"] = self.expires_in
        return JSONResponse(reply | {"scope": " ".join(scopes)}, headers=_NO_STORE)


def _client(request: Request, fields: dict[str, str]) -> tuple[str, str] | None:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return (
            (fields["client_id"], fields.get("client_secret", ""))
            if "client_id" in fields
            else None
        )
    try:
        both = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    name, _, secret = both.partition(":")
    return unquote_plus(name), unquote_plus(secret)


def refused(code: str, description: str, status: int = 400) -> JSONResponse:
    """Return a refusal as RFC 6749 section 5.2 spells it."""
    headers = {**_NO_STORE, "WWW-Authenticate": "Basic"} if status == 401 else _NO_STORE
    return JSONResponse(
        {"error": code, "error_description": description}, status_code=status, headers=headers
    )
