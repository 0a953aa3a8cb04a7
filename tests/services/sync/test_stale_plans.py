"""What applied nothing is not recorded as done: stale plans, late approvals, undone nothing."""

from collections.abc import AsyncGenerator

import pytest

from integration_tui.domain.audit.log import Action, ActionOutcome, AuditFilter, AuditRecord
from integration_tui.domain.errors import ConflictError
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.run import RunStatus
from integration_tui.settings import Settings
from tests.conftest import ANA
from tests.services.sync.fixtures import SECRET, Syncing, syncing

C = Collection
MOVED_ON = "UPDATE roster_revisions SET revision = revision + 1, cause = 'ana edited a person'"


@pytest.fixture
async def school(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Syncing]:
    monkeypatch.setenv("SIS_SECRET", SECRET)
    async with syncing(settings) as one:
        await one.sync()
        yield one


async def acts(school: Syncing, count: int) -> list[AuditRecord]:
    entries = await school.services.audit.page(AuditFilter(), limit=count)
    return [entry.act for entry in entries]


async def test_an_approval_of_a_plan_that_is_out_of_date_is_refused(school: Syncing) -> None:
    school.district.leave(*(f"u{number:04}" for number in range(20)))
    held = await school.plan()
    school.write(MOVED_ON)

    with pytest.raises(ConflictError, match="out of date: ana edited a person"):
        await school.approve(held)

    (refused,) = await acts(school, 1)
    assert (refused.action, refused.outcome) == (Action.APPROVE_SYNC, ActionOutcome.REFUSED)
    assert (await school.services.sync.report(held.run.id)).run.status is RunStatus.STALE
    assert school.rows("SELECT count(*) FROM sync_approvals") == [(0,)]


async def test_a_plan_that_goes_stale_while_it_is_applied_is_not_done(school: Syncing) -> None:
    school.district.change(C.USERS, "u0003", phone="111")
    planned = await school.plan()
    sync, run = school.services.sync, planned.run
    await sync.apply(run.id, plan_hash=run.plan_hash, actor=ANA)
    school.write(MOVED_ON)  # before the background has done its first batch

    done = await sync.wait(run.id)

    refused, begun = await acts(school, 2)
    assert done.run.status is RunStatus.STALE
    assert (refused.action, refused.outcome) == (Action.APPLY_SYNC, ActionOutcome.REFUSED)
    assert (begun.action, begun.outcome) == (Action.APPLY_SYNC, ActionOutcome.DONE)
    assert school.rows("SELECT phone FROM users WHERE external_id = 'u0003'") == [(None,)]


async def test_what_took_nothing_back_says_so(school: Syncing) -> None:
    applied = await school.sync()  # nothing had changed
    undo = await school.services.sync.undo(applied.run.id, actor=ANA)
    planned = await school.services.sync.wait(undo.id)

    await school.apply(planned)

    (done,) = await acts(school, 1)
    assert done.action is Action.APPLIED_SYNC
    assert done.detail.endswith(", nothing changed")
