"""What the console asks of the services: one Protocol a service, with just the calls it makes.

What a call means, and what it raises, stands at the service itself. Tests run the console on
fakes of these Protocols, so that the type checker compares the fakes with the services.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.audit.log import (
        AuditActivity,
        AuditEntry,
        AuditFilter,
        AuditPage,
        Verification,
    )
    from integration_tui.domain.clock import Clock
    from integration_tui.domain.config.form import Completion, FormField
    from integration_tui.domain.config.validation import ConfigProblem
    from integration_tui.domain.config.version import (
        ConfigVersion,
        DocumentFormat,
        Draft,
        Environment,
    )
    from integration_tui.domain.diagnostics import CheckResult, EffectiveValue, EnvironmentFact
    from integration_tui.domain.errors import ConsoleError
    from integration_tui.domain.events import Event
    from integration_tui.domain.health.day import HealthDay
    from integration_tui.domain.health.incident import Incidents, IncidentSummary
    from integration_tui.domain.health.status import (
        CheckPolicy,
        HealthReport,
        HealthStatistics,
        NextCheck,
        StepResult,
    )
    from integration_tui.domain.health.timeseries import TimeSeries
    from integration_tui.domain.ids import IntegrationId, RecordId, RunId, SubscriptionId
    from integration_tui.domain.integration import Integration, IntegrationStatus, Transition
    from integration_tui.domain.integration_overview import LastSync, Overview
    from integration_tui.domain.message import Message, TerminalAlerts
    from integration_tui.domain.problem_sentence import StoreProblems
    from integration_tui.domain.removal import Removal
    from integration_tui.domain.roster import Collection as RosterCollection
    from integration_tui.domain.roster_view import (
        ManualEdit,
        RecordCard,
        RecordFilter,
        RecordLine,
    )
    from integration_tui.domain.secret import Secret, SecretRef, SecretScheme
    from integration_tui.domain.sync.conflict import Conflict
    from integration_tui.domain.sync.mapping import Match
    from integration_tui.domain.sync.merge import Side
    from integration_tui.domain.sync.plan import Approval, ChangeKind, PlannedChange
    from integration_tui.domain.sync.plan_tally import PlanPeople
    from integration_tui.domain.sync.quality import Graded, QualityFinding, Quarantined, Score
    from integration_tui.domain.sync.run import Run, RunReport
    from integration_tui.domain.webhook import Subscription, SubscriptionRecord, WebhookSystem
    from integration_tui.services import EngineView
    from integration_tui.services.config import ConfigDifference, ConfigEdit
    from integration_tui.services.config_file_findings import ConfigFileFinding
    from integration_tui.services.enabling import EnabledSwitch, Switched
    from integration_tui.services.provider_types import ProviderType
    from integration_tui.services.secrets import SecretTarget
    from integration_tui.services.support.bundle import Bundle
    from integration_tui.services.sync.runs import SyncRequest

OnStep = Callable[["StepResult"], None]


class SubscriptionProtocol(Protocol):
    """Events that came in since they were last asked for."""

    async def batch(self) -> list[Event]: ...


class EventBusProtocol(Protocol):
    """The event bus, as the console listens to it."""

    def subscribe(self, *types: type[Event]) -> AbstractContextManager[SubscriptionProtocol]: ...


class IntegrationServiceProtocol(Protocol):
    """What the console asks of `IntegrationService`."""

    async def overview(self, only: Collection[IntegrationId] | None = None) -> list[Overview]: ...

    async def latencies(
        self, limit_each: int, only: Collection[IntegrationId] | None = None
    ) -> Mapping[IntegrationId, tuple[float | None, ...]]: ...

    async def last_syncs(self) -> Mapping[IntegrationId, LastSync]: ...

    async def next_syncs(self) -> Mapping[IntegrationId, datetime]: ...

    async def transitions(
        self, integration_id: IntegrationId, *, limit: int = 100
    ) -> list[Transition]: ...

    async def register(self, draft: Draft, *, actor: Actor) -> Integration: ...

    async def start(self, integration_id: IntegrationId, *, actor: Actor) -> Integration: ...

    async def stop(self, integration_id: IntegrationId, *, actor: Actor) -> Integration: ...

    async def restart(self, integration_id: IntegrationId, *, actor: Actor) -> Integration: ...

    async def set_enabled(self, switch: EnabledSwitch, *, actor: Actor) -> Switched: ...

    async def removal(self, integration_id: IntegrationId) -> Removal: ...

    async def remove(self, integration_id: IntegrationId, *, actor: Actor) -> None: ...

    async def test(
        self, integration_id: IntegrationId, *, tell: OnStep = ...
    ) -> Sequence[StepResult]: ...

    async def try_draft(self, draft: Draft, *, tell: OnStep = ...) -> Sequence[StepResult]: ...


class HealthServiceProtocol(Protocol):
    """What the console asks of `HealthService`."""

    async def known_since(self) -> datetime | None: ...

    async def policy(self, integration: Integration) -> CheckPolicy: ...

    async def days(self) -> Mapping[IntegrationId, HealthDay]: ...

    async def history(
        self,
        integration_id: IntegrationId,
        *,
        window_s: int,
        until: datetime | None,
        limit: int,
    ) -> list[HealthReport]: ...

    async def statistics(
        self, *, window_s: int, until: datetime | None
    ) -> list[HealthStatistics]: ...

    async def timeseries(
        self,
        integration_id: IntegrationId,
        *,
        window_s: int,
        until: datetime | None,
        buckets: int,
    ) -> TimeSeries: ...

    async def incidents(
        self, integration_id: IntegrationId, *, window_s: int, until: datetime | None
    ) -> Incidents: ...

    async def breakdown(
        self, integration_id: IntegrationId, *, window_s: int, until: datetime | None
    ) -> IncidentSummary: ...

    async def statuses(self, at: datetime) -> dict[IntegrationId, IntegrationStatus]: ...

    def next_check(self, integration: Integration) -> NextCheck: ...

    async def check_now(self, integration_id: IntegrationId) -> HealthReport: ...


class ProblemServiceProtocol(Protocol):
    """What the console asks of `ProblemService`."""

    async def read(self, overviews: Sequence[Overview]) -> StoreProblems: ...


class ConfigServiceProtocol(Protocol):
    """What the console asks of `ConfigService`."""

    async def active(self, integration_id: IntegrationId) -> ConfigVersion: ...

    async def history(self, integration_id: IntegrationId) -> list[ConfigVersion]: ...

    async def diff(self, integration_id: IntegrationId, before: int, after: int) -> str: ...

    async def compare_environments(
        self, integration_id: IntegrationId, one: Environment, other: Environment
    ) -> list[ConfigDifference]: ...

    async def save(self, edit: ConfigEdit) -> ConfigVersion: ...

    async def roll_back(
        self, integration_id: IntegrationId, number: int, *, reason: str, actor: Actor
    ) -> ConfigVersion: ...


class FileServiceProtocol(Protocol):
    """What the console asks of `FileService`."""

    @property
    def remarks(self) -> Sequence[str]: ...

    @property
    def findings(self) -> tuple[ConfigFileFinding, ...]: ...

    def explained(self, error: ConsoleError) -> ConsoleError: ...

    def invalid(self) -> list[Overview]: ...

    def findings_since(self, number: int) -> tuple[int, tuple[ConfigFileFinding, ...]]: ...


class AuditServiceProtocol(Protocol):
    """What the console asks of `AuditService`."""

    async def newest(self) -> int: ...

    async def back(
        self, wanted: AuditFilter, *, before: int | None = None, limit: int = ...
    ) -> AuditPage: ...

    async def onward(self, wanted: AuditFilter, *, after: int, limit: int = ...) -> AuditPage: ...

    async def entries(self, numbers: Sequence[int]) -> list[AuditEntry]: ...

    async def activity(self, moments: Sequence[datetime], since: datetime) -> AuditActivity: ...

    async def verify(self, progress: Callable[[int], None] | None = None) -> Verification: ...

    async def export_to(
        self,
        path: Path,
        wanted: AuditFilter,
        *,
        actor: Actor,
        replace: bool = False,
        tell: Callable[[int, int], None] | None = None,
    ) -> int: ...


class MessageServiceProtocol(Protocol):
    """What the console asks of `MessageService`."""

    @property
    def alerts(self) -> TerminalAlerts: ...

    async def messages(
        self, *, unread_only: bool = False, before: int | None = None, limit: int = ...
    ) -> list[Message]: ...

    async def unread(self) -> int: ...

    async def mark_read(self, *, actor: Actor, up_to: int | None = None) -> int: ...


class DraftServiceProtocol(Protocol):
    """What the console asks of `DraftService`."""

    def draft(self, text: str, format_: DocumentFormat) -> Draft: ...

    def problems(self, draft: Draft) -> tuple[ConfigProblem, ...]: ...


class FormServiceProtocol(Protocol):
    """What the console asks of `FormService`."""

    def fields(self, draft: Draft) -> tuple[FormField, ...]: ...

    def changed(self, draft: Draft, path: tuple[str, ...], text: str | None) -> Draft: ...

    def blank(self, provider: str, name: str) -> Draft: ...

    def completions(self, draft: Draft, line: int, column: int) -> tuple[Completion, ...]: ...


class TypeServiceProtocol(Protocol):
    """What the console asks of `TypeService`."""

    def all(self) -> list[ProviderType]: ...


class SyncServiceProtocol(Protocol):
    """What the console asks of `SyncService`."""

    async def start(self, request: SyncRequest, *, actor: Actor) -> Run: ...

    async def undo(self, run_id: RunId, *, actor: Actor) -> Run: ...

    async def apply(
        self, run_id: RunId, *, plan_hash: str, actor: Actor, spares: bool = False
    ) -> Run: ...

    async def approve(self, approval: Approval, *, actor: Actor) -> None: ...

    async def hold(self, run_id: RunId, *, reason: str, actor: Actor) -> None: ...

    async def pause(self, run_id: RunId, *, actor: Actor) -> None: ...

    async def cancel(self, run_id: RunId, *, actor: Actor) -> None: ...

    async def resume(self, run_id: RunId, *, actor: Actor) -> Run: ...

    async def report(self, run_id: RunId) -> RunReport: ...

    async def open_run(self, integration_id: IntegrationId) -> RunReport | None: ...

    async def runs(
        self,
        *,
        integration_id: IntegrationId | None = None,
        before: RunId | None = None,
        limit: int = ...,
    ) -> list[Run]: ...

    async def obstacles(self) -> Mapping[IntegrationId, str]: ...

    def is_interrupted(self, run: Run) -> bool: ...


class PlanServiceProtocol(Protocol):
    """What the console asks of `PlanService`."""

    async def changes(
        self,
        run_id: RunId,
        collection: RosterCollection,
        *,
        kind: ChangeKind | None = None,
        after: str = "",
        limit: int = ...,
    ) -> list[PlannedChange]: ...

    async def people(self, run_id: RunId) -> PlanPeople: ...

    async def findings(self, run_id: RunId) -> list[QualityFinding]: ...

    async def scores(self, run_id: RunId) -> list[Score]: ...

    async def trend(self, integration_id: IntegrationId, *, limit: int = ...) -> list[Graded]: ...

    async def quarantined(
        self, integration_id: IntegrationId, *, after: tuple[str, str] = ..., limit: int = ...
    ) -> list[Quarantined]: ...


class ConflictServiceProtocol(Protocol):
    """What the console asks of `ConflictService`."""

    async def conflicts(
        self, integration_id: IntegrationId | None = None, *, after: int = 0, limit: int = ...
    ) -> list[Conflict]: ...

    async def settle(self, ids: Sequence[int], side: Side, *, actor: Actor) -> None: ...

    async def settle_all(
        self,
        integration_id: IntegrationId,
        collection: RosterCollection,
        field: str,
        side: Side,
        *,
        actor: Actor,
    ) -> int: ...


class MappingServiceProtocol(Protocol):
    """What the console asks of `MappingService`."""

    async def matches(
        self,
        integration_id: IntegrationId | None = None,
        *,
        after: Match | None = None,
        limit: int = ...,
    ) -> list[Match]: ...

    async def decide(self, match: Match, *, same: bool, actor: Actor) -> None: ...


class RecordServiceProtocol(Protocol):
    """What the console asks of `RecordService`."""

    async def browse(
        self, wanted: RecordFilter, *, after: str = "", limit: int = ...
    ) -> list[RecordLine]: ...

    async def count(self, wanted: RecordFilter, *, at_most: int | None = None) -> int: ...

    async def card(self, collection: RosterCollection, record_id: RecordId) -> RecordCard: ...

    async def edit(self, edit: ManualEdit, *, actor: Actor) -> None: ...

    async def pin(
        self, collection: RosterCollection, record_id: RecordId, *, pinned: bool, actor: Actor
    ) -> None: ...


class WebhookServiceProtocol(Protocol):
    """What the console asks of `WebhookService`."""

    async def systems(self) -> list[WebhookSystem]: ...

    async def subscription_records(
        self, integration_id: IntegrationId
    ) -> list[SubscriptionRecord]: ...

    async def subscribe(
        self,
        integration_id: IntegrationId,
        url: str,
        event_types: Sequence[str],
        *,
        keep: SecretRef | Path,
        actor: Actor,
    ) -> Subscription: ...

    async def unsubscribe(
        self, integration_id: IntegrationId, subscription_id: SubscriptionId, *, actor: Actor
    ) -> None: ...


class SecretServiceProtocol(Protocol):
    """What the console asks of `SecretService`."""

    async def targets(self) -> tuple[SecretTarget, ...]: ...

    def reference(self, scheme: SecretScheme, name: str) -> SecretRef: ...

    async def store(
        self, reference: SecretRef, value: Secret, *, actor: Actor, replaces: bool = False
    ) -> None: ...


class DiagnosticsServiceProtocol(Protocol):
    """What the console asks of `DiagnosticsService`."""

    def checking(self, progress: Callable[[str], None]) -> AsyncIterator[CheckResult]: ...

    def facts(self) -> list[EnvironmentFact]: ...

    def settings(self) -> list[EffectiveValue]: ...

    async def effective(self, integration_id: IntegrationId) -> list[EffectiveValue]: ...


class SupportServiceProtocol(Protocol):
    """What the console asks of `SupportService`."""

    async def gather(self, *, actor: Actor) -> Bundle: ...

    async def write(self, bundle: Bundle, path: Path, *, actor: Actor) -> Path: ...


class ConsoleServices(Protocol):
    """The services that the console is made of; `integration_tui.services.Services` are these."""

    @property
    def clock(self) -> Clock: ...
    @property
    def engine(self) -> EngineView: ...
    @property
    def events(self) -> EventBusProtocol: ...
    @property
    def integrations(self) -> IntegrationServiceProtocol: ...
    @property
    def health(self) -> HealthServiceProtocol: ...
    @property
    def problems(self) -> ProblemServiceProtocol: ...
    @property
    def config(self) -> ConfigServiceProtocol: ...
    @property
    def files(self) -> FileServiceProtocol: ...
    @property
    def audit(self) -> AuditServiceProtocol: ...
    @property
    def messages(self) -> MessageServiceProtocol: ...
    @property
    def drafts(self) -> DraftServiceProtocol: ...
    @property
    def forms(self) -> FormServiceProtocol: ...
    @property
    def types(self) -> TypeServiceProtocol: ...
    @property
    def sync(self) -> SyncServiceProtocol: ...
    @property
    def plans(self) -> PlanServiceProtocol: ...
    @property
    def conflicts(self) -> ConflictServiceProtocol: ...
    @property
    def mappings(self) -> MappingServiceProtocol: ...
    @property
    def records(self) -> RecordServiceProtocol: ...
    @property
    def webhooks(self) -> WebhookServiceProtocol: ...
    @property
    def secrets(self) -> SecretServiceProtocol: ...
    @property
    def diagnostics(self) -> DiagnosticsServiceProtocol: ...
    @property
    def support(self) -> SupportServiceProtocol: ...
