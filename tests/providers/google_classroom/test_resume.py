"""Listings that go on after a rest, pages that are as they were, tokens that are too old."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from integration_tui.domain.errors import IncompatibleError, ProviderError, RetryableError
from integration_tui.domain.paging import Cursor
from integration_tui.domain.roster import Collection
from tests.providers.google_classroom.fake_server import add_roster, school_content
from tests.providers.google_classroom.fixtures import SCHOOLS, domain
from tests.providers.google_classroom.test_listing import listed, rows

USERS = "/admin/directory/v1/users"


async def test_a_walk_goes_on_behind_the_last_class_and_people_are_what_they_were() -> None:
    content = school_content(courses=7, students=3)
    content.page = 3
    add_roster(content, "102", ["guest", "1020"], ["9102", "9101"])
    async with domain(content, SCHOOLS) as one:
        await one.connector.connect()
        await listed(one.connector, Collection.CLASSES)
        whole = await listed(one.connector, Collection.ENROLLMENTS)
        people = await listed(one.connector, Collection.USERS)
        index = len([text for text in one.sandbox.asked(USERS) if "orgUnitPath%29" in text])
        one.sandbox.content.answers["/v1/userProfiles/guest"] = (
            200,
            {"id": "guest", "name": {"familyName": "guest", "givenName": "S"}},
        )
        for number, page in ((1, whole[0]), (4, whole[3])):
            fresh = one.another()
            await fresh.connect()
            one.sandbox.seen.clear()
            fresh.replay(Collection.ENROLLMENTS, [*rows(whole[:number])])

            rest = await listed(fresh, Collection.ENROLLMENTS, page.next)
            found_people = await listed(fresh, Collection.USERS)

            await fresh.disconnect()
            assert [found.rows for found in rest] == [found.rows for found in whole[number:]]
            assert rest[-1].complete
            assert _without_guest(rows(found_people)) == _without_guest(rows(people))
            assert "guest" in rows(found_people)
            read = {text.split("/")[3] for text in one.sandbox.seen if "/students?" in text}
            assert read == {f"{101 + place}" for place in range(number, 7)}
            again = [text for text in one.sandbox.asked(USERS) if "orgUnitPath%29" in text]
            assert (len(again), index > 5) == (0, True)  # where classes are is in the cursor


def _without_guest(found: Mapping[str, object]) -> Mapping[str, object]:
    return {key: row for key, row in found.items() if key != "guest"}


async def test_people_go_on_where_they_were() -> None:
    content = school_content(courses=2, students=2)
    content.page = 2
    add_roster(content, "102", ["guest1", "guest2", "1020"], ["9102"])
    async with domain(content, {"sync": {"page_size": 1}}) as one:
        await one.connector.connect()
        walk = [*rows(await listed(one.connector, Collection.ENROLLMENTS))]
        whole = await listed(one.connector, Collection.USERS)

        for number, page in [*enumerate(whole[:-1], start=1)][::2]:
            fresh = one.another()
            await fresh.connect()
            fresh.replay(Collection.ENROLLMENTS, walk)
            rest = await listed(fresh, Collection.USERS, page.next)
            await fresh.disconnect()

            assert [[*rows([found])] for found in rest] == [
                [*rows([found])] for found in whole[number:]
            ]
            assert rest[-1].complete
    assert len(whole) > 4


async def test_a_page_token_that_is_not_good_any_more_costs_no_class_twice() -> None:
    content = school_content(courses=4)
    content.page = 2
    async with domain(content) as one:
        await one.connector.connect()
        whole = await listed(one.connector, Collection.ENROLLMENTS)
        fresh = one.another()
        await fresh.connect()
        fresh.replay(Collection.ENROLLMENTS, [*rows(whole[:3])])
        cursor = whole[2].next
        assert cursor is not None
        stale = Cursor(cursor.replace("+/=2", "+/=x"))
        one.sandbox.seen.clear()

        rest = await listed(fresh, Collection.ENROLLMENTS, stale)

        await fresh.disconnect()
    assert set(rows(rest)) == set(rows(whole[3:]))
    assert one.sandbox.asked("/v1/courses/101/students") == []


async def test_a_class_that_is_as_it_was_is_not_read_again() -> None:
    content = school_content(courses=3)
    async with domain(content, SCHOOLS) as one:
        await one.connector.connect()
        known: dict[tuple[Collection, bytes], Sequence[str]] = {}
        for collection in (Collection.CLASSES, Collection.ENROLLMENTS, Collection.USERS):
            for page in await listed(one.connector, collection):
                known[collection, page.digest] = [*rows([page])]
        add_roster(one.sandbox.content, "102", ["1020", "guest"], ["9102"])
        fresh = one.another()
        fresh.recall(lambda collection, digest: known.get((collection, digest)))
        await fresh.connect()

        classes = await listed(fresh, Collection.CLASSES)
        rosters = await listed(fresh, Collection.ENROLLMENTS)
        people = await listed(fresh, Collection.USERS)

        await fresh.disconnect()
    assert [len(page.rows) for page in classes] == [0]
    assert [len(page.rows) for page in rosters] == [0, 3, 0]
    assert [len(page.same) for page in rosters] == [8, 0, 8]
    assert [len(page.rows) for page in people] == [0, 1]  # the guest, who is in no Directory
    assert people[-1].complete


async def test_a_token_that_is_taken_back_is_renewed_once_for_all_rosters() -> None:
    async with domain(school_content(courses=8)) as one:
        await one.connector.connect()
        minted, pages = one.sandbox.issuer.minted, 0

        async for _ in one.connector.pages(Collection.ENROLLMENTS):
            if pages == 2:
                one.sandbox.issuer.revoke()
            pages += 1

    assert pages == 8
    assert one.sandbox.issuer.minted <= minted + 2  # the Directory's first, and Classroom's second


async def test_a_directory_token_of_four_days_ago_begins_anew() -> None:
    content = school_content(courses=1)
    content.page = 3
    async with domain(content) as one:
        await one.connector.connect()
        await listed(one.connector, Collection.ENROLLMENTS)
        whole = await listed(one.connector, Collection.USERS)
        one.here.clock.advance(timedelta(days=4).total_seconds())
        await listed(one.connector, Collection.ENROLLMENTS)

        rest = await listed(one.connector, Collection.USERS, whole[0].next)

    assert rows(rest) == rows(whole)
    assert rest[-1].complete


async def test_a_directory_token_that_is_refused_begins_anew() -> None:
    content = school_content(courses=1)
    content.page = 3
    async with domain(content) as one:
        await one.connector.connect()
        await listed(one.connector, Collection.ENROLLMENTS)
        whole = await listed(one.connector, Collection.USERS)
        cursor = whole[0].next
        assert cursor is not None

        rest = await listed(one.connector, Collection.USERS, Cursor(cursor.replace("=3", "=x")))

    assert rows(rest) == rows(whole)


async def test_a_listing_of_more_than_an_hour_goes_on_without_anybody_twice() -> None:
    content = school_content(courses=1, students=9)
    content.page = 5
    async with domain(content) as one:
        await one.connector.connect()
        await listed(one.connector, Collection.ENROLLMENTS)
        found: list[str] = []
        backend = {"error": {"code": 503, "errors": [{"reason": "backendError"}], "message": ""}}
        pages = one.connector.pages(Collection.USERS)

        first = await anext(pages)
        one.here.clock.advance(3601)
        one.sandbox.content.once[USERS] = (503, backend)
        found += [*rows([first]), *[row.sourced_id async for page in pages for row in page.rows]]

    assert sorted(found) == sorted({*found})
    assert len(found) == 10


async def test_an_outage_of_the_directory_stops_and_is_nobodys_absence() -> None:
    content = school_content(courses=1)
    content.answers[USERS] = (503, {"error": {"code": 503, "message": "backend"}})
    async with domain(content) as one:
        await one.connector.connect()

        with pytest.raises(RetryableError):
            await listed(one.connector, Collection.USERS)


async def test_pages_without_rows_are_no_end_and_endless_ones_are_told() -> None:
    content = school_content(courses=2)
    content.answers["/v1/courses/101/students"] = (200, {"nextPageToken": "string"})
    async with domain(content) as one:
        await one.connector.connect()
        pages = await listed(one.connector, Collection.ENROLLMENTS)
        one.sandbox.content.answers["/v1/courses"] = (200, {"nextPageToken": "string"})

        with pytest.raises(IncompatibleError) as caught:
            await listed(one.connector, Collection.CLASSES)

    assert [found.owner.sourced_id for page in pages for found in page.skipped] == ["101"]
    assert caught.value.message.startswith("the list of courses does not end")


@pytest.mark.parametrize("collection", Collection)
async def test_a_cursor_of_another_listing_is_refused(collection: Collection) -> None:
    cursors = [Cursor('{"part":"walk"}'), Cursor('["rosters"]'), Cursor("[" * 5000)]
    async with domain() as one:
        await one.connector.connect()

        for cursor in cursors:
            with pytest.raises(ProviderError):
                await listed(one.connector, collection, cursor)
