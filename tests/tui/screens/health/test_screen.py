"""The health screen: figures of all, the course of one, now and in the past."""

from __future__ import annotations

from datetime import timedelta

import pytest

from integration_tui.domain.events import HealthChanged
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.value import replace
from integration_tui.tui.screens.health.screen import HealthScreen
from integration_tui.tui.widgets.chart import LatencyChart
from integration_tui.tui.widgets.dialogs import TextDialog
from integration_tui.tui.widgets.pane import Pane
from tests.tui.fake_services import LINCOLN, NOW, VIEWER, World, console, world
from tests.tui.pilot import lines, running, seen, toasts, until, until_on, until_seen

HOUR_S = 3600
DAY_S = 24 * HOUR_S
FIRST = "lincoln"
"""The one that the first screen was about. Before it are adams, roosevelt and washington."""


def asked(made: World, name: str) -> list[tuple[object, ...]]:
    """Return what a reading was asked for, the same in a row once."""
    return list(dict.fromkeys(call[1:] for call in made.calls if call[0] == name))


def windows(made: World) -> list[object]:
    """Return the lengths of the windows that figures were read of, one after the other."""
    return [length for length, _ in asked(made, "statistics")]


async def test_the_worst_is_on_top_and_its_figures_have_units() -> None:
    app = console(world())
    async with running(app, width=160, height=45) as pilot:
        await pilot.press("2")

        await until_seen(pilot, f"{FIRST} · last 24 h, to ")
        for text in ("98.06%", "11 ms", "48 ms", "limit 2.0 s", "720", "every 30 s"):
            await until_seen(pilot, text)
        names = [line.split()[2] for line in lines(app) if line.startswith("│ ")][1:7]
        assert names == ["washington", "roosevelt", "adams", "lincoln", "jefferson", "madison"]


async def test_w_goes_through_the_windows_and_fit_is_one_of_them() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("2")
        await until_seen(pilot, "last 24 h")
        for words in ("7 d", "30 d", "3 d", "15 min", "1 h", "6 h", "24 h"):
            await pilot.press("w")
            await until_seen(pilot, f"last {words}, to ")
        await pilot.press("W")
        await until_seen(pilot, "last 6 h, to ")

        hours = [24, 168, 720, 72, 0.25, 1, 6]
        await until(pilot, lambda: windows(made) == [HOUR_S * hour for hour in hours])


async def test_f_shows_all_that_is_kept_from_the_first_check_to_now() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("2")
        await until_seen(pilot, "last 24 h")
        await pilot.press("left")
        await until_seen(pilot, "24 h to ")

        await pilot.press("f")

        await until_seen(pilot, "last 3 d, to ")
        await until(pilot, lambda: asked(made, "statistics")[-1] == (3 * DAY_S, None))


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(minutes=13, seconds=10), "last 14 min"),
        (timedelta(hours=5), "last 5 h"),
        (timedelta(days=2), "last 24 h"),
        (None, "last 1 h"),
    ],
)
async def test_a_young_store_fills_the_width(age: timedelta | None, words: str) -> None:
    made = world()
    made.known_since = None if age is None else NOW - age
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("2")

        await until_seen(pilot, f"{words}, to ")


async def test_a_window_that_was_chosen_is_found_again_and_another_is_not() -> None:
    app = console(world())
    async with running(app) as pilot:
        await pilot.press("2")
        await until_seen(pilot, "last 24 h")
        screen = app.screen
        assert isinstance(screen, HealthScreen)
        assert "window" not in screen.remember()

        await pilot.press("w")

        assert screen.remember()["window"] == "7 d"
        screen.restore({"window": "fit"})
        assert screen.look.window == "fit"
        screen.restore({"window": "a year"})
        assert screen.look.window == "fit"


async def test_the_course_is_that_of_the_selected_integration() -> None:
    made = world()
    app = console(made)
    async with running(app, width=160, height=45) as pilot:
        await pilot.press("2")
        await until_seen(pilot, f"{FIRST} · last")
        await pilot.press("k", "k", "k")

        await until_seen(pilot, "washington · last 24 h")
        await until(pilot, lambda: ("washington", DAY_S, NOW) in asked(made, "timeseries"))
        for text in ("2 in 7 days, 1 ongoing", "8 in 24 h", "2 min, now", "503 from upstream"):
            await until_seen(pilot, text)
        (axis,) = [line for line in lines(app) if "┴" in line]
        assert axis.count("┴") > 5


