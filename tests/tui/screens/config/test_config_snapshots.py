"""How Configuration and its windows look, cell by cell. Update with `pytest --snapshot-update`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tui.fake_services import console, world
from tests.tui.looks import at_four_sizes, looks_as_it_did

if TYPE_CHECKING:
    from tests.tui.looks import Size, SnapCompare

pytestmark = pytest.mark.usefixtures("utc")
_DOCUMENT = (("3", "name: "), ("g", "name: lincoln"))
_EDITED = (*_DOCUMENT, ("e", ""), ("x", "xname: lincoln"))
_NEW = (("3", "name: "), ("n", "step 1 of 3"))
STATES = {
    "edit": _EDITED,
    "form": (*_DOCUMENT, ("f", "client_secret")),
    "versions": (*_DOCUMENT, ("v", "+ seed: 8")),
    "compare": (*_DOCUMENT, ("c", "1 value differs")),
    "save": (*_EDITED, ("ctrl+s", "kept in the audit log")),
    "type": _NEW,
    "name": (*_NEW, ("enter", "step 2 of 3")),
    "values": (*_NEW, ("enter", "step 2 of 3"), ("x", "x"), ("enter", "step 3 of 3")),
    "secret": (*_DOCUMENT, ("f", "client_secret"), ("G", ""), ("enter", "keyrings need the extra")),
}


@at_four_sizes
@pytest.mark.parametrize("state", STATES)
def test_configuration_looks_as_it_did(snap_compare: SnapCompare, state: str, size: Size) -> None:
    assert looks_as_it_did(snap_compare, console(world(entries=40)), size, STATES[state])
