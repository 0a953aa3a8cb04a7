"""Health: what a check found, how findings in a row become a state, and figures over time."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import Problem, Trouble
from integration_tui.domain.value import ContractValue, replace


class HealthStatus(StrEnum):
    """Ordered from best to worst; `UNKNOWN` means never checked."""

    UNKNOWN = "unknown"
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    DOWN = "down"


class HealthFinding(ContractValue, frozen=True, kw_only=True):
    """What a connector says of its system when it answers at all."""

    status: HealthStatus = HealthStatus.HEALTHY
    detail: str = ""


class HealthReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one check of one integration found.

    `latency_ms` is the measured time of the whole check, `None` where there was no answer.
    `trouble` says for a failed check who has to act.
    """

    integration_id: IntegrationId
    status: HealthStatus
    checked_at: datetime
    latency_ms: float | None = None
    detail: str = ""
    advice: str = ""
    trouble: Trouble | None = None

    @property
    def failed(self) -> bool:
        return self.status is HealthStatus.DOWN

    @property
    def problem(self) -> Problem | None:
        """What went wrong, where something did."""
        if not self.failed:
            return None
        trouble = self.trouble or Trouble.NOT_READY
        return Problem(trouble=trouble, message=self.detail, advice=self.advice)


class HealthThresholds(msgspec.Struct, frozen=True, kw_only=True):
    """When findings become a state.

    `slow_ms` and `error_share` (failed checks among the last `window` ones, 0 to 1) make an
    integration that answers degraded; `None` and 1 switch them off.
    """

    failures_before_down: int = 3
    successes_before_up: int = 2
    slow_ms: float | None = None
    error_share: float = 1.0
    window: int = 20


class HealthState(msgspec.Struct, frozen=True, kw_only=True):
    """How an integration stands, judged over several reports.

    `recent` holds the newest reports, newest last, at most `Thresholds.window` of them.
    """

    integration_id: IntegrationId
    status: HealthStatus = HealthStatus.UNKNOWN
    since: datetime | None = None
    failures_in_a_row: int = 0
    successes_in_a_row: int = 0
    recent: tuple[HealthReport, ...] = ()

    @property
    def latest(self) -> HealthReport | None:
        return self.recent[-1] if self.recent else None


def next_state(
    state: HealthState, report: HealthReport, thresholds: HealthThresholds
) -> HealthState:
    """Return the state after one more report.

    It takes several failures to be down and several successes to be up again. The first
    report ever decides at once; bad credentials or a bad config need no second look.
    """
    counted = replace(
        state,
        failures_in_a_row=state.failures_in_a_row + 1 if report.failed else 0,
        successes_in_a_row=0 if report.failed else state.successes_in_a_row + 1,
        recent=(*state.recent, report)[-thresholds.window :],
    )
    status = _status(counted, report, thresholds)
    since = report.checked_at if status is not state.status else state.since
    return replace(counted, status=status, since=since)


def _status(state: HealthState, report: HealthReport, thresholds: HealthThresholds) -> HealthStatus:
    if report.failed:
        return _status_of_failing(state, report, thresholds)
    is_returning = state.status is HealthStatus.DOWN
    if is_returning and state.successes_in_a_row < thresholds.successes_before_up:
        return HealthStatus.DOWN
    return HealthStatus.DEGRADED if _is_weak(state, report, thresholds) else HealthStatus.HEALTHY


def _status_of_failing(
    state: HealthState, report: HealthReport, thresholds: HealthThresholds
) -> HealthStatus:
    needs_a_person = report.trouble in {Trouble.CREDENTIALS, Trouble.CONFIGURATION}
    is_first = state.status is HealthStatus.UNKNOWN
    if needs_a_person or is_first or state.status is HealthStatus.DOWN:
        return HealthStatus.DOWN
    if state.failures_in_a_row >= thresholds.failures_before_down:
        return HealthStatus.DOWN
    return HealthStatus.DEGRADED


def _is_weak(state: HealthState, report: HealthReport, thresholds: HealthThresholds) -> bool:
    is_slow = (
        thresholds.slow_ms is not None
        and report.latency_ms is not None
        and report.latency_ms > thresholds.slow_ms
    )
    failed = sum(report.failed for report in state.recent)
    fails_often = failed > 0 and failed / len(state.recent) >= thresholds.error_share
    return is_slow or fails_often or report.status is HealthStatus.DEGRADED


class HealthStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one integration over `window_s` seconds.

    `uptime` is the share (0 to 1) of checks that got an answer, `None` without any check.
    Latencies are milliseconds. `reconnects` counts how often it came back from an error.
    """

    integration_id: IntegrationId
    window_s: int
    checks: int
    failures: int
    reconnects: int
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None

    @property
    def uptime(self) -> float | None:
        return 1 - self.failures / self.checks if self.checks else None


def percentage(share: float | None) -> str:
    """Return a share (0 to 1) in words; no 100 % where something is missing."""
    if share is None:
        return "-"
    return "100.00%" if share >= 1 else f"{min(share, 0.9999):.2%}"


class NextCheck(msgspec.Struct, frozen=True, kw_only=True):
    """When an integration is looked at next, as of `now`.

    `at` is `None` where nothing is planned, or where only another process knows. `attempt` counts
    from 1 where it is in error and this is a try to reconnect.
    """

    now: datetime
    at: datetime | None = None
    attempt: int | None = None

    @property
    def in_s(self) -> float | None:
        """Seconds from `now`, never below 0."""
        return max((self.at - self.now).total_seconds(), 0.0) if self.at else None


class CheckPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How often an integration is checked, and from which latency on it is degraded, if at all."""

    interval_s: float
    slow_ms: float | None = None


class StepStatus(StrEnum):
    """How one step of a trial went."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class StepResult(msgspec.Struct, frozen=True, kw_only=True):
    """One step of trying an integration out: what it was, how long it took, what came of it."""

    name: str
    status: StepStatus
    latency_ms: float | None = None
    detail: str = ""
    advice: str = ""


def step_count(count: int) -> str:
    """Return how many steps of a connection test are meant, in words."""
    return "1 step" if count == 1 else f"{count} steps"
