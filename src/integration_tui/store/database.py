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
from integration_tui.store.audit.repository import AuditRepository
from integration_tui.store.audit.verification import Expected, verify
from integration_tui.store.config_versions import ConfigVersionRepository
from integration_tui.store.connections import Connections
from integration_tui.store.errors import translate_errors
from integration_tui.store.health.repository import HealthRepository
from integration_tui.store.health.statistics import Percentiles
from integration_tui.store.integrations import IntegrationRepository
from integration_tui.store.messages import MessageRepository
from integration_tui.store.migrations import runner
from integration_tui.store.quality.repository import QualityRepository
from integration_tui.store.roster.browse import RosterRepository
from integration_tui.store.roster.manual_edits import ManualEditRepository
from integration_tui.store.roster.orphans import OrphanRepository
from integration_tui.store.roster.record_merge import RecordMergeRepository
from integration_tui.store.roster.records import RecordRepository
from integration_tui.store.sqlite_file import keep_private, path_of, prepare, schema_of
from integration_tui.store.sync.apply import ApplyRepository
from integration_tui.store.sync.approvals import ApprovalRepository
from integration_tui.store.sync.cleanup import CleanupRepository
from integration_tui.store.sync.conflicts import ConflictRepository
from integration_tui.store.sync.duplicates import DuplicateRepository
from integration_tui.store.sync.listing_findings import ListingFindingRepository
from integration_tui.store.sync.mappings import MappingRepository
from integration_tui.store.sync.matching import AdoptionRepository, MatchRepository
from integration_tui.store.sync.merge import MergeRepository
from integration_tui.store.sync.plan import PlanRepository
from integration_tui.store.sync.plan_view import PlanViewRepository
from integration_tui.store.sync.progress import ProgressRepository
from integration_tui.store.sync.purge import PurgeRepository
from integration_tui.store.sync.quarantine import QuarantineRepository
from integration_tui.store.sync.runs import RunRepository
from integration_tui.store.sync.same_person import SamePersonRepository
from integration_tui.store.sync.skipped import SkippedRepository
from integration_tui.store.sync.staging import StagingRepository
from integration_tui.store.sync.undo import UndoRepository
from integration_tui.store.sync.volume import VolumeRepository
from integration_tui.store.sync.watermarks import WatermarkRepository

_LOOK_S: Final = 1.0


class _Chronicle:
    """What happened: the audit log, messages about it, and what listings lost on the way."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self.audit = AuditRepository(connection, tenant)
        self.messages = MessageRepository(connection, tenant)
        self.read_findings = ListingFindingRepository(connection, tenant)
        self.skipped = SkippedRepository(connection, tenant)


class Repositories(_Chronicle):
    """The tables of one tenant, as they are at one moment."""

    def __init__(
        self,
        connection: AsyncConnection,
        tenant: TenantId,
        figures: Percentiles,
        folder: Path | None = None,
    ) -> None:
        super().__init__(connection, tenant)
        self.integrations = IntegrationRepository(connection, tenant, folder)
        self.configs = ConfigVersionRepository(connection, tenant)
        self.health = HealthRepository(connection, tenant, figures)
        self.census = VolumeRepository(connection, tenant)
        self.runs = RunRepository(connection, tenant)
        self.listings = ProgressRepository(connection, tenant)
        self.approvals = ApprovalRepository(connection, tenant)
        self.staging = StagingRepository(connection, tenant)
        self.repeated = DuplicateRepository(connection, tenant)
        self.plans = PlanRepository(connection, tenant)
        self.plan_pages = PlanViewRepository(connection, tenant)
        self.differences = MergeRepository(connection, tenant)
        self.changes = ApplyRepository(connection, tenant)
        self.marks = WatermarkRepository(connection, tenant)
        self.quarantine = QuarantineRepository(connection, tenant)
        self.adopting = AdoptionRepository(connection, tenant)
        self.matching = MatchRepository(connection, tenant)
        self.removing = PurgeRepository(connection, tenant)
        self.undoing = UndoRepository(connection, tenant)
        self.quality = QualityRepository(connection, tenant)
        self.conflicts = ConflictRepository(connection, tenant)
        self.one_person = SamePersonRepository(connection, tenant)
        self.mappings = MappingRepository(connection, tenant)
        self.manual_edits = ManualEditRepository(connection, tenant)
        self.history = CleanupRepository(connection, tenant)
        self.roster = RosterRepository(connection, tenant)
        self.records = RecordRepository(connection, tenant)
        self.orphans = OrphanRepository(connection, tenant)
        self.merging = RecordMergeRepository(connection, tenant)


class Transaction(Repositories):
    """One unit of work: the tables, and the events to publish once it is committed."""

    def __init__(
        self,
        connection: AsyncConnection,
        tenant: TenantId,
        figures: Percentiles,
        folder: Path | None = None,
    ) -> None:
        super().__init__(connection, tenant, figures, folder)
        self.events: dict[Event, None] = {}
        self.audit = AuditRepository(connection, tenant, emit=self.emit)
        self.messages = MessageRepository(connection, tenant, emit=self.emit)

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
        self._figures = Percentiles()
        self._lines: Connections | None = None
        self._writing = asyncio.Lock()

    async def open(self) -> None:
        """Make the file if there is none, bring its schema up to date, open it.

        A file that cannot be used (a newer schema, another program's, damaged, locked,
        read-only) is left as it is.
        """
        await asyncio.to_thread(self._prepare)
        self._lines = Connections(self.path, read_only=self.read_only)

    async def close(self) -> None:
        """Close every connection. May be called twice.

        Raises `StoreLostError` where the file is another one by now; nothing is written into it.
        """
        lines, self._lines = self._lines, None
        if lines:
            await lines.close()

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Repositories]:
        """See the store as it is at one moment, whatever is written meanwhile."""
        with translate_errors(self.path):
            async with self._opened.readers.begin() as connection:
                yield Repositories(connection, self._tenant, self._figures, self._folder)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Transaction]:
        """Change the store: all of it or, on any exception, nothing. Not to be nested."""
        if self.read_only:
            raise StoreError("the store is open read-only", advice="start without --readonly")
        async with self._writing:
            with translate_errors(self.path):
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
        with translate_errors(self.path):
            return await verify(self._opened.path, self._tenant, progress, expected_head)

    async def examine(self) -> str:
        """Look for damage, and say how the store is. Raises `StoreError` where there is some."""
        with translate_errors(self.path):
            async with self._opened.readers.begin() as connection:
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
            async with self._opened.readers.begin() as connection:
                return await database.tables(connection)

    @property
    def _opened(self) -> Connections:
        if self._lines is None:
            raise StoreError("the store is not open")
        self._lines.require_file()
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


async def tables(connection: AsyncConnection) -> list[tuple[str, int]]:
    """Return each table with its rows, one more than `MOST` where there are more."""
    names = (await connection.exec_driver_sql(_TABLES)).scalars().all()
    return [(name, await _count(connection, name)) for name in names]


async def _count(connection: AsyncConnection, name: str) -> int:
    spelled = _COUNT.format(name.replace('"', '""'), MOST + 1)
    found: int = (await connection.exec_driver_sql(spelled)).scalar_one()
    return found
