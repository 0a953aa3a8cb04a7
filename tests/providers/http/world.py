"""What a connector is lent in tests: a clock that moves only on request, and known secrets."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from integration_tui.domain.errors import SecretError
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.provider import ProviderContext
from integration_tui.domain.secret import Secret, SecretRef

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
CANARY = "canary-c0ffee+/5d41402a"
"""The value of every secret that a test does not name itself: no text may hold it."""


class World:
    """`slept` holds what was slept, in seconds; sleeping moves the clock and takes no time."""

    def __init__(
        self, secrets: Mapping[str, str] | None = None, *, chance: Callable[[], float] | None = None
    ) -> None:
        self.elapsed_s = 0.0
        self.slept: list[float] = []
        self.secrets = {"SECRET": CANARY, **(secrets or {})}
        self._chance = chance or (lambda: 0.5)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.elapsed_s)

    def monotonic(self) -> float:
        return 1000.0 + self.elapsed_s

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.elapsed_s += seconds
        await asyncio.sleep(0)

    def secret(self, reference: SecretRef) -> Secret:
        if reference.name not in self.secrets:
            raise SecretError(f"{reference} is not set", advice="set it")
        return Secret(self.secrets[reference.name])

    def context(self, *, timeout_s: float = 5.0, max_retries: int = 0) -> ProviderContext:
        return ProviderContext(
            integration_id=IntegrationId("lincoln"),
            clock=self.now,
            monotonic=self.monotonic,
            sleep=self.sleep,
            chance=self._chance,
            secret=self.secret,
            timeout_s=timeout_s,
            max_retries=max_retries,
        )
