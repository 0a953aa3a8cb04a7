"""One of Google's APIs, with a token of its own that asks for as much as is delegated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Final
from urllib.parse import urlsplit

from integration_tui.domain.config.policies import RateLimitPolicy
from integration_tui.domain.errors import (
    ForbiddenError,
    IncompatibleError,
    ProviderError,
    RetryableError,
)
from integration_tui.domain.provider import Authentication, ConnectionStep, ProviderContext
from integration_tui.providers.google_classroom.config import GoogleClassroomConfig
from integration_tui.providers.google_classroom.errors import dialect_for
from integration_tui.providers.google_classroom.responses import ListPage, T, read_page
from integration_tui.providers.google_classroom.scopes import (
    ScopePlan,
    Scopes,
    is_not_delegated,
    short,
)
from integration_tui.providers.http.json_decoding import read_json
from integration_tui.providers.http.models import Params, Request, Response
from integration_tui.providers.http.session import HttpSession, SessionOptions, SharedQuota

_PROVEN: Final = frozenset({"token", "scopes"})
"""The steps that need a token."""
_AT_ONCE: Final = 8
_OF_PROJECT: Final = 45
"""Of 3,000 requests a minute, or 50 a second: developers.google.com/workspace/classroom/limits."""
_REFUSED_S: Final = 300.0
_MOST_EMPTY: Final = 100
_MOST_PAGES: Final = 1_000_000


class GoogleSession:
    """Asks one API. Where a scope is not delegated, its token is asked for without that scope."""

    def __init__(
        self,
        config: GoogleClassroomConfig,
        context: ProviderContext,
        base_url: str,
        plan: ScopePlan,
    ) -> None:
        self._config = config
        self._context = context
        self._base_url = base_url
        self._sets = plan.sets
        self._place = 0
        self._line: HttpSession | None = None
        self._has_token = False
        self._refusal: ProviderError | None = None
        self._refused_at = 0.0
        self._lock = asyncio.Lock()

    @property
    def scopes(self) -> Scopes:
        """The scopes that the token is asked for with."""
        return self._sets[self._place] if self._sets else ()

    @property
    def left_out(self) -> Scopes:
        """The scopes that are not delegated, as far as was seen."""
        return tuple(
            scope for scope in (self._sets[0] if self._sets else ()) if scope not in self.scopes
        )

    def open(self) -> None:
        """Make the line ready; nothing is sent yet. Harmless when it is open."""
        self._refusal = None
        if self._sets:
            self._line = self._line or self._made()
            self._line.open()

    async def close(self) -> None:
        """Close all connections. Harmless when it is closed."""
        line, self._line, self._has_token = self._line, None, False
        if line is not None:
            await line.close()

    async def authenticate(self) -> Authentication:
        """Return the current proof, with as many scopes as are delegated.

        Raises the refusal of all scopes where even the fewest are refused.
        """
        await self._sign_in()
        return await self._opened.authenticate()

    async def reauthenticate(self) -> Authentication:
        """Obtain another proof than the current one."""
        await self._sign_in()
        return await self._opened.reauthenticate()

    def steps(self) -> Sequence[ConnectionStep]:
        """Return the way to a proven line, as `HttpSession.steps`; nothing is sent yet."""
        return [
            ConnectionStep(name=step.name, run=self._step(step.name))
            for step in self._made().steps()
        ]

    def _step(self, name: str) -> Callable[[], Awaitable[str]]:
        async def run() -> str:
            self.open()
            if name in _PROVEN:
                await self._sign_in()
            # Looked up only now: signing in may have taken another line.
            step = next(step for step in self._opened.steps() if step.name == name)
            told = await step.run()
            missing = " ".join(map(short, self.left_out)) if name in _PROVEN else ""
            return f"{told}; not delegated: {missing}" if missing else told

        return run

    async def get(
        self, path: str, of: type[T], query: Params | None = None, *, is_repeated: bool = True
    ) -> T:
        """Return one object. Raises `ProviderError`."""
        answer, request = await self._asked(path, query, is_repeated=is_repeated)
        return read_json(answer, request, of)

    async def pages(
        self, path: str, key: str, query: Params, token: str = ""
    ) -> AsyncGenerator[ListPage]:
        """Yield the pages of a list, from a token on; the request is otherwise always the same.

        A page without rows is no end. Raises `IncompatibleError` where pages come again.
        """
        seen, empty = {hash(token)}, 0
        while True:
            page = await self.page(path, key, query, token)
            yield page
            if not page.next:
                return
            token, empty = page.next, 0 if page.texts else empty + 1
            if hash(token) in seen or empty >= _MOST_EMPTY or len(seen) >= _MOST_PAGES:
                raise IncompatibleError(
                    f"the list of {key} does not end: pages are named again, or hold nothing",
                    advice="try again; if it goes on, tell Google",
                )
            seen.add(hash(token))

    async def page(self, path: str, key: str, query: Params, token: str = "") -> ListPage:
        """Return one page of a list."""
        more = {"pageToken": token} if token else {}
        answer, request = await self._asked(path, {**query, **more}, is_repeated=True)
        return read_page(answer, request, key)

    @property
    def _opened(self) -> HttpSession:
        if not self._sets:
            raise ForbiddenError(
                f"auth.scopes names no scope for {urlsplit(self._base_url).netloc}",
                advice="add those that are to be asked for, or write down none at all",
            )
        if self._line is None:
            raise RetryableError(f"{self._config.name} is not connected", advice="start it first")
        return self._line

    async def _asked(
        self, path: str, query: Params | None, *, is_repeated: bool
    ) -> tuple[Response, Request]:
        if not self._has_token:
            await self._sign_in()
        send = self._opened.read if is_repeated else self._opened.ask
        return await send(f"{self._base_url}{path}", query)

    async def _sign_in(self) -> None:
        """Obtain the first token; who comes meanwhile waits for the same one.

        What is not delegated is not asked for again at every check.
        """
        async with self._lock:
            age_s = self._context.monotonic() - self._refused_at
            if self._refusal is not None and age_s < _REFUSED_S:
                raise self._refusal
            first: ProviderError | None = None
            while not self._has_token:
                line = self._opened
                line.open()
                try:
                    await line.authenticate()
                    self._has_token = True
                except ProviderError as error:
                    first = first or error
                    is_last = self._place + 1 >= len(self._sets)
                    if not is_not_delegated(error) or is_last:
                        await self._use(0)
                        self._keep(first)
                        raise first from None
                    await self._use(self._place + 1)

    def _keep(self, error: ProviderError) -> None:
        """Remember that nothing is delegated."""
        if is_not_delegated(error):
            self._refusal, self._refused_at = error, self._context.monotonic()

    async def _use(self, place: int) -> None:
        """Ask for another set of scopes from now on."""
        if place != self._place:
            line, self._place = self._opened, place
            self._line = self._made()
            await line.close()

    def _made(self) -> HttpSession:
        auth = self._config.auth.model_copy(update={"scopes": self.scopes})
        config = self._config.model_copy(update={"base_url": self._base_url, "auth": auth})
        options = SessionOptions(
            dialect=dialect_for(self._config.subject),
            at_once=_AT_ONCE,
            quotas=self._quotas(),
        )
        return HttpSession(config, self._context, options)

    def _quotas(self) -> tuple[SharedQuota, ...]:
        """Return what Google counts for an API: requests of a project, and of an account in it."""
        api = urlsplit(self._base_url).netloc
        project = f"{api}, project {self._config.project}"
        pace = self._config.rate_limit
        of_project = RateLimitPolicy(
            requests=max(pace.requests, _OF_PROJECT), period_s=pace.period_s
        )
        # One at a time: a burst on top of the pace would be counted in the same minute.
        of_subject = RateLimitPolicy(requests=1, period_s=pace.period_s / pace.requests)
        return (
            SharedQuota(key=f"{project}, {self._config.subject}", policy=of_subject),
            SharedQuota(key=project, policy=of_project),
        )
