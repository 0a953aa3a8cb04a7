"""Why there was no answer: faults of names, connections, TLS and HTTP, told by what to do next."""

from __future__ import annotations

import errno
import ssl
from collections.abc import Iterator
from typing import Final, TypeGuard

from integration_tui.domain.config.types import is_loopback
from integration_tui.domain.errors import (
    CredentialsError,
    IncompatibleError,
    ProviderError,
    RetryableError,
)
from integration_tui.providers.http.client_library import httpx
from integration_tui.providers.http.models import Request
from integration_tui.providers.http.proxy_environment import proxy_hint
from integration_tui.providers.http.ssrf_guard import host_and_port

LIBRARY: Final = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    OSError,
    ValueError,
    RuntimeError,
)
"""All that the libraries below raise where a server, a network or this machine is at fault."""
_CERTIFICATE: Final = {
    9: ("has a certificate that is not valid yet", "check the clock of this machine"),
    10: (
        "has a certificate that has expired",
        "ask the server's administrator to renew the certificate",
    ),
    23: (
        "has a certificate that was revoked",
        "ask the server's administrator to renew the certificate",
    ),
    62: ("has a certificate for another name", "check the host in {setting}"),
    64: ("has a certificate for another address", "use the server's name in {setting}"),
    66: (
        "has a certificate whose key is too short",
        "ask the server's administrator to renew the certificate",
    ),
}
"""By OpenSSL's verify codes, https://docs.openssl.org/master/man1/openssl-verification-options."""
_UNKNOWN_CA: Final = (
    "has a certificate of an unknown authority",
    "for your own authority: add it to the system's store or set SSL_CERT_FILE",
)
_REFUSALS: Final = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "none sent",
    "SSLV3_ALERT_BAD_CERTIFICATE": "bad certificate",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "unsupported certificate",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "revoked",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "expired",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "unknown certificate",
    "TLSV1_ALERT_UNKNOWN_CA": "unknown authority",
    "TLSV1_ALERT_DECRYPT_ERROR": "signed by an unknown authority",
    "TLSV1_ALERT_ACCESS_DENIED": "access denied",
    "SSLV3_ALERT_NO_CERTIFICATE": "none sent",
}
"""Alerts about the certificate of the client, by OpenSSL's reasons (RFC 8446 section 6.2)."""
_UNAGREED: Final = frozenset({"SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV1_ALERT_INSUFFICIENT_SECURITY"})
_PLAIN: Final = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"})
_OTHER_NAME: Final = "TLSV1_UNRECOGNIZED_NAME"
_NO_ERRORS: Final = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
_NO_FILES: Final = frozenset({errno.EMFILE, errno.ENFILE})
_CUT_OFF: Final = ("disconnected without sending", "without sending complete message")
_BINARY: Final = "illegal request line"
"""So h11 calls an answer that begins with a control character, as an alert of TLS does."""


def is_stale_connection(error: Exception) -> bool:
    """Return whether the server closed the connection before it answered anything."""
    if isinstance(error, httpx.RemoteProtocolError):
        return _CUT_OFF[0] in str(error)
    return isinstance(error, httpx.ReadError | httpx.WriteError)


def harmless(error: Exception) -> Exception | None:
    """Return an error that may stand behind ours; `None` where it quotes what was sent or came."""
    is_harmless = isinstance(error, httpx.TransportError | OSError)
    return error if is_harmless and not isinstance(error, httpx.ProtocolError) else None


def transport_error(
    error: Exception, request: Request, *, shows_certificate: bool = False
) -> ProviderError:
    """Return the error of a request that got no whole answer.

    `shows_certificate`: a certificate of ours would be shown where the server asks for one.
    """
    if isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol | httpx.InvalidURL):
        # The library's text would repeat the header, and with it the credential.
        return IncompatibleError(
            f"the request to {request.host} cannot be sent as HTTP",
            advice=f"check {request.setting} and the secrets for invalid characters",
        )
    if isinstance(error, httpx.RemoteProtocolError) and not _is_cut_off(error):
        return _no_http(error, request)
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, _NO_ERRORS):
            is_secured = not isinstance(error, httpx.ConnectError)
            return tls_error(
                cause, request, is_secured=is_secured, shows_certificate=shows_certificate
            )
    if _is_of_this_machine(error):
        return _exhausted(request.host)
    if isinstance(error, ValueError | httpx.StreamError | httpx.DecodingError):
        return IncompatibleError(
            f"{request.host} did not answer in HTTP ({type(error).__name__})",
            advice=f"check {request.setting} and the proxy in front of the server",
        )
    return _connection_error(error, request)


def is_about_certificate(error: ssl.SSLError | None) -> TypeGuard[ssl.SSLError]:
    """Return whether a server refuses us for the certificate that we show or do not show."""
    return error is not None and error.reason in _REFUSALS


def handshake_error(
    error: OSError, request: Request, *, shows_certificate: bool = False
) -> ProviderError:
    """Return the error of a connection that could not be secured."""
    if isinstance(error, ssl.SSLError):
        return tls_error(error, request, is_secured=False, shows_certificate=shows_certificate)
    if isinstance(error, ConnectionError) and not isinstance(error, ConnectionRefusedError):
        return _hung_up(request)
    return _connection_error(error, request)


