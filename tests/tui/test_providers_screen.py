"""The providers screen: every key does what it says, and asks before what hurts."""

from __future__ import annotations

import pytest

from integration_tui.domain.events import IntegrationChanged
from integration_tui.tui.screens.providers import ProvidersScreen
from integration_tui.tui.screens.trial import TrialScreen
from integration_tui.tui.widgets.dialogs import Confirm, ConfirmByName, Page
from tests.tui.helpers import lines, running, seen, toasts, until, until_on, until_seen, write
from tests.tui.standin import LINCOLN, console, world


@pytest.mark.parametrize(
    ("key", "asked", "said"),
    [
        ("s", ("start", "lincoln", "ana"), "lincoln is to run"),
        ("r", ("restart", "lincoln", "ana"), "lincoln is started anew"),
        ("c", ("check", "lincoln"), "lincoln is healthy in 5 ms: answered"),
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
    ("answer", "stops"), [(["y"], True), (["left", "enter"], True), (["n"], False)]
)
async def test_stop_asks_first(answer: list[str], stops: bool) -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("x")
        await until_on(pilot, Confirm)
        await pilot.press(*answer)
        await until_on(pilot, ProvidersScreen)
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
        await until_on(pilot, ProvidersScreen)

        assert made.acts == [("open",)]


async def test_remove_wants_the_name_typed() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("D")
        await until_on(pilot, ConfirmByName)
        await write(pilot, *"lin", "enter")
        await until(pilot, lambda: toasts(app) == ["that is not lincoln"])
        assert made.acts == [("open",)]

        await write(pilot, *"coln", "enter")

        await until(pilot, lambda: ("remove", "lincoln", "ana") in made.acts)


async def test_a_test_shows_each_leg_and_the_way_out() -> None:
    app = console(world())
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("t")
        await until_on(pilot, TrialScreen)

        for text in ("✓ passed", "✗ failed", "- skipped", "503 from upstream", "way out: wait"):
            await until_seen(pilot, text)
        await pilot.press("escape")
        await until_on(pilot, ProvidersScreen)


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
        await until_seen(pilot, "washington")
        await pilot.press("j", "j")

        await until_seen(pilot, "way out: renew the client secret")
        assert "it is not tried again" in " ".join(seen(app).split()).replace("│ ", "")


async def test_the_details_have_a_page_of_their_own_where_they_do_not() -> None:
    app = console(world())
    async with running(app, width=80) as pilot:
        await until_seen(pilot, "washington")
        assert "way out" not in seen(app)
        await pilot.press("j", "j", "enter")
        await until_on(pilot, Page)

        await until_seen(pilot, "way out: renew the client secret")
        assert "credentials: a person has to act" in seen(app)
        await pilot.press("h")
        await until_on(pilot, ProvidersScreen)


async def test_a_status_has_a_sign_and_a_word() -> None:
    app = console(world())
    async with running(app, width=80) as pilot:
        await until_seen(pilot, "lincoln")

        signs = [line.split()[0] for line in lines(app)[3:9]]
        words = [line.split()[1] for line in lines(app)[3:9]]

        assert words == ["active", "degraded", "error", "connecting", "inactive", "disabled"]
        assert len(set(signs)) == 6


async def test_the_next_attempt_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    app = console(world())
    async with running(app, width=80) as pilot:
        await until_seen(pilot, "→")

        assert ":31:00" in next(line for line in lines(app) if "→" in line)


async def test_the_cursor_stays_on_its_integration() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press("j", "j")

        made.integrations = made.integrations[1:]
        made.bus.publish(IntegrationChanged(LINCOLN))

        await until(pilot, lambda: "lincoln" not in seen(app))
        screen = app.screen
        assert isinstance(screen, ProvidersScreen)
        assert screen.selected_integration == "washington"


async def test_no_integrations_says_what_to_do() -> None:
    made = world()
    made.integrations = []
    app = console(made)
    async with running(app, width=120) as pilot:
        await until_seen(pilot, "no integrations yet; n makes one, or put a file")
        await pilot.press("s", "x", "enter", "j", "G")

        assert made.acts == [("open",)]
