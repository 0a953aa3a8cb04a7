"""OAuth 1.0a without a user's token (RFC 5849): each request is signed by itself."""

from __future__ import annotations

from typing import Protocol

from integration_tui.domain.auth import OAuth1Auth
from integration_tui.domain.errors import IncompatibleError
from integration_tui.domain.provider import Authentication, ProviderContext
from integration_tui.providers.http.auth.base import revealed, sendable
from integration_tui.providers.http.models import AuthHeaders, Method, Request


class _Signer(Protocol):
    """The part of oauthlib's client that is used; oauthlib has no types."""

    def sign(self, uri: str, http_method: Method, /) -> tuple[str, dict[str, str], str | None]: ...


class OAuth1:
    """Signs the address with all its parameters; form bodies are not signed, none are sent."""

    def __init__(self, auth: OAuth1Auth, context: ProviderContext) -> None:
        self._auth = auth
        self._context = context
        self._secret: str | None = None

    async def auth_headers(self, request: Request, /) -> AuthHeaders:
        if self._secret is None:
            self._secret = revealed(self._context, self._auth.consumer_secret)
        signer = _signer(self._auth, self._secret, self._context)
        try:
            _, headers, _ = signer.sign(request.url, request.method)
        except ValueError:
            raise IncompatibleError(
                f"the address {request.host} cannot be signed", advice="check base_url"
            ) from None
        return sendable(headers, self._secret)

    async def refresh(self, _refused: AuthHeaders, /) -> bool:
        before, self._secret = self._secret, None
        self._secret = revealed(self._context, self._auth.consumer_secret)
        return self._secret != before

    def authentication(self) -> Authentication:
        return Authentication(kind=self._auth.type)

    def scopes(self) -> None:
        return None


def _signer(auth: OAuth1Auth, secret: str, context: ProviderContext) -> _Signer:
    # Slow to load, and few configs need it.
    from oauthlib.oauth1 import Client  # type: ignore[import-untyped]  # has no types

    signer: _Signer = Client(
        auth.consumer_key,
        client_secret=secret,
        signature_method=auth.signature_method,
        timestamp=str(int(context.clock().timestamp())),
    )
    return signer
