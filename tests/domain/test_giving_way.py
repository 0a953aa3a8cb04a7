"""Others have their turns between long pieces of work."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from integration_tui.domain.giving_way import give_way

HOPS = 10
"""A key goes through so many tasks until the screen is drawn."""


async def _turns_between(tasks: int) -> list[int]:
    """Return how many turns of the loop lie between the pieces of `tasks` tasks."""
    now = 0
    begun: list[int] = []

    async def work() -> None:
        while True:
            await give_way()
            begun.append(now)

    async with asyncio.TaskGroup() as group:
        workers = [group.create_task(work()) for _ in range(tasks)]
        while len(begun) < 3 * tasks:
            await asyncio.sleep(0)
            now += 1
        for worker in workers:
            worker.cancel()
    return [after - before for before, after in pairwise(begun)]


async def test_a_key_waits_for_one_piece_at_most() -> None:
    assert min(await _turns_between(tasks=1)) > HOPS


async def test_a_key_waits_for_one_piece_of_several_tasks() -> None:
    assert min(await _turns_between(tasks=4)) > HOPS


async def test_every_task_has_its_turn_in_order() -> None:
    order: list[int] = []

    async def work(number: int) -> None:
        for _ in range(2):
            await give_way()
            order.append(number)

    async with asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(work(number))
    assert order == [0, 1, 2, 0, 1, 2]


async def test_a_task_that_is_cancelled_lets_the_next_one_go_on() -> None:
    first = asyncio.create_task(give_way())
    second = asyncio.create_task(give_way())
    await asyncio.sleep(0)
    first.cancel()
    async with asyncio.timeout(5):
        await second
    assert first.cancelled()
