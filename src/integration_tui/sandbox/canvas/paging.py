"""Pages of Canvas: links that are absolute and opaque, a size that is clamped, pages without rows.

Source: Canvas REST API documentation, "Pagination". Where a listing is in order of its ids, the
next page is named by a bookmark (`page=bookmark:WyJ...`); there is no last page then.
"""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import msgspec

from integration_tui.sandbox.canvas.routing import id_of

if TYPE_CHECKING:
    from starlette.requests import Request

_DEFAULT: Final = 10
_BOOKMARK: Final = "bookmark:"
_SECRET: Final = "access_token"  # noqa: S105 - the name of a parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRule:
    """The most rows a page has, whatever is asked for.

    After every `empty_after` pages with a bookmark comes one without rows; 0 is never.
    """

    most: int = 100
    empty_after: int = 0


class _Bookmark(msgspec.Struct, frozen=True, array_like=True):
    """Behind which id the page begins, its number, and whether it is one without rows."""

    after: int
    number: int = 1
    is_empty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOfIds:
    """The ids of one page, and the `Link` header."""

    ids: Sequence[int]
    link: str


class BadPageError(ValueError):
    """A page that no link ever named."""


def page_by_bookmark(request: Request, ids: Sequence[int], rule: PageRule) -> PageOfIds:
    """Return a page of ids that are in order. Raises `BadPageError`."""
    size, mark = _size(request, rule), _read(request.query_params.get("page", ""))
    start = bisect_right(ids, mark.after)
    found = ids[start:start] if mark.is_empty else ids[start : start + size]
    links = {"current": request.query_params.get("page", "first")}
    if start + len(found) < len(ids):
        links["next"] = _write(_next(mark, found, rule))
    links["first"] = "first"
    return PageOfIds(ids=found, link=_links(request, links, size))


def page_by_number(request: Request, ids: Sequence[int], rule: PageRule) -> PageOfIds:
    """Return a page of ids in any order. Raises `BadPageError`."""
    size, number = _size(request, rule), _number(request.query_params.get("page", "1"))
    last = max(1, -(-len(ids) // size))
    links = {"current": str(number)}
    if number < last:
        links["next"] = str(number + 1)
    if number > 1:
        links["prev"] = str(number - 1)
    links |= {"first": "1", "last": str(last)}
    found = ids[(number - 1) * size : number * size]
    return PageOfIds(ids=found, link=_links(request, links, size))


def _next(mark: _Bookmark, found: Sequence[int], rule: PageRule) -> _Bookmark:
    if mark.is_empty:
        return _Bookmark(mark.after, mark.number)
    is_empty = bool(rule.empty_after) and mark.number % rule.empty_after == 0
    return _Bookmark(found[-1], mark.number + 1, is_empty)


def _size(request: Request, rule: PageRule) -> int:
    text = request.query_params.get("per_page", "")
    asked = id_of(text)
    return min(max(_DEFAULT if asked is None else asked, 1), rule.most)


def _number(text: str) -> int:
    if text == "first":
        return 1
    number = id_of(text)
    if not number:
        raise BadPageError(text)
    return number


def _read(text: str) -> _Bookmark:
    if text in ("", "first", "1"):
        return _Bookmark(0)
    if not text.startswith(_BOOKMARK):
        raise BadPageError(text)
    raw = text.removeprefix(_BOOKMARK)
    try:
        body = base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4))
        return msgspec.json.decode(body, type=_Bookmark)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        raise BadPageError(text) from None


def _write(mark: _Bookmark) -> str:
    raw = base64.urlsafe_b64encode(msgspec.json.encode(mark)).decode().rstrip("=")
    return f"{_BOOKMARK}{raw}"


def _links(request: Request, pages: dict[str, str], size: int) -> str:
    """Return the header: every parameter stays in the links, but for a token's."""
    kept = [
        (name, value)
        for name, value in request.query_params.multi_items()
        if name not in ("page", "per_page", _SECRET)
    ]
    # The path as it was sent: a slash in a SIS id stays `%2F`.
    path = request.scope.get("raw_path", b"").partition(b"?")[0].decode("ascii", "replace")
    address = f"{request.url.scheme}://{request.url.netloc}{path}"
    addresses = {
        name: f"{address}?{urlencode([*kept, ('page', page), ('per_page', str(size))], safe=':')}"
        for name, page in pages.items()
    }
    return ",".join(f'<{target}>; rel="{name}"' for name, target in addresses.items())
