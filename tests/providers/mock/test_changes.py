"""Changes over simulated time: what a replay would give, without replaying."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.roster import Collection, Record, RecordStatus, User
from integration_tui.providers.mock.changes import ScheduledChange, Timeline
from integration_tui.providers.mock.config import DistrictSize
from integration_tui.providers.mock.district import EPOCH, District
from integration_tui.providers.mock.slots import DistrictLayout

LAYOUT = DistrictLayout(DistrictSize.SMALL)
MOVING = (Collection.USERS, Collection.ENROLLMENTS, Collection.CLASSES)


def timeline(seed: int = 1, changes_per_hour: float = 3600) -> Timeline:
    return Timeline(LAYOUT, seed=seed, epoch=EPOCH, changes_per_hour=changes_per_hour)


@given(seed=st.integers(0, 2**32 - 1), generation=st.integers(0, 3000))
def test_a_version_counts_the_changes_of_a_record(seed: int, generation: int) -> None:
    line = timeline(seed)
    own = Counter(line.touches(number)[0] for number in range(generation))

    for collection in MOVING:
        for slot in range(0, LAYOUT.slots(collection), 37):
            assert (
                line.version(collection, slot, generation) == own[ScheduledChange(collection, slot)]
            )


@given(collection=st.sampled_from(MOVING), slot=st.integers(0, 299), version=st.integers(1, 50))
def test_the_last_change_of_a_version_touches_the_record(
    collection: Collection, slot: int, version: int
) -> None:
    slot %= LAYOUT.slots(collection)
    number = timeline().last_change(collection, slot, version)

    assert timeline().touches(number)[0] == ScheduledChange(collection, slot)
    assert timeline().version(collection, slot, number) == version - 1
    assert timeline().version(collection, slot, number + 1) == version


@given(number=st.integers(0, 10**6), rate=st.floats(1, 360_000))
def test_moments_and_generations_agree(number: int, rate: float) -> None:
    line = timeline(changes_per_hour=rate)
    moment = line.moment_of(number)

    assert line.generation_at(moment) == number + 1
    assert line.generation_at(moment - timedelta(microseconds=1)) == number
    assert line.first_since(moment) == number
    assert line.first_since(moment + timedelta(microseconds=1)) == number + 1


def everything(district: District, collection: Collection, generation: int) -> list[Record]:
    slots = range(district.layout.slots(collection))
    records = [district.record(collection, slot, generation) for slot in slots]
    return [record for record in records if record is not None]


@given(
    generation=st.integers(0, 4000),
    back=st.integers(0, 4000),
    collection=st.sampled_from(MOVING),
    at_most=st.sampled_from([0, 100, 10_000]),
)
def test_the_slots_changed_since_hold_every_record_modified_since(
    generation: int, back: int, collection: Collection, at_most: int
) -> None:
    district = District(DistrictSize.SMALL, changes_per_hour=3600)
    since = district.timeline.moment_of(max(0, generation - back))

    slots = district.timeline.changed_slots(collection, since, generation, at_most=at_most)

    changed = [
        record
        for record in everything(district, collection, generation)
        if record.modified_at is not None and record.modified_at >= since
    ]
    offered = {district.layout.slot_of(collection, record.sourced_id) for record in changed}
    assert offered <= set(slots)
    assert [*slots] == sorted(set(slots))


@given(generation=st.integers(0, 4000), collection=st.sampled_from(MOVING))
def test_a_record_differs_only_if_it_was_touched(generation: int, collection: Collection) -> None:
    district = District(DistrictSize.SMALL, changes_per_hour=3600)
    touched = {
        touch.slot
        for number in range(generation, generation + 40)
        for touch in district.timeline.touches(number)
        if touch.collection is collection
    }

    for slot in range(district.layout.slots(collection)):
        before = district.record(collection, slot, generation)
        after = district.record(collection, slot, generation + 40)
        assert (before != after) <= (slot in touched)


def test_people_join_leave_and_change_their_names() -> None:
    district = District(DistrictSize.SMALL, changes_per_hour=3600)

    before = {record.sourced_id: record for record in district.records(Collection.USERS)}
    after = {
        record.sourced_id: record for record in district.records(Collection.USERS, generation=400)
    }

    assert after.keys() - before.keys()
    assert before.keys() - after.keys()
    renamed = [
        text for text in before.keys() & after.keys() if names(before[text]) != names(after[text])
    ]
    assert len(renamed) > 100


def names(record: Record) -> tuple[str, str]:
    assert isinstance(record, User)
    return record.given_name, record.family_name


def test_who_leaves_is_to_be_deleted_and_disabled_and_may_come_back() -> None:
    district = District(DistrictSize.SMALL, changes_per_hour=3600)
    mover = next(
        number for number in range(LAYOUT.staff, LAYOUT.users) if district.timeline.moves(number)
    )
    leaves, returns = (
        district.timeline.last_change(Collection.USERS, mover, version) + 1 for version in (1, 2)
    )

    gone = district.record(Collection.USERS, mover, leaves)
    back = district.record(Collection.USERS, mover, returns)

    assert isinstance(gone, User)
    assert (gone.status, gone.enabled) == (RecordStatus.TO_BE_DELETED, False)
    assert back is not None
    assert back.status is RecordStatus.ACTIVE


@pytest.mark.parametrize("collection", Collection)
def test_without_a_rate_nothing_ever_changes(collection: Collection) -> None:
    still = timeline(changes_per_hour=0)

    assert still.generation_at(EPOCH + timedelta(days=9999)) == 0
    assert [*still.changed_slots(collection, EPOCH + timedelta(days=1), 0, at_most=10)] == []
