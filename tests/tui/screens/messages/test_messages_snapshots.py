"""How Messages looks in its states, cell by cell. Update with `pytest --snapshot-update`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tui.fake_messages import Told
from tests.tui.fake_services import console, world
from tests.tui.looks import at_four_sizes, looks_as_it_did

if TYPE_CHECKING:
    from tests.tui.looks import Size, SnapCompare

pytestmark = pytest.mark.usefixtures("utc")
STATES = {
    "empty": (("8", "No messages yet."),),
    "session": (("8", "Plan held"), ("right", "No confirmations yet.")),
}


@at_four_sizes
@pytest.mark.parametrize("state", STATES)
def test_messages_look_as_they_did(snap_compare: SnapCompare, state: str, size: Size) -> None:
    made = world()
    if state == "empty":
        made.told = Told()

    assert looks_as_it_did(snap_compare, console(made), size, STATES[state])
