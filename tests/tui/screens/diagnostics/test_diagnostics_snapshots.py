"""How the views of Diagnostics look, cell by cell. Update with `pytest --snapshot-update`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tui.fake_services import console, world
from tests.tui.looks import at_four_sizes, looks_as_it_did

if TYPE_CHECKING:
    from tests.tui.looks import Size, SnapCompare

pytestmark = pytest.mark.usefixtures("utc")
_CHECKS = ("9", "1 of 2 checks failed")
STATES = {
    "settings": (_CHECKS, ("right", "INTEGRATION_LOG_LEVEL")),
    "paths": (_CHECKS, ("left", "/var/x.log")),
}


@at_four_sizes
@pytest.mark.parametrize("state", STATES)
def test_diagnostics_looks_as_it_did(snap_compare: SnapCompare, state: str, size: Size) -> None:
    assert looks_as_it_did(snap_compare, console(world(entries=40)), size, STATES[state])
