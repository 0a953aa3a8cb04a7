"""What can be done with the run of an integration, when, and what is asked before."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec
from textual.content import Content

from integration_tui.domain.quantity import counted
from integration_tui.domain.sync.actions import RunAction
from integration_tui.domain.sync.conflict import Conflict
from integration_tui.domain.sync.merge import Side
from integration_tui.domain.sync.plan import Approval
from integration_tui.domain.sync.plan_sentences import (
    approval_parts,
    deactivation_sentence,
    safer_sentence,
    upsert_sentence,
)
from integration_tui.domain.sync.run import Mode, Run, RunReport, RunStatus
from integration_tui.domain.sync.safety import deactivations
from integration_tui.tui.screens.sync.banner import by_weight, sentence, weighty
from integration_tui.tui.screens.sync.details import SIDES, field_label
from integration_tui.tui.screens.sync.rows import NAMES, RunStatusView, began
from integration_tui.tui.screens.sync.run_summary import HASH
from integration_tui.tui.screens.sync.windows import ApprovalDialog
from integration_tui.tui.widgets.dialogs import Confirm, ReasonPrompt
from integration_tui.tui.widgets.roles import line, lines

if TYPE_CHECKING:
    from integration_tui.tui.screens.base import ConsoleScreen

_LAST = 10
"""Applied runs that an undo is offered for, of so many of the newest."""
_LOOKED_THROUGH = 100


class SyncAction(msgspec.Struct, frozen=True, kw_only=True):
    """`run` returns the sentence to say when it is done, or nothing; `needs` is what it does.

    `title` is followed by the name of an integration; `command` is a command line with the places
    of its `name` and of the hash of the `plan`.
    """

    title: str
    doing: str
    run: Callable[[ConsoleScreen, RunStatusView], Awaitable[str]]
    needs: RunAction
    command: str = ""

    def command_line(self, run_status: RunStatusView) -> str:
        """Return what does the same on the command line; empty where that asks for more."""
        if not self.command:
            return ""
        plan = run_status.run.plan_hash if run_status.run else ""
        return f"integration-tui {self.command.format(name=run_status.integration_id, plan=plan)}"

    def fits(self, run_status: RunStatusView) -> bool:
        """Return whether it can be done as things stand."""
        report = run_status.report
        if self.needs is RunAction.APPLY_WITHOUT_DEACTIVATIONS and report is not None:
            return self.needs in run_status.actions and deactivations(report.listings) > 0
        if self.needs is RunAction.APPROVE and run_status.is_approved:
            return False
        return self.needs in run_status.actions


async def _plan(screen: ConsoleScreen, run_status: RunStatusView) -> str:
    return await _start(screen, run_status, Mode.FULL)


async def _plan_incremental(screen: ConsoleScreen, run_status: RunStatusView) -> str:
    return await _start(screen, run_status, Mode.INCREMENTAL)


async def _relink(screen: ConsoleScreen, run_status: RunStatusView) -> str:
    asked = Confirm(
        f"Plan {run_status.integration_id} with relinking?",
        "People and records that came back under other IDs keep their local record and history."
        " Creates a plan that you review first.",
        yes="Plan",
    )
    if not await screen.ask(asked):
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
        asked = Confirm(
            f"Plan {name} again?",
            f"Discards the plan of run {run.id}. Nothing of it was applied.",
            yes="Plan again",
        )
        if not await screen.ask(asked):
            return ""
    request = SyncRequest(integration_id=name, mode=mode, relinks=relinks)
    begun = await screen.services.sync.start(request, actor=screen.actor)
    return f"Planning {name}, run {begun.id}. Nothing is applied before you press a."


async def _apply(screen: ConsoleScreen, run_status: RunStatusView) -> str:
    return await _carry_out(screen, run_status, spares=False)


async def _apply_sparing(screen: ConsoleScreen, run_status: RunStatusView) -> str:
    return await _carry_out(screen, run_status, spares=True)


async def _carry_out(screen: ConsoleScreen, run_status: RunStatusView, *, spares: bool) -> str:
    report = _report(run_status)
    run, name = report.run, run_status.integration_id
    lost = deactivations(report.listings)
    does = upsert_sentence(report.listings) or ("Changes nothing." if spares or not lost else "")
    losses = "Deactivates nobody." if spares else deactivation_sentence(report.listings)
    left = f"u undoes it later, with a plan that you review first. Plan {run.plan_hash[:HASH]}."
    asked = Confirm(
        f"Apply run {run.id} of {name}{' without deactivations' if spares and lost else ''}?",
        "\n".join([f"{does} {losses}".strip(), "", left]),
        yes="Apply",
    )
    if not await screen.ask(asked):
        return ""
    await screen.services.sync.apply(
        run.id, plan_hash=run.plan_hash, actor=screen.actor, spares=spares
    )
    return f"Applying run {run.id} of {name}. u undoes it."


async def _approve(screen: ConsoleScreen, run_status: RunStatusView) -> str:
    report = _report(run_status)
    run, lost = report.run, deactivations(report.listings)
    dialog = ApprovalDialog(
        f"Approve run {run.id} of {run_status.integration_id}?",
        lines(_approval_text(run_status, report)),
        losses=lost,
        parts=approval_parts(report.listings),
    )
    if not await screen.ask(dialog):
        return ""
    await screen.services.sync.approve(
        Approval(
            run_id=run.id,
            integration_id=run.integration_id,
            plan_hash=run.plan_hash,
            losses=lost,
            reason=dialog.reason,
            by=screen.actor.name,
        ),
        actor=screen.actor,
    )
    return f"Run {run.id} approved for two hours. Press a to apply it."


def _approval_text(run_status: RunStatusView, report: RunReport) -> Iterator[Content]:
    """Yield what the plan does, why it is held, what can be undone, and what is safer."""
    run = report.run
    yield line((deactivation_sentence(report.listings, has_totals=True), "bad-strong"))
    yield from (line((reason, "muted")) for reason in _holds(run))
    yield Content("")
    yield line(
        f"Deactivated records are kept: undoing run {run.id} creates a plan that reactivates them."
        " The approval expires in 2 hours."
    )
    can_spare = RunAction.APPLY_WITHOUT_DEACTIVATIONS in run_status.actions
    if can_spare and (safer := safer_sentence(report.listings, "A")):
        yield line(safer.replace("Safer: A", "Safer: esc, then A"))


_REASONS = 6
"""Reasons that a question names; the others would push its field out of sight."""


def _holds(run: Run) -> Iterator[str]:
    """Yield why a plan is held, as far as a question has room for it."""
    shown = max(weighty(run.holds), _REASONS)
    for hold in by_weight(run.holds)[:shown]:
        yield f"Safety check: {sentence(hold.short)}"
    if len(run.holds) > shown:
        yield f"{counted(len(run.holds) - shown, 'more reason')}: esc, then ⏎ shows all."
    elif not run.holds:
        yield "Held manually."


async def _hold(screen: ConsoleScreen, run_status: RunStatusView) -> str:
    run = _report(run_status).run
    text = "The plan then needs an approval."
    prompt = ReasonPrompt(f"Hold run {run.id}?", text, yes="Hold")
    reason = await screen.ask(prompt)
    if reason is None:
        return ""
    await screen.services.sync.hold(run.id, reason=reason, actor=screen.actor)
    return f"Run {run.id} held. Y approves it."


async def _pause(screen: ConsoleScreen, run_status: RunStatusView) -> str:
    run = _report(run_status).run
    await screen.services.sync.pause(run.id, actor=screen.actor)
    return f"Pausing run {run.id} after the current batch. r resumes it."


async def _resume(screen: ConsoleScreen, run_status: RunStatusView) -> str:
    run = _report(run_status).run
    await screen.services.sync.resume(run.id, actor=screen.actor)
    return f"Resuming run {run.id}…"


async def _cancel(screen: ConsoleScreen, run_status: RunStatusView) -> str:
    run = _report(run_status).run
    asked = Confirm(
        f"Cancel run {run.id} of {run_status.integration_id}?",
        "Applied changes stay. A canceled run cannot be resumed.",
        yes="Cancel run",
        no="Keep run",
    )
    if not await screen.ask(asked):
        return ""
    await screen.services.sync.cancel(run.id, actor=screen.actor)
    return f"Run {run.id} canceled."


async def undo(screen: ConsoleScreen, run: Run) -> str:
    """Plan to revert an applied run."""
    asked = Confirm(
        f"Undo run {run.id} of {run.integration_id}?",
        "Creates a plan that you review first.",
        yes="Undo",
    )
    if not await screen.ask(asked):
        return ""
    begun = await screen.services.sync.undo(run.id, actor=screen.actor)
    return f"Planning to undo run {run.id}, as run {begun.id}. Press a to apply it."


async def choose_undo(screen: ConsoleScreen) -> Run | None:
    """Ask which of the last applied runs is to be undone."""
    from integration_tui.tui.widgets.select_list import ChoiceDialog, SelectOption

    runs = await screen.services.sync.runs(limit=_LOOKED_THROUGH)
    applied = [run for run in runs if run.status is RunStatus.APPLIED][:_LAST]
    if not applied:
        screen.show_message("Undo: no run was applied yet.")
        return None
    now = screen.services.clock()
    options = [
        SelectOption(
            value=f"{run.id}",
            label=f"Run {run.id} of {run.integration_id}",
            note=f"{began(run.started_at, now)}, {run.mode}",
        )
        for run in applied
    ]
    dialog = ChoiceDialog("Undo which run?", options, note="Creates a plan that you review first.")
    chosen = await screen.ask(dialog)
    return next((run for run in applied if f"{run.id}" == chosen), None)


async def settle(screen: ConsoleScreen, one: Conflict, side: Side, *, all_: bool) -> str:
    """Decide a conflict, or all of its field."""
    conflicts, field = screen.services.conflicts, field_label(one.field).lower()
    if not all_:
        await conflicts.settle([one.id], side, actor=screen.actor)
        return f"{SIDES[side]} of {field} for {one.label or one.external_id}."
    does = "Keep the local value" if side is Side.OURS else "Take the source value"
    asked = Confirm(
        f"{does} in all conflicts about {field}?",
        f"Decides all open conflicts with {one.integration_id} about {field} of"
        f" {NAMES[one.collection].lower()}.",
        yes=does,
    )
    if not await screen.ask(asked):
        return ""
    count = await conflicts.settle_all(
        one.integration_id, one.collection, one.field, side, actor=screen.actor
    )
    return f"{SIDES[side]} in {counted(count, 'conflict')} about {field}."


def _report(run_status: RunStatusView) -> RunReport:
    if run_status.report is None:
        raise AssertionError("no run selected")
    return run_status.report


_A = RunAction
SYNC_ACTIONS: Mapping[str, SyncAction] = {
    "plan": SyncAction(
        command="sync plan {name}", title="Plan", doing="planning", run=_plan, needs=_A.PLAN
    ),
    "plan_incremental": SyncAction(
        command="sync plan {name} --since-last",
        title="Plan changes only",
        doing="planning",
        run=_plan_incremental,
        needs=_A.PLAN,
    ),
    "apply": SyncAction(
        command="sync apply {name} --plan {plan}",
        title="Apply the plan of",
        doing="applying",
        run=_apply,
        needs=_A.APPLY,
    ),
    "apply_sparing": SyncAction(
        command="sync apply {name} --plan {plan} --without-deactivations",
        title="Apply without deactivations",
        doing="applying",
        run=_apply_sparing,
        needs=_A.APPLY_WITHOUT_DEACTIVATIONS,
    ),
    "approve": SyncAction(
        title="Approve the plan of", doing="approving", run=_approve, needs=_A.APPROVE
    ),
    "hold": SyncAction(title="Hold the plan of", doing="holding", run=_hold, needs=_A.HOLD),
    "pause": SyncAction(
        command="sync pause {name}",
        title="Pause the run of",
        doing="pausing",
        run=_pause,
        needs=_A.PAUSE,
    ),
    "resume": SyncAction(
        command="sync resume {name}",
        title="Resume the run of",
        doing="resuming",
        run=_resume,
        needs=_A.RESUME,
    ),
    "cancel": SyncAction(
        command="sync cancel {name}",
        title="Cancel the run of",
        doing="canceling",
        run=_cancel,
        needs=_A.CANCEL,
    ),
    "relink": SyncAction(
        command="sync plan {name} --relink",
        title="Plan with relinking",
        doing="planning",
        run=_relink,
        needs=_A.PLAN,
    ),
}
