"""One integration while the engine runs: its config, its line, its state and its turn."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from integration_tui.domain.errors import ConflictError
from integration_tui.domain.integration import IntegrationStatus
from integration_tui.engine.health.evaluation import EvaluationRules, StatusSnapshot

if TYPE_CHECKING:
    from integration_tui.domain.config.document import ProviderConfig
    from integration_tui.domain.config.version import ConfigVersion
    from integration_tui.domain.health.status import HealthState
    from integration_tui.domain.ids import IntegrationId
    from integration_tui.engine.connectors.connection import GuardedConnection


class IntegrationRuntime(msgspec.Struct, eq=False):
    """Holds for one `revision`: when something else is wanted, another one takes its place.

    `config` is made of `version` at the first attempt. `is_dropped` tells an attempt that is
    under way that nobody wants its result any more.
    """

    integration_id: IntegrationId
    revision: int
    version: ConfigVersion
    state: HealthState
    rules: EvaluationRules
    snapshot: StatusSnapshot = msgspec.field(
        default_factory=lambda: StatusSnapshot(status=IntegrationStatus.CONNECTING)
    )
    config: ProviderConfig | None = None
    line: GuardedConnection | None = None
    is_dropped: bool = False
    busy: asyncio.Lock = msgspec.field(default_factory=asyncio.Lock)
    task: asyncio.Task[None] | None = None

    def take(self, config: ProviderConfig) -> None:
        """Go by this config from now on."""
        self.config = config
        self.rules = self.rules.of(config)

    def require_current(self) -> None:
        """Raise `ConflictError` where another one took its place."""
        if self.is_dropped:
            raise ConflictError(
                f"{self.integration_id} changed during the check", advice="try again"
            )
