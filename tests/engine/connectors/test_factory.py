"""Who waits for a connection now waits as long as the system asks for before it gives anything."""

import asyncio
from pathlib import Path

import pytest

from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.errors import ConsoleError, RetryableError, ThrottledError
from integration_tui.domain.health.status import StepStatus
from integration_tui.domain.value import replace
from integration_tui.engine.connectors.factory import ConnectorFactory
from integration_tui.providers.catalog import Catalog
from integration_tui.providers.http.config import HttpConfig
from integration_tui.settings import load_settings
from tests.engine.fake_connectors import Puppet, PuppetConnector, host
from tests.engine.test_connection_test import puppet_config, results, tried


def asking(puppet: Puppet, times: int, error: ConsoleError) -> Puppet:
    """Let a puppet's first connects raise an error."""

    async def connect() -> None:
        if puppet.connects <= times:
            raise error

    puppet.connect = connect
    return puppet


def config(attempts: int) -> ProviderConfig:
    return HttpConfig.model_validate(
        {
            "name": "lincoln",
            "type": "puppet",
            "base_url": "https://sis.example.org",
            "auth": {"type": "jwt", "token": "env:SIS_SECRET"},
            "retry": {"attempts": attempts},
        }
    )


@pytest.mark.parametrize(
    "error",
    [
        ThrottledError("slow down", retry_after_s=20),
        ThrottledError("slow down"),
        RetryableError("busy", retry_after_s=1, unprocessed=True),
    ],
)
async def test_a_system_that_asks_for_patience_at_once_is_waited_for(
    error: ConsoleError, tmp_path: Path
) -> None:
    puppet = asking(Puppet(), 2, error)
    slept: list[float] = []

    steps = await tried(puppet_config(), tmp_path, puppet, slept=slept)

    assert ("connect", StepStatus.PASSED) in results(steps)
    assert puppet.connects == 3
    assert min(slept) >= (getattr(error, "retry_after_s", None) or 0)


@pytest.mark.parametrize(
    ("error", "attempts", "connects"),
    [
        (ThrottledError("slow down"), 0, 1),
        (ThrottledError("slow down"), 2, 3),
        (ThrottledError("slow down", retry_after_s=61), 3, 1),  # longer than max_wait_s
        (RetryableError("out of order"), 3, 1),  # asks for nothing
    ],
)
async def test_nobody_waits_longer_than_the_config_says(
    error: ConsoleError, attempts: int, connects: int, tmp_path: Path
) -> None:
    puppet = asking(Puppet(), 9, error)
    environ = {"INTEGRATION_CONFIG_DIR": str(tmp_path), "INTEGRATION_DATA_DIR": str(tmp_path)}
    machine = replace(host(), sleep=lambda _seconds: asyncio.sleep(0))
    factory = ConnectorFactory(Catalog(), load_settings(environ=environ), machine)

    with pytest.raises(type(error)):
        await factory.retry_when_rate_limited(PuppetConnector(puppet).connect, config(attempts))

    assert puppet.connects == connects
