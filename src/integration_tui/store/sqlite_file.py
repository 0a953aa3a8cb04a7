"""Where a store is: its URL, its file, and what can be wrong with them before it is opened.

A file is looked at without changing a byte of it: what this program cannot use, it leaves alone.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Final, NamedTuple

from integration_tui.domain.errors import StoreError, StoreLostError
from integration_tui.store.errors import translate_errors

APPLICATION_ID = 0x1E67A71
"""Stands in the header of every store, so that another program's database is told apart."""
BUSY_TIMEOUT_MS: Final = 5000
"""So long a writer of another process is waited for."""
WRITER_CACHE: Final = -16_000
"""In KiB, as SQLite has it. Sorting may take as much again."""
_PREFIX = "sqlite:///"
_OWNER_ONLY = 0o600
_ELSEWHERE = "choose another file with --store"


def path_of(url: str) -> Path:
    """Return the file that a store's URL names. Raises `StoreError` for what is not a file."""
    scheme = url.partition(":")[0]
    if scheme.partition("+")[0] != "sqlite":
        raise StoreError(
            f"unsupported store type {scheme!r}; this version uses SQLite",
            advice="use sqlite:///PATH, or omit --store",
        )
    name = url.removeprefix(_PREFIX)
    if name == url or name in {"", ":memory:"}:
        raise StoreError("the store URL has no file name", advice="use sqlite:///PATH")
    return Path(name).expanduser().absolute()


def prepare(path: Path, *, read_only: bool) -> None:
    """See that there is a file that can be opened; a new one is its owner's only.

    SQLite gives its -wal and -shm files the rights of the file itself.
    """
    try:
        is_folder, is_there = path.is_dir(), path.exists()
    except OSError as error:
        raise StoreError(
            f"{path} cannot be reached: {error.strerror}",
            advice=f"grant access to the folder (chmod u+x {path.parent}), or {_ELSEWHERE}",
        ) from error
    if is_folder:
        raise StoreError(f"{path} is a folder, not a store", advice="choose a file in that folder")
    if is_there and not path.is_file():
        raise StoreError(f"{path} is a device or a pipe, not a store", advice=_ELSEWHERE)
    if not is_there:
        _create(path, read_only=read_only)
    if not os.access(path, os.R_OK):
        raise StoreError(
            f"{path} cannot be read", advice=f"grant read permission: chmod u+r {path}"
        )
    if not read_only and not os.access(path, os.W_OK):
        raise StoreError(
            f"{path} is read-only",
            advice=f"grant write permission (chmod u+w {path}), or start with --readonly",
        )
    if not read_only and not os.access(path.parent, os.W_OK):
        raise StoreError(
            f"the folder {path.parent} is read-only; SQLite needs to write next to the store",
            advice=f"grant write permission (chmod u+w {path.parent}), or {_ELSEWHERE}",
        )


def address(path: Path, *, writes: bool) -> str:
    """Return the URI by which SQLite opens the file.

    Where nothing can be made beside it and nobody else writes, it is opened as a file that does
    not change. Raises `StoreError` where it cannot be read there without its -wal file.
    """
    uri = path.as_uri()
    if writes:
        return f"{uri}?mode=rw"  # never "rwc": a file that went away is an error
    if os.access(path.parent, os.W_OK):
        return f"{uri}?mode=ro"
    wal, index = (path.with_name(f"{path.name}{suffix}") for suffix in ("-wal", "-shm"))
    if index.exists() and wal.exists():
        return f"{uri}?mode=ro"
    if wal.exists() and wal.stat().st_size:
        raise StoreError(
            f"the newest changes of {path} are in {wal.name}, and its folder is read-only",
            advice="copy both files to a writable folder and pass that with --store",
        )
    return f"{uri}?mode=ro&immutable=1"


def _create(path: Path, *, read_only: bool) -> None:
    if read_only:
        raise StoreError(f"no store at {path}", advice="start once without --readonly")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, _OWNER_ONLY))
    except OSError as error:
        raise StoreError(
            f"the store {path} cannot be created: {error.strerror}", advice=_ELSEWHERE
        ) from error


def keep_private(path: Path) -> None:
    """Take every right from others, where the file is ours."""
    found = path.stat()
    if found.st_mode & 0o077 and found.st_uid == os.geteuid():
        path.chmod(_OWNER_ONLY)


def schema_of(path: Path, *, newest: int) -> int:
    """Return the number of the file's schema, 0 for an empty file. Changes nothing.

    Raises `StoreError` for a newer schema, another program's database and a damaged file.
    """
    with (
        translate_errors(path),
        closing(sqlite3.connect(address(path, writes=False), uri=True)) as file,
    ):
        number = int(file.execute("PRAGMA user_version").fetchone()[0])
        owner = int(file.execute("PRAGMA application_id").fetchone()[0])
        is_empty = not file.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    if is_empty and not owner:
        return 0
    if owner != APPLICATION_ID:
        raise StoreError(f"{path} is a database of another program", advice=_ELSEWHERE)
    if number > newest:
        raise StoreError(
            f"the store {path} was created by a newer version of this program: its schema is "
            f"{number}, this version supports {newest}",
            advice="install the newer version; nothing was changed",
        )
    return number


def named(path: str, folder: Path | None) -> str:
    """Return a document's file as it is stored."""
    return Path(path).name if folder is not None and path else path


def anchored(stored: str, folder: Path | None) -> str:
    """Return the whole path of a document's file, in the folder that is used now."""
    if folder is None or not stored:
        return stored
    return str(folder / Path(stored).name)


def is_elsewhere(stored: str, folder: Path) -> bool:
    """Return whether a stored path leads into another folder than the one that is used now."""
    return Path(stored).is_absolute() and Path(stored).parent != folder


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

    def require_file(self) -> None:
        """Raise `StoreLostError` where the file is not the one that was opened."""
        if trouble := self.trouble():
            raise StoreLostError(trouble, advice="restore the same file, or restart the program")

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
