"""Knows whose runs are, and writes down when work on one ended by a fault of ours."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from integration_tui.domain.actor import ENGINE
from integration_tui.domain.audit.log import Action, ActionOutcome, AuditRecord
from integration_tui.domain.errors import NotFoundError
from integration_tui.domain.events import RosterChanged, RunChanged
from integration_tui.domain.os_errors import scarcity
from integration_tui.domain.sync.run import Phase, Run, RunStatus, StopRequest
from integration_tui.domain.value import replace
from integration_tui.engine.sync.messages import failed_message
from integration_tui.engine.sync.run_lifecycle import release

if TYPE_CHECKING:
    from integration_tui.domain.clock import Clock
    from integration_tui.domain.ids import IntegrationId, RunId
    from integration_tui.store.database import Database
    from integration_tui.store.repositories import Transaction

ADVICE: Final = "resume the run; see the log for details and attach it to a report"


class RunLookup:
    """Looks runs up for those who work on them by their numbers."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def integration_of(self, run_id: RunId) -> IntegrationId:
        """Return whose run it is. Raises `NotFoundError`."""
        async with self._database.reading() as rows:
            return (await rows.runs.get(run_id)).integration_id

    async def mark_failed(self, run_id: RunId, error: Exception) -> None:
        """Store that a run failed by a fault of the program; one that is gone is left alone.

        Only the kind of the fault is stored: its words may hold anything. Raises `StoreError`.
        """
        async with self._database.transaction() as transaction:
            try:
                run = await transaction.runs.get(run_id)
            except NotFoundError:  # its integration was removed meanwhile
                return
            if run.status is not RunStatus.RUNNING:
                return
            scarce = scarcity(error)
            failed = replace(
                run,
                status=RunStatus.FAILED,
                problem=scarce.message if scarce else f"internal error ({_kind(error)})",
                advice=scarce.advice if scarce else ADVICE,
            )
            await transaction.runs.save(failed, at=self._clock())
            await transaction.audit.add([_audit_record(failed)], at=self._clock())
            await transaction.messages.add(failed_message(failed, at=self._clock()))
            transaction.emit(RunChanged(run.integration_id, run.id))


def _kind(error: Exception) -> str:
    return type(error).__name__


def _audit_record(run: Run) -> AuditRecord:
    return AuditRecord(
        action=Action.APPLY_SYNC if run.phase is Phase.APPLY else Action.PLAN_SYNC,
        actor=ENGINE,
        object=run.integration_id,
        outcome=ActionOutcome.FAILED,
        detail=f"run {run.id}: {run.problem}",
    )


class StopRequested(Exception):  # noqa: N818 - not an error: somebody asked for it
    """The run is to rest here. Raised between two batches, never within one."""

    def __init__(self, wish: StopRequest) -> None:
        super().__init__(wish)
        self.wish = wish


class RunContext:
    """Writes of one run. `run` is how it stands now."""

    def __init__(self, database: Database, run: Run, *, clock: Clock) -> None:
        self.database = database
        self.run = run
        self.clock = clock

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Transaction]:
        """One batch: all of it is stored, with the news, or nothing. Not to be nested."""
        async with self.database.transaction() as transaction:
            yield transaction
            await transaction.runs.save(self.run, at=self.clock())
            transaction.emit(RunChanged(self.run.integration_id, self.run.id))

    async def save(self, **changes: object) -> None:
        """Store how the run stands now, with these fields changed."""
        self.run = replace(self.run, **changes)  # type: ignore[arg-type]  # checked by the dataclass
        async with self.transaction():
            pass

    async def check_stop_requested(self) -> None:
        """Raise `StoppedByWish` where somebody wants the run to rest."""
        async with self.database.reading() as rows:
            wish = (await rows.runs.get(self.run.id)).wish
        if wish is not None:
            raise StopRequested(wish)

    async def rest(self, wish: StopRequest) -> None:
        """Stop as it was wished."""
        is_pause = wish is StopRequest.PAUSE
        await self.save(status=RunStatus.PAUSED if is_pause else RunStatus.CANCELLED)
        if not is_pause:
            await self.forget()

    async def forget(self) -> None:
        """Let go of what was read and not applied."""
        async with self.transaction() as transaction:
            await release(transaction, self.run)

    def emit_changed(self, transaction: Transaction) -> None:
        """Have screens look at the roster again."""
        transaction.emit(RosterChanged())
