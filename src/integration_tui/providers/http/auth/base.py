"""What every kind of proof has: headers for a request, and none that cannot be sent."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Protocol

import msgspec

from integration_tui.domain.errors import CredentialsError
from integration_tui.domain.provider import Authentication, ProviderContext
from integration_tui.domain.redaction import known_secrets
from integration_tui.domain.secret import SecretRef
from integration_tui.providers.http.models import AuthHeaders, Request


class Scopes(msgspec.Struct, frozen=True, kw_only=True):
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
                f"the secret for the header {name} has invalid characters",
                advice="remove line breaks, trailing spaces and accented letters",
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
