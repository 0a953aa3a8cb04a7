"""What Canvas lists, course by course: refusals, links that lead away, places to go on at."""

from collections.abc import Callable, Sequence

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from integration_tui.domain.errors import (
    ForbiddenError,
    IncompatibleError,
    ProviderError,
    RetryableError,
)
from integration_tui.domain.paging import Cursor
from integration_tui.domain.roster import (
    Class,
    Collection,
    Course,
    Enrollment,
    Org,
    Owner,
    User,
)
from integration_tui.providers.canvas import SPEC
from tests.providers.canvas.fixtures import School, school
from tests.providers.canvas.reading import listed, sweep
from tests.providers.canvas.small_canvas import account, course, enrollment, section, user

LISTING = {"way": "listing"}


def forbidden() -> Response:
    """Refuse as Canvas refuses what a token may not see."""
    body = {"status": "unauthorized", "errors": [{"message": "user not authorized"}]}
    return JSONResponse(body, status_code=401)


def deleted() -> Response:
    body = {"errors": [{"message": "The specified resource does not exist."}]}
    return JSONResponse(body, status_code=404)


def two_schools(one: School) -> None:
    """Fill a Canvas with three courses of two schools, four classes and their people."""
    held = one.sandbox.tables
    held.below = [account(5, "Lincoln High", 1), account(6, "Roosevelt", 5)]
    held.courses = [course(9), course(10, account_id=6, name="Civics"), course(11)]
    held.sections = [section(91), section(92), section(93, 10), section(94, 11)]
    teacher = {"type": "TeacherEnrollment", "role": "TeacherEnrollment"}
    held.enrollments = [
        *(enrollment(800 + number, 80 + number, 91 + number % 2) for number in range(12)),
        enrollment(821, 90, 93, course_id=10),
        enrollment(822, 80, 93, course_id=10, **teacher),
        enrollment(823, 81, 94, course_id=11, **teacher),
    ]
    held.admins = {
        1: [{"id": 1, "role": "AccountAdmin", "user": {"id": 82}, "workflow_state": "active"}],
        6: [{"id": 2, "role": "Principal", "user": {"id": 83}, "workflow_state": "active"}],
    }


async def test_accounts_are_orgs_and_sections_are_classes() -> None:
    async with school(sync=LISTING) as one:
        two_schools(one)
        await one.connector.connect()

        found = await sweep(one.connector)

    orgs = found[Collection.ORGS].by_id(Org)
    assert {key: (org.type, org.parent) for key, org in orgs.items()} == {
        "1": ("district", None),
        "5": ("school", "1"),
        "6": ("school", "5"),
    }
    assert orgs["5"].claims == ("ACC5",)
    classes = found[Collection.CLASSES].by_id(Class)
    assert {key: (one.course, one.school, one.terms) for key, one in classes.items()} == {
        "91": ("9", "5", ("2",)),
        "92": ("9", "5", ("2",)),
        "93": ("10", "6", ("2",)),
        "94": ("11", "5", ("2",)),
    }
    assert classes["93"].title == "Civics - Period 93"
    assert classes["91"].claims == ("SEC91",)
    assert all(one.complete for one in found.values())


async def test_a_page_is_one_class_and_people_are_what_their_enrollments_say() -> None:
    async with school(sync=LISTING) as one:
        two_schools(one)
        await one.connector.connect()

        found = await sweep(one.connector)

    seats = [
        {row.class_ for row in page.rows if isinstance(row, Enrollment)}
        for page in found[Collection.ENROLLMENTS].pages
    ]
    assert seats == [{"91"}, {"92"}, {"93"}, {"94"}]
    users = found[Collection.USERS].by_id(User)
    roles = {key: [(role.role, role.org) for role in user.roles] for key, user in users.items()}
    assert roles["80"] == [("teacher", "6"), ("student", "5")]
    assert roles["82"] == [("districtAdministrator", "1"), ("student", "5")]
    assert roles["83"] == [("siteAdministrator", "6"), ("student", "5")]
    assert roles["104"] == []
    assert (users["104"].primary_org, users["80"].primary_org) == ("1", "6")


