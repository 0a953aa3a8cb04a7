"""The contract of domain/provider.py, run against every provider that can be served here.

To add one, write an async context manager that yields a connector (not yet connected) to a
system with more than one page of users, and name it in `SERVED`.
"""

import asyncio
import inspect
import tomllib
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from importlib.resources import files
from typing import Protocol, cast

import pytest

from integration_tui.domain.errors import CredentialsError, ProviderError
from integration_tui.domain.health.status import Finding, HealthStatus
from integration_tui.domain.paging import Cursor, Page
from integration_tui.domain.provider import (
    CONTRACT_VERSION,
    PROTOCOLS,
    Authentication,
    AuthenticationProvider,
    BatchOperationProvider,
    Capability,
    Connector,
    ProviderSpec,
    RosterProvider,
    WebhookProvider,
    WriteKind,
    WriteOperation,
)
from integration_tui.domain.roster import RECORD_TYPES, Collection, Record
from integration_tui.domain.secret import Secret
from integration_tui.providers.canvas import SPEC as CANVAS
from integration_tui.providers.catalog import BUILT_IN
from integration_tui.providers.google_classroom import SPEC as GOOGLE_CLASSROOM
from integration_tui.providers.mock import SPEC as MOCK
from integration_tui.providers.mock.presets import mock
from integration_tui.providers.oneroster import SPEC as ONEROSTER
from integration_tui.providers.oneroster_csv import SPEC as ONEROSTER_CSV
from integration_tui.providers.timeback import SPEC as TIMEBACK
from integration_tui.sandbox.oneroster import Dialect
from tests.providers.canvas.served import canvas
from tests.providers.google_classroom.served import google
from tests.providers.mock.world import World
from tests.providers.oneroster.served import BAD_USERS, district
from tests.providers.oneroster_csv.served import csv_files
from tests.providers.timeback.served import timeback

RULES = {
    "connects-before-save",
    "reauthenticates",
    "stable-order-pages",
    "resumes-from-cursor",
    "honours-retry-after",
    "bounded-timeout",
    "redacts-secrets",
    "unknown-fields-tolerated",
    "bad-record-skipped",
    "check-is-cheap",
    "logs-once-when-down",
    "diagnostics",
}

SYNC = {"page_size": 10, "demographics": True}


