"""Google's own client library reads and writes the domain; what it finds is the district's."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.auth.exceptions import RefreshError
from googleapiclient.errors import HttpError

from integration_tui.domain.roster import Class, Collection, Enrollment, Record, User
from integration_tui.sandbox.district_differences import Differences
from integration_tui.sandbox.google_classroom.people import id_of_place
from integration_tui.sandbox.source import has_left
from tests.sandbox.google_classroom.fixtures import Domain, by_library, domain, everything

SOME = Differences(without_address=0.1, renamed=0.1, added=0.05)
ROSTERS = "classroom.rosters.readonly"
STAFF = "Schools/Lincoln School/Staff"


def active(one: Domain, collection: Collection) -> Iterator[tuple[int, Record]]:
    """Yield what the district has, by its own list."""
    snapshot = one.system.domain.source.snapshot()
    for place in range(snapshot.size(collection)):
        record = snapshot.at(collection, place)
        if record is not None and not has_left(record):
            yield place, record


def seats(one: Domain) -> set[tuple[str, str, str]]:
    """Return class, role and account of every enrollment."""
    snapshot = one.system.domain.source.snapshot()
    found = set()
    for _, seat in active(one, Collection.ENROLLMENTS):
        assert isinstance(seat, Enrollment)
        place = snapshot.index_of(Collection.USERS, seat.user)
        assert place is not None
        found.add((seat.class_, f"{seat.role}s", id_of_place(place)))
    return found


async def test_it_reads_the_whole_district() -> None:
    def read(
        classroom: Any, directory: Any
    ) -> tuple[list[Any], dict[str, str], set[Any], list[Any]]:
        courses = everything(classroom.courses(), "courses", courseStates=["ACTIVE"], pageSize=7)
        aliases = {
            course["id"]: everything(
                classroom.courses().aliases(), "aliases", courseId=course["id"]
            )
            for course in courses
        }
        ids = {course: rows[0]["alias"].removeprefix("d:") for course, rows in aliases.items()}
        members = {
            (ids[course], role, member["userId"])
            for course in ids
            for role in ("students", "teachers")
            for member in everything(getattr(classroom.courses(), role)(), role, courseId=course)
        }
        users = everything(
            directory.users(), "users", customer="my_customer", maxResults=77, projection="full"
        )
        return courses, ids, members, users

    async with domain(differences=SOME) as one:
        one.with_conditions(students_page=9)
        courses, ids, members, users = await by_library(one, read)
        classes = dict(active(one, Collection.CLASSES))
        people = {id_of_place(place): user for place, user in active(one, Collection.USERS)}
        expected_seats = seats(one)

    assert {ids[row["id"]]: row["name"] for row in courses} == {
        one.sourced_id: one.title for one in classes.values() if isinstance(one, Class)
    }
    assert [row["creationTime"] for row in courses] == sorted(
        (row["creationTime"] for row in courses), reverse=True
    )
    assert members == expected_seats
    assert [row["id"] for row in users] == [*people]
    for row in users:
        user = people[row["id"]]
        assert isinstance(user, User)
        assert row["name"]["familyName"] == user.family_name
        assert row["primaryEmail"] == (user.email or f"{row['id']}@prairieview.example")
        assert {entry["value"] for entry in row["externalIds"]} == {
            user.identifier,
            user.sourced_id,
        }


async def test_without_the_scope_there_are_no_addresses_and_no_error() -> None:
    def read(classroom: Any, _directory: Any) -> list[Any]:
        return everything(classroom.courses().students(), "students", courseId="d:cls-0000001")

    async with domain() as one:
        blind = await by_library(one, read, ROSTERS)
        seeing = await by_library(one, read, ROSTERS, "classroom.profile.emails")

    assert len(blind) == len(seeing) > 30
    assert not any("emailAddress" in row["profile"] for row in blind)
    assert all(row["profile"]["emailAddress"] for row in seeing)


async def test_a_scope_that_is_not_delegated_refuses_them_all() -> None:
    def read(classroom: Any, _directory: Any) -> list[Any]:
        return everything(classroom.courses(), "courses")

    async with domain() as one:
        one.with_conditions(delegated=["classroom.courses.readonly"])
        with pytest.raises(RefreshError, match="unauthorized_client"):
            await by_library(one, read, "classroom.courses.readonly", ROSTERS)
        alone = await by_library(one, read, "classroom.courses.readonly")

    assert len(alone) == 36


async def test_it_makes_a_class_and_fills_it() -> None:
    def go(classroom: Any, _directory: Any) -> Any:
        courses = classroom.courses()
        body = {"id": "d:SEC 12/3 é", "name": "Geometry", "ownerId": "me", "room": "12"}
        made = courses.create(body=body).execute()
        with pytest.raises(HttpError) as twice:
            courses.create(body=body).execute()
        courses.patch(
            id=made["id"],
            updateMask="courseState,room",
            body={"courseState": "ACTIVE", "room": "9"},
        ).execute()
        courses.aliases().create(courseId=made["id"], body={"alias": "p:one"}).execute()
        student = (
            courses.students()
            .create(courseId="d:SEC 12/3 é", body={"userId": "100000000000000000050"})
            .execute()
        )
        courses.teachers().create(
            courseId=made["id"], body={"userId": "100000000000000000007"}
        ).execute()
        found = {
            "course": courses.get(id="d:SEC 12/3 é").execute(),
            "aliases": everything(courses.aliases(), "aliases", courseId=made["id"]),
            "students": everything(courses.students(), "students", courseId=made["id"]),
            "teachers": everything(courses.teachers(), "teachers", courseId=made["id"]),
            "first": everything(courses, "courses", pageSize=1)[0],
        }
        courses.students().delete(courseId=made["id"], userId=student["userId"]).execute()
        left = everything(courses.students(), "students", courseId=made["id"])
        courses.delete(id=made["id"]).execute()
        with pytest.raises(HttpError) as gone:
            courses.get(id="d:SEC 12/3 é").execute()
        return made, twice.value, found, left, gone.value

    async with domain() as one:
        made, twice, found, left, gone = await by_library(one, go)

    assert made["courseState"] == "PROVISIONED"
    assert (twice.status_code, gone.status_code) == (409, 404)
    assert (found["course"]["courseState"], found["course"]["room"]) == ("ACTIVE", "9")
    assert [row["alias"] for row in found["aliases"]] == ["d:SEC 12/3 é", "p:one"]
    assert [row["userId"] for row in found["students"]] == ["100000000000000000050"]
    assert [row["userId"] for row in found["teachers"]] == [
        made["ownerId"],
        "100000000000000000007",
    ]
    assert found["first"]["id"] == made["id"]
    assert left == []


async def test_it_invites_and_the_person_accepts() -> None:
    course = "d:cls-0000001"

    def invite(classroom: Any, _directory: Any) -> Any:
        invitations = classroom.invitations()
        body = {"courseId": course, "userId": "100000000000000000008", "role": "TEACHER"}
        made = invitations.create(body=body).execute()
        with pytest.raises(HttpError) as twice:
            invitations.create(body=body).execute()
        waiting = everything(invitations, "invitations", courseId=course)
        teachers = everything(classroom.courses().teachers(), "teachers", courseId=course)
        return made, twice.value, waiting, teachers

    def accept(classroom: Any, _directory: Any) -> Any:
        (mine,) = everything(classroom.invitations(), "invitations", userId="me")
        classroom.invitations().accept(id=mine["id"]).execute()
        return everything(classroom.courses().teachers(), "teachers", courseId=course)

    async with domain() as one:
        made, twice, waiting, before = await by_library(one, invite)
        teacher = one.system.domain.accounts.find(made["userId"])
        assert teacher is not None
        after = await by_library(one, accept, subject=teacher.email)

    assert twice.status_code == 409
    assert [row["id"] for row in waiting] == [made["id"]]
    assert len(after) == len(before) + 1 == 2


async def test_org_units_customer_and_domains() -> None:
    def read(_classroom: Any, directory: Any) -> Any:
        units = directory.orgunits()
        return (
            units.list(customerId="my_customer", type="all").execute()["organizationUnits"],
            units.list(customerId="my_customer", type="allIncludingParent").execute(),
            units.list(customerId="my_customer", type="children").execute(),
            units.get(
                customerId="my_customer", orgUnitPath="Schools/Lincoln School/Staff"
            ).execute(),
            directory.customers().get(customerKey="my_customer").execute(),
            directory.domains().list(customer="my_customer").execute()["domains"],
        )

    async with domain() as one:
        all_, including, children, staff, customer, domains = await by_library(one, read)

    paths = [unit["orgUnitPath"] for unit in including["organizationUnits"]]
    assert paths == ["/", *(unit["orgUnitPath"] for unit in all_)]
    assert [unit["name"] for unit in children["organizationUnits"]] == [
        "District Office",
        "Schools",
    ]
    assert (staff["name"], staff["parentOrgUnitPath"]) == ("Staff", "/Schools/Lincoln School")
    assert customer["postalAddress"]["organizationName"] == "Prairie View Unified District"
    assert [row["domainName"] for row in domains if row["isPrimary"]] == ["prairieview.example"]
