"""Events. They carry ids, never data: a subscriber reads the current state again."""

from dataclasses import dataclass

from integration_tui.domain.ids import IntegrationId, RunId


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events. Two of one kind about the same thing are equal."""


@dataclass(frozen=True, slots=True)
class AboutIntegration(Event):
    """Base of those about one integration."""

    integration_id: IntegrationId


class IntegrationChanged(AboutIntegration):
    """An integration's status, intent or problem changed, or it came or went."""

    __slots__ = ()


class HealthChanged(AboutIntegration):
    """A check of this integration was stored."""

    __slots__ = ()


class ConfigChanged(AboutIntegration):
    """A new version of this integration's config is active."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class RunChanged(Event):
    """A run of this integration came on: how far, how it stands, or what waits for somebody."""

    integration_id: IntegrationId
    run_id: RunId


class RosterChanged(Event):
    """People, classes or their ids changed."""

    __slots__ = ()


class AuditAppended(Event):
    """There are new audit entries."""

    __slots__ = ()


class MessagesChanged(Event):
    """There are new messages, or some were marked as read."""

    __slots__ = ()


class StoreChanged(Event):
    """Another process wrote to the store; anything may be new."""

    __slots__ = ()


class FilesChanged(Event):
    """Configuration files were added, changed, broken, renamed or taken away."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class LoopFailed(Event):
    """A background loop failed and was restarted."""

    loop: str

    @property
    def sentence(self) -> str:
        """What an administrator is told."""
        return f"engine task {self.loop} failed and restarts; see the log"
