"""A provider without a network: generated districts, scripted trouble, every capability."""

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
from integration_tui.providers.mock.config import MockConfig


def _build(config: ProviderConfig, context: ProviderContext) -> Connector:
    from integration_tui.providers.mock.connector import MockConnector

    if not isinstance(config, MockConfig):
        raise ConfigError(f"{config.name} is of type {config.type}, not mock")
    return MockConnector(config, context)


SPEC = ProviderSpec(
    key="mock",
    contract_version=CONTRACT_VERSION,
    title="Mock district",
    config_model=MockConfig,
    capabilities=frozenset(Capability),
    build=_build,
    limits=SystemLimits(page_size=100),
)
