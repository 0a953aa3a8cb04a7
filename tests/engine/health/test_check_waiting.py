"""A pause that we keep is no latency of the system; it is told as waiting."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.config.version import ConfigVersion
from integration_tui.domain.health.status import HealthReport, HealthStatus, StepResult
from integration_tui.domain.waiting import counted_as_waiting, measured_waiting
from integration_tui.engine.connection_test import ConnectionTest
from integration_tui.engine.connectors.factory import ConnectorFactory
from integration_tui.engine.connectors.pool import ConnectionPool
from integration_tui.engine.context import Runtime
from integration_tui.engine.health.check import HealthCheck
from integration_tui.engine.watchdog import Watchdog
from integration_tui.providers.canvas.config import CanvasConfig
from integration_tui.providers.catalog import Catalog
from integration_tui.settings import load_settings
from integration_tui.testing.clock import FakeClock
from integration_tui.testing.http_server import Reply, ScriptedServer, serve
from tests.engine.fake_connectors import no_secret

OURSELVES = {"id": 1}
SPENT = Reply.json(OURSELVES, headers={"x-rate-limit-remaining": "-41.0", "x-request-cost": "1.2"})
DISTRICT = {"id": 1, "name": "District", "default_time_zone": "UTC"}
FULL = Reply.json(OURSELVES, headers={"x-rate-limit-remaining": "600.0", "x-request-cost": "0.1"})


def no_config(_version: ConfigVersion) -> ProviderConfig:
    raise AssertionError("the config is given")


@asynccontextmanager
async def canvas(
    folder: Path, *replies: Reply
) -> AsyncGenerator[tuple[ConnectionPool, Runtime, CanvasConfig]]:
    """Yield what checks a Canvas that gives these replies; its clock moves by sleeping only."""
    clock = FakeClock()
    machine = Runtime(
        clock=clock.now,
        monotonic=clock.monotonic,
        sleep=clock.sleep,
        chance=lambda: 0.5,
        secret=no_secret,
    )
    environ = {"INTEGRATION_CONFIG_DIR": str(folder), "INTEGRATION_DATA_DIR": str(folder)}
    factory = ConnectorFactory(Catalog(), load_settings(environ=environ), machine)
    async with serve(ScriptedServer(*replies)) as address:
        config = CanvasConfig.model_validate(
            {
                "name": "canvas",
                "type": "canvas",
                "base_url": address,
                "auth": {"type": "jwt", "token": "env:TOKEN"},
            }
        )
        pool = ConnectionPool(factory, close_s=0.2)
        yield pool, machine, config
        await pool.close_all()


async def checked(folder: Path, *replies: Reply) -> HealthReport:
    """Return the report of a check on a line that is open."""
    async with canvas(folder, *replies) as (pool, machine, config):
        check = HealthCheck(pool, no_config, machine, Watchdog(machine.monotonic))
        line = await pool.open(config, timeout_s=30)
        return (await check.check(line, config)).report


async def test_a_check_that_waits_for_a_pause_is_not_slow(tmp_path: Path) -> None:
    report = await checked(tmp_path, SPENT, FULL)

    assert report.status is HealthStatus.HEALTHY
    assert report.latency_ms == pytest.approx(0, abs=1)
    assert report.detail == "600 of the rate limit left; waited 19 s for the rate limit"


async def test_a_check_that_does_not_wait_says_nothing_of_it(tmp_path: Path) -> None:
    report = await checked(tmp_path, FULL, FULL)

    assert report.detail == "600 of the rate limit left"


async def test_a_check_that_waited_and_failed_says_both(tmp_path: Path) -> None:
    report = await checked(tmp_path, SPENT, Reply(500))

    assert report.status is HealthStatus.DOWN
    assert report.detail.endswith("(HTTP 500); waited 19 s for the rate limit")


async def test_the_steps_of_a_test_do_not_take_a_pause_for_latency(tmp_path: Path) -> None:
    heard: list[StepResult] = []

    account, nothing = Reply.json([DISTRICT]), Reply.json([])
    looked_at = (account, nothing, nothing)  # the account, its users, its reports

    async with canvas(tmp_path, *looked_at, SPENT, FULL) as (pool, machine, config):
        await ConnectionTest(pool, machine).run(config, heard.append)

    check = next(step for step in heard if step.name == "check")
    assert check.latency_ms == pytest.approx(0, abs=1)
    assert "waited 19 s for the rate limit" in check.detail


async def test_waits_at_the_same_time_count_once() -> None:
    clock = FakeClock()
    both, first_is_over = asyncio.Barrier(2), asyncio.Event()

    async def first() -> None:
        with counted_as_waiting():
            await both.wait()
            clock.elapsed_s += 5
        first_is_over.set()

    async def second() -> None:
        with counted_as_waiting():
            await both.wait()
            await first_is_over.wait()
            clock.elapsed_s += 3

    with measured_waiting(clock.monotonic) as waits:
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            group.create_task(first())
            group.create_task(second())
        clock.elapsed_s += 100

    assert waits.waited_s == 8


async def test_a_wait_that_goes_on_counts_until_now() -> None:
    clock = FakeClock()

    with measured_waiting(clock.monotonic) as waits, counted_as_waiting():
        clock.elapsed_s += 4
        assert waits.waited_s == 4
