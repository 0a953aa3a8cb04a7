"""Answers that are no success, told by what to do next: by kind and place, never by content.

Nothing that we sent and nothing that a server wrote is repeated but codes of closed lists: its
sentences and pages may name people.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

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
from integration_tui.providers.http.error_bodies import machine_code
from integration_tui.providers.http.models import Request, Response

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
            f"{answer.host} returned a server error ({status_of(answer)})",
            advice="often temporary; if not, check the server's log",
            retry_after_s=(wait_s := retry_after_s(answer, clock=clock)),
            unprocessed=answer.status == 503 and wait_s is not None,
        )
    return _refusal(answer, request) or _misfit(answer, request)


def throttled(answer: Response, _request: Request, *, clock: Clock) -> ThrottledError:
    """Return the error where the server limits the rate of requests."""
    return ThrottledError(
        f"{answer.host} is rate limiting requests ({status_of(answer)})",
        advice="wait; lower rate_limit if this continues",
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
            f"{answer.host} refused the credentials ({status_of(answer)})",
            advice="store a new secret for auth, then start the integration",
        )
    if answer.status == 403:
        return ForbiddenError(
            f"{answer.host} denied access ({status_of(answer)})",
            advice="ask the server's administrator for the missing scope or role",
        )
    if answer.status == 404:
        return RemoteNotFoundError(
            f"{answer.host} found nothing at this URL ({status_of(answer)})",
            advice=f"check {request.setting} and its path",
        )
    return None


def _misfit(answer: Response, request: Request) -> IncompatibleError:
    """Return the error where the server understands who asks, but not what is asked."""
    if answer.status == 409:
        return IncompatibleError(
            f"{answer.host} reports a conflict with an existing record ({status_of(answer)})",
            advice="read the record again and compare; another user may have changed it",
        )
    if answer.status == 422:
        what = "request" if request.method in {"GET", "DELETE"} else "record"
        return IncompatibleError(
            f"{answer.host} rejected the {what} ({status_of(answer)})",
            advice="check the server's log for the violated rule",
        )
    if request.url.startswith("http:") and _WANTS_TLS.search(answer.body[:2000]):
        return IncompatibleError(
            f"{answer.host} requires TLS on this port ({status_of(answer)})",
            advice=f"use https:// in {request.setting}",
        )
    return IncompatibleError(
        f"{answer.host} rejected the request ({status_of(answer)})",
        advice=f"check the type, the version and {request.setting}",
    )


def not_json(answer: Response, request: Request) -> IncompatibleError:
    """Return the error where JSON was asked for and something else came."""
    if answer.status == 204:
        # A listing was understood, so no setting is wrong; a token endpoint always has content.
        is_token = "token_url" in request.setting
        return IncompatibleError(
            f"{answer.host} returned no content ({status_of(answer)})",
            advice="check token_url: it may not be a token endpoint"
            if is_token
            else "report it to the server's administrator: an empty list must be JSON, too",
        )
    if "html" in answer.media_type or answer.body.lstrip()[:1] == b"<":
        return IncompatibleError(
            f"{answer.host} returned a web page instead of data",
            advice=f"possibly a login page: check {request.setting} and the path of the API",
        )
    if answer.media_type and "json" not in answer.media_type:
        # The type itself may hold anything, too.
        kind = _KINDS.get(answer.media_type, "another type of content")
        return IncompatibleError(
            f"{answer.host} returned {kind} instead of JSON",
            advice=f"check {request.setting}",
        )
    return IncompatibleError(
        f"{answer.host} returned invalid JSON: {_damage(answer.body)}",
        advice=f"check {request.setting}, or report it to the server's administrator",
    )


def _damage(body: bytes) -> str:
    """Return in a few words what is wrong with a body, and where; nothing of what is in it."""
    size = f"{len(body):,} bytes"
    if not body.strip():
        return "empty"
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
        body.decode()
    except RecursionError:
        return f"nested too deeply ({size})"
    except UnicodeDecodeError as error:
        return f"byte {error.start:,} of {size} is not UTF-8"
    except msgspec.DecodeError as error:
        if "truncated" in f"{error}":
            return f"cut off after {size}"
        found = _BYTE.search(f"{error}")
        return f"damaged at byte {int(found[1]) if found else 0:,} of {size}"
    return f"unexpected structure ({size})"


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
