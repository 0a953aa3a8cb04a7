"""Messages in a real file: newest first, one a topic, read up to a number, let go of when old."""

from datetime import timedelta

import pytest

from integration_tui.domain.events import MessagesChanged
from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.integration import Trouble
from integration_tui.domain.message import Message, MessageKind, NewMessage
from integration_tui.store.database import Database
from tests.store.fixtures import LINCOLN, NOON, World, integration

K = MessageKind


def message(
    kind: MessageKind = K.DOWN,
    *,
    minutes: float = 0,
    run: int | None = None,
    trouble: Trouble | None = None,
    name: IntegrationId = LINCOLN,
) -> NewMessage:
    return NewMessage(
        kind=kind,
        integration_id=name,
        at=NOON + timedelta(minutes=minutes),
        sentence=f"{kind} at {minutes:g}.",
        run_id=RunId(run) if run else None,
        trouble=trouble,
    )


async def add(database: Database, *new: NewMessage) -> None:
    for one in new:
        async with database.transaction() as transaction:
            await transaction.messages.add(one)


async def stored(database: Database, *, unread_only: bool = False) -> list[Message]:
    async with database.reading() as rows:
        return await rows.messages.page(unread_only=unread_only)


async def test_the_newest_stands_first_and_all_of_it_is_kept(lincoln: Database) -> None:
    await add(
        lincoln,
        message(trouble=Trouble.CREDENTIALS),
        message(K.HELD, minutes=1, run=3),
        message(K.BACK, minutes=2),
    )

    back, held, down = await stored(lincoln)

    assert (back.kind, held.run_id, down.trouble) == (K.BACK, 3, Trouble.CREDENTIALS)
    assert (held.at, held.first_at, held.times) == (
        NOON + timedelta(minutes=1),
        NOON + timedelta(minutes=1),
        1,
    )
    assert held.sentence == "held at 1."
    assert back.id > held.id > down.id


async def test_what_is_rolled_back_was_never_said(world: World, lincoln: Database) -> None:
    world.published.clear()

    async def fail() -> None:
        async with lincoln.transaction() as transaction:
            await transaction.messages.add(message())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()

    assert await stored(lincoln) == []
    assert MessagesChanged() not in world.published


async def test_a_message_is_published_once_it_is_stored(world: World, lincoln: Database) -> None:
    world.published.clear()

    await add(lincoln, message())

    assert world.published == [MessagesChanged()]


async def test_the_same_about_a_run_is_one_message_that_counts(lincoln: Database) -> None:
    await add(lincoln, message(K.FAILED, run=3), message(K.FAILED, run=4), message(K.HELD, run=3))
    await add(lincoln, message(K.FAILED, run=3, minutes=600))

    again, held, other = await stored(lincoln)

    assert (again.run_id, again.times, again.first_at) == (3, 2, NOON)
    assert again.at == NOON + timedelta(hours=10)
    assert (held.kind, other.run_id) == (K.HELD, 4)


async def test_who_comes_and_goes_is_one_message_an_hour(lincoln: Database) -> None:
    for minutes in range(0, 50, 10):
        await add(lincoln, message(minutes=minutes), message(K.BACK, minutes=minutes + 5))
    await add(lincoln, message(minutes=200))

    found = await stored(lincoln)

    assert [(one.kind, one.times) for one in found] == [(K.DOWN, 1), (K.BACK, 5), (K.DOWN, 5)]


async def test_another_trouble_is_another_message(lincoln: Database) -> None:
    await add(lincoln, message(trouble=Trouble.NOT_READY), message(trouble=Trouble.CREDENTIALS))

    assert len(await stored(lincoln)) == 2


async def test_read_is_what_was_there_when_it_was_marked(lincoln: Database) -> None:
    await add(lincoln, message(), message(K.BACK, minutes=1))
    async with lincoln.transaction() as transaction:
        assert await transaction.messages.unread() == 2
        assert await transaction.messages.mark_read() == 2
        assert await transaction.messages.mark_read() == 0
    await add(lincoln, message(K.DEGRADED, minutes=2))

    assert [one.is_read for one in await stored(lincoln)] == [False, True, True]
    assert [one.kind for one in await stored(lincoln, unread_only=True)] == [K.DEGRADED]


async def test_marking_up_to_one_leaves_the_newer_ones_and_never_goes_back(
    lincoln: Database,
) -> None:
    await add(lincoln, message(), message(K.BACK, minutes=1), message(K.DEGRADED, minutes=2))
    newest, middle, oldest = await stored(lincoln)
    async with lincoln.transaction() as transaction:
        assert await transaction.messages.mark_read(middle.id) == 2
        assert await transaction.messages.mark_read(oldest.id) == 0
        assert await transaction.messages.mark_read(newest.id + 1_000) == 1
    await add(lincoln, message(minutes=300))

    assert len(await stored(lincoln, unread_only=True)) == 1, "nothing is read before it is there"


async def test_what_was_read_and_happens_again_is_unread(lincoln: Database) -> None:
    await add(lincoln, message())
    async with lincoln.transaction() as transaction:
        await transaction.messages.mark_read()

    await add(lincoln, message(minutes=5))

    assert [(one.times, one.is_read) for one in await stored(lincoln)] == [(2, False)]


async def test_a_page_goes_on_where_the_last_one_ended(lincoln: Database) -> None:
    await add(lincoln, *(message(K.FAILED, run=number) for number in range(1, 8)))

    async with lincoln.reading() as rows:
        first = await rows.messages.page(limit=3)
        second = await rows.messages.page(before=first[-1].id, limit=10)

    assert [one.run_id for one in [*first, *second]] == [7, 6, 5, 4, 3, 2, 1]


async def test_what_was_said_last_is_known_for_each(lincoln: Database) -> None:
    adams = IntegrationId("adams")
    async with lincoln.transaction() as transaction:
        await transaction.integrations.add(integration(adams))
    await add(lincoln, message(), message(K.BACK, minutes=1), message(name=adams))
    await add(lincoln, message(K.HELD, run=1, minutes=2))

    async with lincoln.reading() as rows:
        found = await rows.messages.newest_of_health({LINCOLN, adams, IntegrationId("none")})

    assert {name: one.kind for name, one in found.items()} == {LINCOLN: K.BACK, adams: K.DOWN}


async def test_old_ones_are_let_go_of(lincoln: Database) -> None:
    await add(lincoln, message(), message(minutes=90), message(K.BACK, minutes=91))

    async with lincoln.transaction() as transaction:
        assert await transaction.messages.forget_before(NOON + timedelta(minutes=60)) == 1
        assert await transaction.messages.forget_before(NOON + timedelta(minutes=60)) == 0

    assert [one.kind for one in await stored(lincoln)] == [K.BACK, K.DOWN]


async def test_however_many_there_are_only_the_newest_are_kept(lincoln: Database) -> None:
    await add(lincoln, *(message(K.FAILED, run=number) for number in range(1, 8)))

    async with lincoln.transaction() as transaction:
        assert await transaction.messages.forget_before(NOON - timedelta(days=1), kept=4) == 3

    assert [one.run_id for one in await stored(lincoln)] == [7, 6, 5, 4]


async def test_messages_go_with_their_integration(lincoln: Database) -> None:
    await add(lincoln, message(), message(K.HELD, run=1))

    async with lincoln.transaction() as transaction:
        await transaction.integrations.remove(LINCOLN)

    assert await stored(lincoln) == []
