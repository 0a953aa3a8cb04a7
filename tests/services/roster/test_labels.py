"""What fields lead to is told by name: in plans, before and after, in conflicts, in histories."""

from collections.abc import AsyncGenerator

import pytest

from integration_tui.domain.roster import Collection, Org
from integration_tui.domain.sync.merge import Side
from integration_tui.domain.sync.plan import PlannedChange
from integration_tui.domain.sync.run import RunReport
from integration_tui.settings import Settings
from tests.conftest import ANA
from tests.services.sync.fixtures import SECRET, WHEN, District, Syncing, syncing
from tests.services.sync.test_several_systems import two_systems

C = Collection


@pytest.fixture
async def school(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Syncing]:
    monkeypatch.setenv("SIS_SECRET", SECRET)
    async with syncing(settings, district=District(students=4)) as one:
        yield one


async def change(
    one: Syncing, report: RunReport, collection: Collection, id_: str
) -> PlannedChange:
    changes = await one.services.plans.changes(report.run.id, collection)
    return next(each for each in changes if each.external_id == id_)


async def test_what_is_new_names_what_comes_with_it(school: Syncing) -> None:
    found = await change(school, await school.plan(), C.ENROLLMENTS, "e0001")

    assert (found.after["user"], found.names["user"]) == ("u0001", {"u0001": "Given1 Family1"})
    assert found.names["class_"] == {"c2": "Maths 2"}


async def test_a_change_names_what_was_led_to_and_what_is_also_where_that_is_new(
    school: Syncing,
) -> None:
    await school.sync()
    new = Org(sourced_id="s3", name="School 3", type="school", parent="d", modified_at=WHEN)
    school.district.put(C.ORGS, new)
    school.district.change(C.USERS, "u0001", primary_org="s3")
    report = await school.plan()

    found = await change(school, report, C.USERS, "u0001")
    before, after = found.before["primary_org"], found.after["primary_org"]

    assert found.names == {"primary_org": {before: "School 2", after: "School 3"}}


async def test_a_plan_that_takes_back_names_what_is_led_to_again(school: Syncing) -> None:
    await school.sync()
    school.district.change(C.USERS, "u0001", primary_org="s1")
    done = await school.sync()
    undo = await school.services.sync.undo(done.run.id, actor=ANA)
    report = await school.services.sync.wait(undo.id)

    found = await change(school, report, C.USERS, "u0001")

    assert set(found.names["primary_org"].values()) == {"School 1", "School 2"}


async def test_a_conflict_and_a_history_name_what_is_led_to(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIS_SECRET", SECRET)
    async with two_systems(settings) as (sis, lms):
        await sis.sync()
        await lms.sync()
        sis.district.change(C.USERS, "u0003", primary_org="s1")
        await sis.sync()
        lms.district.change(C.USERS, "lms-3", primary_org="d")
        await lms.sync()

        (conflict,) = await sis.services.conflicts.conflicts()
        sides = [conflict.names[value] for value in (conflict.base, conflict.ours, conflict.theirs)]
        await sis.services.conflicts.settle([conflict.id], Side.THEIRS, actor=ANA)
        person = await sis.services.records.get(C.USERS, conflict.record_id)
        settled, _, changed, *_ = [record_event.change for record_event in person.history]

    assert sides == ["School 2", "School 1", "District"]
    assert set(settled.names["primary_org"].values()) == {"School 1", "District"}
    assert set(changed.names["primary_org"].values()) == {"School 2", "School 1"}
