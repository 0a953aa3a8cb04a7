"""What an answer's headers tell of a listing: the next page, the count of all, the clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import parse_qs, urljoin, urlsplit

from integration_tui.domain.clock import Clock
from integration_tui.providers.http.models import Response

_TOTALS: Final = ("x-total-count", "x-count")
_LINK: Final = re.compile(
    r"\s*(?:<(?P<url>[^<>]*)>|(?P<bare>[^\s;,<>]+))(?P<params>(?:\s*;[^,<]*)*)"
)
_NEXT: Final = re.compile(
    r";\s*rel\s*=\s*[\"']?(?:[\w\-]+ )*next(?: [\w\-]+)*[\"']?\s*(?:;|$)", re.IGNORECASE
)
_LONGEST: Final = 16_000
_ABSURD: Final = timedelta(days=1)


def next_link(answer: Response) -> str | None:
    """Return the whole address of the next page (RFC 8288), of the same origin only.

    An address without its angle brackets is understood too: GG4L writes it so.
    """
    for found in _LINK.finditer(answer.headers.get("link", "")[:_LONGEST]):
        if _NEXT.search(found["params"].rstrip()):
            return _of_same_origin(answer.url, found["url"] or found["bare"] or "")
    return None


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


def _of_same_origin(url: str, link: str) -> str | None:
    try:
        target = urljoin(url, link)
        ours, theirs = urlsplit(url), urlsplit(target)
        is_same = (ours.scheme, ours.netloc.lower()) == (theirs.scheme, theirs.netloc.lower())
    except ValueError:
        return None
    return target if is_same and link else None
