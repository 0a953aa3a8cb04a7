"""What stands between a plan and its being carried out: its hash, its age, and a person's word."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from integration_tui.domain.actor import Actor
from integration_tui.domain.audit.log import Action
from integration_tui.domain.errors import ConflictError, HeldError, UsageError
from integration_tui.domain.sync.plan import Approval
from integration_tui.domain.sync.run import Run, RunReport, RunStatus
from integration_tui.domain.sync.safety import deactivations
from integration_tui.engine.sync.apply import require_unmoved
from integration_tui.engine.sync.run_lifecycle import record, record_refusal
from integration_tui.store.database import Transaction

GOOD_FOR: Final = timedelta(hours=2)
"""How long a person's approval of a held plan is good."""
_SHORTEST: Final = 8
"""So many digits of a hash name a plan."""


def require_plan(run: Run, plan_hash: str) -> None:
    """Raise `ConflictError` unless this plan waits, and is the one that was looked at."""
    if run.status not in {RunStatus.PLANNED, RunStatus.HELD}:
        raise not_now(run, "applied")
    if len(plan_hash) < _SHORTEST or not run.plan_hash.startswith(plan_hash):
        raise ConflictError(
            f"the plan of run {run.id} is {run.plan_hash[:12]}, not {plan_hash}",
            advice="look at it again, and name its hash",
        )


async def refused_as_stale(
    transaction: Transaction, action: Action, run: Run, *, actor: Actor, at: datetime
) -> Run | None:
    """Return the run as stale, with the refusal recorded; `None` where its plan is up to date."""
    try:
        await require_unmoved(transaction, run)
    except ConflictError as error:
        stale = replace(run, status=RunStatus.STALE, problem=error.message, advice=error.advice)
        await transaction.runs.save(stale, at=at)
        await record_refusal(transaction, action, stale, actor=actor, at=at)
        return stale
    return None


async def require_allowed(
    transaction: Transaction, run: Run, *, spares: bool, at: datetime
) -> None:
    """Raise `HeldError` where a held plan has no approval, and deactivates somebody."""
    if run.status is RunStatus.PLANNED:
        return
    if spares and run.holds and all(hold.is_loss for hold in run.holds):
        return
    if not await transaction.approvals.is_good(run, at=at):
        first = run.holds[0].sentence
        raise HeldError(
            f"run {run.id} is held: {first}",
            advice="approve it with its number of deactivations and a reason, or apply it"
            " without deactivations",
        )


async def approve(
    transaction: Transaction, report: RunReport, approval: Approval, *, actor: Actor, at: datetime
) -> None:
    """Keep and record a person's word for a plan. Raises `UsageError` where it is none."""
    run, expected = report.run, deactivations(report.listings)
    if approval.losses != expected:
        raise UsageError(
            f"the plan of run {run.id} deactivates {expected:,} records, not {approval.losses:,}",
            advice="look at the plan again, and type its number",
        )
    if not approval.reason.strip():
        raise UsageError("an approval needs a reason", advice="say why this is right")
    kept = replace(approval, plan_hash=run.plan_hash, by=actor.name)
    await transaction.approvals.save(kept, at=at, until=at + GOOD_FOR)
    after = {"plan": run.plan_hash, "losses": f"{expected}", "reason": approval.reason}
    await record(transaction, Action.APPROVE_SYNC, run, actor=actor, at=at, after=after)


def not_now(run: Run, what: str) -> ConflictError:
    """Return the error of whoever wants what a run cannot do as it stands."""
    return ConflictError(
        f"run {run.id} is {run.status}: it cannot be {what}", advice="look at it again"
    )
