"""An integration as it is first stored: its state, and version 1 of its configuration."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from integration_tui.domain.config.version import ConfigVersion, Draft, Environment
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import Integration, IntegrationStatus, Intent

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.config.document import ProviderConfig


def first_state(
    config: ProviderConfig, *, environment: Environment, revision: int, at: datetime
) -> Integration:
    """Return an integration that is wanted to run, and has no file."""
    return Integration(
        id=IntegrationId(config.name),
        provider=config.type,
        title=config.title,
        environment=environment,
        enabled=config.enabled,
        intent=Intent.RUN,
        status=IntegrationStatus.INACTIVE,
        config_version=1,
        revision=revision,
        changed_at=at,
    )


def first_version(
    integration: Integration, draft: Draft, *, environment: Environment, actor: Actor
) -> ConfigVersion:
    """Return the version that an integration is registered with."""
    return ConfigVersion(
        integration_id=integration.id,
        number=integration.config_version,
        environment=environment,
        format=draft.format,
        text=draft.text,
        checksum=draft.checksum,
        active=True,
        created_at=integration.changed_at,
        created_by=actor.name,
        reason="registered",
    )
