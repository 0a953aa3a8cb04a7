"""Makes connectors from configs: finds the type, lends it the host, checks what it promises."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, TypeVar

from integration_tui import logging_setup
from integration_tui.domain.config.policies import RetryPolicy
from integration_tui.domain.errors import ConfigError, RetryableError, ThrottledError
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.provider import Capability, Connector, ProviderContext, ProviderSpec
from integration_tui.engine.connectors.budgets import BudgetPool
from integration_tui.engine.connectors.capabilities import missing
from integration_tui.engine.connectors.isolation import BugReporter
from integration_tui.providers.http.config import HttpConfig
from integration_tui.providers.http.retry import with_retries

if TYPE_CHECKING:
    from integration_tui.domain.config.document import ProviderConfig
    from integration_tui.engine.context import Runtime
    from integration_tui.providers.catalog import Catalog
    from integration_tui.settings import Settings

T = TypeVar("T")
_MARGIN_S: Final = 30.0


class ConnectorFactory:
    """Secrets are not resolved here: a connector asks for them when it uses them."""

    def __init__(self, catalog: Catalog, settings: Settings, host: Runtime) -> None:
        self._catalog = catalog
        self._settings = settings
        self._host = host
        self.bugs = BugReporter()
        self._budgets = BudgetPool(host.monotonic, host.sleep)
        self._sound: set[tuple[type, frozenset[Capability]]] = set()

    def build(self, config: ProviderConfig) -> Connector:
        """Return a connector, not yet connected.

        Raises `ConfigError` where its type may not be used, or lacks what it declares;
        `ProviderError` where the type itself is broken.
        """
        spec = self._catalog.spec(config.type)
        logging_setup.set_level(config.name, config.logging.level)
        with self.bugs.contained(of=IntegrationId(config.name), what="build"):
            connector = spec.build(config, self.context(config))
        self._require_declared(connector, spec)
        return connector

    def spec(self, config: ProviderConfig) -> ProviderSpec:
        """Return the type of a config. Raises as `build`."""
        return self._catalog.spec(config.type)

    def context(self, config: ProviderConfig) -> ProviderContext:
        """Return what the connector is lent, with the settings where the config is silent."""
        return ProviderContext(
            integration_id=IntegrationId(config.name),
            clock=self._host.clock,
            monotonic=self._host.monotonic,
            sleep=self._host.sleep,
            chance=self._host.chance,
            secret=self._host.secret,
            timeout_s=self._settings.provider_timeout / 1000,
            max_retries=self._settings.max_retries,
            budget=self._budgets.lend,
        )

    def check_timeout_s(self, config: ProviderConfig) -> float:
        """Return how long one check may take."""
        return (config.health.timeout_ms or self._settings.provider_timeout) / 1000

    def page_timeout_s(self, config: ProviderConfig) -> float:
        """Return how long one page may take; always longer than its connector keeps trying.

        A connector bounds its own repeats; this bound is for one that has a bug.
        """
        timeout_s = self._settings.provider_timeout / 1000
        retry = _retry_policy(config)
        # Twice, as a server's dialect may be found out on the way; a token may be fetched, too.
        return 2 * (retry.max_wait_s + 3 * timeout_s) + _MARGIN_S

    async def retry_when_rate_limited(
        self, call: Callable[[], Awaitable[T]], config: ProviderConfig
    ) -> T:
        """Return what a first call over a connection returns; wait and repeat where it has to.

        An engine that keeps a connection comes back by itself; whoever waits for one now has
        nobody who does. So often and so long in all as the config's `retry` says. Raises as
        `call`.
        """
        policy, context = _retry_policy(config), self.context(config)
        return await with_retries(call, policy, context, may=_is_rate_limited)

    def _require_declared(self, connector: Connector, spec: ProviderSpec) -> None:
        kind = (type(connector), spec.capabilities)
        if kind in self._sound:
            return
        lacking = missing(connector, spec.capabilities | {Capability.EXTERNAL_SYSTEM})
        if lacking:
            report = "; ".join(f"{one}: {', '.join(lines)}" for one, lines in lacking.items())
            raise ConfigError(
                f"provider type {spec.key} lacks declared members: {report}",
                advice="install another version; this one is not used",
            )
        self._sound.add(kind)


def _retry_policy(config: ProviderConfig) -> RetryPolicy:
    return config.retry if isinstance(config, HttpConfig) else RetryPolicy()


def _is_rate_limited(error: RetryableError) -> bool:
    return isinstance(error, ThrottledError) or error.retry_after_s is not None
