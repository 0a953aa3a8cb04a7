"""One throttle a quota: lent to all who share it, and forgotten when nobody has a part in it."""

import gc
from pathlib import Path

import pytest

from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.config.policies import RateLimitPolicy
from integration_tui.domain.rate_limits import RateLimitHint
from integration_tui.domain.value import replace
from integration_tui.engine.connectors.budgets import BudgetPool
from integration_tui.engine.connectors.factory import ConnectorFactory
from integration_tui.providers.catalog import Catalog
from integration_tui.settings import load_settings
from integration_tui.testing.clock import FakeClock
from tests.engine.fake_connectors import host

SLOW = RateLimitPolicy(requests=1, period_s=10)


def pool(clock: FakeClock) -> BudgetPool:
    return BudgetPool(clock.monotonic, clock.sleep)


async def test_who_names_the_same_key_takes_turns() -> None:
    clock = FakeClock()
    budgets = pool(clock)

    for share in (budgets.lend("a", SLOW), budgets.lend("a", SLOW), budgets.lend("b", SLOW)):
        await share.acquire(patience_s=60)

    assert clock.elapsed_s == pytest.approx(10)


async def test_all_integrations_of_a_process_share_a_budget(tmp_path: Path) -> None:
    clock = FakeClock()
    machine = replace(host(), monotonic=clock.monotonic, sleep=clock.sleep)
    environ = {"INTEGRATION_CONFIG_DIR": str(tmp_path), "INTEGRATION_DATA_DIR": str(tmp_path)}
    factory = ConnectorFactory(Catalog(), load_settings(environ=environ), machine)

    for name in ("lincoln", "roosevelt"):
        config = ProviderConfig.model_validate({"name": name, "type": "mock"})
        await factory.context(config).budget("a", SLOW).acquire(patience_s=60)

    assert clock.slept == [pytest.approx(10)]


async def test_a_budget_is_forgotten_when_nobody_has_a_part_in_it() -> None:
    clock = FakeClock()
    budgets = pool(clock)

    for number in range(500):
        share = budgets.lend(f"token {number}", SLOW)
        await share.acquire(patience_s=60)
        del share
        gc.collect(0)
        clock.elapsed_s += 10

    assert len(budgets) <= 2


async def test_a_budget_is_kept_while_somebody_has_a_part_in_it() -> None:
    clock = FakeClock()
    budgets = pool(clock)
    kept = budgets.lend("a", SLOW)

    clock.elapsed_s += 100
    await kept.acquire(patience_s=60)
    await budgets.lend("a", SLOW).acquire(patience_s=60)

    assert clock.slept == [pytest.approx(10)]


async def test_a_pause_outlives_the_connection_that_was_asked_for_it() -> None:
    clock = FakeClock()
    budgets = pool(clock)

    share = budgets.lend("a", SLOW)
    share.adapt(RateLimitHint(pause_s=30))
    del share
    gc.collect()
    await budgets.lend("a", SLOW).acquire(patience_s=60)

    assert clock.slept == [pytest.approx(30)]
