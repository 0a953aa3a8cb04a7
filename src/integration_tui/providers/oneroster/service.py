"""A OneRoster service, asked in its own dialect; what of that is not known is found out.

Nothing is asked only to find out: the first request that is refused is asked again in another
way, and the way that works is remembered.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

import msgspec

from integration_tui.domain.errors import (
    IncompatibleError,
    ProviderError,
    RecordError,
    RemoteNotFoundError,
)
from integration_tui.domain.giving_way import give_way
from integration_tui.domain.paging import KnownRecords
from integration_tui.domain.roster import Collection, Record
from integration_tui.domain.value import replace
from integration_tui.providers.http.json_decoding import is_cut_off
from integration_tui.providers.http.models import Params, Request, Response
from integration_tui.providers.http.session import HttpSession
from integration_tui.providers.oneroster.config import RosterServerConfig
from integration_tui.providers.oneroster.dialect import ServerDialect, forms
from integration_tui.providers.oneroster.errors import ROUTE, is_refusal
from integration_tui.providers.oneroster.implied_schools import lacks_school
from integration_tui.providers.oneroster.page_records import ParsingContext
from integration_tui.providers.oneroster.query_fallbacks import QueryFallbacks, QueryForm
from integration_tui.providers.oneroster.responses import (
    ParsedPage,
    completed,
    read_page,
    read_single,
)
from integration_tui.providers.oneroster.server_profile import ServerProfile
from integration_tui.providers.paging.headers import total_in

_SUCCESS: Final = range(200, 300)
_LONG: Final = 100_000
"""Bytes of an answer that take milliseconds to read."""


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a path below the service. Without a `limit`, as many rows as may be.

    `recalls`: it may be known as a whole; `by_record`: each of its records may be.
    """

    path: str
    offset: int = 0
    limit: int | None = None
    filter: str = ""
    is_sorted: bool = True
    is_repeated: bool = True
    recalls: bool = False
    by_record: bool = False

    @property
    def is_nested(self) -> bool:
        return "/" in self.path


class PageResult(msgspec.Struct, frozen=True, kw_only=True):
    """A page as it was answered. `asked` is how many rows were asked for."""

    answer: Response
    listed: ParsedPage
    asked: int


