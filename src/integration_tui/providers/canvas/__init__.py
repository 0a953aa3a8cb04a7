"""Canvas LMS by its REST API."""

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
from integration_tui.domain.roster import ENROLLMENTS_BEFORE_USERS
from integration_tui.providers.canvas.config import CanvasConfig


def _build(config: ProviderConfig, context: ProviderContext) -> Connector:
    from integration_tui.providers.canvas.connector import CanvasConnector

    if not isinstance(config, CanvasConfig):
        raise ConfigError(f"{config.name} is of type {config.type}, not canvas")
    return CanvasConnector(config, context)


SPEC = ProviderSpec(
    key="canvas",
    contract_version=CONTRACT_VERSION,
    title="Canvas LMS",
    config_model=CanvasConfig,
    capabilities=frozenset(
        {
            Capability.EXTERNAL_SYSTEM,
            Capability.AUTHENTICATION,
            Capability.DATA_SYNC,
            Capability.ROSTER,
        }
    ),
    build=_build,
    # A page may be a class, however small: none is shorter than was asked for.
    limits=SystemLimits(page_size=1),
    lists_changes=False,
    # An enrollment says what its person is.
    reading_order=ENROLLMENTS_BEFORE_USERS,
)
