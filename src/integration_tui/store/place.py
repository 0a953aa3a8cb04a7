"""Where a store is: its URL, its file, and what can be wrong with them before it is opened.

A file is looked at without changing a byte of it: what this program cannot use, it leaves alone.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from integration_tui.domain.errors import StoreError
from integration_tui.store.complaints import in_words

APPLICATION_ID = 0x1E67A71
"""Stands in the header of every store, so that another program's database is told apart."""
_PREFIX = "sqlite:///"
_OWNER_ONLY = 0o600
_ELSEWHERE = "name another place with --store"


def path_of(url: str) -> Path:
    """Return the file that a store's URL names. Raises `StoreError` for what is not a file."""
    scheme = url.partition(":")[0]
    if scheme.partition("+")[0] != "sqlite":
        raise StoreError(
            f"a store of the kind {scheme!r} cannot be used; this version keeps it in SQLite",
            advice="write sqlite:///PATH, or leave --store out",
        )
    name = url.removeprefix(_PREFIX)
    if name == url or name in {"", ":memory:"}:
        raise StoreError("the store's address names no file", advice="write sqlite:///PATH")
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
            advice=f"give yourself the right to enter its folder, or {_ELSEWHERE}",
        ) from error
    if is_folder:
        raise StoreError(f"{path} is a folder, not a store", advice="name a file in it")
    if is_there and not path.is_file():
        raise StoreError(f"{path} is a device or a pipe, not a store", advice=_ELSEWHERE)
    if not is_there:
        _create(path, read_only=read_only)
    if not os.access(path, os.R_OK):
        raise StoreError(f"{path} cannot be read", advice="give yourself the right to read it")
    if not read_only and not os.access(path, os.W_OK):
        raise StoreError(
            f"{path} is read-only",
            advice="give yourself the right to write it, or look at it with --readonly",
        )
    if not read_only and not os.access(path.parent, os.W_OK):
        raise StoreError(
            f"the folder {path.parent} is read-only, and SQLite keeps files beside the store",
            advice=f"give yourself the right to write there, or {_ELSEWHERE}",
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
            advice="copy both files into a folder that you may write, and name that with --store",
        )
    return f"{uri}?mode=ro&immutable=1"


def _create(path: Path, *, read_only: bool) -> None:
    if read_only:
        raise StoreError(f"there is no store at {path}", advice="start once without --readonly")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, _OWNER_ONLY))
    except OSError as error:
        raise StoreError(
            f"the store {path} cannot be made: {error.strerror}", advice=_ELSEWHERE
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
    with in_words(path), closing(sqlite3.connect(address(path, writes=False), uri=True)) as file:
        number = int(file.execute("PRAGMA user_version").fetchone()[0])
        owner = int(file.execute("PRAGMA application_id").fetchone()[0])
        is_empty = not file.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    if is_empty and not owner:
        return 0
    if owner != APPLICATION_ID:
        raise StoreError(f"{path} is a database of another program", advice=_ELSEWHERE)
    if number > newest:
        raise StoreError(
            f"the store {path} was made by a newer version of this program: its schema is "
            f"{number}, this version knows {newest}",
            advice="install the newer version; nothing was changed",
        )
    return number
