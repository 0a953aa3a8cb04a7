"""The only place that speaks HTTP. A request ends by its deadline, whatever the server does.

Redirects are followed within the same origin only, except for files, which are asked for without
a proof. Cookies, proxies and `.netrc` of the environment are not used: a credential goes to the
configured host and nowhere else.

See docs/decisions/0005.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Final
from urllib.parse import urljoin, urlsplit, urlunsplit

from integration_tui.domain.errors import IncompatibleError, ProviderError, RetryableError
from integration_tui.domain.text import visible
from integration_tui.domain.value import replace
from integration_tui.providers.http.bodies import ACCEPT_ENCODING, read_body, save_body
from integration_tui.providers.http.client_library import httpx
from integration_tui.providers.http.models import Request, Response, mask_secrets
from integration_tui.providers.http.proxy_environment import proxy_hint
from integration_tui.providers.http.ssrf_guard import AddressGuard, host_and_port
from integration_tui.providers.http.tls import (
    Handshake,
    alert_of,
    shake_hands,
    shared_tls,
    speaks_plain_http,
)
from integration_tui.providers.http.transport_errors import (
    LIBRARY,
    handshake_error,
    harmless,
    is_about_certificate,
    is_stale_connection,
    is_without_tls,
    no_tls_error,
    transport_error,
)
from integration_tui.version import VERSION

_KEEP_ALIVE_S: Final = 90.0
_MAX_REDIRECTS: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HEADERS: Final = {
    "User-Agent": f"integration-tui/{VERSION}",
    "Accept-Encoding": ACCEPT_ENCODING,
}

if find_spec("sniffio") is None:
    # httpcore looks for it four times a request, and Python does not remember that it is not
    # there: a quarter of what a request costs.
    sys.modules["sniffio"] = None  # type: ignore[assignment]  # means: known to be missing


class HttpClient:
    """The connections of one integration. `timeout_s` bounds each request as a whole.

    There are `connections` at most: more requests would queue inside httpx, whose pool grows slow
    with its queue.

    `tls` makes the TLS settings when they are needed first; `shows_certificate`: they show a
    certificate of ours. What it raises is raised by what needs them.
    """

    def __init__(
        self,
        addresses: AddressGuard,
        *,
        timeout_s: float,
        tls: Callable[[], ssl.SSLContext] = shared_tls,
        shows_certificate: bool = False,
        connections: int = 4,
    ) -> None:
        self._addresses = addresses
        self._timeout_s = timeout_s
        self._latest: tuple[tuple[str, str], httpx.URL] = (("", ""), httpx.URL())
        self._make_tls = tls
        self._shows_certificate = shows_certificate
        self._tls: ssl.SSLContext | None = None
        self._connections = connections
        self._slots = asyncio.Semaphore(connections)
        self._transports: dict[str, httpx.AsyncHTTPTransport] = {}
        self._answered: set[str] = set()

    async def send(self, request: Request) -> Response:
        """Return the answer, whatever its status.

        Raises `RetryableError` where none came in time, `IncompatibleError` where what came is
        no HTTP, too large, or a redirect to another place, `CredentialsError` where a client
        certificate is demanded or refused.
        """
        try:
            async with asyncio.timeout(self._timeout_s), self._slots:
                answer = await self._followed(request)
        except TimeoutError:
            raise self._too_late(request) from None
        self._answered.add(request.host)
        return answer

    async def resolve(self, url: str) -> tuple[str, ...]:
        """Return the addresses of a URL's host, none of which must not be called."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._addresses_of(Request.get(url))
        except TimeoutError:
            raise self._too_late(Request.get(url)) from None

    async def secure(self, url: str) -> Handshake:
        """Shake hands with a URL's host, on a connection of its own; nothing is asked."""
        request = Request.get(url)
        host, port = host_and_port(url)
        try:
            async with asyncio.timeout(self._timeout_s):
                address, *_ = await self._addresses_of(request)
                return await shake_hands(host, address, port, self._secured())
        except TimeoutError:
            raise self._too_late(request) from None
        except OSError as error:
            cause = error
        raise await self._no_tls(cause, request) or handshake_error(
            cause, request, shows_certificate=self._shows_certificate
        ) from cause

    async def close(self) -> None:
        """Close all connections. May be called twice."""
        transports, self._transports = self._transports, {}
        for transport in transports.values():
            await transport.aclose()

    def _secured(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = self._make_tls()
        return self._tls

    def _transport(self, url: str) -> httpx.AsyncHTTPTransport:
        scheme = urlsplit(url).scheme
        if scheme not in self._transports:
            is_secure = scheme == "https"
            self._transports[scheme] = httpx.AsyncHTTPTransport(
                # Without TLS nothing is trusted, and no time is lost with it.
                verify=self._secured() if is_secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
                trust_env=False,
                limits=httpx.Limits(
                    max_connections=self._connections,
                    max_keepalive_connections=self._connections,
                    keepalive_expiry=_KEEP_ALIVE_S,
                ),
            )
        return self._transports[scheme]

    def _too_late(self, request: Request) -> RetryableError:
        is_new = request.host not in self._answered and request.url.startswith("https:")
        tls = ", speaks TLS on this port" if is_new else ""
        return RetryableError(
            f"no answer from {request.host} within {self._timeout_s:g} s",
            advice=f"check that the server is up{tls} and reachable from here"
            f"{'' if request.host in self._answered else proxy_hint(request.url)}",
        )

    async def _followed(self, request: Request) -> Response:
        for _ in range(_MAX_REDIRECTS + 1):
            answer = await self._answer(request)
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return answer
            request = _redirected(request, answer)
        raise IncompatibleError(
            f"{request.host} redirects more than {_MAX_REDIRECTS} times",
            advice=f"check {request.setting}",
        )

    async def _answer(self, request: Request) -> Response:
        for is_last in (request.method != "GET", True):
            try:
                return await self._sent(request)
            except LIBRARY as error:
                # The server may have closed an idle connection just when we used it again.
                if not is_last and is_stale_connection(error):
                    continue
                failure, cause = self._failure(error, request), harmless(error)
                is_hung_up = is_stale_connection(error)
            if isinstance(cause, httpx.ConnectError):  # before the connection was secured
                failure = await self._no_tls(cause, request) or failure
            if is_hung_up and (alert := await self._alert(request)) is not None:
                failure, cause = alert, None
            raise failure from cause
        raise AssertionError("the last try returns or raises")

    def _failure(self, error: Exception, request: Request) -> ProviderError:
        return transport_error(error, request, shows_certificate=self._shows_certificate)

    async def _no_tls(self, error: Exception, request: Request) -> ProviderError | None:
        """Return the error of a port that does not speak TLS, with what it speaks instead."""
        if not is_without_tls(error):
            return None
        (_, port), (address, *_) = host_and_port(request.url), await self._addresses_of(request)
        return no_tls_error(request, speaks_http=await speaks_plain_http(address, port))

    async def _alert(self, request: Request) -> ProviderError | None:
        """Return why a server that never answered hangs up, where it says so in TLS."""
        if request.host in self._answered or not request.url.startswith("https:"):
            return None
        (host, port), (address, *_) = host_and_port(request.url), await self._addresses_of(request)
        error = await alert_of(host, address, port, self._secured())
        return self._failure(error, request) if is_about_certificate(error) else None

    async def _addresses_of(self, request: Request) -> tuple[str, ...]:
        try:
            return await self._addresses.of(request.url, setting=request.setting)
        except RuntimeError as error:  # a name is looked up in a thread
            failure = self._failure(error, request)
        raise failure

    async def _sent(self, request: Request) -> Response:
        addresses = await self._addresses_of(request)
        for address in addresses[:-1]:
            try:
                return await self._exchange(request, address, len(addresses))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._exchange(request, addresses[-1], 1)

    def _target(self, url: str, address: str) -> httpx.URL:
        """Return the URL to connect to. The latest is kept: a check asks the same every time."""
        if self._latest[0] != (url, address):
            parts = urlsplit(url)
            port = f":{parts.port}" if parts.port else ""
            host = f"[{address}]" if ":" in address else address
            # Put together as text, since httpx would parse it twice.
            text = urlunsplit((parts.scheme, f"{host}{port}", parts.path, parts.query, ""))
            self._latest = ((url, address), httpx.URL(text))
        return self._latest[1]

    async def _exchange(self, request: Request, address: str, addresses_left: int) -> Response:
        prepared = httpx.Request(
            request.method,
            self._target(request.url, address),
            headers={**_HEADERS, **request.headers, "Host": request.host},
            content=request.body,
            extensions={
                # The certificate must be the name's, though we connect to its address.
                "sni_hostname": urlsplit(request.url).hostname or "",
                "timeout": {"connect": self._timeout_s / addresses_left},
            },
        )
        response = await self._transport(request.url).handle_async_request(prepared)
        try:
            encoding = response.headers.get("content-encoding", "")
            # httpx would decompress without bounds; the raw stream is read instead.
            chunks, body = response.aiter_raw(), b""
            if request.sink is not None and response.status_code == 200:
                await save_body(chunks, request.sink, encoding=encoding, host=request.host)
            else:
                body = await read_body(chunks, encoding=encoding, host=request.host)
        finally:
            await response.aclose()
        return Response(
            status=response.status_code,
            headers=_headers(response.headers),
            body=body,
            url=request.url,
        )


def _headers(told: httpx.Headers) -> dict[str, str]:
    """Return the headers by their names in lower case; httpx looks through all of them each time.

    What is said several times is one list (RFC 9110 section 5.2); what is said several times
    alike, as where a proxy adds what the server had said, is said once.
    """
    headers: dict[str, str] = {}
    for name, value in told.multi_items():
        before = headers.get(name, value)
        headers[name] = value if before == value else f"{before}, {value}"
    return headers


def _redirected(request: Request, answer: Response) -> Request:
    try:
        target = urljoin(request.url, answer.headers["location"])
        allowed = request.leads_to
        is_same = allowed(target) if allowed else _origin(target) == _origin(request.url)
        host = urlsplit(target).netloc.rpartition("@")[2]
    except ValueError:
        target, is_same, host = "", False, ""
    if not is_same:
        where = visible(mask_secrets(host, request.hidden), limit=100) or "no host"
        if request.leads_to is not None:
            raise IncompatibleError(
                f"{request.host} redirects to {where}, where files are not downloaded from",
                advice="ask the server's administrator",
            )
        raise IncompatibleError(
            f"{request.host} redirects to {where}; credentials not sent",
            advice=f"if trusted, set {request.setting} to the redirect target",
        )
    if request.method != "GET" and answer.status not in {307, 308}:
        raise IncompatibleError(
            f"{request.host} redirects a {request.method} request",
            advice=f"set {request.setting} to the redirect target",
        )
    return replace(request, url=target)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    default = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, parts.port or default
