"""Works on runs in this process, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from integration_tui.domain.errors import ConsoleError
from integration_tui.domain.ids import RunId
from integration_tui.domain.run import Run
from integration_tui.engine.finish import look_at
from integration_tui.log import get

PARALLEL = 2
"""So many runs at once: each keeps one core busy."""
_log = get(__name__)


class LocalJobs:
    """Owns a task for each run; `work` brings a run to its rest."""

    def __init__(
        self, work: Callable[[RunId], Awaitable[Run]], *, parallel: int = PARALLEL
    ) -> None:
        self._work = work
        self._room = asyncio.Semaphore(parallel)
        self._tasks: dict[RunId, asyncio.Task[None]] = {}

    async def submit(self, run_id: RunId) -> None:
        if run_id not in self._tasks:
            task = asyncio.create_task(self._do(run_id), name=f"run {run_id}")
            self._tasks[run_id] = task
            task.add_done_callback(lambda done: self._ended(run_id, done))

    async def wait(self, run_id: RunId) -> None:
        task = self._tasks.get(run_id)
        if task is not None:
            await asyncio.shield(task)

    async def stop(self) -> None:
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _do(self, run_id: RunId) -> None:
        async with self._room:
            await self._work(run_id)

    def _ended(self, run_id: RunId, task: asyncio.Task[None]) -> None:
        self._tasks.pop(run_id, None)
        look_at(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, ConsoleError):
            _log.error("a run broke", run=run_id, exc_info=error)
