"""Syncs: planned, looked at, approved, applied, stopped, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from integration_tui.domain.audit.log import Action
from integration_tui.domain.errors import ConflictError, HeldError
from integration_tui.domain.sync.actions import RunAction
from integration_tui.domain.sync.plan import Approval, Hold
from integration_tui.domain.sync.run import Mode, Phase, Run, RunReport, RunStatus, StopRequest
from integration_tui.domain.value import replace
from integration_tui.engine.sync.run_lifecycle import (
    SyncRequest,
    begin,
    record,
    record_refusal,
    release,
    resume,
)
from integration_tui.services.authorization import require_admin
from integration_tui.services.sync.plan_gate import (
    GOOD_FOR,
    approve,
    refused_as_stale,
    require_available,
    require_plan,
)

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.clock import Clock
    from integration_tui.domain.ids import IntegrationId, RunId
    from integration_tui.engine.config_loader import ConfigLoader
    from integration_tui.engine.engine import Engine
    from integration_tui.store.database import Database
    from integration_tui.store.repositories import Repositories, Transaction

__all__ = ["GOOD_FOR", "SyncRequest", "SyncService"]


class SyncService:
    """What can be done with runs. Work goes on in the background; `wait` waits for it."""

    def __init__(
        self, database: Database, engine: Engine, documents: ConfigLoader, *, clock: Clock
    ) -> None:
        self._database = database
        self._engine = engine
        self._documents = documents
        self._clock = clock

    async def start(self, request: SyncRequest, *, actor: Actor) -> Run:
        """Begin a run, and return it at once. A plan that nobody applied makes room for it.

        Raises `NotFoundError`, `ConflictError` where a run of the integration is under way, or
        `UsageError` where its type lists no rosters.
        """
        require_admin(actor)
        async with self._database.transaction() as transaction:
            integration = await transaction.integrations.get(request.integration_id)
            if request.mode is not Mode.UNDO:
                self._documents.require_roster(integration.id, integration.provider)
            run = await begin(transaction, request, actor=actor, at=self._clock())
        await self._engine.jobs.submit(run.id)
        return run

    async def undo(self, run_id: RunId, *, actor: Actor) -> Run:
        """Begin a run whose plan takes an applied one back; it is applied like any other.

        What was changed again since stays. Raises `ConflictError` for a run that is not applied.
        """
        require_admin(actor)
        async with self._database.reading() as rows:
            undone = await rows.runs.get(run_id)
            is_remembered = await rows.undoing.is_remembered(undone)
        require_available(RunAction.UNDO, RunReport(run=undone, listings=()))
        if not is_remembered:
            raise ConflictError(
                f"the changes of run {undone.id} are no longer stored",
                advice="see retention_days; edit the records manually",
            )
        request = SyncRequest(
            integration_id=undone.integration_id, mode=Mode.UNDO, undoes=undone.id
        )
        return await self.start(request, actor=actor)

    async def apply(
        self, run_id: RunId, *, plan_hash: str, actor: Actor, spares: bool = False
    ) -> Run:
        """Carry out the plan of just this hash. With `spares`, nobody is deactivated.

        A plan that is out of date is not carried out: the run that is returned is stale. Raises
        `ConflictError` where the plan is another one by now, or is held; that somebody tried to
        apply either is recorded.
        """
        require_admin(actor)
        try:
            run = await self._begin_applying(run_id, plan_hash, actor, spares=spares)
        except HeldError:
            async with self._database.transaction() as transaction:
                run = await transaction.runs.get(run_id)
                act, now = Action.APPLY_SYNC, self._clock()
                await record_refusal(transaction, act, run, actor=actor, at=now)
            raise
        if run.status is RunStatus.RUNNING:
            await self._engine.jobs.submit(run.id)
        return run

    async def _begin_applying(
        self, run_id: RunId, plan_hash: str, actor: Actor, *, spares: bool
    ) -> Run:
        async with self._database.transaction() as transaction:
            report = await self._report(transaction, run_id)
            run, action = report.run, _applying(spares=spares)
            require_plan(run, plan_hash)
            stale = await refused_as_stale(
                transaction, Action.APPLY_SYNC, run, actor=actor, at=self._clock()
            )
            if stale is not None:
                return stale
            require_available(action, report)
            run = replace(run, status=RunStatus.RUNNING, phase=Phase.APPLY, spares=spares)
            await transaction.runs.save(run, at=self._clock())
            after = {"plan": run.plan_hash, "spares": f"{spares}"}
            await self._record(transaction, Action.APPLY_SYNC, run, actor, after=after)
        return run

    async def approve(self, approval: Approval, *, actor: Actor) -> None:
        """Allow a held plan for two hours, on a person's word.

        `losses` has to be just the number of those whom the plan deactivates: whoever approves
        has read it. Raises `UsageError` where it is another one, or no reason is given,
        `ConflictError` where the plan is out of date.
        """
        require_admin(actor)
        async with self._database.transaction() as transaction:
            report = await self._report(transaction, approval.run_id)
            run, now = report.run, self._clock()
            require_available(RunAction.APPROVE, report)
            require_plan(run, approval.plan_hash)
            stale = await refused_as_stale(
                transaction, Action.APPROVE_SYNC, run, actor=actor, at=now
            )
            if stale is None:
                await approve(transaction, report, approval, actor=actor, at=now)
        if stale is not None:
            raise ConflictError(stale.problem, advice=stale.advice)

    async def hold(self, run_id: RunId, *, reason: str, actor: Actor) -> None:
        """Have a plan wait for an approval; one that was given before counts no more."""
        require_admin(actor)
        async with self._database.transaction() as transaction:
            report = await self._report(transaction, run_id)
            run = require_available(RunAction.HOLD, report)
            hold = Hold(sentence=f"held by {actor.name}: {reason}", is_loss=False)
            held = replace(run, status=RunStatus.HELD, holds=(*run.holds, hold))
            await transaction.runs.save(held, at=self._clock())
            await transaction.approvals.withdraw(run)
            await self._record(transaction, Action.HOLD_SYNC, run, actor, after={"reason": reason})

    async def pause(self, run_id: RunId, *, actor: Actor) -> None:
        """Have a run rest at its next batch."""
        await self._request_stop(run_id, RunAction.PAUSE, actor)

    async def cancel(self, run_id: RunId, *, actor: Actor) -> None:
        """End a run for good; what it has applied stays applied."""
        await self._request_stop(run_id, RunAction.CANCEL, actor)

    async def resume(self, run_id: RunId, *, actor: Actor) -> Run:
        """Go on with a run that rests, failed or was interrupted, where it stands."""
        require_admin(actor)
        async with self._database.transaction() as transaction:
            report = await self._report(transaction, run_id)
            is_interrupted = self.is_interrupted(report.run)
            run = require_available(RunAction.RESUME, report, is_interrupted=is_interrupted)
            run = await resume(transaction, run, actor=actor, at=self._clock())
        await self._engine.jobs.submit(run.id)
        return run

    async def wait(self, run_id: RunId) -> RunReport:
        """Wait until a run rests, as far as this process works on it; return how it stands."""
        await self._engine.jobs.wait(run_id)
        return await self.report(run_id)

    async def report(self, run_id: RunId) -> RunReport:
        """Return a run, how far each collection has come, and whether somebody approved its plan.

        Raises `NotFoundError`.
        """
        async with self._database.reading() as rows:
            return await self._report(rows, run_id)

    async def open_run(self, integration_id: IntegrationId) -> RunReport | None:
        """Return the run of an integration that something can still be done with."""
        async with self._database.reading() as rows:
            await rows.integrations.get(integration_id)
            run = await rows.runs.open_of(integration_id)
            return None if run is None else await self._report(rows, run.id)

    async def runs(
        self,
        *,
        integration_id: IntegrationId | None = None,
        before: RunId | None = None,
        limit: int = 50,
    ) -> list[Run]:
        """Return runs older than `before`, newest first."""
        async with self._database.reading() as rows:
            return await rows.runs.page(integration_id=integration_id, before=before, limit=limit)

    async def obstacles(self) -> Mapping[IntegrationId, str]:
        """Return the integrations that cannot be synced, and why."""
        async with self._database.reading() as rows:
            stored = await rows.integrations.all()
        found = {
            integration.id: self._documents.obstacle(integration.provider) for integration in stored
        }
        return {name: obstacle for name, obstacle in found.items() if obstacle}

    def is_interrupted(self, run: Run) -> bool:
        """Return whether a run should be under way, but no process works on it."""
        return self._engine.is_interrupted(run)

    async def _report(self, rows: Repositories, run_id: RunId) -> RunReport:
        report = await rows.runs.report(run_id)
        if report.run.mode is Mode.INCREMENTAL:
            integration = await rows.integrations.get(report.run.integration_id)
            why = self._documents.no_changes(integration.provider)
            report = replace(report, remarks=(why,) if why else ())
        if report.run.status is not RunStatus.HELD:
            return report
        word = await rows.approvals.good(report.run, at=self._clock())
        return (
            report if word is None else replace(report, approved_by=word[0], approved_until=word[1])
        )

    async def _request_stop(self, run_id: RunId, action: RunAction, actor: Actor) -> None:
        """Have the process that works on a run stop it; do so here where none does."""
        require_admin(actor)
        stop = _STOPS[action]
        async with self._database.transaction() as transaction:
            report = await self._report(transaction, run_id)
            run = require_available(action, report)
            await self._record(transaction, stop.recorded, run, actor)
            if run.status is RunStatus.RUNNING and not self.is_interrupted(run):
                await transaction.runs.request_stop(run_id, stop.request)
                return
            await transaction.runs.save(replace(run, status=stop.status), at=self._clock())
            if stop.status is RunStatus.CANCELLED:
                await release(transaction, run)

    async def _record(
        self,
        transaction: Transaction,
        action: Action,
        run: Run,
        actor: Actor,
        *,
        after: Mapping[str, str] | None = None,
    ) -> None:
        await record(transaction, action, run, actor=actor, at=self._clock(), after=after)


def _applying(*, spares: bool) -> RunAction:
    return RunAction.APPLY_WITHOUT_DEACTIVATIONS if spares else RunAction.APPLY


class _Stop(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a worker, how a run stands without one, and what is recorded."""

    request: StopRequest
    status: RunStatus
    recorded: Action


_STOPS: Final = {
    RunAction.PAUSE: _Stop(
        request=StopRequest.PAUSE, status=RunStatus.PAUSED, recorded=Action.PAUSE_SYNC
    ),
    RunAction.CANCEL: _Stop(
        request=StopRequest.CANCEL, status=RunStatus.CANCELLED, recorded=Action.CANCEL_SYNC
    ),
}
