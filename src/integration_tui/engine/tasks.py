"""Ends what was begun. Breaking off a write would leave open whether it was done."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")


async def finish(work: Coroutine[object, object, T]) -> T:
    """Return what `work` returns. When cancelled, wait for its end before giving way."""
    task = asyncio.create_task(work, name="finish")
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,))
        consume_exception(task)
        raise


def consume_exception(task: asyncio.Task[T]) -> None:
    """Ask an ended task how it ended, so that asyncio does not complain that nobody did."""
    if not task.cancelled():
        task.exception()
