"""The stream of changes: complete, in order, resumable, and cut by an outage."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration_tui.domain.errors import IncompatibleError, RetryableError
from integration_tui.domain.paging import Cursor
from integration_tui.domain.provider import RemoteChange
from integration_tui.domain.roster import Collection
from integration_tui.providers.mock.connector import MockConnector
from integration_tui.providers.mock.presets import quick
from tests.providers.mock.fixtures import World


async def first(
    connector: MockConnector, count: int, after: Cursor | None = None
) -> list[RemoteChange]:
    found: list[RemoteChange] = []
    async for change in connector.changes(after):
        found.append(change)
        if len(found) == count:
            break
    return found


async def test_changes_come_when_they_happen() -> None:
    world = World()
    connector = await world.connected(quick(changes_per_hour=360))

    changes = await first(connector, 30)

    assert world.clock.elapsed_s >= 200
    assert all(change.at <= world.clock.now() for change in changes)
    assert all(a.at <= b.at for a, b in pairwise(changes))
    assert len({change.cursor for change in changes}) == 30


@given(position=st.integers(0, 58))
@settings(max_examples=20, deadline=None)
async def test_a_stream_resumes_behind_any_cursor(position: int) -> None:
    connector = await World().connected(quick(changes_per_hour=3600))
    everything = await first(connector, 60)

    rest = await first(connector, 59 - position, after=everything[position].cursor)

    assert rest == everything[position + 1 :]


async def test_what_the_stream_says_is_what_the_listing_then_shows() -> None:
    world = World()
    connector = await world.connected(quick(changes_per_hour=3600))

    last = {
        (remote_change.collection, remote_change.sourced_id): remote_change.deleted
        for remote_change in await first(connector, 100)
    }

    for (collection, sourced_id), gone in last.items():
        assert (await connector.find(collection, sourced_id) is None) == gone


async def test_one_who_leaves_takes_the_enrollments_along() -> None:
    connector = await World().connected(quick(changes_per_hour=3600))

    changes = await first(connector, 400)

    at = next(
        change.at for change in changes if change.deleted and change.collection is Collection.USERS
    )
    together = [change for change in changes if change.at == at]
    assert len(together) >= 4
    assert all(remote_change.deleted for remote_change in together)


async def test_without_changes_the_stream_waits_and_looks_at_the_line() -> None:
    world = World()
    connector = await world.connected(quick(incidents=[{"kind": "outage", "start_s": 3600}]))

    with pytest.raises(RetryableError):
        await first(connector, 1)

    assert world.clock.slept == [60.0] * 60


async def test_an_outage_ends_the_stream_with_its_error() -> None:
    world = World()
    connector = await world.connected(
        quick(changes_per_hour=360, incidents=[{"kind": "outage", "start_s": 95}])
    )

    with pytest.raises(RetryableError, match="connection refused"):
        await first(connector, 1000)

    assert 95 <= world.clock.elapsed_s < 115


@pytest.mark.parametrize("text", ["", "-1", "abc", "9" * 19, "١٢"])
async def test_a_cursor_of_no_stream_is_refused(text: str) -> None:
    connector = await World().connected(quick(changes_per_hour=360))

    with pytest.raises(IncompatibleError):
        await first(connector, 1, after=Cursor(text))


async def test_a_cursor_from_the_future_waits_from_now() -> None:
    world = World()
    connector = await world.connected(quick(changes_per_hour=360))

    changes = await first(connector, 1, after=Cursor("9" * 18))

    assert changes[0].at == world.clock.now()
