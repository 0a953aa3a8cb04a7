"""How Messages looks at four sizes, dark and light. Update with `pytest --snapshot-update`."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from tests.tui.fake_messages import Told
from tests.tui.fake_services import console, world
from tests.tui.pilot import lines, seen, until
from tests.tui.test_snapshots import THEMES

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from integration_tui.tui.app import ConsoleApp
    from tests.tui.test_snapshots import SnapCompare

SIZES = ((80, 24), (120, 36), (160, 45), (200, 60))
STATES = {"list": "Plan held", "empty": "No messages yet.", "session": "No confirmations yet."}


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", STATES)
def test_messages_look_as_they_did(
    snap_compare: SnapCompare, state: str, size: tuple[int, int], theme: str
) -> None:
    made = world()
    if state == "empty":
        made.told = Told()
    app = console(made)

    async def settle(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: app.shared.services_ready and theme in app.available_themes)
        app.theme = theme
        await pilot.press("8", *(["right"] if state == "session" else []))
        await until(pilot, lambda: STATES[state] in seen(app), state)
        await _until_still(pilot, app)

    assert snap_compare(app, terminal_size=size, run_before=settle)


async def _until_still(pilot: Pilot[None], app: ConsoleApp) -> None:
    looks: list[list[str]] = []
    while len(looks) < 3 or not looks[-1] == looks[-2] == looks[-3]:
        await pilot.pause(0.05)
        looks.append(lines(app))
