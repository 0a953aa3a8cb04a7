"""How the nine screens look, dark and light, cell by cell. Update with `--snapshot-update`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tui.fake_services import console, world
from tests.tui.looks import at_four_sizes, looks_as_it_did
from tests.tui.pilot import running, seen, until

if TYPE_CHECKING:
    from tests.tui.looks import Size, SnapCompare

pytestmark = pytest.mark.usefixtures("utc")
SETTLED = {"1": "washington", "2": "ongoing", "3": "name: lincoln", "4": "Deactivates"}
SETTLED |= {"5": "Park 9, Ada", "6": "lincoln", "7": "Chain intact", "8": "Plan held"}
SETTLED |= {"9": "checks failed"}


@pytest.mark.parametrize("theme", ["night", "dawn"])
@at_four_sizes
@pytest.mark.parametrize("key", SETTLED)
def test_a_screen_looks_as_it_did(
    snap_compare: SnapCompare, key: str, size: Size, theme: str
) -> None:
    app, steps = console(world(entries=40)), [(key, SETTLED[key])]

    assert looks_as_it_did(snap_compare, app, size, steps, theme=theme)


async def test_the_moments_in_them_are_those_of_the_standin() -> None:
    app = console(world())
    async with running(app) as pilot:
        await until(pilot, lambda: "09:30 UTC" in seen(app))
