"""The last day in half hours: merged cells show the worst, and no data is never a state."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.health.day import (
    INTERVALS,
    HealthDay,
    IntervalState,
    day_start,
    interval_state,
    merge_states,
)
from integration_tui.domain.ids import IntegrationId

_S = IntervalState
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("checks", "failures", "is_weak", "is_down", "state"),
    [
        (0, 0, False, False, _S.NONE),
        (0, 0, True, True, _S.NONE),
        (60, 0, False, False, _S.OK),
        (60, 0, True, False, _S.SLOW),
        (60, 1, False, False, _S.SLOW),
        (60, 29, False, False, _S.SLOW),
        (60, 30, False, False, _S.BAD),
        (60, 4, False, True, _S.BAD),
        (1, 1, False, False, _S.BAD),
    ],
)
def test_what_an_interval_is_called(
    checks: int, failures: int, *, is_weak: bool, is_down: bool, state: IntervalState
) -> None:
    assert interval_state(checks, failures, is_weak=is_weak, is_down=is_down) is state


@pytest.mark.parametrize("minute", [0, 12, 29, 30, 59])
def test_now_is_in_the_last_interval(minute: int) -> None:
    now = NOON + timedelta(minutes=minute, seconds=7)

    since = day_start(now)

    assert since.minute in {0, 30}
    assert since.second == 0
    assert timedelta(hours=23, minutes=30) <= now - since < timedelta(hours=24)


@given(
    st.lists(st.sampled_from(IntervalState), min_size=1, max_size=60),
    st.integers(min_value=1, max_value=80),
)
def test_merged_cells_lose_no_trouble(states: list[IntervalState], cells: int) -> None:
    merged = merge_states(states, cells)

    assert len(merged) == cells
    assert max(merged) is max(states)
    assert set(merged) <= set(states)


def test_a_bad_half_hour_shows_in_its_own_cell() -> None:
    states = [_S.OK] * INTERVALS
    states[11] = _S.BAD

    assert [merge_states(states, count).index(_S.BAD) for count in (48, 24, 16, 12)] == [
        11,
        5,
        3,
        2,
    ]


def test_uptime_is_known_of_checks_only() -> None:
    name = IntegrationId("lincoln")

    assert HealthDay(integration_id=name, since=NOON).uptime is None
    assert HealthDay(integration_id=name, since=NOON, checks=8, failures=2).uptime == 0.75
