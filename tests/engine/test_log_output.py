"""What the engine writes into the logging_setup file: what is new, once."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration_tui import logging_setup
from integration_tui.domain.errors import RetryableError
from integration_tui.domain.health.status import HealthFinding
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus
from tests.engine.fake_connectors import World, until, world

STATUS = IntegrationStatus
AT_ONCE = "reconnect: {base_s: 0.01, max_s: 0.01}\n"


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "logging_setup"
    logging_setup.configure(path)
    yield path
    logging_setup.close()


def lines(path: Path) -> Counter[str]:
    return Counter(json.loads(line)["event"] for line in path.read_text().splitlines())


async def stands(here: World, one: IntegrationId, status: IntegrationStatus) -> None:
    async def does() -> bool:
        return (await here.row(one)).status is status

    await until(does)


async def test_one_line_when_it_goes_down_and_one_when_it_is_back(
    tmp_path: Path, written: Path
) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln", AT_ONCE)
        await here.engine.start()
        await stands(here, lincoln, STATUS.ACTIVE)
        here.puppets["lincoln"].fails_with(RetryableError("refused"))
        await until(lambda: here.puppets["lincoln"].connects >= 10)
        here.puppets["lincoln"].recovers()
        await stands(here, lincoln, STATUS.ACTIVE)

    assert lines(written) == {"went down": 1, "came back": 1}


@pytest.mark.parametrize("error", [KeyError("a"), asyncio.CancelledError()])
async def test_a_bug_is_told_once_however_often_it_happens(
    tmp_path: Path, written: Path, error: BaseException
) -> None:
    async def fail() -> HealthFinding:
        raise error

    async with world(tmp_path) as here:
        await here.add("lincoln", AT_ONCE)
        await here.add("roosevelt", AT_ONCE)
        here.puppets["lincoln"].check = here.puppets["roosevelt"].check = fail
        await here.engine.start()
        await until(
            lambda: min(here.puppets[literal].checks for literal in ("lincoln", "roosevelt")) > 5
        )

    assert lines(written) == {"connector failed": 2, "went down": 2}


async def test_a_failure_in_maintenance_is_not_told(tmp_path: Path, written: Path) -> None:
    async with world(tmp_path) as here:
        always = "health: {maintenance: [{start: '* * * * *', duration_min: 5}]}\n"
        await here.add("lincoln", always)
        here.puppets["lincoln"].fails_with(RetryableError("being upgraded"))
        await here.engine.start()
        await until(lambda: here.puppets["lincoln"].connects >= 5)

    assert lines(written) == {}
