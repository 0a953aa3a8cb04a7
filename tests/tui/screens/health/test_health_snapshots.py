"""How Health looks in its states, cell by cell. Update with `pytest --snapshot-update`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tui.fake_services import console, world
from tests.tui.looks import at_four_sizes, looks_as_it_did

if TYPE_CHECKING:
    from tests.tui.looks import Size, SnapCompare

pytestmark = pytest.mark.usefixtures("utc")
_NOW = ("2", "ongoing")
STATES = {
    "past": (_NOW, ("left left", "")),
    "slow": (_NOW, ("k k", "")),
    "zoomed": (_NOW, ("tab tab tab z", "")),
}


@at_four_sizes
@pytest.mark.parametrize("state", STATES)
def test_health_looks_as_it_did(snap_compare: SnapCompare, state: str, size: Size) -> None:
    assert looks_as_it_did(snap_compare, console(world(entries=40)), size, STATES[state])
