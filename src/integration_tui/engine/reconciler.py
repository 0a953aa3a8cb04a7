"""All integrations while the engine runs: brings what runs in line with what is wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from integration_tui.domain.errors import NotFoundError
from integration_tui.domain.health.status import HealthReport, HealthState
from integration_tui.domain.integration import Integration, IntegrationStatus, Intent
from integration_tui.domain.value import replace
from integration_tui.engine.health.evaluation import EvaluationRules, StatusSnapshot
from integration_tui.engine.health.runtime_state import IntegrationRuntime
from integration_tui.engine.health.schedule import share
from integration_tui.engine.health.transitions import StatusChange, apply

if TYPE_CHECKING:
    from integration_tui.domain.config.version import ConfigVersion
    from integration_tui.domain.ids import IntegrationId
    from integration_tui.engine.context import EngineDependencies, EngineTimings, Runtime
    from integration_tui.engine.context import EngineDependencies as Surroundings
    from integration_tui.engine.health.monitor import HealthMonitor
    from integration_tui.store.repositories import Repositories

_S = IntegrationStatus
_IDLE: Final = StatusSnapshot(status=_S.INACTIVE)
_MANY: Final = 20
"""From so many on, the newest reports of all are read at once."""
_TOO_MANY: Final = 200
"""More begin without a memory: reading it would stop the program for a moment."""
EVER: Final = datetime.min.replace(tzinfo=UTC)
_PER_S: Final = 50.0
"""How many integrations are started a second, while that does not take longer than a spread."""


class Reconciler:
    """Holds a `Live` for every integration that is wanted."""

    def __init__(
        self, dependencies: Surroundings, health: HealthMonitor, host: Runtime, pace: EngineTimings
    ) -> None:
        self._dependencies = dependencies
        self._health = health
        self._host = host
        self._pace = pace
        self._lives: dict[IntegrationId, IntegrationRuntime] = {}
        self._reconciling = asyncio.Lock()

    def find(self, integration_id: IntegrationId) -> IntegrationRuntime | None:
        return self._lives.get(integration_id)

    async def reconcile(self) -> None:
        """Start, stop, replace and forget until all is as the store says; waits for no provider.

        Raises `StoreError`; then it has to be called again.
        """
        async with self._reconciling:
            async with self._dependencies.database.reading() as rows:
                stored = await rows.integrations.all()
            self._forget({integration.id for integration in stored})
            changes = [
                change for integration in stored if (change := self._due_change(integration))
            ]
            before = {
                change.integration_id: self._drop(change.integration_id) for change in changes
            }
            await self._apply(changes)
            started = {
                change.integration_id
                for change in changes
                if change.snapshot.status is _S.CONNECTING
            }
            await self._begin(
                [integration for integration in stored if integration.id in started], before
            )

    async def stop(self) -> None:
        """Let go of everything; what ran is stopped, what was broken keeps its problem."""
        async with self._reconciling:
            async with self._dependencies.database.reading() as rows:
                stored = await rows.integrations.all()
            ending = [
                self._ending(live, integration)
                for integration in stored
                if (live := self.find(integration.id))
            ]
            self._forget(set())
            await self._apply(ending)

    def rules(self) -> EvaluationRules:
        """Return the rules for a config that says nothing."""
        settings = self._dependencies.settings
        return EvaluationRules(
            interval_s=self._pace.interval_s or settings.health_check_interval / 1000,
            auto_reconnect=settings.auto_reconnect,
            confirm_s=self._pace.confirm_s,
        )

    def _due_change(self, stored: Integration) -> StatusChange | None:
        """Return what has to happen to one; `None` where it is as it should be."""
        status, reason = self._wanted(stored)
        live = self._lives.get(stored.id)
        if status is _S.CONNECTING:
            is_right = live is not None and live.revision == stored.revision
        else:
            is_right = live is None and stored.status is status and stored.problem is None
        if is_right:
            return None
        return StatusChange(
            integration_id=stored.id,
            revision=stored.revision,
            snapshot=StatusSnapshot(status=status),
            at=self._host.clock(),
            reason=reason,
        )

    def _ending(self, live: IntegrationRuntime, stored: Integration) -> StatusChange:
        """Return how one is left behind; something else may be wanted since it was looked at."""
        status, reason = self._wanted(stored)
        snapshot = StatusSnapshot(status=status)
        if status is _S.CONNECTING:
            is_broken = live.snapshot.status is _S.ERROR
            snapshot = replace(live.snapshot if is_broken else _IDLE, next_attempt_at=None)
            reason = "the engine stopped"
        return StatusChange(
            integration_id=stored.id,
            revision=stored.revision,
            snapshot=snapshot,
            at=self._host.clock(),
            reason=reason,
        )

    def _wanted(self, stored: Integration) -> tuple[IntegrationStatus, str]:
        """Return the status to begin with, and why."""
        if not stored.enabled:
            return _S.DISABLED, "disabled in its configuration"
        if not self._dependencies.catalog.is_enabled(stored.provider):
            return _S.DISABLED, f"the type {stored.provider} is not enabled"
        if stored.intent is Intent.STOP:
            return _S.INACTIVE, "stopped"
        return _S.CONNECTING, "started"

    async def _apply(self, changes: Sequence[StatusChange]) -> None:
        if changes:
            async with self._dependencies.database.transaction() as transaction:
                await apply(transaction, changes)

    async def _begin(
        self,
        starting: Sequence[Integration],
        before: Mapping[IntegrationId, IntegrationRuntime | None],
    ) -> None:
        if not starting:
            return
        async with self._dependencies.database.reading() as rows:
            versions = await _versions(rows, starting)
            fresh = [integration for integration in starting if before.get(integration.id) is None]
            recent = await _recent(rows, fresh, self.rules().thresholds.window)
        spread_s = min(self._pace.spread_s, len(starting) / _PER_S)
        for integration in starting:
            if version := versions.get(integration.id):
                live = self._live(
                    integration, version, recent.get(integration.id, []), before.get(integration.id)
                )
                self._lives[integration.id] = live
                self._health.watch(live, in_s=share(integration.id) * spread_s)

    def _live(
        self,
        stored: Integration,
        version: ConfigVersion,
        recent: Sequence[HealthReport],
        before: IntegrationRuntime | None,
    ) -> IntegrationRuntime:
        was_down = before.snapshot.reported_down if before else None
        # What was is shown, but decides nothing: the first report after a start does.
        reports = before.state.recent if before else tuple(recent)
        return IntegrationRuntime(
            integration_id=stored.id,
            revision=stored.revision,
            version=version,
            state=HealthState(integration_id=stored.id, recent=reports),
            rules=self.rules(),
            snapshot=StatusSnapshot(status=_S.CONNECTING, reported_down=was_down),
        )

    def _forget(self, kept: Set[IntegrationId]) -> None:
        for integration_id in [live for live in self._lives if live not in kept]:
            self._drop(integration_id)

    def _drop(self, integration_id: IntegrationId) -> IntegrationRuntime | None:
        live = self._lives.pop(integration_id, None)
        if live is not None:
            self._health.drop(live)
        return live


async def _versions(
    rows: Repositories, starting: Sequence[Integration]
) -> dict[IntegrationId, ConfigVersion]:
    if len(starting) >= _MANY:
        return {
            config_version.integration_id: config_version
            for config_version in await rows.configs.all_active()
        }
    found: dict[IntegrationId, ConfigVersion] = {}
    for integration in starting:
        with suppress(NotFoundError):  # removed a moment ago
            found[integration.id] = await rows.configs.active(integration.id)
    return found


async def _recent(
    rows: Repositories, starting: Sequence[Integration], window: int
) -> dict[IntegrationId, list[HealthReport]]:
    if len(starting) > _TOO_MANY:
        return {}
    if len(starting) >= _MANY:
        return await rows.health.recent(window)
    return {
        integration.id: await rows.health.history(integration.id, since=EVER, limit=window)
        for integration in starting
    }


async def wanted(dependencies: EngineDependencies, rows: Repositories) -> list[Integration]:
    """Return those that something may be done for without being asked."""
    return [
        integration
        for integration in await rows.integrations.all()
        if is_wanted(dependencies, integration)
    ]


def is_wanted(dependencies: EngineDependencies, one: Integration) -> bool:
    return (
        one.enabled and one.intent is Intent.RUN and dependencies.catalog.is_enabled(one.provider)
    )
