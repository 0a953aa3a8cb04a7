"""Form and text are one document; secrets are stored from it, and their values are never seen."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from integration_tui.domain.config.validation import ConfigProblem
from integration_tui.domain.errors import ConflictError
from integration_tui.tui.app import ConsoleApp
from integration_tui.tui.screens.config.compare import CompareScreen
from integration_tui.tui.screens.config.screen import ConfigScreen
from integration_tui.tui.screens.config.secret_dialog import SecretDialog
from integration_tui.tui.screens.config.versions import VersionsScreen
from integration_tui.tui.widgets.dialogs import Confirm
from integration_tui.tui.widgets.editor import DocumentArea
from integration_tui.tui.widgets.form import ConfigForm
from integration_tui.tui.widgets.select_list import ChoiceDialog, Popup
from tests.tui.fake_services import DOCUMENT, VIEWER, World, console, world
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

CANARY = "s3cr3t-CANARY"


def area(app: ConsoleApp) -> DocumentArea:
    return app.screen.query_one(DocumentArea)


async def open_document(pilot: Pilot[None]) -> None:
    """Show the document of the first integration."""
    await pilot.press("3")
    await until_seen(pilot, "name: ")
    await pilot.press("g")
    await until_seen(pilot, "name: lincoln")


async def open_form(pilot: Pilot[None]) -> None:
    await open_document(pilot)
    await pilot.press("f")
    await until_seen(pilot, "client_secret")


async def go_to(pilot: Pilot[None], path: str) -> None:
    form = pilot.app.screen.query_one(ConfigForm)
    assert form.select(path)
    await pilot.pause()


async def test_a_form_and_its_text_are_one_document() -> None:
    app = console(world())
    async with running(app, width=80) as pilot:
        await open_form(pilot)
        assert any("*" in line and "name" in line and "lincoln" in line for line in lines(app))
        assert any(" on " in row and "default" in row for row in lines(app))
        assert "required" in seen(app)
        assert "what name is" in seen(app)

        await go_to(pilot, "enabled")
        await pilot.press("space")
        await until(pilot, lambda: any(" off " in row for row in lines(app)))
        assert area(app).text == f"{DOCUMENT}enabled: false\n"
        assert app.shared.has_unsaved
        await pilot.press("delete")
        await until(pilot, lambda: any(" on " in row and "default" in row for row in lines(app)))
        assert area(app).text == DOCUMENT
        assert not app.shared.has_unsaved

        await go_to(pilot, "seed")
        await pilot.press("enter")
        await pilot.press("backspace")
        await write(pilot, "4", "2", "enter")
        await until_seen(pilot, "42")
        await pilot.press("f")
        await until_seen(pilot, "# a comment")
        assert "seed: 42" in seen(app)
        await pilot.press("ctrl+z")
        assert app.screen.query_one(DocumentArea).read_only


async def test_a_field_that_is_left_stays_as_it_was() -> None:
    app = console(world())
    async with running(app) as pilot:
        await open_form(pilot)
        await go_to(pilot, "title")
        await pilot.press("enter")
        await write(pilot, *"Lin")
        await pilot.press("escape")

        assert app.screen.query_one(ConfigForm).query_one("#fields").has_focus
        assert area(app).text == DOCUMENT


async def test_a_choice_is_found_by_typing() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await open_form(pilot)
        await go_to(pilot, "type")
        await pilot.press("enter")
        await until_on(pilot, ChoiceDialog)
        await write(pilot, *"can")
        await pilot.press("enter")

        await until(pilot, lambda: ("changed", "type", "canvas") in made.acts)
        await until(pilot, lambda: "type: canvas" in area(app).text)


async def test_problems_stand_at_their_fields_in_one_sentence() -> None:
    made = world()
    made.problems = (
        ConfigProblem(message="must be a number", path="seed", line=4, advice="write 7"),
        ConfigProblem(message="holds [/x]", line=1),
    )
    app = console(made)
    async with running(app) as pilot:
        await open_form(pilot)

        await until_seen(pilot, "└ must be a number; write 7")
        assert any("✗" in line and "seed" in line for line in lines(app))
        await until_seen(pilot, "holds [/x]")


async def test_a_text_that_is_no_document_has_no_form_but_its_problems() -> None:
    app = console(world(lambda text: text.replace("# a comment", "broken [/x]")))
    async with running(app) as pilot:
        await pilot.press("3")
        await until_seen(pilot, "broken [/x]")
        await pilot.press("f")

        await until_seen(pilot, "No form yet. Fix the errors")


async def store_dialog(pilot: Pilot[None]) -> None:
    await open_form(pilot)
    await go_to(pilot, "auth.client_secret")
    await pilot.press("enter")
    await until_on(pilot, SecretDialog)
    await until_seen(pilot, "keyrings need the extra")


async def test_a_secret_is_stored_and_its_reference_written() -> None:
    made = world()
    app = console(made)
    async with running(app, width=80) as pilot:
        await store_dialog(pilot)
        await pilot.press("enter", "enter")
        await write(pilot, *CANARY)
        assert CANARY not in seen(app)
        await pilot.press("enter")
        await until_on(pilot, ConfigScreen)

        reference = "file:/secrets/lincoln-client_secret"
        assert ("store_secret", reference, CANARY) in made.acts
        await until(pilot, lambda: f"client_secret: {reference}" in area(app).text)
        assert toasts(app) == [f"Secret stored: {reference}"]
        assert CANARY not in seen(app) + area(app).text + app.clipboard


async def test_a_secret_that_is_there_is_replaced_only_after_asking() -> None:
    made = world()
    made.failures["store_secret"] = ConflictError("there is already a secret")
    app = console(made)
    async with running(app) as pilot:
        await store_dialog(pilot)
        await pilot.press("enter", "enter")
        await write(pilot, *CANARY, "enter")
        await until_on(pilot, Confirm)
        await pilot.press("n")
        await until_on(pilot, SecretDialog)
        assert made.acts[-1][0] == "store_secret"
        await pilot.press("enter")
        await until_on(pilot, Confirm)
        await pilot.press("y")

        await until_on(pilot, ConfigScreen)
        assert made.acts[-2][0] == "replace_secret"


async def test_a_variable_is_only_written_down() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await store_dialog(pilot)
        await pilot.press("j")
        await until_seen(
            pilot,
            "Variables are set outside the program",
        )
        await pilot.press("enter", "ctrl+u")
        await write(pilot, *"SIS", "enter")
        await until_on(pilot, ConfigScreen)

        await until(pilot, lambda: "client_secret: env:SIS" in area(app).text)
        assert "store_secret" not in [name for name, *_ in made.acts]


async def test_a_place_that_does_not_work_says_why_and_escape_stores_nothing() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await store_dialog(pilot)
        await pilot.press("k", "enter")
        await until_seen(pilot, "Not available: keyrings need")
        await pilot.press("escape")

        await until_on(pilot, ConfigScreen)
        assert made.acts == [("open",)]


async def test_what_can_stand_at_the_cursor_is_offered_and_taken() -> None:
    app = console(world())
    async with running(app) as pilot:
        await open_document(pilot)
        await pilot.press("e")
        await pilot.press("s", "ctrl+n")
        await until_seen(pilot, "the server")
        await pilot.press("escape")
        await until(pilot, lambda: area(app).has_focus)
        await pilot.press("ctrl+n")
        await until_seen(pilot, "the server")
        assert "the title" not in seen(app)
        await pilot.press("e", "e")
        await until(pilot, lambda: "the server" not in seen(app))
        await pilot.press("enter")

        assert area(app).text == f"seed: {DOCUMENT}"
        assert not app.screen.query_one(Popup).display
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "No completion" in "".join(toasts(app)))


async def test_any_two_versions_are_compared() -> None:
    made = world()
    async with running(console(made)) as pilot:
        await open_document(pilot)
        await pilot.press("v")
        await until_on(pilot, VersionsScreen)
        await until_seen(pilot, "registered")
        await pilot.press("space", "j")

        await until(pilot, lambda: made.calls[-1] == ("diff", "lincoln", 1, 2))
        await until_seen(pilot, "▸ 2")
        await pilot.press("k")
        await until_seen(pilot, "Version 2 is marked")


async def test_environments_are_compared_path_by_path() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await open_document(pilot)
        await pilot.press("c")
        await until_on(pilot, CompareScreen)
        await until_seen(pilot, "1 value differs")
        assert ("compare", "lincoln", "staging", "production") in made.calls
        await pilot.press("right")
        await until_seen(pilot, "lincoln: development and production")
        await pilot.press("enter")
        await until_seen(pilot, "not set")


async def test_who_may_only_look_sees_the_form_and_changes_nothing() -> None:
    made = world()
    app = console(made, actor=VIEWER)
    async with running(app) as pilot:
        await open_form(pilot)
        await go_to(pilot, "enabled")
        await pilot.press("space", "enter", "delete", "ctrl+r")

        assert made.acts == [("open",)]
        assert area(app).text == DOCUMENT


@pytest.mark.parametrize("width", [80, 160])
async def test_hostile_texts_stay_texts_in_the_form(width: int) -> None:
    evil = "\x1b]0;t\x07[/x]\u202e"
    made = World()
    made = world(lambda text: text if ":" in text else f"{text}{evil}")
    app = console(made)
    async with running(app, width=width) as pilot:
        await open_form(pilot)
        await store_dialog_hostile(pilot)

        assert not {"\x1b", "\u202e"} & {*seen(app_of(pilot))}


async def store_dialog_hostile(pilot: Pilot[None]) -> None:
    await go_to(pilot, "auth.client_secret")
    await pilot.press("enter")
    await until_on(pilot, SecretDialog)
    await until_seen(pilot, "␛")
