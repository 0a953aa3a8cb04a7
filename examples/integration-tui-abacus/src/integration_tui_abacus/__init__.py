"""Abacus, a made-up school system with a JSON API."""

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
from integration_tui_abacus.config import AbacusConfig


def _build(config: ProviderConfig, context: ProviderContext) -> Connector:
    from integration_tui_abacus.connector import AbacusConnector

    if not isinstance(config, AbacusConfig):
        raise ConfigError(f"{config.name} is of type {config.type}, not abacus")
    return AbacusConnector(config, context)


SPEC = ProviderSpec(
    key="abacus",
    contract_version=CONTRACT_VERSION,
    title="Abacus",
    config_model=AbacusConfig,
    capabilities=frozenset(
        {Capability.EXTERNAL_SYSTEM, Capability.AUTHENTICATION, Capability.DATA_SYNC}
    ),
    build=_build,
    limits=SystemLimits(page_size=2),  # as Abacus has them
)
