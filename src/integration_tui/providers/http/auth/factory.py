"""Chooses how we prove who we are, by what a config's `auth` says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import assert_never

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
from integration_tui.domain.provider import Authentication, ProviderContext
from integration_tui.domain.secret import SecretRef
from integration_tui.providers.http.auth.base import (
    RequestAuthenticator,
    basic,
    bearer,
    revealed,
    sendable,
)
from integration_tui.providers.http.models import AuthHeaders, Request
from integration_tui.providers.http.transport import HttpClient


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


def _api_key(auth: ApiKeyAuth, key: str) -> AuthHeaders:
    value = f"{auth.prefix} {key}" if auth.prefix else key
    return sendable({auth.header: value}, key)


def _custom(headers: Mapping[str, str]) -> AuthHeaders:
    return sendable(headers)
