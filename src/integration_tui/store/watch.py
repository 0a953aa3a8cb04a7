"""Notices that the file of an open store is no longer the store that was opened.

SQLite would go on without a file that was removed, and write into one that was put in its place.
The file is looked at through a descriptor that stays open as long as the connections: closing one
gives up the locks that this process has on the file.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Final, NamedTuple

from integration_tui.store.place import address

_MAGIC: Final = b"SQLite format 3\0"
_HEADER: Final = 100
_COUNTER: Final = slice(24, 28)
"""Grows with each change of the first page, and never goes back."""
_BESIDE: Final = ("-wal", "-shm")


class _Mark(NamedTuple):
    """Where the store's own id stands in the file; its page never changes."""

    offset: int
    length: int
    id: bytes


class FileWatch:
    """Knows one file as it was when it was opened, and what SQLite keeps beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._identity = _identity(path)
        self._mark = _mark(path)
        self._is_marked = False
        self._size = 0
        self._counter = b""
        self._beside: dict[str, tuple[int, int]] = {}

    def close(self) -> None:
        os.close(self._descriptor)

    def hold_beside(self) -> None:
        """Remember the files beside the store: a connection that stays open uses them now."""
        for suffix in _BESIDE:
            found = _identity(self._named(suffix))
            if found is not None:
                self._beside.setdefault(suffix, found)

    def let_go_beside(self) -> None:
        """Forget them: no connection holds them any more."""
        self._beside.clear()

    def trouble(self) -> str:
        """Return what became of the store, in words; empty while it is as it should be."""
        if _identity(self.path) != self._identity:
            return f"the store {self.path} was moved, deleted or replaced while it was open"
        if self._is_overwritten():
            return f"the store {self.path} was emptied or overwritten while it was open"
        for suffix, known in self._beside.items():
            if _identity(self._named(suffix)) != known:
                return f"{self._named(suffix)}, a part of the store, was deleted while it was open"
        return ""

    @property
    def is_lost(self) -> bool:
        """Whether the file itself is not what was opened: nothing may be written into it."""
        return _identity(self.path) != self._identity or self._is_overwritten()

    def _is_overwritten(self) -> bool:
        size = os.fstat(self._descriptor).st_size
        header = os.pread(self._descriptor, _HEADER, 0)
        counter = header[_COUNTER]
        if size < self._size or counter < self._counter or header[: len(_MAGIC)] != _MAGIC:
            return True
        self._size, self._counter = size, counter
        return self._is_another()

    def _is_another(self) -> bool:
        """Return whether the store's id is gone. At first it may stand in the -wal file only."""
        if self._mark is None:
            return False
        page = os.pread(self._descriptor, self._mark.length, self._mark.offset)
        is_there = self._mark.id in page
        self._is_marked |= is_there
        return self._is_marked and not is_there

    def _named(self, suffix: str) -> Path:
        return self.path.with_name(f"{self.path.name}{suffix}")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _mark(path: Path) -> _Mark | None:
    with suppress(sqlite3.Error):  # opening the store will say it
        where = address(path, writes=False)
        with closing(sqlite3.connect(where, uri=True)) as file:
            root = file.execute("SELECT rootpage FROM sqlite_master WHERE name = 'store_identity'")
            found = root.fetchone()
            size = int(file.execute("PRAGMA page_size").fetchone()[0])
            row = file.execute("SELECT id FROM store_identity").fetchone() if found else None
            if row is not None:
                return _Mark((int(found[0]) - 1) * size, size, str(row[0]).encode())
    return None
