"""Pages: stable, resumable, bounded, and honest about what they could not show."""

import tracemalloc
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integration_tui.domain.errors import IncompatibleError, RecordError
from integration_tui.domain.paging import Cursor, Page
from integration_tui.domain.roster import (
    Collection,
    Enrollment,
    Record,
    RecordStatus,
    User,
)
from integration_tui.providers.mock.connector import MockConnector
from integration_tui.providers.mock.presets import Option, quick
from tests.providers.mock.fixtures import World

USERS = Collection.USERS


async def listed(connector: MockConnector, collection: Collection = USERS) -> list[Page[Record]]:
    return [page async for page in connector.pages(collection)]


def rows(pages: list[Page[Record]]) -> list[Record]:
    return [row for page in pages for row in page.rows]


async def connected(world: World | None = None, /, **options: Option) -> MockConnector:
    return await (world or World()).connected(quick(**options))


@given(page_size=st.integers(1, 400), collection=st.sampled_from(Collection))
@settings(max_examples=40, deadline=None)
async def test_the_page_size_changes_nothing_but_the_pages(
    page_size: int, collection: Collection
) -> None:
    page_size = max(page_size, 20)
    connector = await connected(page_size=page_size)

    pages = await listed(connector, collection)

    assert rows(pages) == [*connector.district.records(collection)]
    assert all(len(page.rows) == page_size for page in pages[:-1])
    assert {page.total for page in pages} == {connector.district.count(collection)}


async def test_a_listing_shows_one_moment_while_the_district_changes() -> None:
    world = World()
    connector = await connected(world, page_size=50, changes_per_hour=36_000)
    generation = connector.district.timeline.generation_at(world.clock.now())
    seen: list[Record] = []

    async for page in connector.pages(USERS):
        seen += page.rows
        world.clock.elapsed_s += 60

    assert seen == [*connector.district.records(USERS, generation=generation)]
    assert page.complete


async def test_a_cursor_resumes_the_same_moment_in_another_process() -> None:
    world = World()
    first = await connected(world, page_size=50, changes_per_hour=36_000)
    pages = await listed(first)
    world.clock.elapsed_s += 3600
    second = await connected(world, page_size=50, changes_per_hour=36_000)

    rest = [page async for page in second.pages(USERS, after=pages[1].next)]

    assert rows(rest) == rows(pages[2:])


async def test_the_changes_since_a_moment_are_just_what_changed() -> None:
    world = World()
    connector = await connected(world, changes_per_hour=360)
    before = {row.sourced_id: row for row in rows(await listed(connector))}
    since = world.clock.now()
    world.clock.elapsed_s += 600

    changed = [row async for page in connector.pages(USERS, since=since) for row in page.rows]

    after = {row.sourced_id: row for row in rows(await listed(connector))}
    applied = before | {record.sourced_id: record for record in changed}
    assert 0 < len(changed) <= 37
    assert {k: v for k, v in applied.items() if v.status is RecordStatus.ACTIVE} == after


@pytest.mark.parametrize("collection", Collection)
@pytest.mark.parametrize("hours", [0.1, 1, 10, 1000])
async def test_changes_since_carry_any_earlier_state_forward(
    collection: Collection, hours: float
) -> None:
    world = World()
    connector = await connected(world, page_size=1000, changes_per_hour=360)
    state = {row.sourced_id: row for row in rows(await listed(connector, collection))}
    since = world.clock.now()
    world.clock.elapsed_s += hours * 3600

    async for page in connector.pages(collection, since=since):
        state |= {row.sourced_id: row for row in page.rows}

    now = rows(await listed(connector, collection))
    alive = sorted(one for one, record in state.items() if record.status is RecordStatus.ACTIVE)
    assert alive == [record.sourced_id for record in now]
    assert [state[text] for text in alive] == now


async def test_what_changed_in_the_very_moment_of_since_is_listed() -> None:
    world = World()
    connector = await connected(world, changes_per_hour=360)
    timeline = connector.district.timeline
    moments = [timeline.moment_of(timeline.generation_at(world.clock.now()) + n) for n in range(10)]
    world.clock.elapsed_s += 300

    for moment in moments:
        listings = [connector.pages(collection, since=moment) for collection in Collection]
        changed = [row async for pages in _all(listings) for row in pages]
        assert moment in {record.modified_at for record in changed}


async def _all(listings: list[AsyncIterator[Page[Record]]]) -> AsyncIterator[tuple[Record, ...]]:
    for pages in listings:
        async for page in pages:
            yield page.rows


async def test_since_before_everything_lists_everything() -> None:
    connector = await connected()
    longest_ago = World().clock.now() - timedelta(days=10_000)

    pages = [page async for page in connector.pages(USERS, since=longest_ago)]

    assert len(rows(pages)) == 300


