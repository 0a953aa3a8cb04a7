"""What SQLite complains of, in words for an administrator."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from integration_tui.domain.errors import StoreError
from integration_tui.domain.tracebacks import kind_of

_WORDS = {
    "BUSY": ("another process is writing to the store {}", "wait a moment, then try again"),
    "LOCKED": ("another process is writing to the store {}", "wait a moment, then try again"),
    "FULL": ("disk full: {} cannot grow", "free disk space, then try again"),
    "READONLY": ("the store {} is read-only", "grant write permission (chmod u+w)"),
    "PERM": ("permission denied: the store {}", "grant read and write permission (chmod u+rw)"),
    "CANTOPEN": (
        "the store {} cannot be opened",
        "check the permissions of the file and its folder",
    ),
    "NOTADB": ("{} is not a store or is damaged", "restore the store from a backup"),
    "CORRUPT": ("the store {} is damaged", "restore the store from a backup"),
    "IOERR": ("disk read or write failed for the store {}", "check the disk"),
}


@contextmanager
def translate_errors(path: Path) -> Generator[None]:
    """Turn the driver's errors into a `StoreError`. What was going on has been undone."""
    # What the console shows first comes from a store's file, and waits for no SQLAlchemy.

    try:
        yield
    except sqlite3.Error as error:
        raise _store_error(path, error) from error


def _store_error(path: Path, error: sqlite3.Error) -> StoreError:
    kind = str(getattr(error, "sqlite_errorname", "")).removeprefix("SQLITE_").partition("_")[0]
    if kind in _WORDS:
        message, advice = _WORDS[kind]
        return StoreError(message.format(path), advice=advice)
    return StoreError(
        f"the store {path} reported an error: {_reason(error)}", advice="nothing was changed"
    )


def _reason(error: sqlite3.Error) -> str:
    """Return what SQLite says where it names tables and columns only; otherwise the kind."""
    if isinstance(error, sqlite3.IntegrityError):
        return str(error)
    return kind_of(error)
