"""Runs what a command waits for, so that Ctrl-C is heard in every moment.

asyncio alone is deaf in one: a signal that comes just before the loop begins to wait, or that the
system hands to another thread, is only seen when something else wakes the loop; and a command that
waits for a slow system has nothing else that would.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Final, TypeVar

T = TypeVar("T")

_MOST_SIGNALS: Final = 4_096


def run(main: Coroutine[object, object, T]) -> T:
    """Return what `main` returns, as `asyncio.run` does. Raises `KeyboardInterrupt` at Ctrl-C."""
    with asyncio.Runner() as runner, _woken_by_signals(runner.get_loop()):
        return runner.run(main)


@contextmanager
def _woken_by_signals(loop: asyncio.AbstractEventLoop) -> Generator[None]:
    """Have each signal wake the loop: Python writes a byte wherever and whenever one comes."""
    if threading.current_thread() is not threading.main_thread():  # no signal ever gets there
        yield
        return
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        try:
            loop.add_reader(ours, ours.recv, _MOST_SIGNALS)
        except NotImplementedError:  # on Windows, where the loop does so by itself
            yield
            return
        before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            now = signal.set_wakeup_fd(before)
            if now != theirs.fileno():  # a signal handler of the loop's own came later, and stays
                signal.set_wakeup_fd(now)
            loop.remove_reader(ours)
