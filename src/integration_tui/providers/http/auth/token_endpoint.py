"""The token endpoint of an authorization server: its replies and its refusals (RFC 6749, 5)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import Final, TypeVar
from urllib.parse import parse_qsl

import msgspec

from integration_tui.domain.clock import Clock
from integration_tui.domain.errors import (
    CredentialsError,
    ForbiddenError,
    IncompatibleError,
    ProviderError,
    RetryableError,
)
from integration_tui.domain.provider import ProviderContext
from integration_tui.domain.secret import Secret
from integration_tui.providers.http.auth.base import Scopes, bearer
from integration_tui.providers.http.auth.token_cache import Token
from integration_tui.providers.http.error_bodies import CODES
from integration_tui.providers.http.errors import not_json, status_error, status_of
from integration_tui.providers.http.models import Request, Response, mask_secrets
from integration_tui.providers.http.transport import HttpClient

T = TypeVar("T")

_MAX_LIFETIME_S: Final = 366 * 24 * 3600.0
_LONGEST: Final = 256 * 1024
_LONGEST_TEXT: Final = 2000
_SCOPE: Final = frozenset({"invalid_scope", "access_denied"})
_PASSING: Final = frozenset({"temporarily_unavailable", "server_error", "internal_failure"})
_UNSUPPORTED: Final = frozenset({"unsupported_grant_type"})
_ELSEWHERE: Final = frozenset({404, 405, 410, 501})
_KINDS: Final = frozenset({"mac", "dpop", "pop", "n_a", "jwt", "basic", "saml2", "token"})
"""Kinds of tokens other than bearer, as they may be told."""
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_A_SCOPE: Final = re.compile(r"[\w:/.*~+•-]{1,200}", re.ASCII)


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
    error_description: object = ""


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What an authorization server gave: a token, and sometimes another refresh token."""

    token: Token
    refresh_token: Secret | None


class ClientRefusedError(CredentialsError):
    """Who the client is was refused, and not what it asked for."""


