"""The tables of one tenant. Each is brought in when it is first asked for, by its repository.

A command that lists integrations loads what reads integrations, and nothing of syncs.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.ext.asyncio import AsyncConnection

    from integration_tui.domain.events import Event
    from integration_tui.domain.ids import TenantId
    from integration_tui.store.audit.repository import AuditRepository
    from integration_tui.store.config_versions import ConfigVersionRepository
    from integration_tui.store.connection import Connection
    from integration_tui.store.health.repository import HealthRepository
    from integration_tui.store.health.statistics import Percentiles
    from integration_tui.store.integrations import IntegrationRepository
    from integration_tui.store.messages import MessageRepository
    from integration_tui.store.quality.repository import QualityRepository
    from integration_tui.store.roster.browse import RosterRepository
    from integration_tui.store.roster.manual_edits import ManualEditRepository
    from integration_tui.store.roster.orphans import OrphanRepository
    from integration_tui.store.roster.record_merge import RecordMergeRepository
    from integration_tui.store.roster.records import RecordRepository
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


class Repositories:
    """The tables of one tenant, as they are at one moment."""

    def __init__(
        self,
        connection: Connection,
        tenant: TenantId,
        figures: Percentiles,
        folder: Path | None = None,
    ) -> None:
        self._connection = connection
        self._tenant = tenant
        self._figures = figures
        self._folder = folder

    def emit(self, event: Event) -> None:
        """Publish nothing: who only reads changes nothing."""

    @property
    def _engine_connection(self) -> AsyncConnection:
        """The connection for repositories that use more of SQLAlchemy than statements."""
        from sqlalchemy.ext.asyncio import AsyncConnection

        if not isinstance(self._connection, AsyncConnection):
            raise TypeError("this repository needs a connection of SQLAlchemy's")
        return self._connection

    @cached_property
    def audit(self) -> AuditRepository:
        from integration_tui.store.audit.repository import AuditRepository

        return AuditRepository(self._connection, self._tenant, emit=self.emit)

    @cached_property
    def messages(self) -> MessageRepository:
        from integration_tui.store.messages import MessageRepository

        return MessageRepository(self._connection, self._tenant, emit=self.emit)

    @cached_property
    def read_findings(self) -> ListingFindingRepository:
        from integration_tui.store.sync.listing_findings import ListingFindingRepository

        return ListingFindingRepository(self._connection, self._tenant)

    @cached_property
    def skipped(self) -> SkippedRepository:
        from integration_tui.store.sync.skipped import SkippedRepository

        return SkippedRepository(self._connection, self._tenant)

    @cached_property
    def integrations(self) -> IntegrationRepository:
        from integration_tui.store.integrations import IntegrationRepository

        return IntegrationRepository(self._connection, self._tenant, self._folder)

    @cached_property
    def configs(self) -> ConfigVersionRepository:
        from integration_tui.store.config_versions import ConfigVersionRepository

        return ConfigVersionRepository(self._connection, self._tenant)

    @cached_property
    def health(self) -> HealthRepository:
        from integration_tui.store.health.repository import HealthRepository

        return HealthRepository(self._connection, self._tenant, self._figures)

    @cached_property
    def census(self) -> VolumeRepository:
        from integration_tui.store.sync.volume import VolumeRepository

        return VolumeRepository(self._connection, self._tenant)

    @cached_property
    def runs(self) -> RunRepository:
        from integration_tui.store.sync.runs import RunRepository

        return RunRepository(self._connection, self._tenant)

    @cached_property
    def listings(self) -> ProgressRepository:
        from integration_tui.store.sync.progress import ProgressRepository

        return ProgressRepository(self._connection, self._tenant)

    @cached_property
    def approvals(self) -> ApprovalRepository:
        from integration_tui.store.sync.approvals import ApprovalRepository

        return ApprovalRepository(self._connection, self._tenant)

    @cached_property
    def staging(self) -> StagingRepository:
        from integration_tui.store.sync.staging import StagingRepository

        return StagingRepository(self._engine_connection, self._tenant)

    @cached_property
    def repeated(self) -> DuplicateRepository:
        from integration_tui.store.sync.duplicates import DuplicateRepository

        return DuplicateRepository(self._engine_connection, self._tenant)

    @cached_property
    def plans(self) -> PlanRepository:
        from integration_tui.store.sync.plan import PlanRepository

        return PlanRepository(self._engine_connection, self._tenant)

    @cached_property
    def plan_pages(self) -> PlanViewRepository:
        from integration_tui.store.sync.plan_view import PlanViewRepository

        return PlanViewRepository(self._connection, self._tenant)

    @cached_property
    def differences(self) -> MergeRepository:
        from integration_tui.store.sync.merge import MergeRepository

        return MergeRepository(self._engine_connection, self._tenant)

    @cached_property
    def changes(self) -> ApplyRepository:
        from integration_tui.store.sync.apply import ApplyRepository

        return ApplyRepository(self._engine_connection, self._tenant)

    @cached_property
    def marks(self) -> WatermarkRepository:
        from integration_tui.store.sync.watermarks import WatermarkRepository

        return WatermarkRepository(self._engine_connection, self._tenant)

    @cached_property
    def quarantine(self) -> QuarantineRepository:
        from integration_tui.store.sync.quarantine import QuarantineRepository

        return QuarantineRepository(self._connection, self._tenant)

    @cached_property
    def adoption(self) -> AdoptionRepository:
        from integration_tui.store.sync.matching import AdoptionRepository

        return AdoptionRepository(self._engine_connection, self._tenant)

    @cached_property
    def matching(self) -> MatchRepository:
        from integration_tui.store.sync.matching import MatchRepository

        return MatchRepository(self._engine_connection, self._tenant)

    @cached_property
    def removing(self) -> PurgeRepository:
        from integration_tui.store.sync.purge import PurgeRepository

        return PurgeRepository(self._engine_connection, self._tenant)

    @cached_property
    def undoing(self) -> UndoRepository:
        from integration_tui.store.sync.undo import UndoRepository

        return UndoRepository(self._engine_connection, self._tenant)

    @cached_property
    def quality(self) -> QualityRepository:
        from integration_tui.store.quality.repository import QualityRepository

        return QualityRepository(self._connection, self._tenant)

    @cached_property
    def conflicts(self) -> ConflictRepository:
        from integration_tui.store.sync.conflicts import ConflictRepository

        return ConflictRepository(self._connection, self._tenant)

    @cached_property
    def one_person(self) -> SamePersonRepository:
        from integration_tui.store.sync.same_person import SamePersonRepository

        return SamePersonRepository(self._engine_connection, self._tenant)

    @cached_property
    def mappings(self) -> MappingRepository:
        from integration_tui.store.sync.mappings import MappingRepository

        return MappingRepository(self._connection, self._tenant)

    @cached_property
    def manual_edits(self) -> ManualEditRepository:
        from integration_tui.store.roster.manual_edits import ManualEditRepository

        return ManualEditRepository(self._connection, self._tenant)

    @cached_property
    def history(self) -> CleanupRepository:
        from integration_tui.store.sync.cleanup import CleanupRepository

        return CleanupRepository(self._engine_connection, self._tenant)

    @cached_property
    def roster(self) -> RosterRepository:
        from integration_tui.store.roster.browse import RosterRepository

        return RosterRepository(self._connection, self._tenant)

    @cached_property
    def records(self) -> RecordRepository:
        from integration_tui.store.roster.records import RecordRepository

        return RecordRepository(self._connection, self._tenant)

    @cached_property
    def orphans(self) -> OrphanRepository:
        from integration_tui.store.roster.orphans import OrphanRepository

        return OrphanRepository(self._connection, self._tenant)

    @cached_property
    def merging(self) -> RecordMergeRepository:
        from integration_tui.store.roster.record_merge import RecordMergeRepository

        return RecordMergeRepository(self._connection, self._tenant)


class Transaction(Repositories):
    """One unit of work: the tables, and the events to publish once it is committed."""

    def __init__(
        self,
        connection: Connection,
        tenant: TenantId,
        figures: Percentiles,
        folder: Path | None = None,
    ) -> None:
        super().__init__(connection, tenant, figures, folder)
        self.events: dict[Event, None] = {}

    def emit(self, event: Event) -> None:
        """Publish `event` after the commit; equal events are published once."""
        self.events[event] = None