def tls_error(
    error: ssl.SSLError, request: Request, *, is_secured: bool, shows_certificate: bool
) -> ProviderError:
    """Return the error of TLS; `is_secured`: the connection had been secured before it came."""
    host, reason = request.host, error.reason or ""
    if isinstance(error, ssl.SSLCertVerificationError):
        what, advice = _CERTIFICATE.get(error.verify_code, _UNKNOWN_CA)
        return IncompatibleError(f"{host} {what}", advice=advice.format(setting=request.setting))
    if reason in _REFUSALS:
        return _client_refused(host, _REFUSALS[reason], shows_certificate=shows_certificate)
    if is_secured:
        return RetryableError(
            f"the secure connection with {host} was interrupted",
            advice="often temporary; if not, check proxies and firewalls",
        )
    if isinstance(error, ssl.SSLEOFError):
        return _hung_up(request)
    if reason in _PLAIN:
        return no_tls_error(request, speaks_http=False)
    why, advice = _unsecured(reason, request)
    return IncompatibleError(f"no secure connection with {host} is possible{why}", advice=advice)


def is_without_tls(error: BaseException) -> bool:
    """Return whether a server answered a handshake with something that is not TLS."""
    return any(
        isinstance(cause, ssl.SSLError) and cause.reason in _PLAIN for cause in _causes(error)
    )


def no_tls_error(request: Request, *, speaks_http: bool) -> IncompatibleError:
    """Return the error of a port that does not speak TLS, but plain HTTP or something else."""
    host, port = host_and_port(request.url)
    if not speaks_http:
        return IncompatibleError(
            f"no TLS on port {port} of {host}: the server speaks another protocol",
            advice=f"check the port in {request.setting}",
        )
    plain = "use http:// or another port" if is_loopback(host) else "use the port for https"
    return IncompatibleError(
        f"no TLS on port {port} of {host}: the server speaks plain HTTP",
        advice=f"{plain} in {request.setting}",
    )


def _unsecured(reason: str, request: Request) -> tuple[str, str]:
    if reason == _OTHER_NAME:
        return ": unknown server name", f"check the host in {request.setting}"
    if reason in _UNAGREED:
        return (
            ": handshake refused",
            "it may require a client certificate (tls.client_certificate) or another TLS"
            " version; ask the server's administrator",
        )
    return "", f"check the port in {request.setting}; TLS 1.2 or newer is required"


def _client_refused(host: str, why: str, *, shows_certificate: bool) -> CredentialsError:
    if not shows_certificate:
        return CredentialsError(
            f"{host} requires a client certificate; none is configured",
            advice="set tls.client_certificate and tls.client_key to references to the"
            " certificate and key from the server's administrator",
        )
    return CredentialsError(
        f"{host} rejected the client certificate ({why})",
        advice="check tls.client_certificate, or ask the server's administrator for a new one",
    )


def _no_http(error: Exception, request: Request) -> IncompatibleError:
    if request.url.startswith("http:") and _BINARY in str(error):
        return IncompatibleError(
            f"{request.host} did not answer in HTTP, possibly in TLS",
            advice=f"use https:// in {request.setting}, or check the port",
        )
    return IncompatibleError(
        f"{request.host} did not answer in HTTP", advice=f"check the port in {request.setting}"
    )


def _is_cut_off(error: Exception) -> bool:
    return any(sign in str(error) for sign in _CUT_OFF)


def _is_of_this_machine(error: Exception) -> bool:
    """Return whether it is this machine that has no threads, files or memory left."""
    return any(
        (isinstance(cause, RuntimeError) and "thread" in str(cause))
        or (isinstance(cause, OSError) and cause.errno in {errno.ENOMEM, errno.ENOBUFS})
        for cause in _causes(error)
    )


def _exhausted(host: str) -> RetryableError:
    return RetryableError(
        f"no connection to {host}: out of threads or memory on this machine",
        advice="close other programs or raise the limits (ulimit -u)",
        unprocessed=True,
    )


def _connection_error(error: Exception, request: Request) -> RetryableError:
    host = request.host
    if any(isinstance(cause, OSError) and cause.errno in _NO_FILES for cause in _causes(error)):
        return RetryableError(
            f"no connection to {host}: too many open files",
            advice="raise the limit of open files (ulimit -n); each integration keeps a connection",
            unprocessed=True,
        )
    hint = proxy_hint(request.url)
    if any(isinstance(cause, ConnectionRefusedError) for cause in _causes(error)):
        return RetryableError(
            f"{host} refused the connection",
            advice=f"check that the server runs, and the port in {request.setting}{hint}",
            unprocessed=True,
        )
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | OSError):
        return RetryableError(
            f"{host} cannot be reached",
            advice=f"check the network and {request.setting}{hint}",
            unprocessed=True,
        )
    is_plain = request.url.startswith("http:")
    other = "speak TLS on this port" if is_plain else "ask for a client certificate"
    return RetryableError(
        f"{host} closed the connection before the answer was complete",
        advice=f"the server may be restarting, or may {other}: check the server's log",
    )


def _hung_up(request: Request) -> RetryableError:
    return RetryableError(
        f"{request.host} closed the connection while it was being secured",
        advice=f"check that the server speaks TLS on the port in {request.setting}"
        f"{proxy_hint(request.url)}",
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
