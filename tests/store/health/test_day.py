"""The last day of all integrations: the same of hourly sums as of single checks."""

from datetime import datetime, timedelta

import pytest

from integration_tui.domain.health.day import HealthDay, IntervalState
from integration_tui.domain.health.status import HealthReport, HealthStatus
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus as S
from integration_tui.domain.value import replace
from integration_tui.store.database import Database
from tests.store.fixtures import LINCOLN, NOON, integration, report, transition

_I = IntervalState
ROOSEVELT = IntegrationId("roosevelt")


async def day(database: Database, now: datetime = NOON) -> HealthDay:
    async with database.reading() as rows:
        return (await rows.health.days(now))[LINCOLN]


async def save(database: Database, *reports: HealthReport) -> None:
    async with database.transaction() as transaction:
        await transaction.health.save(reports)


async def roll_up(database: Database) -> None:
    async with database.transaction() as transaction:
        await transaction.health.roll_up(now=NOON, keep_days=30)


def down(minutes_ago: float) -> HealthReport:
    return report(minutes_ago, status=HealthStatus.DOWN, latency_ms=None, detail="no")


def states(found: HealthDay) -> str:
    return "".join("·|^x"[state] for state in found.states)


async def test_an_integration_without_checks_has_no_data(lincoln: Database) -> None:
    found = await day(lincoln)

    assert states(found) == "·" * 48
    assert (found.uptime, found.p95_now_ms, found.p95_max_ms) == (None, None, None)


async def test_half_hours_are_told_apart(lincoln: Database) -> None:
    await save(lincoln, *(report(minutes) for minutes in range(5, 100, 5)), *map(down, (92, 61, 0)))

    found = await day(lincoln)

    # From 10:25 on, of two the second one failed; of six one; one since noon, which failed.
    assert states(found) == "·" * 43 + "x^||x"
    assert found.since == NOON - timedelta(hours=23, minutes=30)
    assert (found.checks, found.failures) == (22, 3)


async def test_sums_of_hours_say_the_same_as_the_checks(lincoln: Database) -> None:
    reports = [report(minutes, latency_ms=10 + minutes) for minutes in range(0, 24 * 60, 5)]
    await save(lincoln, *reports, down(61), down(619), down(618.9), down(618.8))
    before = await day(lincoln)

    await roll_up(lincoln)

    after = await day(lincoln)
    assert states(after) == states(before)
    assert states(before).count("^") == 2
    assert (after.checks, after.failures) == (before.checks, before.failures)
    assert after.p95_now_ms == before.p95_now_ms
    assert after.p95_max_ms == pytest.approx(before.p95_max_ms, rel=0.06)


async def test_a_half_hour_that_nobody_checked_stays_empty_in_a_summed_up_hour(
    lincoln: Database,
) -> None:
    hours = range(0, 10 * 60, 5)
    await save(lincoln, *(report(m) for m in hours if not 210 < m <= 240))
    before = await day(lincoln)

    await roll_up(lincoln)

    after = await day(lincoln)
    assert states(after) == states(before)
    assert "|·|" in states(before)
    gap = states(before).index("|·|") + 1
    assert after.p95s_ms[gap] is None


async def test_being_down_or_degraded_marks_each_half_hour_it_lasted(lincoln: Database) -> None:
    await save(lincoln, *(report(minutes) for minutes in range(0, 24 * 60, 5)))
    async with lincoln.transaction() as transaction:
        await transaction.health.add_transitions(
            [
                transition(S.ACTIVE, S.DEGRADED, 30 * 60),
                transition(S.DEGRADED, S.ERROR, 22 * 60 + 10),
                transition(S.ERROR, S.ACTIVE, 22 * 60 - 5),
                transition(S.ACTIVE, S.DEGRADED, 10),
            ]
        )
    await roll_up(lincoln)

    found = await day(lincoln)

    assert states(found) == "^^xx" + "|" * 42 + "^^"


async def test_p95_of_now_is_of_a_quarter_of_an_hour(lincoln: Database) -> None:
    await save(lincoln, report(20, latency_ms=9000), report(14, latency_ms=50), report(1))

    found = await day(lincoln)

    assert found.p95_now_ms == pytest.approx(50, rel=0.06)
    assert found.p95_max_ms == pytest.approx(9000, rel=0.06)


async def test_every_integration_has_its_own_day(lincoln: Database) -> None:
    async with lincoln.transaction() as transaction:
        await transaction.integrations.add(integration(ROOSEVELT))
    await save(lincoln, report(1), replace(down(2), integration_id=ROOSEVELT))

    async with lincoln.reading() as rows:
        found = await rows.health.days(NOON)

    assert [*found] == [LINCOLN, ROOSEVELT]
    assert {found[LINCOLN].states[-2], found[ROOSEVELT].states[-2]} == {_I.OK, _I.BAD}
