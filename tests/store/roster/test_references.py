"""Nothing names a record that is not there, though no table of the roster has foreign keys."""

import sqlite3
from contextlib import closing

import pytest

from integration_tui.domain.errors import ConflictError
from integration_tui.domain.ids import RecordId
from integration_tui.domain.roster import Collection, Enrollment
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.store.database import Database
from tests.orphans import orphans
from tests.store.fixtures import LINCOLN
from tests.store.roster_fixtures import Desk, school

C = Collection


@pytest.fixture
async def desk(lincoln: Database) -> Desk:
    desk = Desk(lincoln)
    await desk.apply(await desk.read(school().values()))
    return desk


def lost(desk: Desk) -> list[tuple[str, int]]:
    with closing(sqlite3.connect(desk.database.path)) as database:
        return orphans(database)


def ids(desk: Desk, table: str) -> list[int]:
    with closing(sqlite3.connect(desk.database.path)) as database:
        return [row[0] for row in database.execute(f"SELECT id FROM {table} ORDER BY id")]  # noqa: S608 - ours


async def found(desk: Desk) -> list[str]:
    async with desk.database.reading() as rows:
        return [one.sentence for one in await rows.orphans.find()]


@pytest.mark.parametrize(
    ("of", "collection", "names"),
    [
        ("org-1", C.ORGS, "courses name them"),
        ("ses-1", C.ACADEMIC_SESSIONS, "courses name them"),
        ("crs-1", C.COURSES, "classes name them"),
        ("cls-1", C.CLASSES, "enrollments name them"),
        ("ann", C.USERS, "enrollments name them"),
    ],
)
async def test_a_plan_removes_nothing_that_is_named(
    desk: Desk, of: str, collection: Collection, names: str
) -> None:
    run = await desk.read(school().values(), base=1)
    await desk.mark(run, collection, of, ChangeKind.REMOVE)

    with pytest.raises(ConflictError, match=f"{collection} cannot be removed: {names}"):
        await desk.apply(run)

    assert lost(desk) == []
    assert len(ids(desk, "enrollments")) == 3


async def test_records_that_go_together_may_name_each_other(desk: Desk) -> None:
    await desk.change("DELETE FROM external_system_mappings WHERE collection <> 'orgs'")
    for table in ("enrollments", "classes", "courses", "users", "academic_sessions"):
        await desk.change(f"DELETE FROM {table}")  # noqa: S608 - ours
    await desk.change("UPDATE organizations SET parent_id = id")
    run = await desk.read([], base=1)
    await desk.mark(run, C.ORGS, "org-1", ChangeKind.REMOVE)

    await desk.apply(run)

    assert ids(desk, "organizations") == []
    assert lost(desk) == []


async def test_a_removed_person_leaves_no_other_ids(desk: Desk) -> None:
    await desk.change("DELETE FROM enrollments")
    await desk.change("DELETE FROM external_system_mappings WHERE collection = 'enrollments'")
    await desk.change(
        "INSERT INTO shared_external_ids (tenant_id, integration_id, collection, external_id,"
        " internal_id, listed, bond) SELECT tenant_id, ?, 'users', 'ann-2', id, 0, 'created'"
        " FROM users WHERE external_id = 'ann'",
        LINCOLN,
    )
    run = await desk.read(
        [one for one in school().values() if not isinstance(one, Enrollment)], base=1
    )
    await desk.mark(run, C.USERS, "ann", ChangeKind.REMOVE)

    await desk.apply(run)

    assert len(ids(desk, "users")) == 2
    assert lost(desk) == []


async def test_a_plan_that_names_who_is_gone_is_out_of_date(desk: Desk) -> None:
    run = await desk.read(school().values(), base=1)
    await desk.change(
        "INSERT INTO enrollment_changes (tenant_id, run_id, external_id, kind, id, status, after,"
        " sync_version) SELECT tenant_id, ?, external_id, 'update', id, 'active',"
        " '{\"user\": 999}', sync_version FROM enrollments WHERE external_id = 'enr-2'",
        run.id,
    )

    with pytest.raises(ConflictError, match="1 users that are to be named are not in the roster"):
        await desk.apply(run)

    assert lost(desk) == []


async def test_no_edit_names_who_is_not_there(desk: Desk) -> None:
    async with desk.database.transaction() as transaction:
        seat = await transaction.records.get(C.ENROLLMENTS, RecordId(ids(desk, "enrollments")[0]))
        with pytest.raises(ConflictError, match="1 classes that are to be named"):
            await transaction.records.save(seat, {**seat.values, "class_": 999}, {})
        await transaction.records.save(seat, {**seat.values, "role": "aide"}, {})

    assert lost(desk) == []


async def test_no_record_is_made_that_names_who_is_not_there(desk: Desk) -> None:
    async with desk.database.transaction() as transaction:
        seat = await transaction.records.get(C.ENROLLMENTS, RecordId(ids(desk, "enrollments")[0]))
        (mapping,) = await transaction.mappings.of(C.ENROLLMENTS, seat.id)
        with pytest.raises(ConflictError, match="1 users that are to be named"):
            await transaction.merging.add(seat, {**seat.values, "user": 999}, mapping)


async def test_what_is_merged_away_is_named_by_nothing(desk: Desk) -> None:
    async with desk.database.transaction() as transaction:
        person = await transaction.records.get(C.USERS, RecordId(ids(desk, "users")[0]))
        with pytest.raises(ConflictError, match="users cannot be removed: enrollments name them"):
            await transaction.merging.remove(person)
        seat = await transaction.records.get(C.ENROLLMENTS, RecordId(ids(desk, "enrollments")[0]))
        with pytest.raises(ConflictError, match="enrollments cannot be removed: ids of systems"):
            await transaction.merging.remove(seat)


async def test_a_removed_integration_takes_its_ids_along(desk: Desk) -> None:
    async with desk.database.transaction() as transaction:
        await transaction.integrations.remove(LINCOLN)

    with closing(sqlite3.connect(desk.database.path)) as database:
        assert database.execute("SELECT * FROM external_system_mappings").fetchall() == []
    assert lost(desk) == []
    assert await found(desk) == []


async def test_orphans_are_found_and_counted(desk: Desk) -> None:
    assert await found(desk) == []

    await desk.change("DELETE FROM users WHERE external_id IN ('ann', 'bob')")
    await desk.change("UPDATE courses SET school_year_id = 77")
    await desk.change(
        "UPDATE external_system_mappings SET integration_id = 'adams' WHERE collection = 'orgs'"
    )

    assert await found(desk) == [
        "1 courses name academic_sessions that are not in the roster",
        "2 enrollments name users that are not in the roster",
        "2 ids of users lead to records that are not in the roster",
        "1 integrations that were removed still have ids of records",
    ]
    assert dict(lost(desk)) == {
        "courses.school_year_id": 1,
        "enrollments.user_id": 2,
        "external_system_mappings.internal_id": 2,
        "external_system_mappings.integration_id": 1,
    }
