"""How the health screen looks at four sizes, now and in the past. Update: `--snapshot-update`."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from tests.tui.fake_services import console, world
from tests.tui.pilot import app_of, lines, seen, until

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tests.tui.test_snapshots import SnapCompare

SIZES = ((80, 24), (120, 36), (160, 45), (200, 60))
STATES = {
    "now": (),
    "fit": ("f",),
    "past": ("left", "left"),
    "slow": ("k", "k"),
    "zoomed": ("tab", "tab", "tab", "z"),
}


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("theme", ["night", "dawn"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_health_looks_as_it_did(
    snap_compare: SnapCompare, size: tuple[int, int], theme: str
) -> None:
    _compare(snap_compare, (), size, theme)


@pytest.mark.parametrize("state", [state for state in STATES if state != "now"])
def test_states_of_health_look_as_they_did(snap_compare: SnapCompare, state: str) -> None:
    _compare(snap_compare, STATES[state], (160, 45), "night")


def _compare(
    snap_compare: SnapCompare, keys: tuple[str, ...], size: tuple[int, int], theme: str
) -> None:
    app = console(world())

    async def settle(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: app.shared.services_ready and theme in app.available_themes)
        app.theme = theme
        await pilot.press("2")
        await until(pilot, lambda: "ongoing" in seen(app))
        await pilot.press(*keys)
        await _until_still(pilot)

    assert snap_compare(app, terminal_size=size, run_before=settle)


async def _until_still(pilot: Pilot[None]) -> None:
    """Wait until nothing has changed for a while."""
    looks: list[list[str]] = []
    while len(looks) < 3 or not looks[-1] == looks[-2] == looks[-3]:
        await pilot.pause(0.05)
        looks.append(lines(app_of(pilot)))
