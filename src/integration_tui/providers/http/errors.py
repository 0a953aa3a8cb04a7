"""Answers that are no success, told by what to do next: by kind and place, never by content.

Nothing that we sent and nothing that a server wrote is repeated but codes of closed lists: its
sentences and pages may name people.
"""

from __future__ import annotations

import errno
import math
import re
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypeGuard

import httpx
import msgspec

from integration_tui.domain.clock import Clock
from integration_tui.domain.errors import (
    CredentialsError,
    ForbiddenError,
    IncompatibleError,
    ProviderError,
    RemoteNotFoundError,
    RetryableError,
    ThrottledError,
)
from integration_tui.providers.http.models import Request, Response
from integration_tui.providers.http.proxy_environment import proxy_hint

MAX_ERROR_BODY: Final = 64 * 1024
_WORDS: Final = (
    "imsx_description",  # OneRoster 1.1 and 1.2
    "error_description",  # OAuth2, RFC 6749 section 5.2
    "message",  # Google, Canvas
    "detail",  # RFC 9457
    "title",
    "error",
)
_WRAPPERS: Final = ("imsx_StatusInfo", "imsx_statusInfo", "statusInfoSet", "error", "errors")
_MAX_DEPTH: Final = 4


def server_text(answer: Response) -> str:
    """Return the server's own words, raw and of any length; empty where it has none."""
    body = answer.body[:MAX_ERROR_BODY]
    if "html" in answer.media_type or body.lstrip()[:1] == b"<":
        return ""
    if answer.media_type == "text/plain":
        return body.decode(errors="replace").strip()
    try:
        return _said(msgspec.json.decode(body), _MAX_DEPTH).strip()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def _said(value: object, depth: int) -> str:
    if isinstance(value, str):
        return value
    if depth == 0:
        return ""
    if is_list(value):
        return _said(value[0], depth - 1) if value else ""
    return _said_in(value, depth) if is_object(value) else ""


def _said_in(value: Mapping[str, object], depth: int) -> str:
    for key in _WORDS:
        if isinstance(words := value.get(key), str) and words:
            return words
    for key in _WRAPPERS:
        if words := _said(value.get(key), depth - 1):
            return words
    return ""


def is_object(value: object) -> TypeGuard[Mapping[str, object]]:
    """Return whether a decoded JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[object]]:
    """Return whether a decoded JSON value is a list."""
    return isinstance(value, list)


_OAUTH: Final = """
    invalid_request invalid_client invalid_grant unauthorized_client unsupported_grant_type
    invalid_scope access_denied unsupported_response_type server_error temporarily_unavailable
    invalid_token insufficient_scope insufficient_user_authentication invalid_target
    slow_down expired_token unsupported_token_type invalid_dpop_proof use_dpop_nonce
    interaction_required login_required consent_required account_selection_required
    invalid_client_metadata invalid_assertion invalid_authorization_details
"""
"""IANA's registry of OAuth extensions errors, RFC 6749, 6750, 8628, 8707, 9449, 9470, OIDC Core."""
_ONEROSTER: Final = """
    invaliddata invalid_data unauthorisedrequest unauthorizedrequest forbidden server_busy
    unknownobject internal_server_error invalid_filter_field invalid_selection_field
    invalid_blank_selection_field invalid_sort_field deletefailure targetreadfailure
    targetwritefailure savepointerror savepointsyncerror unsupported unsupportedLISoperation
    idallocfail idallocinusefail overflowfail partialdatastorage nosourcedids invalidsourcedid
    unknownquery unknownvocabulary targetisbusy linkfailure
"""
"""imsx_codeMinor, REST bindings of 1.1 and 1.2; two of them as Ed-Fi and 1.1 spell them."""
_GOOGLE: Final = """
    INVALID_ARGUMENT FAILED_PRECONDITION OUT_OF_RANGE UNAUTHENTICATED PERMISSION_DENIED NOT_FOUND
    ABORTED ALREADY_EXISTS RESOURCE_EXHAUSTED CANCELLED DATA_LOSS UNKNOWN INTERNAL UNIMPLEMENTED
    UNAVAILABLE DEADLINE_EXCEEDED ACCESS_TOKEN_SCOPE_INSUFFICIENT ACCESS_TOKEN_EXPIRED
    ACCESS_TOKEN_TYPE_UNSUPPORTED SERVICE_DISABLED ACCOUNT_STATE_INVALID CREDENTIALS_MISSING
    RATE_LIMIT_EXCEEDED RESOURCE_QUOTA_EXCEEDED BILLING_DISABLED CONSUMER_INVALID API_KEY_INVALID
    accessNotConfigured authError badRequest backendError conflict dailyLimitExceeded domainPolicy
    forbiddenForServiceAccounts insufficientPermissions invalidParameter keyInvalid notFound
    invalidPageToken parseError quotaExceeded rateLimitExceeded required userRateLimitExceeded
    admin_policy_enforced deleted_client disabled_client internal_failure org_internal
    rate_limit_exceeded
"""
"""google.rpc.Code, reasons of google.rpc.ErrorInfo, of the older errors, and of its OAuth."""
_CANVAS: Final = "unauthenticated unauthorized insufficient_scopes"

