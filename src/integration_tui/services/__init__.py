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

    def __init__(self, dependencies: ServiceDependencies) -> None:
        self._dependencies = dependencies
        self.clock: Clock = dependencies.host.clock
        self.events = dependencies.events
        self.engine: EngineView = dependencies.engine

    @cached_property
    def integrations(self) -> IntegrationService:
        from integration_tui.services.integrations import IntegrationService

        dependencies = self._dependencies
        return IntegrationService(
            dependencies.database,
            dependencies.engine,
            dependencies.documents,
            self.config,
            clock=self.clock,
        )

    @cached_property
    def health(self) -> HealthService:
        from integration_tui.services.health import HealthService

        dependencies = self._dependencies
        return HealthService(
            dependencies.database, dependencies.engine, dependencies.documents, clock=self.clock
        )

    @cached_property
    def problems(self) -> ProblemService:
        from integration_tui.services.problems import ProblemService

        return ProblemService(
            self._dependencies.database, self.files, self.health, clock=self.clock
        )

    @cached_property
    def config(self) -> ConfigService:
        from integration_tui.services.config import ConfigService

        dependencies = self._dependencies
        return ConfigService(
            dependencies.database,
            dependencies.engine,
            dependencies.documents,
            self._written_back,
            clock=self.clock,
        )

    @cached_property
    def _written_back(self) -> ConfigFileWriter:
        from integration_tui.services.config_write_back import ConfigFileWriter

        return ConfigFileWriter(self._dependencies.database)

    @cached_property
    def files(self) -> FileService:
        from integration_tui.services.config_file_intake import FileIntakeDependencies
        from integration_tui.services.config_files import FileService

        dependencies = self._dependencies
        return FileService(
            dependencies.settings.integrations_dir,
            FileIntakeDependencies(
                database=dependencies.database,
                documents=dependencies.documents,
                integrations=self.integrations,
                config=self.config,
                sources=self._written_back,
            ),
        )

    @cached_property
    def audit(self) -> AuditService:
        from integration_tui.services.audit import AuditService

        return AuditService(self._dependencies.database, clock=self.clock)

    @cached_property
    def messages(self) -> MessageService:
        from integration_tui.domain.message import TerminalAlerts
        from integration_tui.services.messages import MessageService

        settings = self._dependencies.settings
        alerts = TerminalAlerts(notify=settings.notify, has_title=settings.window_title)
        return MessageService(self._dependencies.database, alerts=alerts)

    @cached_property
    def drafts(self) -> DraftService:
        from integration_tui.services.config_drafts import DraftService

        return DraftService(self._dependencies.documents)

    @cached_property
    def forms(self) -> FormService:
        from integration_tui.services.config_forms import FormService

        return FormService(self._dependencies.catalog)

    @cached_property
    def types(self) -> TypeService:
        from integration_tui.services.provider_types import TypeService, default_type

        return TypeService(
            self._dependencies.catalog, default=default_type(self._dependencies.settings)
        )

    @cached_property
    def rosters(self) -> RosterService:
        from integration_tui.services.roster_files import RosterService

        dependencies = self._dependencies
        return RosterService(
            dependencies.database, dependencies.engine, dependencies.documents, clock=self.clock
        )

    @cached_property
    def sync(self) -> SyncService:
        from integration_tui.services.sync.runs import SyncService

        dependencies = self._dependencies
        return SyncService(
            dependencies.database, dependencies.engine, dependencies.documents, clock=self.clock
        )

    @cached_property
    def plans(self) -> PlanService:
        from integration_tui.services.sync.plans import PlanService

        return PlanService(self._dependencies.database, clock=self.clock)

    @cached_property
    def conflicts(self) -> ConflictService:
        from integration_tui.services.conflicts import ConflictService

        return ConflictService(self._dependencies.database, clock=self.clock)

    @cached_property
    def mappings(self) -> MappingService:
        from integration_tui.services.roster.mappings import MappingService

        return MappingService(self._dependencies.database, clock=self.clock)

    @cached_property
    def records(self) -> RecordService:
        from integration_tui.services.roster.records import RecordService

        return RecordService(self._dependencies.database, clock=self.clock)

    @cached_property
    def webhooks(self) -> WebhookService:
        from integration_tui.services.webhooks import WebhookService

        dependencies = self._dependencies
        return WebhookService(
            dependencies.database,
            dependencies.engine,
            dependencies.documents,
            clock=self.clock,
            secret=dependencies.host.secret,
        )

    @cached_property
    def secrets(self) -> SecretService:
        from integration_tui.services.secrets import SecretService

        folder = self._dependencies.settings.config_dir / "secrets"
        return SecretService(
            self._dependencies.database, folder, environ=os.environ, clock=self.clock
        )

    @cached_property
    def diagnostics(self) -> DiagnosticsService:
        from integration_tui.services.diagnostics.checks import DiagnosticsService

        dependencies = self._dependencies
        return DiagnosticsService(
            database=dependencies.database,
            engine=dependencies.engine,
            documents=dependencies.documents,
            files=self.files,
            catalog=dependencies.catalog,
            secret=dependencies.host.secret,
            program=dependencies.settings,
            environ=os.environ,
            own_files=dependencies.own_files,
        )

    @cached_property
    def support(self) -> SupportService:
        from integration_tui.services.support.bundle import SupportService

        return SupportService(
            database=self._dependencies.database,
            diagnostics=self.diagnostics,
            health=self.health,
            clock=self.clock,
        )
