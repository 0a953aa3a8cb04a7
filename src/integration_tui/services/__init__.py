"""Everything an administrator can do. The console and the command line know only this package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from integration_tui.domain.clock import Clock
    from integration_tui.engine.event_bus import EventBus
    from integration_tui.services.audit import AuditService
    from integration_tui.services.config import ConfigService
    from integration_tui.services.config_drafts import DraftService
    from integration_tui.services.config_files import FileService
    from integration_tui.services.config_forms import FormService
    from integration_tui.services.conflicts import ConflictService
    from integration_tui.services.diagnostics.checks import DiagnosticsService
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


@dataclass(kw_only=True, eq=False, repr=False)
class Offline:
    """What can be asked without a store."""

    drafts: DraftService
    forms: FormService
    types: TypeService
    rosters: RosterFiles


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


@dataclass(kw_only=True, eq=False, repr=False)
class Services:
    """The services of one running program. `clock` tells what time it is for them."""

    clock: Clock
    events: EventBus
    integrations: IntegrationService
    health: HealthService
    problems: ProblemService
    config: ConfigService
    files: FileService
    audit: AuditService
    messages: MessageService
    drafts: DraftService
    forms: FormService
    types: TypeService
    rosters: RosterService
    sync: SyncService
    plans: PlanService
    conflicts: ConflictService
    mappings: MappingService
    records: RecordService
    webhooks: WebhookService
    secrets: SecretService
    diagnostics: DiagnosticsService
    support: SupportService
    engine: EngineView
