"""The health screen: figures of all, the course of one."""

from __future__ import annotations

from tests.tui.helpers import running, toasts, until, until_seen
from tests.tui.standin import console, world


async def test_the_figures_of_every_integration() -> None:
    app = console(world())
    async with running(app) as pilot:
        await pilot.press("2")

        for text in ("100.00%", "99.03%", "p95", "720"):
            await until_seen(pilot, text)


async def test_w_looks_at_a_longer_time_and_comes_back() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("2")
        for words in ("the last 1 h", "the last 24 h", "the last 7 d", "the last 1 h"):
            await until_seen(pilot, words)
            await pilot.press("w")

        asked = [call[1] for call in made.calls if call[0] == "statistics"]
        assert list(dict.fromkeys(asked)) == [3600, 86_400, 604_800]


async def test_the_course_is_that_of_the_selected_integration() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("2")
        await until_seen(pilot, "lincoln · the last")
        await pilot.press("j", "j")

        await until_seen(pilot, "washington · the last")
        assert ("history", "washington", 3600) in made.calls
        await until_seen(pilot, "▒")


async def test_c_checks_now() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("2")
        await until_seen(pilot, "lincoln · the last")
        await pilot.press("j", "c")

        await until(pilot, lambda: toasts(app) == ["roosevelt is healthy in 5 ms: answered"])
