"""Reads of a store's file over Python's own driver, without SQLAlchemy and its thread.

For commands that look once: to import SQLAlchemy takes ten times as long as what they ask. Nothing
here ever waits for anything but SQLite itself, so it runs in whoever asks.

See docs/decisions/0032.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, closing
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from integration_tui.store.connection import Many, Values
from integration_tui.store.sqlite_file import BUSY_TIMEOUT_MS, address

_PRAGMAS: Final = (
    f"busy_timeout = {BUSY_TIMEOUT_MS}",
    "foreign_keys = ON",
    "synchronous = FULL",
    "cache_size = -2000",
    "query_only = ON",
)


class ReadOnlyFile:
    """The file of a store, opened to be read as often as there are readers at once."""

    def __init__(self, path: Path, *, writes: bool) -> None:
        """Take whether the file may be written by others of our process: see `address`."""
        self._address = address(path, writes=writes)
        self._idle: list[sqlite3.Connection] = []

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[FileConnection]:
        """See the file as it is at one moment. Raises what SQLite does."""
        connection = self._idle.pop() if self._idle else self._opened()
        try:
            connection.execute("BEGIN")
            yield FileConnection(connection)
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._idle.append(connection)

    def close(self) -> None:
        """Close what was opened. May be called twice."""
        while self._idle:
            self._idle.pop().close()

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._address, uri=True, isolation_level=None)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection


class FileConnection:
    """One connection, inside one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def exec_driver_sql(
        self, statement: str, parameters: Values | Many | None = None
    ) -> FileResult:
        """Return all rows of a statement. Of the values for several, there are none: it reads."""
        with closing(self._connection.execute(statement, parameters or ())) as cursor:
            columns = tuple(column for column, *_ in cursor.description or ())
            return FileResult(columns, cursor.fetchall())


class FileResult:
    """The rows of one statement, asked for as SQLAlchemy's are."""

    def __init__(self, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
        self._columns = columns
        self._rows = rows

    @property
    def rowcount(self) -> int:
        """How many rows were changed: that is never told of who only reads."""
        return -1

    @property
    def returns_rows(self) -> bool:
        return True

    def all(self) -> list[FileRow]:
        return list(map(_row_of(self._columns), self._rows))

    def first(self) -> FileRow | None:
        return _row_of(self._columns)(self._rows[0]) if self._rows else None

    def one(self) -> FileRow:
        """Return the only row. Raises `LookupError` where there is another number of them."""
        found = self.one_or_none()
        if found is None:
            raise LookupError("a row is needed, and none was found")
        return found

    def one_or_none(self) -> FileRow | None:
        """Return the only row, or `None`. Raises `LookupError` where there are several."""
        if len(self._rows) > 1:
            raise LookupError(f"one row at most is needed, and {len(self._rows)} were found")
        return self.first()

    def scalar(self) -> Any:
        return self._rows[0][0] if self._rows else None

    def scalar_one(self) -> Any:
        return self.one()[0]

    def scalar_one_or_none(self) -> Any:
        found = self.one_or_none()
        return None if found is None else found[0]

    def scalars(self) -> FileScalarResult:
        return FileScalarResult(row[0] for row in self._rows)

    def mappings(self) -> FileMappingResult:
        return FileMappingResult(dict(zip(self._columns, row, strict=True)) for row in self._rows)


class FileScalarResult(list[Any]):
    """The first column alone."""

    def all(self) -> list[Any]:
        return self


class FileMappingResult(list[dict[str, Any]]):
    """Rows by the names of their columns."""

    def all(self) -> list[dict[str, Any]]:
        return self

    def first(self) -> dict[str, Any] | None:
        return self[0] if self else None

    def one_or_none(self) -> dict[str, Any] | None:
        """Return the only row, or `None`. Raises `LookupError` where there are several."""
        if len(self) > 1:
            raise LookupError(f"one row at most is needed, and {len(self)} were found")
        return self.first()


class FileRow(tuple[Any, ...]):
    """A row; `_row_of` makes a kind of its own for the columns of each statement."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the statement has no column {name!r}")


@lru_cache(maxsize=256)
def _row_of(columns: tuple[str, ...]) -> type[FileRow]:
    """Return what a row of these columns is made by; of columns of one name, the first counts."""
    by_name = {name: property(itemgetter(columns.index(name))) for name in columns}
    return type("FileRow", (FileRow,), {"__slots__": (), **by_name})
