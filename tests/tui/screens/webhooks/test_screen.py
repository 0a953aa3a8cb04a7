"""The webhooks screen: every system by itself, what it was asked to send, and changes of that."""

from __future__ import annotations

import asyncio

import pytest
from textual.pilot import Pilot

from integration_tui.domain.errors import RetryableError
from integration_tui.tui.screens.webhooks.subscribe_dialog import SubscribeDialog
from integration_tui.tui.widgets.dialogs import ConfirmByName, TextDialog
from integration_tui.tui.widgets.table.table import RowTable
from tests.tui.fake_services import VIEWER, console, world
from tests.tui.pilot import lines, running, seen, until, until_on, until_seen, write


async def fill(pilot: Pilot[None], field: str, text: str) -> None:
    """Type into the field that has the focus, and go on."""
    await until(pilot, lambda: pilot.app.screen.query_one(f"#{field}").has_focus, field)
    await write(pilot, *text, "enter")


async def test_a_slow_system_holds_nobody_up_and_a_silent_one_says_why() -> None:
    made = world()
    made.hooks.slow["lincoln"] = asyncio.Event()
    made.hooks.problems["roosevelt"] = RetryableError("no route", advice="look at the network")
    app = console(made)
    async with running(app, width=160) as pilot:
        await pilot.press("6")
        await until_seen(pilot, "no route; look at")
        table = lines(app)[3:9]

        assert "◌ Refreshing" in table[1]
        assert "✗ No answer" in table[2]
        assert "Not queried while stopped" in table[3]
        assert "Webhooks not supported: adams, jefferson, madison" in seen(app)
        made.hooks.slow["lincoln"].set()
        await until_seen(pilot, "hook-1")
        assert [call for call in made.calls if call[0] == "subscription_records"] == [
            ("subscription_records", "lincoln"),
            ("subscription_records", "roosevelt"),
        ]


async def test_r_asks_again_and_who_is_stopped_only_then() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("6")
        await until_seen(pilot, "hook-1")
        await pilot.press("G", "r")

        await until(pilot, lambda: ("subscription_records", "washington") in made.calls)
        await until(pilot, lambda: "Not queried" not in seen(app))


async def test_enter_shows_all_that_is_known_and_no_token() -> None:
    app = console(world())
    async with running(app) as pilot:
        await pilot.press("6")
        await until_seen(pilot, "hook-1")
        await pilot.press("enter")
        await until_on(pilot, TextDialog)

        for text in ("Mon 23 Nov 2026", "by ana", "Events go to the target URL"):
            assert text in seen(app)
        assert "abcdef" not in seen(app)


async def test_n_makes_a_subscription_and_tells_where_its_secret_is() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("6")
        await until_seen(pilot, "hook-1")
        await pilot.press("n")
        await until_on(pilot, SubscribeDialog)
        await fill(pilot, "url", "https://h.example/x")
        await fill(pilot, "events", "user.* org.*")
        await fill(pilot, "secret", "the-secret")
        await until_seen(pilot, "from / on")
        assert made.acts == [("open",)]
        await pilot.press("ctrl+u")
        await fill(pilot, "secret", "/safe/hook")

        await until_seen(pilot, "Created webhook hook-2. Its secret: /safe/hook")
        wanted = ("lincoln", "https://h.example/x", ("user.*", "org.*"), "/safe/hook", "ana")
        assert made.acts[-1] == ("subscribe", *wanted)
        await until_seen(pilot, "user.*, org.*")


async def test_a_subscription_is_taken_away_by_its_id() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("6")
        await until_seen(pilot, "hook-1")
        await pilot.press("D")
        await until_on(pilot, ConfirmByName)
        await write(pilot, *"hook-1", "enter")

        await until_seen(pilot, "No webhooks yet. Press n to create one.")
        assert made.acts[-1] == ("unsubscribe", "lincoln", "hook-1", "ana")


@pytest.mark.parametrize("key", ["n", "D"])
async def test_who_only_looks_has_no_keys_that_change(key: str) -> None:
    made = world()
    app = console(made, actor=VIEWER)
    async with running(app) as pilot:
        await pilot.press("6")
        await until_seen(pilot, "hook-1")
        await pilot.press(key)
        await pilot.pause()

        assert "new webhook" not in lines(app)[-1]
        assert app.screen.query_one(RowTable).has_focus
        assert made.acts == [("open",)]
