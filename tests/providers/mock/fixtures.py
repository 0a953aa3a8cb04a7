"""A world for one connector: its clock moves only when somebody sleeps, its chance is seeded."""

from collections.abc import Callable
from random import Random

from integration_tui.domain.provider import ProviderContext
from integration_tui.providers.mock.config import MockConfig
from integration_tui.providers.mock.connector import MockConnector
from integration_tui.testing.clock import START as START
from integration_tui.testing.host import FakeHost

SECRETS = {"MOCK_SECRET": "s3cret-value"}


class World(FakeHost):
    def __init__(self, chance: Callable[[], float] | None = None) -> None:
        seeded = Random(7).random  # noqa: S311 - a sample, no secret
        super().__init__(SECRETS, chance=chance or seeded)

    def context(
        self, *, name: str = "lincoln", timeout_s: float = 30.0, max_retries: int = 0
    ) -> ProviderContext:
        return super().context(name=name, timeout_s=timeout_s, max_retries=max_retries)

    async def connected(self, config: MockConfig, *, max_retries: int = 0) -> MockConnector:
        connector = MockConnector(config, self.context(max_retries=max_retries))
        await connector.connect()
        return connector
