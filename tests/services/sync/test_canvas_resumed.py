"""A sweep of Canvas that ends in the middle: it goes on, and people are what they were."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from integration_tui.bootstrap import open_services
from integration_tui.domain.roster import ROSTER
from integration_tui.domain.sync.run import RunReport, RunStatus
from integration_tui.domain.value import replace
from integration_tui.sandbox.faults import Fault, FaultRule
from integration_tui.settings import Settings
from tests.conftest import ANA
from tests.services.sync.fixtures import kinds
from tests.services.sync.three_systems import CANVAS, Estate, secrets, three_systems

AGAIN = 15
"""So many requests may be made again: a page of courses, two courses at once, and to sign in."""


@pytest.fixture(autouse=True)
def secrets_of_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in secrets().items():
        monkeypatch.setenv(name, value)


@pytest.fixture
async def canvas(settings: Settings) -> AsyncGenerator[Estate]:
    async with three_systems(settings, CANVAS) as one:
        yield one


@asynccontextmanager
async def started_again(one: Estate) -> AsyncGenerator[Estate]:
    """Open the store anew, with connectors that know nothing."""
    async with open_services(one.settings, actor=ANA) as services:
        yield replace(one, services=services)


async def resumed(one: Estate, broken: RunReport) -> RunReport:
    await one.services.sync.resume(broken.run.id, actor=ANA)
    return await one.services.sync.wait(broken.run.id)


def away_at(one: Estate, path: str) -> None:
    """Have Canvas be away whenever this is asked for."""
    one.spoil(CANVAS, FaultRule(fault=Fault.STATUS, path=path, status=503, times=None))


def answered(one: Estate) -> Counter[tuple[str, str]]:
    """Return how often each address was answered, since this was asked for the last time."""
    visits = one.canvas.visits
    found = Counter((visit.path, visit.query) for visit in visits if visit.status == 200)
    visits.clear()
    return found


def made_again(found: Counter[tuple[str, str]]) -> int:
    return sum(times - 1 for times in found.values())


@pytest.mark.parametrize("path", ["*/courses/{course}/enrollments", "*/accounts/*/users"])
async def test_it_asks_for_little_again_and_people_are_what_they_are_in_one_go(
    path: str, canvas: Estate
) -> None:
    courses = sorted(canvas.canvas.tables().catalog.courses)
    away_at(canvas, path.format(course=courses[len(courses) * 2 // 3]))
    broken = await canvas.plan(CANVAS)
    assert broken.run.status is RunStatus.FAILED
    canvas.spoil(CANVAS)
    before = answered(canvas)

    async with started_again(canvas) as one:
        await one.finish(await resumed(one, broken))
        rest = answered(one)
        same = await one.plan(CANVAS)

        assert before.total() > len(courses)
        assert made_again(before + rest) <= AGAIN
        assert not any(kinds(same, collection) for collection in ROSTER)
        assert one.rows("SELECT count(*) FROM users WHERE agents <> '[]'")[0][0] > 0
