"""The only place that speaks HTTP. A request ends by its deadline, whatever the server does.

Redirects are followed within the same origin only; cookies, proxies and `.netrc` of the
environment are not used: a credential goes to the configured host and nowhere else.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from dataclasses import replace
from importlib.util import find_spec
from typing import Final
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx

from integration_tui.domain.errors import IncompatibleError, RetryableError
from integration_tui.domain.text import visible
from integration_tui.providers.http.addresses import Addresses
from integration_tui.providers.http.body import ACCEPT_ENCODING, read_body
from integration_tui.providers.http.faults import (
    handshake_error,
    harmless,
    is_stale_connection,
    transport_error,
)
from integration_tui.providers.http.masks import hidden
from integration_tui.providers.http.messages import Answer, Request
from integration_tui.providers.http.tls import Handshake, shake_hands, shared_tls
from integration_tui.version import VERSION

_CONNECTIONS: Final = 4
"""An integration's; more would queue inside httpx, whose pool grows slow with its queue."""
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
    """The connections of one integration. `timeout_s` bounds each request as a whole."""

    def __init__(
        self, addresses: Addresses, *, timeout_s: float, tls: ssl.SSLContext | None = None
    ) -> None:
        self._addresses = addresses
        self._timeout_s = timeout_s
        self._latest: tuple[tuple[str, str], httpx.URL] = (("", ""), httpx.URL())
        self._tls = tls or shared_tls()
        self._slots = asyncio.Semaphore(_CONNECTIONS)
        self._transport = httpx.AsyncHTTPTransport(
            verify=self._tls,
            trust_env=False,
            limits=httpx.Limits(
                max_connections=_CONNECTIONS,
                max_keepalive_connections=_CONNECTIONS,
                keepalive_expiry=_KEEP_ALIVE_S,
            ),
        )

    async def send(self, request: Request) -> Answer:
        """Return the answer, whatever its status.

        Raises `RetryableError` where none came in time, `IncompatibleError` where what came is
        no HTTP, too large, or a redirect to another place.
        """
        try:
            async with asyncio.timeout(self._timeout_s), self._slots:
                return await self._followed(request)
        except TimeoutError:
            raise self._too_late(request.url) from None

    async def resolve(self, url: str) -> tuple[str, ...]:
        """Return the addresses of a URL's host, none of which must not be called."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._addresses.of(*_place(url))
        except TimeoutError:
            raise self._too_late(url) from None

    async def secure(self, url: str) -> Handshake:
        """Shake hands with a URL's host, on a connection of its own; nothing is asked."""
        host, port = _place(url)
        try:
            async with asyncio.timeout(self._timeout_s):
                address, *_ = await self._addresses.of(host, port)
                return await shake_hands(host, address, port, self._tls)
        except TimeoutError:
            raise self._too_late(url) from None
        except OSError as error:
            raise handshake_error(error, urlsplit(url).netloc) from error

    async def close(self) -> None:
        """Close all connections. May be called twice."""
        await self._transport.aclose()

    def _too_late(self, url: str) -> RetryableError:
        return RetryableError(
            f"no answer from {urlsplit(url).netloc} within {self._timeout_s:g} s",
            advice="check that the server is up and reachable from here",
        )

    async def _followed(self, request: Request) -> Answer:
        for _ in range(_MAX_REDIRECTS + 1):
            answer = await self._answer(request)
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return answer
            request = _redirected(request, answer)
        raise IncompatibleError(
            f"{request.host} redirects more than {_MAX_REDIRECTS} times", advice="check base_url"
        )

    async def _answer(self, request: Request) -> Answer:
        for is_last in (request.method != "GET", True):
            try:
                return await self._sent(request)
            except httpx.TransportError as error:
                # The server may have closed an idle connection just when we used it again.
                if not is_last and is_stale_connection(error):
                    continue
                failure, cause = transport_error(error, request), harmless(error)
            raise failure from cause
        raise AssertionError("the last try returns or raises")

    async def _sent(self, request: Request) -> Answer:
        addresses = await self._addresses.of(*_place(request.url))
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

    async def _exchange(self, request: Request, address: str, addresses_left: int) -> Answer:
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
        response = await self._transport.handle_async_request(prepared)
        try:
            encoding = response.headers.get("content-encoding", "")
            # httpx would decompress without bounds; the raw stream is read instead.
            body = await read_body(response.aiter_raw(), encoding=encoding, host=request.host)
        finally:
            await response.aclose()
        return Answer(
            status=response.status_code,
            headers=_headers(response.headers),
            body=body,
            url=request.url,
        )


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


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


def _redirected(request: Request, answer: Answer) -> Request:
    try:
        target = urljoin(request.url, answer.headers["location"])
        is_same = _origin(target) == _origin(request.url)
    except ValueError:
        target, is_same = "", False
    if not is_same:
        netloc = urlsplit(target).netloc if target else "nowhere"
        where = visible(hidden(netloc, request.hidden), limit=100) or "no host"
        raise IncompatibleError(
            f"{request.host} redirects to {where}; credentials are not sent there",
            advice="write the address it redirects to as base_url, if you trust it",
        )
    if request.method != "GET" and answer.status not in {307, 308}:
        raise IncompatibleError(
            f"{request.host} redirects a {request.method} request",
            advice="write the address it redirects to into the config",
        )
    return replace(request, url=target)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    default = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, parts.port or default
