"""The people of a plan by role, as the engine's own plans have them."""

from collections.abc import AsyncGenerator

import pytest

from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.plan_sentences import deactivation_sentence, likely_cause
from integration_tui.domain.sync.plan_tally import ChangeTally, PersonRole, plan_tally
from integration_tui.domain.sync.run import RunStatus
from integration_tui.domain.sync.safety import School
from integration_tui.settings import Settings
from tests.conftest import ANA
from tests.services.sync.fixtures import SECRET, Syncing, sentences, syncing, user

C, R = Collection, PersonRole


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIS_SECRET", SECRET)


@pytest.fixture
async def school(settings: Settings) -> AsyncGenerator[Syncing]:
    """A district with 40 students, 2 teachers and a parent; it was synced once."""
    async with syncing(settings) as one:
        one.district.put(C.USERS, user(8000, role="parent"))
        await one.sync()
        yield one


async def test_people_are_counted_by_role(school: Syncing) -> None:
    school.district.leave(*(f"u{number:04}" for number in range(0, 20, 2)))
    school.district.put(C.USERS, user(100), user(101, role="teacher"))
    school.district.change(C.USERS, "u0001", given_name="New")

    report = await school.plan()
    people = await school.services.plans.people(report.run.id)

    assert people.roles == {
        R.STUDENT: ChangeTally(
            created=1, updated=1, deactivated=10, unchanged=29, known=40, after=31
        ),
        R.TEACHER: ChangeTally(created=1, unchanged=2, known=2, after=3),
        R.GUARDIAN: ChangeTally(unchanged=1, known=1, after=1),
    }
    everybody = plan_tally(report.listings, people).people
    assert (everybody.known, everybody.after, everybody.deactivated) == (43, 35, 10)
    assert (
        deactivation_sentence(report.listings, has_totals=True)
        == "Deactivates 10 of 43 people and 10 of 42 enrollments."
    )


async def test_where_all_of_the_missing_belong_to_one_school(school: Syncing) -> None:
    school.district.leave(*(f"u{number:04}" for number in range(0, 30, 2)))

    report = await school.plan()
    people = await school.services.plans.people(report.run.id)

    assert people.schools == [School(org="School 1", known=22, lost=15)]
    assert likely_cause(people) == "All are from School 1. Is its file incomplete?"
    assert "15 of 43 people missing from source (35%, limit 10%)" in sentences(report)


async def test_people_of_two_schools_have_no_common_cause(school: Syncing) -> None:
    school.district.leave(*(f"u{number:04}" for number in range(12)))

    report = await school.plan()
    people = await school.services.plans.people(report.run.id)

    assert people.missing == 12
    assert likely_cause(people) == ""


async def test_after_a_run_nobody_says_how_many_there_were(school: Syncing) -> None:
    school.district.leave("u0000", "u0001")
    done = await school.sync()
    assert done.run.status is RunStatus.APPLIED

    people = await school.services.plans.people(done.run.id)

    assert people.roles == {R.STUDENT: ChangeTally(deactivated=2)}


async def test_an_undo_says_whom_it_deactivates(school: Syncing) -> None:
    school.district.put(C.USERS, *(user(number) for number in range(200, 210)))
    done = await school.sync()

    undo = await school.services.sync.undo(done.run.id, actor=ANA)
    report = await school.services.sync.wait(undo.id)
    people = await school.services.plans.people(report.run.id)

    assert people.roles[R.STUDENT].deactivated == 10
    assert "10 of 53 people deactivated by the undo (19%, limit 10%)" in sentences(report)
