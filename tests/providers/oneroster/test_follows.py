"""Schools that follow from a class or a course, over real HTTP."""

import json

import pytest

from integration_tui.domain.errors import RecordError
from integration_tui.domain.roster import Class, Collection, Enrollment
from integration_tui.testing.http_server import Reply
from tests.providers.oneroster.fake_servers import (
    ROWS,
    Asked,
    Quirky,
    class_,
    enrollment,
    listed,
    refuse,
    world,
)

NO_SCHOOL = {"school": None}
ROOMS = [{**class_("c1"), **NO_SCHOOL}, {**class_("c2"), "school": {"sourcedId": ""}},
         {**class_("c3"), "school": None, "course": None}]  # fmt: skip
SEATS = [
    {**enrollment("e1", "u1", "c1"), **NO_SCHOOL},
    {**enrollment("e2", "u1", "c3"), **NO_SCHOOL},
    {**enrollment("e3", "u1", "nowhere"), **NO_SCHOOL},
    enrollment("e4", "u2", "c1"),
]
SERVED = {**ROWS, "classes": ROOMS, "enrollments": SEATS}


def singles(asked: Asked) -> Reply | None:
    """Give away single classes and courses."""
    name, _, sourced_id = asked.path.partition("/")
    if not sourced_id or name not in {"classes", "courses"}:
        return None
    rows = {row["sourcedId"]: row for row in SERVED[name]}
    if sourced_id not in rows:
        return refuse(404)
    key = {"classes": "class", "courses": "course"}[name]
    return Reply(200, json.dumps({key: rows[sourced_id]}).encode(), {})


async def test_what_was_listed_before_tells_the_school() -> None:
    async with world(Quirky(rows=SERVED)) as one:
        await listed(one, Collection.COURSES)
        rooms = await listed(one, Collection.CLASSES)
        one.server.asked.clear()
        seats = await listed(one, Collection.ENROLLMENTS)

    assert [(row.sourced_id, row.school) for row in rooms[0].rows if isinstance(row, Class)] == [
        ("c1", "s1"), ("c2", "s1"),
    ]  # fmt: skip
    assert [(rejected.sourced_id, rejected.reason) for rejected in rooms[0].rejected] == [
        ("c3", "school names no id, and none follows from its class or course")
    ]
    assert {row.sourced_id: row.school for row in seats[0].rows if isinstance(row, Enrollment)} == {
        "e1": "s1", "e4": "s1",
    }  # fmt: skip
    assert {rejected.sourced_id for rejected in seats[0].rejected} == {"e2", "e3"}
    assert [finding.sourced_id for finding in seats[0].findings] == ["e1"]


async def test_else_it_is_asked_for_once() -> None:
    async with world(Quirky(singles, rows=SERVED)) as one:
        seats = await listed(one, Collection.ENROLLMENTS)
        await listed(one, Collection.ENROLLMENTS)

        assert one.server.paths.count("classes/c1") == 1
        assert one.server.paths.count("courses/k1") == 1
    assert {row.sourced_id for row in seats[0].rows} == {"e1", "e4"}


async def test_a_single_record_gets_its_school_as_well() -> None:
    async with world(Quirky(singles, rows=SERVED)) as one:
        found = await one.connector.find(Collection.CLASSES, "c1")
        with pytest.raises(RecordError, match="no school"):
            await one.connector.find(Collection.CLASSES, "c3")

    assert isinstance(found, Class)
    assert found.school == "s1"


async def test_a_page_that_is_cut_off_is_asked_for_again() -> None:
    cut = [True]

    def once(asked: Asked) -> Reply | None:
        if asked.path == "users" and cut:
            cut.clear()
            return Reply(200, b'{"users":[{"sourcedId":"u', {"content-type": "application/json"})
        return None

    async with world(Quirky(once)) as one:
        pages = await listed(one, Collection.USERS)

    assert pages[-1].complete
