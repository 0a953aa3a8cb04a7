"""What the store's tests store: plain values with one thing changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from integration_tui.domain.actor import Actor, Interface
from integration_tui.domain.audit.log import Action, ActionOutcome, AuditRecord
from integration_tui.domain.config.version import ConfigVersion, DocumentFormat, Environment
from integration_tui.domain.events import Event
from integration_tui.domain.health.status import HealthReport, HealthStatus
from integration_tui.domain.ids import LOCAL_TENANT, IntegrationId, TenantId
from integration_tui.domain.integration import Integration, IntegrationStatus, Intent, Transition
from integration_tui.store.database import Database

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LINCOLN = IntegrationId("lincoln")
ANA = Actor(name="ana", door=Interface.CLI, host="here")


@dataclass
class World:
    """A folder for one store, and what the store published."""

    folder: Path
    published: list[Event] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.folder / "data" / "store.db"

    def database(self, *, read_only: bool = False, tenant: TenantId = LOCAL_TENANT) -> Database:
        return Database(
            f"sqlite:///{self.path}",
            publish=self.published.append,
            clock=lambda: NOON,
            tenant=tenant,
            read_only=read_only,
        )

    @contextmanager
    def by_other_means(self) -> Iterator[sqlite3.Connection]:
        """The file as somebody sees it who does not use this program."""
        connection = sqlite3.connect(self.path, isolation_level=None)
        try:
            yield connection
        finally:
            connection.close()


def integration(name: str = LINCOLN, *, revision: int = 1) -> Integration:
    return Integration(
        id=IntegrationId(name),
        provider="mock",
        title="Lincoln",
        environment="production",
        enabled=True,
        intent=Intent.RUN,
        status=IntegrationStatus.INACTIVE,
        config_version=1,
        revision=revision,
        changed_at=NOON,
    )


def version(
    number: int = 1, *, name: str = LINCOLN, text: str = "name: lincoln\n"
) -> ConfigVersion:
    return ConfigVersion(
        integration_id=IntegrationId(name),
        number=number,
        environment=Environment.PRODUCTION,
        format=DocumentFormat.YAML,
        text=text,
        checksum="c" * 64,
        active=True,
        created_at=NOON,
        created_by="ana",
        reason="registered",
    )


def report(
    minutes_ago: float = 0,
    *,
    name: str = LINCOLN,
    status: HealthStatus = HealthStatus.HEALTHY,
    latency_ms: float | None = 20.0,
    detail: str = "",
) -> HealthReport:
    return HealthReport(
        integration_id=IntegrationId(name),
        status=status,
        checked_at=NOON - timedelta(minutes=minutes_ago),
        latency_ms=latency_ms,
        detail=detail,
    )


def transition(
    before: IntegrationStatus, after: IntegrationStatus, minutes_ago: float = 0, *, reason: str = ""
) -> Transition:
    return Transition(
        integration_id=LINCOLN,
        before=before,
        after=after,
        at=NOON - timedelta(minutes=minutes_ago),
        reason=reason,
    )


def act(
    action: Action = Action.START,
    *,
    actor: Actor = ANA,
    on: str = LINCOLN,
    outcome: ActionOutcome = ActionOutcome.DONE,
    detail: str = "",
    before: Mapping[str, str] | None = None,
    after: Mapping[str, str] | None = None,
) -> AuditRecord:
    return AuditRecord(
        action=action,
        actor=actor,
        object=on,
        outcome=outcome,
        detail=detail,
        before=before or {},
        after=after or {},
    )
