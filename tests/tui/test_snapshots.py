"""How the six screens look, cell by cell. Update with `pytest --snapshot-update`."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from tests.tui.helpers import running, seen, until
from tests.tui.standin import console, world

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


SETTLED = {"1": "washington", "2": "▒", "3": "name: lincoln", "4": "deactivate"}
SETTLED |= {"5": "Ada Park 9", "7": "lincoln"}


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


WIDE = {"4": (160, 45), "5": (160, 45)}
LOOKS = [(key, size) for key in SETTLED for size in ((80, 24), WIDE.get(key, (120, 40)))]


@pytest.mark.parametrize(
    ("key", "size"), LOOKS, ids=lambda one: one if isinstance(one, str) else f"{one[0]}x{one[1]}"
)
def test_a_screen_looks_as_it_did(
    snap_compare: SnapCompare, key: str, size: tuple[int, int]
) -> None:
    app = console(world(entries=40))

    async def settle(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: app.desk.is_open)
        await pilot.press(key)
        await until(pilot, lambda: SETTLED[key] in seen(app))
        await pilot.pause(0.1)

    assert snap_compare(app, terminal_size=size, run_before=settle)


async def test_the_moments_in_them_are_those_of_the_standin() -> None:
    app = console(world())
    async with running(app) as pilot:
        await until(pilot, lambda: "09:30:00" in seen(app))
