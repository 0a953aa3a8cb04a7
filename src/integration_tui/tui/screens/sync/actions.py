"""What can be done with the run of an integration, when, and what is asked before."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from integration_tui.domain.sync.actions import RunAction
from integration_tui.domain.sync.conflict import Conflict
from integration_tui.domain.sync.merge import Side
from integration_tui.domain.sync.plan import Approval, ChangeKind
from integration_tui.domain.sync.run import Mode, Run, RunReport
from integration_tui.domain.sync.safety import deactivations
from integration_tui.tui.screens.sync.approval_dialog import ApprovalDialog
from integration_tui.tui.screens.sync.rows import RunStatusView
from integration_tui.tui.screens.sync.run_summary import HASH
from integration_tui.tui.widgets.dialogs import Confirm, ReasonPrompt

if TYPE_CHECKING:
    from integration_tui.tui.screens.base import ConsoleScreen

_MOST_HOLDS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncAction:
    """`run` returns the sentence to say when it is done, or nothing; `needs` is what it does.

    `title` is followed by the name of an integration.
    """

    title: str
    doing: str
    run: Callable[[ConsoleScreen, RunStatusView], Awaitable[str]]
    needs: RunAction

    def fits(self, run_status: RunStatusView) -> bool:
        """Return whether it can be done as things stand."""
        return self.needs in run_status.actions


async def _plan(screen: ConsoleScreen, run_status: RunStatusView) -> str:
    return await _start(screen, run_status, Mode.FULL)


async def _plan_incremental(screen: ConsoleScreen, run_status: RunStatusView) -> str:
    return await _start(screen, run_status, Mode.INCREMENTAL)


async def _relink(screen: ConsoleScreen, run_status: RunStatusView) -> str:
    question = Confirm(
        f"Plan {run_status.integration_id} with relinking?",
        "Those who are gone and came back under other ids keep their records and history."
        " Nothing is applied before you have looked at the plan.",
    )
    if not await screen.app.push_screen_wait(question):
        return ""
    return await _start(screen, run_status, Mode.FULL, relinks=True, asks=False)


async def _start(
    screen: ConsoleScreen,
    run_status: RunStatusView,
    mode: Mode,
    *,
    relinks: bool = False,
    asks: bool = True,
) -> str:
    from integration_tui.services.sync.runs import SyncRequest  # the store comes with it

    name, run = run_status.integration_id, run_status.run
    if asks and run is not None and run.is_waiting:
        question = Confirm(
            f"Plan {name} again?", f"The plan of run {run.id} is not applied then; it is ended."
        )
        if not await screen.app.push_screen_wait(question):
            return ""
    request = SyncRequest(integration_id=name, mode=mode, relinks=relinks)
    begun = await screen.services.sync.start(request, actor=screen.actor)
    return f"run {begun.id} of {name} begins; nothing is applied before you say so"


async def _apply(screen: ConsoleScreen, run_status: RunStatusView) -> str:
    return await _carry_out(screen, run_status, spares=False)


async def _apply_sparing(screen: ConsoleScreen, run_status: RunStatusView) -> str:
    return await _carry_out(screen, run_status, spares=True)


async def _carry_out(screen: ConsoleScreen, run_status: RunStatusView, *, spares: bool) -> str:
    report = _report(run_status)
    run, gone = report.run, deactivations(report.listings)
    kinds = ChangeKind.upserts() if spares else ChangeKind.effective()
    what = f"changes {report.in_words(*kinds)}"
    loses = gone and not spares
    lost = report.in_words(ChangeKind.DEACTIVATE, ChangeKind.REMOVE)
    about = f"of which it deactivates or removes {lost}" if loses else "nobody is deactivated"
    question = Confirm(
        f"Apply plan {run.plan_hash[:HASH]} of {run_status.integration_id}?",
        f"Run {run.id} {what}, {about}.\n{_kinds(report, spares=spares)}",
    )
    if not await screen.app.push_screen_wait(question):
        return ""
    await screen.services.sync.apply(
        run.id, plan_hash=run.plan_hash, actor=screen.actor, spares=spares
    )
    return f"run {run.id} is being applied"


def _kinds(report: RunReport, *, spares: bool) -> str:
    lost = {ChangeKind.DEACTIVATE, ChangeKind.REMOVE} if spares else set[ChangeKind]()
    counts = {
        kind: sum(listing.count(kind) for listing in report.listings)
        for kind in ChangeKind.effective()
        if kind not in lost
    }
    return ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)


async def _approve(screen: ConsoleScreen, run_status: RunStatusView) -> str:
    report = _report(run_status)
    run, gone = report.run, deactivations(report.listings)
    sentences = "\n".join(_holds(run))
    lost = report.in_words(ChangeKind.DEACTIVATE, ChangeKind.REMOVE)
    dialog = ApprovalDialog(
        f"Approve plan {run.plan_hash[:HASH]} of {run_status.integration_id}?",
        f"It is held:\n{sentences}\nIt deactivates or removes {lost}."
        " The approval is good for two hours.",
        losses=gone,
    )
    if not await screen.app.push_screen_wait(dialog):
        return ""
    await screen.services.sync.approve(
        Approval(
            run_id=run.id,
            integration_id=run.integration_id,
            plan_hash=run.plan_hash,
            losses=gone,
            reason=dialog.reason,
            by=screen.actor.name,
        ),
        actor=screen.actor,
    )
    return f"the plan of run {run.id} is approved for two hours: a applies it"


def _holds(run: Run) -> Iterator[str]:
    """Yield why a plan is held, as far as a question has room for it."""
    for hold in run.holds[:_MOST_HOLDS]:
        yield f"- {hold.sentence}"
    if len(run.holds) > _MOST_HOLDS:
        yield f"- and {len(run.holds) - _MOST_HOLDS:,} more: enter on the run shows all"
    elif not run.holds:
        yield "- it was held by hand"


async def _hold(screen: ConsoleScreen, run_status: RunStatusView) -> str:
    run = _report(run_status).run
    question = ReasonPrompt(f"Hold run {run.id}?", "Its plan waits then for an approval.")
    reason = await screen.app.push_screen_wait(question)
    if reason is None:
        return ""
    await screen.services.sync.hold(run.id, reason=reason, actor=screen.actor)
    return f"run {run.id} is held"


async def _pause(screen: ConsoleScreen, run_status: RunStatusView) -> str:
    run = _report(run_status).run
    await screen.services.sync.pause(run.id, actor=screen.actor)
    return f"run {run.id} rests at its next batch"


async def _resume(screen: ConsoleScreen, run_status: RunStatusView) -> str:
    run = _report(run_status).run
    await screen.services.sync.resume(run.id, actor=screen.actor)
    return f"run {run.id} goes on"


async def _cancel(screen: ConsoleScreen, run_status: RunStatusView) -> str:
    run = _report(run_status).run
    question = Confirm(
        f"End run {run.id} of {run_status.integration_id}?",
        "It cannot be resumed. What it has applied stays applied.",
    )
    if not await screen.app.push_screen_wait(question):
        return ""
    await screen.services.sync.cancel(run.id, actor=screen.actor)
    return f"run {run.id} is ended"


async def undo(screen: ConsoleScreen, run: Run) -> str:
    """Plan to take an applied run back."""
    question = Confirm(
        f"Plan to take run {run.id} of {run.integration_id} back?",
        "A plan is made that puts back what it changed. Nothing is applied before you have"
        " looked at it.",
    )
    if not await screen.app.push_screen_wait(question):
        return ""
    begun = await screen.services.sync.undo(run.id, actor=screen.actor)
    return f"run {begun.id} plans to take run {run.id} back"


async def settle(screen: ConsoleScreen, one: Conflict, side: Side, *, all_: bool) -> str:
    """Decide a conflict, or all of its field."""
    conflicts, field = screen.services.conflicts, f"{one.collection}.{one.field}"
    if not all_:
        await conflicts.settle([one.id], side, actor=screen.actor)
        return f"{one.field}: {side} stands"
    question = Confirm(
        f"{side.title()} for every {field}?",
        f"All open conflicts with {one.integration_id} about {field} are decided: {side} stands.",
    )
    if not await screen.app.push_screen_wait(question):
        return ""
    count = await conflicts.settle_all(
        one.integration_id, one.collection, one.field, side, actor=screen.actor
    )
    return f"{count:,} conflicts about {field} are decided: {side} stands"


def _report(run_status: RunStatusView) -> RunReport:
    if run_status.report is None:
        raise AssertionError("no key does anything with a run that is not there")
    return run_status.report


_A = RunAction
SYNC_ACTIONS: Mapping[str, SyncAction] = {
    "plan": SyncAction(title="Plan", doing="planning", run=_plan, needs=_A.PLAN),
    "plan_incremental": SyncAction(
        title="Plan incrementally", doing="planning", run=_plan_incremental, needs=_A.PLAN
    ),
    "apply": SyncAction(title="Apply the plan of", doing="applying", run=_apply, needs=_A.APPLY),
    "apply_sparing": SyncAction(
        title="Apply without deactivations",
        doing="applying",
        run=_apply_sparing,
        needs=_A.APPLY_WITHOUT_DEACTIVATIONS,
    ),
    "approve": SyncAction(
        title="Approve the plan of", doing="approving", run=_approve, needs=_A.APPROVE
    ),
    "hold": SyncAction(title="Hold the plan of", doing="holding", run=_hold, needs=_A.HOLD),
    "pause": SyncAction(title="Pause the run of", doing="pausing", run=_pause, needs=_A.PAUSE),
    "resume": SyncAction(title="Resume the run of", doing="resuming", run=_resume, needs=_A.RESUME),
    "cancel": SyncAction(title="End the run of", doing="ending", run=_cancel, needs=_A.CANCEL),
    "relink": SyncAction(title="Plan with relinking", doing="planning", run=_relink, needs=_A.PLAN),
}