async def test_whoever_lists_only_users_learns_the_same_of_them() -> None:
    async with school(sync=LISTING) as one:
        two_schools(one)
        await one.connector.connect()
        at_once = await listed(one.connector, Collection.USERS)

        after_the_others = (await sweep(one.connector))[Collection.USERS]

    assert at_once.rows == after_the_others.rows


def failing() -> Response:
    return PlainTextResponse("something broke", status_code=500)


def unavailable() -> Response:
    return Response(status_code=503)


def damaged() -> Response:
    return Response(b'[{"id": 1}, {"id"', media_type="application/json")


@pytest.mark.parametrize("refusal", [forbidden, deleted, failing, damaged])
async def test_a_refused_course_is_skipped_and_the_walk_goes_on(
    refusal: Callable[[], Response],
) -> None:
    async with school(sync=LISTING) as one:
        two_schools(one)
        one.sandbox.refused["courses/9/enrollments"] = refusal
        one.sandbox.refused["courses/10/sections"] = refusal
        await one.connector.connect()

        found = await sweep(one.connector)

    enrollments = found[Collection.ENROLLMENTS]
    assert {row.class_ for row in enrollments.by_id(Enrollment).values()} == {"93", "94"}
    assert [one.owner for one in enrollments.skipped] == [
        Owner(collection=Collection.CLASSES, sourced_id="91"),
        Owner(collection=Collection.CLASSES, sourced_id="92"),
    ]
    assert enrollments.skipped[0].reason.startswith("the class History could not be read (")
    assert enrollments.skipped[0].reason.endswith("): its members stay as they are")
    assert enrollments.complete
    (skipped,) = found[Collection.CLASSES].skipped
    assert skipped.owner == Owner(collection=Collection.COURSES, sourced_id="10")
    assert found[Collection.CLASSES].ids == ["91", "92", "94"]


async def test_an_outage_is_no_skipped_course() -> None:
    async with school(sync=LISTING) as one:
        await one.connector.connect()
        for answer, is_down in ((unavailable, False), (failing, True)):
            one.sandbox.refused["courses/9/enrollments"] = answer
            one.sandbox.is_down = is_down

            with pytest.raises(RetryableError):
                await listed(one.connector, Collection.ENROLLMENTS)


async def test_an_answer_that_is_cut_off_is_asked_for_once_more() -> None:
    answers = [damaged(), JSONResponse([enrollment(801, 80)])]
    async with school(sync=LISTING) as one:
        one.sandbox.refused["courses/9/enrollments"] = lambda: answers.pop(0)
        await one.connector.connect()

        found = await listed(one.connector, Collection.ENROLLMENTS)

    assert found.ids == ["801"]
    assert found.skipped == []


async def test_nobody_loses_a_role_with_a_course_that_is_refused() -> None:
    async with school(sync=LISTING) as one:
        two_schools(one)
        await one.connector.connect()
        before = (await sweep(one.connector))[Collection.USERS].by_id(User)
        for number in (9, 10, 11):
            one.sandbox.refused = {f"courses/{number}/enrollments": forbidden}

            after = (await sweep(one.connector))[Collection.USERS].by_id(User)

            lost = {
                key: {role.role for role in user.roles} - {role.role for role in after[key].roles}
                for key, user in before.items()
            }
            assert {key: roles for key, roles in lost.items() if roles} == {}


async def test_the_course_stands_for_its_classes_where_these_are_refused_as_well() -> None:
    async with school(sync=LISTING) as one:
        two_schools(one)
        for path in ("courses/9/enrollments", "courses/9/sections"):
            one.sandbox.refused[path] = forbidden
        await one.connector.connect()

        enrollments = await listed(one.connector, Collection.ENROLLMENTS)

    (skipped,) = enrollments.skipped
    assert skipped.owner == Owner(collection=Collection.COURSES, sourced_id="9")


async def test_a_link_to_another_host_ends_the_listing_and_gets_no_token() -> None:
    def elsewhere(_request: Request, _number: int) -> str:
        return '<https://canvas.elsewhere.example/api/v1/accounts/1/users?page=2>; rel="next"'

    async with school(sync=LISTING) as one:
        one.sandbox.links = elsewhere
        await one.connector.connect()

        users = await listed(one.connector, Collection.USERS)

    assert len(users.ids) == one.sandbox.page_size
    assert not users.complete
    assert "the next page is at https://canvas.elsewhere.example, which is not " in users.reason
    assert users.reason.endswith(
        ": the listing is not complete; set base_url to the address that Canvas calls itself"
    )


