"""One request and its answer: a turn, a proof, and one second chance where the proof is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from integration_tui.domain.clock import Clock
from integration_tui.domain.errors import ProviderError, RetryableError
from integration_tui.domain.rate_limits import RateLimitHint, Throttle
from integration_tui.providers.http.auth.base import RequestAuthenticator
from integration_tui.providers.http.errors import status_error
from integration_tui.providers.http.models import AuthHeaders, Request, Response
from integration_tui.providers.http.rate_limit_headers import rate_limit_hint
from integration_tui.providers.http.transport import HttpClient

Dialect = Callable[[Response, Request, Clock], ProviderError | None]
"""Tells what a system's own kind of refusal means; `None` where the usual meaning holds."""


class Turns:
    """Who may ask now: `at_once` at the same time, at the pace of every throttle.

    `shared` names throttles that others have a part in. It is called at the first request, since
    their names may depend on a secret.
    """

    def __init__(
        self, own: Throttle, *, at_once: int, shared: Callable[[], Sequence[Throttle]]
    ) -> None:
        self._throttles: Sequence[Throttle] = (own,)
        self._shared: Callable[[], Sequence[Throttle]] | None = shared
        self._slots = asyncio.Semaphore(at_once)
        self._single = asyncio.Lock()
        self._is_scarce = False

    @asynccontextmanager
    async def turn(self, *, patience_s: float) -> AsyncGenerator[None]:
        """Lend a turn. Raises as `Throttle.acquire`, and what naming the shared ones raises."""
        if self._shared is not None:
            self._throttles = (*self._throttles, *self._shared())
            self._shared = None
        async with self._slots:
            if not self._is_scarce:
                await self._acquire(patience_s)
                yield
                return
            async with self._single:
                await self._acquire(patience_s)
                yield

    def adapt(self, pace: RateLimitHint) -> None:
        """Take in what an answer says: it holds for all who share a throttle."""
        self._is_scarce = pace.alone
        for throttle in self._throttles:
            throttle.adapt(pace)

    async def _acquire(self, patience_s: float) -> None:
        for throttle in self._throttles:
            await throttle.acquire(patience_s=patience_s)


class Exchange:
    """Sends once; a refused proof is renewed once. What answers say about the pace is kept to."""

    def __init__(
        self,
        *,
        client: HttpClient,
        auth: RequestAuthenticator,
        turns: Turns,
        dialect: Dialect,
        clock: Clock,
    ) -> None:
        self._client: Final = client
        self._auth: Final = auth
        self._turns: Final = turns
        self._dialect: Final = dialect
        self._clock: Final = clock

    async def once(self, request: Request, *, patience_s: float) -> tuple[Response, Request]:
        """Return the answer and the request as it was sent.

        Raises `ProviderError` for every answer that is no success, and where the server wants a
        longer pause than `patience_s`.
        """
        answer, sent, proof = await self._sent(request, patience_s)
        if self._is_stale(answer, sent) and await self._renewed(proof):
            answer, sent, _ = await self._sent(request, patience_s)
        if not answer.is_success:
            raise self._error(answer, sent)
        return answer, sent

    async def _sent(
        self, request: Request, patience_s: float
    ) -> tuple[Response, Request, AuthHeaders]:
        async with self._turns.turn(patience_s=patience_s):
            # Only now: a proof may be good for a few seconds, and the turn may have taken longer.
            proof = await self._proof(request)
            answer = await self._client.send(sent := request.proven(proof))
            if (pace := rate_limit_hint(answer, clock=self._clock)) is not None:
                self._turns.adapt(pace)
        return answer, sent, proof

    async def _proof(self, request: Request) -> AuthHeaders:
        try:
            return await self._auth.auth_headers(request)
        except RetryableError as error:
            # The token endpoint failed; the request itself was not sent.
            error.unprocessed = True
            raise

    async def _renewed(self, refused: AuthHeaders) -> bool:
        try:
            return await self._auth.refresh(refused)
        except RetryableError as error:
            error.unprocessed = True
            raise

    def _is_stale(self, answer: Response, request: Request) -> bool:
        """Return whether the proof was refused in a way that another proof can fix."""
        return answer.status == 401 and self._own_meaning(answer, request) is None

    def _error(self, answer: Response, request: Request) -> ProviderError:
        own = self._own_meaning(answer, request)
        return own or status_error(answer, request, clock=self._clock)

    def _own_meaning(self, answer: Response, request: Request) -> ProviderError | None:
        return self._dialect(answer, request, self._clock)
