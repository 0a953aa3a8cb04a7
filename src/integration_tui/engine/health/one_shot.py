"""One check without a running engine, on a line that is closed again at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from integration_tui.domain.errors import ConsoleError
from integration_tui.domain.events import HealthChanged
from integration_tui.domain.health.status import (
    HealthReport,
    HealthState,
    HealthThresholds,
    next_state,
)
from integration_tui.domain.value import replace
from integration_tui.engine.health.evaluation import (
    CheckOutcome,
    EvaluationRules,
    StatusSnapshot,
    evaluate,
)
from integration_tui.engine.health.transitions import StatusChange, apply
from integration_tui.engine.reconciler import EVER

if TYPE_CHECKING:
    from integration_tui.domain.config.document import ProviderConfig
    from integration_tui.domain.config.version import ConfigVersion
    from integration_tui.domain.ids import IntegrationId
    from integration_tui.domain.integration import Integration
    from integration_tui.engine.connectors.pool import ConnectionPool
    from integration_tui.engine.context import Runtime
    from integration_tui.engine.health.check import HealthCheck
    from integration_tui.store.database import Database


class OneShotCheck:
    """Judges by what the store remembers, as nothing is in memory."""

    def __init__(
        self,
        database: Database,
        checker: HealthCheck,
        pool: ConnectionPool,
        host: Runtime,
    ) -> None:
        self._database = database
        self._checker = checker
        self._pool = pool
        self._host = host

    async def run(
        self, integration_id: IntegrationId, rules: EvaluationRules, *, is_judged: bool
    ) -> HealthReport:
        """Check, store the report, and with `is_judged` also what it changes.

        Raises `NotFoundError` where there is no such integration, `StoreError`.
        """
        async with self._database.reading() as rows:
            stored = await rows.integrations.get(integration_id)
            version = await rows.configs.active(integration_id)
            window = rules.thresholds.window
            recent = await rows.health.history(integration_id, since=EVER, limit=window)
        config, outcome = await self._attempt(version)
        change = None
        if is_judged and stored.is_wanted and not outcome.excused:
            change = self._change(stored, recent, outcome, rules.of(config) if config else rules)
        await self._store(outcome.report, change)
        return outcome.report

    async def _attempt(self, version: ConfigVersion) -> tuple[ProviderConfig | None, CheckOutcome]:
        config = None
        try:
            config = self._checker.read_config(version)
            timeout_s = self._pool.factory.check_timeout_s(config)
            async with self._pool.temporary(config) as line:
                await line.connect(timeout_s=timeout_s)
                return config, await self._checker.check(line, config)
        except ConsoleError as error:
            return config, self._checker.failure(version.integration_id, error, config)

    def _change(
        self,
        stored: Integration,
        recent: Iterable[HealthReport],
        outcome: CheckOutcome,
        rules: EvaluationRules,
    ) -> StatusChange:
        evaluation = evaluate(
            _state(stored.id, recent, rules.thresholds),
            StatusSnapshot(status=stored.status),
            outcome,
            rules,
            chance=self._host.chance,
        )
        return StatusChange(
            integration_id=stored.id,
            revision=stored.revision,
            # Nobody will try it again by itself: no engine runs.
            snapshot=replace(evaluation.snapshot, attempts=0, next_attempt_at=None),
            at=outcome.report.checked_at,
            reason=evaluation.reason,
            turn=evaluation.turn,
        )

    async def _store(self, report: HealthReport, change: StatusChange | None) -> None:
        async with self._database.transaction() as transaction:
            await transaction.health.save([report])
            transaction.emit(HealthChanged(report.integration_id))
            await apply(transaction, [change] if change else [])


def _state(
    integration_id: IntegrationId, recent: Iterable[HealthReport], thresholds: HealthThresholds
) -> HealthState:
    state = HealthState(integration_id=integration_id)
    for report in recent:
        state = next_state(state, report, thresholds)
    return state
