"""Works on runs in this process, a few at a time. Whatever breaks, a run never just hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

from integration_tui.domain.errors import ConsoleError
from integration_tui.engine.tasks import consume_exception
from integration_tui.logging_setup import get

if TYPE_CHECKING:
    from integration_tui.domain.ids import IntegrationId, RunId
    from integration_tui.domain.sync.run import Run

PARALLEL = 2
"""So many runs at once: each keeps one core busy."""
_log = get(__name__)


class Keeper(Protocol):
    """Knows the runs in the store."""

    async def integration_of(self, run_id: RunId) -> IntegrationId:
        """Return whose run it is. Raises `NotFoundError`."""
        ...

    async def mark_failed(self, run_id: RunId, error: Exception) -> None:
        """Store that work on a run ended by a fault of ours. Raises `StoreError`."""
        ...


class LocalJobs:
    """Owns a task for each run; `work` brings a run to its rest."""

    def __init__(
        self,
        work: Callable[[RunId], Awaitable[Run]],
        keeper: Keeper,
        *,
        parallel: int = PARALLEL,
    ) -> None:
        self._work = work
        self._keeper = keeper
        self._room = asyncio.Semaphore(parallel)
        self._turns: dict[IntegrationId, asyncio.Lock] = {}
        self._tasks: dict[RunId, asyncio.Task[None]] = {}
        self._again: set[RunId] = set()

    async def submit(self, run_id: RunId) -> None:
        if run_id in self._tasks:
            self._again.add(run_id)  # it may be resting just now, and would be forgotten
            return
        task = asyncio.create_task(self._do(run_id), name=f"run {run_id}")
        self._tasks[run_id] = task
        task.add_done_callback(lambda done: self._ended(run_id, done))

    async def wait(self, run_id: RunId) -> None:
        task = self._tasks.get(run_id)
        if task is None:
            return
        await asyncio.wait((task,))
        error = None if task.cancelled() else task.exception()
        if error is not None:
            raise error

    async def stop(self) -> None:
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _do(self, run_id: RunId) -> None:
        while True:
            self._again.discard(run_id)
            try:
                await self._in_turn(run_id)
            except ConsoleError:
                if run_id not in self._again:
                    raise
            if run_id not in self._again:
                return

    async def _in_turn(self, run_id: RunId) -> None:
        owner = await self._keeper.integration_of(run_id)
        async with self._turns.setdefault(owner, asyncio.Lock()), self._room:
            await self._contained(run_id)

    async def _contained(self, run_id: RunId) -> None:
        try:
            await self._work(run_id)
        except ConsoleError as error:
            _log.warning("a run could not be worked on", run=run_id, problem=str(error))
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the run must not look alive
            _log.error("a run broke", run=run_id, exc_info=error)
            await self._keeper.mark_failed(run_id, error)

    def _ended(self, run_id: RunId, task: asyncio.Task[None]) -> None:
        self._tasks.pop(run_id, None)
        self._again.discard(run_id)
        consume_exception(task)


class JobRunner(Protocol):
    """Brings runs on, a few at a time, each integration's one after the other."""

    async def submit(self, run_id: RunId) -> None:
        """Have a run worked on, as soon as there is room; harmless where it is already."""
        ...

    async def wait(self, run_id: RunId) -> None:
        """Wait until nobody here works on a run any more. Raises `ConsoleError`s of its work."""
        ...

    async def stop(self) -> None:
        """End all work at its last batch; what is not done goes on at the next start."""
        ...
