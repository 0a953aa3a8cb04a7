"""OAuth2 grants: client credentials, refresh token and signed assertion."""

from __future__ import annotations

from urllib.parse import quote_plus

from integration_tui.domain.auth import (
    AuthorizationCodeAuth,
    ClientCredentialsAuth,
    JwtBearerAuth,
)
from integration_tui.domain.provider import ProviderContext
from integration_tui.domain.secret import Secret
from integration_tui.providers.http.auth import basic, revealed
from integration_tui.providers.http.client import HttpClient
from integration_tui.providers.http.messages import Request
from integration_tui.providers.http.token_endpoint import TokenEndpoint
from integration_tui.providers.http.tokens import Mint, Token, TokenAuthenticator


def token_authenticator(
    auth: ClientCredentialsAuth | AuthorizationCodeAuth | JwtBearerAuth,
    context: ProviderContext,
    client: HttpClient,
    *,
    default_scopes: tuple[str, ...],
) -> TokenAuthenticator:
    """Return what obtains tokens as `auth` says. `default_scopes` where it names none."""
    endpoint = TokenEndpoint(client, context)
    if isinstance(auth, ClientCredentialsAuth):
        mint = _client_credentials(auth, context, endpoint, default_scopes)
    elif isinstance(auth, AuthorizationCodeAuth):
        mint = _RefreshToken(auth, context, endpoint).mint
    else:
        mint = _assertion(auth, context, endpoint, default_scopes)
    return TokenAuthenticator(auth.type, mint, context)


def _client_credentials(
    auth: ClientCredentialsAuth,
    context: ProviderContext,
    endpoint: TokenEndpoint,
    default_scopes: tuple[str, ...],
) -> Mint:
    """RFC 6749 section 4.4."""
    scopes = default_scopes if auth.scopes is None else auth.scopes

    async def mint() -> Token:
        fields = {"grant_type": "client_credentials", **_scope(scopes)}
        secret = revealed(context, auth.client_secret)
        grant = await endpoint.ask(_request(auth, secret, fields), scopes)
        return grant.token

    return mint


class _RefreshToken:
    """RFC 6749 section 6: what remains of an authorization code.

    Canvas keeps the refresh token; where a server gives a new one, that is used until the
    program ends. It cannot be written back: a config holds references only.
    """

    def __init__(
        self, auth: AuthorizationCodeAuth, context: ProviderContext, endpoint: TokenEndpoint
    ) -> None:
        self._auth = auth
        self._context = context
        self._endpoint = endpoint
        self._newer: Secret | None = None

    async def mint(self) -> Token:
        auth = self._auth
        newer = self._newer
        token = newer.reveal() if newer else revealed(self._context, auth.refresh_token)
        fields = {"grant_type": "refresh_token", "refresh_token": token, **_scope(auth.scopes)}
        request = _request(auth, revealed(self._context, auth.client_secret), fields)
        grant = await self._endpoint.ask(request.hiding(token), auth.scopes)
        self._newer = grant.refresh_token or self._newer
        return grant.token


def _assertion(
    auth: JwtBearerAuth,
    context: ProviderContext,
    endpoint: TokenEndpoint,
    default_scopes: tuple[str, ...],
) -> Mint:
    """RFC 7523; the scopes are inside the assertion, as Google wants them."""
    scopes = auth.scopes or default_scopes

    async def mint() -> Token:
        # Slow to load, and few configs need it.
        from integration_tui.providers.http.assertion import GRANT_TYPE, signed_assertion

        key = revealed(context, auth.private_key)
        assertion = signed_assertion(auth, key, scopes=scopes, now=context.clock())
        fields = {"grant_type": GRANT_TYPE, "assertion": assertion}
        request = Request.form(auth.token_url, fields).hiding(assertion)
        return (await endpoint.ask(request, scopes)).token

    return mint


def _request(
    auth: ClientCredentialsAuth | AuthorizationCodeAuth, secret: str, fields: dict[str, str]
) -> Request:
    """Return a request that says who the client is, as RFC 6749 section 2.3.1 has it."""
    if auth.client_auth == "body":
        fields = {**fields, "client_id": auth.client_id, "client_secret": secret}
        return Request.form(auth.token_url, fields).hiding(secret)
    proof = basic(quote_plus(auth.client_id), quote_plus(secret))
    return Request.form(auth.token_url, fields).proven(proof).hiding(secret)


def _scope(scopes: tuple[str, ...]) -> dict[str, str]:
    return {"scope": " ".join(scopes)} if scopes else {}
