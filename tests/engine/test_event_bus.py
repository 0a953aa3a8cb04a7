"""The event bus: nothing is lost, nothing is told twice."""

import asyncio

import pytest

from integration_tui.domain.events import AuditAppended, Event, HealthChanged, StoreChanged
from integration_tui.domain.ids import IntegrationId
from integration_tui.engine.event_bus import EventBus

A, B = HealthChanged(IntegrationId("a")), HealthChanged(IntegrationId("b"))


async def test_equal_pending_events_are_one_event() -> None:
    bus = EventBus()
    with bus.subscribe(HealthChanged) as changes:
        for event in (A, B, A, A):
            bus.publish(event)

        assert await changes.batch() == [A, B]


async def test_a_subscriber_hears_what_it_asked_for() -> None:
    bus = EventBus()
    with bus.subscribe(AuditAppended, StoreChanged) as changes:
        for event in (A, AuditAppended(), StoreChanged()):
            bus.publish(event)

        assert await changes.batch() == [AuditAppended(), StoreChanged()]


async def test_what_comes_while_nobody_looks_is_kept() -> None:
    bus = EventBus()
    with bus.subscribe(Event) as changes:
        bus.publish(A)
        await changes.batch()
        bus.publish(A)
        bus.publish(B)

        assert await changes.batch() == [A, B]


async def test_a_reader_that_waits_is_woken() -> None:
    bus = EventBus()
    with bus.subscribe(Event) as changes:
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            reader = group.create_task(changes.batch())
            await asyncio.sleep(0)
            bus.publish(A)

        assert reader.result() == [A]


async def test_a_batch_is_never_empty() -> None:
    """Also when the event that woke a reader was taken before the reader came to run."""
    bus = EventBus()
    with bus.subscribe(Event) as changes:
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            sleeper = group.create_task(changes.batch())
            await asyncio.sleep(0)
            bus.publish(A)
            taken = await changes.batch()
            await asyncio.sleep(0)
            bus.publish(B)

        assert taken == [A]
        assert sleeper.result() == [B]


async def test_a_reader_that_was_cancelled_loses_nothing() -> None:
    bus = EventBus()
    with bus.subscribe(Event) as changes:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await changes.batch()
        bus.publish(A)

        assert await changes.batch() == [A]


async def test_who_has_left_hears_nothing_more() -> None:
    bus = EventBus()
    with bus.subscribe(Event) as early:
        pass
    bus.publish(A)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await early.batch()


async def test_publishing_from_another_thread_is_refused() -> None:
    bus = EventBus()

    with bus.subscribe(Event), pytest.raises(RuntimeError, match="thread"):
        await asyncio.to_thread(bus.publish, A)