CODES: Final = {
    code.lower(): code
    for code in f"{_OAUTH} {_ONEROSTER} {_GOOGLE} {_CANVAS}".split()
    if code not in {"required", "conflict", "unsupported"}
}
_KEYS: Final = frozenset(
    {"error", "code", "error_code", "errorcode", "reason", "status", "imsx_codeminor",
     "imsx_codeminorfieldvalue"}
)  # fmt: skip
_MOST: Final = 200
_CHALLENGE: Final = re.compile(r"\berror=\"?([a-z_]{3,40})")


def machine_code(answer: Response) -> str:
    """Return the code by which a refusal calls itself; empty where it is none that we know."""
    challenge = _CHALLENGE.search(answer.headers.get("www-authenticate", "")[:1000])
    told = [*_told(answer), challenge[1] if challenge else ""]
    return next((CODES[code.lower()] for code in told if code.lower() in CODES), "")


def _told(answer: Response) -> Iterator[str]:
    try:
        value: object = msgspec.json.decode(answer.body[:MAX_ERROR_BODY])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    left = [value]
    for _ in range(_MOST):
        if not left:
            return
        found = left.pop(0)
        if is_list(found):
            left += found
        elif is_object(found):
            yield from (
                text for key, text in found.items()
                if key.lower() in _KEYS and isinstance(text, str)
            )  # fmt: skip
            left += found.values()


MAX_RETRY_AFTER_S: Final = 15 * 60.0
_PASSING: Final = frozenset({408, 425, 500, 502, 503, 504})
_WANTS_TLS: Final = re.compile(
    rb"plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL-enabled"
    rb"|HTTP request to an HTTPS server",
    re.IGNORECASE,
)
"""nginx, Apache, Go."""
_KINDS: Final = {
    "text/plain": "plain text",
    "text/csv": "CSV",
    "text/xml": "XML",
    "application/xml": "XML",
    "application/pdf": "a PDF file",
    "application/zip": "a zip file",
    "application/octet-stream": "a file",
    "application/x-www-form-urlencoded": "form data",
}
_BYTE: Final = re.compile(r"\(byte (\d+)\)$")


def status_error(answer: Response, request: Request, *, clock: Clock) -> ProviderError:
    """Return the error for an answer whose status is no success."""
    if answer.status == 429:
        return throttled(answer, request, clock=clock)
    if answer.status in _PASSING or answer.status > 504:
        return RetryableError(
            f"{answer.host} has an error of its own ({status_of(answer)})",
            advice="it may pass; if it goes on, look into the server's log",
            retry_after_s=(wait_s := retry_after_s(answer, clock=clock)),
            unprocessed=answer.status == 503 and wait_s is not None,
        )
    return _refusal(answer, request) or _misfit(answer, request)


def throttled(answer: Response, _request: Request, *, clock: Clock) -> ThrottledError:
    """Return the error where the server asks for fewer requests."""
    return ThrottledError(
        f"{answer.host} asks for fewer requests ({status_of(answer)})",
        advice="wait, and lower rate_limit if it goes on",
        retry_after_s=retry_after_s(answer, clock=clock),
        unprocessed=True,
    )


def status_of(answer: Response) -> str:
    """Return the status of an answer and the code by which it calls itself, if it is known."""
    code = machine_code(answer)
    return f"HTTP {answer.status}, {code}" if code else f"HTTP {answer.status}"


