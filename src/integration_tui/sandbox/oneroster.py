"""A OneRoster server over a roster of any size, in any dialect."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from integration_tui.domain.clock import Monotonic
from integration_tui.sandbox.auth import SandboxKeys, ServerAccess
from integration_tui.sandbox.dialect import BASE_PATH, Dialect, scope_words
from integration_tui.sandbox.fault_middleware import FaultInjection
from integration_tui.sandbox.faults import Faults
from integration_tui.sandbox.handlers import RequestReader, RequestView
from integration_tui.sandbox.middleware import (
    RateLimited,
    RecordedRequest,
    RequestLog,
    TrailingSlashes,
)
from integration_tui.sandbox.oauth1 import OAuth1Check
from integration_tui.sandbox.overlay import Overlay
from integration_tui.sandbox.routes import PARTS_OF, WHOLE, Path
from integration_tui.sandbox.source import FixedSource, Roster, RosterSource
from integration_tui.sandbox.token_endpoint import TokenIssuer

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["BASE_PATH", "CORE", "DEMOGRAPHICS", "FULL", "Dialect", "OneRosterSandbox"]

CORE, FULL, DEMOGRAPHICS = scope_words("1.2")
_SEEN: Final = 1000


class OneRosterSandbox:
    """The app with its switches. `seen` are the latest requests for records, as path with query.

    `visits` are all the latest requests, with their answers' statuses and without secrets.
    `overlay` takes records that are written or deleted; `access.schools` narrows a client to a
    school; `keys` are those of dialects that know no tokens.
    """

    def __init__(
        self,
        roster: Roster | RosterSource,
        *,
        monotonic: Monotonic,
        dialect: Dialect | None = None,
    ) -> None:
        self.dialect = dialect = dialect or Dialect()
        self.issuer = TokenIssuer(
            monotonic=monotonic,
            scopes=dialect.scope_words,
            asks_scopes=dialect.asks_scopes,
            lifetime_s=dialect.lifetime_s,
            expires_in=int(dialect.lifetime_s),
        )
        self.keys = SandboxKeys()
        self.access = ServerAccess(
            dialect, self.issuer, self.keys, OAuth1Check(lambda: self.issuer.clients)
        )
        self.faults = Faults()
        self.seen: deque[str] = deque(maxlen=_SEEN)
        self.visits: deque[RecordedRequest] = deque(maxlen=_SEEN)
        source = roster if isinstance(roster, RosterSource) else FixedSource(roster)
        self.overlay = Overlay(source)
        self.reader = RequestReader(dialect)
        self._starlette = Starlette(routes=[*self._routes()])
        self._starlette.router.redirect_slashes = False
        self.app: ASGIApp = self._wrapped(monotonic)

    @property
    def roster(self) -> Roster:
        """A fixed roster; may be set to another. Raises `TypeError` where it is generated."""
        source = self.overlay.source
        if not isinstance(source, FixedSource):
            raise TypeError("this roster is generated")
        return source.roster

    @roster.setter
    def roster(self, roster: Roster) -> None:
        self.overlay.source = FixedSource(roster)
        self.overlay.clear()
        self.reader.forget()

    def now(self) -> datetime | None:
        """Return the moment by this server's clock; `None` where it has none."""
        return self.overlay.snapshot().as_of

    def add_routes(self, routes: Sequence[BaseRoute]) -> None:
        """Serve more than reading; the paths are whole, and are looked at first."""
        self._starlette.router.routes[:0] = routes

    def _wrapped(self, monotonic: Monotonic) -> ASGIApp:
        dialect, app = self.dialect, self._starlette
        wrapped: ASGIApp = app
        if dialect.throttle is not None:
            wrapped = RateLimited(app, dialect.throttle, monotonic=monotonic, now=self.now)
        if dialect.trailing_slash != "refused":
            wrapped = TrailingSlashes(wrapped, redirects=dialect.trailing_slash == "redirected")
        wrapped = FaultInjection(wrapped, self.faults, spared=dialect.token_path)
        return RequestLog(wrapped, self.visits)

    def _routes(self) -> Sequence[BaseRoute]:
        base, listing, single = self.dialect.base_path, self.reader.listing, self.reader.single
        return [
            Route(self.dialect.token_path, self.issuer.token, methods=["POST"]),
            *(
                Route(f"{base}/{path.pattern}", self._guarded(path, listing))
                for path in (*PARTS_OF, *WHOLE)
            ),
            *(
                Route(f"{base}/{path.pattern}/{{sourced_id:path}}", self._guarded(path, single))
                for path in WHOLE
            ),
        ]

    def _guarded(
        self, path: Path, answer: Callable[[RequestView], Response]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            self.seen.append(f"{request.url.path}?{request.url.query}")
            found = self.access.visitor(request, path.collection, is_part=path.part is not None)
            snapshot = self.overlay.snapshot()
            if not isinstance(found, Response):
                look = RequestView(request=request, path=path, visitor=found, snapshot=snapshot)
                # The other requests go on meanwhile; a snapshot does not change.
                found = await asyncio.to_thread(answer, look) if look.is_long else answer(look)
            if snapshot.as_of is not None:
                found.headers["Date"] = format_datetime(snapshot.as_of, usegmt=True)
            return found

        return guarded
