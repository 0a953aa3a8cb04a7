"""Keeps garbage collection short: what has come to stay is not looked at again for an hour.

A thousand open lines are a million objects. A full collection goes through all of them while the
event loop stands still: 130 ms, every second or two where a console makes objects, too. What is
frozen is left out; a cycle among it that is given up meanwhile stays until the hour is over.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from integration_tui.domain.clock import Sleep

_LONGEST_S: Final = 3600.0


class GcTuner:
    """Freezes after `settle_s`, after as long again, then twice as long, up to once an hour."""

    def __init__(self, *, settle_s: float, sleep: Sleep) -> None:
        self._settle_s = settle_s
        self._sleep = sleep

    async def run(self) -> None:
        """Do so for ever; what was frozen is let go at the end."""
        wait_s = self._settle_s
        await self._sleep(wait_s)
        try:
            gc.freeze()  # without a collection first, which is what this is to avoid
            while True:
                await self._sleep(wait_s)
                if wait_s >= _LONGEST_S:
                    gc.unfreeze()
                gc.collect()
                gc.freeze()
                wait_s = min(wait_s * 2, _LONGEST_S)
        finally:
            gc.unfreeze()
