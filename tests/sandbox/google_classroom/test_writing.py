"""Writes: what they refuse, and when a creation is seen."""

from typing import Any

import pytest

from tests.sandbox.google_classroom.fixtures import Domain, domain

COURSES = "v1/courses"
CLASS = f"{COURSES}/d:cls-0000001"
OTHER = "100000000000000000009"


async def course(one: Domain, **fields: str) -> Any:
    return await one.post(COURSES, {"name": "Latin", "ownerId": "me", **fields})


async def test_a_creation_is_seen_after_so_many_requests_and_collides_at_once() -> None:
    async with domain() as one:
        one.with_conditions(seen_after=3)
        made = await course(one, id="d:sec-7")
        again = await one.refusal("POST", COURSES, {"id": "d:sec-7", "name": "L", "ownerId": "me"})
        answers = [(await one.call("GET", f"{COURSES}/d:sec-7")).status for _ in range(3)]
        listed = (await one.get(COURSES))["courses"][0]

    assert again["status"] == "ALREADY_EXISTS"
    assert answers == [404, 200, 200]
    assert listed["id"] == made["id"]


async def test_a_member_is_seen_late_and_cannot_be_added_twice() -> None:
    async with domain() as one:
        one.with_conditions(seen_after=2)
        path, body = f"{CLASS}/teachers", {"userId": OTHER}
        await one.post(path, body)
        twice = await one.refusal("POST", path, body)
        seen = (await one.call("GET", f"{path}/{OTHER}")).status

    assert twice["status"] == "ALREADY_EXISTS"
    assert seen == 200


async def test_a_member_is_not_seen_before_its_time() -> None:
    async with domain() as one:
        one.with_conditions(seen_after=3)
        await one.post(f"{CLASS}/teachers", {"userId": OTHER})
        statuses = [(await one.call("GET", f"{CLASS}/teachers/{OTHER}")).status for _ in range(3)]

    assert statuses == [404, 404, 200]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"ownerId": "me"}, "INVALID_ARGUMENT"),
        ({"name": "x" * 751, "ownerId": "me"}, "INVALID_ARGUMENT"),
        ({"name": "x", "ownerId": "me", "section": "y" * 2801}, "INVALID_ARGUMENT"),
        ({"name": "x", "ownerId": "me", "colour": "red"}, "INVALID_ARGUMENT"),
        ({"name": 7, "ownerId": "me"}, "INVALID_ARGUMENT"),
        ({"name": "x", "ownerId": "me", "courseState": "OPEN"}, "INVALID_ARGUMENT"),
        ({"name": "x", "ownerId": "me", "id": "sec-7"}, "INVALID_ARGUMENT"),
        ({"name": "x", "ownerId": "me", "id": "d:" + "z" * 255}, "INVALID_ARGUMENT"),
        ({"name": "x", "ownerId": "me", "id": "d:cls-0000001"}, "ALREADY_EXISTS"),
        ({"name": "x", "ownerId": "nobody@example.org"}, "NOT_FOUND"),
        ({"name": "x"}, "NOT_FOUND"),
    ],
)
async def test_a_class_that_cannot_be_made(body: dict[str, object], status: str) -> None:
    async with domain() as one:
        assert (await one.refusal("POST", COURSES, body))["status"] == status


@pytest.mark.parametrize(
    ("query", "body", "status"),
    [
        ({}, {"room": "1"}, "INVALID_ARGUMENT"),
        ({"updateMask": "enrollmentCode"}, {}, "INVALID_ARGUMENT"),
        ({"updateMask": "name"}, {"name": ""}, "INVALID_ARGUMENT"),
        ({"updateMask": "ownerId"}, {"ownerId": OTHER}, "FAILED_PRECONDITION"),
    ],
)
async def test_a_change_that_is_refused(
    query: dict[str, object], body: dict[str, object], status: str
) -> None:
    async with domain() as one:
        assert (await one.refusal("PATCH", CLASS, body, **query))["status"] == status


