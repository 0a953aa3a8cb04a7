"""Our own provider reads the whole district from this Canvas, whatever goes wrong on the way."""

from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec
import pytest

from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.paging import Skipped
from integration_tui.domain.roster import (
    ROSTER,
    Class,
    Collection,
    Enrollment,
    Record,
    RecordStatus,
    User,
)
from integration_tui.providers.canvas import SPEC
from integration_tui.providers.canvas.connector import CanvasConnector
from integration_tui.providers.mock.district import District
from integration_tui.sandbox.canvas import numbers
from integration_tui.sandbox.canvas.system import CLOUD, SELF_HOSTED, CanvasKind, CanvasSystem
from integration_tui.sandbox.faults import Fault, FaultRule
from integration_tui.sandbox.served_system import SECRET, SECRET_NAME, Site
from integration_tui.sandbox.server import serve
from integration_tui.testing.host import FakeHost

C = Collection
LIMITED = "Forbidden (Rate Limit Exceeded)\n"
TROUBLE = (
    FaultRule(
        fault=Fault.STATUS, status=429, body=f"429 {LIMITED}", media_type="text/plain", after=3,
        times=2,
    ),
    FaultRule(
        fault=Fault.STATUS, status=403, body=f"403 {LIMITED}", media_type="text/plain", after=20,
    ),
    FaultRule(
        fault=Fault.STATUS, status=502, body="<html>Bad Gateway</html>", media_type="text/html",
        after=30,
    ),
    FaultRule(fault=Fault.DROP, after=40),
)  # fmt: skip
"""By number of requests: throttled both ways, the edge fails, an answer breaks off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What was read: active records by collection, and what was skipped."""

    active: dict[Collection, Sequence[Record]]
    skipped: Sequence[Skipped]
    host: FakeHost


@asynccontextmanager
async def canvas(kind: CanvasKind = CLOUD) -> AsyncGenerator[tuple[CanvasSystem, FakeHost, str]]:
    host = FakeHost({SECRET_NAME: SECRET, "SANDBOX_REFRESH_TOKEN": f"{SECRET}-refresh"})
    site = Site(clock=host.clock.now, monotonic=host.clock.monotonic)
    system = kind.open(site)
    async with serve(system.app) as address:
        yield system, host, address


def config(kind: CanvasKind, address: str, way: str) -> ProviderConfig:
    secret = f"env:{SECRET_NAME}"
    by_consent = {
        "type": "oauth2_authorization_code",
        "token_url": f"{address}/login/oauth2/token",
        "client_id": "integration-tui",
        "client_secret": secret,
        "refresh_token": "env:SANDBOX_REFRESH_TOKEN",
    }
    return SPEC.config_model.model_validate(
        {
            "name": "canvas",
            "type": "canvas",
            "base_url": address,
            "auth": by_consent if kind.by_consent else {"type": "jwt", "token": secret},
            "rate_limit": {"requests": 100_000},
            "sync": {"way": way},
        }
    )


async def read(kind: CanvasKind, host: FakeHost, address: str, way: str) -> Read:
    """Read everything, in the order in which the provider wants it."""
    connector = SPEC.build(config(kind, address, way), host.context(max_retries=3))
    assert isinstance(connector, CanvasConnector)
    await connector.connect()
    active: dict[Collection, Sequence[Record]] = {}
    skipped: list[Skipped] = []
    for collection in SPEC.reading_order or ROSTER:
        rows: list[Record] = []
        async for page in connector.pages(collection):
            assert not page.rejected
            assert page.next or page.complete, page.reason
            rows += page.rows
            skipped += page.skipped
        active[collection] = [row for row in rows if row.status is RecordStatus.ACTIVE]
    await connector.disconnect()
    return Read(active=active, skipped=skipped, host=host)


