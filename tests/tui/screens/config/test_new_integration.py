"""A new integration step by step: nothing is stored before the end, nothing typed lost unasked."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from integration_tui.bootstrap import open_services
from integration_tui.domain.audit.log import Action, AuditFilter
from integration_tui.domain.config.validation import ConfigProblem
from integration_tui.domain.health.status import StepStatus
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.value import replace
from integration_tui.services import Services
from integration_tui.settings import Settings
from integration_tui.tui.app import ConsoleApp
from integration_tui.tui.screens.config.new_integration import NameDialog, WizardScreen
from integration_tui.tui.screens.config.screen import ConfigScreen
from integration_tui.tui.screens.integrations.connection_test import ConnectionTestScreen
from integration_tui.tui.widgets.dialogs import Confirm, ReasonPrompt
from integration_tui.tui.widgets.editor import DocumentArea
from integration_tui.tui.widgets.form import ConfigForm
from integration_tui.tui.widgets.select_list import ChoiceDialog
from tests.tui.fake_services import ADMIN, VIEWER, World, console, world
from tests.tui.pilot import real_services, running, seen, toasts, until, until_on, until_seen, write

BLANK = "name: garfield\ntype: mock\n"


async def begin(pilot: Pilot[None], app: ConsoleApp, name: str) -> None:
    """Choose the type mock, and a name."""
    await pilot.press("3")
    await until_on(pilot, ConfigScreen)
    await pilot.press("n")
    await until_on(pilot, ChoiceDialog)
    await write(pilot, *"mock")
    await pilot.press("enter")
    await until_on(pilot, NameDialog)
    await write(pilot, *name, "enter")
    await until_on(pilot, WizardScreen)
    await until(pilot, lambda: bool(app.screen.query_one(DocumentArea).text))


async def change(pilot: Pilot[None], path: str, *keys: str) -> None:
    assert pilot.app.screen.query_one(ConfigForm).select(path)
    await pilot.pause()
    await pilot.press("enter")
    await write(pilot, *keys, "enter")


def passing(made: World) -> World:
    made.steps = tuple(replace(step, status=StepStatus.PASSED) for step in made.steps)
    return made


async def test_a_tested_integration_is_registered() -> None:
    made = passing(world())
    app = console(made)
    async with running(app, width=80) as pilot:
        await begin(pilot, app, "garfield")
        await until_seen(pilot, "client_secret")
        assert "not set" not in seen(app)  # only what is required or set
        await pilot.press("m")
        await until_seen(pilot, "not set")
        await change(pilot, "title", *"High")
        await until(
            pilot, lambda: f"{BLANK}title: High\n" == app.screen.query_one(DocumentArea).text
        )
        await pilot.press("t")
        await until_on(pilot, ConnectionTestScreen)
        await until_seen(pilot, "✓ Works: all")
        await pilot.press("escape")
        await until_on(pilot, WizardScreen)
        await pilot.press("ctrl+s")
        await until_on(pilot, ConfigScreen)

        assert made.acts[-2:] == [
            ("try_draft", f"{BLANK}title: High\n"),
            ("register", f"{BLANK}title: High\n", "ana"),
        ]
        assert "Registered lincoln. Version 1 active." in "".join(toasts(app))
        assert not app.shared.has_unsaved


async def test_what_was_not_tested_is_registered_only_when_told_so() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await begin(pilot, app, "garfield")
        await pilot.press("ctrl+s")
        await until_on(pilot, Confirm)
        assert "Not tested with these values." in seen(app)
        await pilot.press("n")
        await until_on(pilot, WizardScreen)
        await pilot.press("t")
        await until_seen(pilot, "check failed")
        await pilot.press("escape", "ctrl+s")
        await until_seen(pilot, "The last connection test failed.")
        assert "register" not in [name for name, *_ in made.acts]
        made.problems = (ConfigProblem(message="is missing", path="base_url", advice="set it"),)
        await pilot.press("n")
        await until_on(pilot, WizardScreen)
        await pilot.press("ctrl+s")
        await until(
            pilot, lambda: "Fix 1 error first: base_url: is missing; set it" in "".join(toasts(app))
        )


async def test_leaving_asks_once_something_was_typed_and_stores_nothing() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await begin(pilot, app, "garfield")
        await pilot.press("f")
        await until_seen(pilot, "1   name: garfield")
        await write(pilot, *"xy")
        await until(pilot, lambda: app.shared.has_unsaved)
        await pilot.press("escape")
        await until_on(pilot, Confirm)
        await pilot.press("n")
        await until_on(pilot, WizardScreen)
        await pilot.press("escape")
        await until_on(pilot, Confirm)
        await pilot.press("y")

        await until_on(pilot, ConfigScreen)
        await until(pilot, lambda: not app.shared.has_unsaved)
        assert {name for name, *_ in made.acts} <= {"open", "changed"}


async def test_a_name_is_judged_while_it_is_typed_and_escape_leads_back() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("3", "n")
        await until_on(pilot, ChoiceDialog)
        await pilot.press("enter")
        await until_on(pilot, NameDialog)
        await write(pilot, *"lincoln")
        await until_seen(pilot, "lincoln is already an integration.")
        made.problems = (ConfigProblem(message="[/x]", path="name"),)
        await write(pilot, *"X")
        await until_seen(
            pilot,
            "Use lowercase letters, digits",
        )
        await pilot.press("enter")
        assert isinstance(app.screen, NameDialog)
        await pilot.press("escape")
        await until_on(pilot, ChoiceDialog)
        await pilot.press("escape")
        await until_on(pilot, ConfigScreen)


async def test_who_may_only_look_gets_no_wizard() -> None:
    app = console(world(), actor=VIEWER)
    async with running(app) as pilot:
        await pilot.press("3")
        await until_seen(pilot, "name: ")
        await pilot.press("n")

        assert isinstance(app.screen, ConfigScreen)


async def test_over_the_real_services_it_runs_and_its_form_saves(settings: Settings) -> None:
    @asynccontextmanager
    async def opening() -> AsyncGenerator[Services]:
        async with open_services(settings, actor=ADMIN) as services:
            yield services

    app = ConsoleApp(opening, actor=ADMIN)
    async with running(app, width=80) as pilot:
        await begin(pilot, app, "garfield")
        await pilot.press("m")
        await change(pilot, "seed", *"7")
        await until(pilot, lambda: "seed: 7" in app.screen.query_one(DocumentArea).text)
        await pilot.press("t")
        await until_seen(pilot, "✓ Works: all")
        await pilot.press("escape")
        await until_on(pilot, WizardScreen)
        await pilot.press("ctrl+s")
        await until_on(pilot, ConfigScreen)
        await until_seen(pilot, "garfield.yaml · version 1")

        await pilot.press("f")
        await until_seen(pilot, "Interval, ms")
        await change(pilot, "title", *"Garfield High")
        await until(pilot, lambda: app.shared.has_unsaved)
        await pilot.press("ctrl+s")
        await until_on(pilot, ReasonPrompt)
        await until_seen(pilot, "+ title: Garfield High")
        await write(pilot, *"named", "enter")
        await until(pilot, lambda: "Saved garfield. Version 2 active." in toasts(app))
        version = await app.shared.services.config.active(IntegrationId("garfield"))
        entries = await real_services(app).audit.page(AuditFilter(action=Action.REGISTER))

        assert (version.number, version.reason) == (2, "named")
        assert "seed: 7\n" in version.text
        assert [entry.act.object for entry in entries] == ["garfield"]
