"""An open line to one system: proof of who we are, a steady pace, and one second chance.

A refused proof is renewed once. `read` and `write` repeat what failed; `ask` tells what it saw.

See docs/decisions/0019.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from secrets import token_bytes
from typing import Final
from urllib.parse import urlsplit

import msgspec

from integration_tui.domain.config.policies import RateLimitPolicy
from integration_tui.domain.errors import RetryableError
from integration_tui.domain.provider import Authentication, ConnectionStep, ProviderContext
from integration_tui.domain.rate_limits import Throttle
from integration_tui.domain.secret import SecretRef
from integration_tui.logging_setup import get
from integration_tui.providers.http.auth.base import RequestAuthenticator
from integration_tui.providers.http.auth.factory import authenticator
from integration_tui.providers.http.circuit_breaker import CircuitBreaker
from integration_tui.providers.http.config import HttpConfig
from integration_tui.providers.http.connection_steps import auth_steps, network_steps
from integration_tui.providers.http.download import FileFetcher
from integration_tui.providers.http.exchange import Dialect, Exchange, Turns
from integration_tui.providers.http.models import Params, Request, Response, WriteMethod
from integration_tui.providers.http.rate_limiter import RateLimiter
from integration_tui.providers.http.retry import with_retries
from integration_tui.providers.http.ssrf_guard import AddressGuard
from integration_tui.providers.http.tls import shared_tls, trusting
from integration_tui.providers.http.transport import HttpClient

_log = get(__name__)
_SALT: Final = token_bytes(16)


class SharedQuota(msgspec.Struct, frozen=True, kw_only=True):
    """A quota of the system that all connections of this process with this key use up together.

    `key` says what the system counts by, such as a project. Where it counts by a secret, that is
    part of the key by its hash: the two are one quota in all integrations that have that secret.
    """

    key: str
    policy: RateLimitPolicy
    secret: SecretRef | None = None

    def lent(self, context: ProviderContext) -> Throttle:
        """Return what all its connections share. Raises `SecretError`."""
        key = self.key
        if self.secret is not None:
            value = context.secret(self.secret).reveal().encode(errors="surrogatepass")
            key = f"{key} {blake2b(value, key=_SALT, digest_size=16).hexdigest()}"
        return context.budget(key, self.policy)


class SessionOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a system wants to be spoken to.

    `scopes` are asked for where the config names none. `at_once` requests may be under way at the
    same time. `quotas` are kept to besides the config's own `rate_limit`.
    """

    scopes: tuple[str, ...] = ()
    accept: str = "application/json"
    dialect: Dialect = lambda _answer, _request, _clock: None
    at_once: int = 4
    quotas: tuple[SharedQuota, ...] = ()


class _Opened(msgspec.Struct, frozen=True, kw_only=True):
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
            connections=self._manners.at_once,
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

    async def download(self, url: str, into: Path, *, most: int) -> None:
        """Write a file that the system names into `into`; our proof does not go along.

        It may be on another host, but neither on this machine nor in a private network, unless
        the system is there itself. At most `most` bytes; otherwise as `read`.
        """
        await FileFetcher(self._config, self._context).fetch(url, into, most=most)

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
            raise RetryableError(
                f"{self._config.name} is not connected", advice="start the integration first"
            )
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
        manners = self._manners
        own = RateLimiter(
            config.rate_limit,
            host=self._anything().host,
            monotonic=context.monotonic,
            sleep=context.sleep,
        )
        return Exchange(
            client=client,
            auth=auth,
            turns=Turns(
                own,
                at_once=manners.at_once,
                shared=lambda: [quota.lent(context) for quota in manners.quotas],
            ),
            dialect=manners.dialect,
            clock=context.clock,
        )
