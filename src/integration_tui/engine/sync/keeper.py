"""Knows whose runs are, and writes down when work on one ended by a fault of ours."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from integration_tui.domain.actor import ENGINE
from integration_tui.domain.audit import Act, Action, Outcome
from integration_tui.domain.errors import NotFoundError
from integration_tui.domain.events import AuditAppended, RunChanged
from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.run import Phase, Run, RunStatus
from integration_tui.domain.system import scarcity
from integration_tui.domain.time import Clock
from integration_tui.store.database import Database

ADVICE: Final = "it may be resumed; the log says where it broke, and belongs into a report"


class RunKeeper:
    """Looks runs up for those who work on them by their numbers."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def owner(self, run_id: RunId) -> IntegrationId:
        """Return whose run it is. Raises `NotFoundError`."""
        async with self._database.reading() as rows:
            return (await rows.runs.get(run_id)).integration_id

    async def broke(self, run_id: RunId, error: Exception) -> None:
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
                problem=scarce.message if scarce else f"a fault of the program: {_kind(error)}",
                advice=scarce.advice if scarce else ADVICE,
            )
            await transaction.runs.save(failed, at=self._clock())
            await transaction.audit.add([_act(failed)], at=self._clock())
            transaction.emit(RunChanged(run.integration_id, run.id))
            transaction.emit(AuditAppended())


def _kind(error: Exception) -> str:
    return type(error).__name__


def _act(run: Run) -> Act:
    return Act(
        action=Action.APPLY_SYNC if run.phase is Phase.APPLY else Action.PLAN_SYNC,
        actor=ENGINE,
        object=run.integration_id,
        outcome=Outcome.FAILED,
        detail=f"run {run.id}: {run.problem}",
    )
