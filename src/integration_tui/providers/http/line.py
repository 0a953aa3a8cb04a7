"""An open line to one system: proof of who we are, a steady pace, and one second chance.

A refused proof is renewed once. Only `read` repeats what failed; `ask` tells what it saw.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from integration_tui.domain.errors import ProviderError
from integration_tui.domain.provider import Authentication, ProviderContext
from integration_tui.providers.http.addresses import Addresses
from integration_tui.providers.http.auth import Authenticator, authenticator
from integration_tui.providers.http.client import HttpClient
from integration_tui.providers.http.config import HttpConfig
from integration_tui.providers.http.errors import status_error
from integration_tui.providers.http.messages import Answer, Params, Request
from integration_tui.providers.http.retry import repeated
from integration_tui.providers.http.throttle import Throttle

T = TypeVar("T")

Dialect = Callable[[Answer, Request], ProviderError | None]
"""Tells what a system's own kind of refusal means; `None` where the usual meaning holds."""


class Line:
    """What a connector speaks through, from `connect` to `disconnect`."""

    def __init__(
        self,
        config: HttpConfig,
        context: ProviderContext,
        *,
        default_scopes: tuple[str, ...] = (),
        dialect: Dialect | None = None,
    ) -> None:
        self._config = config
        self._context = context
        self._dialect = dialect
        self._client = HttpClient(
            Addresses(monotonic=context.monotonic, allow_private=config.allow_private_network),
            timeout_s=context.timeout_s,
        )
        self._auth: Authenticator = authenticator(
            config.auth, context, self._client, default_scopes=default_scopes
        )
        self._throttle = Throttle(
            config.rate_limit, monotonic=context.monotonic, sleep=context.sleep
        )

    async def ask(self, url: str, params: Params | None = None) -> tuple[Answer, Request]:
        """GET once. Raises `ProviderError` for every answer that is no success."""
        request = Request.get(url, params)
        proof = await self._auth.proof(request)
        answer = await self._send(sent := request.proven(proof))
        if answer.status == 401 and await self._auth.renew(proof):
            sent = request.proven(await self._auth.proof(request))
            answer = await self._send(sent)
        if not answer.is_success:
            raise self._error(answer, sent)
        return answer, sent

    async def read(self, url: str, params: Params | None = None) -> tuple[Answer, Request]:
        """GET, and repeat what fails in a way that may pass, as the config's `retry` says."""
        return await repeated(lambda: self.ask(url, params), self._config.retry, self._context)

    async def authenticate(self) -> Authentication:
        """Return the current proof; obtain one where there is none."""
        await self._auth.proof(self._request())
        return self._auth.authentication()

    async def reauthenticate(self) -> Authentication:
        """Obtain another proof than the current one."""
        request = self._request()
        await self._auth.renew(await self._auth.proof(request))
        return self._auth.authentication()

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    def _request(self) -> Request:
        return Request.get(self._config.base_url)

    async def _send(self, request: Request) -> Answer:
        await self._throttle.turn()
        return await self._client.send(request)

    def _error(self, answer: Answer, request: Request) -> ProviderError:
        if self._dialect is not None and (error := self._dialect(answer, request)):
            return error
        return status_error(answer, request, clock=self._context.clock)