async def test_a_listing_that_lost_a_record_says_so() -> None:
    connector = await connected(
        page_size=50,
        incidents=[{"kind": "mid_paging_change"}],
    )

    pages = await listed(connector)

    assert len(rows(pages)) < 300
    assert not pages[-1].complete
    assert (
        "the district changed during the listing; at least one record is missing"
        in pages[-1].reason
    )


async def test_a_lost_record_is_remembered_by_the_cursor() -> None:
    world = World()
    moving: list[Option] = [{"kind": "mid_paging_change", "start_s": 10, "duration_s": 10}]
    connector = await connected(world, page_size=50, incidents=moving)
    pages: list[Page[Record]] = []
    async for page in connector.pages(USERS):
        pages.append(page)
        world.clock.elapsed_s += 12

    rest = [page async for page in connector.pages(USERS, after=pages[2].next)]

    assert not pages[-1].complete
    assert not rest[-1].complete


async def test_a_single_page_cannot_change_while_it_is_paged() -> None:
    connector = await connected(page_size=1000, scenario="moving_target")

    assert (await listed(connector))[-1].complete


async def test_malformed_records_are_rejected_and_the_rest_is_there() -> None:
    connector = await connected(incidents=[{"kind": "malformed", "share": 0.2}])

    pages = await listed(connector)

    rejected = [rejected for page in pages for rejected in page.rejected]
    assert 20 < len(rejected) < 120
    assert len(rejected) + len(rows(pages)) == 300
    assert not {item.sourced_id for item in rejected} & {row.sourced_id for row in rows(pages)}
    assert all(item.reason and item.raw for item in rejected)


async def test_looking_up_a_malformed_record_is_a_record_error() -> None:
    connector = await connected(incidents=[{"kind": "malformed", "share": 1}])

    with pytest.raises(RecordError, match="usr-0000001"):
        await connector.find(USERS, "usr-0000001")


async def test_duplicates_come_twice_with_the_same_content() -> None:
    connector = await connected(incidents=[{"kind": "duplicates", "share": 0.1}])

    seen = rows(await listed(connector))

    assert len(seen) > 300
    assert len({record.sourced_id for record in seen}) == 300
    assert len({msgspec.json.encode(record) for record in seen}) == 300


async def test_orphans_point_at_nobody() -> None:
    connector = await connected(incidents=[{"kind": "orphans", "share": 0.1}])
    users = {row.sourced_id for row in rows(await listed(connector))}

    seen = rows(await listed(connector, Collection.ENROLLMENTS))

    orphans = [
        record for record in seen if isinstance(record, Enrollment) and record.user not in users
    ]
    assert 50 < len(orphans) < 200


async def test_the_same_records_are_spoilt_each_time() -> None:
    connector = await connected(scenario="dirty_data")

    assert await listed(connector) == await listed(connector)


async def test_dirt_comes_and_goes_with_its_incident() -> None:
    world = World()
    connector = await connected(
        world, incidents=[{"kind": "malformed", "start_s": 10, "duration_s": 5, "share": 0.5}]
    )

    clean = await listed(connector)
    world.clock.elapsed_s = 12
    dirty = await listed(connector)

    assert not any(page.rejected for page in clean)
    assert any(page.rejected for page in dirty)


@given(text=st.text(max_size=80))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_any_text_as_a_cursor_is_refused_or_understood(text: str) -> None:
    connector = await connected()

    with pytest.raises(IncompatibleError, match="start the listing again"):
        await anext(aiter(connector.pages(USERS, after=Cursor(text))))


@pytest.mark.parametrize(
    "other",
    [{"seed": 2}, {"district": "mid_district"}, {"changes_per_hour": 5.0}],
)
async def test_a_cursor_of_another_district_is_refused(other: dict[str, Option]) -> None:
    cursor = (await listed(await connected(page_size=50, **other)))[0].next

    with pytest.raises(IncompatibleError):
        await anext(aiter((await connected()).pages(USERS, after=cursor)))


async def test_a_cursor_of_another_collection_is_refused() -> None:
    connector = await connected(page_size=50)
    cursor = (await listed(connector, Collection.ENROLLMENTS))[0].next

    with pytest.raises(IncompatibleError):
        await anext(aiter(connector.pages(USERS, after=cursor)))


async def test_someone_who_left_is_not_found() -> None:
    world = World()
    connector = await connected(world, changes_per_hour=3600)
    generation = connector.district.timeline.generation_at(world.clock.now())
    layout = connector.district.layout
    gone = next(
        one
        for slot in range(layout.users)
        if isinstance(one := connector.district.record(USERS, slot, generation), User)
        and one.status is RecordStatus.TO_BE_DELETED
    )

    assert await connector.find(USERS, gone.sourced_id) is None


async def test_paging_through_a_large_district_stays_in_bounded_memory() -> None:
    connector = await connected(district="large_district", page_size=1000)
    await connector.find(USERS, "usr-0000001")
    tracemalloc.start()
    seen = 0
    try:
        async for page in connector.pages(USERS):
            seen += len(page.rows)
            if seen >= 20_000:
                break
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 10_000_000
