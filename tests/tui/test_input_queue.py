"""What is typed fast, or comes in one piece, is lost nowhere and means what it was meant for."""

from __future__ import annotations

from textual.containers import VerticalScroll
from textual.events import Key
from textual.pilot import Pilot

from integration_tui.tui.screens.config.new_integration import WizardScreen
from integration_tui.tui.screens.config.screen import ConfigScreen
from integration_tui.tui.screens.config.secret_dialog import SecretDialog
from integration_tui.tui.screens.help import HelpScreen
from integration_tui.tui.widgets.dialogs import SafeInput
from integration_tui.tui.widgets.editor import DocumentArea
from integration_tui.tui.widgets.password_input import SecretInput
from tests.tui.fake_services import World, console, world
from tests.tui.pilot import app_of, running, until, until_on, until_seen, write

CANARY = "s3cr3t-canary"
NAMED = {"\r": "enter", "\x12": "ctrl+r", "\x13": "ctrl+s", "/": "slash", " ": "space"}


def burst(pilot: Pilot[None], text: str) -> None:
    """Have all of it come at once, as a terminal hands over what came in one piece."""
    for one in text:
        pilot.app.post_message(Key(NAMED.get(one, one), one if one.isprintable() else None))


def done(made: World) -> list[tuple[object, ...]]:
    return [act for act in made.acts if act[0] != "open"]


async def test_what_is_typed_behind_a_key_goes_into_the_window_that_it_opens() -> None:
    made = world()
    async with running(console(made)) as pilot:
        await until_seen(pilot, "lincoln")

        burst(pilot, "Dlincoln\r")

        await until(pilot, lambda: done(made) == [("remove", "lincoln", "ana")])


async def test_a_filter_typed_at_once_does_nothing_else() -> None:
    made = world()
    async with running(console(made)) as pilot:
        await until_seen(pilot, "lincoln")

        burst(pilot, "/rosex\r")

        await until_seen(pilot, "rosex")
        await until_seen(pilot, "0 of 6")
        assert done(made) == []


async def test_every_key_that_scrolls_counts_where_many_come_at_once() -> None:
    async with running(console(world()), height=14) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("question_mark")
        await until_on(pilot, HelpScreen)
        pane = pilot.app.screen.query_one(VerticalScroll)
        await until(pilot, lambda: pane.max_scroll_y > 6, "more than the window has room for")

        burst(pilot, "jjjjjjk")

        await until(pilot, lambda: pane.scroll_y == 5, "six rows down, one up")


async def test_a_wizard_can_be_typed_through_blindly() -> None:
    made = world()
    async with running(console(made)) as pilot:
        await until_seen(pilot, "lincoln")

        burst(pilot, "nmock\rgarfield\rf")

        await until_on(pilot, WizardScreen)
        area = pilot.app.screen.query_one(DocumentArea)
        await until(pilot, lambda: area.display and "name: garfield" in area.text)
        assert done(made) == []


async def test_a_secret_typed_behind_its_key_stands_in_no_line_that_shows_it() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("3")
        await until_seen(pilot, "a comment")
        await pilot.press("e")
        await write(pilot, *"client_secret: x", "enter", "up")
        before = app.screen.query_one(DocumentArea).text

        burst(pilot, f"\x12\r\r{CANARY}")

        await until_on(pilot, SecretDialog)
        await until(pilot, lambda: app.screen.query_one(SecretInput).value == CANARY)
        await pilot.press("escape")
        await until_on(pilot, ConfigScreen)
        assert app.screen.query_one(DocumentArea).text == before


async def test_a_secret_typed_behind_a_name_that_cannot_be_is_thrown_away() -> None:
    made = world()
    async with running(console(made)) as pilot:
        dialog = SecretDialog(app_of(pilot).shared, "auth.client_secret")
        pilot.app.push_screen(dialog)

        burst(pilot, f"\ra/b\r{CANARY}\r")

        await until_seen(pilot, "not a valid name for a secret")
        assert dialog.query_one("#name", SafeInput).value == "a/b"


async def test_a_secret_typed_where_none_belongs_is_thrown_away() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("3")
        await until_seen(pilot, "a comment")
        await pilot.press("e")

        burst(pilot, f"\x12\r\r{CANARY}")

        await until_seen(pilot, "No secret here.")
        await pilot.pause()
        assert CANARY not in app.screen.query_one(DocumentArea).text


async def test_ctrl_q_waits_for_nothing() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        with app.shared.expecting_dialog():
            burst(pilot, "q")
            pilot.app.post_message(Key("ctrl+q", None))

            await until(pilot, lambda: made.is_closed)