async def test_an_archived_class_is_changed_back_first() -> None:
    async with domain() as one:
        await one.call("PATCH", CLASS, {"courseState": "ARCHIVED"}, updateMask="courseState")
        refused = await one.refusal("PATCH", CLASS, {"room": "1"}, updateMask="room")
        member = await one.refusal("POST", f"{CLASS}/teachers", {"userId": OTHER})
        back = await one.call(
            "PATCH", CLASS, {"courseState": "ACTIVE", "room": "1"}, updateMask="courseState,room"
        )

    assert refused["message"].startswith("@CourseNotModifiable")
    assert member["message"].startswith("@CourseNotModifiable")
    assert back.status == 200


async def test_the_owner_is_passed_on_and_then_may_go() -> None:
    async with domain() as one:
        owner = (await one.get(CLASS))["ownerId"]
        kept = await one.refusal("DELETE", f"{CLASS}/teachers/{owner}")
        await one.post(f"{CLASS}/teachers", {"userId": OTHER})
        await one.call("PATCH", CLASS, {"ownerId": OTHER}, updateMask="ownerId")
        gone = await one.call("DELETE", f"{CLASS}/teachers/{owner}")
        teachers = (await one.get(f"{CLASS}/teachers"))["teachers"]

    assert kept["status"] == "FAILED_PRECONDITION"
    assert gone.status == 200
    assert [row["userId"] for row in teachers] == [OTHER]


async def test_who_cannot_be_added() -> None:
    async with domain() as one:
        one.with_conditions(suspended=[OTHER], teachers_limit=1)
        path = f"{CLASS}/teachers"
        stranger = await one.refusal("POST", path, {"userId": "eve@elsewhere.example"})
        suspended = await one.refusal("POST", path, {"userId": OTHER})
        full = await one.refusal("POST", path, {"userId": "100000000000000000010"})

    assert stranger["message"].startswith("@CannotDirectAddUser")
    assert suspended["status"] == "FAILED_PRECONDITION"
    assert full["message"].startswith("@CourseTeacherLimitReached")


async def test_invitations_of_a_day_are_used_up() -> None:
    async with domain() as one:
        one.with_conditions(invitations_per_day=1)
        body = {"courseId": "d:cls-0000001", "role": "STUDENT", "userId": "eve@elsewhere.example"}
        first = await one.post("v1/invitations", body)
        again = await one.refusal("POST", "v1/invitations", body)
        second = await one.refusal("POST", "v1/invitations", body | {"userId": "dan@else.example"})
        roster = await one.call("GET", f"{CLASS}/students/eve@elsewhere.example")
        deleted = await one.call("DELETE", f"v1/invitations/{first['id']}")
        left = await one.get("v1/invitations", courseId="d:cls-0000001")

    assert again["status"] == "ALREADY_EXISTS"
    assert (second["code"], second["errors"][0]["reason"]) == (429, "quotaExceeded")
    assert second["message"].startswith("@UserInvitationQuotaExhausted")
    assert (roster.status, deleted.status, left) == (404, 200, {})


async def test_an_alias_is_taken_away() -> None:
    async with domain() as one:
        gone = await one.call("DELETE", f"{CLASS}/aliases/d:cls-0000001")
        unknown = await one.refusal("GET", CLASS)
        again = await one.refusal("DELETE", f"{COURSES}/600000000000/aliases/d:cls-0000001")
        free = await one.post(f"{COURSES}/600000000001/aliases", {"alias": "d:cls-0000001"})
        now = await one.get(CLASS)

    assert gone.status == 200
    assert (unknown["code"], again["code"]) == (404, 404)
    assert free == {"alias": "d:cls-0000001"}
    assert now["id"] == "600000000001"


async def test_a_reset_forgets_what_was_written() -> None:
    async with domain() as one:
        await course(one, id="d:sec-7")
        one.with_conditions(forbidden=["cls-0000001"])
        before = (await one.control("GET", ""))["written"]
        after = (await one.control("POST", "reset"))["written"]
        again = one.sign_in()
        unknown = await again.refusal("GET", f"{COURSES}/d:sec-7")
        allowed = await again.get(f"{CLASS}/students")

    assert (before["courses_written"], after["courses_written"]) == (1, 0)
    assert unknown["code"] == 404
    assert allowed["students"]
