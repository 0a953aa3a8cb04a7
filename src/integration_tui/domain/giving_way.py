"""Long pieces of work on the event loop, between which everything else has its turn.

A key goes from task to task until the screen is drawn, and waits a turn of the loop for each.
Where some page is read or compared in every turn, that is as many pages.
"""

from __future__ import annotations

import asyncio
from typing import Final

TURNS: Final = 12
"""Turns of the loop that a key needs, with a little more: ten were counted. One in which nobody
has anything to do takes some microseconds."""


async def give_way() -> None:
    """Let all others do what they have to do, and what follows from that."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


class OneByOne:
    """Has only one of several tasks go on with a long piece, the next one after giving way."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def turn(self) -> None:
        """Return when it is this task's turn; the piece is what it does until it waits again."""
        async with self._lock:
            await give_way()