def equals_the_district(found: Read) -> None:
    """Assert that what the SIS brought is there, each once, and what else there is is known."""
    district = District(Site(clock=found.host.clock.now, monotonic=found.host.clock.monotonic).size)
    people: dict[str, str] = {}
    for user in found.active[C.USERS]:
        assert isinstance(user, User)
        people |= dict.fromkeys(user.claims, user.sourced_id)
    classes = {claim: one.sourced_id for one in found.active[C.CLASSES] for claim in one.claims}
    for known in district.records(C.USERS):
        assert isinstance(known, User)
        assert known.sourced_id in people
    names = {user.username: user for user in found.active[C.USERS] if isinstance(user, User)}
    for known in district.records(C.USERS):
        assert isinstance(known, User)
        user = names[known.username]
        assert (user.given_name, user.family_name, user.email) == (
            known.given_name, known.family_name, known.email
        )  # fmt: skip
    titles = {
        one.sourced_id: one.title for one in found.active[C.CLASSES] if isinstance(one, Class)
    }
    for known_class in district.records(C.CLASSES):
        assert isinstance(known_class, Class)
        assert titles[classes[known_class.sourced_id]].endswith(known_class.title)
    seats = Counter(
        (seat.user, seat.class_, seat.role)
        for seat in found.active[C.ENROLLMENTS]
        if isinstance(seat, Enrollment)
    )
    expected = {
        (people[seat.user], classes[seat.class_], seat.role)
        for seat in district.records(C.ENROLLMENTS)
        if isinstance(seat, Enrollment)
    }
    assert expected <= seats.keys()
    assert {role for *_, role in seats.keys() - expected} == {"aide"}
    assert max(seats.values()) == 1


@pytest.mark.parametrize("kind", [CLOUD, SELF_HOSTED], ids=lambda kind: kind.name)
@pytest.mark.parametrize("way", ["report", "listing"])
async def test_the_provider_reads_the_districts_own_list(kind: CanvasKind, way: str) -> None:
    async with canvas(kind) as (system, host, address):
        found = await read(kind, host, address, way)

    equals_the_district(found)
    assert not found.skipped
    assert system.buckets.refused == 0
    assert system.buckets.lowest > 300
    assert system.reports.with_authorization == 0
    if way == "report":
        assert len(system.visits) <= 60


async def test_both_ways_read_the_same() -> None:
    async with canvas() as (_, host, address):
        by_report = await read(CLOUD, host, address, "report")
        by_listing = await read(CLOUD, host, address, "listing")

    for collection in ROSTER:
        one, other = (
            {row.sourced_id: row for row in found.active[collection]}
            for found in (by_report, by_listing)
        )
        assert one.keys() == other.keys()
        for sourced_id, row in one.items():  # the report knows second logins as well
            assert set(other[sourced_id].claims) <= set(row.claims)
            assert msgspec.structs.replace(row, claims=()) == msgspec.structs.replace(
                other[sourced_id], claims=()
            )


async def test_trouble_on_the_way_changes_nothing() -> None:
    async with canvas() as (system, host, address):
        system.faults.play(*TROUBLE)
        found = await read(CLOUD, host, address, "listing")
        struck = system.faults.struck()

    equals_the_district(found)
    assert struck == [2, 1, 1, 1]


async def test_a_bucket_that_is_nearly_full_is_waited_for() -> None:
    async with canvas() as (system, host, address):
        system.buckets.rule.cost_factor = 1_000.0
        found = await read(CLOUD, host, address, "listing")

    equals_the_district(found)
    assert system.buckets.refused == 0
    assert system.buckets.lowest > 0
    assert sum(host.clock.slept) > 60


async def test_a_forbidden_course_costs_its_own_classes_only() -> None:
    refused = '{"status":"unauthorized","errors":[{"message":"user not authorized"}]}'
    async with canvas() as (system, host, address):
        course = next(iter(system.tables().catalog.courses))
        system.faults.play(
            FaultRule(
                fault=Fault.STATUS, path=f"*/courses/{course}/*", status=401, body=refused,
                times=None,
            )
        )  # fmt: skip
        found = await read(CLOUD, host, address, "listing")
        sections = {str(section.id) for section in system.tables().catalog.sections_of(course)}

    assert len(found.active[C.CLASSES]) == 36 - len(sections)
    assert {skipped.owner.collection for skipped in found.skipped} <= {C.COURSES, C.CLASSES}
    assert str(course) in {skipped.owner.sourced_id for skipped in found.skipped} | sections
    assert numbers.ROOT == 1


@pytest.mark.parametrize("fault", [Fault.FOREIGN_LINK, Fault.LOOPING_LINK])
async def test_a_link_that_leads_astray_ends_the_listing_incomplete(fault: Fault) -> None:
    async with canvas() as (system, host, address):
        connector = SPEC.build(config(CLOUD, address, "listing"), host.context(max_retries=3))
        assert isinstance(connector, CanvasConnector)
        await connector.connect()
        system.faults.play(
            FaultRule(
                fault=fault, path="*/courses", location="https://elsewhere.example", times=None
            )
        )
        system.pages = type(system.pages)(most=10)
        pages = [page async for page in connector.pages(C.COURSES)]
        await connector.disconnect()

    assert not pages[-1].complete
    assert pages[-1].next is None
    assert pages[-1].reason
