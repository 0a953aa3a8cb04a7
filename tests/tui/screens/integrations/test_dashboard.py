"""The first screen as a dashboard: what needs somebody, why, and how few keys fix it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from integration_tui.domain.health.status import HealthStatus
from integration_tui.domain.integration import IntegrationStatus
from integration_tui.domain.value import replace
from integration_tui.tui.app import ConsoleApp
from integration_tui.tui.screens.config.new_integration import NameDialog
from integration_tui.tui.screens.config.secret_dialog import SecretDialog
from integration_tui.tui.screens.integrations.screen import IntegrationsScreen
from integration_tui.tui.screens.sync.screen import SyncScreen
from integration_tui.tui.widgets.password_input import SecretInput
from integration_tui.tui.widgets.select_list import ChoiceDialog
from tests.tui.fake_services import ADMIN, console, opened, world
from tests.tui.pilot import (
    lines,
    running,
    seen,
    toasts,
    until,
    until_listed,
    until_on,
    until_seen,
    write,
)

if TYPE_CHECKING:
    from integration_tui.tui.services import ConsoleServices

SECRET = "s3cr3t-canary"


async def test_which_one_is_broken_and_why_is_read_without_a_key_at_80_by_24() -> None:
    app = console(world())
    async with running(app, width=80, height=24) as pilot:
        await until_seen(pilot, "Needs you")

        row = next(line for line in lines(app) if "washington" in line)
        assert row.split()[1:3] == ["✗", "washington"]
        assert "Credentials refused at" in row
        assert row.split("^r")[1].strip(" │") == "store a new secret"


async def test_no_reason_is_cut_at_80_by_24() -> None:
    app = console(world())
    async with running(app, width=80, height=24) as pilot:
        await until_seen(pilot, "Needs you")

        rows = [line for line in lines(app)[2:-1] if any(sign in line for sign in "✗▲●○⊘")]
        assert [line for line in rows if "…" in line] == []


async def test_credentials_are_fixed_with_three_keys_and_the_secret() -> None:
    made = world()
    text = "name: washington\ntype: mock\nclient_secret: file:/secrets/washington-secret\n"
    made.versions = [
        replace(version, text=text) if version.integration_id == "washington" else version
        for version in made.versions
    ]
    app = console(made)
    async with running(app) as pilot:
        await until_listed(pilot)
        await pilot.press("j", "j")  # the cursor is on lincoln; on a real start, on the worst
        await pilot.press("ctrl+r")
        await until_on(pilot, SecretDialog)
        await until(pilot, lambda: isinstance(app.focused, SecretInput))
        await write(pilot, *SECRET, "enter")
        await until_on(pilot, IntegrationsScreen)
        await until(pilot, lambda: "Secret stored. Press s to start washington." in toasts(app))
        await pilot.press("s")
        await until(pilot, lambda: ("start", "washington", "ana") in made.acts)
        assert SECRET not in seen(app)


async def test_a_key_acts_on_the_row_of_the_pane_with_the_focus() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until_listed(pilot)
        app.screen.query_one("#waiting").focus()
        await pilot.press("c")

        await until(pilot, lambda: ("check", "washington") in made.acts)


async def test_sorting_by_reason_puts_the_worst_first_and_those_without_last() -> None:
    app = console(world())
    async with running(app) as pilot:
        await until_listed(pilot)
        await pilot.press("P")

        screen = app.screen
        assert isinstance(screen, IntegrationsScreen)
        names = [*screen.listed.shown_keys]
        assert names[:2] == ["washington", "roosevelt"]
        assert {*names[-2:]} == {"lincoln", "adams"}


async def test_a_degraded_one_says_why() -> None:
    made = world()
    weak = made.integrations[1]
    report = replace(weak.report, status=HealthStatus.DEGRADED, detail="300 people in one school")  # type: ignore[type-var]
    made.integrations[1] = replace(weak, report=report)
    app = console(made)
    async with running(app, width=160, height=45) as pilot:
        await until_seen(pilot, "300 people in one school")
        assert weak.integration.status is IntegrationStatus.DEGRADED


async def test_a_waiting_plan_is_reviewed_instead_of_made_anew() -> None:
    made = world()
    made.last_sync = "held"
    app = console(made)
    async with running(app) as pilot:
        await until_listed(pilot)
        await pilot.press("p")

        await until_on(pilot, SyncScreen)
        assert [act for act in made.acts if act[0] == "plan"] == []


async def test_events_tell_when_where_and_what() -> None:
    app = console(world())
    async with running(app, width=160, height=45) as pilot:
        await until_seen(pilot, "Events")
        await until_seen(pilot, "all times UTC")


async def test_keys_pressed_before_the_store_is_open_are_kept() -> None:
    made, may_open = world(), asyncio.Event()

    @asynccontextmanager
    async def slowly() -> AsyncGenerator[ConsoleServices]:
        await may_open.wait()
        async with opened(made) as services:
            yield services

    app = ConsoleApp(slowly, actor=ADMIN, preload=())
    async with app.run_test(notifications=True, tooltips=True) as pilot:
        await pilot.press("n")
        assert not app.screen.is_modal

        may_open.set()

        await until_on(pilot, ChoiceDialog)
        await pilot.press("enter")
        await until_on(pilot, NameDialog)
