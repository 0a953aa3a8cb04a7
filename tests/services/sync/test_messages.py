"""Runs that need somebody say so: with counts, never with a name."""

from collections.abc import AsyncGenerator

import pytest

from integration_tui.domain.message import Message, MessageKind
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.run import RunStatus
from integration_tui.settings import Settings
from tests.conftest import ANA
from tests.services.sync.fixtures import SECRET, Syncing, syncing
from tests.services.test_conflicts import disputed

C = Collection


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIS_SECRET", SECRET)


@pytest.fixture
async def school(settings: Settings) -> AsyncGenerator[Syncing]:
    async with syncing(settings) as one:
        await one.sync()
        yield one


async def said(one: Syncing, kind: MessageKind) -> list[Message]:
    return [found for found in await one.services.messages.messages() if found.kind is kind]


async def test_a_plan_that_is_fine_says_nothing(school: Syncing) -> None:
    school.district.change(C.USERS, "u0003", phone="111")
    await school.sync()

    assert await school.services.messages.messages() == []


async def test_a_held_plan_says_how_many_it_would_deactivate(school: Syncing) -> None:
    school.district.leave(*(f"u{number:04}" for number in range(2, 40)))
    report = await school.plan()

    (held,) = await said(school, MessageKind.HELD)

    assert report.run.status is RunStatus.HELD
    assert held.run_id == report.run.id
    assert held.sentence.startswith("Plan held. Deactivates ")
    assert " people and " in held.sentence
    assert held.sentence.endswith(" enrollments.")
    assert await school.services.messages.unread() == 1
    assert await school.services.messages.mark_read(actor=ANA) == 1
    assert await school.services.messages.unread() == 0


async def test_a_run_that_fails_says_why_once(school: Syncing) -> None:
    school.sandbox.issuer.clients = {"integration-tui": "another"}
    report = await school.plan()
    resumed = await school.services.sync.resume(report.run.id, actor=ANA)
    await school.services.sync.wait(resumed.id)

    (failed,) = await said(school, MessageKind.FAILED)

    assert report.run.status is RunStatus.FAILED
    assert failed.sentence.startswith(f"Run {report.run.id} failed. ")
    assert failed.times == 2
    assert failed.fix is not None


async def test_conflicts_are_counted_where_they_were_found(settings: Settings) -> None:
    async with disputed(settings) as (sis, lms, conflict):
        (waiting,) = await said(lms, MessageKind.CONFLICTS)

        assert waiting.integration_id == lms.name == conflict.integration_id
        assert waiting.sentence == "1 conflict needs review."
        assert await said(sis, MessageKind.HELD) == []


async def test_a_plan_that_was_to_be_applied_by_itself_waits_and_says_so(
    settings: Settings,
) -> None:
    async with syncing(settings) as one:
        report = await one.plan(applies=True)

        (waiting,) = await said(one, MessageKind.WAITING)

        assert report.run.status is RunStatus.PLANNED
        assert waiting.sentence == f"Plan of run {report.run.id} is ready to apply."