def _refusal(answer: Response, request: Request) -> ProviderError | None:
    if answer.status == 401:
        return CredentialsError(
            f"{answer.host} does not accept the credentials ({status_of(answer)})",
            advice="renew the secret that the config's auth refers to, then start it again",
        )
    if answer.status == 403:
        return ForbiddenError(
            f"{answer.host} accepts the credentials but does not allow this ({status_of(answer)})",
            advice="ask who runs the server for the missing scope or role",
        )
    if answer.status == 404:
        return RemoteNotFoundError(
            f"{answer.host} has nothing at this address ({status_of(answer)})",
            advice=f"check {request.setting} and its path",
        )
    return None


def _misfit(answer: Response, request: Request) -> IncompatibleError:
    """Return the error where the server understands who asks, but not what is asked."""
    if answer.status == 409:
        return IncompatibleError(
            f"{answer.host} has something else at this place already ({status_of(answer)})",
            advice="read the record again and compare; somebody may have changed it meanwhile",
        )
    if answer.status == 422:
        what = "request" if request.method in {"GET", "DELETE"} else "record"
        return IncompatibleError(
            f"{answer.host} does not accept the {what} ({status_of(answer)})",
            advice="compare it with the rules of the server, whose log says which one it breaks",
        )
    if request.url.startswith("http:") and _WANTS_TLS.search(answer.body[:2000]):
        return IncompatibleError(
            f"{answer.host} wants TLS on this port ({status_of(answer)})",
            advice=f"write https:// in {request.setting}",
        )
    return IncompatibleError(
        f"{answer.host} does not take the request ({status_of(answer)})",
        advice=f"check the type, the version and {request.setting}",
    )


def not_json(answer: Response, request: Request) -> IncompatibleError:
    """Return the error where JSON was asked for and something else came."""
    if answer.status == 204:
        # A listing was understood, so no setting is wrong; a token endpoint always has content.
        is_token = "token_url" in request.setting
        return IncompatibleError(
            f"{answer.host} answers without content ({status_of(answer)})",
            advice="check token_url: it may not be the address of a token endpoint"
            if is_token
            else "tell who runs the server: a list without records is JSON, too",
        )
    if "html" in answer.media_type or answer.body.lstrip()[:1] == b"<":
        return IncompatibleError(
            f"{answer.host} answers with a web page instead of data",
            advice=f"it may be a login page: check {request.setting},"
            " and whether the API needs a path",
        )
    if answer.media_type and "json" not in answer.media_type:
        # The type itself may hold anything, too.
        kind = _KINDS.get(answer.media_type, "another type of content")
        return IncompatibleError(
            f"{answer.host} answers with {kind} instead of JSON",
            advice=f"check {request.setting}",
        )
    return IncompatibleError(
        f"{answer.host} answers with JSON that cannot be read: {_damage(answer.body)}",
        advice=f"it may be cut off or damaged: check {request.setting}, or tell who runs the"
        " server",
    )


def _damage(body: bytes) -> str:
    """Return in a few words what is wrong with a body, and where; nothing of what is in it."""
    size = f"{len(body):,} bytes"
    if not body.strip():
        return "it is empty"
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
        body.decode()
    except RecursionError:
        return f"it is nested too deeply ({size})"
    except UnicodeDecodeError as error:
        return f"byte {error.start:,} of {size} is not UTF-8"
    except msgspec.DecodeError as error:
        if "truncated" in f"{error}":
            return f"it is cut off after {size}"
        found = _BYTE.search(f"{error}")
        return f"it is damaged at byte {int(found[1]) if found else 0:,} of {size}"
    return f"it has not the expected form ({size})"


def retry_after_s(answer: Response, *, clock: Clock) -> float | None:
    """Return seconds to wait as the server says, 15 minutes at most.

    `None` where it says nothing that can be understood (RFC 9110 section 10.2.3).
    """
    text = answer.headers.get("retry-after", "").strip()
    seconds = _seconds(text)
    if seconds is None:
        seconds = _seconds_until(text, clock())
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return None
    return min(seconds, MAX_RETRY_AFTER_S)


