"""Takes up runs that nobody works on any more: their process died, or was stopped."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from integration_tui.domain.retry import delay_s
from integration_tui.engine.reconciler import wanted
from integration_tui.engine.tasks import finish
from integration_tui.logging_setup import get

if TYPE_CHECKING:
    from integration_tui.domain.ids import RunId
    from integration_tui.domain.sync.run import Run
    from integration_tui.engine.context import EngineDependencies, Runtime
    from integration_tui.engine.jobs import JobRunner
    from integration_tui.engine.sync.worker import Worker

_MOST_S: Final = 600.0
_log = get(__name__)


class _Seen(msgspec.Struct, frozen=True):
    """A run that nobody worked on; `tries`: how often it was taken up without coming on."""

    updated_at: datetime | None
    tries: int = 0
    not_before: float = 0.0


class RunRecovery:
    """Looks every `every_s` for runs under way without a worker, and has them go on."""

    def __init__(
        self,
        dependencies: EngineDependencies,
        jobs: JobRunner,
        worker: Worker,
        *,
        host: Runtime,
        every_s: float,
    ) -> None:
        self._dependencies = dependencies
        self._jobs = jobs
        self._worker = worker
        self._host = host
        self._every_s = every_s
        self._seen: dict[RunId, _Seen] = {}

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await finish(self.recover())
            await self._host.sleep(self._every_s)

    async def recover(self) -> None:
        """Take up each run that was found idle twice: one that just began is not taken away."""
        async with self._dependencies.database.reading() as rows:
            unfinished = await rows.runs.unfinished()
            names = {
                integration.id
                for integration in (await wanted(self._dependencies, rows) if unfinished else ())
            }
        idle = [
            run
            for run in unfinished
            if run.integration_id in names and self._worker.is_interrupted(run)
        ]
        before, self._seen = self._seen, {}
        for run in idle:
            self._seen[run.id] = await self._take_up(run, before.get(run.id))

    async def _take_up(self, run: Run, seen: _Seen | None) -> _Seen:
        now = self._host.monotonic()
        if seen is None or seen.updated_at != run.updated_at:
            return _Seen(run.updated_at)
        if now < seen.not_before:
            return seen
        if seen.tries == 0:
            _log.info(
                "a run that nobody works on is taken up",
                integration=run.integration_id,
                run=run.id,
            )
        await self._jobs.submit(run.id)
        tries = seen.tries + 1
        wait_s = delay_s(tries, base_s=self._every_s, max_s=_MOST_S, chance=self._host.chance)
        return _Seen(run.updated_at, tries, now + wait_s)
