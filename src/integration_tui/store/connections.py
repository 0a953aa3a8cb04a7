"""Connections to the file: some that only read, and one that writes.

There is one writing connection, and it lives as long as the store is open: SQLite's
`data_version` tells of every commit but those of the connection that asks.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from sqlalchemy import URL, event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from integration_tui.domain.errors import StoreError
from integration_tui.store.driver import connecting
from integration_tui.store.sqlite_file import BUSY_TIMEOUT_MS, WRITER_CACHE, FileWatch, address

READERS = 3
"""Kept open; twice as many more come and go when they are needed."""

_PRAGMAS = (
    f"busy_timeout = {BUSY_TIMEOUT_MS}",
    "foreign_keys = ON",
    # NORMAL loses acknowledged commits when the power fails, and is no quicker in batches.
    "synchronous = FULL",
    "cache_size = -2000",
)

_WRITER_PRAGMAS = (
    # Room for the ends of all indexes, and for some transactions before they are moved.
    f"cache_size = {WRITER_CACHE}",
    "wal_autocheckpoint = 4000",
)


class Connections:
    """The connections of one open store."""

    def __init__(self, path: Path, *, read_only: bool, watch: FileWatch) -> None:
        url = _url(address(path, writes=not read_only))
        self.readers = _engine(url, size=READERS, overflow=2 * READERS, begin="BEGIN", writes=False)
        self.writer = _engine(
            url, size=1, overflow=0, begin="BEGIN IMMEDIATE", writes=not read_only
        )
        self._watch = watch
        self._changes = 0
        self._seen: int | None = None
        event.listen(self.writer.sync_engine, "connect", self._forget)
        event.listen(self.writer.sync_engine, "close", self._let_go)

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncConnection]:
        """See the store as it is at one moment. Raises what SQLite does."""
        with driver_errors():
            async with self.readers.begin() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[AsyncConnection]:
        """Change the store: all of it or, on any exception, nothing. Raises what SQLite does."""
        with driver_errors():
            async with self.writer.begin() as connection:
                self._watch.hold_beside()  # the writing connection uses what lies there
                yield connection

    async def close(self) -> None:
        """Close every connection. What lies in a -wal file that was deleted is saved by it."""
        await self.readers.dispose()
        await self.writer.dispose()

    async def data_version(self) -> int:
        """Count how often it was seen that somebody else had committed. Nobody may be writing."""
        with driver_errors():
            async with self.writer.execution_options(begin="BEGIN").connect() as line:
                found = await line.exec_driver_sql("PRAGMA data_version")
                seen = int(found.scalar_one())
                self._watch.hold_beside()
        if seen != self._seen:
            self._seen = seen
            self._changes += 1
        return self._changes

    def _forget(self, _connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        """Count a new connection as a change: its numbers begin anywhere."""
        self._seen = None

    def _let_go(self, _connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        self._watch.let_go_beside()


@contextmanager
def driver_errors() -> Generator[None]:
    """Raise the driver's own error instead of SQLAlchemy's; nobody else has to know of it."""
    try:
        yield
    except DBAPIError as error:
        if not isinstance(error.orig, sqlite3.Error):
            raise
        raise error.orig from error
    except NoConnectionError as error:
        raise StoreError("the store is overloaded", advice="try again") from error


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
