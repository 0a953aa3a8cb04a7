"""What both sides changed is settled by a person: once, for good, and so that it can be undone."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from integration_tui.domain.actor import Actor, ActorRole, Interface
from integration_tui.domain.audit.log import Action, AuditFilter
from integration_tui.domain.errors import ConflictError, NotAllowedError, NotFoundError
from integration_tui.domain.ids import RecordId
from integration_tui.domain.paging import SyncStatus
from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_view import ManualEdit, RecordFilter, RecordView
from integration_tui.domain.sync.conflict import Conflict
from integration_tui.domain.sync.merge import BaseValue, Side
from integration_tui.domain.sync.plan import Value
from integration_tui.settings import Settings
from tests.conftest import ANA
from tests.services.sync.fixtures import SECRET, SIS, Syncing, syncing
from tests.services.sync.test_several_systems import LMS, two_systems

C = Collection
VIEWER = Actor(name="vic", door=Interface.CLI, role=ActorRole.VIEWER)


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIS_SECRET", SECRET)


@pytest.fixture
async def school(settings: Settings) -> AsyncGenerator[Syncing]:
    """A small district that has been synced."""
    async with syncing(settings) as one:
        await one.sync()
        yield one


@asynccontextmanager
async def disputed(settings: Settings) -> AsyncGenerator[tuple[Syncing, Syncing, Conflict]]:
    """Two systems; both changed a phone number, and the second one is in conflict."""
    async with two_systems(settings) as (sis, lms):
        await sis.sync()
        await lms.sync()
        sis.district.change(C.USERS, "u0003", phone="111")
        await sis.sync()
        lms.district.change(C.USERS, "lms-3", phone="222")
        await lms.sync()
        (conflict,) = await sis.services.conflicts.conflicts()
        yield sis, lms, conflict


async def view(one: Syncing, conflict: Conflict) -> RecordView:
    return await one.services.records.get(conflict.collection, conflict.record_id)


async def edit(one: Syncing, record_id: RecordId, value: Value, field: str = "phone") -> None:
    wanted = ManualEdit(
        collection=C.USERS, id=record_id, field=field, value=value, reason="by hand"
    )
    await one.services.records.edit(wanted, actor=ANA)


async def quarrel(one: Syncing, *numbers: int) -> list[Conflict]:
    """Have a person and the system change the same phone numbers."""
    for number in numbers:
        wanted = RecordFilter(collection=C.USERS, search=f"u{number:04}")
        (line,) = await one.services.records.browse(wanted)
        await edit(one, line.id, f"ours-{number}")
        one.district.change(C.USERS, f"u{number:04}", phone=f"theirs-{number}")
    await one.sync()
    return await one.services.conflicts.conflicts()


def bases(found: RecordView) -> dict[str, dict[str, Value]]:
    """Return what each system says otherwise than is held."""
    return {
        system: {name: one.value for name, one in fields.items()}
        for system, fields in found.said.items()
    }


async def test_a_conflict_says_who_says_what(settings: Settings) -> None:
    async with disputed(settings) as (sis, _, conflict):
        assert (conflict.integration_id, conflict.field, conflict.label) == (
            LMS,
            "phone",
            "Given3 Family3",
        )
        assert (conflict.base, conflict.ours, conflict.theirs) == (None, "111", "222")
        found = await view(sis, conflict)
        assert found.line.has_conflict
        wanted = RecordFilter(collection=C.USERS, has_conflict=True)
        assert await sis.services.records.browse(wanted) == [found.line]
        assert await sis.services.conflicts.conflicts(SIS) == []
        assert await sis.services.conflicts.conflicts(after=conflict.id) == []


async def test_theirs_is_held_and_the_other_system_said_ours(settings: Settings) -> None:
    async with disputed(settings) as (sis, lms, conflict):
        await sis.services.conflicts.settle([conflict.id], Side.THEIRS, actor=ANA)

        found = await view(sis, conflict)
        assert found.fields["phone"] == "222"
        assert bases(found) == {"sis": {"phone": "111"}}
        assert not found.line.has_conflict
        assert (await sis.sync()).changes == 0
        assert (await lms.sync()).changes == 0
        assert (await view(sis, conflict)).fields["phone"] == "222"
        assert sis.rows("SELECT DISTINCT sync_status FROM users") == [("synced",)]


async def test_ours_stays_and_is_not_asked_again(settings: Settings) -> None:
    async with disputed(settings) as (sis, lms, conflict):
        await sis.services.conflicts.settle([conflict.id], Side.OURS, actor=ANA)

        lms.district.change(C.USERS, "lms-3", grades=("06",))
        await lms.sync()

        found = await view(sis, conflict)
        assert (found.fields["phone"], found.fields["grades"]) == ("111", '["06"]')
        assert bases(found)["lms"] == {"phone": "222"}
        assert await sis.services.conflicts.conflicts() == []
        assert sis.rows("SELECT DISTINCT sync_status FROM users") == [("synced",)]


@pytest.mark.parametrize("side", Side)
async def test_a_decision_is_taken_back(settings: Settings, side: Side) -> None:
    async with disputed(settings) as (sis, lms, conflict):
        before = await view(sis, conflict)
        await sis.services.conflicts.settle([conflict.id], side, actor=ANA)
        (settled,) = await sis.services.conflicts.conflicts(open_only=False)
        assert (settled.side, settled.decided_by) == (side, "ana")

        await sis.services.conflicts.reopen(conflict.id, actor=ANA)

        after = await view(sis, conflict)
        assert (after.fields, bases(after)) == (before.fields, bases(before))
        assert (after.sync_status, after.last_sync_at) == (SyncStatus.CONFLICT, before.last_sync_at)
        assert after.last_sync_at is not None
        assert await sis.services.conflicts.conflicts() == [conflict]
        assert sis.rows("SELECT count(*) FROM users WHERE sync_status = 'conflict'") == [(1,)]
        await lms.sync()
        assert await sis.services.conflicts.conflicts() == [conflict]


async def test_what_has_changed_since_is_not_taken_back(settings: Settings) -> None:
    async with disputed(settings) as (sis, _, conflict):
        settling = sis.services.conflicts
        with pytest.raises(ConflictError, match="is open"):
            await settling.reopen(conflict.id, actor=ANA)
        await settling.settle([conflict.id], Side.THEIRS, actor=ANA)
        await edit(sis, conflict.record_id, "333")

        with pytest.raises(ConflictError, match="has changed since"):
            await settling.reopen(conflict.id, actor=ANA)


async def test_a_question_that_is_asked_again_is_not_opened_twice(settings: Settings) -> None:
    async with disputed(settings) as (sis, lms, conflict):
        await sis.services.conflicts.settle([conflict.id], Side.OURS, actor=ANA)
        lms.district.change(C.USERS, "lms-3", phone="444")
        await lms.sync()
        (newer,) = await sis.services.conflicts.conflicts()
        assert (newer.base, newer.theirs) == ("222", "444")

        with pytest.raises(ConflictError, match=f"conflict {newer.id} is about the same field"):
            await sis.services.conflicts.reopen(conflict.id, actor=ANA)


async def test_all_are_settled_or_none(school: Syncing) -> None:
    first, second = await quarrel(school, 3, 4)
    settling = school.services.conflicts
    await settling.settle([second.id], Side.OURS, actor=ANA)

    with pytest.raises(ConflictError, match=f"conflict {second.id} was resolved by ana: ours"):
        await settling.settle([first.id, second.id], Side.THEIRS, actor=ANA)
    with pytest.raises(NotFoundError, match="no conflict 999"):
        await settling.settle([first.id, 999], Side.THEIRS, actor=ANA)

    assert [conflict.id for conflict in await settling.conflicts()] == [first.id]


async def test_all_of_one_field_are_settled_at_once(school: Syncing) -> None:
    found = await quarrel(school, 3, 4, 5)
    assert len(found) == 3

    count = await school.services.conflicts.settle_all(
        SIS, C.USERS, "phone", Side.THEIRS, actor=ANA
    )

    assert count == 3
    assert await school.services.conflicts.conflicts() == []
    phones = school.rows("SELECT phone FROM users WHERE phone IS NOT NULL ORDER BY 1")
    assert phones == [("theirs-3",), ("theirs-4",), ("theirs-5",)]
    acts = await school.services.audit.page(AuditFilter(action=Action.SETTLE_CONFLICT))
    assert len(acts) == 3
    assert (acts[0].act.before, acts[0].act.after) == ({}, {"phone": "changed"})
    assert (
        await school.services.conflicts.settle_all(SIS, C.USERS, "phone", Side.OURS, actor=ANA) == 0
    )


async def test_an_edit_to_what_the_system_says_is_an_answer(school: Syncing) -> None:
    (conflict,) = await quarrel(school, 3)

    await edit(school, conflict.record_id, "else")
    (still,) = await school.services.conflicts.conflicts()
    assert (still.ours, still.theirs) == ("else", "theirs-3")
    await edit(school, conflict.record_id, "theirs-3")

    assert await school.services.conflicts.conflicts() == []
    found = await view(school, conflict)
    assert bases(found) == {}
    assert not found.line.has_conflict


async def test_what_is_settled_before_the_plan_is_applied_makes_it_stale(
    settings: Settings,
) -> None:
    async with two_systems(settings) as (sis, lms):
        await sis.sync()
        await lms.sync()
        sis.district.change(C.USERS, "u0003", phone="111")
        await sis.sync()
        lms.district.change(C.USERS, "lms-3", phone="222")
        planned = await lms.plan()
        (conflict,) = await sis.services.conflicts.conflicts()

        await sis.services.conflicts.settle([conflict.id], Side.THEIRS, actor=ANA)

        assert (await lms.apply(planned)).run.status == "stale"
        await lms.sync()
        found = await view(sis, conflict)
        assert found.fields["phone"] == "222"
        assert await sis.services.conflicts.conflicts() == []


async def test_what_is_remembered_tells_since_when(settings: Settings) -> None:
    async with disputed(settings) as (sis, _, conflict):
        await sis.services.conflicts.settle([conflict.id], Side.THEIRS, actor=ANA)

        said = (await view(sis, conflict)).said[SIS]["phone"]

        assert isinstance(said, BaseValue)
        assert said.since is not None


async def test_who_may_only_look_decides_nothing(school: Syncing) -> None:
    settling = school.services.conflicts
    with pytest.raises(NotAllowedError):
        await settling.settle([1], Side.OURS, actor=VIEWER)
    with pytest.raises(NotAllowedError):
        await settling.settle_all(SIS, C.USERS, "phone", Side.OURS, actor=VIEWER)
    with pytest.raises(NotAllowedError):
        await settling.reopen(1, actor=VIEWER)