class Serve(Protocol):
    """Yields a connector to a running system; with `bad_records`, some of it is unreadable."""

    def __call__(self, *, bad_records: bool = False) -> AbstractAsyncContextManager[Connector]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A provider, and a system to try it on."""

    spec: ProviderSpec
    serve: Serve

    @property
    def folder(self) -> str:
        return self.spec.config_model.__module__.rpartition(".")[0]


@asynccontextmanager
async def mock_district(*, bad_records: bool = False) -> AsyncGenerator[Connector]:
    config = mock(
        page_size=90,
        changes_per_hour=3600,
        scenario="dirty_data" if bad_records else "steady",
        latency={"median_ms": 5},
    )
    yield MOCK.build(config, World().context())


@asynccontextmanager
async def oneroster_server(*, bad_records: bool = False) -> AsyncGenerator[Connector]:
    raw = {Collection.USERS: BAD_USERS} if bad_records else {}
    async with district(dialect=Dialect(raw=raw), sync=SYNC) as one:
        yield one.connector


@asynccontextmanager
async def timeback_platform(*, bad_records: bool = False) -> AsyncGenerator[Connector]:
    raw = {Collection.USERS: BAD_USERS} if bad_records else {}
    async with timeback(dialect=Dialect(raw=raw), sync=SYNC) as connector:
        yield connector


SERVED: Mapping[str, Served] = {
    "mock": Served(spec=MOCK, serve=mock_district),
    "oneroster": Served(spec=ONEROSTER, serve=oneroster_server),
    "oneroster_csv": Served(spec=ONEROSTER_CSV, serve=csv_files),
    "timeback": Served(spec=TIMEBACK, serve=timeback_platform),
    "google_classroom": Served(spec=GOOGLE_CLASSROOM, serve=google),
    "canvas": Served(spec=CANVAS, serve=canvas),
}


@pytest.fixture(params=sorted(SERVED))
def served(request: pytest.FixtureRequest) -> Served:
    return SERVED[request.param]


@pytest.fixture
async def connector(served: Served) -> AsyncGenerator[Connector]:
    """A connected connector."""
    async with served.serve() as connector:
        await connector.connect()
        yield connector
        await connector.disconnect()


def needs(served: Served, capability: Capability) -> None:
    if capability not in served.spec.capabilities:
        pytest.skip(f"{served.spec.key} does not declare {capability}")


@pytest.fixture
def roster(served: Served, connector: Connector) -> RosterProvider:
    needs(served, Capability.ROSTER)
    return cast(RosterProvider, connector)  # declared, and checked below


@pytest.fixture
def authentication(served: Served, connector: Connector) -> AuthenticationProvider:
    needs(served, Capability.AUTHENTICATION)
    return cast(AuthenticationProvider, connector)  # declared, and checked below


async def listed(
    roster: RosterProvider, collection: Collection, after: Cursor | None = None
) -> list[Page[Record]]:
    return [page async for page in roster.pages(collection, after=after)]


def methods(protocol: type) -> dict[str, Callable[..., object]]:
    """Return the methods that a protocol asks for, with those of the ones it builds on."""
    ours = [one for one in protocol.__mro__ if one.__module__ == protocol.__module__]
    found = {name: value for one in ours for name, value in vars(one).items()}
    return {n: v for n, v in found.items() if inspect.isfunction(v) and not n.startswith("_")}


def shape(method: Callable[..., object]) -> list[tuple[str, object]]:
    parameters = [*inspect.signature(method).parameters.values()]
    return [(one.name, one.kind) for one in parameters if one.name != "self"]


def test_no_built_in_type_is_forgotten() -> None:
    assert set(BUILT_IN) == SERVED.keys()


def test_the_contract_version_is_ours(served: Served) -> None:
    assert served.spec.contract_version == CONTRACT_VERSION


def test_every_provider_is_an_external_system(served: Served) -> None:
    assert Capability.EXTERNAL_SYSTEM in served.spec.capabilities


@pytest.mark.parametrize("capability", Capability)
async def test_what_is_declared_is_there_as_the_protocol_says(
    served: Served, connector: Connector, capability: Capability
) -> None:
    needs(served, capability)

    for name, asked in methods(PROTOCOLS[capability]).items():
        offered = getattr(connector, name)
        assert shape(offered) == shape(asked), name
        assert inspect.iscoroutinefunction(offered) == inspect.iscoroutinefunction(asked), name


def test_the_config_model_names_its_type(served: Served) -> None:
    schema = served.spec.config_model.model_json_schema()

    assert schema["properties"]["type"]["const"] == served.spec.key
    assert schema["additionalProperties"] is False


async def test_a_check_answers(connector: Connector) -> None:
    finding = await connector.check()

    assert isinstance(finding, Finding)
    assert finding.status in {HealthStatus.HEALTHY, HealthStatus.DEGRADED}


async def test_a_check_before_connecting_is_a_provider_error(served: Served) -> None:
    async with served.serve() as connector:
        with pytest.raises(ProviderError) as caught:
            await connector.check()

    assert caught.value.advice


async def test_metadata_says_what_is_there(connector: Connector) -> None:
    metadata = await connector.metadata()

    assert metadata.product
    assert metadata.version
    assert metadata.address


async def test_disconnecting_twice_is_fine(connector: Connector) -> None:
    await connector.disconnect()

    await connector.disconnect()


async def test_disconnecting_without_connecting_is_fine(served: Served) -> None:
    async with served.serve() as connector:
        await connector.disconnect()


async def test_it_can_be_connected_again(connector: Connector) -> None:
    await connector.disconnect()

    await connector.connect()

    assert isinstance(await connector.check(), Finding)


async def test_a_proof_is_valid_and_can_be_renewed(
    authentication: AuthenticationProvider,
) -> None:
    first = await authentication.authenticate()
    second = await authentication.reauthenticate()

    for proof in (first, second):
        assert isinstance(proof, Authentication)
        assert proof.kind
        assert proof.expires_at is None or proof.expires_at.tzinfo is not None


async def test_it_still_works_after_reauthenticating(
    authentication: AuthenticationProvider, connector: Connector
) -> None:
    await authentication.reauthenticate()

    assert isinstance(await connector.check(), Finding)


@pytest.mark.parametrize("collection", Collection)
async def test_pages_hold_records_of_their_collection(
    roster: RosterProvider, collection: Collection
) -> None:
    pages = await listed(roster, collection)

    rows = [row for page in pages for row in page.rows]
    assert rows
    assert {type(row) for row in rows} == {RECORD_TYPES[collection]}


async def test_pages_come_in_a_stable_order(roster: RosterProvider) -> None:
    once = await listed(roster, Collection.USERS)
    again = await listed(roster, Collection.USERS)

    assert len(once) > 1
    assert [row.sourced_id for page in once for row in page.rows] == [
        row.sourced_id for page in again for row in page.rows
    ]


async def test_nobody_is_listed_twice(roster: RosterProvider) -> None:
    pages = await listed(roster, Collection.USERS)

    ids = [row.sourced_id for page in pages for row in page.rows]
    assert len(ids) == len(set(ids))


async def test_a_listing_resumes_from_every_cursor(roster: RosterProvider) -> None:
    pages = await listed(roster, Collection.USERS)

    for number, page in enumerate(pages[:-1], start=1):
        rest = await listed(roster, Collection.USERS, after=page.next)
        assert [one.rows for one in rest] == [one.rows for one in pages[number:]]


async def test_only_the_last_page_has_no_next_and_says_complete(roster: RosterProvider) -> None:
    pages = await listed(roster, Collection.USERS)

    assert all(page.next for page in pages[:-1])
    assert not any(page.complete for page in pages[:-1])
    assert pages[-1].next is None
    assert pages[-1].complete
    assert pages[-1].reason == ""


async def test_a_cursor_of_nowhere_is_a_provider_error(roster: RosterProvider) -> None:
    with pytest.raises(ProviderError):
        await listed(roster, Collection.USERS, after=Cursor("not a cursor of this system"))


async def test_nothing_has_changed_since_the_far_future(roster: RosterProvider) -> None:
    far_ahead = datetime(2999, 1, 1, tzinfo=UTC)

    pages = [page async for page in roster.pages(Collection.USERS, since=far_ahead)]

    assert [row for page in pages for row in page.rows] == []
    assert pages[-1].next is None


async def test_what_is_listed_is_found(roster: RosterProvider) -> None:
    for collection in (Collection.ORGS, Collection.CLASSES, Collection.USERS):
        row = (await listed(roster, collection))[0].rows[-1]

        found = await roster.find(collection, row.sourced_id)

        assert found is not None
        assert found.sourced_id == row.sourced_id


async def test_an_unknown_id_is_none(roster: RosterProvider) -> None:
    assert await roster.find(Collection.USERS, "nobody-by-this-id") is None


async def test_a_bad_record_is_rejected_with_its_reason(served: Served) -> None:
    needs(served, Capability.ROSTER)
    async with served.serve(bad_records=True) as connector:
        await connector.connect()

        pages = await listed(cast(RosterProvider, connector), Collection.USERS)

        await connector.disconnect()
    rejected = [one for page in pages for one in page.rejected]
    assert rejected
    assert all(one.reason and len(one.raw) <= 1000 for one in rejected)
    assert any(page.rows for page in pages)


async def test_no_task_is_left_behind(served: Served) -> None:
    before = asyncio.all_tasks()

    async with served.serve() as connector:
        await connector.connect()
        await connector.check()
        await connector.disconnect()
        left = asyncio.all_tasks() - before

    assert left == set()


async def test_a_dry_run_of_a_write_changes_nothing(served: Served, connector: Connector) -> None:
    needs(served, Capability.BATCH)
    needs(served, Capability.ROSTER)
    user = (await listed(cast(RosterProvider, connector), Collection.USERS))[-1].rows[-1]
    delete = WriteOperation(
        kind=WriteKind.DELETE, collection=Collection.USERS, sourced_id=user.sourced_id
    )

    results = await cast(BatchOperationProvider, connector).write([delete], dry_run=True)

    assert [one.sourced_id for one in results] == [user.sourced_id]
    assert await cast(RosterProvider, connector).find(Collection.USERS, user.sourced_id)


async def test_an_unsigned_delivery_is_refused(served: Served, connector: Connector) -> None:
    needs(served, Capability.WEBHOOK)

    with pytest.raises(CredentialsError):
        cast(WebhookProvider, connector).verify({}, b"{}", Secret("a secret of some length"))


def test_the_quality_file_answers_all_twelve_rules(served: Served) -> None:
    text = (files(import_module(served.folder)) / "quality.toml").read_text()

    rules = tomllib.loads(text)["rules"]

    assert set(rules) == RULES
    for rule in rules.values():
        assert rule["status"] in {"done", "exempt"}
        assert rule["note" if rule["status"] == "done" else "reason"]
