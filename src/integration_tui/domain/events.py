"""Events. They carry ids, never data: a subscriber reads the current state again."""

from dataclasses import dataclass

from integration_tui.domain.ids import IntegrationId, RunId


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events."""


@dataclass(frozen=True, slots=True)
class IntegrationChanged(Event):
    """An integration's status, intent or problem changed, or it came or went."""

    integration_id: IntegrationId


@dataclass(frozen=True, slots=True)
class HealthChanged(Event):
    """A check of this integration was stored."""

    integration_id: IntegrationId


@dataclass(frozen=True, slots=True)
class ConfigChanged(Event):
    """A new version of this integration's config is active."""

    integration_id: IntegrationId


@dataclass(frozen=True, slots=True)
class RunChanged(Event):
    """A run of this integration came on: how far, how it stands, or what waits for somebody."""

    integration_id: IntegrationId
    run_id: RunId


@dataclass(frozen=True, slots=True)
class RosterChanged(Event):
    """People, classes or their ids changed."""


@dataclass(frozen=True, slots=True)
class AuditAppended(Event):
    """There are new audit entries."""


@dataclass(frozen=True, slots=True)
class StoreChanged(Event):
    """Another process wrote to the store; anything may be new."""


@dataclass(frozen=True, slots=True)
class LoopFailed(Event):
    """A background loop failed and was restarted."""

    loop: str
