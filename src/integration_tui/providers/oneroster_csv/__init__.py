"""OneRoster as files: a folder or a zip of CSV files, of version 1.1 or 1.2, bulk or delta."""

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
from integration_tui.providers.oneroster_csv.config import OneRosterCsvConfig


def _build(config: ProviderConfig, context: ProviderContext) -> Connector:
    from integration_tui.providers.oneroster_csv.connector import OneRosterCsvConnector

    if not isinstance(config, OneRosterCsvConfig):
        raise ConfigError(f"{config.name} is of type {config.type}, not oneroster_csv")
    return OneRosterCsvConnector(config, context)


SPEC = ProviderSpec(
    key="oneroster_csv",
    contract_version=CONTRACT_VERSION,
    title="OneRoster CSV",
    config_model=OneRosterCsvConfig,
    capabilities=frozenset({Capability.EXTERNAL_SYSTEM, Capability.DATA_SYNC}),
    build=_build,
    limits=SystemLimits(page_size=1000),
)
