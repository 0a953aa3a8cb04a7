"""Answers that are no success, told by what to do next. Nothing that we sent is repeated."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from integration_tui.domain.errors import (
    CredentialsError,
    ForbiddenError,
    IncompatibleError,
    ProviderError,
    RemoteNotFoundError,
    RetryableError,
    ThrottledError,
)
from integration_tui.domain.redaction import MASK, scrub
from integration_tui.domain.text import visible
from integration_tui.domain.time import Clock
from integration_tui.providers.http.messages import Answer, Request
from integration_tui.providers.http.server_text import server_text

MAX_RETRY_AFTER_S: Final = 15 * 60.0
_TEXT_LIMIT: Final = 200
_PASSING: Final = frozenset({408, 425, 500, 502, 503, 504})


def status_error(answer: Answer, request: Request, *, clock: Clock) -> ProviderError:
    """Return what to tell about an answer whose status is no success."""
    said = quoted(answer, request.hidden)
    if answer.status == 429:
        return throttled(answer, request, clock=clock)
    if answer.status in _PASSING or answer.status > 504:
        return RetryableError(
            f"{answer.host} has an error of its own (HTTP {answer.status}){said}",
            advice="it is tried again; if it goes on, look into the server's log",
            retry_after_s=(wait_s := retry_after_s(answer, clock=clock)),
            unprocessed=answer.status == 503 and wait_s is not None,
        )
    return _refusal(answer, said) or _misfit(answer, request, said)


def throttled(answer: Answer, request: Request, *, clock: Clock) -> ThrottledError:
    """Return what to tell where the server asks for fewer requests."""
    return ThrottledError(
        f"{answer.host} asks for fewer requests (HTTP {answer.status})"
        f"{quoted(answer, request.hidden)}",
        advice="it is tried again later; lower rate_limit if it goes on",
        retry_after_s=retry_after_s(answer, clock=clock),
        unprocessed=True,
    )


def _refusal(answer: Answer, said: str) -> ProviderError | None:
    if answer.status == 401:
        return CredentialsError(
            f"{answer.host} does not accept the credentials (HTTP 401){said}",
            advice="renew the secret that the config's auth refers to, then start it again",
        )
    if answer.status == 403:
        return ForbiddenError(
            f"{answer.host} accepts the credentials but does not allow this (HTTP 403){said}",
            advice="ask who runs the server for the missing scope or role",
        )
    if answer.status == 404:
        return RemoteNotFoundError(
            f"{answer.host} has nothing at this address (HTTP 404){said}",
            advice="check base_url and its path",
        )
    return None


def _misfit(answer: Answer, request: Request, said: str) -> IncompatibleError:
    """Return what to tell where the server understands who asks, but not what is asked."""
    if answer.status == 409:
        return IncompatibleError(
            f"{answer.host} has something else at this place already (HTTP 409){said}",
            advice="read the record again and compare; somebody may have changed it meanwhile",
        )
    if answer.status == 422:
        what = "request" if request.method in {"GET", "DELETE"} else "record"
        return IncompatibleError(
            f"{answer.host} does not accept the {what} (HTTP 422){said}",
            advice="correct what it names; the server's own rules decide what is valid",
        )
    return IncompatibleError(
        f"{answer.host} does not take the request (HTTP {answer.status}){said}",
        advice="check the type, the version and base_url",
    )


def not_json(answer: Answer, request: Request, *, is_secret: bool = False) -> IncompatibleError:
    """Return what to tell where JSON was asked for and something else came."""
    if "html" in answer.media_type or answer.body.lstrip()[:1] == b"<":
        return IncompatibleError(
            f"{answer.host} answers with a web page instead of data",
            advice="it may be a login page: check base_url, and whether the API needs a path",
        )
    if answer.media_type and "json" not in answer.media_type:
        # As it was sent: in lower case a secret in it would not be found.
        sent = answer.headers["content-type"].partition(";")[0]
        kind = visible(hidden(sent, request.hidden), limit=60)
        return IncompatibleError(
            f"{answer.host} answers with {kind} instead of JSON", advice="check base_url"
        )
    start = hidden(answer.body[:_TEXT_LIMIT].decode(errors="replace"), request.hidden)
    quoted_start = "" if is_secret else f": {visible(start, limit=60)}"
    return IncompatibleError(
        f"{answer.host} answers with JSON that cannot be read{quoted_start}",
        advice="it may be cut off or damaged; tell who runs the server",
    )


def retry_after_s(answer: Answer, *, clock: Clock) -> float | None:
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


def quoted(answer: Answer, secrets: Iterable[str]) -> str:
    """Return the server's own words as `: "..."`, harmless; empty where it says none."""
    text = visible(hidden(server_text(answer), secrets), limit=_TEXT_LIMIT)
    return f": {text}" if text else ""


def hidden(text: str, secrets: Iterable[str]) -> str:
    """Return `text` without the given secrets, and without what looks like one."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if secret:
            text = text.replace(secret, MASK)
    return scrub(text)
