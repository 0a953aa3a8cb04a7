"""Any server that speaks OneRoster 1.1 or 1.2 over REST."""

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
from integration_tui.providers.oneroster.config import OneRosterConfig


def _build(config: ProviderConfig, context: ProviderContext) -> Connector:
    from integration_tui.providers.oneroster.connector import OneRosterConnector

    if not isinstance(config, OneRosterConfig):
        raise ConfigError(f"{config.name} is of type {config.type}, not oneroster")
    return OneRosterConnector(config, context, product="OneRoster server")


SPEC = ProviderSpec(
    key="oneroster",
    contract_version=CONTRACT_VERSION,
    title="OneRoster",
    config_model=OneRosterConfig,
    capabilities=frozenset(
        {
            Capability.EXTERNAL_SYSTEM,
            Capability.AUTHENTICATION,
            Capability.DATA_SYNC,
            Capability.ROSTER,
        }
    ),
    build=_build,
    limits=SystemLimits(page_size=500),
)
