"""What is offered for a run is accepted, and what is not offered is refused, in a real store."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from integration_tui.domain.errors import ConflictError, HeldError
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.actions import RunAction, available_actions
from integration_tui.domain.sync.run import RunReport, RunStatus
from integration_tui.engine.lock import StoreLock
from integration_tui.services.sync.runs import SyncRequest
from integration_tui.settings import Settings
from tests.conftest import ANA
from tests.services.sync.fixtures import (
    NO_GRACE,
    SECRET,
    SIS,
    District,
    Syncing,
    publish,
    syncing,
)

A, S = RunAction, RunStatus
numbers = count()
LOSS, OTHER = (
    '[["all 3 people missing from source (limit 10%)", true]]',
    '[["held by ana: wait", false]]',
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """How a run stands: its status, and what else counts."""

    status: RunStatus
    holds: str = "[]"
    is_approved: bool = False
    is_worked_on: bool = False


CASES = {
    "running": Case(status=S.RUNNING, is_worked_on=True),
    "interrupted": Case(status=S.RUNNING),
    "planned": Case(status=S.PLANNED),
    "held for its losses": Case(status=S.HELD, holds=LOSS),
    "held manually": Case(status=S.HELD, holds=OTHER),
    "held and approved": Case(status=S.HELD, holds=OTHER, is_approved=True),
    "paused": Case(status=S.PAUSED),
    "failed": Case(status=S.FAILED),
    "applied": Case(status=S.APPLIED),
    "cancelled": Case(status=S.CANCELLED),
    "stale": Case(status=S.STALE),
}


@pytest.fixture
async def school(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Syncing]:
    monkeypatch.setenv("SIS_SECRET", SECRET)
    async with syncing(settings, more=NO_GRACE, district=District(students=1)) as found:
        yield found


async def stands(school: Syncing, case: Case) -> RunReport:
    """Return a new run that stands so."""
    school.write("UPDATE sync_runs SET status = 'cancelled' WHERE status != 'applied'")
    if case.status is S.APPLIED:
        school.district.change(Collection.USERS, "u0000", given_name=f"Ada{next(numbers)}")
        publish(school.sandbox, school.district)
        return await school.sync()
    run_id = (await school.plan()).run.id
    school.write(
        "UPDATE sync_runs SET status = ?, holds = ? WHERE id = ?", case.status, case.holds, run_id
    )
    report = await school.services.sync.report(run_id)
    if case.is_approved:
        await school.approve(report)
        report = await school.services.sync.report(run_id)
        assert report.approved_until is not None
    return report


def calls(
    school: Syncing, report: RunReport
) -> Mapping[RunAction, Callable[[], Awaitable[object]]]:
    """Return what the service does for each action."""
    sync, run = school.services.sync, report.run

    def applied(*, spares: bool) -> Callable[[], Awaitable[object]]:
        return lambda: sync.apply(run.id, plan_hash=run.plan_hash, actor=ANA, spares=spares)

    return {
        A.PLAN: lambda: sync.start(SyncRequest(integration_id=SIS), actor=ANA),
        A.APPLY: applied(spares=False),
        A.APPLY_WITHOUT_DEACTIVATIONS: applied(spares=True),
        A.APPROVE: lambda: school.approve(report),
        A.HOLD: lambda: sync.hold(run.id, reason="wait", actor=ANA),
        A.PAUSE: lambda: sync.pause(run.id, actor=ANA),
        A.RESUME: lambda: sync.resume(run.id, actor=ANA),
        A.CANCEL: lambda: sync.cancel(run.id, actor=ANA),
        A.UNDO: lambda: sync.undo(run.id, actor=ANA),
    }


@contextmanager
def working(school: Syncing, case: Case) -> Generator[None]:
    """Have it look as though a process worked on the run."""
    lock = StoreLock(Path(school.settings.store_url.removeprefix("sqlite:///")), f"sync-{SIS}")
    assert not case.is_worked_on or lock.acquire()
    try:
        yield
    finally:
        lock.release()


def offered(school: Syncing, report: RunReport) -> frozenset[RunAction]:
    is_interrupted = school.services.sync.is_interrupted(report.run)
    return available_actions(report, is_interrupted=is_interrupted)


@pytest.mark.parametrize("name", CASES)
async def test_what_is_not_offered_is_refused_and_changes_nothing(
    school: Syncing, name: str
) -> None:
    report = await stands(school, CASES[name])

    with working(school, CASES[name]):
        refused = frozenset(RunAction) - offered(school, report)
        for action in refused:
            with pytest.raises(ConflictError):
                await calls(school, report)[action]()

    assert refused
    assert (await school.services.sync.report(report.run.id)).run == report.run


@pytest.mark.parametrize("name", CASES)
async def test_what_is_offered_is_accepted(school: Syncing, name: str) -> None:
    case = CASES[name]
    report = await stands(school, case)
    with working(school, case):
        actions = offered(school, report)

    for action in actions:
        report = await stands(school, case)
        with working(school, case):
            await calls(school, report)[action]()
        [newest] = await school.services.sync.runs(limit=1)
        await school.services.sync.wait(newest.id)

    assert actions


async def test_a_held_plan_is_refused_as_held(school: Syncing) -> None:
    report = await stands(school, CASES["held manually"])

    with pytest.raises(HeldError, match="held by ana: wait"):
        await calls(school, report)[A.APPLY]()
