"""What a screen can do as things stand is in the palette; every key of it is in its help."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.binding import Binding
from textual.pilot import Pilot

from integration_tui.domain.ids import RunId
from integration_tui.tui.command_palette import CommandPalette
from integration_tui.tui.commands import Command, all_commands, found
from integration_tui.tui.keymap import key_name
from integration_tui.tui.screens.base import ConsoleScreen
from integration_tui.tui.screens.help import HelpScreen
from integration_tui.tui.screens.integrations.screen import IntegrationsScreen
from integration_tui.tui.screens.sync.windows import ApprovalDialog
from tests.tui.fake_services import VIEWER, console, world
from tests.tui.pilot import running, seen, toasts, until, until_on, until_seen, write


async def look_for(pilot: Pilot[None], text: str) -> None:
    await pilot.press("colon")
    await until_on(pilot, CommandPalette)
    await write(pilot, *text)


def titles(pilot: Pilot[None]) -> list[str]:
    """Return what the screen in front offers."""
    screen = pilot.app.screen
    assert isinstance(screen, ConsoleScreen)
    return [offer.title for offer in screen.offers()]


async def test_what_fits_a_run_is_done_by_the_name_of_its_integration() -> None:
    made = world()
    async with running(console(made)) as pilot:
        await pilot.press("4")
        await until_seen(pilot, "312 of 3,000 people missing")
        await look_for(pilot, "resume the run of roosevelt")
        await until_seen(pilot, "Resume the run of roosevelt")
        await pilot.press("enter")

        await until(pilot, lambda: ("resume", RunId(3), "ana") in made.acts)
        assert not {"Apply the plan of lincoln", "Resume the run of lincoln"} & {*titles(pilot)}


async def test_what_a_key_does_is_found_by_its_meaning() -> None:
    async with running(console(world()), height=34) as pilot:
        await pilot.press("4")
        await until_seen(pilot, "312 of 3,000 people missing")
        await look_for(pilot, "with its number and a reason")
        await until_seen(pilot, "Y")
        await pilot.press("enter")

        await until_on(pilot, ApprovalDialog)


@pytest.mark.parametrize(
    ("screen", "typed", "shown"),
    [("4", "show quarantine", "its class is not there"), ("5", "show classes", "Classes 3")],
)
async def test_views_and_collections_are_shown_by_name(screen: str, typed: str, shown: str) -> None:
    async with running(console(world()), width=120) as pilot:
        await pilot.press(screen)
        await until_seen(pilot, "Ada Park 1" if screen == "5" else "312 of 3,000 people missing")
        await look_for(pilot, typed)
        await until_seen(pilot, typed.capitalize())
        await pilot.press("enter")

        await until_seen(pilot, shown)


async def test_who_only_looks_is_offered_nothing_that_changes_anything() -> None:
    async with running(console(world(), actor=VIEWER)) as pilot:
        await pilot.press("4")
        await until_seen(pilot, "312 of 3,000 people missing")

        words = ("Plan", "Apply", "Approve", "Hold", "Pause", "Resume", "End", "Ours", "Theirs")
        assert [title for title in titles(pilot) if title.startswith(words)] == []
        assert "Show changes" in titles(pilot)
        await pilot.press("question_mark")
        await until_on(pilot, HelpScreen)
        assert "Approve" not in seen(pilot.app)  # type: ignore[arg-type]  # a console


@pytest.mark.parametrize("screen", ["4", "5"])
async def test_help_names_every_key_and_which_do_nothing_now(screen: str) -> None:
    async with running(console(world()), width=120, height=72) as pilot:
        await pilot.press(screen)
        await until_seen(pilot, "Ada Park 1" if screen == "5" else "312 of 3,000 people missing")
        own = [
            binding_type
            for binding_type in pilot.app.screen.BINDINGS
            if isinstance(binding_type, Binding)
        ]
        await pilot.press("question_mark")
        await until_on(pilot, HelpScreen)
        assert isinstance(pilot.app.screen, HelpScreen)
        entries = pilot.app.screen.entries

        has_unavailable = any(not entry.is_available for entry in entries)
        assert has_unavailable == (screen == "4")
        for binding in own:
            assert any(
                (binding.tooltip or binding.description) == entry.meaning
                and key_name(binding.key.split(",")[0]) in entry.keys.split()
                for entry in entries
            ), binding


async def test_nothing_of_the_toolkit_is_listed_and_every_command_has_a_group() -> None:
    async with running(console(world())) as pilot:
        await until_seen(pilot, "lincoln")
        commands = [command async for some in all_commands(front(pilot)) for command in some]

        titles_ = {command.title for command in commands}
        assert not {"Focus Next", "Focus Previous", "Copy selected text"} & titles_
        groups = {command.group for command in commands}
        assert groups >= {"Needs you", "Go to", "Integrations", "Runs", "Console", "Sync", "Health"}
        assert all(command.group for command in commands)


async def test_a_command_of_another_screen_goes_there_and_acts() -> None:
    async with running(console(world()), width=120, height=40) as pilot:
        await until_seen(pilot, "lincoln")
        await look_for(pilot, "verify")
        await until_seen(pilot, "7 V")
        await pilot.press("enter")

        await until(pilot, lambda: front(pilot).title_text == "Audit")


async def test_people_and_runs_are_found_by_name() -> None:
    async with running(console(world()), width=120, height=40) as pilot:
        await until_seen(pilot, "lincoln")
        await look_for(pilot, "Ada Pa")
        await until_seen(pilot, "People")
        await pilot.press("escape")
        await until_on(pilot, IntegrationsScreen)
        await look_for(pilot, "run of lincoln")
        await until_seen(pilot, "Runs")


async def test_what_was_used_last_comes_first_of_equals() -> None:
    commands = [
        Command(group="Console", title="Theme: dusk", run=print),
        Command(group="Console", title="Theme: dawn", run=print),
    ]

    assert [each.title for each in found(commands, "theme", recent=["Theme: dawn"])] == [
        "Theme: dawn",
        "Theme: dusk",
    ]
    assert found(commands, "no such thing", recent=[]) == []


async def test_the_screen_is_saved_as_a_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with running(console(world())) as pilot:
        await until_seen(pilot, "lincoln")
        await look_for(pilot, "screenshot")
        await pilot.press("enter")

        await until(pilot, lambda: any(tmp_path.glob("*.svg")))
        picture = next(tmp_path.glob("*.svg")).read_text(encoding="utf-8")
        assert "lincoln" in picture


async def test_what_was_done_last_is_copied_as_a_command() -> None:
    app = console(world())
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await look_for(pilot, "copy as command")
        await pilot.press("enter")
        await until(pilot, lambda: "Nothing was done yet that has a command." in toasts(app))
        await pilot.press("c")
        await until(pilot, lambda: app.shared.last_command == "integration-tui health lincoln")
        await look_for(pilot, "copy as command")
        await pilot.press("enter")

        await until(pilot, lambda: any("health lincoln" in toast for toast in toasts(app)))


def front(pilot: Pilot[None]) -> ConsoleScreen:
    assert isinstance(pilot.app.screen, ConsoleScreen)
    return pilot.app.screen