async def test_incidents_are_bands_and_rows_and_failures_are_bars() -> None:
    app = console(world())
    async with running(app, width=160, height=45) as pilot:
        await pilot.press("2")
        await until_seen(pilot, "8 in 24 h")

        shown = lines(app)
        (over,) = [line for line in shown if "5 min" in line and "503" in line and "▲" not in line]
        assert "now" not in over
        (bar,) = [line for line in shown if "▆" in line and " 75%" in line]
        assert "503 from upstream" in bar
        chart = app.screen.query_one(LatencyChart)
        assert {mark.ground for row in chart.rows() for mark in row} == {"", "bad-ground"}


async def test_a_week_has_a_row_a_day_and_ends_now() -> None:
    app = console(world())
    async with running(app, width=160, height=45) as pilot:
        await pilot.press("2")
        await until_seen(pilot, "one cell = 15 min")

        local = NOW.astimezone()
        days = [local.date() - timedelta(days=number) for number in range(6, -1, -1)]
        shown = [line for line in lines(app) if "▮" in line and "%" in line]
        assert [f"{day:%a} {day.day:>2}" in line for day, line in zip(days, shown, strict=True)]
        today = shown[-1].partition(f"{local:%a}")[2]
        cells = sum(today.count(sign) for sign in "▮▴✗·") - today.count(" · ")
        assert cells == (local.hour * 60 + local.minute) // 15 + 1


async def test_the_past_is_looked_at_and_stands_still() -> None:
    made = world()
    app = console(made)
    async with running(app, width=130) as pilot:
        await pilot.press("2")
        await until_seen(pilot, f"{FIRST} · last 24 h")
        await pilot.press("left", "left")
        then = NOW - timedelta(hours=12)
        local = then.astimezone()
        words = f"24 h to {local:%a} {local.day} {local:%b, %H:%M}"
        await until_seen(pilot, f" PAST  {words}")
        assert "✗ 1" in lines(app)[0]
        await until(pilot, lambda: (FIRST, DAY_S, then) in asked(made, "timeseries"))
        await until(pilot, lambda: (DAY_S, then) in asked(made, "statistics"))
        await until(pilot, lambda: any("·" in line[:6] for line in lines(app)), "not known then")
        before = len(made.calls)
        made.bus.publish(HealthChanged(LINCOLN))
        made.bus.publish(HealthChanged(IntegrationId(FIRST)))
        await until(pilot, lambda: ("overview",) in made.calls[before:])
        await until_seen(pilot, words)
        assert "statistics" not in {call[0] for call in made.calls[before:]}

        await pilot.press("right")
        await until(pilot, lambda: (DAY_S, NOW - timedelta(hours=6)) in asked(made, "statistics"))
        await pilot.press("0")
        await until_seen(pilot, "last 24 h, to ")
        assert words not in seen(app)
        assert "PAST" not in seen(app)


async def test_the_legend_names_the_lines_that_are_drawn() -> None:
    app = console(world())
    async with running(app, width=80, height=24) as pilot:
        await pilot.press("2")
        await until_seen(pilot, "p50   ⠤⠒ p95")

        await pilot.resize_terminal(80, 20)
        await until_seen(pilot, "⣀⣿ p95")
        assert "⠤⠒" not in seen(app)


async def test_the_next_attempt_is_counted_down_and_nothing_else_is_drawn_again() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("2")
        await until_seen(pilot, f"{FIRST} · last")
        await pilot.press("k", "k", "k")
        await until_seen(pilot, "Retry 4")
        await until_seen(pilot, "in 1 min")
        await pilot.pause()
        chart = app.screen.query_one(LatencyChart)
        strip = chart.render_line(0)

        made.now += timedelta(seconds=13)
        await until_seen(pilot, "in 47 s")
        made.now += timedelta(seconds=60)
        await until(pilot, lambda: any(line.rstrip(" │").endswith("now") for line in lines(app)))
        assert chart.render_line(0) == strip


@pytest.mark.parametrize(
    ("place", "why"), [("jefferson", "stopped"), ("madison", "disabled")], ids=str
)
async def test_one_that_is_not_checked_says_why(place: str, why: str) -> None:
    made = world()
    made.next_checks = False
    app = console(made)
    async with running(app, width=130, height=40) as pilot:
        await pilot.press("2")
        await until_seen(pilot, f"{FIRST} · last")
        await pilot.press(*("j" if place == "jefferson" else "jj"))

        await until_seen(pilot, f"{place} · last")
        await until_seen(pilot, why)


