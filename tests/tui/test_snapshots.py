"""How the nine screens look, cell by cell. Update with `pytest --snapshot-update`."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from tests.tui.fake_services import console, world
from tests.tui.pilot import app_of, lines, running, seen, until

if TYPE_CHECKING:
    from typing import Protocol

    from textual.app import App
    from textual.pilot import Pilot

    class SnapCompare(Protocol):
        def __call__(
            self,
            app: App[None],
            *,
            press: list[str] = ...,
            terminal_size: tuple[int, int] = ...,
            run_before: object = ...,
        ) -> bool: ...


SETTLED = {"1": "washington", "2": "ongoing", "3": "name: lincoln", "4": "Deactivates"}
SETTLED |= {"5": "Park 9, Ada", "6": "lincoln", "7": "lincoln", "8": "Plan held"}
SETTLED |= {"9": "checks failed"}
SIZES = ((80, 24), (160, 45))
THEMES = ("night", "dawn")


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("key", SETTLED)
def test_a_screen_looks_as_it_did(
    snap_compare: SnapCompare, key: str, size: tuple[int, int], theme: str
) -> None:
    app = console(world(entries=40))

    async def settle(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: app.shared.services_ready and theme in app.available_themes)
        app.theme = theme
        await pilot.press(key)
        await until(pilot, lambda: SETTLED[key] in seen(app))
        await _until_still(pilot)

    assert snap_compare(app, terminal_size=size, run_before=settle)


async def _until_still(pilot: Pilot[None]) -> None:
    """Wait until nothing has changed for a while."""
    looks: list[list[str]] = []
    while len(looks) < 3 or not looks[-1] == looks[-2] == looks[-3]:
        await pilot.pause(0.05)
        looks.append(lines(app_of(pilot)))


async def test_the_moments_in_them_are_those_of_the_standin() -> None:
    app = console(world())
    async with running(app) as pilot:
        await until(pilot, lambda: "09:30 UTC" in seen(app))
