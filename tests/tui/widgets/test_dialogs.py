"""Questions are of one kind: what happens, what stays, and the keys in the lower edge."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from integration_tui.domain.sync.run import RunStatus
from integration_tui.domain.value import replace
from integration_tui.tui.screens.integrations.screen import IntegrationsScreen
from integration_tui.tui.widgets.dialogs import Confirm, ConfirmByName, ReasonPrompt
from integration_tui.tui.widgets.window import Window
from tests.tui.fake_services import LINCOLN, World, console, world
from tests.tui.pilot import app_of, lines, running, seen, toasts, until, until_on, until_seen, write


async def click_on(pilot: Pilot[None], text: str) -> None:
    """Click on a text, from the bottom line up."""
    await until_seen(pilot, text)
    rows = lines(app_of(pilot))
    y = max(y for y, row in enumerate(rows) if text in row)
    await pilot.click(offset=(rows[y].index(text), y))


def running_sync() -> World:
    """Return a world in which a sync of lincoln is running."""
    made = world()
    made.syncs.reports = [
        replace(report, run=replace(report.run, status=RunStatus.RUNNING))
        if report.run.integration_id == LINCOLN and report.run.is_open
        else report
        for report in made.syncs.reports
    ]
    return made


async def test_a_question_names_its_keys_in_the_lower_edge() -> None:
    app = console(world())
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("x")
        await until_on(pilot, Confirm)

        edge = next(row for row in lines(app) if "y stop" in row)
        assert "╰" in edge
        assert "⏎ esc cancel" in edge
        assert "Stop lincoln?" in seen(app)


@pytest.mark.parametrize(("key", "is_done"), [("y stop", True), ("⏎ esc cancel", False)])
async def test_the_keys_of_a_question_can_be_clicked(key: str, is_done: bool) -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("x")
        await until_on(pilot, Confirm)
        await click_on(pilot, key)
        await until_on(pilot, IntegrationsScreen)
        await pilot.pause()

        assert (("stop", "lincoln", "ana") in made.acts) == is_done


@pytest.mark.parametrize("word", ["x stop…"])
async def test_a_click_in_the_footer_asks_as_its_key_does(word: str) -> None:
    made = world()
    app = console(made)
    async with running(app, width=160) as pilot:
        await until_seen(pilot, "lincoln")
        await click_on(pilot, word)
        await until(pilot, lambda: app.screen.is_modal)

        assert made.acts == [("open",)]
        assert app.screen.query(Window)


async def test_a_reconnect_asks_while_a_sync_is_running() -> None:
    made = running_sync()
    app = console(made)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("r")
        await until_on(pilot, Confirm)
        await until_seen(pilot, "Reconnect lincoln?")
        await until_seen(pilot, "keeps its own connection")
        assert not any(act[0] == "restart" for act in made.acts)
        await pilot.press("y")

        await until(pilot, lambda: ("restart", "lincoln", "ana") in made.acts)


async def test_a_reconnect_acts_at_once_where_nothing_is_running() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("r")

        await until(pilot, lambda: ("restart", "lincoln", "ana") in made.acts)
        assert not app.screen.is_modal


async def test_the_line_below_a_name_says_at_once_whether_it_fits() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("D")
        await until_on(pilot, ConfirmByName)
        assert app.screen.query_one(Window).has_class("-danger")
        assert "Type lincoln to remove" in seen(app)
        await write(pilot, *"lin")
        await until_seen(pilot, "Name does not match yet.")
        await write(pilot, "x")
        await until_seen(pilot, "✗ Name does not match: lincoln expected.")
        await write(pilot, "backspace", *"coln")

        await until_seen(pilot, "✓ Name matches.")
        assert not toasts(app)
        assert made.acts == [("open",)]


async def test_a_reason_that_is_missing_is_said_below_its_line() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("E")
        await until_on(pilot, ReasonPrompt)
        assert "⏎ disable" in seen(app)
        await pilot.press("enter")
        await until_seen(pilot, "Type a reason, or press esc to cancel.")
        await write(pilot, *"summer", "enter")

        await until(pilot, lambda: any(act[0] == "disable" for act in made.acts))
