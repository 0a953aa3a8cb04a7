"""Several things read at once, and handed on in their order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Final, TypeVar

from integration_tui.domain.errors import ProviderError

T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S")
_END: Final = object()


async def in_order(
    items: AsyncIterator[T], read: Callable[[T], Awaitable[R]], *, depth: int
) -> AsyncGenerator[R]:
    """Yield what is read of each item, `depth` of them at once.

    Where the items end with an error, what was begun is yielded before it is raised. Nothing is
    under way any more when it ends; close it when leaving early.
    """
    coming: deque[asyncio.Task[R]] = deque()
    failure: ProviderError | None = None
    is_over = False
    try:
        while coming or not is_over:
            while not is_over and len(coming) < max(1, depth):
                try:
                    item = await anext(items)
                except StopAsyncIteration:
                    is_over = True
                except ProviderError as error:
                    is_over, failure = True, error
                else:
                    coming.append(asyncio.create_task(_read(read, item), name="roster ahead"))
            if coming:
                yield await coming.popleft()
        if failure is not None:
            raise failure
    finally:
        await _stop(coming)


async def both(one: Awaitable[R], other: Awaitable[S]) -> tuple[R, S]:
    """Return what both give; where one fails, the other is stopped first."""
    first, second = asyncio.create_task(_awaited(one)), asyncio.create_task(_awaited(other))
    try:
        await asyncio.wait((first, second), return_when=asyncio.FIRST_EXCEPTION)
        for task in (first, second):
            if task.done() and (error := task.exception()) is not None:
                raise error
        return first.result(), second.result()
    finally:
        await _stop((first, second))


async def _read(read: Callable[[T], Awaitable[R]], item: T) -> R:
    return await read(item)


async def _awaited(value: Awaitable[R]) -> R:
    return await value


async def _stop(tasks: deque[asyncio.Task[R]] | tuple[asyncio.Task[R], asyncio.Task[S]]) -> None:
    left = [task for task in tasks if not task.done()]
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # nobody asks any more; asyncio would complain otherwise
