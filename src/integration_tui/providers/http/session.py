"""An open line to one system: proof of who we are, a steady pace, and one second chance.

A refused proof is renewed once. `read` and `write` repeat what failed; `ask` tells what it saw.

See docs/decisions/0019.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from integration_tui.domain.clock import Clock
from integration_tui.domain.errors import ProviderError, RetryableError
from integration_tui.domain.provider import Authentication, ConnectionStep, ProviderContext
from integration_tui.logging_setup import get
from integration_tui.providers.http.auth.base import RequestAuthenticator
from integration_tui.providers.http.auth.factory import authenticator
from integration_tui.providers.http.circuit_breaker import CircuitBreaker
from integration_tui.providers.http.config import HttpConfig
from integration_tui.providers.http.connection_steps import auth_steps, network_steps
from integration_tui.providers.http.errors import status_error
from integration_tui.providers.http.models import (
    AuthHeaders,
    Params,
    Request,
    Response,
    WriteMethod,
)
from integration_tui.providers.http.rate_limit_headers import rate_limit_hint
from integration_tui.providers.http.rate_limiter import RateLimiter
from integration_tui.providers.http.retry import with_retries
from integration_tui.providers.http.ssrf_guard import AddressGuard
from integration_tui.providers.http.tls import shared_tls, trusting
from integration_tui.providers.http.transport import HttpClient

Dialect = Callable[[Response, Request, Clock], ProviderError | None]
"""Tells what a system's own kind of refusal means; `None` where the usual meaning holds."""


class Exchange:
    """Sends once; a refused proof is renewed once. What answers say about the pace is kept to."""

    def __init__(
        self,
        *,
        client: HttpClient,
        auth: RequestAuthenticator,
        throttle: RateLimiter,
        dialect: Dialect,
        clock: Clock,
    ) -> None:
        self._client = client
        self._auth = auth
        self._throttle = throttle
        self._dialect = dialect
        self._clock = clock

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
        await self._throttle.acquire(patience_s=patience_s)
        # Only now: a proof may be good for a few seconds, and the turn may have taken longer.
        proof = await self._proof(request)
        answer = await self._client.send(sent := request.proven(proof))
        if (pace := rate_limit_hint(answer, clock=self._clock)) is not None:
            self._throttle.adapt(pace)
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


_log = get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOptions:
    """How a system wants to be spoken to. `scopes` are asked for where the config names none."""

    scopes: tuple[str, ...] = ()
    accept: str = "application/json"
    dialect: Dialect = lambda _answer, _request, _clock: None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    client: HttpClient
    auth: RequestAuthenticator
    exchange: Exchange
    breaker: CircuitBreaker


