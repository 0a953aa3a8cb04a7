"""What changed since a moment: asked for where the server takes it, filtered here where not."""

from datetime import UTC, datetime, timedelta

import pytest

from integration_tui.domain.errors import IncompatibleError, RetryableError
from integration_tui.domain.paging import Cursor, Page
from integration_tui.domain.roster import Collection, Record
from integration_tui.testing.http_server import Reply
from tests.providers.oneroster.fake_servers import (
    Asked,
    Json,
    Quirk,
    Quirky,
    World,
    ids,
    listed,
    refuse,
    world,
)

SINCE = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
FLOOR = "2026-09-01T11:55:00.000Z"


def changed(name: str, when: str | None) -> Json:
    told = {"sourcedId": name, "name": name, "type": "school"}
    return told if when is None else {**told, "dateLastModified": when}


ROWS = {
    "orgs": [
        changed("a-old", "2026-08-01T00:00:00.000Z"),
        changed("b-before", "2026-09-01T11:54:59.999Z"),
        changed("c-at", FLOOR),
        changed("d-overlap", "2026-09-01T11:58:00.000Z"),
        changed("e-new", "2026-09-02T00:00:00.000Z"),
        changed("f-undated", None),
    ]
}
NEW = ["c-at", "d-overlap", "e-new"]


async def since(
    one: World, moment: datetime = SINCE, after: Cursor | None = None
) -> list[Page[Record]]:
    pages = one.connector.pages(Collection.ORGS, since=moment, after=after)
    return [page async for page in pages]


async def whole(one: World) -> None:
    """List everything once, so that nothing but the filter is left to be suspected."""
    await listed(one, Collection.ORGS)
    one.server.asked.clear()


def on_filter(reply: Reply, *, only: str = "dateLastModified") -> Quirk:
    return lambda asked: reply if asked.filter.startswith(only) else None


def ignoring(asked: Asked) -> Reply | None:
    """Take the filter, and do as if it were not there."""
    if not asked.filter:
        return None
    query = {k: v for k, v in asked.query.items() if k != "filter"}
    return Quirky(rows=ROWS)._answer(Asked(whole=asked.whole, path=asked.path, query=query))


async def test_it_is_asked_for_from_the_overlap_on() -> None:
    async with world(Quirky(rows=ROWS)) as one:
        pages = await since(one)

    assert one.server.asked[0].filter == f"dateLastModified>='{FLOOR}'"
    assert ids(pages) == NEW
    assert pages[-1].reason == f"only what changed since {FLOOR}; absence means nothing"
    assert not pages[-1].complete


async def test_the_overlap_is_the_configs() -> None:
    async with world(Quirky(rows=ROWS), sync={"overlap_s": 0}) as one:
        pages = await since(one)

    assert ids(pages) == ["e-new"]


async def test_another_time_zone_is_the_same_moment() -> None:
    async with world(Quirky(rows=ROWS)) as one:
        await since(one, datetime.fromisoformat("2026-09-01T14:00:00+02:00"))

    assert FLOOR in one.server.asked[0].filter


async def test_a_server_that_takes_only_greater_is_asked_from_a_millisecond_before() -> None:
    quirk = on_filter(refuse(400, "operator"), only="dateLastModified>=")
    async with world(Quirky(quirk, rows=ROWS)) as one:
        await whole(one)
        pages = await since(one)
        await since(one)

    assert ids(pages) == NEW
    assert [asked.filter for asked in one.server.asked] == [
        f"dateLastModified>='{FLOOR}'",
        "dateLastModified>'2026-09-01T11:54:59.999Z'",
        "dateLastModified>'2026-09-01T11:54:59.999Z'",
    ]


@pytest.mark.parametrize(
    "reply",
    [
        refuse(400),
        refuse(422, "filter"),
        refuse(500, "filter", "invalid_filter_field"),
        Reply(500, b"oops", {"content-type": "text/plain"}),
    ],
    ids=["400", "422", "500 of a field", "500"],
)
async def test_a_server_that_refuses_the_filter_is_read_whole_and_filtered_here(
    reply: Reply,
) -> None:
    async with world(Quirky(on_filter(reply), rows=ROWS)) as one:
        await whole(one)
        pages = await since(one)
        again = await since(one)

    assert ids(pages) == ids(again) == [*NEW, "f-undated"]
    assert pages[-1].reason.startswith("the server does not filter by date: all was read")
    assert pages[-1].reason.endswith("absence means nothing")
    assert {page.total for page in pages} == {None}
    assert [bool(asked.filter) for asked in one.server.asked] == [True, True, False, False]


async def test_a_filter_that_is_refused_together_with_the_limit_is_tried_again() -> None:
    def quirk(asked: Asked) -> Reply | None:
        return refuse(422) if int(asked.query["limit"]) > 100 else None

    async with world(Quirky(quirk, rows=ROWS)) as one:
        first = await since(one)
        again = await since(one)

    assert ids(first) == [*NEW, "f-undated"]
    assert ids(again) == NEW


async def test_a_server_that_ignores_the_filter_is_filtered_here() -> None:
    async with world(Quirky(ignoring, rows=ROWS)) as one:
        pages = await since(one)

    assert ids(pages) == [*NEW, "f-undated"]
    assert not pages[-1].complete


async def test_a_filter_that_worked_is_not_given_up_for_a_failure() -> None:
    async with world(Quirky(rows=ROWS)) as one:
        await since(one)
        one.server.quirks.append(lambda asked: refuse(503) if asked.filter else None)

        with pytest.raises(RetryableError):
            await since(one)


async def test_without_totals_a_delta_ends_at_an_empty_page() -> None:
    server = Quirky(rows=ROWS, totals=False)
    async with world(server, sync={"page_size": 2}) as one:
        pages = await since(one)

    assert ids(pages) == NEW
    assert "absence means nothing" in pages[-1].reason


@pytest.mark.parametrize("pin", [">", "none", ">="])
async def test_an_operator_that_is_pinned_is_the_only_one(pin: str) -> None:
    async with world(Quirky(rows=ROWS), dialect={"since": pin}) as one:
        await since(one)

    sent = one.server.asked[0].filter
    assert sent.startswith(f"dateLastModified{pin}'") if pin != "none" else sent == ""


@pytest.mark.parametrize("is_refused", [True, False])
async def test_a_delta_resumes_from_every_cursor_in_the_same_way(is_refused: bool) -> None:
    quirks = [on_filter(refuse(400))] if is_refused else []
    async with world(Quirky(*quirks, rows=ROWS), sync={"page_size": 1}) as one:
        pages = await since(one)
        for number, page in enumerate(pages[:-1], start=1):
            rest = await since(one, after=page.next)

            assert [two.rows for two in rest] == [two.rows for two in pages[number:]]


@pytest.mark.parametrize(
    ("after", "moment"),
    [("offset=1", SINCE), ("offset=1,by=here", None), ("offset=1,path=schools2", None),
     ("offset=1,path=students", None), ("offset=1,by=<", SINCE)],
)  # fmt: skip
async def test_a_cursor_of_another_listing_is_refused(after: str, moment: datetime | None) -> None:
    async with world(Quirky(rows=ROWS)) as one:
        with pytest.raises(IncompatibleError, match="cursor"):
            async for _ in one.connector.pages(Collection.ORGS, after=Cursor(after), since=moment):
                pass


async def test_a_moment_at_the_beginning_of_time_is_no_fault() -> None:
    async with world(Quirky(rows=ROWS)) as one:
        pages = await since(one, datetime.min.replace(tzinfo=UTC) + timedelta(seconds=1))

    assert len(ids(pages)) >= 5
