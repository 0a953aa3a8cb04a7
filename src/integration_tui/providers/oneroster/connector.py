"""The connector of a OneRoster server: check, listings, parts, look-ups."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime

from integration_tui.domain.errors import IncompatibleError, ProviderError
from integration_tui.domain.health.status import HealthFinding
from integration_tui.domain.paging import Cursor, KnownRecords, Page
from integration_tui.domain.provider import (
    Authentication,
    ConnectionStep,
    ProviderContext,
    SystemMetadata,
)
from integration_tui.domain.roster import Collection, Owner, Record
from integration_tui.domain.text import visible
from integration_tui.providers.http.session import HttpSession, SessionOptions
from integration_tui.providers.oneroster.config import RosterServerConfig
from integration_tui.providers.oneroster.errors import ROUTE, meaning
from integration_tui.providers.oneroster.listing import CollectionListing
from integration_tui.providers.oneroster.listing_strategies import ListingReader
from integration_tui.providers.oneroster.responses import PATHS
from integration_tui.providers.oneroster.scoped_listing import ScopedListing
from integration_tui.providers.oneroster.server_profile import INSTEAD
from integration_tui.providers.oneroster.service import OneRosterService, PageResult, Query


class OneRosterConnector:
    """Behaves as `RosterProvider` says. `product` is what it calls the other side."""

    def __init__(
        self, config: RosterServerConfig, context: ProviderContext, *, product: str
    ) -> None:
        self._config = config
        self._product = product
        manners = SessionOptions(scopes=config.default_scopes, dialect=meaning)
        self._line = HttpSession(config, context, manners)
        self._service = service = OneRosterService(self._line, config)
        reader = ListingReader(service, ahead=config.sync.ahead, clock=context.clock)
        self._listing = CollectionListing(reader, service.profile, overlap_s=config.sync.overlap_s)
        self._parts = ScopedListing(reader, service.profile)

    async def connect(self) -> None:
        self._line.open()
        await self._cheapest()

    async def disconnect(self) -> None:
        await self._line.close()

    def steps(self) -> Sequence[ConnectionStep]:
        return self._line.steps()

    async def check(self) -> HealthFinding:
        total = (await self._cheapest()).listed.total
        return HealthFinding(
            detail="" if total is None else f"{total:,} {'org' if total == 1 else 'orgs'}"
        )

    async def metadata(self) -> SystemMetadata:
        told = await self._cheapest()
        proof = await self._line.authenticate()
        total, profile = told.listed.total, self._service.profile
        details = {
            "server": visible(told.answer.headers.get("server", ""), limit=100),
            "orgs": "" if total is None else str(total),
            "authentication": proof.kind,
            "scopes": visible(" ".join(proof.scopes)),
            "dialect": profile.describe(),
        }
        return SystemMetadata(
            product=self._product,
            version=f"OneRoster {profile.dialect.version}",
            address=self._service.url,
            details={key: value for key, value in details.items() if value},
        )

    def recall_records(self, known: KnownRecords) -> None:
        self._service.known = known

    async def authenticate(self) -> Authentication:
        return await self._line.authenticate()

    async def reauthenticate(self) -> Authentication:
        return await self._line.reauthenticate()

    def pages(
        self, collection: Collection, *, after: Cursor | None = None, since: datetime | None = None
    ) -> AsyncGenerator[Page[Record]]:
        self._raise_if_private(collection)
        return self._listing.pages(collection, after=after, since=since)

    def subset(self, collection: Collection, *, of: Owner) -> AsyncGenerator[Page[Record]]:
        return self._parts.pages(collection, of)

    async def find(self, collection: Collection, sourced_id: str) -> Record | None:
        self._raise_if_private(collection)
        if not sourced_id.strip("."):
            return None  # would be another path
        return await self._service.single(collection, sourced_id)

    def _raise_if_private(self, collection: Collection) -> None:
        if collection is Collection.DEMOGRAPHICS and not self._config.sync.demographics:
            raise IncompatibleError(
                f"{self._config.name} does not read demographics",
                advice="write sync.demographics: true, if you need and may have them",
            )

    async def _cheapest(self) -> PageResult:
        """Ask for one org: every roster has one, and every scope allows it."""
        profile = self._service.profile
        first: ProviderError | None = None
        paths = profile.paths(Collection.ORGS)
        if not profile.is_replaced(Collection.ORGS) and "orgs" not in profile.works:
            paths += INSTEAD[Collection.ORGS]
        for path in paths:
            query = Query(path=path, limit=1, is_sorted=False, is_repeated=False)
            try:
                told = await self._service.page(Collection.ORGS, query)
            except ProviderError as error:
                first = first or error
                if error.status not in ROUTE:
                    raise
                continue
            if first is not None:
                profile.refuse(PATHS[Collection.ORGS])
            profile.works.add(path)
            return told
        raise first or AssertionError("there is always a path")
