"""What one more report means for an integration: its state, its status, and when to ask again.

Pure: time and chance come in as values. A failure that may pass is tried again with growing
delay; bad credentials and a bad config wait for a person.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from integration_tui.domain.audit.log import Action
from integration_tui.domain.config.policies import ReconnectPolicy
from integration_tui.domain.health.status import (
    HealthReport,
    HealthState,
    HealthStatus,
    HealthThresholds,
    next_state,
)
from integration_tui.domain.integration import IntegrationStatus, Problem, Trouble
from integration_tui.domain.retry import delay_s
from integration_tui.domain.value import replace

if TYPE_CHECKING:
    from integration_tui.domain.clock import Chance
    from integration_tui.domain.config.document import ProviderConfig


class CheckOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """A report, and what only matters right now.

    `retry_after_s` is the pause that the system asked for. `excused`: a failure in a maintenance
    window; it is stored, and changes nothing.
    """

    report: HealthReport
    retry_after_s: float = 0.0
    excused: bool = False


class StatusSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """How an integration is to be shown: what is stored of a evaluation.

    `told_down`: whether the last that the audit log was told is that it went down; `None` where
    that is not known yet, as after a start.
    """

    status: IntegrationStatus
    problem: Problem | None = None
    attempts: int = 0
    next_attempt_at: datetime | None = None
    reported_down: bool | None = None


class EvaluationRules(msgspec.Struct, frozen=True, kw_only=True):
    """What an integration's config and the settings say about judging and trying again."""

    interval_s: float
    thresholds: HealthThresholds = msgspec.field(default_factory=HealthThresholds)
    reconnect: ReconnectPolicy = msgspec.field(default_factory=ReconnectPolicy)
    auto_reconnect: bool = True
    confirm_s: float = 5.0

    def of(self, config: ProviderConfig) -> EvaluationRules:
        """Return the same with what a config says of its own."""
        interval_ms = config.health.interval_ms
        return replace(
            self,
            interval_s=interval_ms / 1000 if interval_ms else self.interval_s,
            thresholds=config.health.thresholds,
            reconnect=config.reconnect,
        )

    @property
    def reconnects(self) -> bool:
        wanted = self.reconnect.enabled
        return self.auto_reconnect if wanted is None else wanted


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """When to ask again: after `wait_s`, and then `at_turn` or at once; `None`: not by itself.

    `turn` is set when it went down or came back, once each; after a start that is not known, so
    it is set at the first report, and what was told already is not told again.
    """

    state: HealthState
    snapshot: StatusSnapshot
    wait_s: float | None
    at_turn: bool = True
    turn: Action | None = None
    reason: str = ""


def evaluate(
    state: HealthState,
    snapshot: StatusSnapshot,
    outcome: CheckOutcome,
    rules: EvaluationRules,
    *,
    chance: Chance,
) -> Evaluation:
    """Return what `outcome` means for an integration that stood like this."""
    if outcome.excused:
        return Evaluation(state=state, snapshot=snapshot, wait_s=outcome.retry_after_s)
    after = next_state(state, outcome.report, rules.thresholds)
    is_down = after.status is HealthStatus.DOWN
    problem = outcome.report.problem
    evaluation = Evaluation(
        state=after,
        snapshot=StatusSnapshot(status=status_of(after), problem=problem, reported_down=is_down),
        wait_s=outcome.retry_after_s,
        turn=_turn(was_down=snapshot.reported_down, is_down=is_down),
        reason=_reason(state, after, rules.thresholds),
    )
    if not is_down:
        return evaluation
    if not outcome.report.failed:
        wait_s = min(rules.confirm_s, rules.interval_s)
        stands = replace(evaluation.snapshot, attempts=snapshot.attempts)
        return replace(evaluation, snapshot=stands, wait_s=wait_s, at_turn=False)
    return _down(evaluation, state, snapshot, outcome, rules, chance)


def status_of(state: HealthState) -> IntegrationStatus:
    """Return the status that goes with a state of health.

    One that is down, but answered just now, is on its way back.
    """
    match state.status:
        case HealthStatus.HEALTHY:
            return IntegrationStatus.ACTIVE
        case HealthStatus.DEGRADED:
            return IntegrationStatus.DEGRADED
        case HealthStatus.UNKNOWN:
            return IntegrationStatus.CONNECTING
        case HealthStatus.DOWN:
            returns = state.successes_in_a_row > 0
            return IntegrationStatus.CONNECTING if returns else IntegrationStatus.ERROR


def _down(
    evaluation: Evaluation,
    before: HealthState,
    snapshot: StatusSnapshot,
    outcome: CheckOutcome,
    rules: EvaluationRules,
    chance: Chance,
) -> Evaluation:
    attempts = snapshot.attempts + 1 if before.status is HealthStatus.DOWN else 0
    wait_s = _retry_s(outcome, attempts, rules, chance)
    at = outcome.report.checked_at
    problem = outcome.report.problem
    if problem and wait_s is None and outcome.report.trouble is Trouble.NOT_READY:
        problem = _given_up(problem, attempts)
    stands = replace(
        evaluation.snapshot,
        problem=problem,
        attempts=attempts,
        next_attempt_at=None if wait_s is None else at + timedelta(seconds=wait_s),
    )
    return replace(evaluation, snapshot=stands, wait_s=wait_s, at_turn=False)


def _retry_s(
    outcome: CheckOutcome, attempts: int, rules: EvaluationRules, chance: Chance
) -> float | None:
    policy = rules.reconnect
    is_used_up = policy.attempts is not None and attempts >= policy.attempts
    may_pass = outcome.report.trouble in {Trouble.NOT_READY, None}
    if not may_pass or not rules.reconnects or is_used_up:
        return None
    wait_s = delay_s(attempts + 1, base_s=policy.base_s, max_s=policy.max_s, chance=chance)
    return max(wait_s, outcome.retry_after_s)


def _given_up(problem: Problem, attempts: int) -> Problem:
    tried = f"retried {attempts} times" if attempts else "not retried"
    return replace(problem, advice=f"{tried}; start the integration when the system is back")


def _turn(*, was_down: bool | None, is_down: bool) -> Action | None:
    if was_down == is_down:
        return None
    return Action.WENT_DOWN if is_down else Action.CAME_BACK


def _reason(before: HealthState, after: HealthState, thresholds: HealthThresholds) -> str:
    report = after.latest
    if report is None or after.status is before.status:
        return ""
    if report.failed or report.status is HealthStatus.DEGRADED:
        return report.detail
    if after.status is HealthStatus.DEGRADED:
        slow = thresholds.slow_ms is not None and (report.latency_ms or 0) > thresholds.slow_ms
        return f"slow: {report.latency_ms:.0f} ms" if slow else "fails too often"
    return "responding again" if before.status is HealthStatus.DOWN else "answers"
