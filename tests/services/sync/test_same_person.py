"""People keep being one person whose system lists them under another id, or under several."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec.structs import replace

from integration_tui.domain.errors import ConflictError, NotFoundError
from integration_tui.domain.ids import RecordId
from integration_tui.domain.roster import Collection, RecordStatus, Role, User, UserId
from integration_tui.domain.roster_view import ManualEdit
from integration_tui.domain.sync.plan import ChangeKind, PlannedChange
from integration_tui.domain.sync.run import Mode, RunReport, RunStatus
from integration_tui.settings import Settings
from tests.conftest import ANA
from tests.orphans import assert_no_orphans
from tests.services.sync.fixtures import (
    SECRET,
    SIS,
    WHEN,
    District,
    Syncing,
    kinds,
    seat,
    syncing,
    user,
)

C = Collection
K = ChangeKind
SAME = "sync: {grace: {sweeps: 1, days: 0}, quality: {max_drop: 100}, match: {relink: same_person}}"
ASK = "sync: {grace: {sweeps: 1, days: 0}, quality: {max_drop: 100}}"


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIS_SECRET", SECRET)


@pytest.fixture
async def synced(settings: Settings) -> AsyncGenerator[Syncing]:
    async with syncing(settings, more=SAME, district=District(students=8)) as one:
        await one.sync()
        yield one


def again(one: Syncing, old: str, new: str, *, school: int = 2, **more: Any) -> User:
    """Have the system list somebody under another id as well."""
    record = one.district.records[C.USERS][old]
    assert isinstance(record, User)
    role = record.roles[0].role
    fields = {"roles": (Role(role=role, org=f"s{school}"),), "primary_org": f"s{school}", **more}
    made = replace(record, sourced_id=new, modified_at=WHEN, **fields)
    one.district.put(C.USERS, made)
    return made


def transfer(one: Syncing, old: str, new: str, *, school: int = 2, **more: Any) -> None:
    again(one, old, new, school=school, **more)
    one.district.leave(old)


async def ours(one: Syncing, external_id: str) -> RecordId | None:
    return await one.services.mappings.find(SIS, C.USERS, external_id)


def state(one: Syncing, record_id: RecordId | None) -> tuple[str, set[tuple[str, str]]]:
    """Return whether somebody is active, and with which roles."""
    ((status, roles),) = one.rows(
        "SELECT status, (SELECT group_concat(r.value ->> '$.role' || '/' || (r.value ->> '$.org'))"
        " FROM json_each(roles) r) FROM users WHERE id = ?",
        record_id,
    )
    return status, {tuple(role.split("/")) for role in (roles or "").split(",") if role}


def people(one: Syncing) -> int:
    return int(one.rows("SELECT count(*) FROM users")[0][0])


async def changes(one: Syncing, report: RunReport, kind: ChangeKind) -> list[PlannedChange]:
    return await one.services.plans.changes(report.run.id, C.USERS, kind=kind)


async def test_a_transfer_keeps_the_person_and_is_shown_as_one(synced: Syncing) -> None:
    before, count = await ours(synced, "u0000"), people(synced)
    transfer(synced, "u0000", "n0000")
    synced.district.put(C.ENROLLMENTS, seat(700, "n0000", 2, school=2))

    report = await synced.plan()

    assert report.run.status is RunStatus.PLANNED
    assert kinds(report) == {K.RELINK: 1}
    assert report.transfers == 1
    (change,) = await changes(synced, report, K.RELINK)
    assert change.transfer == "transfer from School 1 to School 2"
    await synced.apply(report)
    assert (await ours(synced, "n0000"), people(synced)) == (before, count)
    assert state(synced, before) == ("active", {("student", "s2")})
    held = synced.rows("SELECT external_id, user_id FROM enrollments WHERE status = 'active'")
    assert ("e0700", before) in held
    assert (await synced.sync()).changes == 0


async def test_without_the_setting_the_new_id_is_a_new_person(settings: Settings) -> None:
    async with syncing(settings, more=ASK, district=District(students=8)) as one:
        await one.sync()
        transfer(one, "u0000", "n0000")

        assert kinds(await one.plan()) == {K.CREATE: 1, K.DEACTIVATE: 1}


@pytest.mark.parametrize(
    ("more", "is_same"),
    [
        ({}, True),
        ({"family_name": "Married", "email": "new@example.org"}, True),  # the SIS id says so
        ({"identifier": None, "master_identifier": "state-1"}, True),
        ({"identifier": None}, True),  # e-mail and name
        ({"identifier": None, "family_name": "Another"}, False),  # e-mail alone
        ({"identifier": None, "email": None}, False),  # name alone
        ({"identifier": None, "email": "new@example.org"}, False),
        ({"identifier": "other"}, False),  # another SIS id contradicts
        ({"identifier": None, "user_ids": (UserId(type="local", identifier="9"),)}, False),
        ({"master_identifier": "state-2"}, False),
        ({"given_name": "Q", "family_name": "R", "email": "q@example.org"}, False),
    ],
)
async def test_what_says_that_it_is_the_same_person(
    settings: Settings, more: dict[str, Any], is_same: bool
) -> None:
    district = District(students=4)
    ids = (UserId(type="local", identifier="1"),)
    old = district.records[C.USERS]["u0000"]
    district.put(C.USERS, replace(old, master_identifier="state-1", user_ids=ids))
    async with syncing(settings, more=SAME, district=district) as one:
        await one.sync()
        transfer(one, "u0000", "n0000", **{"master_identifier": None} | more)

        report = await one.plan()

        assert kinds(report) == ({K.RELINK: 1} if is_same else {K.CREATE: 1, K.DEACTIVATE: 1})


async def test_twins_and_a_shared_address_stay_two(synced: Syncing) -> None:
    family: dict[str, Any] = {
        "family_name": "Twin",
        "email": "parent@example.org",
        "identifier": None,
    }
    synced.district.put(C.USERS, user(600, given_name="Ann", **family))
    await synced.sync()
    ann, count = await ours(synced, "u0600"), people(synced)
    synced.district.leave("u0600")
    synced.district.put(C.USERS, user(601, given_name="Bob", **family))
    synced.district.put(C.USERS, user(602, given_name="Eve", **family, roles=()))

    await synced.sync()

    assert people(synced) == count + 2
    assert await ours(synced, "u0601") not in {ann, None}


async def test_a_family_number_makes_no_one_person_of_siblings(synced: Syncing) -> None:
    family: dict[str, Any] = {
        "family_name": "Sib",
        "email": "parent@example.org",
        "identifier": "family-5",
    }
    synced.district.put(C.USERS, user(600, given_name="Ann", **family))
    await synced.sync()
    synced.district.put(C.USERS, user(601, given_name="Bob", **family))

    assert kinds(await synced.sync())[K.CREATE] == 1
    assert await ours(synced, "u0600") != await ours(synced, "u0601")


async def test_where_several_fit_nobody_is_taken(synced: Syncing) -> None:
    for number, name in ((600, "Ann"), (601, "Bob")):
        more: dict[str, Any] = {
            "given_name": name,
            "family_name": f"F{number}",
            "identifier": "same-9",
        }
        synced.district.put(C.USERS, user(number, **more))
    await synced.sync()
    synced.district.leave("u0600")
    synced.district.put(C.USERS, user(700, given_name="Ann", identifier="same-9"))

    report = await synced.plan()

    assert kinds(report) == {K.CREATE: 1, K.DEACTIVATE: 1}


async def test_a_reused_id_takes_nobody_along(synced: Syncing) -> None:
    first = await ours(synced, "u0000")
    synced.district.put(C.USERS, user(0, given_name="New", family_name="Kid", identifier="id-77",
                                      email="kid@example.org", username="kid"))  # fmt: skip
    synced.district.put(C.USERS, user(800, given_name="Given0", family_name="Family0",
                                      identifier="id-0", email="user0@example.org"))  # fmt: skip

    report = await synced.plan()

    assert kinds(report).get(K.ALIAS, 0) == kinds(report).get(K.RELINK, 0) == 0
    assert report.run.status is RunStatus.HELD
    assert first is not None


async def test_both_ids_listed_for_a_while_are_one_person_with_both_roles(synced: Syncing) -> None:
    person, count = await ours(synced, "u9001"), people(synced)
    again(synced, "u9001", "t0001")
    synced.district.put(C.ENROLLMENTS, seat(701, "t0001", 2, role="teacher", school=2))

    report = await synced.sync()

    assert kinds(report) == {K.UPDATE: 1, K.ALIAS: 1}
    assert (await ours(synced, "t0001"), people(synced)) == (person, count)
    assert state(synced, person) == ("active", {("teacher", "s1"), ("teacher", "s2")})
    assert synced.rows("SELECT user_id FROM enrollments WHERE external_id = 'e0701'") == [(person,)]
    assert (await synced.sync()).changes == 0

    synced.district.leave("u9001")  # the first id vanishes
    done = await synced.sync()
    assert kinds(done)[K.RELINK] == 1
    assert state(synced, person) == ("active", {("teacher", "s2")})
    assert (await synced.sync()).changes == 0

    again(synced, "t0001", "u9001", school=1)  # and comes back, while the other goes
    synced.district.leave("t0001")
    await synced.sync()
    assert (await ours(synced, "u9001"), people(synced)) == (person, count)
    assert state(synced, person) == ("active", {("teacher", "s1")})

    synced.district.leave("u9001")
    synced.district.put(C.USERS, user(9003, role="teacher"))
    await synced.sync()
    await synced.sync()
    assert state(synced, person)[0] == "active"  # staff are protected, as anybody with one id


async def test_staff_at_three_schools_from_the_first_sync_on(settings: Settings) -> None:
    district = District(students=4)
    district.school(3)
    old = district.records[C.USERS]["u9001"]
    for school in (2, 3):
        district.put(C.USERS, replace(old, sourced_id=f"t{school}", primary_org=f"s{school}",
                                      roles=(Role(role="teacher", org=f"s{school}"),)))  # fmt: skip
        district.put(
            C.ENROLLMENTS, seat(700 + school, f"t{school}", school, role="teacher", school=school)
        )
    async with syncing(settings, more=SAME, district=district) as one:
        report = await one.sync()

        found = {await ours(one, name) for name in ("u9001", "t2", "t3")}
        assert len(found) == 1
        (person,) = found
        assert state(one, person)[1] == {("teacher", f"s{number}") for number in (1, 2, 3)}
        assert kinds(report)[K.ALIAS] == 2
        lost = [finding for finding in await one.services.plans.findings(report.run.id)
                if finding.collection is C.ENROLLMENTS]  # fmt: skip
        assert lost == []
        held = one.rows("SELECT count(*) FROM enrollments WHERE user_id = ?", person)
        assert held == [(3,)]
        assert (await one.sync()).changes == 0

        one.district.leave("t3")
        await one.sync()
        assert state(one, person) == ("active", {("teacher", "s1"), ("teacher", "s2")})


async def test_changes_only_keep_what_the_other_id_said(synced: Syncing) -> None:
    person = await ours(synced, "u9001")
    again(synced, "u9001", "t0001")
    await synced.sync()

    synced.district.change(C.USERS, "t0001", roles=(Role(role="aide", org="s2"),))
    report = await synced.sync(mode=Mode.INCREMENTAL)
    assert kinds(report)[K.UPDATE] == 1
    assert state(synced, person) == ("active", {("teacher", "s1"), ("aide", "s2")})

    synced.district.change(C.USERS, "t0001", status=RecordStatus.TO_BE_DELETED)
    await synced.sync(mode=Mode.INCREMENTAL)
    assert state(synced, person) == ("active", {("teacher", "s1")})


async def test_a_delta_relinks_only_where_the_old_id_is_told_as_deleted(synced: Syncing) -> None:
    person, count = await ours(synced, "u0000"), people(synced)
    await synced.sync()
    synced.district.change(C.USERS, "u0000", status=RecordStatus.TO_BE_DELETED)
    again(synced, "u0000", "n0000")
    synced.district.change(C.USERS, "n0000", status=RecordStatus.ACTIVE)

    report = await synced.sync(mode=Mode.INCREMENTAL)

    assert kinds(report) == {K.RELINK: 1, K.ALIAS: 1}
    assert (await ours(synced, "n0000"), people(synced)) == (person, count)
    assert state(synced, person) == ("active", {("student", "s2")})

    again(synced, "u0002", "n0002")
    synced.district.change(C.USERS, "n0002", status=RecordStatus.ACTIVE)
    report = await synced.sync(mode=Mode.INCREMENTAL)
    assert kinds(report)[K.UPDATE] == 1
    assert await ours(synced, "n0002") == await ours(synced, "u0002")
    assert state(synced, await ours(synced, "u0002"))[1] == {("student", "s1"), ("student", "s2")}


async def test_a_transfer_there_and_back_is_one_person(synced: Syncing) -> None:
    person, count = await ours(synced, "u0000"), people(synced)
    transfer(synced, "u0000", "n0000", family_name="Changed")
    await synced.sync()
    transfer(synced, "n0000", "u0000", school=1)

    report = await synced.sync()

    assert kinds(report) == {K.RELINK: 1}
    assert report.transfers == 1
    assert (await ours(synced, "u0000"), people(synced)) == (person, count)
    assert (await synced.sync()).changes == 0


async def test_a_relink_that_was_wrong_is_taken_back(synced: Syncing) -> None:
    person = await ours(synced, "u0000")
    transfer(synced, "u0000", "n0000")
    done = await synced.sync()

    undone = await synced.services.sync.undo(done.run.id, actor=ANA)
    await synced.apply(await synced.services.sync.wait(undone.id))

    assert state(synced, person) == ("active", {("student", "s1")})
    assert (await synced.sync()).changes == 0


async def test_a_school_change_under_one_id_is_a_transfer_too(synced: Syncing) -> None:
    synced.district.change(
        C.USERS, "u0000", roles=(Role(role="student", org="s2"),), primary_org="s2"
    )

    report = await synced.plan()

    (change,) = await changes(synced, report, K.UPDATE)
    assert change.transfer == "transfer from School 1 to School 2"
    assert report.transfers == 1


OTHER: dict[str, Any] = {"given_name": "Else", "identifier": "other", "email": "else@example.org"}
SEAT = "SELECT user_id FROM enrollments WHERE external_id = 'e0701'"


@asynccontextmanager
async def merged(settings: Settings, more: str) -> AsyncGenerator[tuple[Syncing, RecordId]]:
    """Two teachers of one system, whom somebody has merged."""
    async with syncing(settings, more=more, district=District(students=8)) as one:
        again(one, "u9001", "t0001", **OTHER)
        one.district.put(C.ENROLLMENTS, seat(701, "t0001", 2, role="teacher", school=2))
        await one.sync()
        keep, gone = await ours(one, "u9001"), await ours(one, "t0001")
        assert keep is not None
        assert gone is not None
        await one.services.mappings.merge(C.USERS, keep, gone, actor=ANA)
        yield one, keep


@pytest.mark.parametrize("more", [ASK, SAME])
async def test_two_records_of_one_system_are_merged_by_hand_and_stay_so(
    settings: Settings, more: str
) -> None:
    async with merged(settings, more) as (one, keep):
        count = people(one)
        assert await ours(one, "t0001") == keep
        (mapping,) = await one.services.mappings.of(C.USERS, keep)
        assert (mapping.external_id, mapping.aliases) == ("u9001", ("t0001",))
        both = ("active", {("teacher", "s1"), ("teacher", "s2")})
        assert state(one, keep) == both
        assert one.rows(SEAT) == [(keep,)]
        for _ in range(2):
            assert (await one.sync()).changes == 0

        one.district.drop(C.USERS, "t0001")  # one of the two vanishes for a while
        await one.sync()
        assert state(one, keep) == ("active", {("teacher", "s1")})
        again(one, "u9001", "t0001", **OTHER)
        await one.sync()

        assert state(one, keep) == both
        assert people(one) == count


async def test_merged_records_of_one_system_are_split_again(settings: Settings) -> None:
    async with merged(settings, SAME) as (one, keep):
        await one.sync()
        count = people(one)

        new = await one.services.mappings.split(C.USERS, keep, SIS, actor=ANA)

        assert (await ours(one, "t0001"), people(one)) == (new, count + 1)
        assert state(one, keep) == ("active", {("teacher", "s1")})
        await one.sync()
        assert state(one, new) == ("active", {("teacher", "s2")})
        assert one.rows("SELECT given_name FROM users WHERE id = ?", new) == [("Else",)]
        assert one.rows(SEAT) == [(new,)]
        assert (await one.sync()).changes == 0
        assert people(one) == count + 1
        assert_no_orphans(one.settings)


async def test_which_id_is_split_off_has_to_be_said_where_there_are_three(synced: Syncing) -> None:
    again(synced, "u9001", "t0001")
    again(synced, "u9001", "t0002")
    await synced.sync()
    person = await ours(synced, "u9001")
    assert person is not None
    mappings = synced.services.mappings

    with pytest.raises(ConflictError, match="several IDs"):
        await mappings.split(C.USERS, person, SIS, actor=ANA)
    with pytest.raises(ConflictError, match="primary ID of the record"):
        await mappings.split(C.USERS, person, SIS, actor=ANA, external_id="u9001")
    with pytest.raises(NotFoundError):
        await mappings.split(C.USERS, person, SIS, actor=ANA, external_id="u0001")
    new = await mappings.split(C.USERS, person, SIS, actor=ANA, external_id="t0002")

    await synced.sync()
    assert (await ours(synced, "t0001"), await ours(synced, "t0002")) == (person, new)
    assert (await synced.sync()).changes == 0


async def test_a_plan_that_is_cancelled_leaves_nothing_behind(synced: Syncing) -> None:
    person = await ours(synced, "u9001")
    again(synced, "u9001", "t0001")
    report = await synced.plan()

    await synced.services.sync.cancel(report.run.id, actor=ANA)

    assert await ours(synced, "t0001") is None
    assert synced.rows("SELECT count(*) FROM shared_external_ids") == [(0,)]
    await synced.sync()
    assert await ours(synced, "t0001") == person


async def test_an_id_that_is_somebody_else_now_leaves_the_person(synced: Syncing) -> None:
    person, count = await ours(synced, "u9001"), people(synced)
    again(synced, "u9001", "t0001")
    await synced.sync()
    synced.district.put(C.USERS, user(1, sourced_id="t0001", role="teacher", school=2,
                                      given_name="Other", family_name="One", identifier="id-55",
                                      email="other@example.org", username="other"))  # fmt: skip

    await synced.sync()

    assert await ours(synced, "t0001") not in {person, None}
    assert people(synced) == count + 1
    assert state(synced, person) == ("active", {("teacher", "s1")})
    assert (await synced.sync()).changes == 0


async def test_what_a_person_edited_stays_beside_a_further_id(synced: Syncing) -> None:
    person = await ours(synced, "u9001")
    assert person is not None
    edit = ManualEdit(collection=C.USERS, id=person, field="phone", value="555", reason="asked")
    await synced.services.records.edit(edit, actor=ANA)
    await synced.sync()
    again(synced, "u9001", "t0001", phone="777")

    await synced.sync()
    assert (await synced.sync()).changes == 0

    assert synced.rows("SELECT phone FROM users WHERE id = ?", person) == [("555",)]


@pytest.mark.parametrize(
    ("old", "new"), [("t0001", "n0001"), ("t0001", "u9001"), ("u9001", "t0001")]
)
async def test_one_of_two_ids_is_relinked_by_hand(synced: Syncing, old: str, new: str) -> None:
    person, count = await ours(synced, "u9001"), people(synced)
    again(synced, "u9001", "t0001")
    await synced.sync()

    await synced.services.mappings.relink(SIS, C.USERS, (old, new), actor=ANA)

    assert await ours(synced, old) is None
    assert await ours(synced, new) == person
    if new == "n0001":
        again(synced, "t0001", "n0001")
    synced.district.leave(old)
    await synced.sync()
    assert (await synced.sync()).changes == 0
    assert people(synced) == count
    assert state(synced, person)[0] == "active"


async def test_a_placeholder_is_nobodys_id(synced: Syncing) -> None:
    for number in range(600, 612):
        synced.district.put(C.USERS, user(number, identifier="N/A"))
    await synced.sync()
    count = people(synced)
    for number in range(700, 712):
        synced.district.put(C.USERS, user(number, identifier="N/A"))
    again(synced, "u0600", "n0600")  # email address and name still say who that is

    await synced.sync()

    assert people(synced) == count + 12
    assert await ours(synced, "n0600") == await ours(synced, "u0600")
