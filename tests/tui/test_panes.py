"""Panes: the frame shows the focus, sizes are changed by key and mouse, and found again."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from integration_tui.tui.app import ConsoleApp
from integration_tui.tui.preferences import UserFolder
from integration_tui.tui.widgets.pane import Pane
from tests.tui.fake_services import ADMIN, LINCOLN, console, opened, world
from tests.tui.pilot import lines, running, seen, until, until_listed, until_seen


def focused_frames(pilot: Pilot[None]) -> list[str]:
    return [str(pane.id) for pane in pilot.app.screen.query(Pane) if pane.has_focus_within]


def width_of(pilot: Pilot[None], pane: str) -> int:
    return pilot.app.screen.query_one(f"#{pane}", Pane).outer_size.width


@pytest.mark.parametrize("key", ["1", "2", "3", "4", "5", "6", "7", "8", "9"])
async def test_exactly_one_frame_of_a_screen_shows_the_focus(key: str) -> None:
    app = console(world())
    async with running(app, width=160, height=45) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press(key)
        await until(pilot, lambda: len(focused_frames(pilot)) == 1)
        first = focused_frames(pilot)

        await pilot.press("tab")
        await pilot.press("shift+tab")

        await until(pilot, lambda: focused_frames(pilot) == first)


async def test_a_pane_is_maximized_and_put_back() -> None:
    app = console(world())
    async with running(app, width=160, height=45) as pilot:
        await until_listed(pilot)
        await until_seen(pilot, "Events")

        await pilot.press("z")
        await until(pilot, lambda: "Events" not in seen(app))
        assert "Integrations · 6" in seen(app)
        assert "? help" in lines(app)[-1]
        await pilot.press("escape")
        await until_seen(pilot, "Events")

        await pilot.press("plus")
        await until(pilot, lambda: "Events" not in seen(app))
        await pilot.press("plus")
        await until_seen(pilot, "Events")


async def test_the_edge_between_two_panes_is_moved_by_key_and_by_mouse() -> None:
    app = console(world())
    async with running(app, width=160, height=45) as pilot:
        await until_listed(pilot)
        await until_seen(pilot, "Events")
        before = width_of(pilot, "feed")
        await pilot.press("less_than_sign")
        await until(pilot, lambda: width_of(pilot, "feed") == before - 2)
        await pilot.press("greater_than_sign")
        await until(pilot, lambda: width_of(pilot, "feed") == before)

        feed = app.screen.query_one("#feed", Pane).region
        await pilot.mouse_down(offset=(feed.x, feed.y + 3))
        await pilot.hover(offset=(feed.x - 10, feed.y + 3))
        await pilot.mouse_up(offset=(feed.x - 10, feed.y + 3))

        await until(pilot, lambda: width_of(pilot, "feed") == before + 10)


async def test_a_pane_keeps_its_size_until_the_next_start(tmp_path: Path) -> None:
    def started() -> ConsoleApp:
        made = world()
        own = UserFolder(state=tmp_path / "state.json")
        app = ConsoleApp(lambda: opened(made), actor=ADMIN, preload=(), own=own)
        app.shared.integration = LINCOLN
        return app

    async with running(started(), width=160, height=45) as pilot:
        await until_seen(pilot, "Events")
        before = width_of(pilot, "feed")
        await pilot.press(*["less_than_sign"] * 5)
        await until(pilot, lambda: width_of(pilot, "feed") == before - 10)
        await pilot.press("q")

    async with running(started(), width=160, height=45) as pilot:
        await until_seen(pilot, "Events")
        await until(pilot, lambda: width_of(pilot, "feed") == before - 10)
