"""Maintenance windows, also while the clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from integration_tui.domain.config.policies import MaintenanceWindow
from integration_tui.domain.errors import ConfigError
from integration_tui.domain.health.maintenance import is_in_maintenance, is_open, last_start

CHICAGO = ZoneInfo("America/Chicago")


def nightly(start: str = "0 2 * * *", minutes: int = 60, zone: str = "UTC") -> MaintenanceWindow:
    return MaintenanceWindow(start=start, duration_min=minutes, timezone=zone)


def utc(day: int, hour: int, minute: int = 0, *, month: int = 9) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (utc(1, 1, 59), False),
        (utc(1, 2), True),
        (utc(1, 2, 59), True),
        (utc(1, 3), False),
    ],
)
def test_a_window_is_open_from_its_start_to_its_end(moment: datetime, *, expected: bool) -> None:
    assert is_open(nightly(), moment) is expected


def test_a_window_may_reach_over_midnight() -> None:
    late = nightly("30 23 * * *", 120)

    assert is_open(late, utc(2, 1, 29))
    assert not is_open(late, utc(2, 1, 30))


def test_a_window_may_be_open_on_some_days_only() -> None:
    sundays = nightly("0 2 * * 0")

    assert is_open(sundays, utc(6, 2, 30))
    assert not is_open(sundays, utc(7, 2, 30))


def test_its_times_are_those_of_its_zone() -> None:
    chicago = nightly(zone="America/Chicago")

    assert is_open(chicago, utc(1, 7, 30))  # summer: five hours behind
    assert is_open(chicago, utc(1, 8, 30, month=12))  # winter: six
    assert not is_open(chicago, utc(1, 7, 30, month=12))


def test_a_start_that_the_clocks_jump_over_is_moved_on() -> None:
    """On 8 March 2026, clocks in Chicago went from 02:00 to 03:00: there was no 02:30."""
    window = nightly("30 2 * * *", zone="America/Chicago")

    assert last_start(window, utc(8, 12, month=3)) == datetime(2026, 3, 8, 3, 30, tzinfo=CHICAGO)


def test_a_start_that_the_clocks_show_twice_counts_once() -> None:
    """On 1 November 2026, clocks in Chicago show 01:30 twice, at 06:30 and at 07:30 UTC."""
    window = nightly("30 1 * * *", 20, zone="America/Chicago")

    assert is_open(window, utc(1, 6, 40, month=11))
    assert not is_open(window, utc(1, 7, 40, month=11))


def test_a_window_lasts_as_long_when_the_clocks_change_in_it() -> None:
    window = nightly("0 1 * * *", 120, zone="America/Chicago")

    assert is_open(window, utc(1, 7, 59, month=11))
    assert not is_open(window, utc(1, 8, 0, month=11))


def test_one_window_of_many_is_enough() -> None:
    windows = (nightly("0 2 * * *"), nightly("0 14 * * *"))

    assert is_in_maintenance(windows, utc(1, 14, 30))
    assert not is_in_maintenance(windows, utc(1, 12))
    assert not is_in_maintenance((), utc(1, 14, 30))


@pytest.mark.parametrize("start", ["0 0 30 2 *", "0 0 31 4,6,9,11 *"])
def test_a_window_that_never_begins_is_refused(start: str) -> None:
    with pytest.raises(ValidationError, match="never runs"):
        nightly(start)


def test_a_window_may_begin_in_leap_years_only() -> None:
    assert is_open(nightly("0 0 29 2 *"), datetime(2028, 2, 29, 0, 30, tzinfo=UTC))


def test_a_window_that_got_past_the_check_says_that_it_never_begins() -> None:
    never = MaintenanceWindow.model_construct(start="0 0 30 2 *", duration_min=5, timezone="UTC")

    with pytest.raises(ConfigError, match="never starts"):
        is_open(never, utc(1, 12))


moments = st.integers(0, 15 * 365 * 24 * 3600).map(
    lambda s: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=s)
)
zones = st.sampled_from(["UTC", "America/Chicago", "Europe/Berlin", "Australia/Lord_Howe"])


@given(moments, zones, st.integers(0, 23), st.integers(1, 1440))
def test_the_last_start_is_not_ahead_and_less_than_a_day_and_an_hour_ago(
    moment: datetime, zone: str, hour: int, minutes: int
) -> None:
    window = nightly(f"15 {hour} * * *", minutes, zone)

    start = last_start(window, moment)

    assert timedelta(0) <= moment - start <= timedelta(hours=26)
    assert is_open(window, moment) is (moment - start < timedelta(minutes=minutes))