async def test_a_link_that_was_asked_before_ends_the_listing() -> None:
    def here(request: Request, _number: int) -> str:
        return f'<{request.url}>; rel="next"'

    async with school(sync=LISTING) as one:
        one.sandbox.links = here
        await one.connector.connect()

        users = await listed(one.connector, Collection.USERS)

    assert not users.complete
    assert "read before" in users.reason


async def test_the_token_of_a_sub_account_says_nothing_of_others() -> None:
    async with school(sync=LISTING) as one:
        two_schools(one)
        one.sandbox.tables.accounts = [account(5, "Lincoln High", 1)]
        one.sandbox.tables.below = [account(6, "Roosevelt", 5)]
        await one.connector.connect()

        found = await sweep(one.connector)

    sentence = "the token sees the account Lincoln High only: nobody elsewhere is judged"
    assert found[Collection.ORGS].reason == sentence
    assert found[Collection.USERS].reason == sentence
    incomplete = {collection for collection, one in found.items() if not one.complete}
    assert incomplete == {Collection.ORGS, Collection.USERS}
    assert found[Collection.ORGS].by_id(Org)["5"].parent is None


async def test_a_token_that_sees_no_account_is_told_so() -> None:
    async with school(sync=LISTING) as one:
        one.sandbox.tables.accounts = []
        await one.connector.connect()

        with pytest.raises(ForbiddenError) as caught:
            await listed(one.connector, Collection.ORGS)

    assert str(caught.value) == (
        "the token of canvas sees no account of Canvas;"
        " use the token of an administrator of the account"
    )


async def test_the_account_of_the_configuration_is_read() -> None:
    async with school(sync=LISTING, account="5") as one:
        two_schools(one)
        await one.connector.connect()

        courses = await listed(one.connector, Collection.COURSES)

    assert courses.ids == ["9", "11"]


async def test_whom_to_act_as_goes_along_once() -> None:
    async with school(sync=LISTING, as_user_id="sis_user_id:CS/101.11é") as one:
        await one.connector.connect()

        users = await listed(one.connector, Collection.USERS)

    assert len(users.ids) == len(one.sandbox.tables.users)
    asked = [target for target in one.sandbox.asked if "/users?" in target]
    assert len(asked) > 1
    assert {target.count("as_user_id=sis_user_id%3ACS%2F101%2E11%C3%A9") for target in asked} == {1}


async def test_terms_that_are_not_shown_leave_classes_without_terms_and_not_with_none() -> None:
    async with school(sync=LISTING) as one:
        one.sandbox.refused["accounts/1/terms"] = forbidden
        await one.connector.connect()

        sessions = await listed(one.connector, Collection.ACADEMIC_SESSIONS)
        classes = await listed(one.connector, Collection.CLASSES)

    assert not sessions.complete
    assert sessions.reason.startswith("terms are not shown to this token")
    assert classes.pages[0].fields is not None
    assert "terms" not in classes.pages[0].fields


async def test_a_class_that_is_as_it_was_is_known_by_its_page() -> None:
    async with school(sync=LISTING) as one:
        two_schools(one)
        await one.connector.connect()
        first = await listed(one.connector, Collection.ENROLLMENTS)
        known = {
            page.digest: [row.sourced_id for row in page.rows] for page in first.pages if page.rows
        }

        def recall(_collection: Collection, digest: bytes) -> Sequence[str] | None:
            return known.get(digest)

        one.connector.recall(recall)
        one.sandbox.tables.enrollments[0]["enrollment_state"] = "completed"

        second = await listed(one.connector, Collection.ENROLLMENTS)

    assert [bool(page.same) for page in second.pages] == [False, True, True, True]
    assert {row.class_ for row in second.by_id(Enrollment).values()} == {"91"}


async def test_a_renamed_course_makes_other_pages_of_its_classes() -> None:
    async with school(sync=LISTING) as one:
        two_schools(one)
        await one.connector.connect()
        before = (await listed(one.connector, Collection.CLASSES)).pages[0].digest
        one.sandbox.tables.courses[0]["name"] = "Modern History"

        after = (await listed(one.connector, Collection.CLASSES)).pages[0].digest

    assert before != after


