"""The connector of a mock district: all seven capabilities, each done by a part of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime

from integration_tui.domain.health.status import HealthFinding
from integration_tui.domain.ids import SubscriptionId
from integration_tui.domain.paging import Cursor, Page
from integration_tui.domain.provider import (
    Authentication,
    ProviderContext,
    RemoteChange,
    SystemMetadata,
    WriteOperation,
    WriteResult,
)
from integration_tui.domain.roster import ROSTER, Collection, Owner, Record
from integration_tui.domain.secret import Secret
from integration_tui.domain.webhook import Delivery, Subscription
from integration_tui.providers.mock.config import MockConfig
from integration_tui.providers.mock.district import District
from integration_tui.providers.mock.ids import IdMap
from integration_tui.providers.mock.listing import MockListing
from integration_tui.providers.mock.network import SimulatedNetwork
from integration_tui.providers.mock.realtime import ChangeStream
from integration_tui.providers.mock.webhooks import MockWebhooks, SignedDelivery
from integration_tui.providers.mock.writes import MockBatch, WrittenRecords


class MockConnector:
    """Behaves as the protocols in `domain.provider` say. Nothing is computed until asked for."""

    def __init__(self, config: MockConfig, context: ProviderContext) -> None:
        self._config = config
        self._context = context
        self.district = District(
            config.district,
            seed=config.seed,
            epoch=config.epoch,
            changes_per_hour=config.real_changes_per_hour,
        )
        writes = WrittenRecords()
        self._line = SimulatedNetwork(config, context)
        self._listing = MockListing(
            config, context, district=self.district, line=self._line, writes=writes
        )
        self._webhooks = MockWebhooks(
            context,
            district=self.district,
            line=self._line,
            tolerance_s=config.webhook.tolerance_s,
        )
        self._stream = ChangeStream(context, district=self.district, line=self._line)
        self._batch = MockBatch(
            context,
            district=self.district,
            line=self._line,
            writes=writes,
            failure_share=config.write_failure_share,
        )

    async def connect(self) -> None:
        await self._line.open()

    async def disconnect(self) -> None:
        self._line.close()

    async def check(self) -> HealthFinding:
        await self._line.request()
        layout = self.district.layout
        schools = "one school" if layout.schools == 1 else f"{layout.schools} schools"
        return HealthFinding(detail=f"{layout.users:,} people in {schools}")

    async def metadata(self) -> SystemMetadata:
        await self._line.request(repeats=self._context.max_retries)
        counts = {collection.value: str(self.district.count(collection)) for collection in ROSTER}
        return SystemMetadata(
            product="Mock district",
            version="OneRoster 1.2",
            address=self._line.address,
            details={
                "district": self._config.district,
                "seed": str(self._config.seed),
                "scenario": self._config.scenario,
                "authentication": self._config.auth.kind,
                "changes_per_hour": f"{self._config.changes_per_hour:g}",
                **counts,
            },
        )

    async def authenticate(self) -> Authentication:
        return await self._line.authenticate()

    async def reauthenticate(self) -> Authentication:
        return await self._line.reauthenticate()

    def pages(
        self, collection: Collection, *, after: Cursor | None = None, since: datetime | None = None
    ) -> AsyncIterator[Page[Record]]:
        return self._listing.pages(collection, after=after, since=since)

    async def find(self, collection: Collection, sourced_id: str) -> Record | None:
        return await self._listing.find(collection, sourced_id)

    def subset(self, collection: Collection, *, of: Owner) -> AsyncIterator[Page[Record]]:
        return self._listing.subset(collection, of=of)

    async def subscribe(self, url: str, event_types: Sequence[str], secret: Secret) -> Subscription:
        return await self._webhooks.subscribe(url, event_types, secret)

    async def unsubscribe(self, subscription_id: SubscriptionId) -> None:
        await self._webhooks.unsubscribe(subscription_id)

    async def subscriptions(self) -> list[Subscription]:
        return await self._webhooks.subscriptions()

    def verify(self, headers: Mapping[str, str], body: bytes, secret: Secret) -> Delivery:
        return self._webhooks.verify(headers, body, secret)

    def changes(self, after: Cursor | None = None) -> AsyncIterator[RemoteChange]:
        return self._stream.changes(after)

    async def write(
        self, operations: Sequence[WriteOperation], *, dry_run: bool = False
    ) -> list[WriteResult]:
        return await self._batch.write(operations, dry_run=dry_run)

    # What only a simulated system can be asked for.

    @property
    def ids(self) -> IdMap:
        """Our ids and the system's, both ways."""
        return self._batch.ids

    def deliveries(self, after: Cursor) -> Iterator[SignedDelivery]:
        """Yield the webhook requests that are due for the changes behind a cursor."""
        return self._webhooks.deliveries(after)