class OneRosterService:
    """What a connector and its listings ask."""

    def __init__(self, line: HttpSession, config: RosterServerConfig) -> None:
        self._line = line
        self._base_url = config.base_url
        self._page_size = config.page_size
        self.profile = ServerProfile(dialect=config.first_dialect, pinned=config.pinned)
        self._context = ParsingContext(_zone(config))
        self.known: KnownRecords | None = None

    @property
    def url(self) -> str:
        """The address in front of `/orgs`, as far as it is known."""
        return self._url(self.profile.dialect)

    async def page(self, collection: Collection, query: Query) -> PageResult:
        """Return one page. Raises the clearest `ProviderError` of all ways that were tried."""
        profile = self.profile
        if not profile.is_found:
            told = await self._discover(collection, query)
        else:
            told = await self._with_fallbacks(collection, query, profile.dialect)
        profile.count(told.listed.total, behind=query.offset + told.listed.received)
        profile.ignores_limit = profile.ignores_limit or told.listed.received > told.asked
        whole = await completed(told.listed, self._context.follows, self._single)
        return replace(told, listed=whole)

    async def single(self, collection: Collection, sourced_id: str) -> Record | None:
        """Return one record, or `None` where there is none."""
        found = await self._single(collection, sourced_id)
        if found is None or not lacks_school(found):
            return found
        whole = await self._context.follows.complete(found, self._single)
        if whole is None:
            raise RecordError(
                f"{urlsplit(self._base_url).netloc} sent a record that belongs to no school",
                advice="have it fixed in the source system",
            )
        return whole

    async def _single(self, collection: Collection, sourced_id: str) -> Record | None:
        """Return one record, whose school may be empty."""
        for path in self.profile.paths(collection):
            url = f"{self.url}/{path}/{quote(sourced_id, safe='')}"
            for text in (url, f"{url}/") if self.profile.dialect.trailing_slash else (url,):
                try:
                    answer, request = await self._line.read(text)
                except RemoteNotFoundError:
                    continue
                return read_single(collection, answer, request, self._context)
        return None

    def _url(self, dialect: ServerDialect) -> str:
        return f"{self._base_url}{dialect.base_path}".rstrip("/")

    async def _discover(self, collection: Collection, query: Query) -> PageResult:
        """Ask where the service may be, until a page of it comes."""
        first: ProviderError | None = None
        tried: list[str] = []
        one = query
        for dialect in self._forms(query):
            try:
                return await self._with_fallbacks(collection, one, dialect)
            except ProviderError as error:
                if not _is_elsewhere(error, is_first=first is None):
                    raise
                first = first or error
                tried.append(_address(dialect, query))
                one = replace(query, is_repeated=False)
        raise self._nowhere(first, tried)

    def _forms(self, query: Query) -> Iterator[ServerDialect]:
        pinned = self.profile.pinned | ({"trailing_slash"} if query.is_nested else set[str]())
        return forms(self.profile.dialect, self._base_url, pinned=pinned)

    def _nowhere(self, first: ProviderError | None, tried: list[str]) -> ProviderError:
        if first is not None and not isinstance(first, RemoteNotFoundError):
            return first
        error = RemoteNotFoundError(
            f"{self._base_url} has no OneRoster service (HTTP 404): tried {', '.join(tried)}",
            advice="check base_url, and write base_path as the server's documentation says",
        )
        error.status = 404
        return error

    async def _with_fallbacks(
        self, collection: Collection, query: Query, dialect: ServerDialect
    ) -> PageResult:
        """Ask, and where the query is refused without what may be the reason."""
        limit = min(query.limit or self._page_size, dialect.max_limit or self._page_size)
        form = first_form = QueryForm(sorts=dialect.sorts and query.is_sorted, limit=limit)
        fixes = QueryFallbacks(form, self.profile, has_filter=bool(query.filter))
        first: ProviderError | None = None
        while True:
            try:
                told, has_slash = await self._sent(collection, query, dialect, form)
            except IncompatibleError as error:
                first = first or error
                fixed = fixes.another(form, error)
                if fixed is None:
                    raise first from None
                form = fixed
            else:
                fixes.keep(replace(dialect, trailing_slash=has_slash), first_form, form)
                return told

    async def _sent(
        self, collection: Collection, query: Query, dialect: ServerDialect, form: QueryForm
    ) -> tuple[PageResult, bool]:
        """Ask once; says also whether the server wants a slash at the end."""
        has_slash = dialect.trailing_slash and not query.is_nested
        url = f"{self._url(dialect)}/{query.path}{'/' if has_slash else ''}"
        answer, request = await self._asked(url, query, form)
        if (moved := _other_slash(answer, request)) is not None:
            if urlsplit(answer.url).query != urlsplit(request.url).query:
                answer, request = await self._asked(moved, query, form)
            if not query.is_nested and "trailing_slash" not in self.profile.pinned:
                has_slash = moved.endswith("/")
        try:
            if len(answer.body) > _LONG:
                await give_way()
            listed = self._read(collection, answer, request, query)
        except IncompatibleError:
            if not is_cut_off(answer):
                raise
            answer, request = await self._asked(moved or url, query, form)
            listed = self._read(collection, answer, request, query)
        is_told = has_slash if not query.is_nested else dialect.trailing_slash
        return PageResult(answer=answer, listed=listed, asked=form.limit), is_told

    async def _asked(self, url: str, query: Query, form: QueryForm) -> tuple[Response, Request]:
        send = self._line.read if query.is_repeated else self._line.ask
        return await send(url, _params(query, form))

    def _read(
        self, collection: Collection, answer: Response, request: Request, query: Query
    ) -> ParsedPage:
        totals = self.profile.dialect.totals
        if totals == "body":
            kept = {k: v for k, v in answer.headers.items() if not k.endswith("-count")}
            answer = replace(answer, headers=kept)
        try:
            listed = read_page(
                collection,
                answer,
                request,
                self._context,
                self.known if query.recalls else None,
                by_record=query.by_record,
            )
        except IncompatibleError as error:
            error.status = answer.status
            raise
        if totals in {"header", "none"}:
            return replace(listed, total=total_in(answer) if totals == "header" else None)
        return listed


def _zone(config: RosterServerConfig) -> ZoneInfo | None:
    """Return where the roster's days begin, if the configuration says so."""
    is_set = "timezone" in config.sync.model_fields_set
    return ZoneInfo(config.sync.timezone) if is_set else None


def _is_elsewhere(error: ProviderError, *, is_first: bool) -> bool:
    """Return whether an error may mean that the service is at another address."""
    if error.status in _SUCCESS or error.status == 404:
        return True
    return not is_first and (is_refusal(error) or error.status in ROUTE)


def _address(dialect: ServerDialect, query: Query) -> str:
    slash = "/" if dialect.trailing_slash and not query.is_nested else ""
    return f"{dialect.base_path}/{query.path}{slash}"


def _other_slash(answer: Response, request: Request) -> str | None:
    """Return where a redirect led to, if it only adds or takes the slash at the end."""
    asked, got = urlsplit(request.url), urlsplit(answer.url)
    if got.path == asked.path or got.path.rstrip("/") != asked.path.rstrip("/"):
        return None
    return got._replace(query="", fragment="").geturl()


def _params(query: Query, form: QueryForm) -> Params:
    params: dict[str, str | int] = {"limit": form.limit, "offset": query.offset}
    if form.sorts:
        # Without a declared order, pages of one listing may not fit together.
        params |= {"sort": "sourcedId", "orderBy": "asc"}
    if query.filter:
        params["filter"] = query.filter
    return params
