"""The database, and the transaction that everything else happens in: commit, then publish.

See docs/decisions/0022.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NoReturn

from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.audit.log import Verification
from integration_tui.domain.clock import Clock, Sleep
from integration_tui.domain.errors import StoreError
from integration_tui.domain.events import Event
from integration_tui.domain.ids import LOCAL_TENANT, TenantId
from integration_tui.store import database
from integration_tui.store.audit.repository import AuditRows
from integration_tui.store.audit.verification import Expected, verify
from integration_tui.store.config_versions import ConfigRows
from integration_tui.store.connections import Lines
from integration_tui.store.errors import in_words
from integration_tui.store.health.repository import HealthRows
from integration_tui.store.health.statistics import Figures
from integration_tui.store.integrations import IntegrationRows
from integration_tui.store.migrations import runner
from integration_tui.store.quality.repository import QualityRows
from integration_tui.store.roster.browse import RosterRows
from integration_tui.store.roster.manual_edits import ManualEditRows
from integration_tui.store.roster.record_merge import MergeRows
from integration_tui.store.roster.records import RecordRows
from integration_tui.store.sqlite_file import keep_private, path_of, prepare, schema_of
from integration_tui.store.sync.apply import ApplyRows
from integration_tui.store.sync.approvals import ApprovalRows
from integration_tui.store.sync.cleanup import HistoryRows
from integration_tui.store.sync.conflicts import ConflictRows
from integration_tui.store.sync.duplicates import RepeatedRows
from integration_tui.store.sync.listing_findings import ReadFindingRows
from integration_tui.store.sync.mappings import MappingRows
from integration_tui.store.sync.matching import AdoptionRows, MatchRows
from integration_tui.store.sync.merge import DifferenceRows
from integration_tui.store.sync.plan import PlanRows
from integration_tui.store.sync.plan_view import PlanPages
from integration_tui.store.sync.progress import ListingRows
from integration_tui.store.sync.purge import RemovalRows
from integration_tui.store.sync.quarantine import QuarantineRows
from integration_tui.store.sync.runs import RunRows
from integration_tui.store.sync.same_person import OnePersonRows
from integration_tui.store.sync.staging import StagingRows
from integration_tui.store.sync.undo import UndoRows
from integration_tui.store.sync.volume import CensusRows
from integration_tui.store.sync.watermarks import MarkRows

_LOOK_S: Final = 1.0


class Rows:
    """The tables of one tenant, as they are at one moment."""

    def __init__(
        self,
        connection: AsyncConnection,
        tenant: TenantId,
        figures: Figures,
        folder: Path | None = None,
    ) -> None:
        self.integrations = IntegrationRows(connection, tenant, folder)
        self.configs = ConfigRows(connection, tenant)
        self.health = HealthRows(connection, tenant, figures)
        self.audit = AuditRows(connection, tenant)
        self.census = CensusRows(connection, tenant)
        self.runs = RunRows(connection, tenant)
        self.listings = ListingRows(connection, tenant)
        self.approvals = ApprovalRows(connection, tenant)
        self.staging = StagingRows(connection, tenant)
        self.repeated = RepeatedRows(connection, tenant)
        self.read_findings = ReadFindingRows(connection, tenant)
        self.plans = PlanRows(connection, tenant)
        self.plan_pages = PlanPages(connection, tenant)
        self.differences = DifferenceRows(connection, tenant)
        self.changes = ApplyRows(connection, tenant)
        self.marks = MarkRows(connection, tenant)
        self.quarantine = QuarantineRows(connection, tenant)
        self.adopting = AdoptionRows(connection, tenant)
        self.matching = MatchRows(connection, tenant)
        self.removing = RemovalRows(connection, tenant)
        self.undoing = UndoRows(connection, tenant)
        self.quality = QualityRows(connection, tenant)
        self.conflicts = ConflictRows(connection, tenant)
        self.one_person = OnePersonRows(connection, tenant)
        self.mappings = MappingRows(connection, tenant)
        self.manual_edits = ManualEditRows(connection, tenant)
        self.history = HistoryRows(connection, tenant)
        self.roster = RosterRows(connection, tenant)
        self.records = RecordRows(connection, tenant)
        self.merging = MergeRows(connection, tenant)


class Transaction(Rows):
    """One unit of work: the tables, and the events to publish once it is committed."""

    def __init__(
        self,
        connection: AsyncConnection,
        tenant: TenantId,
        figures: Figures,
        folder: Path | None = None,
    ) -> None:
        super().__init__(connection, tenant, figures, folder)
        self.events: dict[Event, None] = {}

    def emit(self, event: Event) -> None:
        """Publish `event` after the commit; equal events are published once."""
        self.events[event] = None


class Database:
    """One tenant's store in one file.

    Writers of this process wait for each other; writers of other processes are waited for
    `lines.BUSY_TIMEOUT_MS`. Everything raises `StoreError` where the store cannot be used.
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
        self._figures = Figures()
        self._lines: Lines | None = None
        self._writing = asyncio.Lock()

    async def open(self) -> None:
        """Make the file if there is none, bring its schema up to date, open it.

        A file that cannot be used (a newer schema, another program's, damaged, locked,
        read-only) is left as it is.
        """
        await asyncio.to_thread(self._prepare)
        self._lines = Lines(self.path, read_only=self.read_only)

    async def close(self) -> None:
        """Close every connection. May be called twice.

        Raises `StoreLostError` where the file is another one by now; nothing is written into it.
        """
        lines, self._lines = self._lines, None
        if lines:
            await lines.close()

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Rows]:
        """See the store as it is at one moment, whatever is written meanwhile."""
        with in_words(self.path):
            async with self._opened.readers.begin() as connection:
                yield Rows(connection, self._tenant, self._figures, self._folder)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Transaction]:
        """Change the store: all of it or, on any exception, nothing. Not to be nested."""
        if self.read_only:
            raise StoreError(
                "the store was opened to be looked at only", advice="start without --readonly"
            )
        async with self._writing:
            with in_words(self.path):
                async with self._opened.writer.begin() as connection:
                    self._opened.hold()
                    transaction = Transaction(connection, self._tenant, self._figures, self._folder)
                    yield transaction
                    self.require_file()
        for event in transaction.events:
            self._publish(event)

    def require_file(self) -> None:
        """Raise `StoreLostError` where the file is no longer the store that was opened."""
        self._opened.require_file()

    async def until_lost(self, sleep: Sleep) -> NoReturn:
        """Look once a second, until the store is lost. Raises `StoreLostError`."""
        while True:
            self.require_file()
            await sleep(_LOOK_S)

    async def data_version(self) -> int:
        """Return a number that changes when, and only when, somebody else has committed."""
        async with self._writing:
            with in_words(self.path):
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
        with in_words(self.path):
            return await verify(self._opened.path, self._tenant, progress, expected_head)

    async def examine(self) -> str:
        """Look for damage, and say how the store is. Raises `StoreError` where there is some."""
        with in_words(self.path):
            async with self._opened.readers.begin() as connection:
                found = await connection.exec_driver_sql("PRAGMA quick_check(1)")
                verdict = " ".join(str(found.scalar_one()).split())
        if verdict != "ok":
            raise StoreError(
                f"the store {self.path} is damaged: {verdict}", advice="restore it from a backup"
            )
        size = self.path.stat().st_size / 2**20
        return f"{self.path}, {size:.1f} MB, schema {runner.NEWEST}"

    async def measure(self) -> list[tuple[str, int]]:
        """Return each table with how many rows it has, counted to `database.MOST` at most."""
        with in_words(self.path):
            async with self._opened.readers.begin() as connection:
                return await database.tables(connection)

    @property
    def _opened(self) -> Lines:
        if self._lines is None:
            raise StoreError("the store is not open")
        self._lines.require_file()
        return self._lines

    def _prepare(self) -> None:
        prepare(self.path, read_only=self.read_only)
        found = schema_of(self.path, newest=runner.NEWEST)
        if found < runner.NEWEST:
            self._require_writable(found)
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


async def tables(connection: AsyncConnection) -> list[tuple[str, int]]:
    """Return each table with its rows, one more than `MOST` where there are more."""
    names = (await connection.exec_driver_sql(_TABLES)).scalars().all()
    return [(name, await _count(connection, name)) for name in names]


async def _count(connection: AsyncConnection, name: str) -> int:
    spelled = _COUNT.format(name.replace('"', '""'), MOST + 1)
    found: int = (await connection.exec_driver_sql(spelled)).scalar_one()
    return found
