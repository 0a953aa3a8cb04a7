"""Figures over a window are the same, summed up or not, and cost little."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from integration_tui.domain.health.status import HealthReport, HealthStatistics, HealthStatus
from integration_tui.domain.integration import IntegrationStatus as S
from integration_tui.store.database import Database
from tests.store.fixtures import LINCOLN, NOON, World, integration, report, transition

HALF_PAST = NOON + timedelta(minutes=30)
DAY_S = 86_400


async def statistics(
    database: Database, window_s: int = DAY_S, now: datetime = HALF_PAST
) -> HealthStatistics:
    async with database.reading() as rows:
        figures = await rows.health.statistics(window_s=window_s, now=now)
    return next(figure for figure in figures if figure.integration_id == LINCOLN)


async def save(database: Database, reports: Sequence[HealthReport]) -> None:
    async with database.transaction() as transaction:
        await transaction.health.save(reports)


async def roll_up(database: Database, now: datetime = HALF_PAST, keep_days: int = 30) -> int:
    async with database.transaction() as transaction:
        return await transaction.health.roll_up(now=now, keep_days=keep_days)


def some_days(seed: int = 1) -> list[HealthReport]:
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    return [
        report(
            minutes,
            status=HealthStatus.DOWN if chance.random() < 0.1 else HealthStatus.HEALTHY,
            latency_ms=None if chance.random() < 0.1 else chance.lognormvariate(4, 1),
        )
        for minutes in range(0, 3 * 24 * 60, 7)
    ]


@pytest.mark.parametrize("window_s", [2000, 3600, 5000, DAY_S, 2 * DAY_S + 17, 90 * DAY_S])
async def test_summing_up_changes_no_figure(lincoln: Database, window_s: int) -> None:
    await save(lincoln, some_days())
    before = await statistics(lincoln, window_s)

    await roll_up(lincoln)
    first = await statistics(lincoln, window_s)
    again = await statistics(lincoln, window_s)

    assert before.checks > 0
    assert (first, again) == (before, before)


async def test_a_window_is_counted_exactly(lincoln: Database) -> None:
    await save(lincoln, [report(0), report(10), report(59.99), report(60), report(60.01)])
    await roll_up(lincoln)

    assert (await statistics(lincoln, 3600, NOON)).checks == 4


async def test_uptime_and_percentiles_are_of_what_happened(lincoln: Database) -> None:
    await save(lincoln, [report(n, latency_ms=10.0) for n in range(90)])
    await save(lincoln, [report(n, latency_ms=1000.0) for n in range(8)])
    await save(lincoln, [report(n, status=HealthStatus.DOWN, latency_ms=None) for n in range(2)])
    await roll_up(lincoln)

    figures = await statistics(lincoln)

    assert (figures.checks, figures.failures, figures.uptime) == (100, 2, 0.98)
    assert figures.p50_ms == pytest.approx(10.0, rel=0.05)
    assert figures.p95_ms == pytest.approx(1000.0, rel=0.05)
    assert figures.p99_ms == pytest.approx(1000.0, rel=0.05)


async def test_an_integration_without_checks_has_figures_too(lincoln: Database) -> None:
    figures = await statistics(lincoln)

    assert (figures.checks, figures.uptime, figures.p50_ms) == (0, None, None)


async def test_figures_come_by_name(lincoln: Database) -> None:
    async with lincoln.transaction() as transaction:
        for name in ("adams", "zoo"):
            await transaction.integrations.add(integration(name))

    async with lincoln.reading() as rows:
        figures = await rows.health.statistics(window_s=3600, now=NOON)
    assert [figure.integration_id for figure in figures] == ["adams", LINCOLN, "zoo"]


@pytest.mark.parametrize(
    ("path", "reconnects"),
    [
        ((S.ERROR, S.ACTIVE), 1),
        ((S.ERROR, S.DEGRADED), 1),
        ((S.ERROR, S.CONNECTING, S.ACTIVE), 1),
        ((S.ERROR, S.CONNECTING, S.DEGRADED, S.ACTIVE), 1),
        ((S.ERROR, S.CONNECTING, S.ERROR, S.CONNECTING, S.ACTIVE, S.ERROR, S.ACTIVE), 2),
        ((S.ERROR, S.CONNECTING, S.ERROR), 0),
        ((S.INACTIVE, S.CONNECTING, S.ACTIVE), 0),
        ((S.ACTIVE, S.DEGRADED, S.ACTIVE), 0),
        ((S.ERROR, S.INACTIVE, S.CONNECTING, S.ACTIVE), 0),
    ],
)
@pytest.mark.parametrize("summed_up", [False, True])
async def test_a_reconnect_is_working_again_after_an_error(
    lincoln: Database, path: tuple[S, ...], reconnects: int, summed_up: bool
) -> None:
    steps = [
        transition(before, after, minutes_ago=50 - number)
        for number, (before, after) in enumerate(pairwise(path))
    ]
    async with lincoln.transaction() as transaction:
        await transaction.health.save([report(55)])
        await transaction.health.add_transitions(steps)
    if summed_up:
        await roll_up(lincoln)

    assert (await statistics(lincoln)).reconnects == reconnects


async def test_an_error_before_the_window_still_makes_a_reconnect_in_it(lincoln: Database) -> None:
    async with lincoln.transaction() as transaction:
        await transaction.health.add_transitions(
            [transition(S.ERROR, S.CONNECTING, 61), transition(S.CONNECTING, S.ACTIVE, 59)]
        )

    assert (await statistics(lincoln, 3600, NOON)).reconnects == 1


async def test_summing_up_is_done_any_number_of_times(lincoln: Database, world: World) -> None:
    await save(lincoln, some_days())

    def hours() -> list[tuple[object, ...]]:
        with world.by_other_means() as other:
            found = other.execute("SELECT * FROM integration_status_hours ORDER BY hour")
            return found.fetchall()

    await roll_up(lincoln)
    once = hours()
    assert await roll_up(lincoln) == 0
    assert hours() == once
    assert len(once) == 72


async def test_a_check_that_came_late_is_counted_by_the_next_summing_up(lincoln: Database) -> None:
    await save(lincoln, [report(5)])
    await roll_up(lincoln, NOON)
    await save(lincoln, [report(1)])

    await roll_up(lincoln, NOON + timedelta(hours=1))

    assert (await statistics(lincoln, now=NOON + timedelta(hours=1))).checks == 2


async def test_hours_without_checks_are_passed_over(lincoln: Database) -> None:
    await save(lincoln, [report(60 * 24 * 20)])
    await roll_up(lincoln, NOON - timedelta(days=19))
    await save(lincoln, [report(5)])

    await roll_up(lincoln)

    assert (await statistics(lincoln, 30 * DAY_S)).checks == 2


async def test_old_checks_go_and_their_sums_stay(lincoln: Database, world: World) -> None:
    await save(lincoln, some_days())
    week = await statistics(lincoln, 7 * DAY_S)

    gone = await roll_up(lincoln, keep_days=1)
    nothing = await roll_up(lincoln, keep_days=1)

    with world.by_other_means() as other:
        ((left, oldest),) = other.execute("SELECT count(*), min(at) FROM integration_status_logs")
    assert (gone, nothing) == (len(some_days()) - left, 0)
    assert oldest >= "2026-03-01 12:00"
    assert await statistics(lincoln, 7 * DAY_S) == week


async def test_a_program_that_was_off_for_long_loses_no_sums(lincoln: Database) -> None:
    await save(lincoln, some_days())
    await roll_up(lincoln, keep_days=1)
    later = HALF_PAST + timedelta(days=40)

    await roll_up(lincoln, later, keep_days=1)
    await roll_up(lincoln, later, keep_days=1)

    assert (await statistics(lincoln, 60 * DAY_S, later)).checks == len(some_days())


async def test_sums_are_kept_for_400_days(lincoln: Database) -> None:
    await save(lincoln, [report(30)])
    await roll_up(lincoln)
    later = NOON + timedelta(days=399)
    await roll_up(lincoln, later)
    kept = (await statistics(lincoln, 500 * DAY_S, later)).checks

    await roll_up(lincoln, NOON + timedelta(days=401))

    assert kept == 1
    assert (await statistics(lincoln, 500 * DAY_S, later)).checks == 0


async def test_figures_follow_what_is_saved_in_between(lincoln: Database) -> None:
    await save(lincoln, some_days())
    await roll_up(lincoln)
    before = (await statistics(lincoln)).checks

    await save(lincoln, [report(-1), report(-2)])

    assert (await statistics(lincoln)).checks == before + 2
