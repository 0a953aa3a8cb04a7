"""The demo: trouble at its simulated moments, the same each time, done by the engine itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from ruamel.yaml import YAML

from integration_tui.demo.bootstrap import open_demo
from integration_tui.demo.clock import DemoClock
from integration_tui.demo.districts import (
    JEFFERSON,
    LINCOLN,
    MADISON,
    MOMENTS,
    ROOSEVELT,
    START,
    DemoDistricts,
    Size,
)
from integration_tui.demo.script import dispute_after
from integration_tui.domain.actor import Actor, ActorRole, Interface
from integration_tui.domain.audit.log import AuditFilter
from integration_tui.domain.errors import NotAllowedError, ProviderError
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus, Trouble
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.run import RunStatus
from integration_tui.providers.mock.config import MockConfig
from integration_tui.providers.mock.connector import MockConnector
from integration_tui.services import Services
from integration_tui.testing.clock import FakeClock
from tests.engine.fake_connectors import until
from tests.providers.mock.fixtures import World

ANA = Actor(name="ana", door=Interface.CONSOLE, host="here")
WASHINGTON = IntegrationId("washington-sis")


class Stage(World):
    """A world that is at the beginning of the story."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock(START)


def config_of(name: str) -> MockConfig:
    return MockConfig.model_validate(YAML(typ="safe").load(DemoDistricts().documents({})[name]))


async def trouble(name: str, until_s: int) -> dict[int, str]:
    """Return what a check meets in each second in which it meets something."""
    stage, found = Stage(), dict[int, str]()
    connector = await stage.connected(config_of(name))
    for second in range(until_s):
        stage.clock.elapsed_s = second
        try:
            await connector.check()
        except ProviderError as error:
            found[second] = type(error).__name__
    return found


def clock(speed: float = 1.0) -> DemoClock:
    return DemoClock(START, time.monotonic, speed=speed)


@asynccontextmanager
async def playing(*, actor: Actor = ANA) -> AsyncGenerator[tuple[Services, DemoClock]]:
    made = clock()
    async with open_demo(actor=actor, clock=made, speed=60) as services:
        yield services, made


# The clock


async def test_time_that_stands_still_is_waited_for_only_by_what_is_under_way() -> None:
    made = clock()
    async with asyncio.TaskGroup() as group:
        wheel = group.create_task(made.sleep(5))
        request = group.create_task(made.sleep(0.02))
        await request
        moved_s = made.elapsed_s

        assert moved_s == pytest.approx(0.02)
        assert not wheel.done()
        made.run_at(60)
        made.resume()
    assert made.now() >= START + timedelta(seconds=5)


async def test_time_can_be_hurried_while_somebody_waits() -> None:
    made = clock()
    made.resume()
    async with asyncio.timeout(15), asyncio.TaskGroup() as group:
        group.create_task(made.sleep(20))
        made.run_at(60)

    assert 20 <= made.elapsed_s < 300
    made.pause()
    assert made.elapsed_s == made.elapsed_s


# The systems


@pytest.mark.parametrize(
    ("name", "error", "seconds"),
    [
        ("washington-sis", "RetryableError", range(20, 50)),
        ("lincoln-sis", "", range(0)),
    ],
)
async def test_trouble_comes_at_its_moment(name: str, error: str, seconds: range) -> None:
    assert await trouble(name, 80) == dict.fromkeys(seconds, error)


async def test_half_of_the_students_are_not_listed_any_more() -> None:
    stage = Stage()
    connector = await stage.connected(config_of(MADISON))

    before = await listed(connector, Collection.USERS)
    stage.clock.elapsed_s = MOMENTS["vanished"]
    after = await listed(connector, Collection.USERS)
    seats = await listed(connector, Collection.ENROLLMENTS)

    assert len(before) == 300
    assert 0.4 < len(after) / 300 < 0.6
    assert len(seats) < 1_160 * 0.6


async def listed(connector: MockConnector, collection: Collection) -> set[str]:
    return {row.sourced_id async for page in connector.pages(collection) for row in page.rows}


def test_the_same_seed_is_the_same_story_and_another_is_another() -> None:
    first, again, other = (dispute_after(DemoDistricts(seed=seed), 25) for seed in (1, 1, 2))

    assert first == again != other
    assert (
        DemoDistricts(seed=1).documents({})
        == DemoDistricts(seed=1).documents({})
        != DemoDistricts(seed=2).documents({})
    )
    assert "large_district" in DemoDistricts(size=Size.LARGE).documents({})[LINCOLN]


# All of it, by the engine


@pytest.mark.timeout(140)  # the first syncs take real time
async def test_within_a_minute_all_of_it_has_happened() -> None:
    expected = dispute_after(DemoDistricts(), MOMENTS["vanished"])
    async with playing() as (services, made), asyncio.timeout(100):
        await made.sleep_until(60)
        await until(lambda: has_conflict(services), within_s=90)
        conflicts = await services.conflicts.conflicts()
        runs = {run.integration_id: run for run in reversed(await services.sync.runs())}
        stands = {
            overview.integration.id: overview.integration
            for overview in await services.integrations.overview()
        }
        seen = {
            transition.after for transition in await services.integrations.transitions(WASHINGTON)
        }
        limited = {
            transition.after for transition in await services.integrations.transitions(ROOSEVELT)
        }
        actions = {entry.act.action.value for entry in await services.audit.page(AuditFilter())}

        assert [
            (conflict.field, conflict.ours, conflict.external_id) for conflict in conflicts
        ] == [("family_name", expected.ours, expected.sourced_id)]
        assert runs[MADISON].status is RunStatus.HELD
        assert "people missing from source" in runs[MADISON].holds[0].sentence
        assert {IntegrationStatus.ERROR, IntegrationStatus.ACTIVE} <= seen
        assert {IntegrationStatus.ACTIVE, IntegrationStatus.DEGRADED} <= limited
        assert IntegrationStatus.ERROR not in limited
        assert stands[ROOSEVELT].provider == "canvas"
        problem = stands[JEFFERSON].problem
        assert problem is not None
        assert problem.trouble is Trouble.CREDENTIALS
        assert "consent" in problem.message
        assert stands[JEFFERSON].provider == "google_classroom"
        assert {"roster.edit", "sync.applied", "integration.went_down"} <= actions

        await is_healed_by_a_restart(services)
        await is_checked_by_hand_only(services, made)


async def has_conflict(services: Services) -> bool:
    return bool(await services.conflicts.conflicts())


async def is_healed_by_a_restart(services: Services) -> None:
    await services.integrations.restart(JEFFERSON, actor=ANA)
    report = await services.health.check_now(JEFFERSON)

    assert not report.failed


async def is_checked_by_hand_only(services: Services, made: DemoClock) -> None:
    made.pause()
    paused_s, paused_at = made.elapsed_s, made.now()
    reports = [await services.health.check_now(LINCOLN) for _ in range(5)]
    others = [
        report for report in await services.health.latest() if report.integration_id != LINCOLN
    ]

    assert all(report.latency_ms for report in reports)
    assert made.elapsed_s - paused_s < 3
    assert all(other.checked_at < paused_at + timedelta(seconds=1) for other in others)


async def test_who_may_only_look_sees_it_and_changes_nothing() -> None:
    viewer = Actor(name="bob", door=Interface.CONSOLE, role=ActorRole.VIEWER)
    async with playing(actor=viewer) as (services, _clock):
        assert len(await services.integrations.overview()) == 5
        with pytest.raises(NotAllowedError):
            await services.integrations.stop(LINCOLN, actor=viewer)
