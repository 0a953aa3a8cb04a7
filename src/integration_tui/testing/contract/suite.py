"""The tests of the contract. What a provider does not declare is skipped, and says so."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from typing import ClassVar, TypeVar

import pytest
import pytest_asyncio

from integration_tui.domain.errors import CredentialsError, ProviderError
from integration_tui.domain.health.status import HealthFinding, HealthStatus
from integration_tui.domain.paging import Cursor, Page
from integration_tui.domain.provider import (
    CONTRACT_VERSION,
    PROTOCOLS,
    Authentication,
    AuthenticationProvider,
    BatchOperationProvider,
    Capability,
    Connector,
    DataSyncProvider,
    NotAttempted,
    RosterProvider,
    WebhookProvider,
    WriteKind,
    WriteOperation,
)
from integration_tui.domain.roster import RECORD_TYPES, Collection, Record
from integration_tui.domain.secret import Secret
from integration_tui.engine.connectors.capabilities import capable
from integration_tui.testing.contract.served import ServedProvider

_LONGEST_RAW = 1000
_T = TypeVar("_T")


def _declared(able: _T | NotAttempted) -> _T:
    if isinstance(able, NotAttempted):
        pytest.skip("the provider does not declare this capability")
    return able


@pytest.mark.asyncio
class ProviderContract:
    """Inherit it in a class whose name begins with Test, and set `provider`."""

    provider: ClassVar[ServedProvider]

    @pytest_asyncio.fixture
    async def connector(self) -> AsyncGenerator[Connector]:
        """A connected connector."""
        async with self.provider.serve() as connector:
            await connector.connect()
            yield connector
            await connector.disconnect()

    @pytest.fixture
    def authentication(self, connector: Connector) -> AuthenticationProvider:
        return _declared(capable(connector, self.provider.spec, Capability.AUTHENTICATION))

    @pytest.fixture
    def listing(self, connector: Connector) -> DataSyncProvider:
        return _declared(capable(connector, self.provider.spec, Capability.DATA_SYNC))

    @pytest.fixture
    def roster(self, connector: Connector) -> RosterProvider:
        return _declared(capable(connector, self.provider.spec, Capability.ROSTER))

    @pytest.fixture
    def batch(self, connector: Connector) -> BatchOperationProvider:
        return _declared(capable(connector, self.provider.spec, Capability.BATCH))

    @pytest.fixture
    def webhook(self, connector: Connector) -> WebhookProvider:
        return _declared(capable(connector, self.provider.spec, Capability.WEBHOOK))

    async def test_the_contract_version_is_ours(self) -> None:
        assert self.provider.spec.contract_version == CONTRACT_VERSION

    async def test_every_provider_is_an_external_system(self) -> None:
        assert Capability.EXTERNAL_SYSTEM in self.provider.spec.capabilities

    @pytest.mark.parametrize("capability", Capability)
    async def test_what_is_declared_is_there_as_the_protocol_says(
        self, connector: Connector, capability: Capability
    ) -> None:
        if capability not in self.provider.spec.capabilities:
            pytest.skip("the provider does not declare this capability")

        for name, expected in _methods(PROTOCOLS[capability]).items():
            offered = getattr(connector, name, None)
            assert callable(offered), f"the connector has no method {name}"
            assert _signature(offered) == _signature(expected), name
            is_async = inspect.iscoroutinefunction(offered)
            assert is_async == inspect.iscoroutinefunction(expected), name

    async def test_the_config_model_names_its_type(self) -> None:
        schema = self.provider.spec.config_model.model_json_schema()

        assert schema["properties"]["type"]["const"] == self.provider.spec.key
        assert schema["additionalProperties"] is False

    async def test_a_check_answers(self, connector: Connector) -> None:
        finding = await connector.check()

        assert isinstance(finding, HealthFinding)
        assert finding.status in {HealthStatus.HEALTHY, HealthStatus.DEGRADED}

    async def test_a_check_before_connecting_is_a_provider_error(self) -> None:
        async with self.provider.serve() as connector:
            with pytest.raises(ProviderError) as caught:
                await connector.check()

        assert caught.value.advice

    async def test_metadata_says_what_is_there(self, connector: Connector) -> None:
        metadata = await connector.metadata()

        assert metadata.product
        assert metadata.version
        assert metadata.address

    async def test_disconnecting_twice_is_fine(self, connector: Connector) -> None:
        await connector.disconnect()

        await connector.disconnect()

    async def test_disconnecting_without_connecting_is_fine(self) -> None:
        async with self.provider.serve() as connector:
            await connector.disconnect()

    async def test_it_can_be_connected_again(self, connector: Connector) -> None:
        await connector.disconnect()

        await connector.connect()

        assert isinstance(await connector.check(), HealthFinding)

    async def test_credentials_are_valid_and_can_be_renewed(
        self, authentication: AuthenticationProvider
    ) -> None:
        first = await authentication.authenticate()
        second = await authentication.reauthenticate()

        for proof in (first, second):
            assert isinstance(proof, Authentication)
            assert proof.kind
            assert proof.expires_at is None or proof.expires_at.tzinfo is not None

    async def test_it_still_works_after_reauthenticating(
        self, authentication: AuthenticationProvider, connector: Connector
    ) -> None:
        await authentication.reauthenticate()

        assert isinstance(await connector.check(), HealthFinding)

    @pytest.mark.parametrize("collection", Collection)
    async def test_pages_hold_records_of_their_collection(
        self, listing: DataSyncProvider, collection: Collection
    ) -> None:
        if collection not in self.provider.collections:
            pytest.skip(f"the system does not list {collection}")

        pages = await _pages(listing, collection)

        rows = [row for page in pages for row in page.rows]
        assert rows
        assert {type(row) for row in rows} == {RECORD_TYPES[collection]}

    async def test_pages_come_in_a_stable_order(self, listing: DataSyncProvider) -> None:
        once = await _pages(listing, self.provider.paged)
        again = await _pages(listing, self.provider.paged)

        assert len(once) > 1
        assert _ids(once) == _ids(again)

    async def test_nobody_is_listed_twice(self, listing: DataSyncProvider) -> None:
        ids = _ids(await _pages(listing, self.provider.paged))

        assert len(ids) == len(set(ids))

    async def test_a_listing_resumes_from_every_cursor(self, listing: DataSyncProvider) -> None:
        pages = await _pages(listing, self.provider.paged)

        for number, page in enumerate(pages[:-1], start=1):
            rest = await _pages(listing, self.provider.paged, after=page.next)
            assert [found.rows for found in rest] == [left.rows for left in pages[number:]]
            assert rest[-1].complete

    async def test_only_the_last_page_has_no_next_and_says_complete(
        self, listing: DataSyncProvider
    ) -> None:
        pages = await _pages(listing, self.provider.paged)

        assert all(page.next for page in pages[:-1])
        assert not any(page.complete for page in pages[:-1])
        assert pages[-1].next is None
        assert pages[-1].complete
        assert pages[-1].reason == ""

    async def test_a_cursor_of_nowhere_is_a_provider_error(self, listing: DataSyncProvider) -> None:
        nowhere = Cursor("not a cursor of this system")

        with pytest.raises(ProviderError):
            await _pages(listing, self.provider.paged, after=nowhere)

    async def test_nothing_has_changed_since_the_far_future(
        self, listing: DataSyncProvider
    ) -> None:
        far_ahead = datetime(2999, 1, 1, tzinfo=UTC)

        pages = [page async for page in listing.pages(self.provider.paged, since=far_ahead)]

        # A record without a date may have changed, so it may come.
        assert [row for page in pages for row in page.rows if row.modified_at is not None] == []
        assert pages[-1].next is None

    async def test_what_is_listed_is_found(self, roster: RosterProvider) -> None:
        for collection in (Collection.ORGS, Collection.CLASSES, Collection.USERS):
            if collection not in self.provider.collections:
                continue
            row = (await _pages(roster, collection))[0].rows[-1]

            found = await roster.find(collection, row.sourced_id)

            assert found is not None
            assert found.sourced_id == row.sourced_id

    async def test_an_unknown_id_is_none(self, roster: RosterProvider) -> None:
        assert await roster.find(self.provider.paged, "nobody-by-this-id") is None

    async def test_a_bad_record_is_rejected_with_its_reason(self) -> None:
        async with self.provider.serve(bad_records=True) as connector:
            spec = self.provider.spec
            listing = _declared(capable(connector, spec, Capability.DATA_SYNC))
            await connector.connect()

            pages = await _pages(listing, self.provider.paged)

            await connector.disconnect()
        rejected = [record for page in pages for record in page.rejected]
        assert rejected
        assert all(record.reason and len(record.raw) <= _LONGEST_RAW for record in rejected)
        assert any(page.rows for page in pages)

    async def test_no_task_is_left_behind(self) -> None:
        before = asyncio.all_tasks()

        async with self.provider.serve() as connector:
            await connector.connect()
            await connector.check()
            await connector.disconnect()
            left = asyncio.all_tasks() - before

        assert left == set()

    async def test_a_dry_run_of_a_write_changes_nothing(
        self, batch: BatchOperationProvider, roster: RosterProvider
    ) -> None:
        record = (await _pages(roster, self.provider.paged))[-1].rows[-1]
        delete = WriteOperation(
            kind=WriteKind.DELETE,
            collection=self.provider.paged,
            sourced_id=record.sourced_id,
        )

        results = await batch.write([delete], dry_run=True)

        assert [result.sourced_id for result in results] == [record.sourced_id]
        assert await roster.find(self.provider.paged, record.sourced_id)

    async def test_an_unsigned_delivery_is_refused(self, webhook: WebhookProvider) -> None:
        with pytest.raises(CredentialsError):
            webhook.verify({}, b"{}", Secret("a secret of some length"))


async def _pages(
    listing: DataSyncProvider, collection: Collection, after: Cursor | None = None
) -> list[Page[Record]]:
    return [page async for page in listing.pages(collection, after=after)]


def _ids(pages: list[Page[Record]]) -> list[str]:
    return [row.sourced_id for page in pages for row in page.rows]


def _methods(protocol: type) -> dict[str, Callable[..., object]]:
    """Return the methods that a protocol asks for, with those of the ones it builds on."""
    bases = [base for base in protocol.__mro__ if base.__module__ == protocol.__module__]
    members = {name: value for base in bases for name, value in vars(base).items()}
    return {
        name: value
        for name, value in members.items()
        if inspect.isfunction(value) and not name.startswith("_")
    }


def _signature(method: Callable[..., object]) -> list[tuple[str, object]]:
    parameters = inspect.signature(method).parameters.values()
    return [
        (parameter.name, parameter.kind) for parameter in parameters if parameter.name != "self"
    ]
