"""Everything that is read: equal to the district's own list, and what Canvas adds to it."""

import asyncio
from collections import Counter
from importlib import import_module
from typing import Any

import pytest

from integration_tui.domain.roster import Class, Collection
from integration_tui.sandbox.canvas import numbers
from integration_tui.sandbox.canvas.system import OF_A_SCHOOL, SELF_HOSTED, WITHOUT_SIS
from integration_tui.sandbox.district_differences import Differences
from integration_tui.sandbox.served_system import SECRET
from tests.sandbox.canvas.fixtures import Campus, campus, links

# It has no types: another client's view of what is served, and nothing of ours.
canvasapi: Any = import_module("canvasapi")
ROLES = {"StudentEnrollment": "student", "TeacherEnrollment": "teacher", "TaEnrollment": "aide"}


def seats_of(rows: list[Any]) -> set[tuple[str, str, str]]:
    return {
        (row["sis_user_id"], row["sis_section_id"], ROLES[row["type"]])
        for row in rows
        if row["enrollment_state"] == "active" and row["type"] in ROLES
    }


async def rosters(one: Campus, *, state: str = "active") -> list[Any]:
    courses = await one.listed("/accounts/1/courses?per_page=100")
    pages = await asyncio.gather(
        *(
            one.listed(f"/courses/{course['id']}/enrollments?per_page=100&state[]={state}")
            for course in courses
        )
    )
    return [row for page in pages for row in page]


async def test_without_extras_everything_is_the_districts_own_list() -> None:
    async with campus(extras=False) as one:
        users = await one.listed("/accounts/1/users?sort=id&include[]=email&per_page=100")
        accounts = await one.listed("/accounts/1/sub_accounts?recursive=true")
        terms = (await one.read("/accounts/1/terms?per_page=100"))["enrollment_terms"]
        courses = await one.listed("/accounts/1/courses?state[]=available&per_page=100")
        sections = [
            section
            for course in courses
            for section in await one.listed(f"/courses/{course['id']}/sections")
        ]
        enrollments = await rosters(one)
        people, seats = one.people(), one.seats()
        classes = {
            found.sourced_id: found.title
            for found in one.district.records(Collection.CLASSES)
            if isinstance(found, Class)
        }

    assert [(row["sis_user_id"], row["email"], row["login_id"]) for row in users] == [
        (user.sourced_id, user.email, user.username) for user in people.values()
    ]
    assert [row["sis_account_id"] for row in accounts] == ["org-0000002"]
    assert [row["sis_term_id"] for row in terms] == [
        None, *(found.sourced_id for found in one.district.records(Collection.ACADEMIC_SESSIONS))
    ]  # fmt: skip
    assert {row["sis_section_id"]: row["name"] for row in sections} == classes
    assert seats_of(enrollments) == seats
    assert len(enrollments) == len(seats) == one.district.count(Collection.ENROLLMENTS)


async def test_extras_are_added_and_nothing_of_the_district_is_changed() -> None:
    async with campus() as one:
        users = await one.listed("/accounts/1/users?sort=id&per_page=100")
        enrollments = await rosters(one)
        people, seats = one.people(), one.seats()

    assert people.keys() < {row["sis_user_id"] for row in users} | {None}
    assert seats < seats_of(enrollments)
    added = seats_of(enrollments) - seats
    assert {role for _, _, role in added} == {"aide"}
    assert {row["role"] for row in enrollments if row["type"] == "TaEnrollment"} == {
        "Reading coach"
    }


def canvas_of(address: str, token: str = SECRET) -> Any:
    # It complains of every address without TLS.
    with pytest.warns(UserWarning, match="HTTPS"):
        return canvasapi.Canvas(address, token)


def read_by_canvasapi(address: str) -> tuple[list[Any], list[Any], list[Any]]:
    account = canvas_of(address).get_account(1)
    users = list(account.get_users(sort="id", include=["email"], per_page=100))
    sections, enrollments = [], []
    for course in account.get_courses(state=["available", "claimed"], per_page=50):
        sections += list(course.get_sections(per_page=50))
        enrollments += list(course.get_enrollments(state=["active"], per_page=50))
    return users, sections, enrollments


