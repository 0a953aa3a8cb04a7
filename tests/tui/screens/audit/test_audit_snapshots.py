"""How the filter and the windows of Audit look, cell by cell. Update: `--snapshot-update`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tui.fake_services import console, world
from tests.tui.looks import at_four_sizes, looks_as_it_did

if TYPE_CHECKING:
    from tests.tui.looks import Size, SnapCompare

pytestmark = pytest.mark.usefixtures("utc")
_LOG = ("7", "Chain intact")
STATES = {
    "filter": (_LOG, ("slash", "text=")),
    "entry": (_LOG, ("enter", "y copy")),
    "export": (_LOG, ("E", "Export the audit log?")),
}


@at_four_sizes
@pytest.mark.parametrize("state", STATES)
def test_audit_looks_as_it_did(snap_compare: SnapCompare, state: str, size: Size) -> None:
    assert looks_as_it_did(snap_compare, console(world(entries=40)), size, STATES[state])
