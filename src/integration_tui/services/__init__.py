"""Everything an administrator can do. The console and the command line know only this package.

A service is imported and made when it is first asked for: most commands need one or two.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from builtins import property as cached_property  # only that is a member of a protocol

    from integration_tui.domain.clock import Clock
    from integration_tui.engine.config_loader import ConfigLoader
    from integration_tui.engine.context import Runtime
    from integration_tui.engine.engine import Engine
    from integration_tui.engine.event_bus import EventBus
    from integration_tui.providers.catalog import Catalog
    from integration_tui.services.audit import AuditService
    from integration_tui.services.config import ConfigService
    from integration_tui.services.config_drafts import DraftService
    from integration_tui.services.config_files import FileService
    from integration_tui.services.config_forms import FormService
    from integration_tui.services.config_write_back import ConfigFileWriter
    from integration_tui.services.conflicts import ConflictService
    from integration_tui.services.diagnostics.checks import DiagnosticsService, OwnFiles
    from integration_tui.services.health import HealthService
    from integration_tui.services.integrations import IntegrationService
    from integration_tui.services.messages import MessageService
    from integration_tui.services.problems import ProblemService
    from integration_tui.services.provider_types import TypeService
    from integration_tui.services.roster.mappings import MappingService
    from integration_tui.services.roster.records import RecordService
    from integration_tui.services.roster_files import RosterFiles, RosterService
    from integration_tui.services.secrets import SecretService
    from integration_tui.services.support.bundle import SupportService
    from integration_tui.services.sync.plans import PlanService
    from integration_tui.services.sync.runs import SyncService
    from integration_tui.services.webhooks import WebhookService
    from integration_tui.settings import Settings
    from integration_tui.store.database import Database
else:
    from functools import cached_property


class Offline:
    """What can be asked without a store."""

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self._settings = settings
        self._catalog = catalog

    @cached_property
    def drafts(self) -> DraftService:
        from integration_tui.engine.config_loader import ConfigLoader
        from integration_tui.services.config_drafts import DraftService

        return DraftService(ConfigLoader(self._catalog, self._settings.environment))

    @cached_property
    def forms(self) -> FormService:
        from integration_tui.services.config_forms import FormService

        return FormService(self._catalog)

    @cached_property
    def types(self) -> TypeService:
        from integration_tui.services.provider_types import TypeService, default_type

        return TypeService(self._catalog, default=default_type(self._settings))

    @cached_property
    def rosters(self) -> RosterFiles:
        from integration_tui.services.roster_files import RosterFiles

        return RosterFiles()


class EngineView(Protocol):
    """Who runs the engine at this moment."""

    @property
    def is_running(self) -> bool:
        """Whether it runs in this process."""
        ...

    @property
    def holder(self) -> str:
        """Which other process runs it; empty where none does, or this one."""
        ...

    def resumed(self) -> None:
        """Know that the whole process was stopped, and goes on: nobody is late for that."""
        ...


class ServiceDependencies(msgspec.Struct, frozen=True, kw_only=True):
    """What services are made of. `own_files` checks the themes and keys of the person."""

    settings: Settings
    events: EventBus
    database: Database
    catalog: Catalog
    documents: ConfigLoader
    engine: Engine
    host: Runtime
    own_files: OwnFiles


class Services:
    """The services of one running program. `clock` tells what time it is for them."""

    def __init__(self, rooms: ServiceDependencies) -> None:
        self._rooms = rooms
        self.clock: Clock = rooms.host.clock
        self.events = rooms.events
        self.engine: EngineView = rooms.engine

    @cached_property
    def integrations(self) -> IntegrationService:
        from integration_tui.services.integrations import IntegrationService

        rooms = self._rooms
        return IntegrationService(
            rooms.database, rooms.engine, rooms.documents, self.config, clock=self.clock
        )

    @cached_property
    def health(self) -> HealthService:
        from integration_tui.services.health import HealthService

        rooms = self._rooms
        return HealthService(rooms.database, rooms.engine, rooms.documents, clock=self.clock)

    @cached_property
    def problems(self) -> ProblemService:
        from integration_tui.services.problems import ProblemService

        return ProblemService(self._rooms.database, self.files, self.health, clock=self.clock)

    @cached_property
    def config(self) -> ConfigService:
        from integration_tui.services.config import ConfigService

        rooms = self._rooms
        return ConfigService(
            rooms.database, rooms.engine, rooms.documents, self._written_back, clock=self.clock
        )

    @cached_property
    def _written_back(self) -> ConfigFileWriter:
        from integration_tui.services.config_write_back import ConfigFileWriter

        return ConfigFileWriter(self._rooms.database)

    @cached_property
    def files(self) -> FileService:
        from integration_tui.services.config_file_intake import FileIntakeDependencies
        from integration_tui.services.config_files import FileService

        rooms = self._rooms
        return FileService(
            rooms.settings.integrations_dir,
            FileIntakeDependencies(
                database=rooms.database,
                documents=rooms.documents,
                integrations=self.integrations,
                config=self.config,
                sources=self._written_back,
            ),
        )

    @cached_property
    def audit(self) -> AuditService:
        from integration_tui.services.audit import AuditService

        return AuditService(self._rooms.database, clock=self.clock)

    @cached_property
    def messages(self) -> MessageService:
        from integration_tui.domain.message import TerminalAlerts
        from integration_tui.services.messages import MessageService

        settings = self._rooms.settings
        alerts = TerminalAlerts(notify=settings.notify, has_title=settings.window_title)
        return MessageService(self._rooms.database, alerts=alerts)

    @cached_property
    def drafts(self) -> DraftService:
        from integration_tui.services.config_drafts import DraftService

        return DraftService(self._rooms.documents)

    @cached_property
    def forms(self) -> FormService:
        from integration_tui.services.config_forms import FormService

        return FormService(self._rooms.catalog)

    @cached_property
    def types(self) -> TypeService:
        from integration_tui.services.provider_types import TypeService, default_type

        return TypeService(self._rooms.catalog, default=default_type(self._rooms.settings))

    @cached_property
    def rosters(self) -> RosterService:
        from integration_tui.services.roster_files import RosterService

        rooms = self._rooms
        return RosterService(rooms.database, rooms.engine, rooms.documents, clock=self.clock)

    @cached_property
    def sync(self) -> SyncService:
        from integration_tui.services.sync.runs import SyncService

        rooms = self._rooms
        return SyncService(rooms.database, rooms.engine, rooms.documents, clock=self.clock)

    @cached_property
    def plans(self) -> PlanService:
        from integration_tui.services.sync.plans import PlanService

        return PlanService(self._rooms.database, clock=self.clock)

    @cached_property
    def conflicts(self) -> ConflictService:
        from integration_tui.services.conflicts import ConflictService

        return ConflictService(self._rooms.database, clock=self.clock)

    @cached_property
    def mappings(self) -> MappingService:
        from integration_tui.services.roster.mappings import MappingService

        return MappingService(self._rooms.database, clock=self.clock)

    @cached_property
    def records(self) -> RecordService:
        from integration_tui.services.roster.records import RecordService

        return RecordService(self._rooms.database, clock=self.clock)

    @cached_property
    def webhooks(self) -> WebhookService:
        from integration_tui.services.webhooks import WebhookService

        rooms = self._rooms
        return WebhookService(
            rooms.database,
            rooms.engine,
            rooms.documents,
            clock=self.clock,
            secret=rooms.host.secret,
        )

    @cached_property
    def secrets(self) -> SecretService:
        from integration_tui.services.secrets import SecretService

        folder = self._rooms.settings.config_dir / "secrets"
        return SecretService(self._rooms.database, folder, environ=os.environ, clock=self.clock)

    @cached_property
    def diagnostics(self) -> DiagnosticsService:
        from integration_tui.services.diagnostics.checks import DiagnosticsService

        rooms = self._rooms
        return DiagnosticsService(
            database=rooms.database,
            engine=rooms.engine,
            documents=rooms.documents,
            files=self.files,
            catalog=rooms.catalog,
            secret=rooms.host.secret,
            program=rooms.settings,
            environ=os.environ,
            own_files=rooms.own_files,
        )

    @cached_property
    def support(self) -> SupportService:
        from integration_tui.services.support.bundle import SupportService

        return SupportService(
            database=self._rooms.database,
            diagnostics=self.diagnostics,
            health=self.health,
            clock=self.clock,
        )