def no_date(*_args: object) -> None:
    raise canvasapi.canvas_object.arrow.parser.ParserError("dates are not compared")


async def test_an_independent_client_reads_the_same_district(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # It tries fourteen formats of dates on every text: nine tenths of its time.
    monkeypatch.setattr("canvasapi.canvas_object.arrow.get", no_date)
    async with campus(SELF_HOSTED) as one:
        users, sections, enrollments = await asyncio.to_thread(read_by_canvasapi, one.address)
        people, seats = one.people(), one.seats()

    with_sis = [user for user in users if user.sis_user_id is not None]
    assert [(user.sis_user_id, user.email) for user in with_sis] == [
        (user.sourced_id, user.email) for user in people.values()
    ]
    assert len({user.id for user in users}) == len(users)
    assert {section.sis_section_id for section in sections} == {class_ for _, class_, _ in seats}
    assert seats < seats_of([vars(row) for row in enrollments])


async def test_an_independent_client_sees_the_rights_and_the_throttle() -> None:
    async with campus() as one:
        school = canvas_of(one.address, OF_A_SCHOOL)
        with pytest.raises(canvasapi.exceptions.Unauthorized):
            await asyncio.to_thread(school.get_account, 1)
        one.system.buckets.of(SECRET).add(700)
        with pytest.raises(canvasapi.exceptions.RateLimitExceeded):
            await asyncio.to_thread(canvas_of(one.address).get_current_user)


async def test_ids_are_beyond_what_a_float_holds_and_texts_where_that_is_asked_for() -> None:
    async with campus() as one:
        numbers_ = await one.listed("/accounts/1/users?sort=id&per_page=100")
        wanted = "application/json+canvas-string-ids, application/json"
        texts = await one.listed(
            "/accounts/1/users?sort=id&per_page=100", headers={"Accept": wanted}
        )
        row = (await one.listed("/courses/11000/enrollments", headers={"Accept": wanted}))[0]

    ids = [row["id"] for row in numbers_]
    assert [row["id"] for row in texts] == [str(number) for number in ids]
    assert any(int(float(number)) != number for number in ids)
    assert all(isinstance(row[name], str) for name in ("id", "user_id", "course_section_id"))
    assert isinstance(row["user"]["id"], str)


@pytest.mark.parametrize(
    "path",
    [
        "/users/sis_user_id:usr-0000007",
        "/users/2107~7",
        "/users/21070000000000007",
        "/users/sis_login_id:{login}",
        "/users/self?as_user_id=sis_user_id:usr-0000007",
    ],
)
async def test_a_user_has_many_addresses(path: str) -> None:
    async with campus() as one:
        login = one.people()["usr-0000007"].username or ""
        row = await one.read(path.format(login=login))

    assert row["id"] == 21070000000000007


async def test_digits_are_never_a_sis_id_and_a_slash_in_one_stays_a_slash() -> None:
    async with campus() as one:
        found = await one.read("/courses/sis_course_id:crs-0000001%2Forg-0000002")
        plain = await one.ask("/courses/sis_course_id:crs-0000001/org-0000002")
        digits = await one.ask("/users/7")
        listed = await one.ask(
            "/courses/sis_course_id:crs-0000001%2Forg-0000002/enrollments?per_page=1"
        )
        followed = await one.ask(links(listed)["next"])

    assert found["sis_course_id"] == "crs-0000001/org-0000002"
    assert "%2Forg" in links(listed)["next"]
    assert [plain.status, digits.status, followed.status] == [404, 404, 200]


async def test_every_state_and_type_is_there_and_comes_when_it_is_asked_for() -> None:
    states = ("active", "invited", "creation_pending", "rejected", "completed", "inactive",
              "deleted")  # fmt: skip
    query = "&".join(f"state[]={state}" for state in states)
    async with campus() as one:
        courses = await one.listed("/accounts/1/courses?per_page=100")
        everything: list[Any] = []
        by_default: list[Any] = []
        for course in courses:
            base = f"/courses/{course['id']}/enrollments?per_page=100"
            everything += await one.listed(f"{base}&{query}")
            by_default += await one.listed(base)
        students = await one.listed(
            f"/courses/{courses[0]['id']}/enrollments?type[]=StudentEnrollment&per_page=100"
        )

    assert {row["enrollment_state"] for row in everything} == set(states)
    assert {row["type"] for row in everything} == {
        "StudentEnrollment", "TeacherEnrollment", "TaEnrollment", "DesignerEnrollment",
        "ObserverEnrollment", "StudentViewEnrollment",
    }  # fmt: skip
    assert {row["enrollment_state"] for row in by_default} == {"active", "invited", "inactive"}
    assert {row["type"] for row in students} == {"StudentEnrollment"}
    observing = [row for row in everything if row["type"] == "ObserverEnrollment"]
    assert {row["associated_user_id"] is None for row in observing} == {True, False}
    assert max(Counter(row["id"] for row in everything).values()) == 1


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/courses/11000/enrollments?state[0]=active", 500, b"error_report_id"),
        ("/courses/11000/enrollments?state[]=bogus", 400, b'{"error":"invalid enrollment state"}'),
        ("/accounts/1/courses?state[]=bogus", 400, b'{"error":'),
        ("/accounts/1/users?search_term=an", 400, b'"error_code"'),
        ("/accounts/1/users?sort=id&page=bookmark:nonsense", 400, b'{"message":'),
        ("/courses/1", 404, b'{"errors":[{"message":"The specified resource does not exist."}]}'),
        ("/nothing/at/all", 404, b"does not exist"),
    ],
)
async def test_what_cannot_be_answered_is_refused_in_its_shape(
    path: str, status: int, body: bytes
) -> None:
    async with campus() as one:
        answer = await one.ask(path)

    assert answer.status == status
    assert body in answer.body


