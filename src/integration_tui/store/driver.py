"""SQLite in a thread of its own, which is asked once a statement.

SQLAlchemy asks aiosqlite four times: for a cursor, to execute, for the rows, and to close. Each is
a way to the thread and back, which takes longer than most statements do.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from typing import Self

import aiosqlite
import msgspec

Row = tuple[object, ...]
Parameters = Sequence[object]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a statement left: all its rows, and what its cursor told of them."""

    rows: list[Row]
    description: tuple[Row, ...] | None
    rowcount: int
    lastrowid: int | None


NOTHING_YET = Outcome(rows=[], description=None, rowcount=-1, lastrowid=None)


class OneTripConnection(aiosqlite.Connection):
    """Made by `connecting`. What it has beyond aiosqlite's is its cursors."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, iter_chunk_size=64)
        self._thread.daemon = True  # as SQLAlchemy has it where it connects by itself

    def cursor(self) -> OneTripCursor:  # type: ignore[override]  # SQLAlchemy asks for less
        return OneTripCursor(self)

    async def outcome(self, run: Callable[[sqlite3.Cursor], object]) -> Outcome:
        """Run on a new cursor, in the thread. Raises what SQLite does."""
        if not self._running:
            raise ValueError("Connection closed")
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._tx.put_nowait(  # pyright: ignore[reportUnknownMemberType]  # a future of anything
            (future, partial(_outcome, self._conn, run))
        )
        return await future


class OneTripCursor:
    """A cursor as SQLAlchemy asks for it: all rows are there once it has executed."""

    def __init__(self, connection: OneTripConnection) -> None:
        self._connection = connection
        self._outcome = NOTHING_YET
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    @property
    def description(self) -> tuple[Row, ...] | None:
        return self._outcome.description

    @property
    def rowcount(self) -> int:
        return self._outcome.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._outcome.lastrowid

    async def execute(self, statement: str, parameters: Parameters = ()) -> None:
        self._outcome = await self._connection.outcome(
            lambda cursor: cursor.execute(statement, parameters)
        )

    async def executemany(self, statement: str, parameters: Sequence[Parameters]) -> None:
        self._outcome = await self._connection.outcome(
            lambda cursor: cursor.executemany(statement, parameters)
        )

    async def fetchall(self) -> list[Row]:
        return self._outcome.rows

    async def close(self) -> None:
        """Do nothing: SQLite's own cursor was closed in the thread."""


def connecting(
    database: str, *, uri: bool, isolation_level: None, check_same_thread: bool
) -> OneTripConnection:
    """Return a connection that opens when it is awaited; SQLAlchemy says how."""
    return OneTripConnection(
        partial(
            sqlite3.connect,
            database,
            uri=uri,
            isolation_level=isolation_level,
            check_same_thread=check_same_thread,
        )
    )


def _outcome(connection: sqlite3.Connection, run: Callable[[sqlite3.Cursor], object]) -> Outcome:
    with closing(connection.cursor()) as cursor:
        run(cursor)
        return Outcome(
            rows=cursor.fetchall() if cursor.description else [],
            description=cursor.description,
            rowcount=cursor.rowcount,
            lastrowid=cursor.lastrowid,
        )
