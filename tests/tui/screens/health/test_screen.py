"""The health screen: figures of all, the course of one, now and in the past."""

from __future__ import annotations

from datetime import timedelta

from integration_tui.domain.events import HealthChanged
from integration_tui.tui.widgets.chart import LatencyChart
from integration_tui.tui.widgets.dialogs import TextDialog
from integration_tui.tui.widgets.static_text import StaticText
from tests.tui.fake_services import LINCOLN, NOW, VIEWER, World, console, world
from tests.tui.pilot import lines, running, seen, toasts, until, until_on, until_seen

HOUR_S = 3600


def asked(made: World, name: str) -> list[tuple[object, ...]]:
    """Return what a reading was asked for, the same in a row once."""
    return list(dict.fromkeys(call[1:] for call in made.calls if call[0] == name))


async def test_the_figures_of_every_integration() -> None:
    app = console(world())
    async with running(app) as pilot:
        await pilot.press("2")

        for text in ("100.00%", "99.03%", "p95", "720"):
            await until_seen(pilot, text)


async def test_w_looks_at_longer_times_and_comes_back() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("2")
        for words in ("1 h", "6 h", "24 h", "7 d", "30 d", "15 min"):
            await until_seen(pilot, f"the last {words}")
            await pilot.press("w")
        await until_seen(pilot, "the last 1 h")
        await pilot.press("W")
        await until_seen(pilot, "the last 15 min")

        hours = [length for length, _ in asked(made, "statistics")]
        assert hours == [HOUR_S * hour for hour in (1, 6, 24, 168, 720, 0.25)]


async def test_the_course_is_that_of_the_selected_integration() -> None:
    made = world()
    app = console(made)
    async with running(app, width=80) as pilot:
        await pilot.press("2")
        await until_seen(pilot, "lincoln · the last")
        await pilot.press("j", "j")

        await until_seen(pilot, "washington · the last")
        await until(pilot, lambda: ("washington", HOUR_S, NOW) in asked(made, "timeseries"))
        for text in ("Incidents 2", "Failed checks 8", "2 min lasts 503", "75% 6 times", "200 ms"):
            await until_seen(pilot, text)
        (axis,) = [line for line in lines(app) if "┴" in line]
        assert f"{(NOW - timedelta(minutes=10)).astimezone():%H:%M}" in axis


async def test_the_past_is_looked_at_and_stands_still() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("2")
        await until_seen(pilot, "lincoln · the last 1 h")
        await pilot.press("left", "left")
        then = NOW - timedelta(minutes=30)
        words = f"1 h as of {then.astimezone():%Y-%m-%d %H:%M:%S}"
        await until(pilot, lambda: seen(app).count(words) == 2, "in the bar and in the course")
        await until(pilot, lambda: ("lincoln", HOUR_S, then) in asked(made, "timeseries"))
        await until(pilot, lambda: (HOUR_S, then) in asked(made, "statistics"))
        await until_seen(pilot, "? not known")
        before = len(made.calls)
        made.bus.publish(HealthChanged(LINCOLN))
        await until(pilot, lambda: ("overview",) in made.calls[before:])
        await until_seen(pilot, words)
        assert "statistics" not in {call[0] for call in made.calls[before:]}
        assert asked(made, "timeseries")[-1] == ("lincoln", HOUR_S, then)

        await pilot.press("right")
        await until_seen(pilot, f"{(NOW - timedelta(minutes=15)).astimezone():%H:%M:%S}")
        await pilot.press("0")
        await until_seen(pilot, "lincoln · the last 1 h")
        await until_seen(pilot, "● active")
        assert "as of" not in seen(app)
        courses = [call[1:] for call in made.calls if call[0] == "timeseries"]
        assert courses[-1] == ("lincoln", HOUR_S, NOW)


async def test_the_next_attempt_is_counted_down_and_nothing_else_is_drawn_again() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("2", "j", "j")
        await until_seen(pilot, "reconnect attempt 4 in 1 min")
        await pilot.pause()
        chart = app.screen.query_one(LatencyChart)
        strip = chart.render_line(0)

        made.now += timedelta(seconds=13)
        await until_seen(pilot, "reconnect attempt 4 in 47 s")
        made.now += timedelta(seconds=60)
        await until_seen(pilot, "reconnect attempt 4 now")
        assert app.screen.query_one("#next", StaticText).size.height == 1
        assert chart.render_line(0) == strip


async def test_enter_tells_everything() -> None:
    app = console(world())
    async with running(app, height=40) as pilot:
        await pilot.press("2")
        await until_seen(pilot, "Incidents 2")
        await pilot.press("enter")
        await until_on(pilot, TextDialog)

        for text in ("degraded → error", "and it lasts", "no answer in 10 s", "Newest checks"):
            await until_seen(pilot, text)


async def test_c_checks_now_but_not_for_somebody_who_only_looks() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("2")
        await until_seen(pilot, "lincoln · the last")
        await pilot.press("j", "c")

        await until(pilot, lambda: toasts(app) == ["roosevelt is healthy in 5 ms: answered"])
    app = console(world(), actor=VIEWER)
    async with running(app) as pilot:
        await pilot.press("2")
        await until_seen(pilot, "lincoln · the last")
        assert "check now" not in seen(app)
