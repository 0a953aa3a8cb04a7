"""TimeBack's two platforms, BeyondAI and LearnWithAI: OneRoster with their own addresses."""

from __future__ import annotations

from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.errors import ConfigError
from integration_tui.domain.provider import (
    CONTRACT_VERSION,
    Capability,
    Connector,
    ProviderContext,
    ProviderSpec,
    SystemLimits,
)
from integration_tui.providers.timeback.config import TimeBackConfig


def _build(config: ProviderConfig, context: ProviderContext) -> Connector:
    from integration_tui.providers.timeback.connector import TimeBackConnector

    if not isinstance(config, TimeBackConfig):
        raise ConfigError(f"{config.name} is of type {config.type}, not timeback")
    return TimeBackConnector(config, context)


SPEC = ProviderSpec(
    key="timeback",
    contract_version=CONTRACT_VERSION,
    title="TimeBack",
    config_model=TimeBackConfig,
    capabilities=frozenset(
        {
            Capability.EXTERNAL_SYSTEM,
            Capability.AUTHENTICATION,
            Capability.DATA_SYNC,
            Capability.ROSTER,
            Capability.WEBHOOK,
            Capability.BATCH,
        }
    ),
    build=_build,
    limits=SystemLimits(page_size=1000),
)
