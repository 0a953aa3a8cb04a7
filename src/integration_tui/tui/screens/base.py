"""The screen all others derive from: it follows events and reloads in a worker.

Whatever goes wrong in a reload is a sentence and a sign in the bar, never the end of following.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from integration_tui.domain.actor import Actor
from integration_tui.domain.errors import ConsoleError
from integration_tui.domain.events import (
    ConfigChanged,
    Event,
    HealthChanged,
    IntegrationChanged,
    RunChanged,
    StoreChanged,
)
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus
from integration_tui.domain.os_errors import refusal
from integration_tui.domain.value import replace
from integration_tui.tui.keymap import LIST_GROUP, key_name
from integration_tui.tui.live_updates import follow
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.widgets.footer import KeyFooter
from integration_tui.tui.widgets.header import Badge, ScreenHeader
from integration_tui.tui.widgets.pane import Pane
from integration_tui.tui.widgets.table.table import RowTable

if TYPE_CHECKING:
    from integration_tui.domain.integration_overview import Overview
    from integration_tui.tui.services import ConsoleServices


CHANGING = frozenset(
    {"start", "stop", "restart", "check", "plan", "enable", "disable", "able", "remove"}
    | {"edit", "save", "roll_back", "new"}
)
"""What somebody who may only look does not get to see; a check is stored, so it is a change."""


# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false


T = TypeVar("T")
_ALWAYS = (IntegrationChanged, StoreChanged)
_BADGES = (RunChanged, StoreChanged)
_ABOUT_ONE = (IntegrationChanged, HealthChanged, ConfigChanged)
_READING = frozenset({"follow", "part", "figures"})
"""Groups of workers that only read: should one fail, a reload fixes it."""


class Offer(NamedTuple):
    """Something that can be done on a screen as things stand, for the palette."""

    title: str
    run: Callable[[], object]
    key: str = ""
    is_first: bool = True
    """Shown before anything was typed."""


class ConsoleScreen(Screen[None]):
    """Reloads when it is shown and whenever an event in `follows` arrives while it is."""

    AUTO_FOCUS = "RowTable"
    # What stays when a pane is maximized.
    ALLOW_IN_MAXIMIZED_VIEW = ".-textual-system, ScreenHeader, KeyFooter, FilterLine"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy", show=False, id="app.copy"),
        Binding("tab", "app.focus_next", "Next pane", id="pane.next", group=LIST_GROUP),
        Binding("shift+tab", "app.focus_previous", "Previous pane", show=False, id="pane.previous"),
        Binding(
            "z,plus",
            "zoom",
            "Maximize",
            show=False,
            id="pane.maximize",
            tooltip="Maximize or restore the pane",
        ),
        Binding("less_than_sign", "resize(2)", "Larger pane", show=False, id="pane.larger"),
        Binding("greater_than_sign", "resize(-2)", "Smaller pane", show=False, id="pane.smaller"),
    ]
    title_text: ClassVar[str] = ""
    follows: ClassVar[tuple[type[Event], ...]] = ()
    MAX_RELOADS_PER_SECOND: ClassVar[int] = 4
    RETRY_S: ClassVar[float] = 2.0

    def __init__(self, shared: ScreenContext) -> None:
        super().__init__()
        self.shared = shared
        self.overviews: Sequence[Overview] = ()
        self._behind: dict[str, str] = {}  # which parts, and why
        self._taking_up: IntegrationId | None = None
        self._is_restored = False
        self._doing = ""
        self.is_loaded = False

    # What a screen is made of

    def compose(self) -> ComposeResult:
        yield ScreenHeader(self.shared.tabs, self.title_text)
        yield from self.body()
        yield KeyFooter()

    def body(self) -> ComposeResult:
        """Yield what stands between the two bars."""
        raise NotImplementedError

    async def reload(self) -> None:
        """Read through the services and hand the rows to the widgets."""
        raise NotImplementedError

    def narrow(self, text: str) -> None:
        """Show only what fits `text`, as if it had been typed behind `/`."""
        self.show_message(f"{self.title_text} has no filter {text}")

    def go_to(self, view: str) -> None:
        """Show one of this screen's views, where it has any."""

    def remember(self) -> Mapping[str, str]:
        """Return how this screen is set up, to be found so after the next start."""
        return {}

    def restore(self, remembered: Mapping[str, str]) -> None:
        """Set up what `remember` returned. Called once, when the screen is first shown."""

    def copied(self) -> str:
        """Return what `y` copies: the row that the cursor is on."""
        focused = self.focused
        table = focused if isinstance(focused, RowTable) else self.query(RowTable).first()
        row = table.row_at(table.cursor)
        return "\t".join(cell.text for cell in row.cells) if row else ""

    @property
    def services(self) -> ConsoleServices:
        return self.shared.services

    @property
    def actor(self) -> Actor:
        return self.shared.actor

    # Panes

    def action_zoom(self) -> None:
        """Give the pane with the focus the whole screen, or put it back."""
        if self.maximized is not None:
            self.minimize()
        elif self.focused is not None:
            self.maximize(self.focused)

    def action_resize(self, cells: int) -> None:
        """Make the pane with the focus larger or smaller, where its edge can be moved."""
        pane = self._focused_pane()
        if pane is not None and pane.is_resizable:
            pane.grow(cells)
        else:
            for other in self.query(Pane):
                if other.is_resizable and other.display:
                    other.grow(-cells)
                    return

    def _focused_pane(self) -> Pane | None:
        nodes = self.focused.ancestors_with_self if self.focused else []
        return next((node for node in nodes if isinstance(node, Pane)), None)

    @property
    def pane_sizes(self) -> Mapping[str, str]:
        """What was made larger or smaller, to be found so after the next start."""
        panes = [pane for pane in self.query(Pane) if pane.is_resizable and pane.size_set]
        return {f"pane.{pane.id}": str(pane.size_set) for pane in panes}

    def restore_panes(self) -> None:
        """Give the panes the sizes that they had when the program was left."""
        remembered = self.shared.remembered(self.title_text.lower())
        for pane in self.query(Pane):
            size = remembered.get(f"pane.{pane.id}", "")
            if pane.is_resizable and size.isdecimal():
                pane.resize(int(size))

    # Drawing

    def begin_drawing(self) -> None:
        """Draw what was not drawn while the app was not ready, if nothing else has."""
        self.call_later(self._compositor_refresh)

    def _compositor_refresh(self) -> None:
        if self.shared.is_drawing:
            super()._compositor_refresh()

    # Following

    def on_screen_resume(self) -> None:
        self._taking_up = self.shared.integration
        self._behind.clear()
        if not self._is_restored:
            self._is_restored = True
            remembered = self.shared.remembered(self.title_text.lower())
            self.restore(remembered)
            self.call_after_refresh(self.restore_panes)
        self.show_headline()
        self.start_following()

    def on_screen_suspend(self) -> None:
        self.shared.integration = self.selected_integration or self.shared.integration
        self.workers.cancel_group(self, "follow")

    def show_integration(self, integration_id: IntegrationId) -> None:
        """Put the cursor on an integration, where this screen lists them."""
        if type(self).selected_integration is not ConsoleScreen.selected_integration:
            self.query(RowTable).first().select(integration_id)

    def _take_up(self) -> None:
        """Go on with the integration that the screen before was about."""
        if self._taking_up is not None:
            self.show_integration(self._taking_up)
            self._taking_up = None

    def start_following(self) -> None:
        """Follow the engine from now on, if the services are open."""
        if self.shared.services_ready and self.is_current:
            self._follow()

    @work(group="follow", exclusive=True, exit_on_error=False)
    async def _follow(self) -> None:
        types: set[type[Event]] = {*_ALWAYS, *_BADGES, *self.follows}
        pause_s = 1 / self.MAX_RELOADS_PER_SECOND
        await follow(self.services, tuple(types), self._reload, pause_s=pause_s)

    async def _reload(self, events: Sequence[Event]) -> None:
        try:
            await self._refresh_badges(events)
            if events and not any(isinstance(event, (*_ALWAYS, *self.follows)) for event in events):
                self.show_headline()
                return
            await self._refresh_overviews(events)
            self._count_down()
            await self.reload()
            self._take_up()
        except ConsoleError as error:
            self._fell_behind(str(error))
        else:
            self._caught_up()
        finally:
            self.is_loaded = True

    async def _refresh_badges(self, events: Sequence[Event]) -> None:
        """Count what waits on the other screens."""
        badges = self.shared.badges
        if not events or any(isinstance(event, _BADGES) for event in events):
            syncs = (await self.services.integrations.last_syncs()).values()
            held = sum(sync.status == "held" for sync in syncs)
            badges["Sync"] = Badge(f"▲{held}" if held else "", "bad-strong")

    def _count_down(self) -> None:
        statuses = [overview.integration.status for overview in self.overviews]
        down = statuses.count(IntegrationStatus.ERROR)
        self.shared.badges["Integrations"] = Badge(f"✗{down}" if down else "", "bad-strong")

    async def _refresh_overviews(self, events: Sequence[Event]) -> None:
        """Read the integrations that something happened to; all, where that is not known."""
        if not events or any(isinstance(event, StoreChanged) for event in events):
            self.overviews = await self.services.integrations.overview()
            return
        about = {event.integration_id for event in events if isinstance(event, _ABOUT_ONE)}
        if about:
            news = await self.services.integrations.overview(about)
            kept = [overview for overview in self.overviews if overview.integration.id not in about]
            self.overviews = sorted([*kept, *news], key=lambda overview: overview.integration.id)

    def _fell_behind(self, sentence: str, part: str = "follow") -> None:
        is_news = sentence not in self._behind.values()
        self._behind[part] = sentence
        if is_news:
            self.show_message(sentence, cause=self._cause(part), is_bad=True)
        self.show_headline()

    def _caught_up(self, part: str = "follow") -> None:
        """What one part of the screen could not read may last, while another is read again."""
        self._behind.pop(part, None)
        self.shared.forget(self._cause(part))
        self.show_headline()

    @contextmanager
    def reading(self, part: str = "part") -> Generator[None]:
        """Read a part of what is shown, without a reload; an error of ours is a sentence."""
        try:
            yield
        except ConsoleError as error:
            self._fell_behind(str(error), part)
        else:
            if part in self._behind:
                self._caught_up(part)

    def _cause(self, part: str) -> str:
        return f"{part} of {self.title_text}"

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Contain what no one foresaw: a sentence, and once more in a moment."""
        if event.state is not WorkerState.ERROR:
            return
        error = event.worker.error
        refused = refusal(error) if error is not None else None
        sentence = str(refused or f"internal error: {type(error).__name__}: {error}")
        if event.worker.group in _READING:
            self._fell_behind(sentence, event.worker.group)
            self.set_timer(self.RETRY_S, self.start_following)
        else:
            self.show_headline()
            self.show_message(sentence, is_bad=True)

    # Telling

    def show_message(self, sentence: str, *, cause: str = "", is_bad: bool = False) -> None:
        """Show a toast, unless this cause has just said the same."""
        self.shared.show_toast(self, sentence, cause=cause, is_bad=is_bad)

    def show_headline(self, state: str = "") -> None:
        """Show how things stand; `state` is what is going on right now."""
        headline = self.shared.headline
        if self.overviews:
            statuses = [overview.integration.status for overview in self.overviews]
            headline = replace(headline, statuses=statuses)
        if state or self._behind:
            text = f"{state[:1].upper()}{state[1:]}…" if state else "Not up to date"
            headline = replace(headline, activity=text, is_bad=bool(self._behind))
        self.query_one(ScreenHeader).headline = headline

    def show_time(self) -> None:
        """Show what time it is, and whose console this is; nothing else changes."""
        now, header = self.shared.headline, self.query_one(ScreenHeader)
        header.headline = replace(header.headline, at=now.at, title=now.title)

    @contextmanager
    def showing_errors(self, doing: str = "") -> Generator[None]:
        """Say what is being done, and turn an error of ours into a sentence."""
        self._doing = doing
        self.show_headline(doing)
        try:
            yield
        except ConsoleError as error:
            opened = self.shared.opened
            self.show_message(str(opened.files.explained(error) if opened else error), is_bad=True)
        finally:
            self._doing = ""
            if self.is_mounted:
                self.show_headline()

    # Acting

    @property
    def selected_integration(self) -> IntegrationId | None:
        """The integration that keys mean on this screen."""
        return None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what this actor may not do."""
        changes = action in CHANGING or (
            action == "integration_action" and parameters[0] in CHANGING
        )
        return not (changes and self.shared.is_readonly)

    @work(group="copy", exit_on_error=False)
    async def action_copy(self) -> None:
        """Copy what the cursor is on."""
        from integration_tui.tui.clipboard import copy

        self.show_message(await copy(self.app.copy_to_clipboard, self.copied()))

    async def ask(self, question: Screen[T]) -> T:
        """Show a window, and return what comes of it; nothing is being done meanwhile."""
        doing, self._doing = self._doing, ""
        self.show_headline()
        try:
            answer: T = await self.app.push_screen_wait(question)
        finally:
            self._doing = doing
        self.show_headline(doing)
        return answer

    def action_integration_action(self, name: str) -> None:
        """Do something with the selected integration."""
        if self.shared.services_ready and self.selected_integration is not None:
            self.run_integration_action(name, self.selected_integration)

    @work(group="act", exit_on_error=False)
    async def run_integration_action(self, name: str, integration_id: IntegrationId) -> None:
        """Do what `ACTS` calls by this name."""
        from integration_tui.tui.screens.integration_actions import ACTIONS

        act = ACTIONS[name]
        with self.showing_errors(f"{act.doing} {integration_id}"):
            if done := await act.run(self, integration_id):
                if act.command:
                    self.shared.last_command = f"integration-tui {act.command} {integration_id}"
                self.show_message(done)

    def offers(self) -> Iterator[Offer]:
        """Yield what the keys of this screen do now."""
        done: set[str] = set()
        for node, binding, is_enabled, _ in self.active_bindings.values():
            is_new = binding.action not in done
            if node is self and is_enabled and is_new and binding.id:
                done.add(binding.action)
                run = partial(self.app.run_action, binding.action, self)
                key = key_name(binding.key)
                yield Offer(binding.tooltip or binding.description, run, key, is_first=binding.show)
