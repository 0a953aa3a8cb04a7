"""Notices when something blocks the event loop, and says which connector it was.

A blocking call cannot be interrupted from outside: the program stands still until it returns.
A thread looks on, and writes the place in the code to the log while it stands there.
"""

from __future__ import annotations

import asyncio
import sys
import traceback
from threading import Event, Thread, get_ident
from types import FrameType
from typing import TYPE_CHECKING, Final

from integration_tui.domain.ids import IntegrationId
from integration_tui.logging_setup import get

if TYPE_CHECKING:
    from integration_tui.domain.clock import Monotonic

PATIENCE_S: Final = 1.0
"""How long the loop may not answer before it counts as blocked."""
_LATE_S: Final = 2.0
"""A thread that awakes so much too late was not waiting for the loop: it was stopped itself."""
_log = get(__name__)


class Watchdog:
    """Asks the loop from a thread whether it is still there."""

    def __init__(self, monotonic: Monotonic, *, patience_s: float = PATIENCE_S) -> None:
        self._monotonic = monotonic
        self._patience_s = patience_s
        self._blocked: dict[IntegrationId, float] = {}
        self._ended = Event()
        self._stops = 0
        self._loop_thread = 0

    def blocked_s(self, integration_id: IntegrationId) -> float:
        """Return the least time a connector blocked the loop since this was asked last, or 0."""
        return self._blocked.pop(integration_id, 0.0)

    def resumed(self) -> None:
        """The whole process was stopped, and goes on: nothing of that was blocking."""
        self._stops += 1

    async def run(self) -> None:
        """Watch for ever."""
        loop = asyncio.get_running_loop()
        self._loop_thread = get_ident()
        self._ended.clear()
        thread = Thread(target=self._watch, args=(loop,), name="watchdog", daemon=True)
        thread.start()
        try:
            await loop.create_future()
        finally:
            self._ended.set()

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        while not self._ended.wait(self._patience_s):
            answered = Event()
            asked, stops = self._monotonic(), self._stops
            try:
                loop.call_soon_threadsafe(answered.set)
            except RuntimeError:  # the loop is closed
                return
            if not answered.wait(self._patience_s) and not self._stood_still(asked, stops):
                self._wait_for(loop, answered, asked)

    def _stood_still(self, asked: float, stops: int) -> bool:
        """Return whether all threads stood still, this one too: then nothing blocks the loop."""
        return self._stops != stops or self._monotonic() - asked > self._patience_s + _LATE_S

    def _wait_for(self, loop: asyncio.AbstractEventLoop, answered: Event, asked: float) -> None:
        culprit = _connector(asyncio.current_task(loop))
        place = "".join(traceback.format_stack(_frame(self._loop_thread))[-4:])
        _log.error("something blocks the program", integration=culprit, at=place)
        blocked_s = self._noted(culprit, asked)
        while not answered.wait(self._patience_s) and not self._ended.is_set():
            blocked_s = self._noted(culprit, asked)
        _log.error("the program goes on", integration=culprit, blocked_s=round(blocked_s, 1))

    def _noted(self, culprit: IntegrationId | None, asked: float) -> float:
        # Noted while it still blocks: its check may be reported before this thread runs again.
        blocked_s = self._monotonic() - asked
        if culprit:
            self._blocked[culprit] = blocked_s
        return blocked_s


def _frame(thread: int) -> FrameType | None:
    # There is no other way to look at a thread that stands still.
    return sys._current_frames().get(thread)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def _connector(task: asyncio.Task[object] | None) -> IntegrationId | None:
    """Return whose call a task is; see `containment.task_name`."""
    words = task.get_name().split() if task else []
    return IntegrationId(words[1]) if words[:1] == ["connector"] else None
