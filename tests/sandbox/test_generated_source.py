"""A generated district as a source: at any moment it lists who the district says is there."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration_tui.domain.roster import (
    PARTS,
    Collection,
    Owner,
    Record,
    RecordStatus,
    User,
    belongs,
)
from integration_tui.providers.mock.config import DistrictSize
from integration_tui.providers.mock.district import District
from integration_tui.sandbox.generated_source import DistrictSource
from integration_tui.sandbox.overlay import Overlay, deleted
from integration_tui.sandbox.selection import Present, Selection, chosen
from integration_tui.sandbox.source import FixedSource, Snapshot
from tests.providers.oneroster.fixtures import ROSTER
from tests.sandbox.fixtures import asking, district


def everybody(source: District, collection: Collection, generation: int) -> list[Record]:
    """Return who is or was there, the slow way."""
    found = (
        source.record(collection, slot, generation)
        for slot in range(source.layout.slots(collection))
        if collection is not Collection.DEMOGRAPHICS or slot >= source.layout.staff
    )
    return [found_one for found_one in found if found_one is not None]


def since_filter(moment: str) -> str:
    return quote(f"dateLastModified>='{moment}'")


def listed(snapshot: Snapshot, collection: Collection, *, gone: bool) -> list[str]:
    present = Present(snapshot.size(collection), snapshot.missing(collection, gone=gone))
    found = [snapshot.at(collection, place) for place in present]
    assert None not in found
    return [found_one.sourced_id for found_one in found if found_one is not None]


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.integers(1, 400), max_size=4),
    st.sampled_from(Collection),
    st.booleans(),
)
def test_after_any_changes_the_list_is_who_is_there(
    steps: Sequence[int], collection: Collection, gone: bool
) -> None:
    source = district()
    for step in steps:
        source.snapshot()
        source.advance(step)

    found = listed(source.snapshot(), collection, gone=gone)

    assert found == [
        record.sourced_id
        for record in everybody(source.district, collection, sum(steps))
        if gone or record.status is RecordStatus.ACTIVE
    ]


@given(st.sets(st.integers(0, 30)), st.integers(31, 40))
def test_places_that_are_missing_are_stepped_over(missing: set[int], size: int) -> None:
    found = Present(size, sorted(missing))

    expected = [place for place in range(size) if place not in missing]
    assert [*found[:]] == expected
    assert [*found[3:7]] == expected[3:7]
    assert len(found) == len(expected)


@pytest.mark.parametrize("changes", [0, 300])
@pytest.mark.parametrize(
    ("owners", "collection"),
    [(owner, part) for owner, parts in PARTS.items() for part in sorted(parts)],
)
def test_a_part_is_what_names_its_owner(
    owners: Collection, collection: Collection, changes: int
) -> None:
    source = district()
    source.advance(changes)
    snapshot = source.snapshot()
    owner = Owner(collection=owners, sourced_id=listed(snapshot, owners, gone=False)[1])

    found = [snapshot.at(collection, place) for place in snapshot.part(collection, owner)]

    expected = [
        record
        for record in everybody(source.district, collection, changes)
        if belongs(record, owner)
    ]
    assert [found_one for found_one in found if found_one is not None] == expected


async def test_a_delta_is_who_changed_since_with_who_has_left() -> None:
    source = district(changes_per_hour=60, hours=3)
    since = source.district.timeline.epoch + timedelta(hours=2)
    moment = since.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    async with asking(roster=source) as one:
        found = await one.all_ids(f"users?filter={since_filter(moment)}", limit=7)

    generation = source.district.timeline.generation_at(since + timedelta(hours=1))
    users = everybody(source.district, Collection.USERS, generation)
    assert generation == 180
    assert found == [
        user.sourced_id for user in users if user.modified_at and user.modified_at >= since
    ]
    assert found


async def test_a_delta_where_who_leaves_vanishes_names_nobody_who_left() -> None:
    source = district(changes_per_hour=600, hours=20)
    moment = source.district.timeline.epoch.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    async with asking("edfi", source) as one:
        body = await one.json(f"users?limit=500&filter={since_filter(moment)}")

    assert {row["status"] for row in body["users"]} == {"active"}


async def test_the_clock_of_the_server_is_never_behind_its_records() -> None:
    source = district()
    source.advance(5000)

    snapshot = source.snapshot()

    latest = max(
        record.modified_at
        for record in everybody(source.district, Collection.USERS, 5000)
        if record.modified_at
    )
    assert snapshot.as_of is not None
    assert snapshot.as_of >= latest


async def test_an_answer_tells_the_servers_time() -> None:
    async with asking(roster=district()) as one:
        answer = await one.get("orgs")

    assert answer.headers["date"] == "Mon, 02 Nov 2026 08:00:00 GMT"


def test_a_page_of_a_large_district_makes_no_more_than_its_own_records() -> None:
    source = district(DistrictSize.LARGE)
    snapshot = source.snapshot()
    choice = Selection(
        collection=Collection.ENROLLMENTS,
        deleted=True,
        within=None,
        keep=None,
        filter=None,
        sort="sourcedId",
        descending=False,
        encode=lambda record: msgspec.structs.asdict(record),
    )

    places = chosen(snapshot, choice)

    assert isinstance(places, Present)  # nothing was looked at
    assert len(places) == 300_000
    assert [*places[299_998:]] == [299_998, 299_999]


def test_what_is_written_replaces_stands_behind_or_leaves() -> None:
    overlay = Overlay(FixedSource(ROSTER))
    before = listed(overlay.snapshot(), Collection.USERS, gone=False)
    new = User(sourced_id="a-new-one", given_name="N", family_name="N")

    was_new = overlay.put(Collection.USERS, new)
    was_there = overlay.delete(Collection.USERS, "user-00")
    is_still_there = overlay.delete(Collection.USERS, "user-00")

    assert (was_new, was_there, is_still_there) == (True, True, False)
    assert listed(overlay.snapshot(), Collection.USERS, gone=False) == [*before[1:], "a-new-one"]
    assert listed(overlay.snapshot(), Collection.USERS, gone=True) == [*before, "a-new-one"]


def test_a_snapshot_does_not_change_when_something_is_written() -> None:
    overlay = Overlay(FixedSource(ROSTER))
    overlay.delete(Collection.USERS, "user-01")
    snapshot = overlay.snapshot()
    before = listed(snapshot, Collection.USERS, gone=False)

    overlay.delete(Collection.USERS, "user-02")

    assert listed(snapshot, Collection.USERS, gone=False) == before
    assert snapshot.version != overlay.snapshot().version


def test_a_written_enrollment_is_in_the_part_that_it_names() -> None:
    overlay = Overlay(district())
    owner = Owner(collection=Collection.CLASSES, sourced_id="cls-0000001")
    seat = overlay.snapshot().part(Collection.ENROLLMENTS, owner)[0]
    record = overlay.snapshot().at(Collection.ENROLLMENTS, seat)
    assert record is not None

    overlay.write(Collection.ENROLLMENTS, [msgspec.structs.replace(record, class_="cls-0000002")])

    assert seat not in overlay.snapshot().part(Collection.ENROLLMENTS, owner)
    other = Owner(collection=Collection.CLASSES, sourced_id="cls-0000002")
    assert seat in overlay.snapshot().part(Collection.ENROLLMENTS, other)
    assert deleted(record).status is RecordStatus.TO_BE_DELETED


def test_what_is_brought_forward_happens_now_and_is_seen_by_who_asks_what_is_new() -> None:
    clock = [datetime(2026, 11, 2, 8, tzinfo=UTC)]
    source = DistrictSource(DistrictSize("small_school"), clock=lambda: clock[0])
    source.advance(300)
    seen: set[str] = set()
    for hour in (1, 2, 3):
        clock[0] += timedelta(hours=1)
        before = source.snapshot()
        since = before.as_of
        assert since is not None
        assert changed_ids(before, since) == set()

        source.advance(10)

        after = source.snapshot()
        found = changed_ids(after, since)
        assert len(found) >= 6, hour
        assert after.as_of == clock[0] + timedelta(milliseconds=11)
        seen |= found
    assert changed_ids(source.snapshot(), clock[0] - timedelta(minutes=150)) == seen


def changed_ids(snapshot: Snapshot, since: datetime) -> set[str]:
    """Return whose stamps are at or after a moment, of those that the snapshot names for it."""
    found = [
        record
        for collection in Collection
        for place in snapshot.changed(collection, since)
        if (record := snapshot.at(collection, place)) is not None
    ]
    return {
        found_one.sourced_id
        for found_one in found
        if found_one.modified_at and found_one.modified_at >= since
    }