@pytest.mark.parametrize(
    "collection", [Collection.COURSES, Collection.CLASSES, Collection.ENROLLMENTS]
)
@pytest.mark.parametrize("is_other_process", [False, True])
async def test_a_listing_goes_on_from_every_cursor(
    collection: Collection, *, is_other_process: bool
) -> None:
    async with school(sync=LISTING) as one:
        two_schools(one)
        one.sandbox.page_size = 2
        await one.connector.connect()
        whole = await listed(one.connector, collection)

        for number, page in enumerate(whole.pages[:-1], start=1):
            connector = one.connector
            if is_other_process:
                connector = one.another()
                await connector.connect()
            rest = [left async for left in connector.pages(collection, after=page.next)]
            left = [row for later in whole.pages[number:] for row in later.rows]
            assert [row for later in rest for row in later.rows] == left
            assert rest[-1].complete
            if is_other_process:
                await connector.disconnect()


async def test_users_have_the_same_roles_where_another_process_goes_on() -> None:
    async with school(sync=LISTING) as one:
        two_schools(one)
        await one.connector.connect()
        whole = (await sweep(one.connector))[Collection.USERS]
        other = one.another()
        await other.connect()

        rest = [page async for page in other.pages(Collection.USERS, after=whole.pages[0].next)]

        await other.disconnect()

    assert [row for page in rest for row in page.rows] == [
        row for page in whole.pages[1:] for row in page.rows
    ]


@pytest.mark.parametrize("refused", ["", "courses/9/enrollments"])
async def test_what_was_learned_is_not_asked_for_by_another_process_that_hears_it(
    refused: str,
) -> None:
    async with school(sync=LISTING) as one:
        two_schools(one)
        one.sandbox.page_size = 2
        one.sandbox.refused = {refused: forbidden} if refused else {}
        await one.connector.connect()
        pages = (await listed(one.connector, Collection.ENROLLMENTS)).pages
        whole = await listed(one.connector, Collection.USERS)

        for number, page in enumerate(pages, start=1):
            other = one.another()
            await other.connect()
            lessons = [before.lesson or "" for before in pages[:number]]
            other.relearn(Collection.ENROLLMENTS, lessons, after=page.next)
            one.sandbox.asked.clear()
            if page.next is not None:
                rest = [left async for left in other.pages(Collection.ENROLLMENTS, after=page.next)]
                assert [left.lesson for left in rest] == [left.lesson for left in pages[number:]]
            users = await listed(other, Collection.USERS)
            await other.disconnect()

            assert users.pages == whole.pages
            asked = [target for target in one.sandbox.asked if "/enrollments" in target]
            assert bool(asked) == (page.next is not None)
            assert len(asked) == len({*asked})


async def test_lessons_that_cannot_be_read_are_learned_anew() -> None:
    async with school(sync=LISTING) as one:
        two_schools(one)
        await one.connector.connect()
        whole = (await sweep(one.connector))[Collection.USERS]
        other = one.another()
        await other.connect()
        other.relearn(Collection.ENROLLMENTS, ["[[", "[]"], after=None)

        users = await listed(other, Collection.USERS)

        await other.disconnect()
    assert users.pages == whole.pages


@pytest.mark.parametrize(
    "cursor",
    [
        '["users","https://elsewhere.example/api/v1/users"]',
        '["users",""]',
        '["orgs","","","","",[],"77",0]',
        "[]",
        "\ud800",
    ],
)
async def test_a_cursor_that_is_not_ours_is_refused(cursor: str) -> None:
    async with school(sync=LISTING) as one:
        await one.connector.connect()

        with pytest.raises(IncompatibleError):
            [page async for page in one.connector.pages(Collection.USERS, after=Cursor(cursor))]


async def test_courses_without_anybody_are_no_silence() -> None:
    async with school(sync=LISTING) as one:
        one.sandbox.tables.courses = [course(number) for number in range(9, 20)]
        for number in range(10, 20):

            def slow() -> Response:
                one.here.clock.advance(4)
                return JSONResponse([])

            one.sandbox.refused[f"courses/{number}/enrollments"] = slow
        await one.connector.connect()

        found = await listed(one.connector, Collection.ENROLLMENTS)

    assert found.ids == ["801"]
    assert len(found.pages) > 3
    assert all(page.next for page in found.pages[:-1])


