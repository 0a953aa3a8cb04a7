"""How the roster looks in its states and windows, cell by cell."""

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
KEYS: dict[str, tuple[list[str], str, str]] = {
    "people": ([], "250", "─ Ada Park 1 · "),
    "search": (["slash", *"Park 24"], "11 of 250", "─ Ada Park 24 · "),
    "nobody": (["slash", *"nobody"], "0 of 250", "─ Record ─"),
    "classes": (["right"], "Classes · 3", "─ Classes 1 · "),
    "record": (["enter"], "Elena Park", ""),
    "fields": (["m"], "Account enabled", ""),
    "choose": (["e"], "Edit which field?", ""),
    "edit": (["e", "down", "enter"], "Saved here only", ""),
}
"""What is pressed, what is seen then, and what is on the card where there is room for it."""


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", KEYS)
def test_the_roster_looks_as_it_did(
    snap_compare: SnapCompare, state: str, size: tuple[int, int]
) -> None:
    app = console(world())
    keys, expected, card = KEYS[state]
    with_card = size[0] >= 100

    async def settle(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: app.shared.services_ready)
        await pilot.press("5")
        await until(pilot, lambda: "Park 9, Ada" in seen(app) and "250" in seen(app))
        await until(pilot, lambda: not with_card or "created by lincoln" in seen(app))
        await _until_still(pilot)
        await pilot.press(*keys)
        await until(pilot, lambda: expected in seen(app), expected)
        await until(pilot, lambda: not with_card or card in seen(app), card)
        await _until_still(pilot)

    assert snap_compare(app, terminal_size=size, run_before=settle)


async def _until_still(pilot: Pilot[None]) -> None:
    """Wait until nothing has changed for a while."""
    looks: list[list[str]] = []
    while len(looks) < 6 or any(look != looks[-1] for look in looks[-6:]):
        await pilot.pause(0.05)
        looks.append(lines(app_of(pilot)))