async def test_nothing_that_is_asked_makes_it_stumble() -> None:
    odd = ("9" * 5000, "٣", "1~", "~", "sis_user_id:", "sis_user_id:%00", "%2F%2F", "a:b:c", "-1")
    resources = ("users/{}", "accounts/{}/users", "accounts/{}/terms", "courses/{}/enrollments",
                 "sections/{}", "accounts/1/enrollments/{}", "accounts/1/sis_imports/{}",
                 "accounts/1/reports/provisioning_csv/{}", "users/self?as_user_id={}",
                 "accounts/1/users?page={}", "accounts/1/users?sort=id&page=bookmark:{}",
                 "accounts/1/users?per_page={}&sort=id")  # fmt: skip
    async with campus() as one:
        answers = [
            (pattern, text[:9], (await one.ask(f"/{pattern.format(text)}")).status)
            for pattern in resources
            for text in odd
        ]

    assert [answer for answer in answers if answer[2] not in {200, 400, 401, 404}] == []


async def test_courses_of_a_state_come_when_it_is_asked_for() -> None:
    async with campus() as one:
        usual = await one.listed("/accounts/1/courses?per_page=100")
        all_ = await one.listed("/accounts/1/courses?state[]=all&per_page=100")
        over = await one.listed("/accounts/1/courses?state[]=completed&include[]=term")
        deleted = next(row["id"] for row in all_ if row["workflow_state"] == "deleted")
        gone = await one.ask(f"/courses/{deleted}")

    assert {row["workflow_state"] for row in usual} == {"available", "unpublished", "completed"}
    assert {row["workflow_state"] for row in all_} == {
        "available", "unpublished", "completed", "deleted"
    }  # fmt: skip
    assert [row["term"]["name"] for row in over] == ["Default Term"]
    assert gone.status == 404


async def test_a_cross_listed_section_keeps_its_id_and_changes_its_course() -> None:
    async with campus() as one:
        courses = await one.listed("/accounts/1/courses?per_page=100")
        sections = [
            section
            for course in courses
            for section in await one.listed(f"/courses/{course['id']}/sections")
        ]
        moved = [row for row in sections if row["nonxlist_course_id"] is not None]
        roster = await one.listed(f"/courses/{moved[0]['course_id']}/enrollments?per_page=100")

    assert moved
    assert all(row["course_id"] != row["nonxlist_course_id"] for row in moved)
    assert moved[0]["id"] in {row["course_section_id"] for row in roster}
    assert {row["course_id"] for row in roster} == {moved[0]["course_id"]}


