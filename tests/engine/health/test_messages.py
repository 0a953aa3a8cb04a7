"""Each change of status that is news is said once, with the change itself."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest

from integration_tui.domain.integration import IntegrationStatus, Problem, Trouble
from integration_tui.domain.message import Message, MessageKind
from integration_tui.engine.health.evaluation import StatusSnapshot
from integration_tui.engine.health.transitions import StatusChange, apply
from integration_tui.store.database import Database
from integration_tui.store.sqlite_file import prepare
from tests.store.fixtures import LINCOLN, NOON, World, integration, version
from tests.stores import empty_store

S, K = IntegrationStatus, MessageKind
REFUSED = Problem(trouble=Trouble.NOT_READY, message="sis.example refuses connections")
EXPIRED = Problem(
    trouble=Trouble.CREDENTIALS,
    message="the token expired",
    advice="ask the server's administrator to renew the certificate",
)


@pytest.fixture
async def lincoln(tmp_path: Path) -> AsyncGenerator[Database]:
    world = World(tmp_path)
    prepare(world.path, read_only=False)
    world.path.write_bytes(empty_store())
    database = world.database()
    await database.open()
    async with database.transaction() as transaction:
        await transaction.integrations.add(integration())
        await transaction.configs.add(version())
    yield database
    await database.close()


def change(
    status: IntegrationStatus,
    minutes: float,
    *,
    problem: Problem | None = None,
    reason: str = "",
) -> StatusChange:
    return StatusChange(
        integration_id=LINCOLN,
        revision=1,
        snapshot=StatusSnapshot(
            status=status,
            problem=problem,
            next_attempt_at=NOON if problem and problem.trouble is Trouble.NOT_READY else None,
        ),
        at=NOON + timedelta(minutes=minutes),
        reason=reason,
    )


async def turn(database: Database, *changes: StatusChange) -> None:
    async with database.transaction() as transaction:
        await apply(transaction, changes)


async def said(database: Database) -> list[Message]:
    async with database.reading() as rows:
        return list(reversed(await rows.messages.page()))


async def test_down_and_back_are_said_with_cause_and_duration(lincoln: Database) -> None:
    await turn(lincoln, change(S.ACTIVE, 0))
    await turn(lincoln, change(S.ERROR, 1, problem=REFUSED))
    await turn(lincoln, change(S.CONNECTING, 14))
    await turn(lincoln, change(S.ACTIVE, 15))

    down, back = await said(lincoln)

    assert (down.kind, down.trouble) == (K.DOWN, Trouble.NOT_READY)
    assert down.sentence == "Refuses connections. Retrying automatically."
    assert down.at == NOON + timedelta(minutes=1)
    assert (back.kind, back.sentence) == (K.BACK, "Recovered after 14 min.")


async def test_all_of_it_in_one_batch_is_said_as_well(lincoln: Database) -> None:
    await turn(
        lincoln,
        change(S.ERROR, 1, problem=REFUSED),
        change(S.CONNECTING, 2),
        change(S.ACTIVE, 3),
        change(S.DEGRADED, 4, reason="slow: 3366 ms"),
    )

    found = await said(lincoln)

    assert [one.kind for one in found] == [K.DOWN, K.BACK, K.DEGRADED]
    assert found[-1].sentence == "Slow response: 3.4 s."


async def test_an_engine_that_starts_anew_says_nothing_twice(lincoln: Database) -> None:
    await turn(lincoln, change(S.ERROR, 1, problem=EXPIRED))
    for minutes in (10, 20, 30):
        await turn(lincoln, change(S.CONNECTING, minutes))
        await turn(lincoln, change(S.ERROR, minutes + 1, problem=EXPIRED))

    (only,) = await said(lincoln)

    assert (only.times, only.at) == (1, NOON + timedelta(minutes=1))


async def test_another_trouble_while_it_is_down_is_news(lincoln: Database) -> None:
    await turn(lincoln, change(S.ERROR, 1, problem=REFUSED))
    await turn(lincoln, change(S.ERROR, 2, problem=REFUSED))
    await turn(lincoln, change(S.ERROR, 3, problem=EXPIRED))

    first, second = await said(lincoln)
    assert (first.trouble, second.trouble) == (Trouble.NOT_READY, Trouble.CREDENTIALS)
    assert second.sentence == "Credentials expired. Not retried until a new secret is stored."


async def test_a_first_start_and_a_stop_are_no_news(lincoln: Database) -> None:
    await turn(lincoln, change(S.CONNECTING, 0))
    await turn(lincoln, change(S.ACTIVE, 1))
    await turn(lincoln, change(S.INACTIVE, 2))

    assert await said(lincoln) == []


async def test_a_change_that_holds_no_more_is_not_said(lincoln: Database) -> None:
    late = StatusChange(
        integration_id=LINCOLN,
        revision=99,
        snapshot=StatusSnapshot(status=S.ERROR, problem=REFUSED),
        at=NOON,
    )
    await turn(lincoln, late)

    assert await said(lincoln) == []
