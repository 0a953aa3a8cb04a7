"""Pages of Canvas' listings, one behind the other by the links that Canvas gives.

A link is opaque and followed byte for byte (Canvas REST API, Pagination). Neither a short page
nor an empty one is the end; only one without a next link is.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

import msgspec

from integration_tui.domain.errors import IncompatibleError, ProviderError
from integration_tui.domain.value import replace
from integration_tui.providers.http.json_decoding import is_cut_off, read_json
from integration_tui.providers.http.models import Response
from integration_tui.providers.http.session import HttpSession
from integration_tui.providers.paging.links import LinkFollower, NextPage

_EMPTY: Final = 100
"""So many pages without rows in a row are no listing."""
_PAGES: Final = 1_000_000
_GUARD: Final = b"while(1);"
"""What Canvas writes before JSON for browsers."""
_T = TypeVar("_T")


class LinkedPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a listing: its rows as JSON texts, and the link to the next page.

    `reason` says why the listing ends here though it is not complete.
    """

    texts: tuple[bytes, ...]
    next: str | None = None
    reason: str = ""


class CanvasApi:
    """Asks one Canvas. Raises `ProviderError`s only."""

    def __init__(self, line: HttpSession, *, base_url: str, service: str) -> None:
        self._line = line
        self._base_url = base_url
        self._myself = f"{service}/users/self"

    async def one(self, url: str, of: type[_T]) -> _T:
        """Return one object. Raises `RemoteNotFoundError` where there is none."""
        _, found = await self._read(url, of)
        return found

    async def answers(self) -> bool:
        """Return whether Canvas answers as it should otherwise, where one address does not."""
        try:
            await self.one(self._myself, dict[str, msgspec.Raw])
        except ProviderError:
            return False
        return True

    async def post(self, url: str, of: type[_T]) -> _T:
        """Order something; return what Canvas says of it. Not repeated where it may be done."""
        answer, request = await self._line.write("POST", url, repeatable=False)
        return read_json(self.data(answer), request, of)

    async def download(self, url: str, into: Path, *, most: int) -> None:
        """Write a file that Canvas names into `into`; the token does not go along."""
        await self._line.download(url, into, most=most)

    async def pages(self, url: str, *, key: str = "") -> AsyncGenerator[LinkedPage]:
        """Yield all pages from an address on; `key` is what Canvas wraps a list in, where it does.

        The last page has no `next`.
        """
        links = LinkFollower(system="Canvas")
        upcoming: str | None = url
        empty = count = 0
        while upcoming is not None:
            page = await self._page(upcoming, key, links)
            count, empty = count + 1, 0 if page.texts else empty + 1
            if page.next is not None and (reason := _endless(count, empty)):
                page = replace(page, next=None, reason=reason)
            yield page
            upcoming = page.next

    async def _page(self, url: str, key: str, links: LinkFollower) -> LinkedPage:
        if key:
            answer, members = await self._read(url, dict[str, msgspec.Raw])
            texts = _unwrapped(members, key, answer)
        else:
            answer, texts = await self._read(url, list[msgspec.Raw])
        following = links.next_page(answer) or NextPage()
        return LinkedPage(
            texts=tuple(map(bytes, texts)),
            next=following.url or None,
            reason=following.refused,
        )

    async def _read(self, url: str, of: type[_T]) -> tuple[Response, _T]:
        """Return an answer and its JSON. One that is cut off is asked for once more."""
        answer, request = await self._line.read(url)
        try:
            return answer, read_json(self.data(answer), request, of)
        except IncompatibleError:
            if not is_cut_off(answer):
                raise
        answer, request = await self._line.read(url)
        return answer, read_json(self.data(answer), request, of)

    def data(self, answer: Response) -> Response:
        """Return an answer without what stands before its JSON. Raises for a web page."""
        begin = answer.body.lstrip()[:1]
        if "html" in answer.media_type or begin == b"<":
            raise IncompatibleError(
                f"{self._base_url} answers with a web page to log in",
                advice="is the token for this address?",
            )
        if answer.body.startswith(_GUARD):
            return replace(answer, body=answer.body.removeprefix(_GUARD))
        return answer


def _unwrapped(members: dict[str, msgspec.Raw], key: str, answer: Response) -> list[msgspec.Raw]:
    try:
        return msgspec.json.decode(members.get(key, b""), type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass  # not raised from here: what the library raises holds a part of the body
    raise IncompatibleError(
        f"{answer.host} answers without a list called {key}", advice="check that it is a Canvas"
    )


def _endless(count: int, empty: int) -> str:
    """Return why a listing is stopped though a page follows; empty where it is not."""
    if empty >= _EMPTY:
        return f"it was stopped: {_EMPTY} empty pages in a row"
    return f"it was stopped: more than {_PAGES:,} pages" if count >= _PAGES else ""


def is_of(url: str, service: str) -> bool:
    """Return whether an address is one of this service, so that the token may go there."""
    try:
        there, ours = urlsplit(url), urlsplit(service)
        return (there.scheme, there.netloc.lower()) == (ours.scheme, ours.netloc.lower())
    except ValueError:
        return False