def _seconds(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _seconds_until(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())


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
    10: ("has a certificate that has expired", "ask who runs the server to renew it"),
    23: ("has a certificate that was revoked", "ask who runs the server to renew it"),
    62: ("has a certificate for another name", "check the host in {setting}"),
    64: ("has a certificate for another address", "write the server's name into {setting}"),
    66: ("has a certificate whose key is too short", "ask who runs the server to renew it"),
}
"""By OpenSSL's verify codes, https://docs.openssl.org/master/man1/openssl-verification-options."""
_UNKNOWN_CA: Final = (
    "has a certificate of an unknown authority",
    "if it is your own, add the authority to the system's or name its file in SSL_CERT_FILE",
)
_REFUSALS: Final = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "none was shown",
    "SSLV3_ALERT_BAD_CERTIFICATE": "bad certificate",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "unsupported certificate",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "it was revoked",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "it has expired",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "unknown certificate",
    "TLSV1_ALERT_UNKNOWN_CA": "unknown authority",
    "TLSV1_ALERT_DECRYPT_ERROR": "its signature is not that of a known authority",
    "TLSV1_ALERT_ACCESS_DENIED": "access denied",
    "SSLV3_ALERT_NO_CERTIFICATE": "none was shown",
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
            advice=f"check {request.setting}, and the secrets for stray characters",
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
            f"{request.host} answers in a way that is not HTTP ({type(error).__name__})",
            advice=f"check {request.setting}, and the proxy in front of it",
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
            f"the secure connection with {host} broke off in the middle",
            advice="it may pass; if it goes on, look at what stands between here and there",
        )
    if isinstance(error, ssl.SSLEOFError):
        return _hung_up(request)
    why, advice = _unsecured(reason, request)
    return IncompatibleError(f"no secure connection with {host} is possible{why}", advice=advice)


def _unsecured(reason: str, request: Request) -> tuple[str, str]:
    if reason in _PLAIN:
        return (
            ": this port does not speak TLS, but perhaps plain HTTP",
            f"write the port for TLS into {request.setting}; http:// is for this machine only",
        )
    if reason == _OTHER_NAME:
        return ": it does not serve this name", f"check the host in {request.setting}"
    if reason in _UNAGREED:
        return (
            ": it refuses the handshake",
            "it may ask for a client certificate (tls.client_certificate), or for other versions"
            " of TLS; ask who runs it",
        )
    return "", f"it must speak TLS 1.2 or newer; check the port in {request.setting}"


def _client_refused(host: str, why: str, *, shows_certificate: bool) -> CredentialsError:
    if not shows_certificate:
        return CredentialsError(
            f"{host} asks for a client certificate, and none is configured",
            advice="write tls.client_certificate and tls.client_key, as references to the ones"
            " that you got from who runs the server",
        )
    return CredentialsError(
        f"{host} does not accept the client certificate ({why})",
        advice="check tls.client_certificate, and ask who runs the server for a new one",
    )


def _no_http(error: Exception, request: Request) -> IncompatibleError:
    if request.url.startswith("http:") and _BINARY in str(error):
        return IncompatibleError(
            f"{request.host} does not answer in HTTP, but perhaps in TLS",
            advice=f"write https:// in {request.setting}, or check its port",
        )
    return IncompatibleError(
        f"{request.host} does not answer in HTTP", advice=f"check the port in {request.setting}"
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
        f"no connection to {host}: this machine has no threads or memory left for it",
        advice="end other programs, or raise the limits of this one (ulimit -u)",
        unprocessed=True,
    )


def _connection_error(error: Exception, request: Request) -> RetryableError:
    host = request.host
    if any(isinstance(cause, OSError) and cause.errno in _NO_FILES for cause in _causes(error)):
        return RetryableError(
            f"no connection to {host}: this program may not open more files",
            advice="raise the limit of open files (ulimit -n); each integration keeps a connection",
            unprocessed=True,
        )
    hint = proxy_hint(request.url)
    if any(isinstance(cause, ConnectionRefusedError) for cause in _causes(error)):
        return RetryableError(
            f"{host} refuses the connection",
            advice=f"check that the server is running, and the port in {request.setting}{hint}",
            unprocessed=True,
        )
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | OSError):
        return RetryableError(
            f"{host} cannot be reached",
            advice=f"check the network between here and there, and {request.setting}{hint}",
            unprocessed=True,
        )
    is_plain = request.url.startswith("http:")
    other = "speak TLS on this port" if is_plain else "ask for a client certificate"
    return RetryableError(
        f"{host} closed the connection before its answer was complete",
        advice=f"it may be restarting; if it goes on, it may {other}: look into the server's log",
    )


def _hung_up(request: Request) -> RetryableError:
    return RetryableError(
        f"{request.host} closed the connection while it was being secured",
        advice=f"check that it speaks TLS on the port in {request.setting}"
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
