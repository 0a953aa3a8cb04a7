"""What a provider declares is checked: names, parameters, and what is awaited."""

# ruff: noqa: ARG002 - these methods are looked at, not called

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime

import pytest

from integration_tui.domain.health.status import HealthFinding
from integration_tui.domain.paging import Cursor, Page
from integration_tui.domain.provider import (
    NOT_ATTEMPTED,
    BatchOperationProvider,
    Capability,
    Connector,
    SystemMetadata,
    WriteOperation,
    WriteResult,
)
from integration_tui.domain.roster import Collection, Record
from integration_tui.engine.connectors.capabilities import capable, missing
from integration_tui.providers.mock import SPEC as MOCK
from integration_tui.providers.mock.connector import MockConnector
from tests.engine.fake_connectors import Puppet, PuppetConnector, spec

BATCH, SYNC = Capability.BATCH, Capability.DATA_SYNC


class Least:
    """Has what every connector has."""

    async def connect(self) -> None: ...

    async def disconnect(self) -> None: ...

    async def check(self) -> HealthFinding:
        return HealthFinding()

    async def metadata(self) -> SystemMetadata:
        return SystemMetadata(product="", version="", address="")


class Generator(Least):
    async def pages(
        self, collection: Collection, *, after: Cursor | None = None, since: datetime | None = None
    ) -> AsyncIterator[Page[Record]]:
        yield Page(rows=())


class Awaited(Least):
    async def pages(
        self, collection: Collection, *, after: Cursor | None = None, since: datetime | None = None
    ) -> list[Page[Record]]:
        return []


class Synchronous(Least):
    def pages(
        self, collection: Collection, *, after: Cursor | None = None, since: datetime | None = None
    ) -> Iterator[Page[Record]]:
        yield Page(rows=())


class Wider(Least):
    async def write(
        self,
        operations: Sequence[WriteOperation],
        *,
        dry_run: bool = False,
        chunk: int = 500,
        **_others: object,
    ) -> list[WriteResult]:
        return []


class Renamed(Least):
    async def write(self, ops: Sequence[WriteOperation], *, dry_run: bool = False) -> None: ...


class Demanding(Least):
    async def write(
        self, operations: Sequence[WriteOperation], *, dry_run: bool = False, key: str
    ) -> None: ...


class NoDefault(Least):
    async def write(self, operations: Sequence[WriteOperation], *, dry_run: bool) -> None: ...


class Blocking(Least):
    def write(self, operations: Sequence[WriteOperation], *, dry_run: bool = False) -> None: ...


class Value(Least):
    write = True


class Heir(Least, BatchOperationProvider):
    """Says that it writes, and leaves it to the protocol."""


def test_the_mock_has_all_that_it_declares() -> None:
    connector = MockConnector.__new__(MockConnector)

    assert missing(connector, MOCK.capabilities) == {}
    assert set(MOCK.capabilities) == set(Capability)


@pytest.mark.parametrize("connector", [Generator(), Wider()])
def test_more_than_is_asked_for_is_fine(connector: Least) -> None:
    capability = SYNC if isinstance(connector, Generator) else BATCH

    assert missing(connector, frozenset({capability, Capability.EXTERNAL_SYSTEM})) == {}


@pytest.mark.parametrize(
    ("connector", "capability", "complaint"),
    [
        (Least(), BATCH, "write is missing"),
        (Heir(), BATCH, "write is missing"),  # type: ignore[abstract]  # that is the lie
        (Value(), BATCH, "write is not a method"),
        (Renamed(), BATCH, "write does not take operations"),
        (Demanding(), BATCH, "write demands key"),
        (NoDefault(), BATCH, "write must have a default for dry_run"),
        (Blocking(), BATCH, "write must be async"),
        (Awaited(), SYNC, "pages must yield, not be awaited"),
        (Synchronous(), SYNC, "pages must yield asynchronously"),
    ],
)
def test_a_lie_is_named(connector: Least, capability: Capability, complaint: str) -> None:
    assert missing(connector, frozenset({capability})) == {capability: (complaint,)}


def test_a_roster_needs_all_that_it_is_made_of() -> None:
    found = missing(Generator(), frozenset({Capability.ROSTER}))

    assert found == {
        Capability.ROSTER: (
            "authenticate is missing",
            "reauthenticate is missing",
            "find is missing",
            "subset is missing",
        )
    }


def test_a_capability_that_is_not_declared_is_not_attempted() -> None:
    def build(*_: object) -> Connector:
        return PuppetConnector(Puppet())

    kind = spec("puppet", build)

    assert capable(PuppetConnector(Puppet()), kind, Capability.BATCH) is NOT_ATTEMPTED


def test_one_that_is_declared_is_the_connector_itself() -> None:
    connector = MockConnector.__new__(MockConnector)

    assert capable(connector, MOCK, Capability.REALTIME) is connector
