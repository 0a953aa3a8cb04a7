"""Connections to the file: some that only read, and one that writes.

There is one writing connection, and it lives as long as the store is open: SQLite's
`data_version` tells of every commit but those of the connection that asks.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from integration_tui.domain.errors import StoreError

BUSY_TIMEOUT_MS = 5000
READERS = 3
"""Kept open; twice as many more come and go when they are needed."""

_PRAGMAS = (
    f"busy_timeout = {BUSY_TIMEOUT_MS}",
    "foreign_keys = ON",
    # NORMAL loses acknowledged commits when the power fails, and is no quicker in batches.
    "synchronous = FULL",
    "cache_size = -2000",
)
WRITER_CACHE = -16_000
"""In KiB, as SQLite has it. Sorting may take as much again."""

_WRITER_PRAGMAS = (
    # Room for the ends of all indexes, and for some transactions before they are moved.
    f"cache_size = {WRITER_CACHE}",
    "wal_autocheckpoint = 4000",
)


class Lines:
    """The connections of one open store."""

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self.path = path
        mode = "ro" if read_only else "rw"  # never "rwc": a file that went away is an error
        url = URL.create(
            "sqlite+aiosqlite", database=path.as_uri(), query={"uri": "true", "mode": mode}
        )
        self.readers = _engine(url, size=READERS, overflow=2 * READERS, begin="BEGIN", writes=False)
        self.writer = _engine(
            url, size=1, overflow=0, begin="BEGIN IMMEDIATE", writes=not read_only
        )
        self._file = _identity(path)
        self._changes = 0
        self._seen: int | None = None
        event.listen(self.writer.sync_engine, "connect", self._forget)

    def require_file(self) -> None:
        """Raise `StoreError` when the file is gone: SQLite would go on without it, for nothing."""
        if _identity(self.path) != self._file:
            raise StoreError(
                f"the store {self.path} was moved, deleted or replaced while it was open",
                advice="put the same file back, or leave the program and start it anew",
            )

    async def close(self) -> None:
        await self.readers.dispose()
        await self.writer.dispose()

    async def data_version(self) -> int:
        """Count how often it was seen that somebody else had committed. Nobody may be writing."""
        async with self.writer.execution_options(begin="BEGIN").connect() as line:
            found = await line.exec_driver_sql("PRAGMA data_version")
            seen = int(found.scalar_one())
        if seen != self._seen:
            self._seen = seen
            self._changes += 1
        return self._changes

    def _forget(self, _connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        """Count a new connection as a change: its numbers begin anywhere."""
        self._seen = None


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _engine(url: URL, *, size: int, overflow: int, begin: str, writes: bool) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=size,
        max_overflow=overflow,
        # None: the driver must not begin by itself; it would not do so before DDL or a SELECT.
        connect_args={"isolation_level": None},
    )
    pragmas = (*_PRAGMAS, *(_WRITER_PRAGMAS if writes else ("query_only = ON",)))

    def _set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", begin))

    event.listen(engine.sync_engine, "connect", _set_up)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine
