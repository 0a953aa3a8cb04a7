"""What Classroom and its Directory list: schools, classes, rosters, people, and their parts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from integration_tui.domain.errors import IncompatibleError, ProviderError
from integration_tui.domain.paging import Cursor, Page
from integration_tui.domain.roster import (
    Class,
    Collection,
    Enrollment,
    Org,
    Owner,
    Record,
    RecordStatus,
    User,
)
from integration_tui.providers.google_classroom.connector import GoogleClassroomConnector
from tests.providers.google_classroom.fake_server import (
    Content,
    Item,
    add_roster,
    course,
    member,
    person,
    school_content,
)
from tests.providers.google_classroom.fixtures import SCHOOLS, domain

ADAMS, BROOKS, DISTRICT = "id:2", "id:3", "my_customer"
USERS = "/admin/directory/v1/users"
_OLD = "2024-08-20T14:03:10Z"


async def listed(
    connector: GoogleClassroomConnector, collection: Collection, after: Cursor | None = None
) -> list[Page[Record]]:
    return [page async for page in connector.pages(collection, after=after)]


def rows(pages: Sequence[Page[Record]]) -> dict[str, Record]:
    return {row.sourced_id: row for page in pages for row in page.rows}


def users(pages: Sequence[Page[Record]]) -> dict[str, User]:
    return {key: row for key, row in rows(pages).items() if isinstance(row, User)}


async def test_named_units_are_schools_and_others_are_looked_through() -> None:
    content = school_content()
    units = content.objects["/admin/directory/v1/customer/my_customer/orgunits"]
    deep = {"name": "Annex", "orgUnitPath": "/Schools/Adams/Students/Annex", "orgUnitId": "id:9"}
    content.objects["/admin/directory/v1/customer/my_customer/orgunits"] = {
        "organizationUnits": [*_list(units, "organizationUnits"), deep]
    }
    schools = ["/schools/*", "/Schools/Adams/Students/Annex", "/Nowhere"]
    async with domain(content, {"schools": schools}) as one:
        await one.connector.connect()

        [page] = await listed(one.connector, Collection.ORGS)

    assert page.rows == (
        Org(sourced_id=DISTRICT, name="Lakeside District", type="district"),
        Org(sourced_id=ADAMS, name="Adams", type="school", parent=DISTRICT),
        Org(sourced_id="id:9", name="Annex", type="school", parent=ADAMS),
        Org(sourced_id=BROOKS, name="Brooks", type="school", parent=DISTRICT),
    )
    assert page.complete
    assert [(found.rule, found.sourced_id) for found in page.findings] == [
        ("school-not-found", "/Nowhere")
    ]


def _list(item: object, key: str) -> list[object]:
    assert isinstance(item, dict)
    found = item[key]
    assert isinstance(found, list)
    return found


async def test_a_course_is_a_class_at_the_school_of_its_owner() -> None:
    content = school_content(courses=2)
    _, courses = content.lists["/v1/courses"]
    more = {"section": "Period 2", "room": "301", "subject": "Science"}
    courses += [course(150, **more), course(160, ownerId="9101", courseState="ARCHIVED")]
    courses += [course(170, courseState="PROVISIONED"), {"id": 7, "name": "Broken"}]
    content.page = 2
    async with domain(content, SCHOOLS) as one:
        await one.connector.connect()

        pages = await listed(one.connector, Collection.CLASSES)

    found = rows(pages)
    assert [found[text].status for text in ("101", "160", "170")] == [
        RecordStatus.ACTIVE,
        RecordStatus.TO_BE_DELETED,
        RecordStatus.TO_BE_DELETED,
    ]
    whole = found["150"]
    assert isinstance(whole, Class)
    assert (whole.class_code, whole.location, whole.subjects) == ("Period 2", "301", ("Science",))
    assert whole.course is None
    schools = {key: row.school for key, row in found.items() if isinstance(row, Class)}
    assert schools == {
        "101": BROOKS, "102": ADAMS, "150": DISTRICT, "160": BROOKS, "170": DISTRICT
    }  # fmt: skip
    assert [len(page.rejected) for page in pages] == [0, 0, 1]
    assert [page.complete for page in pages] == [False, False, False]
    assert pages[-1].reason == "a record without an id could not be read"
    asked = one.sandbox.asked("/v1/courses")
    assert all(text.count("courseStates=") == 5 for text in asked[1:])


async def test_a_page_is_one_class_with_students_and_teachers() -> None:
    content = school_content(courses=2, students=31)
    add_roster(content, "102", ["x1"], ["9102", "9101"])
    async with domain(content) as one:
        await one.connector.connect()

        pages = await listed(one.connector, Collection.ENROLLMENTS)

    assert [len(page.rows) for page in pages] == [32, 3]
    assert [page.complete for page in pages] == [False, True]
    assert pages[1].rows == (
        Enrollment(
            sourced_id="102:student:x1", user="x1", class_="102", school=DISTRICT, role="student"
        ),
        Enrollment(
            sourced_id="102:teacher:9102",
            user="9102",
            class_="102",
            school=DISTRICT,
            role="teacher",
            primary=True,
        ),
        Enrollment(
            sourced_id="102:teacher:9101",
            user="9101",
            class_="102",
            school=DISTRICT,
            role="teacher",
            primary=False,
        ),
    )


async def test_a_class_that_is_refused_is_skipped_and_all_others_are_read() -> None:
    content = school_content(courses=4)
    refusal = {"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "no"}}
    gone = {"error": {"code": 404, "message": "@CourseNotFound x", "status": "NOT_FOUND"}}
    content.answers["/v1/courses/102/students"] = (403, refusal)
    content.answers["/v1/courses/103/teachers"] = (404, gone)
    content.answers["/v1/courses/104/teachers"] = (200, b'{"teachers": "none"}')
    async with domain(content) as one:
        await one.connector.connect()

        pages = await listed(one.connector, Collection.ENROLLMENTS)
        people = users(await listed(one.connector, Collection.USERS))

    skipped = [found for page in pages for found in page.skipped]
    assert [found.owner for found in skipped] == [
        Owner(collection=Collection.CLASSES, sourced_id=text) for text in ("102", "103", "104")
    ]
    assert [found.reason for found in skipped[:2]] == [
        "the class Course 102 could not be read (HTTP 403): its members stay as they are",
        "the class Course 103 could not be read (HTTP 404, @CourseNotFound):"
        " its members stay as they are",
    ]
    assert {text.partition(":")[0] for text in rows(pages)} == {"101"}
    assert pages[-1].complete
    # Who owns a class teaches it, though its roster is not known.
    assert people["9102"].roles[0].role == "teacher"


async def test_what_concerns_the_account_ends_the_listing_and_skips_nothing() -> None:
    content = school_content(courses=3)
    disabled = {
        "error": {
            "code": 403,
            "message": "@ClassroomApiDisabled The account may not.",
            "status": "PERMISSION_DENIED",
        }
    }
    content.answers["/v1/courses/102/students"] = (403, disabled)
    async with domain(content) as one:
        await one.connector.connect()

        with pytest.raises(ProviderError) as caught:
            await listed(one.connector, Collection.ENROLLMENTS)

    assert caught.value.message == "admin@school.example.org may not use Classroom's API"
    assert caught.value.advice == "Apps, Google Workspace, Classroom, Data access"


async def test_people_are_what_they_teach_what_their_unit_says_or_students() -> None:
    content = school_content(courses=2, students=1)
    ids = [{"value": "L-7", "type": "organization"}, {"value": "n 8", "customType": "badge"}]
    _, people = content.lists[USERS]
    people += [
        person("h1", "/Schools/Adams/Staff/Office", suspended=True, externalIds=ids),
        person("h2", "/Schools/Adams/Staff/Office", archived=True),
        {"id": 5, "primaryEmail": "x"},
    ]
    add_roster(content, "101", ["1010", "guest"], ["9101", "h2"])
    more = {
        **SCHOOLS,
        "people": {"/Schools/*/Staff": "aide", "/Schools/Adams/Staff": "administrator"},
    }
    async with domain(content, more) as one:
        await one.connector.connect()
        await listed(one.connector, Collection.ENROLLMENTS)

        pages = await listed(one.connector, Collection.USERS)

    found = users(pages)
    roles = {key: [(role.role, role.org) for role in row.roles] for key, row in found.items()}
    assert roles == {
        "1010": [("student", BROOKS)],
        "9101": [("aide", BROOKS), ("teacher", BROOKS)],
        "1020": [("student", ADAMS)],
        "9102": [("administrator", ADAMS), ("teacher", ADAMS)],
        "h1": [("administrator", ADAMS)],
        "h2": [("administrator", ADAMS), ("teacher", ADAMS)],
        "guest": [("student", DISTRICT)],
    }
    assert (found["h1"].identifier, found["h1"].claims) == ("L-7", ("L-7", "n 8"))
    assert [row.sourced_id for row in found.values() if not row.enabled] == ["h1", "h2"]
    assert found["guest"].email == "uguest@school.example.org"
    assert [(mark.sourced_id, mark.rule) for page in pages for mark in page.findings] == [
        ("guest", "not-in-directory")
    ]
    assert [rejected.reason for page in pages for rejected in page.rejected] == [
        "Expected `str`, got `int` - at `$.id`"
    ]


async def test_rosters_are_read_for_users_only_where_they_were_not() -> None:
    async with domain(school_content(courses=2)) as one:
        await one.connector.connect()

        alone = await listed(one.connector, Collection.USERS)
        asked = len(one.sandbox.asked("/v1/courses/101/students"))
        again = await listed(one.connector, Collection.USERS)

    assert users(alone)["9101"].roles[0].role == "teacher"
    assert [page.rows for page in again] == [page.rows for page in alone]
    assert (asked, len(one.sandbox.asked("/v1/courses/101/students"))) == (1, 1)


async def test_a_course_that_ended_long_ago_costs_no_request() -> None:
    content = school_content(courses=1)
    _, courses = content.lists["/v1/courses"]
    courses += [
        course(200, courseState="ARCHIVED", updateTime=_OLD),
        course(201, courseState="ARCHIVED"),
    ]
    add_roster(content, "201", ["1010"], [])
    async with domain(content) as one:
        await one.connector.connect()

        pages = await listed(one.connector, Collection.ENROLLMENTS)

    assert one.sandbox.asked("/v1/courses/200/students") == []
    assert rows(pages)["201:student:1010"].status is RecordStatus.TO_BE_DELETED
    assert pages[-1].complete


async def test_aliases_of_the_domain_are_claims_where_they_are_asked_for() -> None:
    content = school_content(courses=3)
    names: list[Item] = [
        {"alias": "d:SEC 12/3 é"},
        {"alias": "p:internal-9"},
        {"alias": "d:\n"},
        {},
    ]
    content.lists["/v1/courses/101/aliases"] = ("aliases", names)
    content.lists["/v1/courses/102/aliases"] = ("aliases", [])
    async with domain(content, {"aliases": True}) as one:
        await one.connector.connect()

        pages = await listed(one.connector, Collection.CLASSES)
        found = await one.connector.find(Collection.CLASSES, "101")
        with pytest.raises(ProviderError):
            await one.connector.find(Collection.CLASSES, "103")

    assert {key: row.claims for key, row in rows(pages).items()} == {
        "101": ("SEC 12/3 é",),
        "102": (),
    }
    assert [part.owner for page in pages for part in page.skipped] == [
        Owner(collection=Collection.CLASSES, sourced_id="103")
    ]
    assert "(its aliases: HTTP 404): its members" in pages[-1].skipped[0].reason
    assert pages[-1].complete
    assert found == rows(pages)["101"]


@pytest.mark.parametrize(
    ("owner", "collection", "wanted"),
    [
        ((Collection.ORGS, ADAMS), Collection.CLASSES, {"102", "104"}),
        ((Collection.ORGS, ADAMS), Collection.ENROLLMENTS, {"102", "104"}),
        ((Collection.ORGS, ADAMS), Collection.COURSES, set[str]()),
        ((Collection.CLASSES, "103"), Collection.ENROLLMENTS, {"103"}),
        ((Collection.CLASSES, "999"), Collection.ENROLLMENTS, set[str]()),
        ((Collection.USERS, "9104"), Collection.ENROLLMENTS, {"104"}),
        ((Collection.USERS, "1031"), Collection.ENROLLMENTS, {"103"}),
        ((Collection.USERS, "nobody"), Collection.ENROLLMENTS, set[str]()),
    ],
)
async def test_a_part_is_what_the_whole_has_of_it(
    owner: tuple[Collection, str], collection: Collection, wanted: set[str]
) -> None:
    of = Owner(collection=owner[0], sourced_id=owner[1])
    async with domain(school_content(courses=4), SCHOOLS) as one:
        await one.connector.connect()
        whole = rows(await listed(one.connector, collection))

        pages = [page async for page in one.connector.subset(collection, of=of)]

    part = rows(pages)
    assert {text.partition(":")[0] for text in part} == wanted
    assert all(whole[key] == row for key, row in part.items())
    assert pages[-1].complete


async def test_the_people_of_a_school_are_those_that_are_there() -> None:
    of = Owner(collection=Collection.ORGS, sourced_id=BROOKS)
    async with domain(school_content(courses=2, students=2), SCHOOLS) as one:
        await one.connector.connect()

        pages = [page async for page in one.connector.subset(Collection.USERS, of=of)]
        nothing = one.connector.subset(
            Collection.CLASSES, of=Owner(collection=Collection.USERS, sourced_id="x")
        )
        with pytest.raises(IncompatibleError):
            await anext(nothing)

    assert set(rows(pages)) == {"1010", "1011", "9101"}


async def test_what_is_asked_for_by_id_is_what_is_listed() -> None:
    content = school_content(courses=2, students=1)
    add_roster(content, "102", ["guest"], ["9102"])
    _, profiles = content.lists.setdefault("/v1/userProfiles", ("x", []))
    profiles.append({**member("guest"), "id": "guest", "name": {"familyName": "guest"}})
    async with domain(content, SCHOOLS) as one:
        await one.connector.connect()
        whole = {
            collection: rows(await listed(one.connector, collection))
            for collection in (Collection.ENROLLMENTS, Collection.USERS)
        }
        fresh = one.another()
        await fresh.connect()

        for collection, found in whole.items():
            for key, row in found.items():
                if key != "guest":
                    assert await fresh.find(collection, key) == row
        guest = await fresh.find(Collection.USERS, "guest")
        nobody = [
            await fresh.find(Collection.ENROLLMENTS, text)
            for text in ("101:student:nobody", "999:student:1010", "101", "..")
        ]
        asked = one.sandbox.asked(USERS)
        await fresh.disconnect()

    assert isinstance(guest, User)
    assert guest.family_name == "guest"
    assert nobody == [None] * 4
    assert len(asked) == 2  # of the two listings: nobody reads all for one


async def test_members_twice_or_without_an_id_are_told() -> None:
    content = Content()
    content.lists["/v1/courses"] = ("courses", [course(101)])
    add_roster(content, "101", ["a", "a", "b"], [])
    content.lists["/v1/courses/101/students"][1].append({"profile": {"name": {}}})
    async with domain(content) as one:
        await one.connector.connect()

        [page] = await listed(one.connector, Collection.ENROLLMENTS)

    assert set(rows([page])) == {"101:student:a", "101:student:b"}
    assert [found.sourced_id for found in page.duplicates] == ["101:student:a"]
    assert [found.reason for found in page.rejected] == ["it has no id"]
    assert [found.owner.sourced_id for found in page.skipped] == ["101"]
    assert page.complete  # of everybody else
