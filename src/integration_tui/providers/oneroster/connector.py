"""The connector of a OneRoster server: check, listings, look-ups."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final
from urllib.parse import quote

from integration_tui.domain.errors import RemoteNotFoundError
from integration_tui.domain.health import Finding
from integration_tui.domain.provider import Authentication, ProviderContext, SystemMetadata
from integration_tui.domain.roster import Collection, Record
from integration_tui.domain.sync import Cursor, Page
from integration_tui.domain.text import visible
from integration_tui.providers.http.line import Line, Manners
from integration_tui.providers.http.messages import Answer
from integration_tui.providers.oneroster.config import RosterServerConfig
from integration_tui.providers.oneroster.envelope import PATHS, Listed, read_page, read_single
from integration_tui.providers.oneroster.listing import pages

_CHEAPEST: Final = {"limit": 1, "offset": 0}


class OneRosterConnector:
    """Behaves as `RosterProvider` says. `product` is what it calls the other side."""

    def __init__(
        self, config: RosterServerConfig, context: ProviderContext, *, product: str
    ) -> None:
        self._config = config
        self._product = product
        self._line = Line(config, context, Manners(scopes=config.default_scopes))

    async def connect(self) -> None:
        self._line.open()
        await self._cheapest()

    async def disconnect(self) -> None:
        await self._line.close()

    async def check(self) -> Finding:
        _, listed = await self._cheapest()
        total = listed.total
        return Finding(
            detail="" if total is None else f"{total:,} {'org' if total == 1 else 'orgs'}"
        )

    async def metadata(self) -> SystemMetadata:
        answer, listed = await self._cheapest()
        proof = await self._line.authenticate()
        details = {
            "server": visible(answer.headers.get("server", ""), limit=100),
            "orgs": "" if listed.total is None else str(listed.total),
            "authentication": proof.kind,
            "scopes": visible(" ".join(proof.scopes)),
        }
        return SystemMetadata(
            product=self._product,
            version=f"OneRoster {self._config.version}",
            address=self._config.service_url,
            details={key: value for key, value in details.items() if value},
        )

    async def authenticate(self) -> Authentication:
        return await self._line.authenticate()

    async def reauthenticate(self) -> Authentication:
        return await self._line.reauthenticate()

    def pages(
        self, collection: Collection, *, after: Cursor | None = None, since: datetime | None = None
    ) -> AsyncIterator[Page[Record]]:
        return pages(
            self._line,
            self._config.service_url,
            collection,
            page_size=self._config.page_size,
            after=after,
            since=since,
        )

    async def find(self, collection: Collection, sourced_id: str) -> Record | None:
        if not sourced_id.strip("."):
            return None  # would be another path
        url = f"{self._config.service_url}/{PATHS[collection]}/{quote(sourced_id, safe='')}"
        try:
            answer, request = await self._line.read(url)
        except RemoteNotFoundError:
            return None
        return read_single(collection, answer, request)

    async def _cheapest(self) -> tuple[Answer, Listed]:
        """Ask for one org: every roster has one, and every scope allows it."""
        url = f"{self._config.service_url}/{PATHS[Collection.ORGS]}"
        answer, request = await self._line.ask(url, _CHEAPEST)
        return answer, read_page(Collection.ORGS, answer, request)
