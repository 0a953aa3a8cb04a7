"""Locks beside the store's file, for what only one process may do; freed when it dies.

Who holds it is written in it, for people; the lock counts, not the text.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from integration_tui.domain.errors import StoreError
from integration_tui.domain.text import visible

if TYPE_CHECKING:
    from filelock import FileLock

_MOST: Final = 200


class StoreLock:
    """Held by the one process that does what it is named for."""

    def __init__(self, store: Path, name: str = "engine") -> None:
        self.path = store.with_name(f"{store.name}.{name}.lock")
        self._lock: FileLock | None = None

    def acquire(self) -> bool:
        """Take the lock if it is free; return whether it is ours. Raises `StoreError`."""
        try:
            self._lock = self._lock or self._taken()
            if self._lock is not None:
                self._write(f"process {os.getpid()} on {socket.gethostname()}\n")
        except OSError as error:
            raise StoreError(
                f"the lock {self.path} cannot be made: {error.strerror}",
                advice="give yourself the right to write there",
            ) from error
        return self._lock is not None

    def release(self) -> None:
        """Give the lock back; harmless where it is not ours."""
        lock, self._lock = self._lock, None
        if lock is not None:
            with suppress(OSError):
                self._write("")
            lock.release()

    def holder(self) -> str:
        """Say which other process holds the lock, as far as it is known; empty where none does."""
        if self._lock is not None or not self.path.exists():
            return ""
        try:
            free = self._taken()
        except OSError:  # we may not even ask
            return self._written()
        if free is None:
            return self._written() or "another process"
        free.release()
        return ""

    def _taken(self) -> FileLock | None:
        from filelock import FileLock, Timeout

        lock = FileLock(self.path, mode=0o600)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return None
        return lock

    def _write(self, text: str) -> None:
        self.path.write_text(text, encoding="utf-8")

    def _written(self) -> str:
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return visible(text.strip(), limit=_MOST)
