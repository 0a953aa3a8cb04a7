"""The connector of a Canvas LMS: connection, sign-in, health, and the roster."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Final

import msgspec

from integration_tui.domain.auth import ApiKeyAuth, AuthorizationCodeAuth, JwtAuth
from integration_tui.domain.health.status import HealthFinding
from integration_tui.domain.paging import Cursor, KnownPages, Page
from integration_tui.domain.provider import (
    Authentication,
    ConnectionStep,
    ProviderContext,
    SystemMetadata,
)
from integration_tui.domain.roster import Collection, Owner, Record
from integration_tui.domain.secret import SecretRef
from integration_tui.domain.text import visible
from integration_tui.domain.value import replace
from integration_tui.providers.canvas.config import CanvasConfig
from integration_tui.providers.canvas.errors import ACCEPT, meaning, remaining
from integration_tui.providers.canvas.frame import FrameReader
from integration_tui.providers.canvas.links import CanvasApi
from integration_tui.providers.canvas.parts import CanvasParts
from integration_tui.providers.canvas.reading import CanvasReading
from integration_tui.providers.canvas.rights import TokenRights
from integration_tui.providers.canvas.single import SingleRecords
from integration_tui.providers.canvas.urls import CanvasUrls
from integration_tui.providers.canvas.walk import AT_ONCE
from integration_tui.providers.http.json_decoding import read_json
from integration_tui.providers.http.models import Response
from integration_tui.providers.http.session import HttpSession, SessionOptions, SharedQuota

_WHOLE: Final = "Canvas cannot be asked for what changed: everything was read"


class _User(msgspec.Struct):
    """The user that the token belongs to; the name is not kept."""

    id: int | str


class CanvasConnector:
    """Behaves as `RosterProvider` says."""

    def __init__(self, config: CanvasConfig, context: ProviderContext) -> None:
        self._config = config
        quota = SharedQuota(key="Canvas", policy=config.rate_limit, secret=_token_of(config))
        options = SessionOptions(accept=ACCEPT, dialect=meaning, at_once=AT_ONCE, quotas=(quota,))
        self._line = HttpSession(config, context, options)
        self._urls = urls = CanvasUrls(
            service=config.service_url, page_size=config.per_page, as_user=config.as_user_id
        )
        self._api = api = CanvasApi(self._line, base_url=config.base_url, service=urls.service)
        self._frames = frames = FrameReader(api, urls, config, monotonic=context.monotonic)
        self._reading = CanvasReading(api, urls, config, frames, context)
        self._rights = TokenRights(api, urls, frames)
        self._single = SingleRecords(api, urls, config, frames)
        self._parts = CanvasParts(api, urls, config, frames, monotonic=context.monotonic)

    async def connect(self) -> None:
        self._line.open()
        await self._ask_for_ourselves()

    async def disconnect(self) -> None:
        self._reading.close()
        await self._line.close()

    def steps(self) -> Sequence[ConnectionStep]:
        # Whoever tests a connection looks at the first page of each collection.
        self._reading.sample()
        return (*self._line.steps(), ConnectionStep(name="account", run=self._rights.look))

    async def check(self) -> HealthFinding:
        answer, _ = await self._ask_for_ourselves()
        left = remaining(answer)
        return HealthFinding(detail="" if left is None else f"{left:.0f} of the rate limit left")

    async def metadata(self) -> SystemMetadata:
        answer, user = await self._ask_for_ourselves()
        proof = await self._line.authenticate()
        left = remaining(answer)
        details = {
            "user": visible(user.id, limit=40),
            "account": await self._rights.seen(),
            "authentication": proof.kind,
            "rate_limit_left": "" if left is None else f"{left:.0f}",
        }
        return SystemMetadata(
            product="Canvas LMS",
            version="REST v1",
            address=self._config.service_url,
            details={key: value for key, value in details.items() if value},
        )

    def recall(self, recall: KnownPages) -> None:
        self._reading.recall(recall)

    def relearn(
        self, collection: Collection, lessons: Sequence[str], *, after: Cursor | None
    ) -> None:
        self._reading.relearn(collection, lessons, after)

    async def authenticate(self) -> Authentication:
        return await self._line.authenticate()

    async def reauthenticate(self) -> Authentication:
        return await self._line.reauthenticate()

    async def pages(
        self, collection: Collection, *, after: Cursor | None = None, since: datetime | None = None
    ) -> AsyncGenerator[Page[Record]]:
        async with aclosing(self._reading.pages(collection, after=after)) as pages:
            async for page in pages:
                is_partial = since is not None and page.next is None
                yield replace(page, complete=False, reason=_WHOLE) if is_partial else page

    def subset(self, collection: Collection, *, of: Owner) -> AsyncGenerator[Page[Record]]:
        return self._parts.pages(collection, of)

    async def find(self, collection: Collection, sourced_id: str) -> Record | None:
        return await self._single.find(collection, sourced_id)

    async def _ask_for_ourselves(self) -> tuple[Response, _User]:
        """Make the cheapest call that needs a token."""
        answer, request = await self._line.ask(f"{self._config.service_url}/users/self")
        return answer, read_json(self._api.data(answer), request, _User)


def _token_of(config: CanvasConfig) -> SecretRef:
    """Return the secret that a token is, or is made from: Canvas counts by token."""
    match config.auth:
        case JwtAuth(token=token):
            return token
        case ApiKeyAuth(key=key):
            return key
        case AuthorizationCodeAuth(refresh_token=token):
            return token
