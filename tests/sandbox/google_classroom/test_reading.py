"""Classroom and the Directory by hand: pages, masks, rights, and what is odd about a domain."""

import msgspec
import pytest

from integration_tui.sandbox.google_classroom import scopes
from tests.sandbox.google_classroom.fixtures import Domain, domain

STUDENTS = "v1/courses/d:cls-0000001/students"
USERS = "admin/directory/v1/users"


async def all_rows(one: Domain, path: str, key: str, **query: object) -> list[list[str]]:
    """Return the ids of each page."""
    pages: list[list[str]] = []
    token: dict[str, object] = {}
    while True:
        answer = await one.get(path, **query, **token)
        pages.append([row.get("userId") or row["id"] for row in answer.get(key, [])])
        if "nextPageToken" not in answer:
            return pages
        token = {"pageToken": answer["nextPageToken"]}


def flat(pages: list[list[str]]) -> list[str]:
    return [row for page in pages for row in page]


async def test_a_page_of_students_has_thirty_whatever_is_asked() -> None:
    async with domain() as one:
        pages = await all_rows(one, STUDENTS, "students", pageSize=500)
        small = await all_rows(one, STUDENTS, "students", pageSize=4)

    assert [len(page) for page in pages[:-1]] == [30] * (len(pages) - 1)
    assert len(pages) > 1
    assert [len(page) for page in small[:-1]] == [4] * (len(small) - 1)
    assert flat(small) == flat(pages)


async def test_a_page_of_classes_has_as_many_as_asked_up_to_a_hundred() -> None:
    async with domain() as one:
        one.with_conditions(courses_page=20)
        pages = await all_rows(one, "v1/courses", "courses", pageSize=12)
        clamped = await all_rows(one, "v1/courses", "courses", pageSize=100)

    assert [len(page) for page in pages] == [12, 12, 12]
    assert [len(page) for page in clamped] == [20, 16]


async def test_a_token_says_nothing_and_needs_to_be_encoded() -> None:
    async with domain() as one:
        token = (await one.get(STUDENTS))["nextPageToken"]
        raw = await one.call("GET", f"{STUDENTS}?pageToken={token}")
        encoded = await one.call("GET", STUDENTS, pageToken=token)

    assert {"+", "/", "="} <= {*token}
    assert (raw.status, encoded.status) == (400, 200)


@pytest.mark.parametrize(
    "other", [{"pageSize": 5}, {"fields": "nextPageToken,students(userId)"}, {"pageSize": 30}]
)
async def test_a_token_is_for_the_same_request_only(other: dict[str, object]) -> None:
    async with domain() as one:
        token = (await one.get(STUDENTS))["nextPageToken"]
        again = await one.get(STUDENTS, pageToken=token, quotaUser="x")
        refused = await one.refusal("GET", STUDENTS, pageToken=token, **other)
        elsewhere = await one.refusal("GET", "v1/courses/d:cls-0000002/students", pageToken=token)

    assert again["students"]
    assert (refused["status"], elsewhere["status"]) == ("INVALID_ARGUMENT", "INVALID_ARGUMENT")


async def test_an_empty_page_may_have_a_token() -> None:
    async with domain() as one:
        plain = await all_rows(one, STUDENTS, "students", pageSize=20)
        one.with_conditions(hollow_pages=True)
        hollow = await all_rows(one, STUDENTS, "students", pageSize=20)

    assert [page for page in hollow if page] == plain
    assert len(hollow) == 2 * len(plain) - 1


async def test_a_token_of_the_directory_gets_old() -> None:
    async with domain() as one:
        token = (await one.get(USERS, customer="my_customer"))["nextPageToken"]
        await one.get(USERS, customer="my_customer", pageToken=token)
        one.with_conditions(page_token_life_s=-1)
        refused = await one.refusal("GET", USERS, customer="my_customer", pageToken=token)

    assert (refused["code"], refused["errors"][0]["reason"]) == (400, "invalid")


