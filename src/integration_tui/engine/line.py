"""An integration's open line: a connector whose every call ends in time, with our errors only."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeGuard, TypeVar

from integration_tui.domain.config import ProviderConfig
from integration_tui.domain.errors import ProviderError
from integration_tui.domain.health import Finding
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.provider import (
    NOT_ATTEMPTED,
    Authentication,
    Capability,
    Connector,
    NotAttempted,
    ProviderSpec,
    SystemMetadata,
)
from integration_tui.domain.roster import Collection, Record
from integration_tui.domain.sync import Page
from integration_tui.engine.capabilities import capable
from integration_tui.engine.containment import Containment
from integration_tui.engine.soundness import is_sound

T = TypeVar("T")


class Line:
    """Every call raises only `ConsoleError`s, `timeout_s` after its begin at the latest."""

    def __init__(
        self,
        connector: Connector,
        spec: ProviderSpec,
        config: ProviderConfig,
        *,
        containment: Containment,
    ) -> None:
        self.integration_id = IntegrationId(config.name)
        self.spec = spec
        self._connector = connector
        self._containment = containment

    async def connect(self, *, timeout_s: float) -> None:
        await self._ask(self._connector.connect, type(None), "connect", timeout_s)

    async def disconnect(self, *, timeout_s: float) -> None:
        await self._ask(self._connector.disconnect, type(None), "disconnect", timeout_s)

    async def check(self, *, timeout_s: float) -> Finding:
        return await self._ask(self._connector.check, Finding, "check", timeout_s)

    async def metadata(self, *, timeout_s: float) -> SystemMetadata:
        return await self._ask(self._connector.metadata, SystemMetadata, "metadata", timeout_s)

    async def authenticate(self, *, timeout_s: float) -> Authentication | NotAttempted:
        """Return the proof of identity, or `NOT_ATTEMPTED` where the type has none."""
        able = capable(self._connector, self.spec, Capability.AUTHENTICATION)
        if able is NOT_ATTEMPTED:
            return able
        return await self._ask(able.authenticate, Authentication, "authenticate", timeout_s)

    async def first_page(
        self, collection: Collection, *, timeout_s: float
    ) -> Page[Record] | NotAttempted:
        """Return the first page of a collection, or `NOT_ATTEMPTED`."""
        able = capable(self._connector, self.spec, Capability.DATA_SYNC)
        if able is NOT_ATTEMPTED:
            return able

        async def first() -> Page[Record]:
            pages = able.pages(collection)
            try:
                return await anext(pages, Page(rows=(), reason="there was no page at all"))
            finally:
                if isinstance(pages, AsyncGenerator):
                    await pages.aclose()

        found: object = await self._containment.call(
            first, of=self.integration_id, what="pages", timeout_s=timeout_s
        )
        if _is_page(found):
            return found
        raise _lie(found, Page, "pages")

    async def _ask(
        self, call: Callable[[], Awaitable[object]], returns: type[T], what: str, timeout_s: float
    ) -> T:
        found = await self._containment.call(
            call, of=self.integration_id, what=what, timeout_s=timeout_s
        )
        if isinstance(found, returns) and is_sound(found):
            return found
        raise _lie(found, returns, what)


def _is_page(found: object) -> TypeGuard[Page[Record]]:
    return is_sound(found) and isinstance(found, Page)


def _lie(found: object, wanted: type, what: str) -> ProviderError:
    kind = type(found).__name__
    wrong = f"a {kind} with a wrong field" if isinstance(found, wanted) else kind
    return ProviderError(
        f"its connector failed: {what} returned {wrong}",
        advice="this is a bug of the provider; report it to its authors",
    )
