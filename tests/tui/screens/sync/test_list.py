"""The sync screen's lists follow the grammar of all others, and are found as they were left."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from integration_tui.domain.events import RunChanged
from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.sync.run import Mode
from integration_tui.domain.value import replace
from integration_tui.tui.app import ConsoleApp
from integration_tui.tui.preferences import UserFolder
from integration_tui.tui.screens.sync.panes import ViewPane
from integration_tui.tui.screens.sync.screen import SyncScreen
from integration_tui.tui.widgets.dialogs import Confirm, TextDialog
from integration_tui.tui.widgets.footer import KeyFooter
from integration_tui.tui.widgets.table.table import RowTable
from tests.tui.fake_services import ADMIN, LINCOLN, VIEWER, console, opened, world
from tests.tui.pilot import lines, running, seen, toasts, until, until_on, until_seen, write
from tests.tui.screens.sync.test_screen import look_at, on_sync


def left(own: UserFolder) -> ConsoleApp:
    """Return a console that is found as it was left."""
    return ConsoleApp(lambda: opened(world()), actor=ADMIN, own=own, preload=())


async def test_the_list_is_narrowed_sorted_marked_and_copied_like_all_others() -> None:
    made = world()
    app = console(made)
    async with running(app, width=120) as pilot:
        await on_sync(pilot)
        screen = app.screen
        assert isinstance(screen, SyncScreen)
        await pilot.press("slash")
        await until(pilot, lambda: app.focused is not screen.listed)
        await write(pilot, *"status:never !adams", "enter")
        await until_seen(pilot, "3 of 6")
        await until(pilot, lambda: app.focused is screen.listed)
        assert "▲ Held" not in seen(app)
        await write(pilot, "N", "N", "space", "space")
        await until(pilot, lambda: [*screen.listed.shown_keys][:1] == ["washington"])

        assert [line.split("\t")[1] for line in screen.copied().splitlines()] == [
            "washington",
            "madison",
        ]
        await pilot.press("p")
        await until_on(pilot, Confirm)
        await pilot.press("y")
        planned = {("plan", name, Mode.FULL, False, "ana") for name in ("washington", "madison")}
        await until(pilot, lambda: planned <= set(made.acts))
        await until(pilot, lambda: screen.marked == [])
        await pilot.press("space", "escape", "escape")
        await until(pilot, lambda: len(screen.listed.shown_keys) == 6)
        assert screen.marked == []


async def test_below_keys_are_about_what_stands_below() -> None:
    app = console(world())
    async with running(app, width=120, height=30) as pilot:
        await look_at(pilot, "ours@example.org", 1)
        screen = app.screen
        assert isinstance(screen, SyncScreen)
        await until(pilot, lambda: "ours@example.org" in screen.copied())
        await write(pilot, "space", "slash")

        await until(pilot, lambda: "Conflicts has no filter." in "".join(toasts(app)))
        assert screen.marked == []
        await pilot.press("escape")
        assert app.focused is screen.listed


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("a", "Apply: Run 4 of lincoln is held. Next step: Approve."),
        ("r", "Resume: Run 4 of lincoln is held. Next step: Approve."),
        ("o", "Keep local: no row of Conflicts is selected. ← → turn the views."),
    ],
)
async def test_a_key_that_does_nothing_says_why(key: str, says: str) -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await on_sync(pilot)
        await pilot.press(key)

        await until(pilot, lambda: says in toasts(app), says)
        assert made.acts == [("open",)]


async def test_who_only_looks_is_told_so() -> None:
    app = console(world(), actor=VIEWER)
    async with running(app) as pilot:
        await on_sync(pilot)
        await pilot.press("p")

        await until(pilot, lambda: "Plan: read-only." in toasts(app))


async def test_quality_tells_how_it_went_from_run_to_run() -> None:
    app = console(world())
    async with running(app, width=200) as pilot:
        await look_at(pilot, "⢀⣿ 91-99", 4)
        await pilot.press("enter")
        await until_on(pilot, TextDialog)
        assert re.findall(r"3,000 records · (run \d)", seen(app)) == ["run 3", "run 2", "run 1"]
        await pilot.press("escape", "j", "enter")

        await until_seen(pilot, "Ada Park  u-1")


async def test_the_view_is_as_it_was_left(tmp_path: Path) -> None:
    own = UserFolder(state=tmp_path / "state.json")
    async with running(left(own), width=100) as pilot:
        await on_sync(pilot)
        await pilot.press("right", "right")
        await until_seen(pilot, "A. Park 1")
        await pilot.press("q")

    app = left(own)
    async with running(app, width=100) as pilot:
        await until_on(pilot, SyncScreen)
        await until_seen(pilot, "A. Park 1")


async def test_keys_come_and_go_with_what_is_selected() -> None:
    made = world()
    app = console(made)
    async with running(app, width=160, height=30) as pilot:
        await look_at(pilot, "ours@example.org", 1)
        await until(pilot, lambda: " o keep local " in lines(app)[-1])
        made.syncs = replace(made.syncs, conflicts=[])
        made.bus.publish(RunChanged(LINCOLN, RunId(4)))

        await until(pilot, lambda: " o keep local " not in lines(app)[-1])


async def test_views_are_chosen_with_the_mouse_too() -> None:
    app = console(world())
    async with running(app, width=160, height=45) as pilot:
        await on_sync(pilot)
        await until_seen(pilot, "Plan of run 4")
        title = next(line for line in lines(app) if "Plan of run 4" in line)
        views = app.screen.query_one(ViewPane)
        x = title.index("Conflicts") - views.region.x
        await pilot.click(ViewPane, offset=(x, 0))
        await until_seen(pilot, "ours@example.org")
        assert views.current == "conflicts"


async def test_a_click_on_a_key_asks_what_the_key_asks() -> None:
    made = world()
    app = console(made)
    async with running(app, width=160, height=45) as pilot:
        await on_sync(pilot)
        for label in ("A apply without", "x cancel", "u undo"):
            await pilot.click(KeyFooter, offset=(lines(app)[-1].index(label), 0))
            await until(pilot, lambda: app.screen.is_modal)
            await pilot.press("escape")
            await until(pilot, lambda: not app.screen.is_modal)

        assert made.acts == [("open",)]


async def test_what_lists_nothing_has_no_runs_and_says_why() -> None:
    made = world()
    made.syncs.obstacles = {IntegrationId("washington"): "Canvas LMS provides no rosters"}
    app = console(made)
    async with running(app) as pilot:
        await on_sync(pilot)
        app.screen.query_one("#integrations", RowTable).select("washington")
        await until_seen(pilot, "Cannot sync: Canvas LMS provides no rosters")

        await pilot.press("p")

        said = "Plan: washington cannot be synced: Canvas LMS provides no rosters."
        await until(pilot, lambda: said in toasts(app), said)
        assert made.acts == [("open",)]
