"""Local times at which something is due, also on the days on which clocks are changed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.cron import CronSchedule
from integration_tui.domain.errors import ConfigError

NEW_YORK = "America/New_York"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_time_is_local_in_summer_and_in_winter() -> None:
    table = CronSchedule("0 2 * * *", NEW_YORK)

    assert table.next(utc("2026-01-10T12:00")) == utc("2026-01-11T07:00")
    assert table.next(utc("2026-07-10T12:00")) == utc("2026-07-11T06:00")
    assert table.last(utc("2026-07-10T12:00")) == utc("2026-07-10T06:00")


def test_a_time_that_does_not_exist_is_due_once_right_after_the_jump() -> None:
    table = CronSchedule("30 2 * * *", NEW_YORK)

    assert table.next(utc("2026-03-08T06:00")) == utc("2026-03-08T07:00")
    assert table.last(utc("2026-03-08T06:59:59")) == utc("2026-03-07T07:30")
    assert table.last(utc("2026-03-08T07:00")) == utc("2026-03-08T07:00")
    assert table.next(utc("2026-03-08T07:00")) == utc("2026-03-09T06:30")


def test_a_time_that_comes_twice_is_due_at_the_first() -> None:
    table = CronSchedule("30 1 * * *", NEW_YORK)

    assert table.next(utc("2026-11-01T00:00")) == utc("2026-11-01T05:30")
    assert table.next(utc("2026-11-01T05:30")) == utc("2026-11-02T06:30")
    assert table.last(utc("2026-11-01T06:45")) == utc("2026-11-01T05:30")


def test_a_jump_of_half_an_hour_is_one_too() -> None:
    table = CronSchedule("15 2 * * *", "Australia/Lord_Howe")

    assert table.next(utc("2026-10-03T12:00")) == utc("2026-10-03T15:30")


@pytest.mark.parametrize(
    ("cron", "zone", "advice"),
    [("0 2 30 2 *", "UTC", "five fields"), ("0 2 * * *", "Mars/Olympus", "IANA")],
)
def test_what_never_comes_says_so(cron: str, zone: str, advice: str) -> None:
    with pytest.raises(ConfigError, match=advice):
        CronSchedule(cron, zone).next(utc("2026-01-01T00:00"))


@given(
    now=st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 - made aware below
    cron=st.sampled_from(["0 2 * * *", "30 1 * * *", "*/20 * * * *", "15 2 * * 0", "0 0 1 * *"]),
    zone=st.sampled_from([NEW_YORK, "UTC", "Australia/Lord_Howe", "Africa/Cairo"]),
)
def test_what_is_next_is_the_last_one_then(now: datetime, cron: str, zone: str) -> None:
    table, moment = CronSchedule(cron, zone), now.replace(tzinfo=UTC)

    following, last = table.next(moment), table.last(moment)

    assert last <= moment < following
    assert table.last(following) == following
    assert table.last(following - timedelta(microseconds=1)) == last
    assert table.next(last) == following
