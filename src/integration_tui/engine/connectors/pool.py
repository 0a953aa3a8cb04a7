"""Opens lines, keeps count of them, and closes them, even those that do not want to be closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from integration_tui.domain.errors import ConsoleError
from integration_tui.engine.connectors.connection import GuardedConnection
from integration_tui.engine.connectors.isolation import FaultIsolation
from integration_tui.logging_setup import get

if TYPE_CHECKING:
    from integration_tui.domain.config.document import ProviderConfig
    from integration_tui.engine.connectors.factory import ConnectorFactory

_log = get(__name__)


class ConnectionPool:
    """All open lines of this process. Closing happens aside: nobody waits for it but `stop`."""

    def __init__(self, factory: ConnectorFactory, *, close_s: float) -> None:
        self.factory = factory
        self.containment = FaultIsolation(factory.bugs)
        self._close_s = close_s
        self._open: set[GuardedConnection] = set()
        self._closing: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._open)

    def build(self, config: ProviderConfig) -> GuardedConnection:
        """Return a line that is not connected yet. Raises `ConfigError` or `ProviderError`."""
        connector = self.factory.build(config)
        spec = self.factory.spec(config)
        line = GuardedConnection(connector, spec, config, containment=self.containment)
        self._open.add(line)
        return line

    async def open(self, config: ProviderConfig, *, timeout_s: float) -> GuardedConnection:
        """Return a connected line. Raises `ConsoleError`s; then nothing stays open."""
        line = self.build(config)
        try:
            await line.connect(timeout_s=timeout_s)
        except BaseException:
            self.close_soon(line)
            raise
        return line

    @asynccontextmanager
    async def temporary(self, config: ProviderConfig) -> AsyncGenerator[GuardedConnection]:
        """Lend a line of its own that is closed afterwards. Not connected yet."""
        line = self.build(config)
        try:
            yield line
        finally:
            self.close_soon(line)

    def close_soon(self, line: GuardedConnection) -> None:
        """Close a line without waiting for it. Harmless where it is being closed already."""
        if line in self._open:
            self._open.discard(line)
            task = asyncio.create_task(self._close(line), name=f"close {line.integration_id}")
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def close_all(self) -> None:
        """Close everything, within a few seconds whatever the connectors do."""
        for line in tuple(self._open):
            self.close_soon(line)
        await self.settled()

    async def settled(self) -> None:
        """Wait until what is being closed is closed, or is given up."""
        if self._closing:
            await asyncio.wait(tuple(self._closing))

    async def _close(self, line: GuardedConnection) -> None:
        try:
            await line.disconnect(timeout_s=self._close_s)
        except ConsoleError as error:
            _log.warning("failed to close", integration=line.integration_id, problem=str(error))