async def test_a_person_may_have_two_logins_or_one_that_is_deleted() -> None:
    async with campus() as one:
        logins = await one.listed("/accounts/1/logins?per_page=100")
        per_user = Counter(row["user_id"] for row in logins)
        twice = [number for number, count in per_user.items() if count == 2]
        own = await one.listed(f"/users/{twice[0]}/logins")
        by_second = await one.read(f"/users/sis_user_id:{own[1]['sis_user_id']}")

    assert {row["workflow_state"] for row in logins if row["user_id"] in twice} == {
        "active", "deleted"
    }  # fmt: skip
    assert own[1]["sis_user_id"] == f"{own[0]['sis_user_id']}-OLD"
    assert by_second["id"] == twice[0]


async def test_who_teaches_can_be_asked_for() -> None:
    async with campus() as one:
        teachers = await one.listed(
            "/accounts/1/users?enrollment_type=teacher&sort=id&per_page=100"
        )
        expected = {user for user, _, role in one.seats() if role == "teacher"}

    assert {row["sis_user_id"] for row in teachers} == expected


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_other_orders_have_numbered_pages_and_a_last_one(order: str) -> None:
    async with campus() as one:
        first = await one.ask(f"/accounts/1/users?sort=username&order={order}&per_page=50")
        rows = await one.listed(f"/accounts/1/users?sort=username&order={order}&per_page=50")
        by_id = await one.listed("/accounts/1/users?sort=id&per_page=100")

    assert {"current", "next", "first", "last"} <= links(first).keys()
    names = [row["sortable_name"].casefold() for row in rows]
    assert names == sorted(names, reverse=order == "desc")
    assert sorted(row["id"] for row in rows) == [row["id"] for row in by_id]


async def test_differences_reach_its_rows() -> None:
    differences = Differences(without_address=0.05, renamed=0.05, added=0.01)
    async with campus(extras=False, differences=differences) as one:
        report: Any = one.system.actions["GET", "differences"](b"")
        users = await one.listed("/accounts/1/users?sort=id&include[]=email&per_page=100")
        enrollments = await rosters(one)
        people, seats = one.people(), one.seats()

    assert report["without_address"]
    nameless = {row["sis_user_id"] for row in users if row["email"] is None}
    renamed = {
        row["sis_user_id"]
        for row in users
        if people[row["sis_user_id"]].family_name not in row["sortable_name"]
    }
    assert nameless == set(report["without_address"])
    assert renamed == set(report["renamed"])
    assert len(seats_of(enrollments) - seats) == len(report["added"])


async def test_changes_that_are_brought_forward_are_read() -> None:
    async with campus(extras=False) as one:
        before = await one.listed("/accounts/1/users?sort=id&per_page=100")
        one.control("POST", "advance", {"changes": 60})
        after = await one.listed("/accounts/1/users?sort=id&per_page=100")

    assert before != after


async def test_sis_ids_are_hidden_from_a_token_without_the_right() -> None:
    async with campus() as one:
        users = await one.listed("/accounts/1/users?sort=id&per_page=100", token=WITHOUT_SIS)
        account = await one.read("/accounts/1", token=WITHOUT_SIS)
        seats = await one.listed("/courses/11000/enrollments", token=WITHOUT_SIS)
        addressed = await one.ask("/users/sis_user_id:usr-0000007", token=WITHOUT_SIS)

    for row in (*users, account, *seats, seats[0]["user"]):
        assert not any(name.startswith("sis_") or name == "integration_id" for name in row)
    assert addressed.status == 404


def test_numbers_of_tables_do_not_meet() -> None:
    assert numbers.number_of(Collection.CLASSES, 49_999) < numbers.EXTRA_SECTIONS
    assert numbers.number_of(Collection.ENROLLMENTS, 10**8) < numbers.EXTRA_ENROLLMENTS
    assert numbers.section_of_extra(numbers.extra_enrollment(100_001, 15)) == 100_001
