"""A run's own book: what it stores at each step, with the news of it, and what is wished of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

from integration_tui.domain.events import AuditAppended, RosterChanged, RunChanged
from integration_tui.domain.run import Run, RunStatus, Wish
from integration_tui.domain.time import Clock
from integration_tui.engine.sync.start import let_go
from integration_tui.store.database import Database, Transaction


class StoppedByWish(Exception):  # noqa: N818 - not an error: somebody asked for it
    """The run is to rest here. Raised between two batches, never within one."""

    def __init__(self, wish: Wish) -> None:
        super().__init__(wish)
        self.wish = wish


class Ledger:
    """Writes of one run. `run` is how it stands now."""

    def __init__(self, database: Database, run: Run, *, clock: Clock) -> None:
        self.database = database
        self.run = run
        self.clock = clock

    @asynccontextmanager
    async def step(self) -> AsyncGenerator[Transaction]:
        """One batch: all of it is stored, with the news, or nothing. Not to be nested."""
        async with self.database.transaction() as transaction:
            yield transaction
            await transaction.runs.save(self.run, at=self.clock())
            transaction.emit(RunChanged(self.run.integration_id, self.run.id))

    async def save(self, **changes: object) -> None:
        """Store how the run stands now, with these fields changed."""
        self.run = replace(self.run, **changes)  # type: ignore[arg-type]  # checked by the dataclass
        async with self.step():
            pass

    async def heed(self) -> None:
        """Raise `StoppedByWish` where somebody wants the run to rest."""
        async with self.database.reading() as rows:
            wish = (await rows.runs.get(self.run.id)).wish
        if wish is not None:
            raise StoppedByWish(wish)

    async def rest(self, wish: Wish) -> None:
        """Stop as it was wished."""
        is_pause = wish is Wish.PAUSE
        await self.save(status=RunStatus.PAUSED if is_pause else RunStatus.CANCELLED)
        if not is_pause:
            await self.forget()

    async def forget(self) -> None:
        """Let go of what was read and not applied."""
        async with self.step() as transaction:
            await let_go(transaction, self.run)

    def tell_changed(self, transaction: Transaction) -> None:
        """Have screens look at the roster and the audit log again."""
        transaction.emit(RosterChanged())
        transaction.emit(AuditAppended())
