"""What SQLite complains of, in words for an administrator."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from integration_tui.domain.errors import StoreError
from integration_tui.domain.tracebacks import kind_of

_WORDS = {
    "BUSY": ("another process is writing to the store {}", "wait a moment, then try again"),
    "LOCKED": ("another process is writing to the store {}", "wait a moment, then try again"),
    "FULL": ("the disk is full: {} cannot grow", "make room, then try again"),
    "READONLY": ("the store {} is read-only", "give yourself the right to write it"),
    "PERM": ("the store {} may not be opened", "give yourself the right to read and write it"),
    "CANTOPEN": ("the store {} cannot be opened", "look at the rights of the file and its folder"),
    "NOTADB": ("{} is not a store, or it is damaged", "restore it from a backup"),
    "CORRUPT": ("the store {} is damaged", "restore it from a backup"),
    "IOERR": ("the disk did not take or give what the store {} asked for", "look at the disk"),
}


@contextmanager
def translate_errors(path: Path) -> Generator[None]:
    """Turn the driver's errors into a `StoreError`. What was going on has been undone."""
    try:
        yield
    except DBAPIError as error:
        raise _store_error(path, error.orig) from error
    except sqlite3.Error as error:
        raise _store_error(path, error) from error
    except NoConnectionError as error:
        raise StoreError("the store was asked for too much at once", advice="try again") from error


def _store_error(path: Path, error: BaseException | None) -> StoreError:
    kind = str(getattr(error, "sqlite_errorname", "")).removeprefix("SQLITE_").partition("_")[0]
    if kind in _WORDS:
        message, advice = _WORDS[kind]
        return StoreError(message.format(path), advice=advice)
    return StoreError(f"the store {path} refused: {_reason(error)}", advice="nothing was changed")


def _reason(error: BaseException | None) -> str:
    """Return what SQLite says where it names tables and columns only; otherwise the kind."""
    if isinstance(error, sqlite3.IntegrityError):
        return str(error)
    return "no reason" if error is None else kind_of(error)
