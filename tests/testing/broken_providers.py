"""Providers that break the contract, each in its own way. Run by `test_contract_suite.py` only."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from integration_tui_abacus import SPEC
from integration_tui_abacus.connector import AbacusConnector
from test_contract import abacus

from integration_tui.domain.health.status import HealthFinding
from integration_tui.domain.paging import Cursor, Page
from integration_tui.domain.provider import Capability, Connector
from integration_tui.domain.roster import Collection, Record
from integration_tui.domain.value import replace
from integration_tui.testing.contract import ProviderContract, Serve, ServedProvider

LISTED = (Collection.ORGS, Collection.USERS)


def broken(kind: type[AbacusConnector], *more: Capability) -> ServedProvider:
    """Return the example with a connector of this kind, and more capabilities than it has."""

    @asynccontextmanager
    async def serve(*, bad_records: bool = False) -> AsyncGenerator[Connector]:
        async with abacus(bad_records=bad_records) as connector:
            connector.__class__ = kind
            yield connector

    served: Serve = serve
    spec = replace(SPEC, capabilities=SPEC.capabilities | set(more))
    return ServedProvider(spec=spec, serve=served, collections=LISTED)


class _Forgetful(AbacusConnector):
    async def pages(
        self,
        collection: Collection,
        *,
        after: Cursor | None = None,  # noqa: ARG002 - the fault
        since: datetime | None = None,
    ) -> AsyncIterator[Page[Record]]:
        async for page in super().pages(collection, since=since):
            yield page


class TestForgetsItsCursor(ProviderContract):
    provider = broken(_Forgetful)


class _Hasty(AbacusConnector):
    async def pages(
        self, collection: Collection, *, after: Cursor | None = None, since: datetime | None = None
    ) -> AsyncIterator[Page[Record]]:
        async for page in super().pages(collection, after=after, since=since):
            yield replace(page, complete=True)


class TestSaysCompleteTooEarly(ProviderContract):
    provider = broken(_Hasty)


class _Doubling(AbacusConnector):
    async def pages(
        self, collection: Collection, *, after: Cursor | None = None, since: datetime | None = None
    ) -> AsyncIterator[Page[Record]]:
        async for page in super().pages(collection, after=after, since=since):
            yield replace(page, rows=page.rows * 2)


class TestListsEverybodyTwice(ProviderContract):
    provider = broken(_Doubling)


class _Timeless(AbacusConnector):
    async def pages(
        self,
        collection: Collection,
        *,
        after: Cursor | None = None,
        since: datetime | None = None,  # noqa: ARG002 - the fault
    ) -> AsyncIterator[Page[Record]]:
        async for page in super().pages(collection, after=after):
            yield page


class TestIgnoresSince(ProviderContract):
    provider = broken(_Timeless)


class _Silent(AbacusConnector):
    async def pages(
        self, collection: Collection, *, after: Cursor | None = None, since: datetime | None = None
    ) -> AsyncIterator[Page[Record]]:
        async for page in super().pages(collection, after=after, since=since):
            yield replace(page, rejected=())


class TestDropsBadRecords(ProviderContract):
    provider = broken(_Silent)


class _Careless(AbacusConnector):
    is_connected = False

    async def connect(self) -> None:
        self.is_connected = True
        self.task = asyncio.create_task(asyncio.sleep(5))
        await super().connect()

    async def check(self) -> HealthFinding:
        if not self.is_connected:
            raise RuntimeError
        return await super().check()


class TestLeavesTasksAndRaisesWhatItLikes(ProviderContract):
    provider = broken(_Careless)


class TestDeclaresWhatItHasNot(ProviderContract):
    provider = broken(AbacusConnector, Capability.REALTIME)
