"""One attempt at one integration: open its line if need be, check it, and say what came of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.config.version import ConfigVersion
from integration_tui.domain.errors import (
    ConfigError,
    ConsoleError,
    CredentialsError,
    IncompatibleError,
    NotFoundError,
    RemoteNotFoundError,
)
from integration_tui.domain.health.maintenance import is_in_maintenance
from integration_tui.domain.health.status import HealthFinding, HealthReport, HealthStatus
from integration_tui.domain.integration import Trouble
from integration_tui.domain.value import replace
from integration_tui.domain.waiting import measured_waiting, with_waiting
from integration_tui.engine.connectors.validation import pause_s, sanitize
from integration_tui.engine.health.evaluation import CheckOutcome
from integration_tui.logging_setup import get

if TYPE_CHECKING:
    from integration_tui.domain.ids import IntegrationId
    from integration_tui.engine.connectors.connection import GuardedConnection
    from integration_tui.engine.connectors.pool import ConnectionPool
    from integration_tui.engine.context import Runtime
    from integration_tui.engine.health.runtime_state import IntegrationRuntime
    from integration_tui.engine.watchdog import Watchdog

_log = get(__name__)
ReadConfig = Callable[[ConfigVersion], ProviderConfig]
"""Makes a config of a stored version. Raises `ConfigError` where it is not valid any more."""


def trouble_of(error: ConsoleError) -> Trouble:
    """Return who has to act on an error; see `domain.errors`."""
    if isinstance(error, CredentialsError):
        return Trouble.CREDENTIALS
    if isinstance(error, ConfigError | NotFoundError | IncompatibleError | RemoteNotFoundError):
        return Trouble.CONFIGURATION
    return Trouble.NOT_READY


class HealthCheck:
    """Turns whatever happens into an `Outcome`."""

    def __init__(
        self, pool: ConnectionPool, read_config: ReadConfig, host: Runtime, watchdog: Watchdog
    ) -> None:
        self._pool = pool
        self.read_config = read_config
        self._host = host
        self._watchdog = watchdog

    async def run(self, live: IntegrationRuntime) -> CheckOutcome:
        """Check an integration, over a new line where it has none.

        Raises `ConflictError` where it was changed in the meantime: then nothing stays open.
        """
        try:
            config = live.config or self._read(live)
            line = live.line or await self._open(live, config)
            outcome = await self.check(line, config)
        except ConsoleError as error:
            live.require_current()
            outcome = self.failure(live.integration_id, error, live.config)
        live.require_current()
        return outcome

    async def check(self, line: GuardedConnection, config: ProviderConfig) -> CheckOutcome:
        """Check over an open line. What it waits by itself, as for a pause, is no latency."""
        started = self._host.monotonic()
        timeout_s = self._pool.factory.check_timeout_s(config)
        with measured_waiting(self._host.monotonic) as waits:
            try:
                finding = await line.check(timeout_s=timeout_s)
            except ConsoleError as error:
                self._watchdog.blocked_s(line.integration_id)
                outcome = self.failure(line.integration_id, error, config)
                detail = with_waiting(outcome.report.detail, waits.waited_s)
                return replace(outcome, report=replace(outcome.report, detail=detail))
        latency_ms = (self._host.monotonic() - started - waits.waited_s) * 1000
        finding = replace(finding, detail=with_waiting(finding.detail, waits.waited_s))
        _log.debug("checked", integration=line.integration_id, latency_ms=round(latency_ms, 1))
        return CheckOutcome(report=self._report(line.integration_id, finding, latency_ms))

    def failure(
        self, integration_id: IntegrationId, error: ConsoleError, config: ProviderConfig | None
    ) -> CheckOutcome:
        """Return what an error means; one in a maintenance window is excused."""
        now = self._host.clock()
        excused = config is not None and _is_excused(config, now)
        detail = sanitize(error.message, naming=error.accounts)
        report = HealthReport(
            integration_id=integration_id,
            status=HealthStatus.DOWN,
            checked_at=now,
            detail=f"in maintenance: {detail}" if excused else detail,
            advice=sanitize(error.advice, naming=error.accounts),
            trouble=trouble_of(error),
        )
        return CheckOutcome(report=report, retry_after_s=pause_s(error), excused=excused)

    def _read(self, live: IntegrationRuntime) -> ProviderConfig:
        config = self.read_config(live.version)
        live.take(config)
        return config

    async def _open(self, live: IntegrationRuntime, config: ProviderConfig) -> GuardedConnection:
        timeout_s = self._pool.factory.check_timeout_s(config)
        line = await self._pool.open(config, timeout_s=timeout_s)
        if live.is_dropped:
            self._pool.close_soon(line)
            live.require_current()
        live.line = line
        return line

    def _report(
        self, integration_id: IntegrationId, finding: HealthFinding, latency_ms: float
    ) -> HealthReport:
        blocked_s = self._watchdog.blocked_s(integration_id)
        if blocked_s:
            finding = _blocking(blocked_s)
        return HealthReport(
            integration_id=integration_id,
            status=finding.status,
            checked_at=self._host.clock(),
            latency_ms=latency_ms,
            detail=sanitize(finding.detail),
        )


def _is_excused(config: ProviderConfig, now: datetime) -> bool:
    try:
        return is_in_maintenance(config.health.maintenance, now)
    except ConfigError:  # a window that never begins excuses nothing
        return False


def _blocking(blocked_s: float) -> HealthFinding:
    return HealthFinding(
        status=HealthStatus.DEGRADED,
        detail=f"its connector blocked the program for over {blocked_s:.1f} s: bug, see the log",
    )
