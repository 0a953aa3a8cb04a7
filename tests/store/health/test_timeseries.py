"""A window of one integration: buckets, changes of status, reasons; measured ones only."""

from datetime import timedelta

import pytest

from integration_tui.domain.health.status import HealthReport, HealthStatus
from integration_tui.domain.health.timeseries import Bucketing, TimeSeries
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus as S
from integration_tui.domain.integration import Trouble
from integration_tui.domain.value import replace
from integration_tui.store.database import Database
from tests.store.fixtures import LINCOLN, NOON, integration, report, transition

HOUR_S = 3600
DAY_S = 24 * HOUR_S


async def course(database: Database, window_s: int, most: int, until: float = 0) -> TimeSeries:
    """Return a window that ended so many minutes before noon."""
    end = NOON - timedelta(minutes=until)
    cut = Bucketing.of(end - timedelta(seconds=window_s), end, most=most)
    async with database.reading() as rows:
        return await rows.health.timeseries(LINCOLN, cut, end)


def checks(found: TimeSeries) -> list[int]:
    return [bucket.checks for bucket in found.buckets]


async def save(database: Database, *reports: HealthReport) -> None:
    async with database.transaction() as transaction:
        await transaction.health.save(reports)


async def roll_up(database: Database, *, keep_days: int = 30) -> None:
    async with database.transaction() as transaction:
        await transaction.health.roll_up(now=NOON, keep_days=keep_days)


def down(minutes_ago: float, detail: str, trouble: Trouble = Trouble.NOT_READY) -> HealthReport:
    failed = report(minutes_ago, status=HealthStatus.DOWN, latency_ms=None, detail=detail)
    return replace(failed, trouble=trouble)


async def test_checks_are_counted_by_bucket_and_a_gap_is_no_zero(lincoln: Database) -> None:
    await save(lincoln, report(59, latency_ms=10), report(58, latency_ms=30), down(31, "no"))

    found = await course(lincoln, HOUR_S, 6)

    assert checks(found) == [2, 0, 1, 0, 0, 0, 0]
    first, empty, failed = found.buckets[:3]
    assert first.p50_ms == pytest.approx(10, rel=0.05)
    assert first.p95_ms == pytest.approx(30, rel=0.05)
    assert (empty.p50_ms, empty.p95_ms) == (None, None)
    assert (failed.failures, failed.p50_ms) == (1, None)
    assert found.since == NOON - timedelta(hours=1)
    assert found.known_since == NOON - timedelta(minutes=59)


async def test_no_number_of_checks_is_too_many(lincoln: Database) -> None:
    await save(lincoln, *(report(second / 60) for second in range(7_000)))

    assert sum(checks(await course(lincoln, 2 * HOUR_S, 60))) == 7_000


async def test_a_window_of_the_past_knows_nothing_of_what_came_later(lincoln: Database) -> None:
    await save(lincoln, report(70), report(61), report(59.9), report(1))

    assert sum(checks(await course(lincoln, HOUR_S, 60, until=60))) == 2


@pytest.mark.parametrize("window_s", [2 * DAY_S, 30 * DAY_S])
async def test_buckets_are_the_same_of_sums_as_of_checks(lincoln: Database, window_s: int) -> None:
    reports = [report(n * 17, latency_ms=5.0 + n % 90) for n in range(600)]
    await save(lincoln, *reports, down(30, "no"), report(2000, status=HealthStatus.DEGRADED))
    async with lincoln.transaction() as transaction:
        await transaction.health.add_transitions(
            [transition(S.ACTIVE, S.DEGRADED, 2000), transition(S.DEGRADED, S.ACTIVE, 1990)]
        )
    before = await course(lincoln, window_s, 60)

    await roll_up(lincoln)
    summed_up = await course(lincoln, window_s, 60)

    assert sum(checks(before)) > 160
    assert [bucket.is_weak for bucket in before.buckets].count(True) in {1, 2}
    assert replace(summed_up, known_since=before.known_since) == before


async def test_sums_outlive_the_checks(lincoln: Database) -> None:
    await save(lincoln, *(report(minutes) for minutes in range(0, 10 * 24 * 60, 60)))
    before = await course(lincoln, 30 * DAY_S, 60)

    await roll_up(lincoln, keep_days=1)

    assert replace(await course(lincoln, 30 * DAY_S, 60), known_since=None) == replace(
        before, known_since=None
    )


async def test_changes_lead_into_the_window(lincoln: Database) -> None:
    steps = [
        transition(S.INACTIVE, S.ACTIVE, 300),
        transition(S.ACTIVE, S.DEGRADED, 200),
        transition(S.DEGRADED, S.ERROR, 190, reason="timeout"),
        transition(S.ERROR, S.ACTIVE, 30),
        transition(S.ACTIVE, S.ERROR, 2),
    ]
    async with lincoln.transaction() as transaction:
        await transaction.health.add_transitions(steps)

    async with lincoln.reading() as rows:
        until = NOON - timedelta(minutes=3)
        since = until - timedelta(hours=1)
        found = await rows.health.changes(LINCOLN, since=since, until=until, limit=9)
        newest = await rows.health.changes(LINCOLN, since=since, until=until, limit=1)
    assert found == steps[:4]
    assert newest == [steps[3]]


async def test_reasons_come_by_how_often(lincoln: Database) -> None:
    refused = [down(minute, "401", Trouble.CREDENTIALS) for minute in (5, 6, 7)]
    await save(lincoln, *refused, down(4, "timeout"), report(3), down(90, "before"))

    async with lincoln.reading() as rows:
        found = await rows.health.breakdown(
            LINCOLN, since=NOON - timedelta(hours=1), until=NOON, limit=1
        )
    assert found.failures == 4
    (reason,) = found.reasons
    assert (reason.trouble, reason.detail) == (Trouble.CREDENTIALS, "401")
    assert (reason.count, reason.share) == (3, 0.75)
    assert reason.latest_at == NOON - timedelta(minutes=5)


async def test_how_all_stood_at_a_moment(lincoln: Database) -> None:
    adams = IntegrationId("adams")
    async with lincoln.transaction() as transaction:
        await transaction.integrations.add(integration(adams))
        await transaction.health.save([report(45)])
        await transaction.health.add_transitions(
            [transition(S.CONNECTING, S.ACTIVE, 30), transition(S.ACTIVE, S.ERROR, 10)]
        )

    async def stood(minutes_ago: float) -> dict[IntegrationId, S]:
        async with lincoln.reading() as rows:
            return await rows.health.statuses(NOON - timedelta(minutes=minutes_ago))

    assert await stood(0) == {LINCOLN: S.ERROR, adams: S.INACTIVE}
    assert await stood(20) == {LINCOLN: S.ACTIVE}
    assert await stood(40) == {LINCOLN: S.CONNECTING}
    assert await stood(50) == {}
