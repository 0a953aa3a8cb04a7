"""The sync screen: what stands there is what the runs say, and no key does more than it says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from textual.pilot import Pilot

from integration_tui.domain.errors import ConflictError
from integration_tui.domain.events import RosterChanged, RunChanged
from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.merge import Side
from integration_tui.domain.sync.plan import Hold
from integration_tui.domain.sync.run import Mode, Phase, RunStatus
from integration_tui.domain.value import replace
from integration_tui.tui.app import ConsoleApp
from integration_tui.tui.screens.base import ConsoleScreen
from integration_tui.tui.screens.sync.panes import ViewPane
from integration_tui.tui.screens.sync.progress import ThroughputMeter
from integration_tui.tui.screens.sync.screen import SyncScreen
from integration_tui.tui.screens.sync.windows import ApprovalDialog, ConflictWindow, MatchWindow
from integration_tui.tui.widgets.dialogs import Confirm, ReasonPrompt, TextDialog
from integration_tui.tui.widgets.pane import Pane
from integration_tui.tui.widgets.select_list import ChoiceDialog
from integration_tui.tui.widgets.table.table import RowTable
from integration_tui.tui.widgets.table.virtual import PagedTable
from tests.tui.fake_services import LINCOLN, ROOSEVELT, VIEWER, World, console, world
from tests.tui.fake_sync_services import HASH, a_report, a_run
from tests.tui.pilot import lines, running, seen, toasts, until, until_on, until_seen, write

S = RunStatus
KEYS = {
    S.RUNNING: "xZu",
    S.PLANNED: "aAxHpiu",
    S.HELD: "YAxpiu",
    S.PAUSED: "rxu",
    S.FAILED: "rxu",
    S.APPLIED: "piu",
    S.CANCELLED: "piu",
    S.STALE: "piu",
}


def offered(app: ConsoleApp) -> str:
    """Return the keys that the bar offers for a run."""
    words = lines(app)[-1].split()
    return "".join(word for word in words if len(word) == 1 and word in "piaAYHZrxu")


async def on_sync(pilot: Pilot[None]) -> None:
    await pilot.press("4")
    await until_seen(pilot, "312 of 3,000 people missing")


async def look_at(pilot: Pilot[None], view: str, steps: int) -> None:
    """Go so many views to the right, and into what is shown."""
    await on_sync(pilot)
    for _ in range(steps):
        await pilot.press("right")
    await until_seen(pilot, view)
    screen = pilot.app.screen
    assert isinstance(screen, SyncScreen)
    screen.query_one(ViewPane).body.focus()
    await pilot.pause()


async def test_each_integration_stands_there_with_its_newest_run() -> None:
    app = console(world())
    async with running(app, width=160) as pilot:
        await on_sync(pilot)
        await until_seen(pilot, "▲ Held")
        (line,) = [line for line in lines(app) if "▲ Held" in line]
        row = line.split("│")[1].split()
        assert (row[:4], row[-1]) == (["▲", "Held", "lincoln", "4"], "Approve")
        text = seen(app)
        assert "✗ Failed" in text
        assert "Resume" in text
        assert "· Never synced" in text
        assert text.index("▲ Held") < text.index("✗ Failed") < text.index("· Never synced")


@pytest.mark.parametrize("status", KEYS)
async def test_only_keys_that_the_run_is_in_a_state_for_are_there(status: RunStatus) -> None:
    made = world()
    made.syncs.newest(a_run(4, status))
    app = console(made)
    async with running(app, width=160) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: app.screen.query_one("#integrations", RowTable).count > 0)
        app.screen.query_one("#integrations", RowTable).select("lincoln")

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
        await until_seen(pilot, "✗ Interrupted")
        await until_seen(pilot, "The process working on this run ended.")
        assert "r resume" in seen(app)
        await pilot.press("r")

        await until(pilot, lambda: ("resume", RunId(4), "ana") in made.acts)


async def test_held_and_approved_never_stand_together() -> None:
    made = world()
    until_when = datetime(2026, 11, 23, 11, 30, tzinfo=UTC)
    app = console(made)
    async with running(app, width=160) as pilot:
        await on_sync(pilot)
        assert " HELD " in seen(app)
        made.syncs.approve(RunId(4), by="bob", until=until_when)
        made.bus.publish(RunChanged(LINCOLN, RunId(4)))

        await until_seen(pilot, f"APPROVED until {until_when.astimezone():%H:%M}")
        text = seen(app)
        assert "HELD" not in text
        assert "Held" not in text
        assert "✓ Approved" in text
        assert "Approved by bob." in text
        await until(pilot, lambda: offered(app) == "aAxpiu")


async def test_applying_says_what_is_done_and_no_is_the_answer_to_doubt() -> None:
    made = world()
    made.syncs.newest(a_run(4, S.PLANNED))
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("4")
        await until_seen(pilot, "Deactivates 312 of 3,000 people.")
        await pilot.press("a")
        await until_on(pilot, Confirm)
        assert "Apply run 4 of lincoln?" in seen(app)
        assert "Creates 40 people. Updates 12 people. Deactivates 312 people." in seen(app)
        assert HASH[:12] in seen(app)
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
        text = seen(app)
        assert "Apply run 4 of lincoln without deactivations?" in text
        assert "Creates 40 people. Updates 12 people. Deactivates nobody." in text
        await pilot.press("y")

        await until(pilot, lambda: ("apply", RunId(4), HASH, True, "ana") in made.acts)


async def test_an_approval_says_at_once_whether_the_number_fits() -> None:
    made = world()
    losses = [Hold(sentence=f"{number} people missing from source") for number in range(9)]
    made.syncs.newest(replace(a_run(4, S.HELD), holds=tuple(losses)))
    app = console(made)
    async with running(app, width=80) as pilot:
        await pilot.press("4")
        await until_seen(pilot, "0 people missing from source")
        await pilot.press("Y")
        await until_on(pilot, ApprovalDialog)
        text = seen(app)
        assert "Approve run 4 of lincoln?" in text
        assert "Deactivates 312 of 3,000 people." in text
        assert "3 more reasons: esc, then ⏎ shows all." in text
        assert "Safer: esc, then A applies 52 changes and deactivates nobody." in text
        assert "Type 312 to approve  312 people" in text
        await write(pilot, *"31")
        await until_seen(pilot, "Number does not match yet: the plan deactivates 312 records.")
        await write(pilot, *"1", "enter")
        await until_seen(pilot, "Number does not match: the plan deactivates 312 records.")
        await pilot.press("end", "backspace", *"2")
        await until_seen(pilot, "✓ Number matches.")
        await pilot.press("enter")
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
        await until_seen(pilot, "Reason missing.")
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
        await until_seen(pilot, "Never synced. p plans a first sync.")
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
    [(S.RUNNING, "Z", "pause"), (S.PAUSED, "r", "resume"), (S.FAILED, "r", "resume")],
)
async def test_resting_and_going_on_ask_nothing(status: RunStatus, key: str, asked: str) -> None:
    made = world()
    made.syncs.newest(a_run(4, status))
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("4")
        await until_seen(pilot, "lincoln")
        app.screen.query_one("#integrations", RowTable).select("lincoln")
        await pilot.pause()
        await pilot.press(key)

        await until(pilot, lambda: (asked, RunId(4), "ana") in made.acts)


async def test_holding_wants_a_reason_and_ending_a_yes() -> None:
    made = world()
    made.syncs.newest(a_run(4, S.PLANNED))
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("4")
        await until_seen(pilot, "Deactivates 312 of 3,000 people.")
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
        await until_seen(pilot, "Deactivates 312 of 3,000 people.")
        await pilot.press("a")
        await until_on(pilot, Confirm)
        await pilot.press("y")

        await until(pilot, lambda: "run 4 is held" in "".join(toasts(app)))


async def test_the_plan_counts_people_by_role_and_each_collection() -> None:
    app = console(world())
    async with running(app, width=160, height=45) as pilot:
        await on_sync(pilot)
        await until_seen(pilot, "Students")
        cells = [line.split("│")[-2].split() for line in lines(app) if line.count("│") > 2]
        rows = {row[0]: row for row in cells if row}

        assert "People 3,000 now, 2,728 after" in seen(app)
        for number in ("+1", "~2", "\N{MINUS SIGN}40", "=2,750"):
            assert number in rows["Students"], number
        assert "=208" in rows["Teachers"]
        assert "=20" in rows["Classes"]
        assert "3 rows quarantined" in seen(app)
        assert "2 in conflict" in seen(app)


async def test_a_change_stands_old_beside_new_or_above_it() -> None:
    app = console(world())
    async with running(app, width=160, height=45) as pilot:
        await on_sync(pilot)
        await until_seen(pilot, "Ada Park 0 · 2 fields")
        (line,) = [line for line in lines(app) if "old@example.org" in line]
        assert line.index("old@example.org") < line.index("→") < line.index("new@example.org")
        assert "Lincoln High" in seen(app)
        assert "primary_org" not in seen(app)
    app = console(world())
    async with running(app, width=120, height=36) as pilot:
        await on_sync(pilot)
        await until_seen(pilot, "Ada Park 0 · 2 fields")

        text = seen(app)
        assert text.index("\N{MINUS SIGN} old@example.org") < text.index("+ new@example.org")
        await pilot.press("tab", "enter")
        await until_on(pilot, TextDialog)
        assert "+ Roosevelt High" in seen(app)


async def test_changes_are_read_page_by_page_and_filtered_by_words() -> None:
    made = world()
    app = console(made)
    async with running(app, width=120, height=30) as pilot:
        await on_sync(pilot)
        await until_seen(pilot, "Ada Park 0")
        await pilot.press("tab")
        table = app.screen.query_one("#changes", PagedTable)
        await until(pilot, lambda: table.has_focus)
        for _ in range(4):
            await pilot.press("G")
            await until(pilot, lambda: table.selected is not None)
        assert table.selected == "users/u-0249"
        await pilot.press("slash")
        await write(pilot, *"gone", "enter")
        await until(pilot, lambda: 'unknown word "gone"' in "".join(toasts(app)))
        await pilot.press(*["backspace"] * 4, *"deactivate people", "enter")
        await until_seen(pilot, "deactivate users")
        await until_seen(pilot, "Ada Park 1 ")

        assert "Ada Park 0 " not in seen(app)
        assert table.has_focus
        await pilot.press("escape")
        await until_seen(pilot, "Ada Park 0 ")


async def test_the_pane_below_is_about_what_the_cursor_of_a_view_is_on() -> None:
    app = console(world())
    async with running(app, width=120, height=36) as pilot:
        await on_sync(pilot)
        await until_seen(pilot, "─ Ada Park 0 · 2 fields")
        await pilot.press("right")
        await until_seen(pilot, "Ada Park 1 · Email")
        await pilot.press("j")
        await until_seen(pilot, "Ada Park 2 · Email")
        assert all(name in seen(app) for name in ("Plan │", "Conflicts 3", "Quar. 1", "History"))

        await pilot.press("escape")
        await until_seen(pilot, "─ Ada Park 0 · 2 fields")


async def test_conflicts_are_settled_one_by_one_or_all_of_a_field() -> None:
    made = world()
    app = console(made)
    async with running(app, width=120, height=30) as pilot:
        await look_at(pilot, "ours@example.org", 1)
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
    async with running(app, width=160, height=30) as pilot:
        await look_at(pilot, "A. Park 1", 2)
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
        await look_at(pilot, "its class is not there", 3)
        await pilot.press("enter")
        await until_on(pilot, TextDialog)
        assert "Fix: have it fixed" in seen(app)
        await pilot.press("escape", "right")
        await until_seen(pilot, "people without an address")
        await pilot.press("j", "enter")
        await until_on(pilot, TextDialog)

        assert "Fix: ask the school" in seen(app)


async def test_a_past_run_is_undone_by_a_plan() -> None:
    made = world()
    app = console(made)
    async with running(app, width=120, height=30) as pilot:
        await look_at(pilot, "✓ Applied", 5)
        await pilot.press("j", "u")
        await until_on(pilot, Confirm)
        assert "Undo run 2 of lincoln?" in seen(app)
        assert "Creates a plan that you review first." in seen(app)
        await pilot.press("y")

        await until(pilot, lambda: ("undo", RunId(2), "ana") in made.acts)


async def test_undo_asks_which_run_where_the_cursor_is_on_none_that_was_applied() -> None:
    made = world()
    app = console(made)
    async with running(app, width=120, height=30) as pilot:
        await on_sync(pilot)
        await pilot.press("u")
        await until_on(pilot, ChoiceDialog)
        assert "Undo which run?" in seen(app)
        assert "Run 2 of lincoln" in seen(app)
        assert "Run 4" not in seen(app)
        await pilot.press("down", "enter")
        await until_on(pilot, Confirm)
        assert "Undo run 1 of lincoln?" in seen(app)
        await pilot.press("y")

        await until(pilot, lambda: ("undo", RunId(1), "ana") in made.acts)


async def test_the_applied_run_of_the_cursor_is_undone_without_a_question_which() -> None:
    made = world()
    made.syncs.newest(a_run(4, S.APPLIED))
    app = console(made)
    async with running(app, width=120, height=30) as pilot:
        await pilot.press("4")
        await until_seen(pilot, "lincoln")
        app.screen.query_one("#integrations", RowTable).select("lincoln")
        await pilot.press("u")
        await until_on(pilot, Confirm)

        assert "Undo run 4 of lincoln?" in seen(app)


async def test_keys_printed_in_the_window_of_a_conflict_work_in_it() -> None:
    made = world()
    app = console(made)
    async with running(app, width=120, height=36) as pilot:
        await look_at(pilot, "ours@example.org", 1)
        await pilot.press("enter")
        await until_on(pilot, ConflictWindow)
        text = seen(app)
        assert "o keep local  t take source" in text
        for label in ("Last synced  old@", "Local        ours@", "Source       theirs@"):
            assert label in text
        await pilot.press("t")

        await until(pilot, lambda: ("settle", (1,), Side.THEIRS, "ana") in made.acts)
        assert not app.screen.is_modal


async def test_a_conflict_is_decided_only_where_the_focus_is() -> None:
    made = world()
    app = console(made)
    async with running(app, width=120, height=36) as pilot:
        await on_sync(pilot)
        await pilot.press("right")
        await until_seen(pilot, "ours@example.org")
        await until(pilot, lambda: "t take source" in lines(app)[-1])
        await pilot.press("escape")
        await until(pilot, lambda: "t take source" not in lines(app)[-1])
        await pilot.press("t")

        await until(pilot, lambda: "Take source: no row of Conflicts" in "".join(toasts(app)))
        assert made.acts == [("open",)]


async def test_keys_printed_in_the_window_of_a_match_work_in_it() -> None:
    made = world()
    app = console(made)
    async with running(app, width=120, height=36) as pilot:
        await look_at(pilot, "A. Park 1", 2)
        await pilot.press("enter")
        await until_on(pilot, MatchWindow)
        assert "s merge…  d keep apart…" in seen(app)
        await pilot.press("d")
        await until_on(pilot, Confirm)
        await pilot.press("y")

        await until(pilot, lambda: ("decide", "m-1", False, "ana") in made.acts)


async def test_the_screen_opens_on_the_run_that_needs_somebody() -> None:
    made = world()
    app = console(made)
    async with running(app, width=120, height=30) as pilot:
        await pilot.press("1")
        await until_seen(pilot, "washington")
        assert isinstance(app.screen, ConsoleScreen)
        app.screen.show_integration(IntegrationId("washington"))
        await pilot.press("4")

        await until_seen(pilot, "312 of 3,000 people missing")
        assert app.screen.query_one("#integrations", RowTable).selected == "lincoln"


async def test_an_integration_that_was_asked_for_is_shown_though_another_needs_somebody() -> None:
    made = world()
    app = console(made)
    async with running(app, width=120, height=30) as pilot:
        await until_seen(pilot, "washington")
        assert isinstance(app.screen, ConsoleScreen)
        app.screen.show_integration(IntegrationId("washington"))
        app.shared.asked_for = IntegrationId("washington")
        await pilot.press("4")
        table = app.screen.query_one("#integrations", RowTable)
        await until(pilot, lambda: table.count > 0)

        await until(pilot, lambda: table.selected == "washington")


async def test_a_likely_cause_is_asked_for() -> None:
    app = console(world())
    async with running(app, width=160, height=45) as pilot:
        await on_sync(pilot)

        await until_seen(pilot, "All are from Lincoln High. Is its file incomplete?")
        assert "Safer: A applies 52 changes and deactivates nobody." in seen(app)


async def test_a_reason_that_is_too_long_leaves_room_for_the_runs_and_keys() -> None:
    made = world()
    holds = (Hold(sentence="very long " * 500),)
    made.syncs.newest(replace(a_run(4, S.HELD), holds=holds))
    app = console(made)
    async with running(app, width=80, height=24) as pilot:
        await pilot.press("4")
        await until_seen(pilot, "Safety check: Very long")
        text = seen(app)
        assert "… ⏎ shows all" in text
        assert "Y approve…" in text
        assert "▲ Held" in text
        await pilot.press("enter")

        await until_on(pilot, TextDialog)


async def test_exactly_one_frame_has_the_focus_and_tab_visits_every_pane() -> None:
    app = console(world())
    async with running(app, width=160, height=45) as pilot:
        await on_sync(pilot)
        visited = []
        for _ in range(4):
            focused = [pane.id for pane in app.screen.query(Pane) if pane.has_focus_within]
            assert len(focused) == 1
            visited += focused
            await pilot.press("tab")

        assert visited == ["runs", "changes-pane", "views", "change"]


async def test_a_narrow_screen_shows_one_pane_at_a_time() -> None:
    app = console(world())
    async with running(app, width=80, height=24) as pilot:
        await on_sync(pilot)
        shown = []
        for _ in range(4):
            shown.append([pane.id for pane in app.screen.query(Pane) if pane.region.height > 0])
            await pilot.press("tab")
            await pilot.pause()

        assert shown == [
            ["banner", "runs"],
            ["banner", "changes-pane"],
            ["banner", "views"],
            ["banner", "runs"],
        ]
        await pilot.press("escape", "right")
        await until_seen(pilot, "Students")


async def test_without_an_applied_run_nothing_is_undone() -> None:
    made = world()
    made.syncs.reports = [report for report in made.syncs.reports if report.run.id > 2]
    app = console(made)
    async with running(app, width=120, height=30) as pilot:
        await on_sync(pilot)
        await pilot.press("u")

        await until(pilot, lambda: "Undo: no run was applied yet." in toasts(app))
        assert made.acts == [("open",)]


async def test_a_run_that_comes_on_is_followed() -> None:
    made = world()
    made.syncs.newest(a_run(4, S.RUNNING, phase=Phase.PULL), done=500)
    app = console(made)
    async with running(app, width=160, height=45) as pilot:
        await pilot.press("4")
        await until_seen(pilot, "500 of 3,000")
        assert "Now: lincoln · run 4, reading" in seen(app)
        made.syncs.newest(a_run(4, S.RUNNING, phase=Phase.PULL), done=1_500)
        made.bus.publish(RunChanged(LINCOLN, RunId(4)))
        await until_seen(pilot, "1,500 of 3,000")

        (line,) = [line for line in lines(app) if "1,500 of 3,000" in line]
        assert abs(line.count("━") - line.count("╌")) <= 1


async def test_a_listing_that_is_not_complete_says_why() -> None:
    made = world()
    made.syncs.newest(a_run(4, S.RUNNING, phase=Phase.PULL))
    app = console(made)
    async with running(app, width=160, height=45) as pilot:
        await pilot.press("4")

        await until_seen(pilot, "▲ incomplete")
        assert "▲ Courses: 403: courses may not be read" in seen(app)


async def test_enter_shows_all_that_is_known_of_a_run() -> None:
    app = console(world())
    async with running(app, height=50) as pilot:
        await on_sync(pilot)
        await pilot.press("j", "enter")
        await until_on(pilot, TextDialog)

        assert "FAILED" in seen(app)
        assert "Fix: Try again." in seen(app)


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
