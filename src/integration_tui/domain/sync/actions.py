"""What can be done with a run as it stands: services refuse by it, screens and commands offer it.

What only the store knows is refused where it is found: a plan that is out of date, changes that
are no longer remembered, another run of the integration that is under way.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from integration_tui.domain.sync.run import RunReport, RunStatus


class RunAction(StrEnum):
    """What somebody may want to do with a run."""

    PLAN = "plan"
    """Begin a new run; a plan that waits is ended for it."""
    APPLY = "apply"
    APPLY_WITHOUT_DEACTIVATIONS = "apply_without_deactivations"
    APPROVE = "approve"
    HOLD = "hold"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    UNDO = "undo"
    """Begin a run whose plan takes this one back."""


def available_actions(
    report: RunReport | None, *, is_interrupted: bool = False
) -> frozenset[RunAction]:
    """Return what can be done with the run of an integration; `None` where it never had one.

    `is_interrupted`: the run is under way, and no process works on it.
    """
    if report is None:
        return frozenset({RunAction.PLAN})
    found = _BY_STATUS[report.run.status]
    if report.run.status is RunStatus.HELD:
        found |= _with_held_plan(report)
    return found | {RunAction.RESUME} if is_interrupted else found


_A = RunAction
_BY_STATUS: Final = {
    RunStatus.RUNNING: frozenset({_A.PAUSE, _A.CANCEL}),
    RunStatus.PLANNED: frozenset(
        {_A.PLAN, _A.APPLY, _A.APPLY_WITHOUT_DEACTIVATIONS, _A.HOLD, _A.CANCEL}
    ),
    RunStatus.HELD: frozenset({_A.PLAN, _A.APPROVE, _A.CANCEL}),
    RunStatus.PAUSED: frozenset({_A.RESUME, _A.CANCEL}),
    RunStatus.FAILED: frozenset({_A.RESUME, _A.CANCEL}),
    RunStatus.APPLIED: frozenset({_A.PLAN, _A.UNDO}),
    RunStatus.CANCELLED: frozenset({_A.PLAN}),
    RunStatus.STALE: frozenset({_A.PLAN}),
}


def _with_held_plan(report: RunReport) -> frozenset[RunAction]:
    """Return how a held plan can be applied: approved, or without what it is held for."""
    if report.approved_until is not None:
        return frozenset({RunAction.APPLY, RunAction.APPLY_WITHOUT_DEACTIVATIONS})
    holds = report.run.holds
    is_about_losses = bool(holds) and all(hold.is_loss for hold in holds)
    return frozenset({RunAction.APPLY_WITHOUT_DEACTIVATIONS} if is_about_losses else ())
