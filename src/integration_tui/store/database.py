"""The database, and the transaction that everything else happens in: commit, then publish.

See docs/decisions/0022.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from integration_tui.domain.clock import Clock, Sleep
from integration_tui.domain.errors import StoreError
from integration_tui.domain.events import Event
from integration_tui.domain.ids import LOCAL_TENANT, TenantId
from integration_tui.store import database
from integration_tui.store.errors import translate_errors
from integration_tui.store.health.statistics import Percentiles
from integration_tui.store.migrations import runner
from integration_tui.store.read_only_file import ReadOnlyFile
from integration_tui.store.repositories import Repositories, Transaction
from integration_tui.store.sqlite_file import (
    FileWatch,
    keep_private,
    path_of,
    prepare,
    schema_of,
)

if TYPE_CHECKING:
    from integration_tui.domain.audit.log import Verification
    from integration_tui.store.audit.verification import Expected
    from integration_tui.store.connection import Connection
    from integration_tui.store.connections import Connections

_LOOK_S: Final = 1.0
LEFT_OPEN: Final[list[Connections | ReadOnlyFile]] = []
"""Those whose file was lost. They are never closed: SQLite would write into what is there now."""


class Database:
    """One tenant's store in one file.

    Writers of this process wait for each other; writers of other processes are waited for
    `BUSY_TIMEOUT_MS`. Everything raises `StoreError` where the store cannot be used.
    """

    def __init__(
        self,
        url: str,
        *,
        publish: Callable[[Event], None],
        clock: Clock,
        tenant: TenantId = LOCAL_TENANT,
        read_only: bool = False,
        documents: Path | None = None,
    ) -> None:
        """Take the store's address, and the folder of `documents`: their files are kept by name."""
        self.path = path_of(url)
        self._folder = documents
        self.read_only = read_only
        self._publish = publish
        self._clock = clock
        self._tenant = tenant
        self._figures = Percentiles()
        self._watch: FileWatch | None = None
        self._file: ReadOnlyFile | None = None
        self._lines: Connections | None = None
        self._writing = asyncio.Lock()

    async def open(self, *, briefly: bool = False) -> None:
        """Make the file if there is none, bring its schema up to date, open it.

        A file that cannot be used (a newer schema, another program's, damaged, locked,
        read-only) is left as it is. Opened `briefly`, for a command that only looks, it is read
        without SQLAlchemy, which is loaded when something is written.
        """
        if briefly:
            self._prepare()
            self._file = ReadOnlyFile(self.path, writes=not self.read_only)
        else:
            await asyncio.to_thread(self._prepare)
        self._watch = FileWatch(self.path)
        if not briefly:
            self._connect(self._watch)

    async def close(self) -> None:
        """Close every connection. May be called twice.

        Raises `StoreLostError` where the file is another one by now; nothing is written into it.
        """
        watch, file, lines = self._watch, self._file, self._lines
        self._watch = self._file = self._lines = None
        if watch is None:
            return
        if watch.is_lost:
            LEFT_OPEN.extend(filter(None, (file, lines)))
            watch.require_file()
        if file:
            file.close()
        if lines:
            await lines.close()
        watch.close()

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Repositories]:
        """See the store as it is at one moment, whatever is written meanwhile."""
        with translate_errors(self.path):
            async with self._reader() as connection:
                yield Repositories(connection, self._tenant, self._figures, self._folder)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Transaction]:
        """Change the store: all of it or, on any exception, nothing. Not to be nested."""
        if self.read_only:
            raise StoreError("the store is open read-only", advice="start without --readonly")
        async with self._writing:
            with translate_errors(self.path):
                async with self._opened.writing() as connection:
                    transaction = Transaction(connection, self._tenant, self._figures, self._folder)
                    yield transaction
                    self.require_file()
        for event in transaction.events:
            self._publish(event)

    def require_file(self) -> None:
        """Raise `StoreLostError` where the file is no longer the store that was opened."""
        if self._watch is None:
            raise StoreError("the store is not open")
        self._watch.require_file()

    async def until_lost(self, sleep: Sleep) -> NoReturn:
        """Look once a second, until the store is lost. Raises `StoreLostError`."""
        while True:
            self.require_file()
            await sleep(_LOOK_S)

    async def data_version(self) -> int:
        """Return a number that changes when, and only when, somebody else has committed."""
        async with self._writing:
            with translate_errors(self.path):
                return await self._opened.data_version()

    async def verify_audit(
        self,
        progress: Callable[[int], None] | None = None,
        *,
        expected_head: Expected | None = None,
    ) -> Verification:
        """Walk the whole chain; `progress` is told how many entries have been checked.

        `expected_head` is a head that was noted elsewhere (see `AuditRows.head`); without one
        nobody can tell that the newest entries were cut off.
        """
        from integration_tui.store.audit.verification import verify

        self.require_file()
        with translate_errors(self.path):
            return await verify(self.path, self._tenant, progress, expected_head)

    async def examine(self) -> str:
        """Look for damage, and say how the store is. Raises `StoreError` where there is some."""
        with translate_errors(self.path):
            async with self._reader() as connection:
                found = await connection.exec_driver_sql("PRAGMA quick_check(1)")
                decision = " ".join(str(found.scalar_one()).split())
        if decision != "ok":
            raise StoreError(
                f"the store {self.path} is damaged: {decision}",
                advice="restore the store from a backup",
            )
        size = self.path.stat().st_size / 2**20
        return f"{self.path}, {size:.1f} MB, schema {runner.NEWEST}"

    async def measure(self) -> list[tuple[str, int]]:
        """Return each table with how many rows it has, counted to `database.MOST` at most."""
        with translate_errors(self.path):
            async with self._reader() as connection:
                return await database.tables(connection)

    def _reader(self) -> AbstractAsyncContextManager[Connection]:
        """Return a connection to be entered: a plain one, until something was written."""
        if self._file and self._lines is None:
            self.require_file()
            return self._file.reading()
        return self._opened.reading()

    @property
    def _opened(self) -> Connections:
        if self._watch is None:
            raise StoreError("the store is not open")
        self._watch.require_file()
        return self._lines or self._connect(self._watch)

    def _connect(self, watch: FileWatch) -> Connections:
        from integration_tui.store.connections import Connections

        self._lines = Connections(self.path, read_only=self.read_only, watch=watch)
        return self._lines

    def _prepare(self) -> None:
        prepare(self.path, read_only=self.read_only)
        found = schema_of(self.path, newest=runner.NEWEST)
        if found < runner.NEWEST:
            self._require_writable(found)
            if found or not runner.create(self.path):
                runner.upgrade(self.path)
        if not self.read_only:
            keep_private(self.path)

    def _require_writable(self, found: int) -> None:
        if self.read_only:
            raise StoreError(
                f"the store {self.path} has schema {found} and needs {runner.NEWEST}",
                advice="start once without --readonly",
            )


MOST: Final = 100_000
"""Rows are counted so far: some milliseconds a table, however large it is."""

# An index of words can be searched only, not counted.
_TABLES: Final = (
    "SELECT name FROM sqlite_master WHERE type = 'table'"
    " AND sql NOT LIKE 'CREATE VIRTUAL TABLE%' ORDER BY name"
)
_COUNT: Final = 'SELECT count(*) FROM (SELECT 1 FROM "{}" LIMIT {})'


async def tables(connection: Connection) -> list[tuple[str, int]]:
    """Return each table with its rows, one more than `MOST` where there are more."""
    names = (await connection.exec_driver_sql(_TABLES)).scalars().all()
    return [(name, await _count(connection, name)) for name in names]


async def _count(connection: Connection, name: str) -> int:
    spelled = _COUNT.format(name.replace('"', '""'), MOST + 1)
    found: int = (await connection.exec_driver_sql(spelled)).scalar_one()
    return found