async def test_enter_tells_everything() -> None:
    app = console(world())
    async with running(app, height=60) as pilot:
        await pilot.press("2")
        await until_seen(pilot, "1 ongoing")
        await pilot.press("enter")
        await until_on(pilot, TextDialog)

        for text in ("2 min, now", "6 checks, 75%: 503 from upstream", "Newest checks", "p99 "):
            await until_seen(pilot, text)


async def test_c_checks_now_but_not_for_somebody_who_only_looks() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("2")
        await until_seen(pilot, f"{FIRST} · last")
        await pilot.press("j", "c")

        await until(pilot, lambda: ("check", "jefferson") in made.calls)
        await until(pilot, lambda: bool(toasts(app)))
    app = console(world(), actor=VIEWER)
    async with running(app) as pilot:
        await pilot.press("2")
        await until_seen(pilot, f"{FIRST} · last")
        assert "check now" not in seen(app)


async def test_a_narrow_terminal_shows_one_integration_and_the_keys_go_on() -> None:
    app = console(world())
    async with running(app, width=80, height=24) as pilot:
        await pilot.press("2")
        await until_seen(pilot, f"{FIRST} · last 24 h")
        assert not app.screen.query_one("#side").display

        await pilot.press("j")
        await until_seen(pilot, "jefferson · last 24 h")
        await pilot.press("k")
        await until_seen(pilot, f"{FIRST} · last 24 h")
        await pilot.press("enter")
        await until_on(pilot, TextDialog)


async def test_tab_goes_through_all_panes_in_the_order_in_which_they_are_read() -> None:
    app = console(world())
    async with running(app, width=160, height=45) as pilot:
        await pilot.press("2")
        await until_seen(pilot, f"{FIRST} · last")
        visited: list[str | None] = []
        for _ in range(7):
            focused = app.screen.focused
            assert focused is not None
            visited += [pane.id for pane in focused.ancestors if isinstance(pane, Pane)]
            await pilot.press("tab")

        assert visited == [
            *("fleet-pane", "slowest-pane", "figures-pane", "latency-pane", "week-pane"),
            *("incidents-pane", "failures-pane"),
        ]


async def test_no_data_before_the_first_check_is_said() -> None:
    made = world()
    made.known_since = NOW - timedelta(days=2)
    app = console(made)
    async with running(app, width=130, height=40) as pilot:
        await pilot.press("2", "w")

        await until_seen(pilot, "no data before ")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 36), (160, 45), (200, 60)])
async def test_nothing_is_wider_than_the_terminal(size: tuple[int, int]) -> None:
    made = world()
    first = made.integrations[0]
    made.integrations[0] = replace(first, integration=replace(first.integration, title="x" * 300))
    app = console(made)
    async with running(app, width=size[0], height=size[1]) as pilot:
        await pilot.press("2")
        await until_seen(pilot, "Incidents")

        assert {len(line) for line in lines(app)} == {size[0]}


async def test_a_maximized_list_has_all_figures() -> None:
    app = console(world())
    async with running(app, width=130, height=36) as pilot:
        await pilot.press("2")
        await until_seen(pilot, f"{FIRST} · last")
        assert "Reconnects" not in seen(app)

        await pilot.press("z")
        await until_seen(pilot, "Reconnects")
        assert app.screen.query_one("#fleet-pane").size.height > 20
        assert "full report" in lines(app)[-1]
        await pilot.press("z")
        await until_seen(pilot, f"{FIRST} · last")


async def test_a_store_without_integrations_has_nothing_to_show() -> None:
    made = world()
    made.integrations = []
    app = console(made)
    async with running(app, width=130, height=36) as pilot:
        await pilot.press("2")

        await until(pilot, lambda: seen(app).count("No integrations yet") == 2)
        await pilot.press("enter", "w", "f", "left", "0", "j", "c")
        assert app.is_running
        assert made.acts == [("open",)]


@pytest.mark.parametrize("width", [60, 80, 100, 112, 120, 140, 160, 200])
async def test_no_cause_is_cut_at_any_width(width: int) -> None:
    app = console(world())
    async with running(app, width=width, height=32) as pilot:
        await pilot.press("2")
        await until_seen(pilot, "503 from upstream")

        assert "…" not in "".join(line for line in lines(app) if "503" in line)
