"""What an answer tells of a listing besides its rows: the count of all, the clock, an offset."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import parse_qs, urlsplit

from integration_tui.domain.clock import Clock
from integration_tui.providers.http.models import Response

_TOTALS: Final = ("x-total-count", "x-count")
_ABSURD: Final = timedelta(days=1)


def offset_in(url: str | None) -> int | None:
    """Return the `offset` that an address asks for."""
    told = parse_qs(urlsplit(url or "").query).get("offset", [""])[0]
    return int(told) if told.isascii() and told.isdigit() and len(told) < 12 else None


def total_in(answer: Response) -> int | None:
    """Return the count of all that the headers announce; `None` without a sane one."""
    for name in _TOTALS:
        if (total := number_in(answer.headers.get(name, ""))) is not None:
            return total
    return None


def number_in(text: str) -> int | None:
    """Return the number that a text tells, once or several times alike, as proxies add it."""
    told = {part.strip() for part in text.split(",")}
    number = told.pop()
    is_one = not told and number.isascii() and number.isdigit() and len(number) < 12
    return int(number) if is_one else None


def as_of(answer: Response, clock: Clock) -> datetime | None:
    """Return the server's own clock (RFC 9110 section 6.6.1).

    `None` where it tells none, or one that is more than a day from ours: asking for what
    changed since such a moment would lose changes.
    """
    try:
        told = parsedate_to_datetime(answer.headers.get("date", ""))
        moment = told.replace(tzinfo=told.tzinfo or UTC).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if abs(moment - clock()) <= _ABSURD else None
