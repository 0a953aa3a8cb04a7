"""The console of a demo: its time can be paused and hurried, and it may be led through."""

# Textual leaves the types of its App and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.screen import Screen

from integration_tui.domain.events import RunChanged
from integration_tui.domain.ids import IntegrationId
from integration_tui.tui.app import NOTHING_OWN, PRELOAD, ConsoleApp
from integration_tui.tui.screens.base import ConsoleScreen
from integration_tui.tui.screens.registry import SCREENS
from integration_tui.tui.screens.tour import Tour, TourLines
from integration_tui.tui.widgets.footer import KeyFooter

if TYPE_CHECKING:
    from pathlib import Path

    from textual import events
    from textual.driver import Driver

    from integration_tui.domain.actor import Actor
    from integration_tui.domain.demo_controls import DemoControls, DemoOptions
    from integration_tui.domain.events import Event
    from integration_tui.tui.app import Opening
    from integration_tui.tui.asciicast import Recording
    from integration_tui.tui.preferences import UserFolder
    from integration_tui.tui.services import ConsoleServices

_PRELOAD = (*PRELOAD, "integration_tui.demo.bootstrap")
_NAME = "demo district"
_SPEEDS = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
_TICK_S = 0.5


class DemoApp(ConsoleApp):
    """A console with a clock to steer; `staging` says how it is put on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "pause", "Pause or resume the clock", show=False, id="demo.pause"),
        Binding("f3", "hurry(-1)", "Clock slower", show=False, id="demo.slower"),
        Binding("f4", "hurry(1)", "Clock faster", show=False, id="demo.faster"),
        Binding("f6", "step_tour(-1)", "Tour: previous step", show=False, id="demo.tour-back"),
        Binding("f7", "step_tour(1)", "Tour: next step", show=False, id="demo.tour-next"),
        Binding("f8", "tour", "Tour: start or end", show=False, id="demo.tour"),
        Binding("f9", "summary", "What happened: a summary", show=False, id="demo.summary"),
    ]

    def __init__(
        self,
        opening: Opening,
        *,
        actor: Actor,
        staging: DemoOptions,
        own: UserFolder = NOTHING_OWN,
        recording: Recording | None = None,
        preload: Sequence[str] = _PRELOAD,
    ) -> None:
        self._recording = recording
        super().__init__(opening, actor=actor, title=_NAME, preload=preload, own=own)
        self._staging = staging
        self._time = staging.time
        modes = [place.mode for place in SCREENS]
        self._tour = Tour(modes, staging.moments, lambda: staging.time.elapsed_s)
        self._is_led = staging.has_tour
        self._is_watched = False
        self.shared.is_simulated = True

    def get_driver_class(self) -> type[Driver]:
        """Record what the terminal is sent, where that is asked for."""
        if self._recording is None:
            return super().get_driver_class()
        from integration_tui.tui.asciicast import recording_driver

        return recording_driver(self._recording)

    def on_mount(self) -> None:
        self.screen_change_signal.subscribe(self, self._on_another_screen)
        self.set_interval(_TICK_S, self._tick)
        self._tick()

    def on_resize(self, event: events.Resize) -> None:
        """Tell the recording."""
        if self._recording is not None:
            self._recording.resize(event.size.width, event.size.height)

    # Time

    def action_pause(self) -> None:
        """Have time stand still, or go on."""
        if self._time.is_paused:
            self._time.resume()
        else:
            self._time.pause()
        self._tick()

    def action_hurry(self, by: int) -> None:
        """Go to the next speed, or the one before."""
        faster = [number for number in _SPEEDS if number > self._time.speed]
        slower = [number for number in _SPEEDS if number < self._time.speed]
        if by > 0 and faster:
            self._time.run_at(faster[0])
        elif by < 0 and slower:
            self._time.run_at(slower[-1])
        self._tick()

    # The tour

    def action_tour(self) -> None:
        """Begin the tour where it was left, or leave it."""
        self._is_led = not self._is_led
        self._show_step()

    def action_step_tour(self, by: int) -> None:
        """Go to another step, on its screen."""
        if self._is_led:
            self._tour.move(by)
        self._is_led = True
        self._show_step()

    def _show_step(self) -> None:
        if self._is_led:
            self._select(self._tour.step.about)
            self.action_go(self._tour.step.mode)
        self._tick()

    def _select(self, name: str) -> None:
        """Put the cursor on an integration; the next screen takes it up from this one."""
        if name:
            self.shared.integration = self.shared.asked_for = IntegrationId(name)
            if isinstance(self.screen, ConsoleScreen):
                self.screen.show_integration(self.shared.integration)

    # The ending

    @work(group="ending", exit_on_error=False)
    async def _watch_for_the_end(self, services: ConsoleServices) -> None:
        """Show the summary once a plan that was held has been applied."""
        with services.events.subscribe(RunChanged) as changes:
            while not await self._has_ended(services, await changes.batch()):
                pass
        while self.screen.is_modal:  # noqa: ASYNC110 - whoever reads a window closes it first
            await asyncio.sleep(_TICK_S)
        self.action_summary()

    async def _has_ended(self, services: ConsoleServices, events: Sequence[Event]) -> bool:
        for event in events:
            if isinstance(event, RunChanged):
                run = (await services.sync.report(event.run_id)).run
                if run.holds and run.status.value == "applied":
                    return True
        return False

    @work(group="summary", exclusive=True, exit_on_error=False)
    async def action_summary(self) -> None:
        """Say in plain words what happened."""
        from integration_tui.tui.screens.demo_summary import DemoSummaryDialog, read_facts

        if not isinstance(self.screen, DemoSummaryDialog) and self.shared.services_ready:
            with self.shared.expecting_dialog():
                facts = await read_facts(self.shared.services)
                await self.push_screen(DemoSummaryDialog(facts))

    def _on_another_screen(self, _screen: Screen[object]) -> None:
        self._tick()

    def _tick(self) -> None:
        """Show what time does, and the step; nothing any more while the console closes."""
        if not self.screen_stack:
            return
        if self._recording is not None and self._recording.problem:
            self.shared.show_toast(
                self.screen, self._recording.problem, cause="recording", is_bad=True
            )
        if not self._is_watched and self.shared.opened is not None:
            self._is_watched = True
            self._watch_for_the_end(self.shared.opened)
        screen = self.screen
        if isinstance(screen, ConsoleScreen) and screen.query(KeyFooter):
            self._show_time(screen)
            self._lead(screen)

    def _show_time(self, screen: ConsoleScreen) -> None:
        self.shared.title = _title(self._time) if self.shared.services_ready else _NAME
        screen.show_time()

    def _lead(self, screen: ConsoleScreen) -> None:
        found = screen.query(TourLines)
        if not found and not self._is_led:
            return
        lines = found.first() if found else TourLines()
        if not found:
            screen.mount(lines, before=screen.query_one(KeyFooter))
        lines.display = self._is_led
        screen.set_class(self._is_led, "-led")
        lines.show(self._tour.content(self.size.width - 2))


@contextmanager
def recorded(path: Path | None) -> Generator[Recording | None]:
    """Open a recording of this terminal, and close it at the end. Raises `UsageError`."""
    if path is None:
        yield None
        return
    from integration_tui.tui.asciicast import Recording

    size = os.get_terminal_size()
    recording = Recording(
        path, title="integration-tui demo", size=(size.columns, size.lines), real=time.monotonic
    )
    try:
        yield recording
    finally:
        recording.close()


def _title(time: DemoControls) -> str:
    if time.is_paused:
        return f"{_NAME} · clock paused"
    return _NAME if time.speed == 1 else f"{_NAME} · {time.speed:g}x"
