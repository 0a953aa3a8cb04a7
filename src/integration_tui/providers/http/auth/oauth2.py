"""OAuth2 grants: client credentials, refresh token and signed assertion."""

from __future__ import annotations

from urllib.parse import quote_plus

from integration_tui.domain.auth import (
    AuthorizationCodeAuth,
    ClientCredentialsAuth,
    JwtBearerAuth,
)
from integration_tui.domain.errors import CredentialsError
from integration_tui.domain.provider import ProviderContext
from integration_tui.domain.secret import Secret
from integration_tui.providers.http.auth.base import basic, revealed
from integration_tui.providers.http.auth.grant_errors import assertion_error, consent_error
from integration_tui.providers.http.auth.token_cache import FetchToken, Token, TokenAuthenticator
from integration_tui.providers.http.auth.token_endpoint import (
    ClientRefusedError,
    Grant,
    TokenEndpoint,
    TokenRefusal,
)
from integration_tui.providers.http.models import Request
from integration_tui.providers.http.transport import HttpClient


def token_authenticator(
    auth: ClientCredentialsAuth | AuthorizationCodeAuth | JwtBearerAuth,
    context: ProviderContext,
    client: HttpClient,
    *,
    default_scopes: tuple[str, ...],
) -> TokenAuthenticator:
    """Return what obtains tokens as `auth` says. `default_scopes` where it names none."""
    if isinstance(auth, ClientCredentialsAuth):
        endpoint = TokenEndpoint(client, context)
        mint = _client_credentials(auth, context, endpoint, default_scopes)
    elif isinstance(auth, AuthorizationCodeAuth):
        endpoint = TokenEndpoint(client, context, dialect=consent_error)
        mint = _RefreshToken(auth, context, endpoint).mint
    else:
        mint = _assertion(auth, context, client, auth.scopes or default_scopes)
    return TokenAuthenticator(auth.type, mint, context)


def _client_credentials(
    auth: ClientCredentialsAuth,
    context: ProviderContext,
    endpoint: TokenEndpoint,
    default_scopes: tuple[str, ...],
) -> FetchToken:
    """RFC 6749 section 4.4."""
    scopes = default_scopes if auth.scopes is None else auth.scopes
    client = _Client(auth, context, endpoint)

    async def mint() -> Token:
        fields = {"grant_type": "client_credentials", **_scope(scopes)}
        return (await client.ask(fields, scopes)).token

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
        self._client = _Client(auth, context, endpoint)
        self._newer: Secret | None = None

    async def mint(self) -> Token:
        auth = self._auth
        newer = self._newer
        token = newer.reveal() if newer else revealed(self._context, auth.refresh_token)
        fields = {"grant_type": "refresh_token", "refresh_token": token, **_scope(auth.scopes)}
        grant = await self._client.ask(fields, auth.scopes, token)
        self._newer = grant.refresh_token or self._newer
        return grant.token


def _assertion(
    auth: JwtBearerAuth,
    context: ProviderContext,
    client: HttpClient,
    scopes: tuple[str, ...],
) -> FetchToken:
    """RFC 7523; the scopes are inside the assertion, as Google wants them."""

    def refused(refusal: TokenRefusal) -> CredentialsError | None:
        from integration_tui.providers.http.auth.jwt_bearer import client_id

        number = client_id(revealed(context, auth.private_key))
        return assertion_error(refusal, auth, scopes=scopes, client_id=number, now=context.clock())

    endpoint = TokenEndpoint(client, context, dialect=refused)

    async def mint() -> Token:
        # Slow to load, and few configs need it.
        from integration_tui.providers.http.auth.jwt_bearer import GRANT_TYPE, signed_assertion

        key = revealed(context, auth.private_key)
        assertion = signed_assertion(auth, key, scopes=scopes, now=context.clock())
        fields = {"grant_type": GRANT_TYPE, "assertion": assertion}
        request = Request.form(auth.token_url, fields).hiding(assertion)
        try:
            return (await endpoint.ask(request, scopes)).token
        except ClientRefusedError as refusal:
            raise CredentialsError(
                refusal.message,
                advice="check issuer, subject and private_key, and that an administrator has"
                " granted the client all of auth.scopes (and check token_url)",
            ) from None

    return mint


class _Client:
    """Says who the client is, as RFC 6749 section 2.3.1 has it, or else as many servers do.

    By the RFC the id and the secret are percent-encoded before they become Basic. Where that
    makes a difference and is refused, they are sent once as they are; what works is remembered.
    """

    def __init__(
        self,
        auth: ClientCredentialsAuth | AuthorizationCodeAuth,
        context: ProviderContext,
        endpoint: TokenEndpoint,
    ) -> None:
        self._auth = auth
        self._context = context
        self._endpoint = endpoint
        self._is_plain = False

    async def ask(self, fields: dict[str, str], scopes: tuple[str, ...], *secrets: str) -> Grant:
        """Return what the endpoint gives for these fields; `secrets` are parts of them."""
        requests = [request.hiding(*secrets) for request in self._requests(fields)]
        try:
            return await self._endpoint.ask(requests[0], scopes)
        except ClientRefusedError as refusal:
            if len(requests) == 1:
                raise self._as_refused(refusal) from None
            refused = refusal
        try:
            grant = await self._endpoint.ask(requests[1], scopes)
        except ClientRefusedError:
            raise self._as_refused(refused) from None
        self._is_plain = not self._is_plain
        return grant

    def _as_refused(self, refusal: ClientRefusedError) -> CredentialsError:
        other = "body" if self._auth.client_auth == "basic" else "basic"
        advice = f"{refusal.advice}; if they are correct, set client_auth: {other}"
        return CredentialsError(refusal.message, advice=advice)

    def _requests(self, fields: dict[str, str]) -> list[Request]:
        """Return the request, and the one to make where the client is refused."""
        auth = self._auth
        secret = revealed(self._context, auth.client_secret)
        if auth.client_auth == "body":
            fields = {**fields, "client_id": auth.client_id, "client_secret": secret}
            return [Request.form(auth.token_url, fields).hiding(secret)]
        encoded = basic(quote_plus(auth.client_id), quote_plus(secret))
        proofs = [encoded]
        if ":" not in auth.client_id:  # would end there
            plain = basic(auth.client_id, secret)
            if plain.headers != encoded.headers:
                proofs = [plain, encoded] if self._is_plain else [encoded, plain]
        return [
            Request.form(auth.token_url, fields).proven(proof).hiding(secret) for proof in proofs
        ]


def _scope(scopes: tuple[str, ...]) -> dict[str, str]:
    return {"scope": " ".join(scopes)} if scopes else {}
