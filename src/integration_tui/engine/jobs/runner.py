"""The port to whatever works on runs. Arguments are ids, so that a worker may be elsewhere."""

from __future__ import annotations

from typing import Protocol

from integration_tui.domain.ids import RunId


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
