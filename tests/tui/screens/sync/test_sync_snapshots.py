"""How Sync looks in its states and windows, cell by cell. Update with `--snapshot-update`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from integration_tui.domain.ids import RunId
from integration_tui.domain.sync.run import Phase, RunStatus
from integration_tui.domain.value import replace
from tests.tui.fake_services import World, console, world
from tests.tui.fake_sync_services import a_run
from tests.tui.looks import at_four_sizes, looks_as_it_did

if TYPE_CHECKING:
    from tests.tui.looks import Size, SnapCompare

pytestmark = pytest.mark.usefixtures("utc")
_PANE_FROM = 100
"""Columns from which the views stand beside the list; below, the first key shows them."""
STATES = {
    "approval": (("Y", "Type 312"), ("3 1", "does not match yet")),
    "conflicts": (("right", "ours@example.org"),),
    "conflict": (("right", "ours@example.org"), ("enter", "Conflict")),
    "undo": (("u", "Undo which run?"),),
    "changes": (("tab", "Ada Park 0"),),
    "approved": (),
    "running": (),
    "failed": (),
}
SEEN = {"approved": "APPROVED", "failed": "FAILED"}


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


@at_four_sizes
@pytest.mark.parametrize("state", STATES)
def test_the_sync_screen_looks_as_it_did(snap_compare: SnapCompare, state: str, size: Size) -> None:
    steps = [("4", SEEN.get(state, "lincoln")), *STATES[state]]
    if size[0] < _PANE_FROM and steps[-1][0] in {"right", "enter"}:
        steps.insert(1, ("right", ""))

    assert looks_as_it_did(snap_compare, console(in_state(state)), size, steps)
