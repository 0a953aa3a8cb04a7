"""One request and its answer, the way a system wants it: proven, at its pace, refusals told."""

from __future__ import annotations

from collections.abc import Callable

from integration_tui.domain.errors import ProviderError, RetryableError
from integration_tui.domain.time import Clock
from integration_tui.providers.http.auth import Authenticator
from integration_tui.providers.http.client import HttpClient
from integration_tui.providers.http.errors import status_error
from integration_tui.providers.http.messages import Answer, Proof, Request
from integration_tui.providers.http.pace import told_pace
from integration_tui.providers.http.throttle import Throttle

Dialect = Callable[[Answer, Request, Clock], ProviderError | None]
"""Tells what a system's own kind of refusal means; `None` where the usual meaning holds."""


class Exchange:
    """Sends once; a refused proof is renewed once. What answers say about the pace is kept to."""

    def __init__(
        self,
        *,
        client: HttpClient,
        auth: Authenticator,
        throttle: Throttle,
        dialect: Dialect,
        clock: Clock,
    ) -> None:
        self._client = client
        self._auth = auth
        self._throttle = throttle
        self._dialect = dialect
        self._clock = clock

    async def once(self, request: Request, *, patience_s: float) -> tuple[Answer, Request]:
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

    async def _sent(self, request: Request, patience_s: float) -> tuple[Answer, Request, Proof]:
        await self._throttle.turn(patience_s=patience_s)
        # Only now: a proof may be good for a few seconds, and the turn may have taken longer.
        proof = await self._proof(request)
        answer = await self._client.send(sent := request.proven(proof))
        if (pace := told_pace(answer, clock=self._clock)) is not None:
            self._throttle.learn(pace)
        return answer, sent, proof

    async def _proof(self, request: Request) -> Proof:
        try:
            return await self._auth.proof(request)
        except RetryableError as error:
            # The token endpoint failed; the request itself was not sent.
            error.unprocessed = True
            raise

    async def _renewed(self, refused: Proof) -> bool:
        try:
            return await self._auth.renew(refused)
        except RetryableError as error:
            error.unprocessed = True
            raise

    def _is_stale(self, answer: Answer, request: Request) -> bool:
        """Say whether the proof was refused in a way that another proof can mend."""
        return answer.status == 401 and self._own_meaning(answer, request) is None

    def _error(self, answer: Answer, request: Request) -> ProviderError:
        own = self._own_meaning(answer, request)
        return own or status_error(answer, request, clock=self._clock)

    def _own_meaning(self, answer: Answer, request: Request) -> ProviderError | None:
        return self._dialect(answer, request, self._clock)
