"""Writes: each answered for itself, safe to repeat, visible in what is read afterwards."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.errors import RetryableError
from integration_tui.domain.provider import WriteKind, WriteOperation
from integration_tui.domain.roster import (
    Collection,
    Enrollment,
    Org,
    Record,
    RecordStatus,
    Role,
    User,
)
from integration_tui.providers.mock.config import DistrictSize
from integration_tui.providers.mock.connector import MockConnector
from integration_tui.providers.mock.ids import IdMap
from integration_tui.providers.mock.presets import quick
from integration_tui.providers.mock.slots import DistrictLayout, id_of
from tests.providers.mock.fixtures import World

NEW = User(
    sourced_id="new-1",
    given_name="Ada",
    family_name="Lovelace",
    roles=(Role(role="student", org="org-0000002"),),
)


def upsert(record: Record, collection: Collection = Collection.USERS) -> WriteOperation:
    return WriteOperation(
        kind=WriteKind.UPSERT,
        collection=collection,
        sourced_id=record.sourced_id,
        record=record,
    )


def delete(sourced_id: str, collection: Collection = Collection.USERS) -> WriteOperation:
    return WriteOperation(kind=WriteKind.DELETE, collection=collection, sourced_id=sourced_id)


async def ids(connector: MockConnector, collection: Collection = Collection.USERS) -> list[str]:
    return [row.sourced_id async for page in connector.pages(collection) for row in page.rows]


async def test_a_new_record_is_found_and_listed() -> None:
    world = World()
    connector = await world.connected(quick())

    (result,) = await connector.write([upsert(NEW)])

    found = await connector.find(Collection.USERS, "new-1")
    assert result.done
    assert found == msgspec.structs.replace(NEW, modified_at=world.clock.now())
    assert (await ids(connector)).count("new-1") == 1
    assert len(await ids(connector)) == 301


async def test_a_record_of_the_district_is_written_over() -> None:
    connector = await World().connected(quick())
    user = await connector.find(Collection.USERS, "usr-0000100")
    assert isinstance(user, User)

    await connector.write([upsert(msgspec.structs.replace(user, family_name="Changed"))])

    changed = await connector.find(Collection.USERS, "usr-0000100")
    assert isinstance(changed, User)
    assert changed.family_name == "Changed"
    assert len(await ids(connector)) == 300


async def test_a_deleted_student_is_gone_with_all_enrollments() -> None:
    connector = await World().connected(quick())
    before = await ids(connector, Collection.ENROLLMENTS)

    (result,) = await connector.write([delete("usr-0000100")])

    after = await ids(connector, Collection.ENROLLMENTS)
    assert result.done
    assert await connector.find(Collection.USERS, "usr-0000100") is None
    assert "usr-0000100" not in await ids(connector)
    for lost in set(before) - set(after):
        slot = connector.district.layout.slot_of(Collection.ENROLLMENTS, lost)
        assert slot is not None
        assert connector.district.layout.position_of(slot)[0] == 99
    assert len(before) - len(after) >= 3


async def test_writes_are_among_the_changes_since() -> None:
    world = World()
    connector = await world.connected(quick())
    since = world.clock.now()
    world.clock.elapsed_s += 10
    await connector.write([upsert(NEW), delete("usr-0000100")])

    pages = connector.pages(Collection.USERS, since=since + timedelta(seconds=1))
    changed = {row.sourced_id: row.status async for page in pages for row in page.rows}

    assert changed == {"new-1": RecordStatus.ACTIVE, "usr-0000100": RecordStatus.TO_BE_DELETED}


@given(order=st.permutations(range(4)))
async def test_repeating_a_batch_changes_nothing_more(order: list[int]) -> None:
    connector = await World().connected(quick())
    operations = [upsert(NEW), delete("usr-0000100"), delete("nobody"), delete("usr-0000101")]
    batch = [operations[number] for number in order]

    first = await connector.write(batch)
    state = await ids(connector)
    again = await connector.write(batch)

    assert first == again
    assert all(write_result.done for write_result in first)
    assert await ids(connector) == state


async def test_some_fail_and_the_rest_is_done_in_order() -> None:
    connector = await World().connected(quick())
    enrollment = Enrollment(
        sourced_id="enr-new",
        user="nobody",
        class_="cls-0000001",
        school="org-0000002",
        role="student",
    )
    org = Org(sourced_id="org-x", name="X", type="school")

    results = await connector.write(
        [
            upsert(NEW),
            upsert(enrollment, Collection.ENROLLMENTS),
            upsert(org),
            delete("cls-0000001", Collection.CLASSES),
            delete("usr-0000002"),
            WriteOperation(
                kind=WriteKind.UPSERT, collection=Collection.USERS, sourced_id="other", record=NEW
            ),
            WriteOperation(
                kind=WriteKind.UPSERT, collection=Collection.USERS, sourced_id="nothing"
            ),
            delete("usr-0000100"),
        ]
    )

    assert [result.done for result in results] == [True] + [False] * 6 + [True]
    assert [bool(result.reason) for result in results] == [False] + [True] * 6 + [False]
    assert "no nobody in users" in results[1].reason


async def test_a_class_of_a_new_student_accepts_the_enrollment() -> None:
    connector = await World().connected(quick())
    enrollment = Enrollment(
        sourced_id="enr-new",
        user="new-1",
        class_="cls-0000001",
        school="org-0000002",
        role="student",
    )

    results = await connector.write([upsert(NEW), upsert(enrollment, Collection.ENROLLMENTS)])
    await connector.write([delete("new-1")])

    assert all(result.done for result in results)
    assert await connector.find(Collection.ENROLLMENTS, "enr-new") is None


async def test_a_share_of_writes_is_refused_and_can_be_repeated() -> None:
    connector = await World().connected(quick(write_failure_share=0.5))
    batch = [delete(id_of(Collection.USERS, slot)) for slot in range(50, 150)]

    results = await connector.write(batch)
    failed = [one for one, result in zip(batch, results, strict=True) if not result.done]
    again = await connector.write(failed)

    assert 25 < len(failed) < 75
    assert all("503" in result.reason for result in results if not result.done)
    assert sum(write_result.done for write_result in again) > 0


async def test_a_dry_run_sends_nothing_and_still_finds_fault() -> None:
    world = World()
    connector = await world.connected(quick(latency={"median_ms": 50}))
    world.clock.slept.clear()

    results = await connector.write(
        [upsert(NEW), upsert(Org(sourced_id="o", name="", type=""))], dry_run=True
    )

    assert [result.done for result in results] == [True, False]
    assert world.clock.slept == []
    assert await connector.find(Collection.USERS, "new-1") is None


async def test_an_outage_fails_the_whole_batch() -> None:
    world = World()
    connector = await world.connected(quick(incidents=[{"kind": "outage", "start_s": 1}]))
    world.clock.elapsed_s = 1

    with pytest.raises(RetryableError):
        await connector.write([upsert(NEW)])


@given(slot=st.integers(0, 299), collection=st.sampled_from(Collection))
def test_ids_of_the_district_map_both_ways(slot: int, collection: Collection) -> None:
    layout = DistrictLayout(DistrictSize.SMALL)
    sourced_id = id_of(collection, slot % layout.count(collection))

    system_id = IdMap(layout).system_id(collection, sourced_id)

    assert system_id is not None
    assert IdMap(layout).sourced_id(collection, system_id) == sourced_id


async def test_ids_of_written_records_map_both_ways_and_stay() -> None:
    connector = await World().connected(quick())
    await connector.write([upsert(NEW)])
    first = connector.ids.system_id(Collection.USERS, "new-1")
    await connector.write([delete("new-1"), upsert(NEW)])

    assert first is not None
    assert connector.ids.system_id(Collection.USERS, "new-1") == first
    assert connector.ids.sourced_id(Collection.USERS, first) == "new-1"
    assert connector.ids.sourced_id(Collection.CLASSES, first) is None


@pytest.mark.parametrize("system_id", ["", "abc", "1", "599999999", "9" * 30, "\uff1500000000"])
def test_an_unknown_system_id_is_none(system_id: str) -> None:
    assert IdMap(DistrictLayout(DistrictSize.SMALL)).sourced_id(Collection.USERS, system_id) is None
