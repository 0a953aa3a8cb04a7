"""How the sync screen looks in its states and windows, cell by cell."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from integration_tui.domain.ids import RunId
from integration_tui.domain.sync.run import Phase, RunStatus
from tests.tui.fake_services import World, console, world
from tests.tui.fake_sync_services import a_run
from tests.tui.pilot import app_of, lines, seen, until

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tests.tui.test_snapshots import SnapCompare

SIZES = ((80, 24), (120, 36), (160, 45), (200, 60))
KEYS = {
    "held": ([], "Deactivates"),
    "approval": (["Y", *"31"], "Type 312"),
    "conflicts": (["right"], "ours@example.org"),
    "conflict": (["right", "enter"], "Conflict"),
    "undo": (["u"], "Undo which run?"),
    "changes": (["tab"], "Ada Park 0"),
    "approved": ([], "APPROVED"),
    "running": ([], "lincoln"),
    "failed": ([], "FAILED"),
}


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def in_state(state: str) -> World:
    """Return a world in which the run of lincoln is in this state."""
    made = world()
    if state == "approved":
        made.syncs.approve(RunId(4), by="bob", until=datetime(2026, 11, 23, 11, 30, tzinfo=UTC))
    elif state == "running":
        made.syncs.newest(a_run(4, RunStatus.RUNNING, phase=Phase.PULL), done=1_500)
        made.syncs.reports = [one for one in made.syncs.reports if one.run.id != RunId(3)]
    elif state == "failed":
        made.syncs.newest(replace(a_run(4, RunStatus.FAILED), problem="the connection timed out"))
    return made


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", KEYS)
def test_the_sync_screen_looks_as_it_did(
    snap_compare: SnapCompare, state: str, size: tuple[int, int]
) -> None:
    app = console(in_state(state))
    keys, expected = KEYS[state]
    if size[0] < 100 and "right" in keys:  # the first one shows the pane
        keys = ["right", *keys]

    async def settle(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: app.shared.services_ready)
        await pilot.press("4")
        await until(pilot, lambda: "lincoln" in seen(app))
        await _until_still(pilot)
        await pilot.press(*keys)
        await until(pilot, lambda: expected in seen(app), expected)
        await _until_still(pilot)

    assert snap_compare(app, terminal_size=size, run_before=settle)


async def _until_still(pilot: Pilot[None]) -> None:
    """Wait until nothing has changed for a while."""
    looks: list[list[str]] = []
    while len(looks) < 3 or not looks[-1] == looks[-2] == looks[-3]:
        await pilot.pause(0.05)
        looks.append(lines(app_of(pilot)))