async def test_a_mask_without_the_token_loses_it() -> None:
    async with domain() as one:
        lost = await one.get(STUDENTS, fields="students(userId,profile/name)")
        kept = await one.get(STUDENTS, fields="nextPageToken,students/userId")

    assert {*lost} == {"students"}
    assert {*lost["students"][0]} == {"userId", "profile"}
    assert {*lost["students"][0]["profile"]} == {"name"}
    assert {*kept} == {"students", "nextPageToken"}
    assert all({*row} == {"userId"} for row in kept["students"])


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (STUDENTS, {"fields": "pupils(userId)"}),
        (STUDENTS, {"fields": "students(userId"}),
        (STUDENTS, {"fields": "students(userId))"}),
        (STUDENTS, {"fields": ",students"}),
        (STUDENTS, {"page_size": 3}),
        (STUDENTS, {"pageSize": "many"}),
        (STUDENTS, {"pageSize": -1}),
        (STUDENTS, {"pageToken": "AAAA"}),
        ("v1/courses", {"courseStates": "ACTIVE,ARCHIVED"}),
        ("v1/courses", {"studentId": "me", "teacherId": "me"}),
        ("v1/invitations", {}),
        (USERS, {}),
        (USERS, {"customer": "my_customer", "maxResults": 501}),
        (USERS, {"customer": "my_customer", "query": "shoeSize=44"}),
    ],
)
async def test_what_is_asked_wrongly_is_a_400(path: str, query: dict[str, object]) -> None:
    async with domain() as one:
        assert (await one.refusal("GET", path, **query))["code"] == 400


async def test_states_are_asked_for_one_by_one() -> None:
    async with domain() as one:
        one.with_conditions(states={"cls-0000001": "ARCHIVED", "cls-0000002": "PROVISIONED"})
        counts = [
            len((await one.get("v1/courses", courseStates=states)).get("courses", []))
            for states in (["ACTIVE"], ["ARCHIVED"], ["ACTIVE", "ARCHIVED"], ["SUSPENDED"], [])
        ]

    assert counts == [34, 1, 35, 0, 36]


async def test_nothing_is_an_empty_object() -> None:
    async with domain() as one:
        assert await one.get("v1/courses", courseStates=["DECLINED"]) == {}


async def test_odd_classes() -> None:
    async with domain() as one:
        one.with_conditions(
            forbidden=["cls-0000001"],
            vanished=["cls-0000002"],
            ownerless=["cls-0000003"],
            outsiders={"cls-0000004": 2},
        )
        listed = (await one.get("v1/courses"))["courses"]
        forbidden = await one.refusal("GET", STUDENTS)
        vanished = await one.refusal("GET", "v1/courses/d:cls-0000002/teachers")
        ownerless = await one.get("v1/courses/d:cls-0000003")
        teachers = await one.get("v1/courses/d:cls-0000003/teachers")
        no_profile = await one.refusal("GET", f"v1/userProfiles/{ownerless['ownerId']}")
        path = "v1/courses/d:cls-0000004/students"
        first = await one.get(path)
        second = await one.get(path, pageToken=first["nextPageToken"])
        pages = first["students"] + second["students"]
        outsiders = [row for row in pages if set(row["profile"]) == {"id"}]
        stranger = await one.refusal("GET", f"v1/userProfiles/{outsiders[0]['userId']}")

    assert len(listed) == 36
    assert (forbidden["code"], forbidden["status"]) == (403, "PERMISSION_DENIED")
    assert (vanished["code"], vanished["status"]) == (404, "NOT_FOUND")
    assert teachers == {}
    assert (no_profile["code"], stranger["code"]) == (403, 403)
    assert len(outsiders) == 2


async def test_a_suspended_person_is_still_on_the_roster() -> None:
    async with domain() as one:
        student = (await one.get(STUDENTS))["students"][0]
        one.with_conditions(suspended=[student["userId"]])
        roster = (await one.get(STUDENTS))["students"]
        user = await one.get(f"{USERS}/{student['userId']}")
        found = await one.get(USERS, customer="my_customer", query="isSuspended=true")

    assert student in roster
    assert (user["suspended"], user["suspensionReason"]) == (True, "ADMIN")
    assert [row["id"] for row in found["users"]] == [student["userId"]]


async def test_who_left_is_among_the_deleted_only() -> None:
    async with domain() as one:
        before = await all_rows(one, USERS, "users", customer="my_customer")
        await one.control("POST", "advance", {"changes": 400})
        after = await all_rows(one, USERS, "users", customer="my_customer")
        deleted = await one.get(USERS, customer="my_customer", showDeleted="true")

    left = {row["id"] for row in deleted["users"]}
    assert left
    assert left.isdisjoint(flat(after))
    assert {*flat(before)} - {*flat(after)} <= left
    assert all(row["deletionTime"] for row in deleted["users"])


