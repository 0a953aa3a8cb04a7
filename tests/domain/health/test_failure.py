"""Causes are found in the sentences that the connectors themselves make."""

from __future__ import annotations

import errno
import ssl
from datetime import UTC, datetime

import httpx
import pytest

from integration_tui.domain.health.failure import (
    FailureCause,
    cause_of,
    in_words,
    without_address,
)
from integration_tui.providers.http.errors import status_error, throttled
from integration_tui.providers.http.models import Request, Response
from integration_tui.providers.http.transport_errors import transport_error

_C = FailureCause
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
REQUEST = Request.get("https://sis.example.org/orgs")


def answered(status: int) -> str:
    answer = Response(status=status, headers={}, body=b"", url=REQUEST.url)
    return status_error(answer, REQUEST, clock=lambda: NOW).message


def asked_too_often() -> str:
    answer = Response(status=429, headers={}, body=b"", url=REQUEST.url)
    return throttled(answer, REQUEST, clock=lambda: NOW).message


def broken(cause: Exception) -> str:
    error = httpx.ConnectError("no")
    error.__cause__ = cause
    return transport_error(error, REQUEST).message


def expired_certificate() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError("no")
    error.verify_code, error.reason = 10, "CERTIFICATE_VERIFY_FAILED"
    return error


@pytest.mark.parametrize(
    ("message", "cause", "words"),
    [
        (answered(401), _C.REFUSED, "Credentials refused (HTTP 401)"),
        (answered(403), _C.FORBIDDEN, "Access denied (HTTP 403)"),
        (answered(503), _C.SERVER_ERROR, "Server error (HTTP 503)"),
        (
            "a.example has an error of its own (HTTP 503)",
            _C.SERVER_ERROR,
            "Server error (HTTP 503)",
        ),
        (
            "a.example accepts the credentials but does not allow this",
            _C.FORBIDDEN,
            "Access denied",
        ),
        ("a.example does not accept the credentials", _C.REFUSED, "Credentials refused"),
        ("a.example refuses the connection", _C.NO_CONNECTION, "Connection refused"),
        (answered(429), _C.RATE_LIMITED, "Rate limited (HTTP 429)"),
        (asked_too_often(), _C.RATE_LIMITED, "Rate limited (HTTP 429)"),
        (broken(ConnectionRefusedError()), _C.NO_CONNECTION, "Connection refused"),
        (broken(OSError(errno.EHOSTUNREACH, "no")), _C.UNREACHABLE, "Cannot be reached"),
        (broken(expired_certificate()), _C.CERTIFICATE, "Certificate has expired"),
        (
            "127.0.0.1:8893 refuses the credentials (invalid_client)",
            _C.REFUSED,
            "Credentials refused (invalid_client)",
        ),
        (
            "127.0.0.1:8894 asks for fewer requests (HTTP 429)",
            _C.RATE_LIMITED,
            "Rate limited (HTTP 429)",
        ),
        (
            "sis.example.org asks for a client certificate, and none is configured",
            _C.CLIENT_CERTIFICATE,
            "Asks for a client certificate, and none is configured",
        ),
        (
            "the client certificate file:/c expired on 2026-03-01",
            _C.CLIENT_CERTIFICATE,
            "The client certificate file:/c expired on 2026-03-01",
        ),
        (
            "sis.example.org redirects to other.example; credentials are not sent there",
            _C.OTHER,
            "Redirects to other.example; credentials are not sent there",
        ),
        ("lincoln did not answer in 5 s", _C.TIMED_OUT, "Timed out after 5 s"),
        ("no answer in 10 s", _C.TIMED_OUT, "Timed out after 10 s"),
        ("401: the token was refused", _C.REFUSED, "Credentials refused (HTTP 401)"),
        ("name not found: sis.x.example", _C.NAME_NOT_FOUND, "Host name not found"),
        ("the name sis.x.example is not known", _C.NAME_NOT_FOUND, "Host name not found"),
        ("mock://lincoln refused our credentials: they expired", _C.EXPIRED, "Credentials expired"),
        ("mock://a refused our credentials: they were revoked", _C.REVOKED, "Credentials revoked"),
        ("mock://a gave no answer within 2.5 s", _C.TIMED_OUT, "Timed out after 2.5 s"),
        ("mock://a asks for fewer requests (429) and a pause of 500 s", _C.RATE_LIMITED, None),
        ("mock://a answered with an internal error (500)", _C.SERVER_ERROR, None),
        (
            "sis.example.org asked for a pause, 512 s of it are left",
            _C.RATE_LIMITED,
            "Rate limited",
        ),
        ("the secret env:LMS cannot be had: it is not set", _C.SECRET, None),
        ("sis.example.org answers with a web page instead of data", _C.OTHER, None),
    ],
)
def test_the_cause_of_what_connectors_say(
    message: str, cause: FailureCause, words: str | None
) -> None:
    assert cause_of(message) is cause
    if words is not None:
        assert in_words(message) == words


@pytest.mark.parametrize(
    ("message", "rest"),
    [
        ("mock://jefferson-roster answers late", "Answers late"),
        ("https://sis.example.org:8443/ims answers late", "Answers late"),
        ("sis.example.org:8443 answers late", "Answers late"),
        ("127.0.0.1:8660 answers late", "Answers late"),
        ("localhost answers late", "Answers late"),
        ("[::1]:80 answers late", "Answers late"),
        ("lincoln: answers late", "Answers late"),
        ("the server answers late", "The server answers late"),
        ("sis.example.org", "Sis.example.org"),
        ("", ""),
    ],
)
def test_a_reason_does_not_repeat_whose_it_is(message: str, rest: str) -> None:
    assert without_address(message, "lincoln") == rest
