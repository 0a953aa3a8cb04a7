"""Events. They carry ids, never data: a subscriber reads the current state again."""

import msgspec

from integration_tui.domain.ids import IntegrationId, RunId


class Event(msgspec.Struct, frozen=True):
    """Base of all events. Two of one kind about the same thing are equal."""


class AboutIntegration(Event, frozen=True):
    """Base of those about one integration."""

    integration_id: IntegrationId


class IntegrationChanged(AboutIntegration, frozen=True):
    """An integration's status, intent or problem changed, or it came or went."""


class HealthChanged(AboutIntegration, frozen=True):
    """A check of this integration was stored."""


class ConfigChanged(AboutIntegration, frozen=True):
    """A new version of this integration's config is active."""


class RunChanged(Event, frozen=True):
    """A run of this integration came on: how far, how it stands, or what waits for somebody."""

    integration_id: IntegrationId
    run_id: RunId


class RosterChanged(Event, frozen=True):
    """People, classes or their ids changed."""


class AuditAppended(Event, frozen=True):
    """There are new audit entries."""


class MessagesChanged(Event, frozen=True):
    """There are new messages, or some were marked as read."""


class StoreChanged(Event, frozen=True):
    """Another process wrote to the store; anything may be new."""


class FilesChanged(Event, frozen=True):
    """Configuration files were added, changed, broken, renamed or taken away."""


class LoopFailed(Event, frozen=True):
    """A background loop failed and was restarted."""

    loop: str

    @property
    def sentence(self) -> str:
        """What an administrator is told."""
        return f"engine task {self.loop} failed and restarts; see the log"
