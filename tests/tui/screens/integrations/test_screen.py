"""The providers screen: every key does what it says, and asks before what hurts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from integration_tui.bootstrap import open_services
from integration_tui.domain.errors import ConflictError
from integration_tui.domain.events import HealthChanged, IntegrationChanged, RunChanged
from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.integration import Problem, Trouble
from integration_tui.domain.value import replace
from integration_tui.services import Services
from integration_tui.settings import Settings
from integration_tui.tui.app import ConsoleApp
from integration_tui.tui.screens.bulk_actions import BulkScreen
from integration_tui.tui.screens.config.screen import ConfigScreen
from integration_tui.tui.screens.integrations.connection_test import ConnectionTestScreen
from integration_tui.tui.screens.integrations.screen import IntegrationsScreen
from integration_tui.tui.widgets.dialogs import (
    Confirm,
    ConfirmByName,
    ReasonPrompt,
    SafeInput,
    TextDialog,
)
from integration_tui.tui.widgets.table.cells import TableRow
from tests.tui.fake_services import ADMIN, LINCOLN, VIEWER, console, world
from tests.tui.pilot import (
    lines,
    real_services,
    running,
    seen,
    toasts,
    until,
    until_listed,
    until_on,
    until_seen,
    write,
)


@pytest.mark.parametrize(
    ("key", "asked", "said"),
    [
        ("s", ("start", "lincoln", "ana"), "Starting lincoln…"),
        ("r", ("restart", "lincoln", "ana"), "Reconnecting lincoln…"),
        ("c", ("check", "lincoln"), "lincoln: Healthy in 5 ms"),
    ],
)
async def test_a_key_acts_on_the_selected_integration(
    key: str, asked: tuple[object, ...], said: str
) -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press(key)

        await until(pilot, lambda: toasts(app) == [said])
        assert asked in made.acts


@pytest.mark.parametrize(
    ("answer", "stops"), [(["y"], True), (["n"], False), (["left", "enter"], False)]
)
async def test_stop_asks_first(answer: list[str], stops: bool) -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("x")
        await until_on(pilot, Confirm)
        await pilot.press(*answer)
        await until_on(pilot, IntegrationsScreen)
        await pilot.pause()

        assert (("stop", "lincoln", "ana") in made.acts) == stops


@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_the_answer_to_doubt_is_no(key: str) -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("x")
        await until_on(pilot, Confirm)
        await pilot.press(key)
        await until_on(pilot, IntegrationsScreen)

        assert made.acts == [("open",)]


async def test_remove_wants_the_name_typed() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("D")
        await until_on(pilot, ConfirmByName)
        await until_seen(pilot, "1,200 records stay in the roster, 7 of them from no other")
        await write(pilot, *"lin", "enter")
        await until_seen(pilot, "✗ Name does not match: lincoln expected.")
        assert not toasts(app)
        assert made.acts == [("open",)]

        await write(pilot, *"coln", "enter")

        await until(pilot, lambda: ("remove", "lincoln", "ana") in made.acts)


async def test_a_test_shows_each_leg_and_the_way_out() -> None:
    app = console(world())
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("t")
        await until_on(pilot, ConnectionTestScreen)

        for text in (
            "✓ Passed",
            "✗ Failed",
            "2 steps",
            "- Skipped",
            "503 from upstream",
            "Fix: wait",
        ):
            await until_seen(pilot, text)
        await pilot.press("escape")
        await until_on(pilot, IntegrationsScreen)


async def test_a_test_that_cannot_be_made_says_so() -> None:
    made = world()
    made.failures["test"] = OSError("[/x] nobody foresaw this")
    app = console(made)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("t")

        await until_seen(pilot, "[/x] nobody foresaw this")


async def test_the_details_stand_beside_the_list_where_they_fit() -> None:
    app = console(world())
    async with running(app, width=120) as pilot:
        await until_listed(pilot)
        await pilot.press("j", "j")

        await until_seen(pilot, "Not retried until a new secret is stored.")
        await until_seen(pilot, "^r store a new secret   s start")


async def test_the_details_have_a_page_of_their_own_where_they_do_not() -> None:
    app = console(world())
    async with running(app, width=80) as pilot:
        await until_listed(pilot)
        assert "Status changes" not in seen(app)
        await pilot.press("j", "j", "enter")
        await until_on(pilot, TextDialog)

        await until_seen(pilot, "Not retried until a new secret is stored.")
        assert "Status changes" in seen(app)
        await pilot.press("h")
        await until_on(pilot, IntegrationsScreen)


async def test_a_status_has_a_sign_and_a_word() -> None:
    app = console(world())
    async with running(app, width=80) as pilot:
        await until_listed(pilot)

        rows = listed_rows(pilot)
        signs, words = zip(*(row.cells[0].text.split() for row in rows), strict=True)
        assert words == ("Healthy", "Degraded", "Down", "Starting", "Stopped", "Disabled")
        assert len({*signs}) == 6


async def test_the_next_attempt_is_shown() -> None:
    made = world()
    broken = made.integrations[2].integration
    problem = Problem(trouble=Trouble.NOT_READY, message="503 from upstream", advice="")
    made.integrations[2] = replace(
        made.integrations[2], integration=replace(broken, problem=problem)
    )
    app = console(made)
    async with running(app, width=80) as pilot:
        await until_seen(pilot, "in 1 min.")


def listed_rows(pilot: Pilot[None]) -> list[TableRow]:
    assert isinstance(pilot.app.screen, IntegrationsScreen)
    table = pilot.app.screen.listed
    return [*table.rows_of(table.shown_keys)]


async def test_the_cursor_stays_on_its_integration() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until_listed(pilot)
        await pilot.press("j", "j")

        made.integrations = made.integrations[1:]
        made.bus.publish(IntegrationChanged(LINCOLN))

        await until(pilot, lambda: len(listed_rows(pilot)) == 5)
        screen = app.screen
        assert isinstance(screen, IntegrationsScreen)
        assert screen.selected_integration == "washington"


async def test_no_integrations_says_what_to_do() -> None:
    made = world()
    made.integrations = []
    app = console(made)
    async with running(app, width=120) as pilot:
        await until_seen(pilot, "No integrations yet")
        assert "n new  d try the demo" in lines(app)[-1]
        await pilot.press("s", "x", "enter", "j", "G")
        assert made.acts == [("open",)]

        await pilot.press("d")
        await until(pilot, lambda: made.is_closed)
    assert app.is_demo_wanted


async def test_a_sync_is_planned_after_asking_where_a_plan_waits() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until_listed(pilot)
        await pilot.press("p")
        await until_on(pilot, Confirm)
        await until_seen(pilot, "Replaces the waiting plan of run 4.")
        await pilot.press("n", "G", "p")

        await until(pilot, lambda: "Planning a sync of madison: run 9." in "".join(toasts(app)))
        assert [call[1] for call in made.acts if call[0] == "plan"] == ["madison"]


async def test_wide_lines_have_latencies_and_the_last_sync() -> None:
    made = world()
    app = console(made)
    async with running(app, width=160) as pilot:
        await until_listed(pilot)
        lincoln = next(row for row in listed_rows(pilot) if row.key == "lincoln")
        assert re.fullmatch(r"\d\d:\d\d ✓ Applied", lincoln.cells[8].text)
        assert set(lincoln.cells[5].text) & {*map(chr, range(0x2801, 0x2900))}
        reads = made.calls.count(("last_syncs",))

        made.bus.publish(HealthChanged(LINCOLN))
        await until(pilot, lambda: made.calls.count(("overview",)) > 1)
        await pilot.pause(0.05)
        assert made.calls.count(("last_syncs",)) == reads
        made.bus.publish(RunChanged(LINCOLN, RunId(4)))
        await until(pilot, lambda: made.calls.count(("last_syncs",)) > reads)


async def test_edit_goes_to_its_document() -> None:
    app = console(world())
    async with running(app) as pilot:
        await until_listed(pilot)
        await pilot.press("j", "j", "e")

        await until_on(pilot, ConfigScreen)
        await until(pilot, lambda: selected(pilot) == "washington")


async def test_many_are_acted_upon_after_one_question_and_failures_are_told() -> None:
    made = world()
    made.failures["start"] = ConflictError("it is disabled [/x]", advice="enable it")
    app = console(made)
    async with running(app) as pilot:
        await until_listed(pilot)
        await pilot.press("space", "space", "s")
        await until_on(pilot, Confirm)
        await until_seen(pilot, "Start 2 integrations?")
        await until_seen(pilot, "lincoln, roosevelt")
        await pilot.press("enter")
        await until_on(pilot, IntegrationsScreen)
        assert made.acts == [("open",)]

        await pilot.press("s")
        await until_on(pilot, Confirm)
        await pilot.press("y")
        await until_on(pilot, TextDialog)
        await until_seen(pilot, "0 of 2 done, 2 failed")
        assert "lincoln  it is disabled [/x]; enable it" in seen(app)
        await pilot.press("escape")
        await until_on(pilot, IntegrationsScreen)
        assert "2 marked" in seen(app)

        made.failures.clear()
        await pilot.press("x")
        await until_on(pilot, Confirm)
        await pilot.press("y")
        await until(pilot, lambda: toasts(app) == ["Stop: 2 of 2 done."])
        assert "marked" not in seen(app)
        assert [call[1] for call in made.acts if call[0] == "stop"] == ["lincoln", "roosevelt"]


async def test_a_fault_in_one_does_not_stop_the_others() -> None:
    made = world()
    made.failures["check"] = ZeroDivisionError("[/x]")
    app = console(made)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("ctrl+a", "c")
        await until_on(pilot, Confirm)
        await pilot.press("y")

        await until_seen(pilot, "0 of 6 done, 6 failed")
        assert seen(app).count("Internal error: ZeroDivisionError: [/x]") == 6


async def test_to_remove_many_their_number_has_to_be_typed() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until_listed(pilot)
        await pilot.press("space", "space", "D")
        await until_on(pilot, ConfirmByName)
        await write(pilot, *"lincoln", "enter")
        await until_seen(pilot, "✗ Number does not match: 2 expected.")
        app.screen.query_one(SafeInput).value = "2"
        await pilot.press("enter")

        await until(pilot, lambda: sum(call[0] == "remove" for call in made.acts) == 2)


async def test_escape_begins_no_more_of_many() -> None:
    made = world()
    made.slow = asyncio.Event()
    app = console(made)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("ctrl+a", "r")
        await until_on(pilot, Confirm)
        await pilot.press("y")
        await until_on(pilot, BulkScreen)
        await pilot.press("escape")
        await until_seen(pilot, "Stopping after the current integrations.")
        made.slow.set()

        await until(pilot, lambda: toasts(app) == ["Reconnect: 4 of 6 done, 2 not started."])
        assert screen_marks(pilot) == ["jefferson", "madison"]


def selected(pilot: Pilot[None]) -> str | None:
    assert isinstance(pilot.app.screen, ConfigScreen)
    return pilot.app.screen.selected_integration


def screen_marks(pilot: Pilot[None]) -> list[str]:
    assert isinstance(pilot.app.screen, IntegrationsScreen)
    return pilot.app.screen.marked


async def test_who_may_only_look_has_no_key_that_changes_anything() -> None:
    made = world()
    app = console(made, actor=VIEWER)
    async with running(app, width=160) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("ctrl+a", *"sxrcpeEnD", "enter")
        await until_on(pilot, TextDialog)

        assert made.acts == [("open",)]
        assert lines(app)[-1].split()[:4] != ["s", "start", "x", "stop"]


async def test_able_changes_one_word_of_the_document(settings: Settings) -> None:
    @asynccontextmanager
    async def opening() -> AsyncGenerator[Services]:
        settings.integrations_dir.mkdir(parents=True, exist_ok=True)
        for name in ("adams", "lincoln"):
            text = f"# mine\nname: {name}  # ours\ntype: mock\nauth: {{kind: none}}\n"
            (settings.integrations_dir / f"{name}.yaml").write_text(text)
        async with open_services(settings, actor=ADMIN) as services:
            yield services

    app = ConsoleApp(opening, actor=ADMIN)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("E")
        await until_on(pilot, ReasonPrompt)
        await write(pilot, *"holidays", "enter")
        await until(pilot, lambda: toasts(app) == ["adams is disabled: version 2 is active"])
        await until_seen(pilot, "Desired state  Disabled")
        version = await app.shared.services.config.active(IntegrationId("adams"))
        assert version.text.startswith("# mine\nname: adams  # ours\n")
        assert ("enabled: false" in version.text, version.reason) == (True, "holidays")

        await pilot.press("ctrl+a", "E")
        await until_on(pilot, ReasonPrompt)
        await until_seen(pilot, "Enable 1 integration?")
        await write(pilot, *"back", "enter")
        await until(pilot, lambda: "Enable: 1 of 1 done." in toasts(app))
        assert (await real_services(app).integrations.get(IntegrationId("adams"))).enabled


OVERLAID = """\
name: adams
type: mock
scenario: down
auth: {kind: none}
environments:
  production:
    enabled: false  # until it is fixed
"""


async def test_able_changes_what_the_environment_says_and_may_be_done_untested(
    settings: Settings,
) -> None:
    @asynccontextmanager
    async def opening() -> AsyncGenerator[Services]:
        settings.integrations_dir.mkdir(parents=True, exist_ok=True)
        (settings.integrations_dir / "adams.yaml").write_text(OVERLAID)
        async with open_services(settings, actor=ADMIN) as services:
            yield services

    app = ConsoleApp(opening, actor=ADMIN)
    async with running(app) as pilot:
        await until_seen(pilot, "adams")
        await pilot.press("E")
        await until_on(pilot, ReasonPrompt)
        await write(pilot, *"back", "enter")
        await until_on(pilot, Confirm)
        await pilot.press("y")

        said = "adams is enabled in production, by its section there: version 2 is active"
        await until(pilot, lambda: toasts(app) == [said])
        version = await app.shared.services.config.active(IntegrationId("adams"))
        assert version.text == OVERLAID.replace("enabled: false", "enabled: true")
