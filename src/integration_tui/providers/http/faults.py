"""Faults of the transport, told in one sentence each: who has to look where."""

from __future__ import annotations

import errno
import ssl
from collections.abc import Iterator
from typing import Final

import httpx

from integration_tui.domain.errors import IncompatibleError, ProviderError, RetryableError
from integration_tui.providers.http.messages import Request

_CERTIFICATE: Final = {
    10: ("has a certificate that has expired", "ask who runs the server to renew it"),
    62: ("has a certificate for another name", "check the host in base_url"),
    64: ("has a certificate for another address", "write the server's name into base_url"),
}
"""By OpenSSL's verify codes, https://docs.openssl.org/master/man1/openssl-verification-options."""
_UNKNOWN_CA: Final = (
    "has a certificate of an unknown authority",
    "if it is your own, add the authority to the system's or name its file in SSL_CERT_FILE",
)
_NO_FILES: Final = frozenset({errno.EMFILE, errno.ENFILE})
_CUT_OFF: Final = ("disconnected without sending", "without sending complete message")


def is_stale_connection(error: httpx.TransportError) -> bool:
    """Say whether the server closed the connection before it answered anything."""
    if isinstance(error, httpx.RemoteProtocolError):
        return _CUT_OFF[0] in str(error)
    return isinstance(error, httpx.ReadError | httpx.WriteError)


def harmless(error: httpx.TransportError) -> httpx.TransportError | None:
    """Return an error that may stand behind ours; `None` where it quotes what was sent or came."""
    return None if isinstance(error, httpx.ProtocolError) else error


def transport_error(error: httpx.TransportError, request: Request) -> ProviderError:
    """Return what to tell about a request that got no whole answer."""
    if isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol):
        # The library's text would repeat the header, and with it the credential.
        return IncompatibleError(
            f"the request to {request.host} cannot be sent as HTTP",
            advice="check base_url, and the secrets for stray characters",
        )
    if isinstance(error, httpx.RemoteProtocolError) and not _is_cut_off(error):
        return IncompatibleError(
            f"{request.host} does not answer in HTTP", advice="check the port in base_url"
        )
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return _tls_error(cause, request.host)
    return _connection_error(error, request.host)


def handshake_error(error: OSError, host: str) -> ProviderError:
    """Return what to tell about a connection that could not be secured."""
    if isinstance(error, ssl.SSLError):
        return _tls_error(error, host)
    if isinstance(error, ConnectionError) and not isinstance(error, ConnectionRefusedError):
        return _hung_up(host)
    return _connection_error(error, host)


def _is_cut_off(error: httpx.RemoteProtocolError) -> bool:
    return any(sign in str(error) for sign in _CUT_OFF)


def _connection_error(error: httpx.TransportError | OSError, host: str) -> RetryableError:
    if any(isinstance(cause, OSError) and cause.errno in _NO_FILES for cause in _causes(error)):
        return RetryableError(
            f"no connection to {host}: this program may not open more files",
            advice="raise the limit of open files (ulimit -n); each integration keeps a connection",
            unprocessed=True,
        )
    if any(isinstance(cause, ConnectionRefusedError) for cause in _causes(error)):
        return RetryableError(
            f"{host} refuses the connection",
            advice="check that the server is running, and the port in base_url",
            unprocessed=True,
        )
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | OSError):
        return RetryableError(
            f"{host} cannot be reached",
            advice="check the network between here and there",
            unprocessed=True,
        )
    return RetryableError(
        f"{host} closed the connection before its answer was complete",
        advice="it may be restarting; if it goes on, look into the server's log",
    )


def _tls_error(error: ssl.SSLError, host: str) -> ProviderError:
    if isinstance(error, ssl.SSLCertVerificationError):
        what, advice = _CERTIFICATE.get(error.verify_code, _UNKNOWN_CA)
        return IncompatibleError(f"{host} {what}", advice=advice)
    if isinstance(error, ssl.SSLEOFError):
        return _hung_up(host)
    return IncompatibleError(
        f"no secure connection with {host} is possible",
        advice="it must speak TLS 1.2 or newer; check the port in base_url",
    )


def _hung_up(host: str) -> RetryableError:
    return RetryableError(
        f"{host} closed the connection while it was being secured",
        advice="check that it speaks TLS on this port",
        unprocessed=True,
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that led to it."""
    left: list[BaseException | None] = [error]
    seen: set[int] = set()
    while left:
        one = left.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            left += [one.__cause__, one.__context__]
