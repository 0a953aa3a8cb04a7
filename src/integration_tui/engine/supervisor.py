"""Keeps the engine's loops alive: one that fails is started again, later each time, and said so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from integration_tui.domain.errors import StoreLostError
from integration_tui.domain.events import Event, LoopFailed
from integration_tui.domain.retry import delay_s
from integration_tui.logging_setup import get

if TYPE_CHECKING:
    from integration_tui.engine.context import EngineTimings, Runtime

Loop = Callable[[], Awaitable[None]]
"""Runs for ever, or until it is cancelled."""
_log = get(__name__)


class Supervisor:
    """Owns the loops' tasks between `start` and `stop`."""

    def __init__(
        self, publish: Callable[[Event], None], *, host: Runtime, pace: EngineTimings
    ) -> None:
        self._publish = publish
        self._host = host
        self._pace = pace
        self._task: asyncio.Task[None] | None = None

    async def start(self, loops: Mapping[str, Loop]) -> None:
        """Run `loops` by their names until `stop`, instead of those that run now."""
        await self.stop()
        self._task = asyncio.create_task(self._run(dict(loops)), name="engine")

    async def stop(self) -> None:
        """End all loops, and wait for their end. Harmless where none runs."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait((task,))

    async def _run(self, loops: Mapping[str, Loop]) -> None:
        async with asyncio.TaskGroup() as group:
            for name, loop in loops.items():
                group.create_task(self._keep_alive(name, loop), name=name)

    async def _keep_alive(self, name: str, loop: Loop) -> None:
        failures = 0
        while True:
            begun = self._host.monotonic()
            try:
                await loop()
            except Exception as error:  # noqa: BLE001 - whatever it is, the others must go on
                lived_s = self._host.monotonic() - begun
                failures = 1 if lived_s > self._pace.restart_max_s else failures + 1
                self._log_failure(name, error, failures)
            await self._host.sleep(self._delay_s(failures))

    def _delay_s(self, failures: int) -> float:
        base_s, max_s = self._pace.restart_base_s, self._pace.restart_max_s
        # The upper half only: a loop that fails at once must not be started at once.
        return 0.5 * (
            delay_s(max(failures, 1), base_s=base_s, max_s=max_s, chance=self._host.chance)
            + delay_s(max(failures, 1), base_s=base_s, max_s=max_s, chance=lambda: 1.0)
        )

    def _log_failure(self, name: str, error: Exception, failures: int) -> None:
        if failures == 1:
            _log.error("a loop failed and is started again", loop=name, exc_info=error)
        if not isinstance(error, StoreLostError):  # that ends the program, and is said then
            self._publish(LoopFailed(name))
