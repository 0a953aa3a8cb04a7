"""The few slots on which connectors work at the same time.

HTTP pools cost more per request the more requests wait in them, so requests wait here. Who takes
long has little left to do but wait for the other side: it gives its slot back and goes on
without, so that a handful of systems that hang cannot hold up a thousand that do not.
"""

from __future__ import annotations

import asyncio


class ConcurrencyLimiter:
    """`count` slots; each is free again after `longest_s` at the latest."""

    def __init__(self, count: int, *, longest_s: float) -> None:
        self._free = asyncio.Semaphore(count)
        self._longest_s = longest_s

    async def take(self) -> Slot:
        """Wait for a slot, first come first served."""
        await self._free.acquire()
        return Slot(self._free, self._longest_s)


class Slot:
    """A taken slot."""

    __slots__ = ("_free", "_timer")

    def __init__(self, free: asyncio.Semaphore, longest_s: float) -> None:
        self._free: asyncio.Semaphore | None = free
        self._timer = asyncio.get_running_loop().call_later(longest_s, self.leave)

    def leave(self) -> None:
        """Give the slot back; harmless where it is back already."""
        if self._free is not None:
            self._timer.cancel()
            self._free.release()
            self._free = None
