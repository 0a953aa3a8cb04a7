"""Pictures of the console, cell by cell: one way to settle it and to compare what is seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.tui.pilot import app_of, lines, seen, until

if TYPE_CHECKING:
    from textual.app import App
    from textual.pilot import Pilot

    from integration_tui.tui.app import ConsoleApp

    class SnapCompare(Protocol):
        def __call__(
            self,
            app: App[None],
            *,
            press: list[str] = ...,
            terminal_size: tuple[int, int] = ...,
            run_before: object = ...,
        ) -> bool: ...


Size = tuple[int, int]
Steps = Sequence[tuple[str, str]]
"""Keys with spaces between, and what is seen once they have led there; empty for anything."""
SIZES = ((80, 24), (120, 36), (160, 45), (200, 60))
at_four_sizes = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
_STILL = 3
"""So many looks in a row have to be the same."""


def looks_as_it_did(
    snap_compare: SnapCompare, app: ConsoleApp, size: Size, steps: Steps, *, theme: str = "night"
) -> bool:
    """Return whether the console looks as in its picture after these steps."""

    async def settle(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: app.shared.services_ready and theme in app.available_themes)
        app.theme = theme
        for keys, text in steps:
            await pilot.press(*keys.split(" "))
            await until(pilot, lambda text=text: text in seen(app), text)  # type: ignore[misc]  # bound early
            await _until_still(pilot)

    return snap_compare(app, terminal_size=size, run_before=settle)


async def _until_still(pilot: Pilot[None]) -> None:
    """Wait until nothing has changed for a while."""
    looks: list[list[str]] = []
    while len(looks) < _STILL or any(look != looks[-1] for look in looks[-_STILL:]):
        await pilot.pause(0.05)
        looks.append(lines(app_of(pilot)))
