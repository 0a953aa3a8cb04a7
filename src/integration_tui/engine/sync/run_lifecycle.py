"""How a run begins, goes on and ends in the store, whoever asks: a person, or a schedule."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from integration_tui.domain.audit.log import Action, ActionOutcome, AuditRecord
from integration_tui.domain.events import RunChanged
from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.sync.run import Mode, Run, RunStatus, Trigger
from integration_tui.domain.value import replace

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.roster import Owner
    from integration_tui.store.repositories import Transaction

_NEW: Final = RunId(0)


class SyncRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for. `applies`: what nothing speaks against is done at once."""

    integration_id: IntegrationId
    mode: Mode = Mode.FULL
    scope: Owner | None = None
    applies: bool = False
    relinks: bool = False
    undoes: RunId | None = None
    trigger: Trigger = Trigger.HAND


async def begin(
    transaction: Transaction, request: SyncRequest, *, actor: Actor, at: datetime
) -> Run:
    """Store a new run. A plan that nobody applied makes room for it.

    Raises `NotFoundError`, or `ConflictError` where a run of the integration is under way.
    """
    await transaction.integrations.get(request.integration_id)
    waiting = await transaction.runs.open_of(request.integration_id)
    if waiting is not None and waiting.is_waiting:
        await end(transaction, waiting, why="a newer plan was made", actor=actor, at=at)
    version = await transaction.configs.active(request.integration_id)
    run = await transaction.runs.start(
        Run(
            id=_NEW,
            integration_id=request.integration_id,
            mode=Mode.TARGETED if request.scope else request.mode,
            trigger=request.trigger,
            started_by=actor.name,
            started_at=at,
            scope=request.scope,
            applies=request.applies,
            relinks=request.relinks,
            undoes=request.undoes,
            config_version=version.number,
        )
    )
    after = {"mode": run.mode.value, "applies": f"{run.applies}"}
    await record(transaction, Action.PLAN_SYNC, run, actor=actor, at=at, after=after)
    return run


async def resume(transaction: Transaction, run: Run, *, actor: Actor, at: datetime) -> Run:
    """Have a run go on that can be resumed."""
    run = replace(run, status=RunStatus.RUNNING, problem="", advice="")
    await transaction.runs.request_stop(run.id, None)
    await transaction.runs.save(run, at=at)
    await record(transaction, Action.RESUME_SYNC, run, actor=actor, at=at)
    return run


async def end(transaction: Transaction, run: Run, *, why: str, actor: Actor, at: datetime) -> None:
    """End an open run for good, and let go of what it read and did not apply."""
    ended = replace(run, status=RunStatus.CANCELLED, problem=why)
    await transaction.runs.save(ended, at=at)
    await release(transaction, run)
    await record(transaction, Action.CANCEL_SYNC, ended, actor=actor, at=at)


async def release(transaction: Transaction, run: Run) -> None:
    """Drop what a run read and did not apply."""
    listings = await transaction.listings.all(run.id)
    unused = [listing.collection for listing in listings if not listing.applied]
    await transaction.staging.forget(run.id, unused)


async def record(
    transaction: Transaction,
    action: Action,
    run: Run,
    *,
    actor: Actor,
    at: datetime,
    after: Mapping[str, str] | None = None,
) -> None:
    """Write down who did something with a run, and have screens look again."""
    await _write(transaction, _act(action, run, actor, after=after or {}), run, at)


async def record_refusal(
    transaction: Transaction, action: Action, run: Run, *, actor: Actor, at: datetime
) -> None:
    """Write down who was refused something, and have screens look again."""
    act = _act(action, run, actor, after={"plan": run.plan_hash})
    if run.status is RunStatus.STALE:
        act = replace(act, detail=f"{act.detail}: {run.problem}")
    await _write(transaction, replace(act, outcome=ActionOutcome.REFUSED), run, at)


def _act(action: Action, run: Run, actor: Actor, *, after: Mapping[str, str]) -> AuditRecord:
    detail = f"run {run.id}"
    return AuditRecord(
        action=action, actor=actor, object=run.integration_id, detail=detail, after=after
    )


async def _write(transaction: Transaction, act: AuditRecord, run: Run, at: datetime) -> None:
    await transaction.audit.add([act], at=at)
    transaction.emit(RunChanged(run.integration_id, run.id))
