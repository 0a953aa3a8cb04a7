"""Google Classroom by its REST API, version 1."""

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
from integration_tui.providers.google_classroom.config import GoogleClassroomConfig


def _build(config: ProviderConfig, context: ProviderContext) -> Connector:
    from integration_tui.providers.google_classroom.connector import GoogleClassroomConnector

    if not isinstance(config, GoogleClassroomConfig):
        raise ConfigError(f"{config.name} is of type {config.type}, not google_classroom")
    return GoogleClassroomConnector(config, context)


SPEC = ProviderSpec(
    key="google_classroom",
    contract_version=CONTRACT_VERSION,
    title="Google Classroom",
    config_model=GoogleClassroomConfig,
    capabilities=frozenset(
        {
            Capability.EXTERNAL_SYSTEM,
            Capability.AUTHENTICATION,
            Capability.DATA_SYNC,
            Capability.ROSTER,
        }
    ),
    build=_build,
    # A page is a class, however small: none is shorter than was asked for.
    limits=SystemLimits(page_size=1),
    lists_changes=False,
    # Rosters say who teaches, and so what users are.
    reading_order=ENROLLMENTS_BEFORE_USERS,
)
