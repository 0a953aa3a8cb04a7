"""The console: screens over services that open after the first paint. See docs/decisions/0016."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable, Generator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from functools import partial
from importlib import import_module
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.binding import Binding, BindingType
from textual.worker import Worker, WorkerCancelled, WorkerFailed, WorkerState

from integration_tui.domain.errors import ConsoleError, StoreLostError
from integration_tui.domain.events import FilesChanged, LoopFailed
from integration_tui.domain.os_errors import refusal
from integration_tui.tui.input_queue import Barrier, InputQueue
from integration_tui.tui.keyboard import KeyboardApp
from integration_tui.tui.navigation_history import NavigationHistory
from integration_tui.tui.preferences import Preferences, UserFolder
from integration_tui.tui.preload import BackgroundRead
from integration_tui.tui.screens.base import ConsoleScreen
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.screens.registry import SCREENS
from integration_tui.tui.shutdown import ShutdownWatcher
from integration_tui.tui.suspend import SuspendHandler
from integration_tui.tui.themes import ThemedApp
from integration_tui.tui.widgets.glyphs import AsciiFilter
from integration_tui.tui.widgets.header import Tab

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.integration_overview import Overview
    from integration_tui.tui.message_alerts import MessageAlerts
    from integration_tui.tui.services import ConsoleServices

Opening = Callable[[], AbstractAsyncContextManager["ConsoleServices"]]
LoadSnapshot = Callable[[], Sequence["Overview"]]
NOTHING_OWN = UserFolder()
PRELOAD = ("integration_tui.services.preload",)
_AT_ONCE = frozenset({"app", "go", "list", "pane", "demo"})
"""What needs no store: its keys act before that is open."""


def _ignoring(act: Callable[[], object]) -> Callable[[object], object]:
    """Return what is called with what a signal sends, and does not look at it."""
    return lambda _sent: act()


@contextmanager
def _not_collecting() -> Generator[None]:
    """Make what stays, without looking for garbage in it: that is a tenth of the time."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


