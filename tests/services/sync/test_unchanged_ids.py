"""Whoever is gone is found to be gone, and nobody else, however much a listing looks like the last.

A listing that names just the ids of the last one is not searched for those it leaves out. Each
test here makes that wrong in another way.
"""

from collections.abc import AsyncGenerator

import pytest

from integration_tui.domain.roster import Owner
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import Mode, RunReport, RunStatus
from integration_tui.settings import Settings
from integration_tui.store.roster.fields import SHAPES
from tests.conftest import ANA
from tests.services.sync.fixtures import SECRET, C, Syncing, kinds, syncing, user

QUALITY = "quality: {max_drop: 100}"
PAGES = f"sync: {{page_size: 10, grace: {{sweeps: 1, days: 0}}, {QUALITY}}}"
WITH_GRACE = PAGES.replace("sweeps: 1", "sweeps: 2")
GONE = (ChangeKind.MISSING, ChangeKind.DEACTIVATE, ChangeKind.PROTECTED)


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIS_SECRET", SECRET)


@pytest.fixture
async def school(settings: Settings) -> AsyncGenerator[Syncing]:
    """Yield a district of which all was synced, and then again without a change."""
    async with syncing(settings, more=PAGES) as found:
        await found.sync()
        await found.sync()
        yield found


def gone(school: Syncing, report: RunReport) -> set[str]:
    """Return whom a plan calls missing, deactivates, or spares as staff; its figures agree."""
    rows = school.rows(
        f"SELECT external_id FROM {SHAPES[C.USERS].changes}"  # noqa: S608 - ours
        " WHERE run_id = ? AND kind IN (?, ?, ?)",
        report.run.id,
        *(kind.value for kind in GONE),
    )
    found = {row[0] for row in rows}
    assert sum(kinds(report).get(kind, 0) for kind in GONE) == len(found)
    return found


def rename(school: Syncing, old: str, number: int, new: str) -> None:
    """Have somebody else stand where one stood."""
    school.district.leave(old)
    school.district.put(C.USERS, user(number, sourced_id=new))


async def test_nobody_is_gone_from_the_same_listing(school: Syncing) -> None:
    assert gone(school, await school.plan()) == set()


async def test_a_value_that_changed_is_nobody_gone(school: Syncing) -> None:
    school.district.change(C.USERS, "u0015", email="new@example.org")

    report = await school.plan()

    assert kinds(report) == {ChangeKind.UPDATE: 1}


@pytest.mark.parametrize("who", ["u0003", "u0019", "u9002"])
async def test_an_id_that_is_missing_on_a_page(school: Syncing, who: str) -> None:
    school.district.leave(who)

    assert gone(school, await school.plan()) == {who}


@pytest.mark.parametrize(
    ("old", "new"),
    [("u0003", "u0003x"), ("u0010", "u0009x"), ("u0039", "u0039x"), ("u9002", "u9003")],
)
async def test_an_id_that_is_another_one_in_the_same_place(
    school: Syncing, old: str, new: str
) -> None:
    rename(school, old, 300, new)

    assert gone(school, await school.plan()) == {old}


async def test_everybody_stands_on_another_place_and_one_is_gone(school: Syncing) -> None:
    rename(school, "u9002", 300, "a0000")

    assert gone(school, await school.plan()) == {"u9002"}


async def test_a_whole_page_less_and_nothing_else(school: Syncing) -> None:
    school.district.leave("u9001", "u9002")  # they are the last page

    assert gone(school, await school.plan()) == {"u9001", "u9002"}


async def test_those_whom_the_last_run_spared_are_gone_still(school: Syncing) -> None:
    school.district.leave("u0003")
    done = await school.apply(await school.plan(), spares=True)
    assert done.run.status is RunStatus.APPLIED

    assert "u0003" in school.active()
    assert gone(school, await school.plan()) == {"u0003"}


async def test_after_an_undo_only_those_are_gone_who_went_since(school: Syncing) -> None:
    school.district.leave("u0003")
    done = await school.sync()
    await undo(school, done)
    assert "u0003" in school.active()

    same = gone(school, await school.plan())
    school.district.leave("u0004")

    assert same == set(), "the system says what it said, so ours stays"
    assert gone(school, await school.plan()) == {"u0004"}


async def test_after_an_undo_of_an_older_run_only_those_are_gone_who_went_since(
    school: Syncing,
) -> None:
    school.district.leave("u0003")
    done = await school.sync()
    await school.sync()
    await undo(school, done)
    assert "u0003" in school.active()

    same = gone(school, await school.plan())
    school.district.leave("u0004")

    assert same == set(), "the system says what it said, so ours stays"
    assert gone(school, await school.plan()) == {"u0004"}


async def undo(school: Syncing, done: RunReport) -> None:
    run = await school.services.sync.undo(done.run.id, actor=ANA)
    planned = await school.services.sync.wait(run.id)
    if planned.run.status is RunStatus.HELD:
        await school.approve(planned)
    assert (await school.apply(planned)).run.status is RunStatus.APPLIED


@pytest.mark.parametrize("mode", [Mode.INCREMENTAL, Mode.TARGETED])
async def test_those_whom_a_part_brought_in_between(school: Syncing, mode: Mode) -> None:
    scope = Owner(collection=C.USERS, sourced_id="u0100") if mode is Mode.TARGETED else None
    school.district.put(C.USERS, user(100))
    school.district.change(C.USERS, "u0100")
    await school.sync(mode=mode, scope=scope)
    assert "u0100" in school.active()
    school.district.leave("u0100")

    assert gone(school, await school.plan()) == {"u0100"}


async def test_a_plan_that_nobody_applied_in_between(school: Syncing) -> None:
    school.district.leave("u0003")
    await school.plan()

    assert gone(school, await school.plan()) == {"u0003"}


async def test_those_who_were_missing_are_gone_after_their_grace(settings: Settings) -> None:
    async with syncing(settings, more=WITH_GRACE) as school:
        await school.sync()
        school.district.leave("u0003")

        first = await school.sync()
        second = await school.sync()
        third = await school.sync()

        assert kinds(first)[ChangeKind.MISSING] == 1
        assert kinds(second)[ChangeKind.DEACTIVATE] == 1
        assert gone(school, third) == set()
        assert "u0003" not in school.active()


async def test_those_who_were_deactivated_and_came_back_and_went_again(school: Syncing) -> None:
    before = school.district.records[C.USERS]["u0003"]
    school.district.leave("u0003")
    await school.sync()
    school.district.put(C.USERS, before)
    await school.sync()
    await school.sync()
    school.district.leave("u0003")

    assert gone(school, await school.plan()) == {"u0003"}
