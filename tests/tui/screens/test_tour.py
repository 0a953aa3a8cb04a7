"""The console of a demo: the tour leads, time is steered, what is shown is recorded."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest
from textual.binding import Binding

from integration_tui.demo.clock import DemoClock
from integration_tui.demo.districts import MOMENTS, START, DemoDistricts
from integration_tui.domain.demo_controls import DemoOptions
from integration_tui.domain.errors import UsageError
from integration_tui.tui.asciicast import Recording
from integration_tui.tui.demo_app import DemoApp
from integration_tui.tui.screens.registry import SCREENS
from integration_tui.tui.screens.tour import STEPS, Tour, TourLines
from tests.tui.fake_services import ADMIN, opened, world
from tests.tui.pilot import running, seen, until, until_seen
from tests.tui.terminal import Terminal

MODES = {place.mode: place for place in SCREENS}
RECORDED = """
from pathlib import Path
from integration_tui.tui.demo_app import recorded
from tests.tui.screens.test_tour import demo
with recorded(Path({path!r})) as recording:
    demo(recording=recording).run()
"""


def paused_at(elapsed_s: float) -> DemoClock:
    """Return a clock that was paused so many seconds into the demo."""
    skipped_s = 0.0
    clock = DemoClock(START, lambda: time.monotonic() + skipped_s)
    clock.resume()
    skipped_s = elapsed_s
    clock.pause()
    return clock


def demo(*, has_tour: bool = False, recording: Recording | None = None) -> DemoApp:
    clock = paused_at(5)
    made = world()
    return DemoApp(
        lambda: opened(made),
        actor=ADMIN,
        staging=DemoOptions(time=clock, moments=MOMENTS, has_tour=has_tour),
        recording=recording,
        preload=(),
    )


def test_every_step_fits_and_names_what_there_is() -> None:
    for step in STEPS:
        assert max(len(step.look), len(step.press)) <= 78, step.title
        assert step.mode in MODES
        assert step.moment in {"", *MOMENTS}
        assert step.about in {"", *DemoDistricts().documents({})}


def test_steps_without_a_screen_are_left_out() -> None:
    tour = Tour({"sync"}, MOMENTS, lambda: 0.0)

    tour.move(99)

    assert {step.mode for step in tour.steps} == {"sync"}
    assert tour.number == len(tour.steps) - 1


async def test_the_tour_leads_through_the_screens_and_can_be_left() -> None:
    app = demo(has_tour=True)
    async with running(app, width=80) as pilot:
        await until_seen(pilot, f"1/{len(STEPS)} Five school systems")
        await pilot.click(TourLines, offset=(64, 0))
        await until_seen(pilot, "2/13 A week of history")
        for step in STEPS[2:]:
            await pilot.press("f7")
            await until_seen(pilot, step.look)
            assert app.current_mode == step.mode
        await pilot.press("f7", "f6")
        await until_seen(pilot, STEPS[-2].title)
        await pilot.click(TourLines, offset=(74, 0))
        await until(pilot, lambda: STEPS[-2].title not in seen(app))
        await pilot.press("f7")
        await until_seen(pilot, STEPS[-2].look)


async def test_time_is_paused_and_hurried_and_the_title_says_so() -> None:
    app = demo()
    async with running(app) as pilot:
        await until_seen(pilot, "demo district · clock paused")
        await pilot.press("f2", "f4", "f4")
        await until_seen(pilot, "demo district · 5x")
        await pilot.press("f3", "f3")
        await until(pilot, lambda: "district ·  5x" not in seen(app))
        await pilot.press("f2")
        await until_seen(pilot, "demo district · clock paused")


async def test_its_keys_take_none_away() -> None:
    app = demo()
    own = {
        binding_type.key for binding_type in DemoApp.BINDINGS if isinstance(binding_type, Binding)
    }
    async with running(app):
        for place in SCREENS:
            await app.switch_mode(place.mode)
            active = app.screen.active_bindings
            assert {active[key].binding.id for key in own} == {
                binding_type.id
                for binding_type in DemoApp.BINDINGS
                if isinstance(binding_type, Binding)
            }


def test_a_recording_is_whole_when_the_program_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "demo.cast"
    with Terminal(["-c", RECORDED.format(path=str(path))], width=90, height=24) as terminal:
        terminal.wait_for_text("lincoln")
        os.kill(terminal.process.pid, signal.SIGKILL)
        terminal.wait_for_end()

    header, *events = [json.loads(line) for line in path.read_text().splitlines()]
    told = "".join(data for _at, kind, data in events if kind == "o")
    assert (header["version"], header["width"], header["height"]) == (2, 90, 24)
    assert [at for at, _kind, _data in events] == sorted(at for at, _kind, _data in events)
    assert "lincoln" in told
    assert told.startswith("\x1b[?1049h")


def test_a_recording_takes_no_file_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "demo.cast"
    path.write_text("mine")

    with pytest.raises(UsageError, match="already exists"):
        Recording(path, title="", size=(80, 24), real=time.monotonic)

    assert path.read_text() == "mine"


def test_another_size_is_recorded_once(tmp_path: Path) -> None:
    path = tmp_path / "demo.cast"
    recording = Recording(path, title="", size=(80, 24), real=lambda: 1.5)

    recording.resize(80, 24)
    recording.resize(100, 30)
    recording.close()
    recording.add("after the end")

    assert [json.loads(line) for line in path.read_text().splitlines()][1:] == [
        [0.0, "r", "100x30"]
    ]


def test_at_the_end_it_says_where_the_recording_is_and_how_to_play_it(tmp_path: Path) -> None:
    path = tmp_path / "my demo.cast"
    words = ["-m", "integration_tui", "--no-state", "demo", "--record", str(path)]
    with Terminal(words, width=120, environ={"HOME": str(tmp_path)}) as terminal:
        terminal.wait_for_text("simulated 13:00:")
        terminal.press("q")
        code = terminal.wait_for_end()

    said = bytes(terminal.raw).decode(errors="replace").rpartition("\x1b[?1049l")[2]
    assert code == 0
    assert f"Recorded to {path}" in said
    assert f"Play it with: asciinema play '{path}'" in said
    assert path.read_text().startswith('{"version": 2')
