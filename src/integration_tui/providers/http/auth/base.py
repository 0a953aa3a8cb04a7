"""Who we are, told to a server in the way its config says. One factory for all kinds."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, assert_never

from integration_tui.domain.auth import (
    ApiKeyAuth,
    Auth,
    AuthorizationCodeAuth,
    BasicAuth,
    ClientCredentialsAuth,
    CustomHeadersAuth,
    JwtAuth,
    JwtBearerAuth,
    OAuth1Auth,
)
from integration_tui.domain.errors import CredentialsError
from integration_tui.domain.provider import Authentication, ProviderContext
from integration_tui.domain.redaction import known_secrets
from integration_tui.domain.secret import SecretRef
from integration_tui.providers.http.models import AuthHeaders, Request
from integration_tui.providers.http.transport import HttpClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Scopes:
    """What was asked of a token endpoint, and what it says it granted; `None`: it says nothing."""

    asked: tuple[str, ...]
    granted: tuple[str, ...] | None

    @property
    def allowed(self) -> tuple[str, ...]:
        """Where nothing is said, what was asked for was granted (RFC 6749 section 5.1)."""
        return self.asked if self.granted is None else self.granted


class RequestAuthenticator(Protocol):
    """Proves who we are with every request."""

    async def auth_headers(self, request: Request, /) -> AuthHeaders:
        """Return the headers for this request; obtain them where there are none."""
        ...

    async def refresh(self, refused: AuthHeaders, /) -> bool:
        """Get another proof than the refused one; say whether there is another now.

        Many may ask at once; one of them does it.
        """
        ...

    def authentication(self) -> Authentication:
        """Describe the current proof, without the proof itself."""
        ...

    def scopes(self) -> Scopes | None:
        """Return what the current proof allows; `None` where the kind knows no scopes."""
        ...


def authenticator(
    auth: Auth, context: ProviderContext, client: HttpClient, *, default_scopes: tuple[str, ...]
) -> RequestAuthenticator:
    """Return what proves who we are by a config's `auth`. Does no I/O, resolves no secret."""
    if isinstance(auth, ClientCredentialsAuth | AuthorizationCodeAuth | JwtBearerAuth):
        from integration_tui.providers.http.auth.oauth2 import token_authenticator

        return token_authenticator(auth, context, client, default_scopes=default_scopes)
    if isinstance(auth, OAuth1Auth):
        from integration_tui.providers.http.auth.oauth1 import OAuth1

        return OAuth1(auth, context)
    return FixedHeaders(auth.type, _maker(auth, context))


def _maker(
    auth: ApiKeyAuth | BasicAuth | JwtAuth | CustomHeadersAuth, context: ProviderContext
) -> Callable[[], AuthHeaders]:
    def reveal(reference: SecretRef) -> str:
        return revealed(context, reference)

    match auth:
        case ApiKeyAuth():
            return lambda: _api_key(auth, reveal(auth.key))
        case BasicAuth():
            return lambda: basic(auth.username, reveal(auth.password))
        case JwtAuth():
            return lambda: bearer(reveal(auth.token))
        case CustomHeadersAuth():
            return lambda: _custom({name: reveal(ref) for name, ref in auth.headers.items()})
        case _:
            assert_never(auth)


class FixedHeaders:
    """Headers that stay the same until they are refused; then the secrets are read again."""

    def __init__(self, kind: str, make: Callable[[], AuthHeaders]) -> None:
        self._kind = kind
        self._make = make
        self._proof: AuthHeaders | None = None

    async def auth_headers(self, _request: Request, /) -> AuthHeaders:
        if self._proof is None:
            self._proof = self._make()
        return self._proof

    async def refresh(self, refused: AuthHeaders, /) -> bool:
        self._proof = self._make()
        return self._proof.headers != refused.headers

    def authentication(self) -> Authentication:
        return Authentication(kind=self._kind)

    def scopes(self) -> None:
        return None


def revealed(context: ProviderContext, reference: SecretRef) -> str:
    """Return a secret that can be sent in a header. Raises `CredentialsError`, `SecretError`.

    Checked here, since the libraries below repeat the value in their error.
    """
    value = context.secret(reference).reveal()
    if not value:
        raise CredentialsError(f"the secret {reference} is empty", advice="set it")
    return value


def sendable(headers: Mapping[str, str], *hidden: str) -> AuthHeaders:
    """Return headers as a proof. Raises `CredentialsError` where one cannot be sent."""
    for name, value in headers.items():
        if not (value.isascii() and value.isprintable()) or value != value.strip():
            raise CredentialsError(
                f"the secret for the header {name} has characters that cannot be sent",
                advice="look for a line break or blank at its end, and for letters with accents",
            )
    for secret in hidden:
        known_secrets.remember(secret)
    return AuthHeaders(headers=headers, hidden=(*hidden, *headers.values()))


def bearer(token: str) -> AuthHeaders:
    """RFC 6750 section 2.1."""
    return sendable({"Authorization": f"Bearer {token}"}, token)


def basic(username: str, password: str) -> AuthHeaders:
    """RFC 7617, in UTF-8."""
    both = base64.b64encode(f"{username}:{password}".encode()).decode()
    return sendable({"Authorization": f"Basic {both}"}, both, password)


def _api_key(auth: ApiKeyAuth, key: str) -> AuthHeaders:
    value = f"{auth.prefix} {key}" if auth.prefix else key
    return sendable({auth.header: value}, key)


def _custom(headers: Mapping[str, str]) -> AuthHeaders:
    return sendable(headers)
