"""The sync screen: what stands there is what the runs say, and no key does more than it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from textual.pilot import Pilot

from integration_tui.domain.errors import ConflictError
from integration_tui.domain.events import RosterChanged, RunChanged
from integration_tui.domain.ids import RunId
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.merge import Side
from integration_tui.domain.sync.plan import Hold
from integration_tui.domain.sync.run import Mode, Phase, RunStatus
from integration_tui.tui.app import ConsoleApp
from integration_tui.tui.screens.sync.approval_dialog import ApprovalDialog
from integration_tui.tui.screens.sync.progress import ThroughputMeter
from integration_tui.tui.screens.sync.rows import bar, duration
from integration_tui.tui.widgets.dialogs import Confirm, ReasonPrompt, TextDialog
from integration_tui.tui.widgets.table.virtual import PagedTable
from tests.tui.fake_services import LINCOLN, ROOSEVELT, VIEWER, World, console, world
from tests.tui.fake_sync_services import HASH, a_report, a_run
from tests.tui.pilot import lines, running, seen, toasts, until, until_on, until_seen, write

S = RunStatus
KEYS = {
    S.RUNNING: "zx",
    S.PLANNED: "piaAHx",
    S.HELD: "piAYx",
    S.PAUSED: "rx",
    S.FAILED: "rx",
    S.APPLIED: "pi",
    S.CANCELLED: "pi",
    S.STALE: "pi",
}


def offered(app: ConsoleApp) -> str:
    """Return the keys that the bar offers for a run."""
    words = lines(app)[-1].split()
    return "".join(word for word in words if len(word) == 1 and word in "piaAYHzrx")


async def on_sync(pilot: Pilot[None]) -> None:
    await pilot.press("4")
    await until_seen(pilot, "312 of 3,000 people missing")


async def look_at(pilot: Pilot[None], view: str, steps: int) -> None:
    """Go so many views to the right."""
    await on_sync(pilot)
    for _ in range(steps):
        await pilot.press("right")
    await until_seen(pilot, view)
    await pilot.press("tab")


async def test_each_integration_stands_there_with_its_newest_run() -> None:
    app = console(world())
    async with running(app, width=120) as pilot:
        await on_sync(pilot)
        text = seen(app)

        assert "▲ held" in text
        assert "approval" in text
        assert "✗ failed" in text
        assert "resume: the line broke" in text
        assert "· never" in text
        assert "a first plan" in text


@pytest.mark.parametrize("status", KEYS)
async def test_only_keys_that_the_run_is_in_a_state_for_are_there(status: RunStatus) -> None:
    made = world()
    made.syncs.newest(a_run(4, status))
    app = console(made)
    async with running(app, width=160) as pilot:
        await pilot.press("4")
        await until_seen(pilot, "lincoln · run 4")

        await until(pilot, lambda: offered(app) == KEYS[status], KEYS[status])


async def test_who_only_looks_gets_none_of_them() -> None:
    app = console(world(), actor=VIEWER)
    async with running(app, width=160) as pilot:
        await on_sync(pilot)
        assert offered(app) == ""
        await pilot.press("p", "a", "Y", "x", "right", "right", "tab", "o", "O")

        assert app.screen.is_modal is False


async def test_a_run_that_nobody_works_on_says_so_and_can_be_resumed() -> None:
    made = world()
    made.syncs.newest(a_run(4, S.RUNNING))
    made.syncs.interrupted.add(RunId(4))
    app = console(made)
    async with running(app, width=160) as pilot:
        await pilot.press("4")
        await until_seen(pilot, "✗ interrupted")
        assert "r resumes it where it stands" in seen(app)
        await pilot.press("r")

        await until(pilot, lambda: ("resume", RunId(4), "ana") in made.acts)


async def test_a_held_plan_that_somebody_approved_says_so_and_can_be_applied() -> None:
    made = world()
    until_when = datetime(2026, 11, 23, 11, 30, tzinfo=UTC)
    app = console(made)
    async with running(app, width=160) as pilot:
        await on_sync(pilot)
        assert "Y approves 312 deactivations" in seen(app)
        made.syncs.approve(RunId(4), by="bob", until=until_when)
        made.bus.publish(RunChanged(LINCOLN, RunId(4)))

        told = f"approved by bob until {until_when.astimezone():%H:%M}: a applies 364"
        await until_seen(pilot, told)
        assert "apply: it is approved" in seen(app)
        await until(pilot, lambda: offered(app) == "piaAYx")


async def test_applying_names_the_hash_and_no_is_the_answer_to_doubt() -> None:
    made = world()
    made.syncs.newest(a_run(4, S.PLANNED))
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("4")
        await until_seen(pilot, "a applies changes to 364 people")
        await pilot.press("a")
        await until_on(pilot, Confirm)
        assert HASH[:12] in seen(app)
        assert "changes 364 people, of which it" in seen(app)
        await pilot.press("enter")
        await pilot.pause()
        assert made.acts == [("open",)]
        await pilot.press("a")
        await until_on(pilot, Confirm)
        await pilot.press("y")

        await until(pilot, lambda: ("apply", RunId(4), HASH, False, "ana") in made.acts)


async def test_applying_without_deactivations_says_what_is_left() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await on_sync(pilot)
        await pilot.press("A")
        await until_on(pilot, Confirm)
        assert "changes 52 people, nobody is deactivated" in seen(app)
        assert "312" not in seen(app).partition("Apply plan")[2].partition("╯")[0]
        await pilot.press("y")

        await until(pilot, lambda: ("apply", RunId(4), HASH, True, "ana") in made.acts)


async def test_an_approval_needs_the_right_number_and_a_reason() -> None:
    made = world()
    holds = tuple(Hold(sentence=f"{number} users are gone") for number in range(9))
    made.syncs.newest(replace(a_run(4, S.HELD), holds=holds))
    app = console(made)
    async with running(app, width=80) as pilot:
        await pilot.press("4")
        await until_seen(pilot, "4 users are gone")
        await pilot.press("Y")
        await until_on(pilot, ApprovalDialog)
        await write(pilot, *"311", "enter")
        await until_seen(pilot, "that is not how many the plan deactivates")
        assert all(literal in seen(app) for literal in ("and 3 more", "why is this right?", "No"))
        await pilot.press("end", "backspace", "2", "enter")
        await until(pilot, lambda: "not how many" not in seen(app))
        await write(pilot, *"they left", "enter")

        await until(pilot, lambda: ("approve", RunId(4), 312, "they left", "ana") in made.acts)


async def test_an_approval_without_a_reason_is_none() -> None:
    made = world()
    app = console(made)
    async with running(app, height=30) as pilot:
        await on_sync(pilot)
        await pilot.press("Y")
        await until_on(pilot, ApprovalDialog)
        await pilot.press(*"312", "enter", "enter")
        await until_seen(pilot, "a reason is needed")
        await pilot.press("escape")

        assert made.acts == [("open",)]


async def test_planning_anew_asks_because_a_plan_waits() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await on_sync(pilot)
        await pilot.press("i")
        await until_on(pilot, Confirm)
        await pilot.press("y")

        await until(pilot, lambda: ("plan", LINCOLN, Mode.INCREMENTAL, False, "ana") in made.acts)


async def test_the_first_plan_of_an_integration_is_not_asked_about() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await on_sync(pilot)
        await pilot.press("j", "j")
        await until_seen(pilot, "washington was never synced")
        await pilot.press("p")

        await until(pilot, lambda: ("plan", "washington", Mode.FULL, False, "ana") in made.acts)


async def test_relinking_is_a_plan_that_is_asked_about() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await on_sync(pilot)
        await pilot.press("R")
        await until_on(pilot, Confirm)
        await pilot.press("y")

        await until(pilot, lambda: ("plan", LINCOLN, Mode.FULL, True, "ana") in made.acts)


@pytest.mark.parametrize(
    ("status", "key", "asked"),
    [(S.RUNNING, "z", "pause"), (S.PAUSED, "r", "resume"), (S.FAILED, "r", "resume")],
)
async def test_resting_and_going_on_ask_nothing(status: RunStatus, key: str, asked: str) -> None:
    made = world()
    made.syncs.newest(a_run(4, status))
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("4")
        await until_seen(pilot, "lincoln · run 4")
        await pilot.press(key)

        await until(pilot, lambda: (asked, RunId(4), "ana") in made.acts)


async def test_holding_wants_a_reason_and_ending_a_yes() -> None:
    made = world()
    made.syncs.newest(a_run(4, S.PLANNED))
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("4")
        await until_seen(pilot, "a applies changes to 364 people")
        await pilot.press("H")
        await until_on(pilot, ReasonPrompt)
        await write(pilot, *"not today", "enter")
        await until(pilot, lambda: ("hold", RunId(4), "not today", "ana") in made.acts)
        await pilot.press("x")
        await until_on(pilot, Confirm)
        await pilot.press("y")

        await until(pilot, lambda: ("cancel", RunId(4), "ana") in made.acts)


async def test_what_is_refused_is_said_with_the_way_out() -> None:
    made = world()
    made.syncs.newest(a_run(4, S.PLANNED))
    made.failures["apply"] = ConflictError("run 4 is held", advice="approve it")
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("4")
        await until_seen(pilot, "a applies changes to 364 people")
        await pilot.press("a")
        await until_on(pilot, Confirm)
        await pilot.press("y")

        await until(pilot, lambda: "run 4 is held" in "".join(toasts(app)))


async def test_the_plan_counts_each_kind_and_leads_to_its_records() -> None:
    made = world()
    app = console(made)
    async with running(app, width=120, height=30) as pilot:
        await on_sync(pilot)
        rows = [line for line in lines(app) if line.startswith((" create", " deactivate"))]
        assert ["40" in rows[0], "312" in rows[1]] == [True, True]
        await pilot.press("tab", *"jjjjjj", "enter")
        await until_seen(pilot, "Ada Park 1")
        assert "Ada Park 0" not in seen(app)
        await pilot.press("enter")
        await until_on(pilot, TextDialog)

        assert "- old@example.org" in seen(app)
        assert "+ new@example.org" in seen(app)
        assert "+ Roosevelt High (2)" in seen(app)


async def test_changes_are_read_page_by_page_and_filtered_by_words() -> None:
    made = world()
    app = console(made)
    async with running(app, width=120, height=30) as pilot:
        await look_at(pilot, "Ada Park 0", 1)
        table = app.screen.query_one("#changes", PagedTable)
        await until(pilot, lambda: table.has_focus)
        for _ in range(3):
            await pilot.press("G")
            await until(pilot, lambda: table.selected is not None)
        assert table.selected == "users/u-0249"
        await pilot.press("slash")
        await write(pilot, *"gone", "enter")
        await until(pilot, lambda: "gone is no kind of change" in "".join(toasts(app)))
        await pilot.press(*["backspace"] * 4, *"deactivate users", "enter")
        await until_seen(pilot, "Ada Park 1 ")

        assert "Ada Park 0 " not in seen(app)


async def test_conflicts_are_settled_one_by_one_or_all_of_a_field() -> None:
    made = world()
    app = console(made)
    async with running(app, width=120, height=30) as pilot:
        await look_at(pilot, "theirs@example.org", 2)
        await pilot.press("t")
        await until(pilot, lambda: ("settle", (1,), Side.THEIRS, "ana") in made.acts)
        made.bus.publish(RosterChanged())
        await until(pilot, lambda: "Ada Park 1 " not in seen(app))
        await pilot.press("O")
        await until_on(pilot, Confirm)
        await pilot.press("y")

        asked = ("settle_all", LINCOLN, Collection.USERS, "email", Side.OURS, "ana")
        await until(pilot, lambda: asked in made.acts)


@pytest.mark.parametrize(("key", "same"), [("s", True), ("d", False)])
async def test_who_may_be_the_same_is_asked_about_and_decided(key: str, same: bool) -> None:
    made = world()
    app = console(made)
    async with running(app, width=120, height=30) as pilot:
        await look_at(pilot, "A. Park 1", 3)
        row = next(line for line in lines(app) if "A. Park 1" in line)
        assert [literal in row for literal in ("Ada Park 1", "email", "89")] == [True] * 3
        await pilot.press("j", key)
        await until_on(pilot, Confirm)
        assert "A. Park 2 (m-2)" in seen(app)
        assert "Ada Park 2 (2)" in seen(app)
        await pilot.press("y")
        await until(pilot, lambda: ("decide", "m-2", same, "ana") in made.acts)
        made.bus.publish(RosterChanged())

        await until(pilot, lambda: "A. Park 2 " not in seen(app))


async def test_quarantine_tells_the_way_out_and_quality_what_lowers_it() -> None:
    app = console(world())
    async with running(app, width=140, height=30) as pilot:
        await look_at(pilot, "its class is not there", 4)
        await pilot.press("enter")
        await until_on(pilot, TextDialog)
        assert "fix: have it fixed" in seen(app)
        await pilot.press("escape", "right")
        await until_seen(pilot, "people without an address")
        await pilot.press("j", "enter")
        await until_on(pilot, TextDialog)

        assert "fix: ask the school" in seen(app)


async def test_a_past_run_is_taken_back_by_a_plan() -> None:
    made = world()
    app = console(made)
    async with running(app, width=120, height=30) as pilot:
        await look_at(pilot, "2026-11-23", 6)
        await until_seen(pilot, "Runs")
        await pilot.press("j", "u")
        await until_on(pilot, Confirm)
        assert "take run 2 of lincoln back" in seen(app)
        await pilot.press("y")

        await until(pilot, lambda: ("undo", RunId(2), "ana") in made.acts)


async def test_a_run_that_was_not_applied_is_not_taken_back() -> None:
    made = world()
    app = console(made)
    async with running(app, width=120, height=30) as pilot:
        await look_at(pilot, "2026-11-23", 6)
        await until_seen(pilot, "Runs")
        await pilot.press("u")

        await until(pilot, lambda: "undo: not now; run 4 is held" in toasts(app))
        assert made.acts == [("open",)]


async def test_a_run_that_comes_on_is_followed() -> None:
    made = world()
    made.syncs.newest(a_run(4, S.RUNNING, phase=Phase.PULL), done=500)
    app = console(made)
    async with running(app, width=120) as pilot:
        await pilot.press("4")
        await until_seen(pilot, "500      3,000")
        made.syncs.newest(a_run(4, S.RUNNING, phase=Phase.PULL), done=1_500)
        made.bus.publish(RunChanged(LINCOLN, RunId(4)))
        await until_seen(pilot, "1,500      3,000")

        assert "██████░░░░░░" in seen(app)


async def test_a_listing_that_is_not_complete_says_why() -> None:
    made = world()
    made.syncs.newest(a_run(4, S.RUNNING, phase=Phase.PULL))
    app = console(made)
    async with running(app, width=140) as pilot:
        await pilot.press("4")

        await until_seen(pilot, "▲ not complete: 403: courses may not be read")


async def test_enter_shows_all_that_is_known_of_a_run() -> None:
    app = console(world())
    async with running(app, height=50) as pilot:
        await on_sync(pilot)
        await pilot.press("j", "enter")
        await until_on(pilot, TextDialog)

        assert "roosevelt · run 3" in seen(app)
        assert "fix: try again" in seen(app)


async def test_another_screen_does_not_keep_reading_runs() -> None:
    made: World = world()
    app = console(made)
    async with running(app) as pilot:
        await on_sync(pilot)
        await pilot.press("1")
        await pilot.pause()
        before = len(made.calls)
        made.bus.publish(RunChanged(ROOSEVELT, RunId(3)))
        await pilot.pause()

        assert [call for call in made.calls[before:] if call[0] == "runs"] == []


def test_a_rate_is_measured_from_what_was_done_between_reports() -> None:
    pace = ThroughputMeter()
    run = a_run(4, S.RUNNING, phase=Phase.PULL)
    pace.observe(a_report(run, done=1_000), at_s=10.0)

    steps = pace.observe(a_report(run, done=2_000), at_s=12.0)

    people = next(step for step in steps if step.collection is Collection.USERS)
    assert people.rate == 500.0
    assert people.left_s == 2.0
    assert next(step for step in steps if step.collection is Collection.ORGS).rate is None
    again = pace.observe(a_report(run, done=10), at_s=13.0)
    assert {
        collection_throughput.left_s
        for collection_throughput in again
        if collection_throughput.collection is Collection.USERS
    } == {None}


def test_another_phase_is_measured_anew() -> None:
    pace = ThroughputMeter()
    pace.observe(a_report(a_run(4, S.RUNNING, phase=Phase.PULL), done=9), at_s=1.0)

    steps = pace.observe(a_report(a_run(4, S.RUNNING, phase=Phase.APPLY)), at_s=2.0)

    assert [step.rate for step in steps] == [None] * len(steps)


def test_a_rate_forgets_what_was_long_ago() -> None:
    pace = ThroughputMeter()
    run = a_run(4, S.RUNNING, phase=Phase.PULL)
    steps = pace.observe(a_report(run, done=0), at_s=0.0)
    for second in range(1, 61):
        done = 10 * second if second < 30 else 300 + 50 * (second - 30)
        steps = pace.observe(a_report(run, done=done), at_s=float(second))

    assert steps[-1].rate == pytest.approx(50, rel=0.05)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (4.9, "4s"),
        (64, "1m04"),
        (3_700, "1h01"),
        (0, "0s"),
        (9e5, "10d"),
        (1e300, "999d"),
    ],
)
def test_a_stretch_of_time_is_short(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("share", "text"), [(None, "····"), (0.0, "░░░░"), (0.99, "███░"), (1.0, "████")]
)
def test_a_bar_is_full_only_at_the_end(share: float | None, text: str) -> None:
    assert bar(share, width=4) == text
