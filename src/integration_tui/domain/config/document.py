"""The base of every provider's config."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from integration_tui.domain.config.policies import (
    HealthPolicy,
    LoggingPolicy,
    ReconnectPolicy,
    WebhookPolicy,
)
from integration_tui.domain.config.sync_policy import SyncPolicy
from integration_tui.domain.roster import ROSTER, Collection


class ProviderConfig(BaseModel):
    """What every integration's config has, whatever its type.

    Unknown keys are errors, so that a typing mistake cannot be ignored in silence.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    SCHEMA_VERSION: ClassVar[int] = 1
    MIGRATIONS: ClassVar[Mapping[int, Callable[[dict[str, object]], dict[str, object]]]] = {}
    """Entry n turns a document of schema version n into one of n + 1. Pure; leaves a document
    alone that is in the newer form already, since a document may be silent about its version.
    """
    RETIRED: ClassVar[Mapping[str, str]] = {}
    """Keys of older documents, by dotted path, that have no effect, and why. They stay valid."""

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$",
        description="Used as the ID everywhere. Cannot be changed later.",
    )
    type: str = Field(description="Integration type, such as oneroster.")
    schema_version: int = Field(
        default=1, ge=1, description="Schema version of this configuration."
    )
    title: str = Field(default="", max_length=200, description="Display name.")
    enabled: bool = Field(default=True, description="Allow starting and syncing.")
    health: HealthPolicy = Field(default_factory=HealthPolicy)
    reconnect: ReconnectPolicy = Field(default_factory=ReconnectPolicy)
    sync: SyncPolicy = Field(default_factory=SyncPolicy, description="Sync settings.")
    logging: LoggingPolicy = Field(default_factory=LoggingPolicy, description="Logging settings.")

    @property
    def collections(self) -> tuple[Collection, ...]:
        """What is read of this system."""
        return ROSTER

    @property
    def webhook_policy(self) -> WebhookPolicy:
        """What the system may be asked to call us about, where it has webhooks."""
        return WebhookPolicy()

    @property
    def webhook_remark(self) -> str:
        """What an administrator has to know of subscriptions there; mostly nothing."""
        return ""

    @property
    def issues_secrets(self) -> bool:
        """Whether the system signs its webhooks with a secret of its own, instead of ours."""
        return False