async def test_parts_are_what_belongs_to_their_owner() -> None:
    async with school(sync=LISTING) as one:
        two_schools(one)
        await one.connector.connect()

        async def part(collection: Collection, of: Collection, owner: str) -> list[str]:
            pages = one.connector.subset(collection, of=Owner(collection=of, sourced_id=owner))
            found = [page async for page in pages]
            assert found[-1].complete
            return sorted(row.sourced_id for page in found for row in page.rows)

        assert await part(Collection.COURSES, Collection.ORGS, "6") == ["10"]
        assert await part(Collection.CLASSES, Collection.ORGS, "5") == ["91", "92", "94"]
        assert await part(Collection.CLASSES, Collection.COURSES, "9") == ["91", "92"]
        assert await part(Collection.CLASSES, Collection.ACADEMIC_SESSIONS, "2") == [
            "91", "92", "93", "94",
        ]  # fmt: skip
        assert await part(Collection.ENROLLMENTS, Collection.CLASSES, "93") == ["821", "822"]
        assert await part(Collection.ENROLLMENTS, Collection.USERS, "80") == ["800", "822"]
        assert await part(Collection.USERS, Collection.ORGS, "6") == ["80", "83", "90"]
        assert await part(Collection.ENROLLMENTS, Collection.USERS, "sis_user_id:S80") == []


async def test_records_are_found_by_id_as_they_are_listed() -> None:
    async with school(sync=LISTING) as one:
        two_schools(one)
        await one.connector.connect()
        found = await sweep(one.connector)

        for collection, whole in found.items():
            row = whole.rows[0]
            again = await one.connector.find(collection, row.sourced_id)
            assert again == row if collection is not Collection.USERS else again is not None
        teacher = await one.connector.find(Collection.USERS, "80")

    assert isinstance(teacher, User)
    assert [role.role for role in teacher.roles] == ["teacher", "student"]


async def test_demographics_are_not_kept_there() -> None:
    async with school(sync=LISTING) as one:
        await one.connector.connect()

        for asked in (listed(one.connector, Collection.DEMOGRAPHICS),):
            with pytest.raises(IncompatibleError, match="Canvas has no demographics"):
                await asked
        with pytest.raises(IncompatibleError, match="Canvas has no demographics"):
            await one.connector.find(Collection.DEMOGRAPHICS, "80")


async def test_changes_cannot_be_asked_for_and_everything_is_read() -> None:
    async with school(sync=LISTING) as one:
        await one.connector.connect()

        pages = [
            page async for page in one.connector.pages(Collection.USERS, since=one.here.clock.now())
        ]

    assert not SPEC.lists_changes
    assert sum(len(page.rows) for page in pages) == len(one.sandbox.tables.users)
    assert pages[-1].reason == "Canvas cannot be asked for what changed: everything was read"


async def test_rows_that_come_twice_are_told_and_kept_once() -> None:
    async with school(sync=LISTING) as one:
        one.sandbox.tables.users.insert(12, user(80))
        await one.connector.connect()

        users = await listed(one.connector, Collection.USERS)

    assert len(users.ids) == len(set(users.ids))
    doubles = [double for page in users.pages for double in page.duplicates]
    assert [(double.sourced_id, double.differs) for double in doubles] == [("80", False)]
    assert users.complete


async def test_a_page_of_text_is_no_listing() -> None:
    async with school(sync=LISTING) as one:
        one.sandbox.refused["accounts/1/users"] = lambda: PlainTextResponse("maintenance")
        await one.connector.connect()

        with pytest.raises(ProviderError):
            await listed(one.connector, Collection.USERS)


async def test_what_canvas_writes_before_json_for_browsers_is_passed_over() -> None:
    async with school(sync=LISTING) as one:
        guarded = b'while(1);[{"id": 9, "name": "History", "workflow_state": "available"}]'
        one.sandbox.refused["accounts/1/courses"] = lambda: Response(
            guarded, media_type="application/json"
        )
        await one.connector.connect()

        courses = await listed(one.connector, Collection.COURSES)

    assert courses.by_id(Course)["9"].title == "History"
