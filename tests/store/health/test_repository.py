"""Checks and transitions come back as they were, the newest of each quickly."""

from datetime import timedelta

from integration_tui.domain.health.status import HealthReport, HealthStatus
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus, Trouble
from integration_tui.store.database import Database
from tests.store.fixtures import LINCOLN, NOON, integration, report, transition

FAILED = HealthReport(
    integration_id=LINCOLN,
    status=HealthStatus.DOWN,
    checked_at=NOON,
    latency_ms=None,
    detail="401 Unauthorized",
    advice="renew the secret",
    trouble=Trouble.CREDENTIALS,
)


async def test_a_report_is_read_as_it_was_saved(lincoln: Database) -> None:
    async with lincoln.transaction() as transaction:
        await transaction.health.save([report(5, detail="fine"), FAILED])
        await transaction.health.save([])

    async with lincoln.reading() as rows:
        history = await rows.health.history(LINCOLN, since=NOON - timedelta(hours=1), limit=10)
        assert history == [report(5, detail="fine"), FAILED]
        assert await rows.health.latest() == [FAILED]


async def test_the_latest_is_the_newest_check_of_each_that_has_one(lincoln: Database) -> None:
    async with lincoln.transaction() as transaction:
        for name in ("adams", "never-checked"):
            await transaction.integrations.add(integration(name))
        await transaction.health.save([report(1), report(9), report(3, name="adams")])
        await transaction.health.add_transitions(
            [transition(IntegrationStatus.ACTIVE, IntegrationStatus.ERROR)]
        )

    async with lincoln.reading() as rows:
        assert await rows.health.latest() == [report(3, name="adams"), report(1)]


async def test_of_two_checks_at_the_same_moment_the_one_saved_last_is_the_latest(
    lincoln: Database,
) -> None:
    async with lincoln.transaction() as transaction:
        await transaction.health.save([report(detail="first"), report(detail="second")])
        await transaction.health.save([report(detail="third")])

    async with lincoln.reading() as rows:
        assert [item.detail for item in await rows.health.latest()] == ["third"]
        history = await rows.health.history(LINCOLN, since=NOON, limit=9)
    assert [item.detail for item in history] == ["first", "second", "third"]


async def test_history_begins_at_a_moment_and_keeps_the_newest(lincoln: Database) -> None:
    async with lincoln.transaction() as transaction:
        await transaction.health.save([report(minutes) for minutes in range(10)])

    async with lincoln.reading() as rows:
        since = NOON - timedelta(minutes=5)
        recent = await rows.health.history(LINCOLN, since=since, limit=100)
        bounded = await rows.health.history(LINCOLN, since=since, limit=2)
    assert recent == [report(minutes) for minutes in (5, 4, 3, 2, 1, 0)]
    assert bounded == [report(1), report(0)]


async def test_recent_holds_the_last_of_each_oldest_first(lincoln: Database) -> None:
    async with lincoln.transaction() as transaction:
        await transaction.integrations.add(integration("adams"))
        await transaction.health.save([report(minutes) for minutes in range(10)])
        await transaction.health.save([report(7, name="adams")])

    async with lincoln.reading() as rows:
        found = await rows.health.recent(3)
    assert found == {
        LINCOLN: [report(2), report(1), report(0)],
        IntegrationId("adams"): [report(7, name="adams")],
    }


async def test_transitions_come_newest_first(lincoln: Database) -> None:
    down = transition(IntegrationStatus.ACTIVE, IntegrationStatus.ERROR, 9, reason="timeout")
    up = transition(IntegrationStatus.ERROR, IntegrationStatus.ACTIVE, 3)
    async with lincoln.transaction() as transaction:
        await transaction.health.add_transitions([down, up])
        await transaction.health.save([report()])

    async with lincoln.reading() as rows:
        assert await rows.health.transitions(LINCOLN, limit=10) == [up, down]
        assert await rows.health.transitions(LINCOLN, limit=1) == [up]


async def test_what_is_reported_of_a_removed_integration_is_passed_over(
    lincoln: Database,
) -> None:
    async with lincoln.transaction() as transaction:
        await transaction.health.save([report(name="gone"), report()])

    async with lincoln.reading() as rows:
        assert await rows.health.latest() == [report()]


async def test_moments_keep_their_microseconds_and_come_back_in_utc(lincoln: Database) -> None:
    from datetime import timezone

    from integration_tui.domain.value import replace

    chicago = timezone(timedelta(hours=-6))
    odd = NOON.replace(microsecond=1).astimezone(chicago)
    async with lincoln.transaction() as transaction:
        await transaction.health.save([replace(report(), checked_at=odd)])
        await transaction.integrations.save(replace(integration(), changed_at=odd))

    async with lincoln.reading() as rows:
        (found,) = await rows.health.latest()
        (stored,) = await rows.integrations.all()
    assert found.checked_at == stored.changed_at == odd
    assert found.checked_at.utcoffset() == stored.changed_at.utcoffset() == timedelta(0)
