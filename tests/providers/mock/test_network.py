"""What a request goes through: time, chance, incidents, and patience."""

from collections.abc import Iterator
from math import isfinite
from random import Random
from statistics import median

import pytest

from integration_tui.domain.errors import CredentialsError, RetryableError, ThrottledError
from integration_tui.domain.roster import Collection
from integration_tui.providers.mock.config import Distribution, LatencyConfig
from integration_tui.providers.mock.connector import MockConnector
from integration_tui.providers.mock.network import latency_s
from integration_tui.providers.mock.presets import mock, quick
from tests.providers.mock.fixtures import START, World


def samples(**options: object) -> list[float]:
    config = LatencyConfig.model_validate({"median_ms": 100, **options})
    chance = Random(11).random  # noqa: S311 - a sample, no secret
    return [latency_s(config, chance) for _ in range(4000)]


@pytest.mark.parametrize("distribution", Distribution)
def test_half_of_the_requests_are_faster_than_the_median(distribution: Distribution) -> None:
    times = samples(distribution=distribution, spread=0.5)

    assert median(times) == pytest.approx(0.1, rel=0.05)
    assert min(times) >= 0


def test_a_uniform_time_stays_within_its_spread() -> None:
    times = samples(distribution="uniform", spread=0.5)

    assert min(times) >= 0.05
    assert max(times) <= 0.15
    assert max(times) - min(times) > 0.09


def test_a_lognormal_time_has_a_long_tail() -> None:
    times = sorted(samples(distribution="lognormal", spread=0.5))

    assert times[int(0.99 * len(times))] > 0.25


async def test_a_check_takes_the_configured_time() -> None:
    world = World()
    connector = await world.connected(mock(latency={"median_ms": 250, "distribution": "constant"}))
    world.clock.slept.clear()

    await connector.check()

    assert world.clock.slept == [0.25]


async def test_no_request_takes_longer_than_the_timeout() -> None:
    world = World()
    config = mock(latency={"median_ms": 60_000, "distribution": "constant"})
    connector = MockConnector(config, world.context(timeout_s=2))

    with pytest.raises(RetryableError, match="no answer within 2 s"):
        await connector.connect()

    assert world.clock.elapsed_s == 2


async def test_a_dripping_answer_comes_late_or_times_out() -> None:
    world = World()
    drip = mock(scenario="steady", incidents=[{"kind": "slow_drip", "start_s": 1, "delay_s": 5}])
    connector = MockConnector(drip, world.context(timeout_s=3))
    await connector.connect()
    world.clock.elapsed_s = 1.5

    with pytest.raises(RetryableError, match="within 3 s"):
        await connector.check()

    assert world.clock.elapsed_s == pytest.approx(4.5)


async def test_a_drip_shorter_than_the_timeout_is_only_slow() -> None:
    world = World()
    connector = await world.connected(quick(incidents=[{"kind": "slow_drip", "delay_s": 2}]))
    world.clock.slept.clear()

    await connector.check()

    assert sum(world.clock.slept) == pytest.approx(2)
    assert len(world.clock.slept) == 10


async def test_an_outage_ends_by_itself() -> None:
    world = World()
    connector = await world.connected(
        quick(incidents=[{"kind": "outage", "start_s": 10, "duration_s": 5}])
    )
    world.clock.elapsed_s = 12

    with pytest.raises(RetryableError, match="connection refused"):
        await connector.check()

    world.clock.elapsed_s = 15
    await connector.check()


async def test_a_script_with_a_start_of_its_own_goes_on_through_a_reconnect() -> None:
    world = World()
    config = quick(
        starts_at=START.isoformat(), incidents=[{"kind": "outage", "start_s": 0, "duration_s": 30}]
    )

    with pytest.raises(RetryableError):
        await world.connected(config)

    world.clock.elapsed_s = 29
    with pytest.raises(RetryableError):
        await world.connected(config)

    world.clock.elapsed_s = 30
    await (await world.connected(config)).check()


async def test_simulated_time_can_run_faster() -> None:
    world = World()
    connector = await world.connected(
        quick(time_scale=60, incidents=[{"kind": "outage", "start_s": 600}])
    )
    world.clock.elapsed_s = 9.9
    await connector.check()

    world.clock.elapsed_s = 10
    with pytest.raises(RetryableError):
        await connector.check()


async def test_the_error_rate_is_the_share_of_failed_requests() -> None:
    world = World()
    flaky = quick(error_rate=0.3)
    failed = 0
    connector = MockConnector(flaky, world.context())
    while not await is_opened(connector):
        pass

    for _ in range(1000):
        try:
            await connector.check()
        except RetryableError:
            failed += 1

    assert 250 < failed < 350


async def is_opened(connector: MockConnector) -> bool:
    try:
        await connector.connect()
    except RetryableError:
        return False
    return True


async def test_a_throttled_listing_waits_as_told_and_goes_on() -> None:
    world = World()
    connector = await world.connected(
        quick(
            incidents=[{"kind": "throttled", "start_s": 1, "duration_s": 10, "retry_after_s": 9.5}]
        ),
        max_retries=2,
    )
    world.clock.elapsed_s = 2

    pages = [page async for page in connector.pages(Collection.ORGS)]

    assert world.clock.slept == [9.5]
    assert pages[-1].complete


async def test_patience_ends_after_the_allowed_retries() -> None:
    world = World()
    connector = await world.connected(
        quick(incidents=[{"kind": "outage", "start_s": 1}]), max_retries=3
    )
    world.clock.elapsed_s = 2

    with pytest.raises(RetryableError):
        await connector.find(Collection.USERS, "usr-0000001")

    assert len(world.clock.slept) == 3


async def test_a_wait_of_more_than_a_minute_is_left_to_the_caller() -> None:
    world = World()
    connector = await world.connected(
        quick(incidents=[{"kind": "throttled", "start_s": 1, "retry_after_s": 61}]), max_retries=3
    )
    world.clock.elapsed_s = 2

    with pytest.raises(ThrottledError) as caught:
        await connector.metadata()

    assert caught.value.retry_after_s == 61
    assert world.clock.slept == []


async def test_a_check_is_never_repeated() -> None:
    world = World()
    connector = await world.connected(
        quick(incidents=[{"kind": "throttled", "start_s": 1}]), max_retries=3
    )
    world.clock.elapsed_s = 2

    with pytest.raises(ThrottledError):
        await connector.check()

    assert world.clock.slept == []


async def test_bad_credentials_are_not_tried_again() -> None:
    world = World()
    connector = await world.connected(
        quick(incidents=[{"kind": "auth_expired", "start_s": 1}]), max_retries=3
    )
    world.clock.elapsed_s = 2

    with pytest.raises(CredentialsError):
        await connector.metadata()

    assert world.clock.slept == []


async def test_after_disconnecting_a_request_says_to_start_first() -> None:
    connector = await World().connected(quick())
    await connector.disconnect()

    with pytest.raises(RetryableError, match="start the integration first"):
        await connector.check()


def test_the_worst_chance_is_still_a_time() -> None:
    chances: Iterator[float] = iter([1 - 2**-53, 0.0])

    slowest = latency_s(LatencyConfig(median_ms=10, spread=3), lambda: next(chances))

    assert isfinite(slowest)
    assert slowest > 0
