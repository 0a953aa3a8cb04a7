"""What can be done with a run, for every way in which it may stand."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.sync.actions import RunAction, available_actions
from integration_tui.domain.sync.plan import Hold
from integration_tui.domain.sync.run import Mode, Phase, Run, RunReport, RunStatus, Trigger
from integration_tui.domain.value import replace

A, S = RunAction, RunStatus
NOW = datetime(2026, 9, 1, tzinfo=UTC)
RUN = Run(
    id=RunId(3),
    integration_id=IntegrationId("sis"),
    mode=Mode.FULL,
    trigger=Trigger.HAND,
    started_by="ana",
    started_at=NOW,
)
NONE: set[RunAction] = set()
LOSS = Hold(sentence="40 of 42 people missing from source (95%, limit 10%)")
OTHER = Hold(sentence="held by ana: look at it", is_loss=False)

TABLE = {
    S.RUNNING: {A.PAUSE, A.CANCEL},
    S.PLANNED: {A.PLAN, A.APPLY, A.APPLY_WITHOUT_DEACTIVATIONS, A.HOLD, A.CANCEL},
    S.HELD: {A.PLAN, A.APPROVE, A.CANCEL},
    S.PAUSED: {A.RESUME, A.CANCEL},
    S.FAILED: {A.RESUME, A.CANCEL},
    S.APPLIED: {A.PLAN, A.UNDO},
    S.CANCELLED: {A.PLAN},
    S.STALE: {A.PLAN},
}


@pytest.mark.parametrize("status", RunStatus)
def test_what_can_be_done_follows_from_the_status_in_every_phase_and_mode(
    status: RunStatus,
) -> None:
    for phase, mode in product(Phase, Mode):
        run = replace(RUN, status=status, phase=phase, mode=mode)

        assert available_actions(RunReport(run=run, listings=())) == TABLE[status]


def test_a_first_run_can_be_planned() -> None:
    assert available_actions(None) == {A.PLAN}


def test_a_run_that_was_interrupted_can_go_on() -> None:
    report = RunReport(run=RUN, listings=())

    assert available_actions(report, is_interrupted=True) == {A.PAUSE, A.RESUME, A.CANCEL}


@pytest.mark.parametrize(
    ("holds", "is_approved", "applying"),
    [
        ((), False, NONE),
        ((OTHER,), False, NONE),
        ((LOSS, OTHER), False, NONE),
        ((LOSS,), False, {A.APPLY_WITHOUT_DEACTIVATIONS}),
        ((LOSS, LOSS), False, {A.APPLY_WITHOUT_DEACTIVATIONS}),
        ((LOSS,), True, {A.APPLY, A.APPLY_WITHOUT_DEACTIVATIONS}),
        ((OTHER,), True, {A.APPLY, A.APPLY_WITHOUT_DEACTIVATIONS}),
    ],
)
def test_a_held_plan_is_applied_when_approved_or_without_what_it_is_held_for(
    holds: tuple[Hold, ...], is_approved: bool, applying: set[RunAction]
) -> None:
    until = NOW + timedelta(hours=2) if is_approved else None
    report = RunReport(
        run=replace(RUN, status=S.HELD, holds=holds), listings=(), approved_until=until
    )

    assert available_actions(report) == TABLE[S.HELD] | applying


def test_whatever_is_open_can_be_ended_and_nothing_else_can() -> None:
    for status in RunStatus:
        run = replace(RUN, status=status)

        is_cancellable = A.CANCEL in available_actions(RunReport(run=run, listings=()))
        assert is_cancellable == run.is_open
