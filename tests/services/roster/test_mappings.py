"""Two records made one and one made two by hand: what names them follows, and syncs keep it so."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from integration_tui.domain.actor import Actor, ActorRole, Interface
from integration_tui.domain.audit.log import Action, AuditFilter
from integration_tui.domain.errors import (
    ConflictError,
    NotAllowedError,
    NotFoundError,
    UsageError,
)
from integration_tui.domain.ids import IntegrationId, RecordId
from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_view import ManualEdit, RecordFilter, RecordView
from integration_tui.domain.sync.mapping import MappingOrigin, Match, MatchStatus
from integration_tui.domain.sync.merge import Side
from integration_tui.domain.sync.plan import Value
from integration_tui.settings import Settings
from tests.conftest import ANA
from tests.orphans import assert_no_orphans
from tests.services.sync.fixtures import SECRET, SIS, Syncing, seat
from tests.services.sync.test_several_systems import LMS, two_systems

C = Collection
VIEWER = Actor(name="vic", door=Interface.CLI, role=ActorRole.VIEWER)


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIS_SECRET", SECRET)


@asynccontextmanager
async def apart(settings: Settings) -> AsyncGenerator[tuple[Syncing, Syncing]]:
    """Two systems that know the same people, each of whom has two records yet."""
    async with two_systems(settings, match="rules: []") as (sis, lms):
        lms.district.change(C.USERS, "lms-3", given_name="Trey", phone="222")
        sis.district.change(C.USERS, "u0003", phone="111")
        await sis.sync()
        await lms.sync()
        yield sis, lms


@asynccontextmanager
async def doubtful(settings: Settings) -> AsyncGenerator[tuple[Syncing, Syncing, Match]]:
    """Two systems in which one person is called so differently that it is asked about."""
    async with two_systems(settings, match="rules: [email]") as (sis, lms):
        await sis.sync()
        lms.district.change(C.USERS, "lms-3", given_name="Quite", family_name="Another")
        await lms.sync()
        (match,) = await sis.services.mappings.matches()
        yield sis, lms, match


async def ours(
    one: Syncing, system: IntegrationId, external_id: str, collection: Collection = C.USERS
) -> RecordId:
    found = await one.services.mappings.find(system, collection, external_id)
    assert found is not None
    return found


async def view(one: Syncing, record_id: RecordId, collection: Collection = C.USERS) -> RecordView:
    return await one.services.records.get(collection, record_id)


async def merge(
    one: Syncing, keep: RecordId, gone: RecordId, collection: Collection = C.USERS
) -> None:
    await one.services.mappings.merge(collection, keep, gone, actor=ANA, reason="the same person")


async def seats(one: Syncing, record_id: RecordId) -> set[str]:
    """Return by which ids the classes are known that somebody sits in."""
    wanted = RecordFilter(collection=C.CLASSES, user_id=record_id)
    return {f"{line.origin}: {line.label}" for line in await one.services.records.browse(wanted)}


def call_otherwise(one: Syncing) -> None:
    """Have the system give somebody another id."""
    old = one.district.records[C.USERS].pop("u0003")
    one.district.put(C.USERS, replace(old, sourced_id="n0003"))
    one.district.change(C.ENROLLMENTS, "e0003", user="n0003")


async def quiet(*systems: Syncing) -> bool:
    """Say that the next sync of each has nothing to do."""
    return all([(await system.sync()).changes == 0 for system in systems])


async def test_two_records_are_one_and_stay_so(settings: Settings) -> None:
    async with apart(settings) as (sis, lms):
        keep, gone = await ours(sis, SIS, "u0003"), await ours(sis, LMS, "lms-3")

        await merge(sis, keep, gone)

        found = await view(sis, keep)
        assert [
            (mapping.integration_id, mapping.external_id, mapping.bond)
            for mapping in found.mappings
        ] == [
            (LMS, "lms-3", MappingOrigin.CONFIRMED),
            (SIS, "u0003", MappingOrigin.CREATED),
        ]
        assert (found.fields["given_name"], found.fields["phone"]) == ("Given3", "111")
        said = {name: one.value for name, one in found.said[LMS].items()}
        assert (said["given_name"], said["phone"]) == ("Trey", "222")
        with pytest.raises(NotFoundError):
            await view(sis, gone)
        assert await seats(sis, keep) == {"sis: Maths 2", "lms: Maths 2"}
        assert_no_orphans(sis.settings)
        assert await quiet(sis, lms)


async def test_what_the_other_system_changes_later_is_asked(settings: Settings) -> None:
    async with apart(settings) as (sis, lms):
        keep = await ours(sis, SIS, "u0003")
        await merge(sis, keep, await ours(sis, LMS, "lms-3"))
        lms.district.change(C.USERS, "lms-3", phone="333", grades=("07",))

        await lms.sync()

        (conflict,) = await sis.services.conflicts.conflicts()
        assert (conflict.base, conflict.ours, conflict.theirs) == ("222", "111", "333")
        assert (await view(sis, keep)).fields["grades"] == '["07"]'


async def test_one_system_has_two_ids_of_people_only(settings: Settings) -> None:
    async with apart(settings) as (sis, _):
        one = await ours(sis, SIS, "u0003")
        first, second = [await ours(sis, SIS, name, C.CLASSES) for name in ("c1", "c2")]

        with pytest.raises(ConflictError, match="sis lists classes"):
            await merge(sis, first, second, C.CLASSES)
        with pytest.raises(UsageError, match="with itself"):
            await merge(sis, one, one)
        with pytest.raises(NotFoundError):
            await merge(sis, one, RecordId(999))


async def test_what_was_merged_is_split_as_it_was(settings: Settings) -> None:
    async with apart(settings) as (sis, lms):
        keep, gone = await ours(sis, SIS, "u0003"), await ours(sis, LMS, "lms-3")
        first, second = await view(sis, keep), await view(sis, gone)
        await merge(sis, keep, gone)

        new = await sis.services.mappings.split(
            C.USERS, keep, LMS, actor=ANA, reason="two people after all"
        )

        left, alone = await view(sis, keep), await view(sis, new)
        assert (left.fields, left.said, left.line.origin) == (first.fields, {}, SIS)
        assert (alone.fields, alone.said, alone.line.origin) == (second.fields, {}, LMS)
        assert await seats(sis, keep) == {"sis: Maths 2"}
        assert await seats(sis, new) == {"lms: Maths 2"}
        assert_no_orphans(sis.settings)
        assert await quiet(sis, lms)


async def test_who_brought_a_record_may_leave_it(settings: Settings) -> None:
    async with two_systems(settings) as (sis, lms):
        await sis.sync()
        await lms.sync()
        record_id = await ours(sis, SIS, "u0003")
        classes = await ours(sis, SIS, "c2", C.CLASSES), await ours(sis, LMS, "c2", C.CLASSES)
        await merge(sis, *classes, C.CLASSES)

        new = await sis.services.mappings.split(C.USERS, record_id, SIS, actor=ANA)

        assert (await view(sis, record_id)).line.origin == LMS
        assert (await view(sis, new)).line.origin == SIS
        (both,) = await sis.services.records.browse(
            RecordFilter(collection=C.ENROLLMENTS, user_id=record_id)
        )
        found = await view(sis, both.id, C.ENROLLMENTS)
        assert found.said[SIS]["user"].value == new, "a seat that both know is in dispute"
        assert await quiet(sis, lms)


async def test_only_what_several_know_is_split(settings: Settings) -> None:
    async with apart(settings) as (sis, _):
        record_id = await ours(sis, SIS, "u0003")

        with pytest.raises(ConflictError, match="only sis lists"):
            await sis.services.mappings.split(C.USERS, record_id, SIS, actor=ANA)
        with pytest.raises(NotFoundError, match="lms does not know"):
            await sis.services.mappings.split(C.USERS, record_id, LMS, actor=ANA)


async def test_seats_that_are_the_same_are_one(settings: Settings) -> None:
    async with apart(settings) as (sis, lms):
        classes = await ours(sis, SIS, "c2", C.CLASSES), await ours(sis, LMS, "c2", C.CLASSES)
        people = await ours(sis, SIS, "u0003"), await ours(sis, LMS, "lms-3")
        await merge(sis, *people)

        await merge(sis, *classes, C.CLASSES)

        (line,) = await sis.services.records.browse(
            RecordFilter(collection=C.ENROLLMENTS, user_id=people[0])
        )
        found = await view(sis, line.id, C.ENROLLMENTS)
        assert {mapping.integration_id for mapping in found.mappings} == {SIS, LMS}
        assert_no_orphans(sis.settings)
        assert await quiet(sis, lms)


async def test_schools_and_all_that_is_in_them(settings: Settings) -> None:
    async with apart(settings) as (sis, lms):
        keep, gone = await ours(sis, SIS, "s1", C.ORGS), await ours(sis, LMS, "s1", C.ORGS)
        before = sis.rows("SELECT count(*) FROM users")

        await merge(sis, keep, gone, C.ORGS)

        assert sis.rows("SELECT count(*) FROM users") == before
        assert sis.rows("SELECT 1 FROM classes WHERE organization_id = ?", gone) == []
        assert_no_orphans(sis.settings)
        assert await quiet(sis, lms)

        new = await sis.services.mappings.split(C.ORGS, keep, LMS, actor=ANA)

        moved = sis.rows(
            "SELECT DISTINCT external_system_id FROM users WHERE organization_id = ?", new
        )
        assert moved == [(LMS,)]
        assert_no_orphans(sis.settings)
        assert await quiet(sis, lms)


async def test_a_school_does_not_go_into_what_is_in_it(settings: Settings) -> None:
    async with apart(settings) as (sis, _):
        district, school = await ours(sis, SIS, "d", C.ORGS), await ours(sis, LMS, "s1", C.ORGS)
        lms_district = await ours(sis, LMS, "d", C.ORGS)
        await merge(sis, district, lms_district, C.ORGS)
        sis.write(
            "DELETE FROM external_system_mappings WHERE integration_id = 'sis'"
            " AND collection = 'orgs' AND internal_id = ?",
            district,
        )
        sis.write(
            "UPDATE external_system_mappings SET integration_id = 'sis' WHERE external_id = 'd'"
            " AND collection = 'orgs' AND internal_id = ?",
            district,
        )

        with pytest.raises(ConflictError, match="is a parent of"):
            await merge(sis, school, district, C.ORGS)


async def test_a_merge_is_found_by_either_id(settings: Settings) -> None:
    async with apart(settings) as (sis, _):
        keep, gone = await ours(sis, SIS, "u0003"), await ours(sis, LMS, "lms-3")
        await merge(sis, keep, gone)

        for record_id, told in (
            (keep, f"users/{gone} merged into this record"),
            (gone, "merged into users/"),
        ):
            entries = await sis.services.audit.page(AuditFilter(object=f"users/{record_id}"))
            (entry,) = [entry for entry in entries if entry.act.action is Action.MERGE_RECORDS]
            assert told in entry.act.detail
            assert "the same person" in entry.act.detail
            assert (entry.act.before, entry.act.after["phone"]) == ({}, "changed")
        (kept,) = [
            record_event
            for record_event in (await view(sis, keep)).history
            if "merge" in record_event.change.note
        ]
        assert kept.change.before["phone"] == "222"


async def test_a_plan_of_either_system_is_stale_then(settings: Settings) -> None:
    async with apart(settings) as (sis, lms):
        sis.district.change(C.USERS, "u0004", phone="9")
        lms.district.change(C.USERS, "lms-4", phone="9")
        plans = [(sis, await sis.plan()), (lms, await lms.plan())]

        await merge(sis, await ours(sis, SIS, "u0003"), await ours(sis, LMS, "lms-3"))

        assert [(await one.apply(plan)).run.status for one, plan in plans] == ["stale", "stale"]


async def test_a_run_before_a_merge_can_be_taken_back(settings: Settings) -> None:
    async with apart(settings) as (sis, lms):
        lms.district.change(C.ENROLLMENTS, "e0003", user="lms-4")
        done = await lms.sync()
        keep, gone = await ours(sis, SIS, "u0003"), await ours(sis, LMS, "lms-3")
        await merge(sis, keep, gone)

        undo = await sis.services.sync.undo(done.run.id, actor=ANA)
        report = await sis.services.sync.wait(undo.id)
        await lms.apply(report)

        seat_id = await ours(sis, LMS, "e0003", C.ENROLLMENTS)
        assert (await view(sis, seat_id, C.ENROLLMENTS)).fields["user"] == keep
        assert_no_orphans(sis.settings)


async def test_who_may_be_the_same_is_listed_with_both_names(settings: Settings) -> None:
    async with doubtful(settings) as (sis, _, match):
        assert (match.label, match.candidate_label) == ("Quite Another", "Given3 Family3")
        assert (match.rule, match.external_id, match.status) == ("email", "lms-3", MatchStatus.OPEN)
        assert await sis.services.mappings.matches(LMS) == [match]
        assert await sis.services.mappings.matches(SIS) == []


async def test_who_is_the_same_is_merged(settings: Settings) -> None:
    async with doubtful(settings) as (sis, lms, match):
        await sis.services.mappings.decide(match, same=True, actor=ANA)

        assert await ours(sis, LMS, "lms-3") == match.candidate_id == await ours(sis, SIS, "u0003")
        assert await sis.services.mappings.matches() == []
        assert await quiet(sis, lms)
        assert await sis.services.mappings.matches() == []
        with pytest.raises(ConflictError, match="already decided"):
            await sis.services.mappings.decide(match, same=False, actor=ANA)


async def test_who_is_not_the_same_is_never_asked_about_again(settings: Settings) -> None:
    async with doubtful(settings) as (sis, lms, match):
        await sis.services.mappings.decide(match, same=False, actor=ANA)

        lms.district.change(C.USERS, "lms-3", phone="5")
        await lms.sync()

        assert await ours(sis, LMS, "lms-3") == match.record_id
        assert await sis.services.mappings.matches() == []
        (entry,) = await sis.services.audit.page(AuditFilter(action=Action.DECIDE_MATCH))
        assert entry.act.detail == "lms-3 of lms: apart"


async def test_what_is_only_planned_is_not_merged(settings: Settings) -> None:
    async with two_systems(settings, match="rules: [email]") as (sis, lms):
        await sis.sync()
        lms.district.change(C.USERS, "lms-3", given_name="Quite", family_name="Another")
        planned = await lms.plan()
        (match,) = await sis.services.mappings.matches()

        with pytest.raises(ConflictError, match="not in the roster yet"):
            await sis.services.mappings.decide(match, same=True, actor=ANA)

        assert await sis.services.mappings.matches() == [match]
        await lms.apply(planned)
        (match,) = await sis.services.mappings.matches()
        await sis.services.mappings.decide(match, same=True, actor=ANA)


async def test_an_id_that_a_system_changed_keeps_its_record(settings: Settings) -> None:
    async with apart(settings) as (sis, lms):
        record_id = await ours(sis, SIS, "u0003")
        call_otherwise(sis)

        await sis.services.mappings.relink(SIS, C.USERS, ("u0003", "n0003"), actor=ANA)

        assert await ours(sis, SIS, "n0003") == record_id
        assert await sis.services.mappings.find(SIS, C.USERS, "u0003") is None
        assert await quiet(sis, lms)
        (bond,) = {
            external_mapping.bond
            for external_mapping in await sis.services.mappings.of(C.USERS, record_id)
        }
        assert bond is MappingOrigin.RELINKED


async def test_an_id_that_came_as_somebody_else_is_given_back(settings: Settings) -> None:
    async with apart(settings) as (sis, lms):
        record_id = await ours(sis, SIS, "u0003")
        call_otherwise(sis)
        await sis.sync()
        assert await ours(sis, SIS, "n0003") != record_id

        await sis.services.mappings.relink(
            SIS, C.USERS, ("u0003", "n0003"), actor=ANA, reason="new ids"
        )

        assert await ours(sis, SIS, "n0003") == record_id
        found = await view(sis, record_id)
        assert found.fields["status"] == "active"
        assert await seats(sis, record_id) == {"sis: Maths 2"}
        assert_no_orphans(sis.settings)
        assert await quiet(sis, lms)
        with pytest.raises(NotFoundError, match="no u0003 in users of sis"):
            await sis.services.mappings.relink(SIS, C.USERS, ("u0003", "x"), actor=ANA)


async def test_conflicts_go_where_their_system_goes(settings: Settings) -> None:
    async with apart(settings) as (sis, lms):
        keep, gone = await ours(sis, SIS, "u0003"), await ours(sis, LMS, "lms-3")
        await edit(sis, gone, "888")
        lms.district.change(C.USERS, "lms-3", phone="999")
        await lms.sync()
        await merge(sis, keep, gone)
        (conflict,) = await sis.services.conflicts.conflicts()
        assert (conflict.record_id, conflict.ours, conflict.theirs) == (keep, "111", "999")

        new = await sis.services.mappings.split(C.USERS, keep, LMS, actor=ANA)

        assert await sis.services.conflicts.conflicts() == []
        assert (await view(sis, new)).fields["phone"] == "999", "nobody contradicts it there"
        assert (await view(sis, keep)).fields["phone"] == "111"
        assert sis.rows("SELECT DISTINCT sync_status FROM users") == [("synced",)]
        (settled,) = await sis.services.conflicts.conflicts(open_only=False)
        assert (settled.record_id, settled.side) == (new, Side.THEIRS)
        assert await quiet(sis, lms)


async def edit(one: Syncing, record_id: RecordId, value: Value) -> None:
    wanted = ManualEdit(collection=C.USERS, id=record_id, field="phone", value=value, reason="")
    await one.services.records.edit(wanted, actor=ANA)


async def test_whoever_is_protected_stays_protected(settings: Settings) -> None:
    async with apart(settings) as (sis, _):
        keep, gone = await ours(sis, SIS, "u0003"), await ours(sis, LMS, "lms-3")
        await sis.services.records.pin(C.USERS, gone, pinned=True, actor=ANA)
        await sis.services.records.pin(C.USERS, keep, pinned=False, actor=ANA)

        await merge(sis, keep, gone)

        assert (await view(sis, keep)).line.is_pinned


async def test_two_seats_of_one_system_stay_two(settings: Settings) -> None:
    async with apart(settings) as (sis, lms):
        sis.district.put(C.ENROLLMENTS, seat(500, "u0003", 2, school=2))
        await sis.sync()
        keep = await ours(sis, SIS, "u0003")

        await merge(sis, keep, await ours(sis, LMS, "lms-3"))

        found = await sis.services.records.browse(
            RecordFilter(collection=C.ENROLLMENTS, user_id=keep)
        )
        assert len(found) == 3
        assert await quiet(sis, lms)


async def test_who_may_only_look_puts_nothing_right(settings: Settings) -> None:
    async with doubtful(settings) as (sis, _, match):
        mappings = sis.services.mappings
        first, second = match.candidate_id, match.record_id
        for act in (
            mappings.decide(match, same=True, actor=VIEWER),
            mappings.merge(C.USERS, first, second, actor=VIEWER),
            mappings.split(C.USERS, first, SIS, actor=VIEWER),
            mappings.relink(SIS, C.USERS, ("a", "b"), actor=VIEWER),
        ):
            with pytest.raises(NotAllowedError):
                await act
