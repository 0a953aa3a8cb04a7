"""The configuration screen: an edit is judged while typing, and never lost unasked."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from integration_tui.domain.config.validation import ConfigProblem
from integration_tui.domain.errors import ConflictError, RolledBackError
from integration_tui.domain.events import ConfigChanged, StoreChanged
from integration_tui.domain.value import replace
from integration_tui.tui.app import ConsoleApp
from integration_tui.tui.screens.config.screen import ConfigScreen
from integration_tui.tui.screens.config.versions import VersionsScreen
from integration_tui.tui.widgets.dialogs import Confirm, ReasonPrompt, TextDialog
from integration_tui.tui.widgets.editor import DocumentArea
from tests.tui.fake_services import DOCUMENT, LINCOLN, console, world
from tests.tui.pilot import (
    app_of,
    lines,
    running,
    seen,
    toasts,
    until,
    until_on,
    until_seen,
    write,
)

PROBLEM = ConfigProblem(
    message="must be a number", path="seed", line=4, column=7, advice="write seed: 7"
)


def area(app: ConsoleApp) -> DocumentArea:
    return app.screen.query_one(DocumentArea)


async def open_screen(pilot: Pilot[None]) -> None:
    await pilot.press("3")
    await until_seen(pilot, "name: ")
    await pilot.press("g")
    await until_seen(pilot, "name: lincoln")
    await until_seen(pilot, "✓ No problems")


async def edit(pilot: Pilot[None], text: str = "x") -> None:
    """Type something at the beginning of the document."""
    await pilot.press("e")
    await until(pilot, lambda: not area(app_of(pilot)).read_only)
    await write(pilot, *text)
    await until_seen(pilot, f"{text}name: lincoln")


async def test_the_document_is_shown_with_who_and_why() -> None:
    app = console(world())
    async with running(app) as pilot:
        await open_screen(pilot)

        assert "lincoln.yaml · version 2" in seen(app)
        assert "YAML  production  saved Sun 09:30 UTC by ana" in seen(app)


async def test_moving_shows_another_document() -> None:
    app = console(world())
    async with running(app) as pilot:
        await open_screen(pilot)
        await pilot.press("j")

        await until_seen(pilot, "name: roosevelt")


async def test_nothing_can_be_typed_before_e() -> None:
    app = console(world())
    async with running(app) as pilot:
        await open_screen(pilot)
        await pilot.press("enter", "w")

        assert area(app).text == DOCUMENT


async def test_problems_are_shown_while_typing_and_lead_to_their_place() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await open_screen(pilot)
        made.problems = (PROBLEM,)
        await edit(pilot)

        await until_seen(pilot, "4:7")
        assert "must be a number" in seen(app)
        assert ("problems", f"x{DOCUMENT}") in made.calls
        app.screen.query_one("#problems").focus()
        await pilot.press("enter")
        await until(pilot, lambda: area(app).has_focus)
        assert area(app).cursor_location == (3, 6)


async def test_fast_typing_is_judged_once() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await open_screen(pilot)
        before = sum(call[0] == "problems" for call in made.calls)
        await edit(pilot, "abcdef")
        await until(pilot, lambda: ("problems", f"abcdef{DOCUMENT}") in made.calls)

        assert sum(call[0] == "problems" for call in made.calls) - before <= 3


async def test_an_edit_outlives_a_look_elsewhere() -> None:
    app = console(world())
    async with running(app) as pilot:
        await open_screen(pilot)
        await edit(pilot)
        await pilot.press("escape", "j")
        await until_seen(pilot, "name: roosevelt")
        await pilot.press("1")
        await pilot.press("3")
        await until_seen(pilot, "✎")
        await pilot.press("g")

        await until_seen(pilot, "xname: lincoln")
        assert app.shared.has_unsaved


async def test_an_edit_outlives_a_change_by_somebody_else() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await open_screen(pilot)
        await edit(pilot)
        reads = sum(call[0] == "active" for call in made.calls)

        made.bus.publish(ConfigChanged(LINCOLN))
        await until(pilot, lambda: sum(call[0] == "active" for call in made.calls) > reads)

        assert area(app).text == f"x{DOCUMENT}"


@pytest.mark.parametrize(("answer", "leaves"), [("y", True), ("n", False)])
async def test_quitting_with_an_edit_asks_first(answer: str, leaves: bool) -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await open_screen(pilot)
        await edit(pilot)
        await pilot.press("ctrl+q")
        await until_on(pilot, Confirm)
        await pilot.press(answer)

        if leaves:
            await until(pilot, lambda: made.is_closed)
        else:
            await until_on(pilot, ConfigScreen)
            assert area(app).text == f"x{DOCUMENT}"
            assert not made.is_closed


@pytest.mark.parametrize(("answer", "left"), [("y", DOCUMENT), ("n", f"x{DOCUMENT}")])
async def test_undoing_an_edit_asks_first(answer: str, left: str) -> None:
    app = console(world())
    async with running(app) as pilot:
        await open_screen(pilot)
        await edit(pilot)
        await pilot.press("escape", "u")
        await until_on(pilot, Confirm)
        await pilot.press(answer)
        await until_on(pilot, ConfigScreen)

        await until(pilot, lambda: area(app).text == left)


async def test_an_edit_that_is_typed_back_is_no_edit() -> None:
    app = console(world())
    async with running(app) as pilot:
        await open_screen(pilot)
        await edit(pilot)
        await pilot.press("backspace")

        await until(pilot, lambda: not app.shared.has_unsaved)
        assert "save" not in lines(app)[-1]


async def test_save_wants_a_reason_and_takes_no_for_an_answer() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await open_screen(pilot)
        await edit(pilot)
        await pilot.press("ctrl+s")
        await until_on(pilot, ReasonPrompt)
        await pilot.press("enter")
        await until_seen(pilot, "Type a reason, or press esc to cancel.")
        await pilot.press("escape")
        await until_on(pilot, ConfigScreen)

        assert made.acts == [("open",)]
        assert area(app).text == f"x{DOCUMENT}"


async def test_what_has_problems_is_not_asked_a_reason_for() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await open_screen(pilot)
        await edit(pilot)
        made.problems = (PROBLEM,)
        await pilot.press("ctrl+s")

        await until(
            pilot,
            lambda: (
                "Fix 1 error before saving: line 4, seed: must be a number; write seed: 7"
                in "".join(toasts(app))
            ),
        )
        assert isinstance(app.screen, ConfigScreen)
        assert made.acts == [("open",)]


async def test_versions_show_what_changed() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await open_screen(pilot)
        await pilot.press("v")
        await until_on(pilot, VersionsScreen)

        for text in ("slower checks", "registered", "4 \N{MINUS SIGN} seed: 7", "4 + seed: 8"):
            await until_seen(pilot, text)
        await pilot.press("j")
        await until_seen(pilot, "The first version: nothing to compare with.")


async def test_rolling_back_asks_why() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await open_screen(pilot)
        await pilot.press("v")
        await until_seen(pilot, "registered")
        await pilot.press("j", "b")
        await until_on(pilot, ReasonPrompt)
        await pilot.press("enter")

        await until(pilot, lambda: ("roll_back", "lincoln", 1, "Back to version 1") in made.acts)
        await until(pilot, lambda: toasts(app) == ["Rolled back lincoln. Version 2 active."])


async def test_a_roll_back_that_fails_is_a_sentence() -> None:
    made = world()
    made.failures["roll_back"] = ConflictError("somebody was first [/x]")
    app = console(made)
    async with running(app) as pilot:
        await open_screen(pilot)
        await pilot.press("v")
        await until_seen(pilot, "registered")
        await pilot.press("j", "b", "enter")

        await until(pilot, lambda: toasts(app) == ["somebody was first [/x]"])


async def test_what_was_taken_back_is_told_in_a_window_and_the_edit_goes_on_from_there() -> None:
    made = world()
    app = console(made)
    why = "lincoln did not start with version 3: 503"
    made.failures["save"] = RolledBackError(why, advice="version 2 is active again")
    async with running(app) as pilot:
        await open_screen(pilot)
        await edit(pilot)
        last = replace(made.versions[1], number=4)  # the engine has written one more
        made.versions = [replace(version, active=False) for version in made.versions] + [last]
        await save(pilot)
        await until_on(pilot, TextDialog)
        assert "version 2 is active again" in seen(app)
        assert "Your changes are still here" in seen(app)
        assert app.shared.notices[0].sentence.startswith(why)
        made.failures.clear()
        await pilot.press("escape")

        await save(pilot)

        await until(pilot, lambda: "Version 5 active." in "".join(toasts(app)))
        assert ("save", LINCOLN, 4, "why") in made.acts


async def test_an_integration_removed_under_an_edit_leaves_its_text() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await open_screen(pilot)
        await edit(pilot, "mine ")
        made.integrations = made.integrations[1:]
        made.bus.publish(StoreChanged())

        await until_on(pilot, TextDialog)
        assert "lincoln was removed. Your changes:" in seen(app)
        assert "mine name: lincoln" in seen(app)
        await pilot.press("escape", "w")
        await until_seen(pilot, "name: roosevelt")
        assert area(app).read_only
        assert not app.shared.has_unsaved


async def save(pilot: Pilot[None]) -> None:
    await pilot.press("ctrl+s")
    await until_on(pilot, ReasonPrompt)
    await write(pilot, *"why", "enter")


async def test_looking_at_line_breaks_of_several_kinds_is_no_edit() -> None:
    made = world()
    text = "name: lincoln\r\ntype: mock\ntitle: 'a\x0cb'\n"
    made.versions = [replace(version, text=text) for version in made.versions]
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("3")
        await until_seen(pilot, "title")
        await pilot.press("g", "j", "k")
        await until(pilot, lambda: made.calls.count(("active", LINCOLN)) > 1)

        assert not app.shared.has_unsaved
        assert "unsaved" not in seen(app)


async def test_a_changed_line_and_a_problem_have_marks_beside_their_number() -> None:
    made = world()
    app = console(made)
    async with running(app, width=160, height=45) as pilot:
        await open_screen(pilot)
        made.problems = (PROBLEM,)
        await edit(pilot)

        await until(pilot, lambda: any("1▎  xname: lincoln" in row for row in lines(app)))
        row = next(row for row in lines(app) if "4 ✗ seed: 7" in row)
        assert "must be a number" in row
        assert "Problems · 1 error" in seen(app)
        assert "Fix 1 error before saving" in seen(app)


async def test_text_form_and_versions_stand_beside_each_other_where_there_is_room() -> None:
    app = console(world())
    async with running(app, width=160, height=45) as pilot:
        await open_screen(pilot)
        await until_seen(pilot, "Form · * required")
        await until_seen(pilot, "Versions · 2 saved")
        await edit(pilot)

        await until_seen(pilot, "lincoln.yaml · version 2 + 1 unsaved change")
        await until_seen(pilot, "Documents · 6 ✎1")
        assert any("unsaved" in row and "you" in row for row in lines(app))


async def test_discarding_says_how_much_is_lost() -> None:
    app = console(world())
    async with running(app) as pilot:
        await open_screen(pilot)
        await edit(pilot)
        await pilot.press("escape", "u")
        await until_on(pilot, Confirm)

        assert "Discard changes to lincoln?" in seen(app)
        assert "1 unsaved change will be lost." in seen(app)
        assert "y discard" in seen(app)
        assert "⏎ esc keep editing" in seen(app)
