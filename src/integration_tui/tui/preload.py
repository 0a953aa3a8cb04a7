"""Reads something ahead in a thread of its own, so that a slow disk keeps nobody waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class BackgroundRead(Generic[T]):
    """Begins to read at once. Whoever does not want to wait gets `otherwise`."""

    def __init__(self, read: Callable[[], T], *, otherwise: T) -> None:
        self._read = read
        self._result = otherwise
        self._is_done = threading.Event()
        threading.Thread(target=self._run, name="ahead", daemon=True).start()

    def within(self, patience_s: float) -> T:
        """Return what was read, if it is there within so many seconds."""
        self._is_done.wait(patience_s)
        return self._result

    def _run(self) -> None:
        try:
            self._result = self._read()
        finally:
            self._is_done.set()