class ConsoleApp(KeyboardApp, ThemedApp):
    """`opening` opens the services; it is entered in a worker, and left by the same."""

    TITLE = "integration-tui"
    # The first screen's too: reading it later would mean to apply all rules once more.
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = [
        "app.tcss",
        "screens/integrations/integrations.tcss",
    ]
    DEFAULT_MODE = "integrations"
    lost: StoreLostError | None = None
    """Why it ended, where that was because its store went away."""
    is_demo_wanted = False
    _has_failed = False
    _alerts: MessageAlerts | None = None
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it so
        (0, "-narrow"),
        (100, "-medium"),
        (140, "-wide"),
        (190, "-huge"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it so
        (0, "-low"),
        (32, "-mid"),
        (42, "-high"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        *(place.binding for place in SCREENS),
        Binding("left_square_bracket", "step(-1)", "Back", show=False, id="app.back"),
        Binding("right_square_bracket", "step(1)", "Forward", show=False, id="app.forward"),
        Binding("question_mark", "help", "Help", show=False, id="app.help"),
        Binding("f1", "help", "Help", show=False, priority=True, id="app.help-anywhere"),
        Binding("colon", "palette", "Commands", show=False, id="app.palette"),
        Binding("ctrl+p", "palette", "Commands", show=False, priority=True, id="app.palette-too"),
        Binding("q", "quit", "Quit", show=False, id="app.quit"),
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True, id="app.quit-anywhere"),
        Binding(
            "ctrl+z", "suspend_process", "Suspend", show=False, priority=True, id="app.suspend"
        ),
    ]

    def __init__(
        self,
        opening: Opening,
        *,
        actor: Actor,
        title: str = "",
        glance: LoadSnapshot = list,
        preload: Sequence[str] = PRELOAD,
        own: UserFolder = NOTHING_OWN,
    ) -> None:
        """Take who looks, and a title.

        `glance` reads what there was to see last time, to be shown until the services are open;
        `preload` are modules that opening needs, to be imported ahead; for `own`, see
        `Preferences`.
        """
        super().__init__()
        if own.is_ascii:
            self._filters.append(AsciiFilter())
        self._preload = preload
        self._opening = opening
        self._ended = asyncio.Event()
        self._holder: Worker[None] | None = None
        last_seen: BackgroundRead[Sequence[Overview]] = BackgroundRead(glance, otherwise=())
        self.shared = ScreenContext(
            actor=actor,
            title=title,
            tabs=[Tab(place.key, place.title) for place in SCREENS],
            last_seen=last_seen.within,
            folder=own.integrations,
            is_drawing=False,
        )
        self.trail = NavigationHistory()
        self.trail.visit(self.DEFAULT_MODE)
        self.habits = Preferences(self, own)
        self.habits.first_theme()
        self._typed = InputQueue(self, is_early=self._is_early)
        self._suspending = SuspendHandler(self, self.shared.resumed)
        self._lend()

    def _lend(self) -> None:
        """Have the screens, and give them what they need of the app."""
        shared = self.shared
        for place in SCREENS:
            self.add_mode(place.mode, place.maker(shared))
        shared.remembered = self.habits.remembered
        shared.visit = self.go_and_narrow
        shared.expecting_dialog = self._typed.coming
        shared.forget_typed = self._typed.forget

    def _is_early(self, event: events.Key | events.Paste) -> bool:
        """Return whether a key acts on what is not read yet: the store, or what a screen shows."""
        if self._ended.is_set() or self._has_failed:
            return False
        screen = self.screen
        if not isinstance(event, events.Key) or not isinstance(screen, ConsoleScreen):
            return False
        if self.shared.services_ready and screen.is_loaded:
            return False
        bound = screen.active_bindings.get(event.key)
        return bound is not None and (bound.binding.id or "").partition(".")[0] not in _AT_ONCE

    # Opening and closing

    def on_mount(self) -> None:
        self.call_later(self._begin_drawing)
        self.call_after_refresh(self._after_first_paint)

    def _begin_drawing(self) -> None:
        """Textual comes to this when it writes what is drawn; before, it throws that away."""
        self.shared.is_drawing = True
        if isinstance(self.screen, ConsoleScreen):
            self.screen.begin_drawing()

    def refresh_css(self, animate: bool = True) -> None:
        """Apply the styles again; not for the first screen, which is made of them just now."""
        if self.shared.is_drawing:
            super().refresh_css(animate=animate)

    def _after_first_paint(self) -> None:
        self._holder = self._hold_open()
        self._end_by_itself()
        self._notify_all(self.habits.load_keys())
        self.set_timer(0.5, lambda: self._notify_all(self.habits.load_themes()))
        if self.trail.is_fresh and self.habits.mode in {place.mode for place in SCREENS}:
            self.action_go(self.habits.mode)

    def _notify_all(self, sentences: Iterable[str]) -> None:
        told = list(sentences)
        if told and self.is_running and not self._ended.is_set():
            self.shared.show_toasts(self.screen, told)

    @work(group="store", exit_on_error=False)
    async def _hold_open(self) -> None:
        # What opening imports takes longer than all before it; the keys work meanwhile.
        with _not_collecting():
            for module in self._preload:
                await asyncio.to_thread(import_module, module)
        async with self._opening() as services:
            self.shared.opened = services
            self._show_state("")
            for remark in services.files.remarks:
                self.shared.show_toast(self.screen, remark)
            if bad := [finding.sentence for finding in services.files.findings if finding.is_bad]:
                self.shared.show_toasts(self.screen, bad)
            self._follow_files(services)
            self._follow_messages(services)
            self._follow_problems(services)
            await self._ended.wait()
        self.shared.opened = None

    @work(group="files", exit_on_error=False)
    async def _follow_files(self, services: ConsoleServices) -> None:
        """Say what happens to configuration files, and to the engine's own loops."""
        number, _ = services.files.findings_since(0)
        with services.events.subscribe(FilesChanged, LoopFailed) as changes:
            while True:
                for event in await changes.batch():
                    if isinstance(event, LoopFailed):
                        self.shared.show_toast(
                            self.screen, event.sentence, cause=event.loop, is_bad=True
                        )
                number, news = services.files.findings_since(number)
                for finding in news:
                    self.shared.show_toast(self.screen, finding.sentence, is_bad=finding.is_bad)

    @work(group="messages", exit_on_error=False)
    async def _follow_messages(self, services: ConsoleServices) -> None:
        await self._message_alerts().follow(services)

    @work(group="title", exit_on_error=False)
    async def _follow_problems(self, services: ConsoleServices) -> None:
        await self._message_alerts().follow_problems(services)

    def _message_alerts(self) -> MessageAlerts:
        """Return what tells of messages; it is not needed before the store is open."""
        if self._alerts is None:
            from integration_tui.tui.message_alerts import MessageAlerts

            self._alerts = MessageAlerts(self, self.shared)
            title = self._alerts.title
            self.app_suspend_signal.subscribe(self, _ignoring(title.give_back), immediate=True)
            self.app_resume_signal.subscribe(self, _ignoring(title.take_again), immediate=True)
        return self._alerts

    def _show_state(self, state: str) -> None:
        self.shared.activity = state
        # One that is still being made does both by itself when it is shown.
        if isinstance(self.screen, ConsoleScreen) and self.screen.is_mounted:
            self.screen.show_headline()
            self.screen.start_following()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say what kept the store from being opened; leave where it was lost."""
        if event.state is not WorkerState.ERROR or event.worker.group != "store":
            return
        if isinstance(event.worker.error, StoreLostError):
            self.lost = event.worker.error
            self.exit(return_code=1)
            return
        from integration_tui.tui.screens.startup_error import StartupErrorScreen

        error = event.worker.error
        if error is not None and (refused := refusal(error)) is not None:
            error = refused
        is_ours = isinstance(error, ConsoleError)
        sentence = str(error) if is_ours else f"{type(error).__name__}: {error}"
        advice = "" if is_ours else "Internal error. See the log, or run integration-tui doctor."
        self.shared.opened = None
        self._has_failed = True
        self.push_screen(StartupErrorScreen(sentence, advice))

    @work(group="quit", exclusive=True, exit_on_error=False)
    async def _leave(self) -> None:
        if self.shared.has_unsaved and not await self._is_sure():
            return
        self._show_state("Closing the store…")
        await self._close()
        self.exit(return_code=self.return_code or 0)

    async def _is_sure(self) -> bool:
        from integration_tui.tui.widgets.dialogs import Confirm

        question = Confirm(
            "Quit without saving?", "Unsaved changes will be lost.", yes="Quit", no="Keep editing"
        )
        return await self.push_screen_wait(question)

    async def _close(self) -> None:
        """Let the services close, in the task that opened them."""
        if not self._ended.is_set() and (
            problem := self.habits.keep(self.trail.mode, self.shared.made)
        ):
            self.log.warning(problem)
        self._ended.set()
        if self._alerts is not None:
            self._alerts.title.give_back()
        if self._holder is not None:
            with suppress(WorkerCancelled, WorkerFailed):
                await self._holder.wait()

    async def on_unmount(self) -> None:
        """Wait for the services here too: a signal or a lost terminal ends it without `q`."""
        await self._close()

    def _end_by_itself(self) -> None:
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            leave = partial(self.exit, return_code=1)
            self._suspending.watch()
            ShutdownWatcher(lambda: loop.call_soon_threadsafe(leave)).watch(sys.stdin.fileno())

    # What the keys do

    async def on_event(self, event: events.Event) -> None:
        """Have the keys wait for each other."""
        if isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded:
            self._typed.keep(event)
            await self._take_key()
        else:
            await super().on_event(event)

    async def on_barrier(self, event: Barrier) -> None:
        self._typed.passed(event)
        await self._take_key()

    async def _take_key(self) -> None:
        if (event := self._typed.taken()) is not None:
            await super().on_event(event)
            self._typed.acted()

    def action_go(self, mode: str) -> None:
        """Show a screen."""
        if not self.screen.is_modal:
            self.trail.visit(mode)
            self.switch_mode(mode)

    def action_step(self, steps: int) -> None:
        """Show the screen that was looked at before this one, or the one after it."""
        if not self.screen.is_modal and (mode := self.trail.step(steps)):
            self.switch_mode(mode)

    @work(group="go", exclusive=True, exit_on_error=False)
    async def go_and_narrow(self, mode: str, text: str) -> None:
        """Show a screen, and of it only what fits a text."""
        self.trail.visit(mode)
        await self.switch_mode(mode)
        if text and isinstance(self.screen, ConsoleScreen):
            self.screen.narrow(text)

    def action_suspend_process(self) -> None:
        """Stop until the shell brings it back with `fg`."""
        if reason := self._suspending.suspend():
            self.shared.show_toast(self.screen, reason)

    def action_help(self) -> None:
        """Show what every key does here."""
        from integration_tui.tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    @work(group="palette", exit_on_error=False)
    async def action_palette(self) -> None:
        """Choose a command by its name, and run it."""
        screen = self.screen
        if not isinstance(screen, ConsoleScreen):
            return
        with self.shared.expecting_dialog():
            from integration_tui.tui.command_palette import CommandPalette

            palette = CommandPalette(screen)
        command = await self.push_screen_wait(palette)
        if command is None:
            return
        recent = self.shared.recent_commands
        recent[:] = [command.title, *(title for title in recent if title != command.title)][:20]
        done = command.run()
        if isinstance(done, Awaitable):
            await done

    async def action_try_demo(self) -> None:
        """Leave, and open the demo in this terminal."""
        self.is_demo_wanted = True
        await self.action_quit()

    def action_save_screenshot(self) -> None:
        """Save the screen as it stands, as an SVG."""
        path = self.save_screenshot(path=str(Path.cwd()))
        self.shared.show_toast(self.screen, f"Screenshot saved: {path}")

    async def action_copy_command(self) -> None:
        """Copy what was done last as a command line."""
        from integration_tui.tui.clipboard import copy

        command = self.shared.last_command
        sentence = "Nothing was done yet that has a command."
        if command:
            sentence = f"{await copy(self.copy_to_clipboard, command)}: {command}"
        self.shared.show_toast(self.screen, sentence)

    async def action_quit(self) -> None:
        """Close the store and leave; at once when asked a second time."""
        if self._ended.is_set() or not self.shared.services_ready:
            self.exit(return_code=self.return_code or 0)
        else:
            self._leave()
