"""How findings in a row become a state."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.health.status import (
    HealthReport,
    HealthState,
    HealthStatistics,
    HealthStatus,
    HealthThresholds,
    next_state,
)
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import Trouble

LINCOLN = IntegrationId("lincoln")
NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
Status = HealthStatus


def report(
    status: HealthStatus = Status.HEALTHY,
    *,
    ms: float | None = 10.0,
    trouble: Trouble | None = None,
    minute: int = 0,
) -> HealthReport:
    return HealthReport(
        integration_id=LINCOLN,
        status=status,
        checked_at=NOON + timedelta(minutes=minute),
        latency_ms=None if status is Status.DOWN else ms,
        trouble=trouble,
    )


OK, DOWN = report(), report(Status.DOWN, trouble=Trouble.NOT_READY)


def course(
    reports: list[HealthReport], thresholds: HealthThresholds | None = None
) -> list[HealthState]:
    """Return the state after each report."""
    states = [HealthState(integration_id=LINCOLN)]
    for one in reports:
        states.append(next_state(states[-1], one, thresholds or HealthThresholds()))
    return states[1:]


def statuses(
    reports: list[HealthReport], thresholds: HealthThresholds | None = None
) -> list[Status]:
    return [state.status for state in course(reports, thresholds)]


def test_the_first_report_decides_at_once() -> None:
    assert statuses([OK]) == [Status.HEALTHY]
    assert statuses([DOWN]) == [Status.DOWN]


def test_it_takes_three_failures_to_be_down_and_two_answers_to_be_up() -> None:
    found = statuses([OK, DOWN, DOWN, DOWN, OK, OK])

    assert found == [
        Status.HEALTHY,
        Status.DEGRADED,
        Status.DEGRADED,
        Status.DOWN,
        Status.DOWN,
        Status.HEALTHY,
    ]


def test_one_failure_among_answers_does_not_last() -> None:
    assert statuses([OK, DOWN, OK])[-1] is Status.HEALTHY


@pytest.mark.parametrize("trouble", [Trouble.CREDENTIALS, Trouble.CONFIGURATION])
def test_what_needs_a_person_needs_no_second_look(trouble: Trouble) -> None:
    assert statuses([OK, report(Status.DOWN, trouble=trouble)])[-1] is Status.DOWN


def test_a_slow_answer_is_degraded() -> None:
    thresholds = HealthThresholds(slow_ms=500)

    assert statuses([report(ms=500), report(ms=501)], thresholds) == [
        Status.HEALTHY,
        Status.DEGRADED,
    ]


def test_what_a_system_says_of_itself_counts() -> None:
    assert statuses([report(Status.DEGRADED)]) == [Status.DEGRADED]


def test_a_share_of_failures_is_degraded_until_they_are_out_of_sight() -> None:
    thresholds = HealthThresholds(error_share=0.25, window=4)

    found = statuses([OK, OK, OK, DOWN, OK, OK, OK, OK], thresholds)

    assert found[4:] == [Status.DEGRADED, Status.DEGRADED, Status.DEGRADED, Status.HEALTHY]


def test_since_is_when_the_status_began() -> None:
    reports = [report(minute=0), report(minute=1), report(Status.DEGRADED, minute=2)]

    assert [health_state.since for health_state in course(reports)] == [
        NOON,
        NOON,
        NOON + timedelta(minutes=2),
    ]


def test_uptime_is_unknown_without_a_check() -> None:
    def figures(checks: int, failures: int) -> HealthStatistics:
        return HealthStatistics(
            integration_id=LINCOLN, window_s=60, checks=checks, failures=failures, reconnects=0
        )

    assert figures(0, 0).uptime is None
    assert figures(4, 1).uptime == 0.75


reports = st.lists(
    st.builds(
        report,
        st.sampled_from([Status.HEALTHY, Status.DEGRADED, Status.DOWN]),
        ms=st.floats(0, 1000),
        trouble=st.sampled_from([None, *Trouble]),
    ),
    max_size=60,
)
limits = st.builds(
    HealthThresholds,
    failures_before_down=st.integers(1, 5),
    successes_before_up=st.integers(1, 5),
    slow_ms=st.none() | st.floats(1, 1000),
    error_share=st.floats(0.1, 1),
    window=st.integers(1, 20),
)
PERSONAL = {Trouble.CREDENTIALS, Trouble.CONFIGURATION}


@given(reports, limits)
def test_nothing_goes_down_before_its_time(
    reports: list[HealthReport], thresholds: HealthThresholds
) -> None:
    states = course(reports, thresholds)

    for before, after in pairwise(states):
        if after.status is Status.DOWN and before.status is not Status.DOWN:
            last = after.latest
            assert last
            in_a_row = after.failures_in_a_row >= thresholds.failures_before_down
            assert in_a_row or last.trouble in PERSONAL


@given(reports, limits)
def test_nothing_comes_up_before_its_time(
    reports: list[HealthReport], thresholds: HealthThresholds
) -> None:
    for before, after in pairwise(course(reports, thresholds)):
        if before.status is Status.DOWN and after.status is not Status.DOWN:
            assert after.successes_in_a_row >= thresholds.successes_before_up


@given(reports, limits)
def test_what_is_remembered_is_bounded_and_counts_one_way(
    reports: list[HealthReport], thresholds: HealthThresholds
) -> None:
    for number, state in enumerate(course(reports, thresholds)):
        assert len(state.recent) == min(number + 1, thresholds.window)
        assert state.latest is reports[number]
        assert (state.failures_in_a_row == 0) != (state.successes_in_a_row == 0)
        assert state.status is not Status.UNKNOWN
