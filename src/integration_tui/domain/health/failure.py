"""What kind of failure an error message is about, and the message without the system's address.

Connectors raise errors with sentences of their own; what a failed check leaves in the store is
such a sentence. The words that are looked for are those of this program's own connectors, old
and new; a sentence that has none of them is shown as it is.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from integration_tui.domain.time_words import latency_words


class FailureCause(StrEnum):
    """The kinds of failure that have words of their own."""

    EXPIRED = "expired"
    REVOKED = "revoked"
    REFUSED = "refused"
    """The credentials, for whatever reason."""
    FORBIDDEN = "forbidden"
    CLIENT_CERTIFICATE = "client_certificate"
    """Ours: it is missing, unreadable, out of date or not accepted."""
    CERTIFICATE = "certificate"
    """The system's own."""
    SECRET = "secret"  # noqa: S105 - a kind of failure
    """A secret cannot be read."""
    RATE_LIMITED = "rate_limited"
    TIMED_OUT = "timed_out"
    NO_CONNECTION = "no_connection"
    """Nobody listens there."""
    UNREACHABLE = "unreachable"
    NAME_NOT_FOUND = "name_not_found"
    TLS = "tls"
    SERVER_ERROR = "server_error"
    OTHER = "other"


_C = FailureCause
_SIGNS: Final[tuple[tuple[FailureCause, re.Pattern[str]], ...]] = tuple(
    (cause, re.compile(pattern, re.IGNORECASE))
    for cause, pattern in (
        (
            _C.SECRET,
            r"\bsecret\b.*(cannot be had|unavailable|refused|not readable|not set|empty|not found)",
        ),
        (_C.CLIENT_CERTIFICATE, r"\bclient (certificate|key)\b"),
        (_C.CERTIFICATE, r"has a certificate\b|\bcertificate (has )?expired"),
        (_C.RATE_LIMITED, r"(HTTP |\()429\b|rate.limit|fewer requests|asked for a pause"),
        (_C.TIMED_OUT, r"\bno answer\b.*\b(within|in)\b|not answer in \d|timed out|time[ -]?out\b"),
        (_C.NAME_NOT_FOUND, r"\bname \S+ is not known|name not found|\bDNS\b"),
        (_C.TLS, r"\bTLS\b|no secure connection|while it was being secured|secure connection with"),
        (_C.REVOKED, r"credentials.*revoked"),
        (_C.EXPIRED, r"(credentials|token).*expired"),
        (_C.FORBIDDEN, r"(HTTP |\()403\b|does not allow this|denied access|does not grant"),
        (_C.REFUSED, r"\b401\b|(refuse[sd]|not accept)\b.*\bcredentials|token was refused"),
        (_C.NO_CONNECTION, r"connection refused|refuse[sd] the connection"),
        (
            _C.UNREACHABLE,
            r"cannot be reached|unreachable|no route|closed the connection|is closed$",
        ),
        (
            _C.SERVER_ERROR,
            r"(HTTP |\()5\d\d\b|with an internal error|server error|error of its own",
        ),
    )
)
_ADDRESS: Final = re.compile(
    r"^(?:[a-z][a-z0-9+.-]*://\S+|localhost(?::\d+)?|\[[0-9a-f:.]+\](?::\d+)?"
    r"|[a-z0-9_-]+(?:\.[a-z0-9_-]+)+(?::\d+)?|[a-z0-9_-]+:\d+)[:,]?\s+(?=\S)",
    re.IGNORECASE,
)
_CERTIFICATE: Final = re.compile(r"^Has a certificate (?:that )?")
_SECONDS: Final = re.compile(r"\b(?:within|in) (\d+(?:\.\d+)? s)\b")
_STATUS: Final = re.compile(r"(?:HTTP |\(|^(?=\d{3}: ))([1-5]\d\d)\b")
_CODE: Final = re.compile(r"\(([a-z]+(?:_[a-z]+)+)\)")
"""An error code of OAuth 2, which stands where no status is told."""


def cause_of(message: str) -> FailureCause:
    """Return what kind of failure a message is about."""
    return next((cause for cause, sign in _SIGNS if sign.search(message)), FailureCause.OTHER)


def http_status(message: str) -> str:
    """Return ` (HTTP 429)` or ` (invalid_client)` of a message that names one; else nothing."""
    if found := _STATUS.search(message):
        return f" (HTTP {found[1]})"
    code = _CODE.search(message)
    return f" ({code[1]})" if code else ""


def waited(message: str) -> str:
    """Return ` after 5 s` of a message that says how long it was waited; else nothing."""
    found = _SECONDS.search(message)
    return f" after {found[1]}" if found else ""


def without_address(message: str, name: str = "") -> str:
    """Return a message without the address or the name of the integration that it begins with."""
    rest = _ADDRESS.sub("", message, count=1)
    if name and rest == message:
        rest = re.sub(rf"^{re.escape(name)}[:,]?\s+(?=\S)", "", message, count=1)
    return f"{rest[:1].upper()}{rest[1:]}"


def in_words(message: str, name: str = "") -> str:
    """Return what failed, in a few words without a full stop: for a list, a bar, a table."""
    cause = cause_of(message)
    match cause:
        case FailureCause.RATE_LIMITED | FailureCause.SERVER_ERROR:
            return f"{_WORDS[cause]}{http_status(message)}"
        case FailureCause.REFUSED | FailureCause.FORBIDDEN:
            return f"{_WORDS[cause]}{http_status(message)}"
        case FailureCause.TIMED_OUT:
            return f"Timed out{waited(message)}"
        case FailureCause.CERTIFICATE:
            return _CERTIFICATE.sub("Certificate ", without_address(message, name)).rstrip(".")
        case _:
            return _WORDS.get(cause) or without_address(message, name).rstrip(".")


def incident_cause(reason: str, name: str = "") -> str:
    """Return why an incident began, by the reason that was recorded with the change of status."""
    if slow := _SLOW.fullmatch(reason):
        return f"Slow: {latency_words(float(slow[1]))}"
    if reason == "fails too often":
        return "Too many failed checks"
    return in_words(reason, name) if reason else "No reason recorded"


_SLOW: Final = re.compile(r"slow: (\d+(?:\.\d+)?) ms")
_WORDS: Final = {
    FailureCause.EXPIRED: "Credentials expired",
    FailureCause.REVOKED: "Credentials revoked",
    FailureCause.REFUSED: "Credentials refused",
    FailureCause.FORBIDDEN: "Access denied",
    FailureCause.RATE_LIMITED: "Rate limited",
    FailureCause.NO_CONNECTION: "Connection refused",
    FailureCause.NAME_NOT_FOUND: "Host name not found",
    FailureCause.SERVER_ERROR: "Server error",
}
