"""Access tokens: obtained once for all who wait, renewed before they run out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from integration_tui.domain.errors import ProviderError
from integration_tui.domain.provider import Authentication, ProviderContext
from integration_tui.providers.http.auth.base import Scopes
from integration_tui.providers.http.models import AuthHeaders, Request

_EARLY_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An access token as the token endpoint gave it. `lifetime_s` is `None` if it says none."""

    proof: AuthHeaders = field(repr=False)
    lifetime_s: float | None
    scopes: Scopes


FetchToken = Callable[[], Awaitable[Token]]


class TokenAuthenticator:
    """Sends a bearer token. It asks for a new one a minute before the old one runs out.

    A token of less than ten minutes is renewed when a tenth of its life is left.
    """

    def __init__(self, kind: str, mint: FetchToken, context: ProviderContext) -> None:
        self._kind = kind
        self._mint = mint
        self._context = context
        self._lock = asyncio.Lock()
        self._token: Token | None = None
        self._renew_at = 0.0
        self._expires_at: datetime | None = None
        self._answers = 0
        self._error: ProviderError | None = None

    async def auth_headers(self, _request: Request, /) -> AuthHeaders:
        return (await self._current()).proof

    async def refresh(self, refused: AuthHeaders, /) -> bool:
        if self._token is not None and self._token.proof is refused:
            self._token = None
        return (await self._current()).proof is not refused

    def authentication(self) -> Authentication:
        scopes = self._token.scopes.allowed if self._token else ()
        return Authentication(kind=self._kind, expires_at=self._expires_at, scopes=scopes)

    def scopes(self) -> Scopes | None:
        return self._token.scopes if self._token else None

    async def _current(self) -> Token:
        if (token := self._usable()) is not None:
            return token
        before = self._answers
        async with self._lock:
            if (token := self._usable()) is not None:
                return token
            if self._answers != before and self._error is not None:
                # Somebody asked while we waited, and this is the answer.
                raise self._error
            return await self._obtained()

    def _usable(self) -> Token | None:
        return self._token if self._context.monotonic() < self._renew_at else None

    async def _obtained(self) -> Token:
        started, now = self._context.monotonic(), self._context.clock()
        self._error = None  # where this is cancelled, the next in line asks again
        try:
            token = await self._mint()
        except ProviderError as error:
            self._error = error
            raise
        finally:
            self._answers += 1
        self._token = token
        lifetime_s = token.lifetime_s
        if lifetime_s is None:
            self._renew_at, self._expires_at = float("inf"), None
        else:
            self._renew_at = started + lifetime_s - min(_EARLY_S, lifetime_s / 10)
            self._expires_at = now + timedelta(seconds=lifetime_s)
        return token
