"""A world for one connector: its clock moves only when somebody sleeps, its chance is seeded."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.provider import ProviderContext
from integration_tui.domain.secret import Secret, SecretRef
from integration_tui.providers.mock.config import MockConfig
from integration_tui.providers.mock.connector import MockConnector

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


class World:
    """`slept` holds what was slept, in seconds, without the turns given to others."""

    def __init__(self, chance: Callable[[], float] | None = None) -> None:
        self.elapsed_s = 0.0
        self.slept: list[float] = []
        self.resolved: list[str] = []
        self._chance = chance or Random(7).random  # noqa: S311 - a sample, no secret

    def now(self) -> datetime:
        return START + timedelta(seconds=self.elapsed_s)

    def context(self, *, timeout_s: float = 30.0, max_retries: int = 0) -> ProviderContext:
        return ProviderContext(
            integration_id=IntegrationId("lincoln"),
            clock=self.now,
            monotonic=lambda: 1000.0 + self.elapsed_s,
            sleep=self.sleep,
            chance=self._chance,
            secret=self._secret,
            timeout_s=timeout_s,
            max_retries=max_retries,
        )

    async def connected(self, config: MockConfig, *, max_retries: int = 0) -> MockConnector:
        connector = MockConnector(config, self.context(max_retries=max_retries))
        await connector.connect()
        return connector

    async def sleep(self, seconds: float) -> None:
        if seconds:
            self.elapsed_s += seconds
            self.slept.append(seconds)
        await asyncio.sleep(0)

    def _secret(self, reference: SecretRef) -> Secret:
        self.resolved.append(str(reference))
        return Secret("s3cret-value")
