"""Connections to the file: some that only read, and one that writes.

There is one writing connection, and it lives as long as the store is open: SQLite's
`data_version` tells of every commit but those of the connection that asks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import URL, event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from integration_tui.domain.errors import StoreLostError
from integration_tui.store.driver import connecting
from integration_tui.store.sqlite_file import FileWatch, address

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


LEFT_OPEN: Final[list[Connections]] = []
"""Those whose file was lost. They are never closed: SQLite would write into what is there now."""


class Connections:
    """The connections of one open store."""

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self.path = path
        url = _url(address(path, writes=not read_only))
        self.readers = _engine(url, size=READERS, overflow=2 * READERS, begin="BEGIN", writes=False)
        self.writer = _engine(
            url, size=1, overflow=0, begin="BEGIN IMMEDIATE", writes=not read_only
        )
        self._watch = FileWatch(path)
        self._changes = 0
        self._seen: int | None = None
        event.listen(self.writer.sync_engine, "connect", self._forget)
        event.listen(self.writer.sync_engine, "close", self._let_go)

    def require_file(self) -> None:
        """Raise `StoreLostError` where the file is not the one that was opened."""
        if trouble := self._watch.trouble():
            raise StoreLostError(trouble, advice="restore the same file, or restart the program")

    def hold(self) -> None:
        """Note that the writing connection is at work, and uses what lies beside the file."""
        self._watch.hold_beside()

    async def close(self) -> None:
        """Close every connection. Raises `StoreLostError` where they have to be left as they are.

        What lies in a -wal file that was deleted is saved by closing.
        """
        if self._watch.is_lost:
            LEFT_OPEN.append(self)
            self.require_file()
        await self.readers.dispose()
        await self.writer.dispose()
        self._watch.close()

    async def data_version(self) -> int:
        """Count how often it was seen that somebody else had committed. Nobody may be writing."""
        async with self.writer.execution_options(begin="BEGIN").connect() as line:
            found = await line.exec_driver_sql("PRAGMA data_version")
            seen = int(found.scalar_one())
            self.hold()
        if seen != self._seen:
            self._seen = seen
            self._changes += 1
        return self._changes

    def _forget(self, _connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        """Count a new connection as a change: its numbers begin anywhere."""
        self._seen = None

    def _let_go(self, _connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        self._watch.let_go_beside()


def _url(address: str) -> URL:
    database, _, query = address.partition("?")
    words = dict(part.split("=", 1) for part in query.split("&"))
    return URL.create("sqlite+aiosqlite", database=database, query={"uri": "true", **words})


def _engine(url: URL, *, size: int, overflow: int, begin: str, writes: bool) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=size,
        max_overflow=overflow,
        hide_parameters=True,  # they hold what records say
        # None: the driver must not begin by itself; it would not do so before DDL or a SELECT.
        connect_args={"isolation_level": None, "async_creator_fn": connecting},
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
