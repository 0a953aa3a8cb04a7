"""Ends the console where nobody can do it by a key: a signal came, or the terminal is gone.

What is written to a terminal waits in a queue, which fills up when nobody reads it any more: then
the loop stands still for ever. So a thread of its own watches, and has the last word.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from typing import Final

GRACE_S: Final = 10.0
"""So long may leaving take; whatever is stored outlives being killed."""
_CHECK_INTERVAL_S: Final = 2.0


class ShutdownWatcher:
    """`leave` asks the loop to end, from whatever thread."""

    def __init__(self, leave: Callable[[], object]) -> None:
        self._leave = leave
        self._has_to = threading.Event()

    def watch(self, terminal: int) -> None:
        """Leave on signals, and when what is a terminal now is none any more."""
        for number in (signal.SIGTERM, signal.SIGHUP):
            # Not by the loop, which may stand still.
            signal.signal(number, lambda _number, _frame: self._has_to.set())
        look_s = _CHECK_INTERVAL_S if os.isatty(terminal) else None
        threading.Thread(
            target=self._wait, args=(terminal, look_s), name="leaving", daemon=True
        ).start()

    def _wait(self, terminal: int, look_s: float | None) -> None:
        while not self._has_to.wait(look_s):
            if not os.isatty(terminal):
                break
        self._leave()
        threading.Event().wait(GRACE_S)
        os._exit(1)
