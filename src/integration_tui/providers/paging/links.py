"""Links to the next page (RFC 8288): followed on the origin that was asked, and nowhere else.

No link and a link that is not followed are two things: only the first one is the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

import msgspec

from integration_tui.domain.redaction import scrub
from integration_tui.domain.text import visible
from integration_tui.providers.http.models import Response

_VALUE: Final = r"(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\"';,<]*)"
_PARAMETER: Final = re.compile(rf"\s*;\s*(?P<name>[^\s=;,<>\"]*)(?:\s*=\s*(?P<value>{_VALUE}))?")
_LINK: Final = re.compile(
    r"\s*(?:<(?P<url>[^<>]*)>|(?P<bare>[^\s;,<>\"]+))"
    rf"(?P<parameters>(?:\s*;\s*[^\s=;,<>\"]*(?:\s*=\s*{_VALUE})?)*)"
)
_LONGEST: Final = 16_000
_PORTS: Final = {"https": 443, "http": 80}
_INCOMPLETE: Final = "the listing is not complete"


class NextPage(msgspec.Struct, frozen=True, kw_only=True):
    """The next page as an answer names it: where to ask for it, or why that is not done."""

    url: str = ""
    refused: str = ""


def next_page(answer: Response, *, system: str = "the server") -> NextPage | None:
    """Return the next page that an answer names; `None` where it names none.

    A link to plain HTTP or to the default port of the host that was asked is asked for where the
    answer came from: that is how systems behind a proxy spell themselves. Path and query are left
    as they are. `system` is who might call itself otherwise, for the sentence.
    An address without its angle brackets is understood too: GG4L writes it so.
    """
    header = answer.headers.get("link", "")
    link = next(_next_links(header[:_LONGEST]), "")
    if link:
        return _followed(answer.url, link, system)
    if len(header) > _LONGEST:
        return NextPage(refused=f"the links to other pages are too long: {_INCOMPLETE}")
    return None


class LinkFollower:
    """The links of one listing, each followed once: a server may name its pages in a circle."""

    def __init__(self, *, system: str) -> None:
        self._system = system
        self._asked: set[int] = set()

    def next_page(self, answer: Response) -> NextPage | None:
        """Return the next page as the function does; call it once an answer."""
        self._asked.add(hash(answer.url))
        found = next_page(answer, system=self._system)
        if found is None or not found.url:
            return found
        if hash(found.url) in self._asked:
            return NextPage(refused=f"the next page is one that was read before: {_INCOMPLETE}")
        self._asked.add(hash(found.url))
        return found


def _next_links(header: str) -> Iterator[str]:
    # An address holds no blanks, and many of them would take the pattern seconds.
    for found in _LINK.finditer(re.sub(r"\s{2,}", " ", header)):
        parameters = _PARAMETER.finditer(found["parameters"])
        values = (each["value"] for each in parameters if each["name"].lower() == "rel")
        # Only the first one counts (RFC 8288 section 3.3).
        if "next" in (next(values, "") or "").strip("\"' ").lower().split():
            yield found["url"] or found["bare"] or ""


def _followed(url: str, link: str, system: str) -> NextPage:
    try:
        ours, theirs = urlsplit(url), urlsplit(urljoin(url, link))
        is_here = _is_here(ours, theirs)
        there = _address(theirs)
    except ValueError:
        return NextPage(refused=f"the link to the next page cannot be read: {_INCOMPLETE}")
    if is_here:
        same = theirs._replace(scheme=ours.scheme, netloc=ours.netloc, fragment="")
        return NextPage(url=urlunsplit(same))
    return NextPage(
        refused=f"the next page is at {there}, which is not {_address(ours)}: {_INCOMPLETE};"
        f" set base_url to the address that {system} calls itself"
    )


def _is_here(ours: SplitResult, theirs: SplitResult) -> bool:
    if "@" in theirs.netloc or theirs.hostname != ours.hostname:
        return False
    here = ours.port or _PORTS.get(ours.scheme)
    there = theirs.port or _PORTS.get(theirs.scheme)
    if ours.scheme == theirs.scheme:
        return here == there
    # A proxy that ends TLS does not tell the system behind it.
    return (ours.scheme, theirs.scheme) == ("https", "http") and there in {here, _PORTS["http"]}


def _address(parts: SplitResult) -> str:
    """Return scheme, host and port; the rest of an address may name people."""
    return visible(scrub(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"), limit=100)
