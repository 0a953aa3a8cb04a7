"""The host of a connector, as far as a connector can tell: it lends what a test gives it."""

from __future__ import annotations

from collections.abc import Mapping

from integration_tui.domain.clock import Chance
from integration_tui.domain.errors import SecretError
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.provider import ProviderContext
from integration_tui.domain.secret import Secret, SecretRef
from integration_tui.engine.connectors.budgets import BudgetPool
from integration_tui.testing.clock import FakeClock


def _half() -> float:
    return 0.5


class FakeHost:
    """Lends a clock that stands still, and the given secrets by the name behind `env:`.

    `resolved` are the references that were asked for. The limits of a request are real: a
    `timeout_s` is measured with the clock on the wall.
    """

    def __init__(self, secrets: Mapping[str, str] | None = None, *, chance: Chance = _half) -> None:
        self.clock = FakeClock()
        self.secrets = dict(secrets or {})
        self.resolved: list[str] = []
        self._budgets = BudgetPool(self.clock.monotonic, self.clock.sleep)
        self._chance = chance

    def context(
        self, *, name: str = "lincoln", timeout_s: float = 5.0, max_retries: int = 0
    ) -> ProviderContext:
        """Return what a connector is built with."""
        return ProviderContext(
            integration_id=IntegrationId(name),
            clock=self.clock.now,
            monotonic=self.clock.monotonic,
            sleep=self.clock.sleep,
            chance=self._chance,
            secret=self._secret,
            timeout_s=timeout_s,
            max_retries=max_retries,
            budget=self._budgets.lend,
        )

    def _secret(self, reference: SecretRef) -> Secret:
        self.resolved.append(str(reference))
        if reference.name not in self.secrets:
            raise SecretError(f"{reference} is not set", advice="give it to the FakeHost")
        return Secret(self.secrets[reference.name])
