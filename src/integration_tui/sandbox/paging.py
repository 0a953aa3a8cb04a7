"""A page as an answer: the rows, and where each dialect says how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import URL, QueryParams
from starlette.responses import Response

from integration_tui.sandbox.dialect import Counts, Dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWindow:
    """Which rows of how many a page holds."""

    offset: int
    limit: int
    total: int

    @property
    def next(self) -> int | None:
        """Where the next page begins."""
        behind = self.offset + self.limit
        return behind if behind < self.total else None


def page(
    dialect: Dialect, *, url: URL, key: str, rows: Sequence[bytes], window: PageWindow
) -> Response:
    """Return the answer to a request for a page; `rows` are JSON objects, `key` their list's."""
    body = b'{"%s":[%s]%s}' % (key.encode(), b",".join(rows), _beside(dialect, window))
    headers = _headers(dialect, url, window, len(rows))
    return Response(body, media_type="application/json", headers=headers)


def _beside(dialect: Dialect, window: PageWindow) -> bytes:
    if not dialect.totals:
        return b""
    if dialect.counts is Counts.TOTAL:
        return b',"total":%d' % window.total
    if dialect.counts is not Counts.BODY:
        return b""
    pages, number = -(-window.total // window.limit), window.offset // window.limit + 1
    return b',"totalCount":%d,"pageCount":%d,"pageNumber":%d,"offset":%d,"limit":%d' % (
        window.total,
        pages,
        number,
        window.offset,
        window.limit,
    )


def _headers(dialect: Dialect, url: URL, window: PageWindow, rows: int) -> dict[str, str]:
    if not dialect.totals:
        return {}
    match dialect.counts:
        case Counts.BOOK:
            return {"X-Total-Count": str(window.total), "Link": _links(url, window)}
        case Counts.X_COUNT:
            return {"x-count": str(rows), "x-total-count": str(window.total)}
        case Counts.BARE_LINK if window.next is not None:
            return {"Link": f"{_at(url, window.next + 1, window.limit)}; rel=next"}
        case _:
            return {}


def _links(url: URL, window: PageWindow) -> str:
    last = max(window.total - 1, 0) // window.limit * window.limit
    found = {"first": 0, "last": last}
    if window.next is not None:
        found = {"next": window.next, **found}
    if window.offset:
        found["prev"] = max(window.offset - window.limit, 0)
    return ", ".join(
        f'<{_at(url, offset, window.limit)}>; rel="{rel}"' for rel, offset in found.items()
    )


def _at(url: URL, offset: int, limit: int) -> URL:
    query = {**QueryParams(url.query), "limit": limit, "offset": offset}
    return url.replace(query=urlencode(query))
