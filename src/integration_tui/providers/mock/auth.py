"""Proof of identity, simulated on both sides: an issuer of tokens, and us who keep one.

Only one caller at a time obtains a proof; the others wait for it and use the same.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec

from integration_tui.domain.errors import CredentialsError
from integration_tui.domain.provider import Authentication, ProviderContext
from integration_tui.providers.mock.config import AuthKind, MockAuthConfig

_SCOPES = ("roster.readonly", "roster.write")
_RENEW_AT_SHARE = 0.9
"""A token is renewed when so much of its life is over, so that no request is late with it."""


class _Proof(msgspec.Struct, frozen=True):
    """A token as we hold it. `renew_at` is on the monotonic clock; `None`: never."""

    token: str
    shown: Authentication
    renew_at: float | None


class MockTokenIssuer:
    """The other side: makes tokens and knows which are good. `time_scale` shortens lives."""

    def __init__(
        self, config: MockAuthConfig, context: ProviderContext, *, time_scale: float
    ) -> None:
        self.kind = config.kind
        self.revoked = config.revoked
        self.lifetime_s = (
            None if config.kind is AuthKind.API_KEY else config.lifetime_s / time_scale
        )
        self._monotonic = context.monotonic
        self._key = hashlib.sha256(context.integration_id.encode()).digest()
        self._current = ""
        self._expires_at: float | None = None
        self._issued = 0

    def issue(self) -> str:
        """Return a new token; the one before is no longer good."""
        self._issued += 1
        now = self._monotonic()
        self._expires_at = None if self.lifetime_s is None else now + self.lifetime_s
        self._current = self._jwt() if self.kind is AuthKind.JWT else self._opaque()
        return self._current

    def accepts(self, token: str) -> bool:
        """Return whether a request with this token is let in."""
        if self.kind is AuthKind.NONE:
            return True
        if self.revoked or not token or not hmac.compare_digest(token, self._current):
            return False
        return self._expires_at is None or self._monotonic() < self._expires_at

    def _opaque(self) -> str:
        return hmac.new(self._key, str(self._issued).encode(), hashlib.sha256).hexdigest()

    def _jwt(self) -> str:
        """A JSON Web Signature in compact form, RFC 7515 section 7.1, with HS256."""
        claims = {"iss": "mock", "jti": str(self._issued), "exp": self._expires_at}
        signed = b".".join(_base64url(msgspec.json.encode(part)) for part in (_JWT_HEADER, claims))
        signature = hmac.new(self._key, signed, hashlib.sha256).digest()
        return b".".join((signed, _base64url(signature))).decode()


class MockAuthenticator:
    """Our side: keeps the current proof and renews it in time. `ask` is one request."""

    def __init__(
        self,
        config: MockAuthConfig,
        context: ProviderContext,
        issuer: MockTokenIssuer,
        *,
        address: str,
        ask: Callable[[], Awaitable[None]],
    ) -> None:
        self._config = config
        self._context = context
        self._issuer = issuer
        self._address = address
        self._ask = ask
        self._proof: _Proof | None = None
        self._lock = asyncio.Lock()

    @property
    def token(self) -> str:
        """What goes with a request; empty without a proof. Hand it to the issuer only."""
        return self._proof.token if self._proof else ""

    async def authenticate(self) -> Authentication:
        """Return the current proof; obtain one where there is none or it has run out.

        Raises `CredentialsError` where we are refused, `SecretError` where the secret of
        `auth.secret` cannot be found.
        """
        async with self._lock:
            proof = self._proof
            if proof is None or not self._is_fresh(proof):
                proof = self._proof = await self._obtain()
            return proof.shown

    async def reauthenticate(self, instead_of: str | None = None) -> Authentication:
        """Throw the proof away and obtain a new one.

        With `instead_of`, only if that is still the token we hold: of many callers who were
        refused with the same one, the first renews it for all.
        """
        async with self._lock:
            if self._proof is None or instead_of in {None, self.token}:
                self._proof = None
                self._proof = await self._obtain()
            return self._proof.shown

    def forget(self) -> None:
        self._proof = None

    def _is_fresh(self, proof: _Proof) -> bool:
        return proof.renew_at is None or self._context.monotonic() < proof.renew_at

    async def _obtain(self) -> _Proof:
        config, issuer = self._config, self._issuer
        if config.secret is not None:
            self._context.secret(config.secret)
        await self._ask()
        if issuer.revoked:
            raise CredentialsError(
                f"{self._address} refused the credentials: revoked",
                advice="store a new secret, then start the integration",
            )
        if config.kind is AuthKind.NONE:
            return _Proof("", Authentication(kind=config.kind), None)
        token, life_s = issuer.issue(), issuer.lifetime_s
        expires_at = None if life_s is None else self._context.clock() + timedelta(seconds=life_s)
        renew_at = None if life_s is None else self._context.monotonic() + life_s * _RENEW_AT_SHARE
        shown = Authentication(kind=config.kind, expires_at=expires_at, scopes=_SCOPES)
        return _Proof(token, shown, renew_at)


_JWT_HEADER = {"alg": "HS256", "typ": "JWT"}


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