async def test_one_domain_is_not_the_whole_customer() -> None:
    async with domain() as one:
        staff = await all_rows(one, USERS, "users", domain="staff.prairieview.example")
        students = await all_rows(one, USERS, "users", domain="students.prairieview.example")
        whole = await all_rows(one, USERS, "users", customer="C0sandbox")

    assert len(flat(staff)) == 19
    assert sorted(flat(staff) + flat(students)) == flat(whole)


async def test_users_are_sorted_and_searched() -> None:
    async with domain() as one:
        found = await one.get(
            USERS, customer="my_customer", orderBy="email", sortOrder="DESCENDING", maxResults=500
        )
        staff = await one.get(
            USERS, customer="my_customer", query="orgUnitPath='/Schools/Lincoln School/Staff'"
        )
        single = await one.get(USERS, customer="my_customer", query="externalId=700007")

    emails = [row["primaryEmail"] for row in found["users"]]
    assert emails == sorted(emails, reverse=True)
    assert {row["orgUnitPath"] for row in staff["users"]} == {"/Schools/Lincoln School/Staff"}
    assert [row["id"] for row in single["users"]] == ["100000000000000000007"]


async def test_external_ids_come_with_the_full_projection_only() -> None:
    async with domain() as one:
        basic = await one.get(f"{USERS}/100000000000000000007")
        full = await one.get(f"{USERS}/100000000000000000007", projection="full")

    assert "externalIds" not in basic
    assert full["externalIds"][0] == {"value": "700007", "type": "organization"}


async def test_a_teacher_sees_the_own_classes_and_no_directory() -> None:
    async with domain() as one:
        teacher = (await one.get("v1/courses/d:cls-0000001/teachers"))["teachers"][0]["profile"]
        theirs = one.sign_in(teacher["emailAddress"])
        courses = (await theirs.get("v1/courses"))["courses"]
        asked = (await one.get("v1/courses", teacherId=teacher["id"]))["courses"]
        other = await theirs.refusal("GET", "v1/courses/d:cls-0000005/students")
        users = await theirs.refusal("GET", USERS, customer="my_customer")

    assert 0 < len(courses) < 36
    assert courses == asked
    assert all(row["ownerId"] == teacher["id"] for row in courses)
    assert other["code"] == 403
    assert users["message"] == "Not Authorized to access this resource/api"
    assert "status" not in users


async def test_what_a_scope_does_not_allow_names_the_scope() -> None:
    async with domain() as one:
        blind = one.sign_in(granted=["classroom.courses.readonly"])
        answer = await blind.call("GET", STUDENTS)
        error = msgspec.json.decode(answer.body)["error"]

    assert answer.status == 403
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
    assert "classroom.rosters.readonly" in answer.headers["www-authenticate"]
    assert error["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


async def test_a_switched_off_api_and_a_domain_without_classroom() -> None:
    async with domain() as one:
        one.with_conditions(switched_off=["directory"])
        directory = await one.refusal("GET", USERS, customer="my_customer")
        classroom = await one.get("v1/courses")
        one.with_conditions(switched_off=[], classroom_off="ClassroomApiDisabled")
        off = await one.refusal("GET", "v1/courses")

    assert directory["details"][0]["reason"] == "SERVICE_DISABLED"
    assert classroom["courses"]
    assert off["message"].startswith("@ClassroomApiDisabled")


async def test_without_a_good_token_nothing_is_told() -> None:
    async with domain() as one:
        await one.control("DELETE", "tokens")
        error = await one.refusal("GET", "v1/courses")

    assert (error["code"], error["status"]) == (401, "UNAUTHENTICATED")


async def test_what_google_does_not_have_is_a_page() -> None:
    async with domain() as one:
        answer = await one.call("GET", "v2/courses")

    assert answer.status == 404
    assert answer.body.startswith(b"<!DOCTYPE html>")


def test_every_scope_is_named_in_one_place() -> None:
    assert scopes.last_words(scopes.whole(scopes.ALL)) == {*scopes.ALL}