class HttpSession:
    """What a connector speaks through. Cheap to make; holds connections when it is open."""

    def __init__(
        self, config: HttpConfig, context: ProviderContext, manners: SessionOptions | None = None
    ) -> None:
        self._config = config
        self._context = context
        self._manners = manners or SessionOptions()
        self._open: _Opened | None = None

    def open(self) -> None:
        """Make the line ready; nothing is sent yet. Harmless when it is open."""
        if self._open is not None:
            return
        config, context = self._config, self._context
        client = HttpClient(
            AddressGuard(monotonic=context.monotonic, allow_private=config.allow_private_network),
            timeout_s=context.timeout_s,
            tls=self._tls,
            shows_certificate=config.tls.client_certificate is not None,
        )
        auth = authenticator(config.auth, context, client, default_scopes=self._manners.scopes)
        self._open = _Opened(
            client=client,
            auth=auth,
            exchange=self._exchange(client, auth),
            breaker=CircuitBreaker(host=self._anything().host, monotonic=context.monotonic),
        )

    def _tls(self) -> ssl.SSLContext:
        """Return the TLS settings of this line: its own where it shows a certificate."""
        policy = self._config.tls
        if policy.client_certificate is None:
            return shared_tls()
        # Slow to load, and few configs need it.
        from integration_tui.providers.http.client_certificate import present

        context = trusting(os.environ)
        present(context, policy, self._context.secret, now=self._context.clock())
        return context

    async def close(self) -> None:
        """Close all connections and forget the proof. Harmless when it is closed."""
        opened, self._open = self._open, None
        if opened is not None:
            await opened.client.close()

    async def ask(self, url: str, params: Params | None = None) -> tuple[Response, Request]:
        """GET once. Raises `ProviderError` for every answer that is no success."""
        request = Request.get(url, params, accept=self._manners.accept)
        opened = self._opened
        with opened.breaker.watching():
            return await self._sent(request, patience_s=self._context.timeout_s)

    async def read(self, url: str, params: Params | None = None) -> tuple[Response, Request]:
        """GET, and repeat what fails in a way that may pass, as the config's `retry` says."""
        return await self._repeated(Request.get(url, params, accept=self._manners.accept))

    async def write(
        self,
        method: WriteMethod,
        url: str,
        body: object | None = None,
        *,
        repeatable: bool,
        secrets: Sequence[str] = (),
    ) -> tuple[Response, Request]:
        """Send `body` as JSON. `secrets` are parts of it that no message may repeat.

        Where it is `repeatable` (a PUT or DELETE by an id of our own) it is repeated like
        `read`; otherwise only where the server certainly did nothing yet. A `RetryableError`
        that is not `unprocessed` leaves open whether the server did it.
        """
        request = Request.write(method, url, body, accept=self._manners.accept).hiding(*secrets)
        return await self._repeated(request, only_unprocessed=not repeatable)

    async def authenticate(self) -> Authentication:
        """Return the current proof; obtain one where there is none."""
        auth = self._opened.auth
        await auth.auth_headers(self._anything())
        return auth.authentication()

    async def reauthenticate(self) -> Authentication:
        """Obtain another proof than the current one."""
        auth = self._opened.auth
        await auth.refresh(await auth.auth_headers(self._anything()))
        return auth.authentication()

    def steps(self) -> Sequence[ConnectionStep]:
        """Return the way to a proven connection: DNS, TLS, token or credentials, scopes.

        For a line that is not open. Each step relies on those before it; the first one opens
        the line, and whoever runs it closes it.
        """

        def client() -> HttpClient:
            self.open()
            return self._opened.client

        clock = self._context.clock
        return (
            *network_steps(client, self._config.base_url, clock),
            *auth_steps(
                self.authenticate,
                lambda: self._opened.auth.scopes(),
                clock,
                has_endpoint=hasattr(self._config.auth, "token_url"),
            ),
        )

    @property
    def _opened(self) -> _Opened:
        if self._open is None:
            raise RetryableError(f"{self._config.name} is not connected", advice="start it first")
        return self._open

    def _anything(self) -> Request:
        return Request.get(self._config.base_url)

    async def _repeated(
        self, request: Request, *, only_unprocessed: bool = False
    ) -> tuple[Response, Request]:
        breaker = self._opened.breaker
        # Whoever begins while the server is left alone hears it at once; a repeat waits.
        breaker.require_closed()
        return await with_retries(
            lambda: self._once(request),
            self._config.retry,
            self._context,
            # What must not be done twice: only where the other side certainly did nothing.
            may=lambda error: error.unprocessed or not only_unprocessed,
            at_least_s=breaker.left_s,
        )

    async def _once(self, request: Request) -> tuple[Response, Request]:
        async with self._opened.breaker.passing():
            return await self._sent(request, patience_s=self._config.retry.max_wait_s)

    async def _sent(self, request: Request, *, patience_s: float) -> tuple[Response, Request]:
        answer, sent = await self._opened.exchange.once(request, patience_s=patience_s)
        # Without the query: a filter names people.
        path = urlsplit(sent.url).path
        name = self._config.name
        _log.debug("asked", integration=name, method=sent.method, path=path, status=answer.status)
        return answer, sent

    def _exchange(self, client: HttpClient, auth: RequestAuthenticator) -> Exchange:
        config, context = self._config, self._context
        throttle = RateLimiter(
            config.rate_limit,
            host=self._anything().host,
            monotonic=context.monotonic,
            sleep=context.sleep,
        )
        return Exchange(
            client=client,
            auth=auth,
            throttle=throttle,
            dialect=self._manners.dialect,
            clock=context.clock,
        )
