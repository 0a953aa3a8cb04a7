"""The token endpoint of an authorization server: its replies and its refusals (RFC 6749, 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from integration_tui.domain.errors import (
    CredentialsError,
    ForbiddenError,
    IncompatibleError,
    ProviderError,
    RetryableError,
)
from integration_tui.domain.provider import ProviderContext
from integration_tui.domain.redaction import MASK
from integration_tui.domain.secret import Secret
from integration_tui.domain.text import visible
from integration_tui.domain.time import Clock
from integration_tui.providers.http.auth import Scopes, bearer
from integration_tui.providers.http.client import HttpClient
from integration_tui.providers.http.decode import read_json
from integration_tui.providers.http.errors import hidden, quoted, status_error
from integration_tui.providers.http.messages import Answer, Request
from integration_tui.providers.http.tokens import Token

_MAX_LIFETIME_S: Final = 366 * 24 * 3600.0
_SCOPE: Final = frozenset({"invalid_scope", "access_denied"})
_PASSING: Final = frozenset({"temporarily_unavailable", "server_error", "internal_failure"})
_UNSUPPORTED: Final = frozenset({"unsupported_grant_type"})


class _Reply(msgspec.Struct):
    """RFC 6749 section 5.1, as real servers spell it."""

    access_token: str
    token_type: str | None = None
    expires_in: int | float | str | None = None
    refresh_token: str | None = None
    scope: str | None = None


class _Refusal(msgspec.Struct):
    """RFC 6749 section 5.2."""

    error: str = ""
    error_description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What an authorization server gave: a token, and sometimes another refresh token."""

    token: Token
    refresh_token: Secret | None


class TokenEndpoint:
    """Asks for tokens. Never repeats a request."""

    def __init__(self, client: HttpClient, context: ProviderContext) -> None:
        self._client = client
        self._context = context

    async def ask(self, request: Request, scopes: tuple[str, ...]) -> Grant:
        """Return what the server gives. `scopes` are what was asked for."""
        answer = await self._client.send(request)
        if not answer.is_success:
            raise token_error(answer, request, clock=self._context.clock)
        reply = read_json(answer, request, _Reply, is_secret=True)
        if (reply.token_type or "bearer").lower() != "bearer" or not reply.access_token:
            secrets = (*request.hidden, reply.access_token)
            kind = visible(hidden(str(reply.token_type), secrets), limit=40)
            kind = kind if reply.access_token else "empty"
            raise IncompatibleError(
                f"{answer.host} gives no bearer token ({kind} token)", advice="check token_url"
            )
        token = Token(
            proof=bearer(reply.access_token),
            lifetime_s=_lifetime_s(reply.expires_in),
            scopes=Scopes(asked=scopes, granted=_granted(reply, request) if reply.scope else None),
        )
        newer = Secret(reply.refresh_token) if reply.refresh_token else None
        return Grant(token=token, refresh_token=newer)


def _lifetime_s(expires_in: float | str | None) -> float | None:
    """Return how long a token is good; `None` where the server does not say it sensibly."""
    try:
        seconds = float(expires_in or 0)
    except ValueError:
        return None
    return min(seconds, _MAX_LIFETIME_S) if seconds > 0 else None


def token_error(answer: Answer, request: Request, *, clock: Clock) -> ProviderError:
    """Return what to tell about a refused token."""
    code = _code(answer, request)
    said = quoted(answer, request.hidden)
    if code in _PASSING:
        return RetryableError(
            f"{answer.host} cannot give a token just now{said}", advice="it is tried again"
        )
    if code in _SCOPE:
        return ForbiddenError(
            f"{answer.host} does not grant what is asked for ({code}){said}",
            advice="check auth.scopes, and what the client may do there",
        )
    if code in _UNSUPPORTED:
        return IncompatibleError(
            f"{answer.host} does not know this way to sign in{said}", advice="check auth.type"
        )
    if code or answer.status == 401:
        return CredentialsError(
            f"{answer.host} refuses the credentials ({code or 'HTTP 401'}){said}",
            advice="check the client id, and the secrets that the config's auth refers to",
        )
    if answer.status in {404, 405}:
        return IncompatibleError(
            f"{answer.host} gives no tokens at this address (HTTP {answer.status})",
            advice="check token_url",
        )
    return status_error(answer, request, clock=clock)


def _granted(reply: _Reply, request: Request) -> tuple[str, ...]:
    """Return the scopes that are granted; an endpoint that echoes secrets there is not repeated."""
    scope = reply.scope or ""
    for secret in filter(None, (*request.hidden, reply.access_token)):
        scope = scope.replace(secret, MASK)
    return tuple(scope.split())


def _code(answer: Answer, request: Request) -> str:
    """Return the OAuth2 error code; empty where the refusal is none of OAuth2's."""
    if answer.status not in {400, 401, 403}:
        return ""
    try:
        code = msgspec.json.decode(answer.body, type=_Refusal).error
    except (msgspec.DecodeError, RecursionError):
        return ""
    return visible(hidden(code, request.hidden), limit=60)
