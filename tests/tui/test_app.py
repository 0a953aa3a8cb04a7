"""The shell: opening, moving between screens, palette, help, leaving."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from integration_tui.domain.config.validation import ConfigProblem
from integration_tui.domain.errors import StoreError
from integration_tui.domain.events import FilesChanged, LoopFailed, StoreChanged
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration_overview import Overview
from integration_tui.domain.value import replace
from integration_tui.services.config_file_findings import ConfigFileFinding, FileState
from integration_tui.tui.app import ConsoleApp
from integration_tui.tui.command_palette import CommandPalette
from integration_tui.tui.screens.base import ConsoleScreen
from integration_tui.tui.screens.help import HelpScreen
from integration_tui.tui.screens.integrations.screen import IntegrationsScreen
from integration_tui.tui.screens.startup_error import StartupErrorScreen
from integration_tui.tui.widgets.dialogs import Confirm
from integration_tui.tui.widgets.window import Window
from tests.tui.fake_services import ADMIN, VIEWER, console, opened, world
from tests.tui.pilot import lines, running, seen, toasts, until, until_on, until_seen, write

if TYPE_CHECKING:
    from integration_tui.tui.services import ConsoleServices

SCREENS = {"1": "Integrations", "2": "Health", "3": "Configuration", "4": "Sync"}
SCREENS |= {"5": "Roster", "7": "Audit"}


async def test_the_first_frame_does_not_wait_for_the_store() -> None:
    made, may_open = world(), asyncio.Event()

    @asynccontextmanager
    async def slowly() -> AsyncGenerator[ConsoleServices]:
        await may_open.wait()
        async with opened(made) as services:
            yield services

    app = ConsoleApp(slowly, actor=ADMIN, preload=())
    async with app.run_test(notifications=True, tooltips=True) as pilot:
        await until_seen(pilot, "Opening the store…")
        assert "q quit" in lines(app)[-1]

        may_open.set()

        await until_seen(pilot, "lincoln")
        assert "Opening the store…" not in seen(app)


async def test_what_was_seen_last_is_shown_until_the_store_is_open() -> None:
    made, may_open = world(), asyncio.Event()

    @asynccontextmanager
    async def slowly() -> AsyncGenerator[ConsoleServices]:
        await may_open.wait()
        async with opened(made) as services:
            yield services

    seen_last = [Overview(integration=made.integrations[0].integration)]
    app = ConsoleApp(slowly, actor=ADMIN, glance=lambda: seen_last, preload=())
    async with app.run_test(notifications=True, tooltips=True) as pilot:
        await until_seen(pilot, "lincoln")
        assert "Opening the store…" in seen(app)
        assert "roosevelt" not in seen(app)
        await pilot.press("j", "c", "x")
        assert made.calls == []

        may_open.set()

        await until_on(pilot, Confirm)
        assert ("check", "lincoln") in made.acts
        assert "Opening the store…" not in seen(app)


async def test_a_number_shows_a_screen_and_every_screen_has_the_same_head() -> None:
    app = console(world())
    async with running(app, width=140) as pilot:
        for key, title in SCREENS.items():
            await pilot.press(key)
            await until(pilot, lambda: getattr(app.screen, "title_text", "") == title)  # noqa: B023 - awaited in the loop
            await until_seen(pilot, "lincoln")
            await until_seen(
                pilot, "✗ 1 down  ▲ 1 degraded  ◌ 1 starting  ● 1 healthy  ○ 1 stopped"
            )
            assert "◆ integration-tui  demo" in lines(app)[0]
            assert f" {key} {title} " in lines(app)[1]


async def test_a_click_on_its_name_shows_a_screen() -> None:
    app = console(world())
    async with running(app) as pilot:
        await pilot.click(offset=(lines(app)[1].index("Health"), 1))

        await until(pilot, lambda: getattr(app.screen, "title_text", "") == "Health")


async def test_a_click_on_a_key_presses_it() -> None:
    app = console(world())
    async with running(app) as pilot:
        bottom = lines(app)[-1]
        await pilot.click(offset=(bottom.index("? help"), app.size.height - 1))

        await until_on(pilot, HelpScreen)


async def test_at_80_columns_the_keys_of_the_row_come_first() -> None:
    app = console(world())
    async with running(app, width=80) as pilot:
        assert lines(app)[-1].split("  ")[0].strip() == "^r new secret"
        assert "? help  : commands  q quit" in lines(app)[-1]
        await pilot.resize_terminal(180, 24)
        await until_seen(pilot, "│  tab next pane  / filter  S sort")


async def test_windows_are_left_with_the_mouse_too() -> None:
    app = console(world())
    async with running(app) as pilot:
        for key in ("t", "E", "question_mark", "colon"):
            await pilot.press(key)
            await until(pilot, lambda: app.screen.is_modal and bool(app.screen.query(Window)))
            await until_seen(pilot, "esc ")
            y, x = next(
                (y, line.index("esc ")) for y, line in enumerate(lines(app)) if "esc " in line
            )
            await pilot.click(offset=(x + 1, y))
            await until(pilot, lambda: not app.screen.is_modal)


async def test_a_narrow_window_shows_how_to_leave_whatever_else_does_not_fit() -> None:
    app = console(world())
    async with running(app, width=60) as pilot:
        await pilot.press("3")
        await until_seen(pilot, "a comment")
        await pilot.press("v")
        await until_seen(pilot, "esc close")
        await pilot.press("f1")
        await until_on(pilot, HelpScreen)
        assert any(entry.keys == "b" for entry in help_of(app).entries)


async def test_it_says_who_runs_the_engine() -> None:
    made = world()
    made.holder, made.is_running = "process 4711 on office", False
    app = console(made)
    async with running(app) as pilot:
        await until_seen(pilot, "engine running in process 4711 on office")

        made.holder = ""
        made.bus.publish(StoreChanged())

        await until_seen(pilot, "no engine running: nothing is checked")


async def test_help_lists_every_key_of_the_screen() -> None:
    app = console(world())
    async with running(app, height=60) as pilot:
        for screen, key in zip(SCREENS, ["question_mark", "f1"] * 3, strict=True):
            await pilot.press(screen)
            await until(pilot, lambda: bool(app.screen.query("ScreenHeader")))
            bindings = [active.binding for active in app.screen.active_bindings.values()]
            words = {binding.tooltip or binding.description for binding in bindings if binding.id}
            await pilot.press(key)
            await until_on(pilot, HelpScreen)

            shown = {entry.meaning for entry in help_of(app).entries}
            assert words <= shown
            await pilot.press("escape")
            await until_on(pilot, ConsoleScreen)


def help_of(app: ConsoleApp) -> HelpScreen:
    assert isinstance(app.screen, HelpScreen)
    return app.screen


@pytest.mark.parametrize("key", ["colon", "ctrl+p"])
async def test_the_palette_goes_to_a_screen(key: str) -> None:
    app = console(world())
    async with running(app) as pilot:
        await pilot.press(key)
        await until_on(pilot, CommandPalette)
        await write(pilot, *"audit")
        await until_seen(pilot, "Go to")
        await pilot.press("enter")

        await until(pilot, lambda: getattr(app.screen, "title_text", "") == "Audit")


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("tartmad", ("start", "madison", "ana")),
        ("testl", ("test", "lincoln")),
    ],
)
async def test_the_palette_acts_on_an_integration_by_name(
    typed: str, asked: tuple[object, ...]
) -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("7")
        await until_seen(pilot, "✗ 1")
        await pilot.press("colon")
        await until_on(pilot, CommandPalette)
        await write(pilot, *typed)
        await until_seen(pilot, f"{asked[1]}  ")
        await pilot.press("enter")

        await until(pilot, lambda: asked in made.acts, str(asked))


async def test_quit_closes_the_services() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("q")
        await until(pilot, lambda: made.is_closed)

    assert app.return_code == 0


async def test_leaving_by_other_ways_closes_the_services_too() -> None:
    made = world()
    app = console(made)
    async with running(app):
        app.exit(return_code=1)

    assert made.is_closed


async def test_ctrl_q_leaves_from_within_a_question() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("x")
        await until_on(pilot, Confirm)
        await pilot.press("ctrl+q")

        await until(pilot, lambda: made.is_closed)


@pytest.mark.parametrize("text", ["the store is locked by [/x] \x1b]0;x", "cannot be read"])
async def test_a_store_that_does_not_open_is_a_sentence_and_exit_code_1(text: str) -> None:
    made = world()
    made.failures["open"] = StoreError(text, advice="close the other program")
    app = console(made)
    async with app.run_test(notifications=True, tooltips=True) as pilot:
        await until_on(pilot, StartupErrorScreen)

        assert text.replace("\x1b", "␛") in seen(app)
        assert "close the other program" in seen(app)
        await pilot.press("q")

    assert app.return_code == 1


async def test_a_fault_while_opening_is_a_sentence_as_well() -> None:
    made = world()
    made.failures["open"] = RuntimeError("nobody foresaw this")
    app = console(made)
    async with app.run_test(notifications=True, tooltips=True) as pilot:
        await until_on(pilot, StartupErrorScreen)

        assert "RuntimeError: nobody foresaw this" in seen(app)


async def test_files_that_cannot_be_used_are_named() -> None:
    made = world()
    problem = ConfigProblem(file="a[/x].yaml", line=3, column=1, message="unknown key")
    broken = ConfigFileFinding(path=Path("a[x].yaml"), state=FileState.BROKEN, problems=(problem,))
    made.files = (broken, replace(broken, path=Path("b.yaml")))
    app = console(made)
    async with running(app) as pilot:
        await until(
            pilot,
            lambda: (
                toasts(app)
                == ["a[x].yaml is invalid: a[/x].yaml:3:1: unknown key (and 1 more: see Messages)"]
            ),
        )


async def test_what_happens_to_files_and_to_the_engines_own_loops_is_told() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        name = IntegrationId("lincoln")
        changed = ConfigFileFinding(
            path=Path("lincoln.yaml"), state=FileState.CHANGED, integration_id=name, version=4
        )
        made.noticed.append(changed)
        made.bus.publish(FilesChanged())
        made.bus.publish(LoopFailed("health"))

        told = {
            "lincoln.yaml was changed: version 4 of lincoln is active",
            "engine task health failed and restarts; see the log",
        }
        await until(pilot, lambda: {*toasts(app)} >= told)


async def test_who_may_only_look_sees_no_key_that_changes_anything() -> None:
    made = world()
    app = console(made, actor=VIEWER)
    async with running(app) as pilot:
        await until_seen(pilot, "read-only")
        assert "stop" not in lines(app)[-1]
        assert "check" not in lines(app)[-1]
        assert "test" in lines(app)[-1]

        await pilot.press("s", "x", "r", "c", "D", "3", "e")
        await pilot.pause()

        assert [act for act in made.acts if act[0] != "open"] == []


async def test_switching_while_something_is_asked_does_nothing() -> None:
    app = console(world())
    async with running(app) as pilot:
        await pilot.press("x")
        await until_on(pilot, Confirm)
        await pilot.press("2")
        await pilot.press("escape")

        await until_on(pilot, IntegrationsScreen)
        assert toasts(app) == []


@pytest.mark.parametrize("width", [40, 160])
async def test_every_screen_fits_every_width(width: int) -> None:
    app = console(world())
    async with running(app, width=width, height=20) as pilot:
        words = {"1": "linc", "2": "linc", "3": "linc", "4": "linc", "5": "Ada", "7": "ana"}
        for key, word in words.items():
            await pilot.press(key)
            await until_seen(pilot, word)
            assert {len(line) for line in lines(app)} == {width}
