"""Long pieces of work on the event loop, between which everything else has its turn.

A key goes from task to task until the screen is drawn, and waits a turn of the loop for each.
Where some page is read or compared in every turn, that is as many pages.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Final

TURNS: Final = 12
"""Turns of the loop that a key needs, with a little more: ten were counted. One in which nobody
has anything to do takes some microseconds."""


async def give_way() -> None:
    """Let all others do what they have to do, and what follows from that.

    Only one of several tasks goes on at a time, in the order in which they came: with the long
    piece that it does before it waits again.
    """
    async with _order(asyncio.get_running_loop()):
        for _ in range(TURNS):
            await asyncio.sleep(0)


@lru_cache(maxsize=1)  # a program has one loop; no other is kept alive
def _order(_loop: asyncio.AbstractEventLoop) -> asyncio.Lock:
    return asyncio.Lock()
