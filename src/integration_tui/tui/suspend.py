"""Ctrl-Z: the console stops as the shell's other programs do, and `fg` brings it back.

The whole process group is stopped, so that a script around it stops too. Where no shell waits for
that, the kernel passes over the signal, and the console goes on at once.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from textual.app import SuspendNotSupported

if TYPE_CHECKING:
    from types import FrameType

    from textual.app import App

NO_TERMINAL: Final = "Ctrl-Z suspends the console in a terminal only."
NO_SHELL: Final = "No shell would bring the console back, so it was not suspended."


class SuspendHandler:
    """`resumed` is called at once when the process goes on after it was stopped."""

    def __init__(self, app: App[None], resumed: Callable[[], None]) -> None:
        self._app = app
        self._resumed = resumed
        self._own_returns = 0

    def watch(self) -> None:
        """Do the same for signals from outside: also one that nobody can catch has an end."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTSTP, self.suspend)
        loop.add_signal_handler(signal.SIGCONT, self._continued)

    def suspend(self) -> str:
        """Stop until somebody brings it back; return why it was not stopped, if so."""
        has_terminal = not (self._app.is_headless or self._app.is_web)
        if has_terminal and os.getpgrp() == os.getsid(0):
            return NO_SHELL  # nobody in this session is left to bring it back
        try:
            with self._app.suspend():
                was_stopped = _stop()
        except SuspendNotSupported:
            return NO_TERMINAL
        if not was_stopped:
            return NO_SHELL
        self._own_returns += 1
        self._resumed()
        return ""

    def _continued(self) -> None:
        if self._own_returns:
            self._own_returns -= 1
            return
        # It was stopped without a warning, and the shell has used the terminal since.
        with self._app.suspend():
            self._resumed()


def _stop() -> bool:
    """Stop this process group; return whether that happened, once it goes on."""
    came_back: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came_back.append(number)

    on_stop = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    on_return = signal.signal(signal.SIGCONT, note)
    try:
        os.killpg(os.getpgrp(), signal.SIGTSTP)
    finally:
        signal.signal(signal.SIGCONT, on_return)
        signal.signal(signal.SIGTSTP, on_stop)
    return bool(came_back)
