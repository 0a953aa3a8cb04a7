"""How the windows of Webhooks look, cell by cell. Update with `pytest --snapshot-update`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tui.fake_services import console, world
from tests.tui.looks import at_four_sizes, looks_as_it_did

if TYPE_CHECKING:
    from tests.tui.looks import Size, SnapCompare

pytestmark = pytest.mark.usefixtures("utc")
_LIST = ("6", "hook-1")
STATES = {
    "new": (_LIST, ("n", "Create a webhook?")),
    "remove": (_LIST, ("D", "Delete webhook hook-1?")),
}


@at_four_sizes
@pytest.mark.parametrize("state", STATES)
def test_webhooks_look_as_they_did(snap_compare: SnapCompare, state: str, size: Size) -> None:
    assert looks_as_it_did(snap_compare, console(world(entries=40)), size, STATES[state])
