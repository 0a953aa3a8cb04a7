"""A week in rows by the local clock, through summer and winter."""

from __future__ import annotations

import time
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from integration_tui.domain.health.day import IntervalState
from integration_tui.domain.health.incident import incidents_of
from integration_tui.domain.health.timeseries import Bucket, TimeSeries
from integration_tui.domain.health.week import CELL_S, CELLS, Week, week_of, week_start
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus, Transition
from integration_tui.domain.value import replace

_S, _I = IntegrationStatus, IntervalState
LINCOLN = IntegrationId("lincoln")
CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 10, 5, 14, 32, tzinfo=CHICAGO)
GOOD = Bucket(checks=30, p50_ms=40.0, p95_ms=90.0)


@pytest.fixture(autouse=True)
def _chicago(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    monkeypatch.setenv("TZ", "America/Chicago")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def course(now: datetime, bad: dict[datetime, Bucket] | None = None) -> TimeSeries:
    since = week_start(now).astimezone(UTC)
    count = int((now - since).total_seconds()) // CELL_S + 1
    buckets = [GOOD] * count
    for at, bucket in (bad or {}).items():
        buckets[int((at - since).total_seconds()) // CELL_S] = bucket
    return TimeSeries(
        integration_id=LINCOLN, since=since, until=now, width_s=CELL_S, buckets=tuple(buckets)
    )


def signs(week: Week, day: int, cells: int = 24) -> str:
    return "".join("·|^x"[state] for state in week.days[day].merged(cells))


def test_today_ends_now_and_begins_at_local_midnight() -> None:
    week = week_of(course(NOW), (), NOW)

    assert [f"{day.day:%a %d}" for day in week.days] == [
        *("Tue 29", "Wed 30", "Thu 01", "Fri 02", "Sat 03", "Sun 04", "Mon 05"),
    ]
    assert signs(week, 0) == "|" * 24
    assert signs(week, 6) == "|" * 15
    assert len(week.days[6].states) == 14 * 4 + 3
    assert (week.uptime, week.p50_ms) == (1.0, 40.0)


def test_failed_checks_and_being_down_show_in_their_cells() -> None:
    at = datetime(2026, 10, 3, 9, 15, tzinfo=CHICAGO)
    steps = [
        Transition(integration_id=LINCOLN, before=_S.ACTIVE, after=_S.ERROR, at=at),
        Transition(
            integration_id=LINCOLN, before=_S.ERROR, after=_S.ACTIVE, at=at + timedelta(minutes=5)
        ),
    ]
    bad = {
        at - timedelta(hours=2): Bucket(checks=30, failures=1),
        at: Bucket(checks=30, failures=4),
    }

    week = week_of(course(NOW, bad), incidents_of(steps), NOW)

    assert signs(week, 4) == "|" * 7 + "^|x" + "|" * 14
    assert week.days[4].states[37] is _I.BAD
    assert week.days[4].states[38] is _I.OK
    assert week.days[4].uptime == pytest.approx(1 - 5 / (96 * 30))


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 11, 3, 12, 0, tzinfo=CHICAGO), 25),
        (datetime(2026, 3, 10, 12, 0, tzinfo=CHICAGO), 23),
    ],
)
def test_days_are_those_of_the_wall_when_the_clocks_change(now: datetime, hours: int) -> None:
    week = week_of(course(now), (), now)

    (changed,) = [day for day in week.days[:-1] if day.checks != 24 * 4 * 30]
    assert changed.checks == hours * 4 * 30
    assert len(changed.states) == CELLS
    assert f"{changed.day:%a}" == "Sun"
    assert changed.states.count(_I.NONE) == (4 if hours == 23 else 0)


def test_a_week_without_checks_has_no_uptime() -> None:
    nothing = TimeSeries(
        integration_id=LINCOLN, since=week_start(NOW), until=NOW, width_s=CELL_S, buckets=()
    )

    week = week_of(nothing, (), NOW)

    assert (week.uptime, week.p50_ms, week.days[0].uptime) == (None, None, None)
    assert signs(week, 3) == "·" * 24


def test_a_check_counts_until_the_next_one_but_is_counted_once() -> None:
    seldom = course(NOW)
    buckets = tuple(GOOD if place % 4 != 3 else Bucket() for place in range(len(seldom.buckets)))

    week = week_of(replace(seldom, buckets=buckets), (), NOW)

    assert signs(week, 0, 96) == "|" * 96
    assert week.days[0].checks == 72 * 30
