"""Messages: newest first, each with what to do, and Enter leads to where it belongs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from integration_tui.domain.errors import StoreError
from integration_tui.domain.events import MessagesChanged
from integration_tui.domain.message import MessageKind
from integration_tui.domain.value import replace
from integration_tui.tui.app import ConsoleApp
from integration_tui.tui.screens.messages.screen import MessagesScreen
from integration_tui.tui.screens.sync.panes import ViewPane
from integration_tui.tui.widgets.dialogs import TextDialog
from integration_tui.tui.widgets.drawn import DrawnText
from integration_tui.tui.widgets.table.table import RowTable
from tests.tui.fake_messages import Told, message
from tests.tui.fake_services import VIEWER, World, console, world
from tests.tui.pilot import running, seen, toasts, until, until_on, until_seen

K = MessageKind


def shown_keys(app: ConsoleApp) -> list[str]:
    return [str(key) for key in app.screen.query_one("#messages", RowTable).shown_keys]


def details(app: ConsoleApp) -> str:
    return app.screen.query_one("#details", DrawnText).render().plain


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 36), (160, 45), (200, 60)])
async def test_the_newest_stands_first_with_cause_and_fix(width: int, height: int) -> None:
    app = console(world())
    async with running(app, width=width, height=height) as pilot:
        await pilot.press("8")
        await until_seen(pilot, "Plan held. Deactivates 154 of 300 people.")

        assert shown_keys(app) == ["7", "6", "5", "4", "3", "2", "1"]
        assert "What to do" in seen(app)
        assert "integration-tui sync show 6" in seen(app)
        assert "open in Sync" in seen(app)
        assert "7, 3 unread" in seen(app)


async def test_an_empty_store_has_no_messages() -> None:
    made = world()
    made.told = Told()
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("8")
        await until_seen(pilot, "No messages yet.")

        assert "Messages" not in app.shared.badges
        assert not app.screen.query_one("#beside").display


@pytest.mark.parametrize(
    ("downs", "screen", "name"),
    [
        (0, "SyncScreen", "lincoln"),
        (1, "IntegrationsScreen", "washington"),
        (2, "SyncScreen", "lincoln"),
        (4, "HealthScreen", "roosevelt"),
    ],
)
async def test_enter_opens_where_a_message_belongs(downs: int, screen: str, name: str) -> None:
    app = console(world())
    async with running(app, width=160, height=45) as pilot:
        await pilot.press("8")
        await until_seen(pilot, "Plan held.")
        await pilot.press(*["down"] * downs, "enter")
        await until(pilot, lambda: type(app.screen).__name__ == screen, screen)

        await until(pilot, lambda: app.shared.integration == name, name)


async def test_what_was_said_before_of_the_same_system_stands_below() -> None:
    app = console(world())
    async with running(app, width=200, height=45) as pilot:
        await pilot.press("8")
        await until_seen(pilot, "Plan held.")
        _, _, earlier = details(app).partition("Earlier")

        assert "2 conflicts need review." in earlier
        assert "Recovered after 14 min." in earlier
        assert "roosevelt" not in earlier
        assert "Credentials expired." not in earlier, "that is another system's"


async def test_conflicts_are_opened_in_their_view() -> None:
    app = console(world())
    async with running(app, width=160, height=45) as pilot:
        await pilot.press("8")
        await until_seen(pilot, "2 conflicts need review.")
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: type(app.screen).__name__ == "SyncScreen")

        await until(pilot, lambda: app.screen.query_one(ViewPane).current == "conflicts")


async def test_the_details_follow_the_cursor() -> None:
    app = console(world())
    async with running(app, width=200, height=45) as pilot:
        await pilot.press("8")
        await until_seen(pilot, "Plan held.")
        await pilot.press("down")
        await until(pilot, lambda: "washington" in details(app))

        assert "Store a new secret, then start washington." in details(app)
        assert "^r" in details(app)


async def test_r_marks_all_as_read_and_the_header_forgets_them() -> None:
    made = world()
    app = console(made)
    async with running(app, width=160) as pilot:
        await until(pilot, lambda: app.shared.unread_messages == 3)
        await until_seen(pilot, "Messages •3")
        await pilot.press("8")
        await until_seen(pilot, "3 unread")
        await pilot.press("r")
        await until(pilot, lambda: app.shared.unread_messages == 0)
        await until(pilot, lambda: "unread" not in seen(app))

        assert ("mark_read", "ana", 7) in made.calls
        assert "•" not in seen(app)
        assert "mark all read" not in seen(app)


async def test_what_comes_while_it_is_shown_appears_and_counts() -> None:
    made = world()
    app = console(made)
    async with running(app, width=160) as pilot:
        await pilot.press("8")
        await until_seen(pilot, "3 unread")
        await pilot.press("down")
        arrive(made, MessageKind.DOWN)
        await until_seen(pilot, "4 unread")

        table = app.screen.query_one("#messages", RowTable)
        assert table.selected == "6", "the cursor stays on its message"
        assert app.shared.unread_messages == 4
        assert toasts(app) == [], "it stands there"


def arrive(made: World, kind: MessageKind, sentence: str = "Connection refused.") -> None:
    made.told.add(message(kind, "adams", made.now, made.say(sentence)))
    made.bus.publish(MessagesChanged())


async def test_bad_news_are_a_toast_and_what_passes_by_itself_is_none() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until(pilot, lambda: app.shared.unread_messages == 3)
        assert toasts(app) == [], "what was there before is no news"
        arrive(made, K.DEGRADED, "Slow.")
        arrive(made, K.DOWN)
        await until(pilot, lambda: bool(toasts(app)))

        assert toasts(app) == ["adams: Connection refused."]
        assert app.shared.notices == [], "a message is no confirmation of this session"


async def test_what_comes_again_within_an_hour_is_no_second_toast() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until(pilot, lambda: app.shared.unread_messages == 3)
        again = message(K.DOWN, "adams", made.now, "Connection refused.")
        made.told.add(replace(again, times=2))
        made.bus.publish(MessagesChanged())
        await until(pilot, lambda: app.shared.unread_messages == 4)
        arrive(made, K.HELD, "Plan held.")
        await until(pilot, lambda: bool(toasts(app)))

        assert toasts(app) == ["adams: Plan held."]


async def test_what_is_repeated_says_how_often_and_since_when() -> None:
    made = world()
    made.told = Told()
    one = message(K.DOWN, "adams", made.now, "Connection refused.")
    made.told.add(replace(one, times=4, first_at=made.now - timedelta(minutes=40)))
    app = console(made)
    async with running(app, width=160) as pilot:
        await pilot.press("8")
        await until_seen(pilot, "4 times since")


async def test_who_may_only_look_marks_nothing() -> None:
    made = world()
    app = console(made, actor=VIEWER)
    async with running(app) as pilot:
        await pilot.press("8")
        await until_seen(pilot, "Plan held.")
        await pilot.press("r")
        await pilot.pause()

        assert made.acts == [("open",)]
        assert "mark all read" not in seen(app)


async def test_what_toasts_said_can_be_read_again() -> None:
    made = world()
    made.failures["check"] = StoreError("disk full [/x]")
    app = console(made)
    async with running(app) as pilot:
        await until(pilot, lambda: "lincoln" in seen(app))
        await pilot.press("8", "right")
        await until(pilot, lambda: "No confirmations yet." in seen(app))
        await pilot.press("1", "c")
        await until(pilot, lambda: bool(toasts(app)))
        await pilot.press("8")
        await until(pilot, lambda: "09:30:00" in seen(app) and "disk full [/x]" in seen(app))
        assert isinstance(app.screen, MessagesScreen)
        await pilot.press("enter")

        await until_on(pilot, TextDialog)
        assert "disk full [/x]" in seen(app)
