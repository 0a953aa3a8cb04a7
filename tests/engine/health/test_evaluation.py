"""What one more report means: status, problem, when to ask again, and what the audit is told."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from integration_tui.domain.audit.log import Action
from integration_tui.domain.config.policies import ReconnectPolicy
from integration_tui.domain.health.status import (
    HealthReport,
    HealthState,
    HealthStatus,
    HealthThresholds,
)
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import (
    Integration,
    IntegrationStatus,
    Intent,
    Transition,
    Trouble,
    path_between,
)
from integration_tui.domain.value import replace
from integration_tui.engine.health.evaluation import (
    CheckOutcome,
    Evaluation,
    EvaluationRules,
    StatusSnapshot,
    evaluate,
)
from integration_tui.engine.health.transitions import StatusChange, moved

LINCOLN = IntegrationId("lincoln")
NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
NEW = StatusSnapshot(status=IntegrationStatus.CONNECTING, reported_down=False)
STATUS = IntegrationStatus


def outcome(
    trouble: Trouble | None = None, *, ms: float = 10.0, pause_s: float = 0.0, excused: bool = False
) -> CheckOutcome:
    report = HealthReport(
        integration_id=LINCOLN,
        status=HealthStatus.DOWN if trouble else HealthStatus.HEALTHY,
        checked_at=NOON,
        latency_ms=None if trouble else ms,
        detail="refused" if trouble else "",
        advice="wait" if trouble else "",
        trouble=trouble,
    )
    return CheckOutcome(report=report, retry_after_s=pause_s, excused=excused)


OK, FAILED = outcome(), outcome(Trouble.NOT_READY)


def rules(**reconnect: float) -> EvaluationRules:
    return EvaluationRules(interval_s=60, reconnect=ReconnectPolicy.model_validate(reconnect))


def course(
    outcomes: list[CheckOutcome], rules_: EvaluationRules | None = None, chance: float = 0.5
) -> list[Evaluation]:
    """Return the evaluation on each, one after the other."""
    evaluations = [Evaluation(state=HealthState(integration_id=LINCOLN), snapshot=NEW, wait_s=0.0)]
    for check_outcome in outcomes:
        last = evaluations[-1]
        evaluations.append(
            evaluate(
                last.state, last.snapshot, check_outcome, rules_ or rules(), chance=lambda: chance
            )
        )
    return evaluations[1:]


def test_one_that_is_down_is_tried_again_after_a_growing_delay() -> None:
    evaluations = course([FAILED] * 5, rules(base_s=1, max_s=6), chance=1.0)

    assert [evaluation.wait_s for evaluation in evaluations] == [1, 2, 4, 6, 6]
    assert [evaluation.snapshot.attempts for evaluation in evaluations] == [0, 1, 2, 3, 4]
    assert [evaluation.snapshot.next_attempt_at for evaluation in evaluations] == [
        NOON + timedelta(seconds=evaluation.wait_s or 0) for evaluation in evaluations
    ]


def test_the_pause_that_a_system_asks_for_is_kept() -> None:
    (down,) = course([outcome(Trouble.NOT_READY, pause_s=120)], rules(base_s=1, max_s=2))
    up = course([OK, outcome(Trouble.NOT_READY, pause_s=120)])[-1]

    assert down.wait_s == 120
    assert (up.wait_s, up.at_turn) == (120, True)


@pytest.mark.parametrize("trouble", [Trouble.CREDENTIALS, Trouble.CONFIGURATION])
def test_what_waits_for_a_person_is_not_asked_again(trouble: Trouble) -> None:
    (evaluation,) = course([outcome(trouble)])

    assert evaluation.wait_s is None
    assert evaluation.snapshot.next_attempt_at is None
    assert evaluation.snapshot.problem
    assert evaluation.snapshot.problem.advice == "wait"


def test_attempts_end_where_they_are_bounded() -> None:
    evaluations = course([FAILED] * 4, rules(base_s=1, attempts=3))

    assert [evaluation.wait_s is None for evaluation in evaluations] == [False, False, False, True]


def test_a_first_failure_waits_for_the_next_turn() -> None:
    evaluation = course([OK, FAILED])[-1]

    assert evaluation.snapshot.status is STATUS.DEGRADED
    assert evaluation.snapshot.problem
    assert (evaluation.wait_s, evaluation.at_turn) == (0, True)


def test_one_that_answers_again_is_connecting_until_that_is_confirmed() -> None:
    evaluations = course([FAILED, OK, OK])

    assert [evaluation.snapshot.status for evaluation in evaluations] == [
        STATUS.ERROR,
        STATUS.CONNECTING,
        STATUS.ACTIVE,
    ]
    assert evaluations[1].wait_s == 5.0
    assert not evaluations[1].at_turn


def test_a_relapse_goes_on_with_the_delays_it_had_reached() -> None:
    evaluations = course(
        [FAILED, FAILED, FAILED, OK, FAILED], rules(base_s=1, max_s=60), chance=1.0
    )

    assert evaluations[-1].snapshot.attempts == 3
    assert evaluations[-1].wait_s == 8


def test_the_audit_is_told_of_the_way_down_and_of_the_way_back() -> None:
    evaluations = course([OK, FAILED, FAILED, FAILED, FAILED, OK, FAILED, OK, OK, OK])

    assert [evaluation.turn for evaluation in evaluations if evaluation.turn] == [
        Action.WENT_DOWN,
        Action.CAME_BACK,
    ]


def test_one_that_was_down_before_a_start_comes_back_by_its_first_answer() -> None:
    was_down = replace(NEW, reported_down=True)
    state = HealthState(integration_id=LINCOLN)

    evaluation = evaluate(state, was_down, OK, rules(), chance=lambda: 0.5)

    assert evaluation.turn is Action.CAME_BACK
    assert evaluation.snapshot.status is STATUS.ACTIVE


@pytest.mark.parametrize(("found", "turn"), [(OK, Action.CAME_BACK), (FAILED, Action.WENT_DOWN)])
def test_after_a_start_the_first_report_is_told_in_any_case(
    found: CheckOutcome, turn: Action
) -> None:
    """The log itself knows whether that is news."""
    state = HealthState(integration_id=LINCOLN)

    evaluation = evaluate(
        state, replace(NEW, reported_down=None), found, rules(), chance=lambda: 0.5
    )

    assert evaluation.turn is turn


def test_a_failure_in_maintenance_changes_nothing() -> None:
    before = course([OK])[-1]
    excused = outcome(Trouble.NOT_READY, excused=True)

    after = evaluate(before.state, before.snapshot, excused, rules(), chance=lambda: 0.5)

    assert (after.state, after.snapshot, after.turn) == (before.state, before.snapshot, None)
    assert (after.wait_s, after.at_turn) == (0, True)


@pytest.mark.parametrize(
    ("outcomes", "reason"),
    [
        ([OK], "answers"),
        ([FAILED], "refused"),
        ([FAILED, OK, OK], "responding again"),
        ([outcome(ms=900)], "slow: 900 ms"),
        ([OK, OK], ""),
    ],
)
def test_a_change_says_why(outcomes: list[CheckOutcome], reason: str) -> None:
    slow = replace(rules(), thresholds=HealthThresholds(slow_ms=500))

    assert course(outcomes, slow)[-1].reason == reason


@given(st.integers(0, 40), st.floats(0, 1, exclude_max=True), st.floats(0.1, 60))
def test_a_delay_is_never_longer_than_the_longest(
    failures: int, chance: float, max_s: float
) -> None:
    evaluations = course([FAILED] * (failures + 1), rules(base_s=0.5, max_s=max_s), chance)

    assert all(0 <= (evaluation.wait_s or 0) <= max_s for evaluation in evaluations)


outcomes = st.builds(
    outcome,
    st.sampled_from([None, None, *Trouble]),
    ms=st.floats(0, 2000),
    pause_s=st.floats(0, 100),
    excused=st.just(value=False),
)


class StatusMachine(RuleBasedStateMachine):
    """Whatever comes, only allowed transitions are recorded, and they are connected."""

    def __init__(self) -> None:
        super().__init__()
        self.stored = Integration(
            id=LINCOLN,
            provider="mock",
            title="",
            environment="production",
            enabled=True,
            intent=Intent.RUN,
            status=STATUS.INACTIVE,
            config_version=1,
            revision=1,
            changed_at=NOON,
        )
        self.state = HealthState(integration_id=LINCOLN)
        self.snapshot = NEW
        self.recorded: list[Transition] = []
        self.turns: list[Action] = []

    def store(self, snapshot: StatusSnapshot) -> None:
        change = StatusChange(
            integration_id=LINCOLN, revision=1, snapshot=snapshot, at=NOON, reason="x"
        )
        self.stored, steps = moved(self.stored, change)
        self.recorded += steps

    @rule(found=outcomes, chance=st.floats(0, 1, exclude_max=True))
    def check(self, found: CheckOutcome, chance: float) -> None:
        evaluation = evaluate(self.state, self.snapshot, found, rules(), chance=lambda: chance)
        self.state, self.snapshot = evaluation.state, evaluation.snapshot
        self.turns += [evaluation.turn] if evaluation.turn else []
        self.store(evaluation.snapshot)

    @rule(status=st.sampled_from([STATUS.INACTIVE, STATUS.DISABLED, STATUS.CONNECTING]))
    def want(self, status: IntegrationStatus) -> None:
        self.state = HealthState(integration_id=LINCOLN)
        self.snapshot = StatusSnapshot(status=status, reported_down=self.snapshot.reported_down)
        self.store(self.snapshot)

    @invariant()
    def only_allowed_steps_are_recorded(self) -> None:
        assert all(
            path_between(transition.before, transition.after) == (transition.after,)
            for transition in self.recorded
        )

    @invariant()
    def steps_are_connected(self) -> None:
        ends = [STATUS.INACTIVE, *(transition.after for transition in self.recorded)]
        assert [transition.before for transition in self.recorded] == ends[:-1]
        assert self.stored.status is ends[-1]

    @invariant()
    def down_and_back_take_turns(self) -> None:
        assert all(now is not then for now, then in pairwise(self.turns))
        assert not self.turns or self.turns[0] is Action.WENT_DOWN

    @invariant()
    def a_next_attempt_is_promised_only_in_error(self) -> None:
        if self.stored.next_attempt_at:
            assert self.stored.status is STATUS.ERROR
            assert self.stored.problem

    @invariant()
    def what_is_well_has_no_problem(self) -> None:
        if self.stored.status is STATUS.ACTIVE:
            assert self.stored.problem is None
            assert self.stored.attempts == 0


TestStatusMachine = StatusMachine.TestCase
TestStatusMachine.settings = settings(max_examples=40, stateful_step_count=30)
