"""What stands between a plan and its being carried out: its hash, its age, and a person's word."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from integration_tui.domain.audit.log import Action
from integration_tui.domain.errors import ConflictError, HeldError, UsageError
from integration_tui.domain.sync.actions import RunAction, available_actions
from integration_tui.domain.sync.run import Run, RunReport, RunStatus
from integration_tui.domain.sync.safety import deactivations
from integration_tui.domain.value import replace
from integration_tui.engine.sync.run_lifecycle import record, record_refusal

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.sync.plan import Approval
    from integration_tui.store.repositories import Transaction

GOOD_FOR: Final = timedelta(hours=2)
"""How long a person's approval of a held plan is good."""
_APPLYING: Final = frozenset({RunAction.APPLY, RunAction.APPLY_WITHOUT_DEACTIVATIONS})
_SHORTEST: Final = 8
"""So many digits of a hash name a plan."""


_DONE: Final = {
    RunAction.PLAN: "planned again",
    RunAction.APPLY: "applied",
    RunAction.APPLY_WITHOUT_DEACTIVATIONS: "applied",
    RunAction.APPROVE: "approved",
    RunAction.HOLD: "held",
    RunAction.PAUSE: "paused",
    RunAction.RESUME: "resumed",
    RunAction.CANCEL: "canceled",
    RunAction.UNDO: "undone",
}


def require_available(action: RunAction, report: RunReport, *, is_interrupted: bool = False) -> Run:
    """Return the run of a report, with which this can be done as it stands.

    Raises `HeldError` for a held plan that may not be applied, else `ConflictError`.
    """
    run = report.run
    if action in available_actions(report, is_interrupted=is_interrupted):
        return run
    if run.status is RunStatus.HELD and action in _APPLYING:
        why = run.holds[0].sentence if run.holds else "held manually"
        raise HeldError(
            f"run {run.id} is held: {why}",
            advice="approve with the number of deactivations and a reason,"
            " or apply without deactivations",
        )
    raise _not_now(run, action)


def require_plan(run: Run, plan_hash: str) -> None:
    """Raise `ConflictError` unless this plan waits, and is the one that was looked at."""
    if not run.is_waiting:
        raise _not_now(run, RunAction.APPLY)
    if len(plan_hash) < _SHORTEST or not run.plan_hash.startswith(plan_hash):
        raise ConflictError(
            f"the plan of run {run.id} is {run.plan_hash[:12]}, not {plan_hash}",
            advice="show the plan again and repeat its hash",
        )


async def refused_as_stale(
    transaction: Transaction, action: Action, run: Run, *, actor: Actor, at: datetime
) -> Run | None:
    """Return the run as stale, with the refusal recorded; `None` where its plan is up to date."""
    from integration_tui.engine.sync.apply import require_unmoved  # applies, which lists do not

    try:
        await require_unmoved(transaction, run)
    except ConflictError as error:
        stale = replace(run, status=RunStatus.STALE, problem=error.message, advice=error.advice)
        await transaction.runs.save(stale, at=at)
        await record_refusal(transaction, action, stale, actor=actor, at=at)
        return stale
    return None


async def approve(
    transaction: Transaction, report: RunReport, approval: Approval, *, actor: Actor, at: datetime
) -> None:
    """Keep and record a person's word for a plan. Raises `UsageError` where it is none."""
    run, expected = report.run, deactivations(report.listings)
    if approval.losses != expected:
        raise UsageError(
            f"the plan of run {run.id} deactivates {expected:,} records, not {approval.losses:,}",
            advice="show the plan again and repeat the number",
        )
    if not approval.reason.strip():
        raise UsageError("an approval needs a reason", advice="enter why the plan is correct")
    kept = replace(approval, plan_hash=run.plan_hash, by=actor.name)
    await transaction.approvals.save(kept, at=at, until=at + GOOD_FOR)
    after = {"plan": run.plan_hash, "losses": f"{expected}", "reason": approval.reason}
    await record(transaction, Action.APPROVE_SYNC, run, actor=actor, at=at, after=after)


def _not_now(run: Run, action: RunAction) -> ConflictError:
    return ConflictError(
        f"run {run.id} is {run.status}: it cannot be {_DONE[action]}", advice="show the run again"
    )
