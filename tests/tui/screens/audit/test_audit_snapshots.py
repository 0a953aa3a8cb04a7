"""How the audit log and its windows look, cell by cell, at four sizes."""

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
    "log": (("7", "Chain intact"),),
    "filter": (("7", "Chain intact"), ("slash", "text=")),
    "entry": (("7", "Chain intact"), ("enter", "y copy")),
    "export": (("7", "Chain intact"), ("E", "Export the audit log?")),
}
"""What is pressed, each when the text behind it is seen."""


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", STATES)
def test_it_looks_as_it_did(snap_compare: SnapCompare, state: str, size: tuple[int, int]) -> None:
    app = console(world(entries=40))

    async def settle(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: app.shared.services_ready)
        for key, text in STATES[state]:
            await pilot.press(key)
            await until(pilot, lambda text=text: text in seen(app))  # type: ignore[misc]  # bound early
        await _until_still(pilot)

    assert snap_compare(app, terminal_size=size, run_before=settle)


async def _until_still(pilot: Pilot[None]) -> None:
    """Wait until nothing has changed for a while."""
    looks: list[list[str]] = []
    while len(looks) < 3 or not looks[-1] == looks[-2] == looks[-3]:
        await pilot.pause(0.05)
        looks.append(lines(app_of(pilot)))
