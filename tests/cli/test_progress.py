"""How far a run is, told where no terminal is."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from integration_tui.cli.progress import SyncProgress
from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import CollectionProgress, Mode, Phase, Run, RunReport, Trigger
from integration_tui.domain.value import replace

RUN = Run(
    id=RunId(3),
    integration_id=IntegrationId("sis"),
    mode=Mode.FULL,
    trigger=Trigger.HAND,
    started_by="ana",
    started_at=datetime(2026, 9, 1, tzinfo=UTC),
)


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def reading(records: int, *, is_over: bool = False) -> RunReport:
    listing = CollectionProgress(
        collection=Collection.USERS,
        pages=records // 100,
        records=records,
        expected=4_000,
        is_over=is_over,
        complete=is_over,
    )
    return RunReport(run=RUN, listings=(listing,))


def applying(done: int) -> RunReport:
    run = replace(RUN, phase=Phase.APPLY)
    counts = {ChangeKind.CREATE: 90, ChangeKind.MISSING: 10, ChangeKind.KEPT: 1_000}
    listing = CollectionProgress(
        collection=Collection.USERS, is_over=True, counts=counts, applied=done
    )
    return RunReport(run=run, listings=(listing,))


def test_a_line_every_few_seconds_has_rate_and_time_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Clock()
    with SyncProgress(monotonic=clock) as show:
        show(reading(0))
        for second in range(1, 11):
            clock.now = float(second)
            show(reading(second * 100))

    assert capsys.readouterr().err.splitlines() == [
        "users: 5 pages, 500 of 4,000 records, 100/s, 35 s left",
        "users: 10 pages, 1,000 of 4,000 records, 100/s, 30 s left",
    ]


def test_a_collection_that_is_over_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    with SyncProgress(monotonic=Clock()) as show:
        for _ in range(3):
            show(reading(4_000, is_over=True))

    assert capsys.readouterr().err == "users: 4,000 records, complete\n"


@pytest.mark.parametrize("held_back", [0, 1])
def test_what_was_read_is_told_whether_the_plan_is_made_by_then_or_not(
    held_back: int, capsys: pytest.CaptureFixture[str]
) -> None:
    read = CollectionProgress(
        collection=Collection.ENROLLMENTS,
        records=12,
        quarantined=2,
        is_over=True,
        complete=True,
    )
    report = RunReport(run=RUN, listings=(read.planned({ChangeKind.QUARANTINE: held_back}),))

    with SyncProgress(monotonic=Clock()) as show:
        show(report)

    assert capsys.readouterr().err == "enrollments: 12 records, 2 quarantined, complete\n"


def test_applying_counts_what_is_to_be_done_only(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    with SyncProgress(is_reading=False, monotonic=clock) as show:
        show(applying(0))
        clock.now = 10.0
        show(applying(50))
        clock.now = 20.0
        show(applying(100))

    assert capsys.readouterr().err.splitlines() == [
        "applying: 50 of 100 changes, 5/s, 10 s left",
        "run 3: finishing",
    ]