class TokenRefusal(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal in OAuth2's words, and the server's clock. `text` may name anybody."""

    code: str
    text: str
    date: str
    host: str


GrantDialect = Callable[[TokenRefusal], ProviderError | None]
"""Tells what the refusal of a kind of grant means; `None` where the usual meaning holds."""


class TokenEndpoint:
    """Asks for tokens. Never repeats a request."""

    def __init__(
        self,
        client: HttpClient,
        context: ProviderContext,
        *,
        dialect: GrantDialect = lambda _refusal: None,
    ) -> None:
        self._client = client
        self._context = context
        self._dialect = dialect

    async def ask(self, request: Request, scopes: tuple[str, ...]) -> Grant:
        """Return what the server gives. `scopes` are what was asked for."""
        answer = await self._client.send(request)
        if not answer.is_success:
            own = self._dialect(refusal) if (refusal := token_refusal(answer)) else None
            raise own or token_error(answer, request, clock=self._context.clock)
        reply = _reply(answer, request)
        kind = (reply.token_type or "bearer").lower()
        if kind != "bearer" or not reply.access_token:
            told = kind if kind in _KINDS else "an unknown kind of"
            raise IncompatibleError(
                f"{answer.host} returned no bearer token"
                f" ({told if reply.access_token else 'an empty'} token)",
                advice=f"check {request.setting}",
            )
        token = Token(
            proof=bearer(reply.access_token),
            lifetime_s=_lifetime_s(reply.expires_in),
            scopes=Scopes(asked=scopes, granted=_granted(reply, request) if reply.scope else None),
        )
        newer = Secret(reply.refresh_token) if reply.refresh_token else None
        return Grant(token=token, refresh_token=newer)


def token_error(answer: Response, request: Request, *, clock: Clock) -> ProviderError:
    """Return the error of a refused token. Its advice names the settings of the endpoint."""
    refusal = token_refusal(answer)
    code = refusal.code if refusal else ""
    if code in _PASSING:
        return RetryableError(
            f"{answer.host} cannot issue a token at the moment ({status_of(answer)})",
            advice="often temporary; if not, check the server's log",
        )
    if code in _SCOPE:
        return ForbiddenError(
            f"{answer.host} does not grant the requested access ({code})",
            advice="check auth.scopes and the permissions of the client",
        )
    if code in _UNSUPPORTED:
        return IncompatibleError(
            f"{answer.host} does not support this grant type ({code})",
            advice=f"check auth.type and {request.setting}",
        )
    if code or answer.status == 401:
        return _refused(answer, request, code)
    return _unasked(answer, request) or status_error(answer, request, clock=clock)


def _refused(answer: Response, request: Request, code: str) -> CredentialsError:
    told = CODES.get(code.lower(), "") or f"HTTP {answer.status}"
    message = f"{answer.host} refused the credentials ({told})"
    if code == "invalid_grant":
        return CredentialsError(
            message,
            advice="the grant expired or was revoked: renew the secrets of auth"
            f" (and check {request.setting})",
        )
    return ClientRefusedError(
        message,
        advice=f"check the client ID and the secrets of auth (and {request.setting})",
    )


def _unasked(answer: Response, request: Request) -> ProviderError | None:
    """Return the error where the server refuses without one of OAuth2's words."""
    if answer.status in _ELSEWHERE:
        return IncompatibleError(
            f"{answer.host} issues no tokens at this URL (HTTP {answer.status})",
            advice=f"check {request.setting}",
        )
    if answer.status == 403:
        return ForbiddenError(
            f"{answer.host} denied this client a token (HTTP 403)",
            advice=f"check {request.setting}, or ask the server's administrator to allow the"
            " client",
        )
    return None


def _reply(answer: Response, request: Request) -> _Reply:
    """Return a token reply: JSON under any name and with a BOM, or form data."""
    found = _read(answer, _Reply)
    if found is None:
        raise not_json(answer, request)
    return found


def _read(answer: Response, of: type[T]) -> T | None:
    """Return a body as `of`, `None` where it is nothing of the kind."""
    body = _plain(answer.body[:_LONGEST])
    try:
        if body.startswith("{"):
            return msgspec.json.decode(body, type=of)
        fields = dict(parse_qsl(body, max_num_fields=50))
        return msgspec.convert(fields, of) if fields else None
    except (ValueError, RecursionError):
        return None


def _plain(body: bytes) -> str:
    """Return a body as text, without its byte order mark."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body.removeprefix(mark).decode(encoding, errors="replace").strip()
    return body.decode(errors="replace").strip()


def _lifetime_s(expires_in: float | str | None) -> float | None:
    """Return how long a token is good; `None` where the server does not say it sensibly."""
    try:
        seconds = float(expires_in or 0)
    except ValueError:
        return None
    return min(seconds, _MAX_LIFETIME_S) if seconds > 0 else None


def _granted(reply: _Reply, request: Request) -> tuple[str, ...]:
    """Return the scopes that are granted; an endpoint that echoes secrets there is not repeated."""
    scopes = mask_secrets(reply.scope or "", (*request.hidden, reply.access_token)).split()
    return tuple(scope for scope in scopes if _A_SCOPE.fullmatch(scope))


def token_refusal(answer: Response) -> TokenRefusal | None:
    """Return a refusal with an OAuth2 error code; `None` where it is none of OAuth2's.

    The code may be anything, and is repeated only where it is a known one.
    """
    if answer.status not in {400, 401, 403}:
        return None
    found = _read(answer, _Refusal)
    if found is None or not found.error:
        return None
    text = found.error_description
    return TokenRefusal(
        code=found.error,
        text=text[:_LONGEST_TEXT] if isinstance(text, str) else "",
        date=answer.headers.get("date", ""),
        host=answer.host,
    )
