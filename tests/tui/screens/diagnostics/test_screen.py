"""The diagnostics screen: checks as they come, values with their origins, the support bundle."""

from __future__ import annotations

import asyncio
from pathlib import Path

from integration_tui.domain.errors import StoreError
from integration_tui.tui.screens.diagnostics.bundle_dialog import BundleDialog
from integration_tui.tui.screens.diagnostics.screen import DiagnosticsScreen
from integration_tui.tui.widgets.dialogs import TextDialog
from tests.tui.fake_services import VIEWER, console, world
from tests.tui.pilot import lines, running, seen, until, until_on, until_seen, write


async def test_checks_stand_there_as_they_come_with_what_is_looked_at() -> None:
    made = world()
    made.slow_chain = asyncio.Event()
    app = console(made)
    async with running(app, width=140) as pilot:
        await pilot.press("9")
        await until_seen(pilot, "✓ OK")
        await until_seen(pilot, "Checking the audit chain, 12,000 entries")
        assert "✗ Failed" not in seen(app)
        made.slow_chain.set()
        await until_seen(pilot, "✗ Failed")
        await until_seen(pilot, "1 of 2 checks failed")
        await pilot.press("g", "enter")
        await until_on(pilot, TextDialog)

        assert "Fix  a backup" in seen(app)
        await pilot.press("escape", "c")
        await until(pilot, lambda: made.calls.count(("checking",)) == 2)


async def test_each_value_shows_where_it_comes_from_and_no_secret() -> None:
    made = world()
    app = console(made)
    async with running(app, width=120) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("3")
        await until_seen(pilot, "name: ")
        await pilot.press("g", "9", "right")
        await until_seen(pilot, "INTEGRATION_LOG_LEVEL")
        await pilot.press("right")
        await until_seen(pilot, "lincoln.yaml:3")  # of the integration that was selected before
        assert "✓ env:A" in seen(app)
        assert "✗ env:B not found" in seen(app)
        await pilot.press("escape")
        await until_seen(pilot, "/etc/roosevelt.yaml")
        await pilot.press("j", "enter")
        await until_seen(pilot, "roosevelt High")
        await pilot.press("G", "enter")
        await until_on(pilot, TextDialog)

        assert "the variable is not set" in seen(app)


async def test_a_view_is_shown_by_a_click_on_its_name() -> None:
    app = console(world())
    async with running(app, width=120) as pilot:
        await pilot.press("9")
        await until_seen(pilot, "Checks")
        await pilot.click("#views", offset=(lines(app)[2].index("Settings"), 0))

        await until_seen(pilot, "INTEGRATION_LOG_LEVEL")


async def test_what_surrounds_the_program_and_what_cannot_be_written() -> None:
    app = console(world())
    async with running(app) as pilot:
        await pilot.press("9", "left")
        await until_seen(pilot, "/var/x.log")
        assert "✗ Failed" in seen(app)
        await pilot.press("left")
        await until_seen(pilot, "xterm-256color")
        await pilot.press("slash", *"python", "enter")

        await until(pilot, lambda: "xterm" not in seen(app))
        assert "CPython 3.11.7" in seen(app)


async def test_b_shows_what_will_be_in_a_bundle_and_writes_it_where_it_is_told_to() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("9", "b")
        await until_on(pilot, BundleDialog)
        assert "1,234 bytes  the log" in seen(app)
        assert made.acts[-1] == ("gather", "ana")
        await pilot.press("enter")

        await until_on(pilot, DiagnosticsScreen)
        name = "integration-tui-support-2026-11-23.zip"
        written = ("write", name, str(Path.cwd() / name), "ana")
        await until(pilot, lambda: made.acts[-1] == written)
        await until_seen(pilot, "Support bundle written to")
        await pilot.press("b")
        await until_on(pilot, BundleDialog)
        await write(pilot, "escape")
        await until_on(pilot, DiagnosticsScreen)
        assert made.acts[-1] == ("gather", "ana")


async def test_who_only_looks_makes_no_bundle() -> None:
    made = world()
    app = console(made, actor=VIEWER)
    async with running(app) as pilot:
        await pilot.press("9")
        await until_seen(pilot, "✗ Failed")
        await pilot.press("b")
        await pilot.pause()

        assert "bundle" not in lines(app)[-1].lower()
        assert made.acts == [("open",)]


async def test_the_checks_are_made_although_the_integrations_cannot_be_read() -> None:
    made = world()
    made.failures["overview"] = StoreError("the store was moved away", advice="put it back")
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("9")

        await until_seen(pilot, "checks failed")
        assert "Not up to date" in seen(app)


async def test_the_details_of_the_selected_row_stand_beside_the_list_with_its_fix() -> None:
    app = console(world())
    async with running(app, width=160, height=45) as pilot:
        await pilot.press("9")
        await until_seen(pilot, "1 of 2 checks failed")

        await until_seen(pilot, "Fix  a backup")  # what failed stands first
        assert not app.screen.is_modal


async def test_the_tabs_name_what_they_show() -> None:
    app = console(world())
    async with running(app) as pilot:
        await pilot.press("9")

        for name in ("Checks", "Settings", "Configuration", "Environment", "Paths"):
            await until_seen(pilot, name)
