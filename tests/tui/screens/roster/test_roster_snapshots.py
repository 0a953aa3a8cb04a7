"""How the roster looks in its states and windows, cell by cell. Update: `--snapshot-update`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tui.fake_services import console, world
from tests.tui.looks import at_four_sizes, looks_as_it_did

if TYPE_CHECKING:
    from tests.tui.looks import Size, SnapCompare

pytestmark = pytest.mark.usefixtures("utc")
_CARD_FROM = 100
"""Columns from which the card stands beside the list."""
STATES = {
    "search": (("slash", "250"), ("P a r k space 2 4", "11 of 250")),
    "nobody": (("slash", "250"), ("n o b o d y", "0 of 250")),
    "classes": (("right", "Classes · 3"),),
    "record": (("enter", "Elena Park"),),
    "fields": (("m", "Account enabled"),),
    "choose": (("e", "Edit which field?"),),
    "edit": (("e", "Edit which field?"), ("down enter", "Saved here only")),
}
CARDS = {"search": "─ Ada Park 24 · ", "nobody": "─ Record ─", "classes": "─ Classes 1 · "}
"""What is on the card in the end, where there is room for it."""


@at_four_sizes
@pytest.mark.parametrize("state", STATES)
def test_the_roster_looks_as_it_did(snap_compare: SnapCompare, state: str, size: Size) -> None:
    has_card = size[0] >= _CARD_FROM
    first = ("5", "created by lincoln" if has_card else "Park 9, Ada")
    *others, (keys, text) = STATES[state]
    last = (
        [(keys, text), ("shift", CARDS[state])] if has_card and state in CARDS else [(keys, text)]
    )

    assert looks_as_it_did(snap_compare, console(world()), size, [first, *others, *last])
