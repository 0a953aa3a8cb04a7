"""What the screens share: the open services, who is looking, and what has been said already."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from integration_tui.domain.actor import Actor, ActorRole
from integration_tui.domain.errors import StoreError
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.value import replace
from integration_tui.tui.sanitize import plain
from integration_tui.tui.widgets.formats import zone
from integration_tui.tui.widgets.header import Badge, Headline, Tab

if TYPE_CHECKING:
    from textual.widget import Widget

    from integration_tui.domain.integration_overview import Overview
    from integration_tui.domain.problem_sentence import NeedsYou
    from integration_tui.tui.services import ConsoleServices

_SAME_S = 5.0
"""A toast stays so long; the same sentence again within that time is not news."""

_KEPT = 500


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a toast said, when (`None`: before the store was open), and how often in a row."""

    number: int
    at: datetime | None
    sentence: str
    is_bad: bool
    screen: str
    times: int = 1


class RememberedScreen(Protocol):
    """A screen whose set-up is kept from one start of the program to the next."""

    @property
    def is_running(self) -> bool: ...

    def remember(self) -> Mapping[str, str]:
        """Return how it is set up."""
        ...

    @property
    def pane_sizes(self) -> Mapping[str, str]:
        """How large its panes were made."""
        ...


class ScreenContext(msgspec.Struct, kw_only=True):
    """What every screen knows, and what one tells the others.

    `title` names the store or demo; `tabs` are all screens. `badges` are what screens have for
    somebody, by their titles; `unread_messages` is how many nobody has read; `needs_you` is what
    waits for a person, as it was read last.
    `has_unsaved`: leaving now would lose an edit. `last_seen` returns what was stored when the
    program was last used, if that is there within so many seconds. `integration` is the one that
    was looked at last, on whatever screen; `asked_for` is it where somebody named it, and no screen
    may show another one first. `notices` are what toasts said, newest first;
    `recent_commands` are those of the palette, `last_command` is what was done last, as a command
    line. `folder` is where configuration files are read from. `made` are the screens that somebody
    went to; `visit` shows a screen, narrowed to a text; `remembered` returns what a screen
    remembered of itself when the program was left; in `expecting_dialog` a window is on its way,
    for which keys wait, and `forget_typed` throws those away. With
    `is_simulated`, the clock is a demo's: the header says so, and counts seconds. Without
    `is_drawing`, Textual would throw away what is drawn: the app is not ready yet.
    """

    actor: Actor
    title: str
    tabs: Sequence[Tab]
    last_seen: Callable[[float], Sequence[Overview]] = lambda _patience_s: ()
    folder: Path | None = None
    activity: str = "Opening the store…"
    opened: ConsoleServices | None = None
    has_unsaved: bool = False
    integration: IntegrationId | None = None
    asked_for: IntegrationId | None = None
    unread_messages: int = 0
    is_simulated: bool = False
    is_drawing: bool = True
    badges: dict[str, Badge] = msgspec.field(default_factory=dict[str, "Badge"])
    needs_you: Sequence[NeedsYou] = ()
    recent_commands: list[str] = msgspec.field(default_factory=list[str])
    last_command: str = ""
    notices: list[Notice] = msgspec.field(default_factory=list[Notice])
    visit: Callable[[str, str], object] = lambda _mode, _text: None
    expecting_dialog: Callable[[], AbstractContextManager[None]] = nullcontext
    forget_typed: Callable[[], None] = lambda: None
    made: dict[str, RememberedScreen] = msgspec.field(default_factory=dict[str, "RememberedScreen"])
    remembered: Callable[[str], Mapping[str, str]] = lambda _mode: {}
    on_notice: Callable[[], None] = lambda: None
    _last_messages: dict[str, tuple[str, float]] = msgspec.field(
        default_factory=dict[str, tuple[str, float]]
    )

    @property
    def services_ready(self) -> bool:
        return self.opened is not None

    @property
    def is_readonly(self) -> bool:
        return self.actor.role is ActorRole.VIEWER

    @property
    def services(self) -> ConsoleServices:
        """The open services. Raises `StoreError` before they are open."""
        if self.opened is None:
            raise StoreError("the store is not open", advice="wait a moment")
        return self.opened

    @property
    def headline(self) -> Headline:
        mode = " · read-only" if self.is_readonly else ""
        is_here = self.opened is not None and self.opened.engine.is_running
        return Headline(
            title=self.title + mode,
            activity=self.activity,
            engine=self._engine(),
            is_usual=is_here,
            at=self._time(),
            badges=dict(self.badges),
        )

    def _time(self) -> str:
        """Return the time of what is shown; it moves only with what is shown."""
        if self.opened is None:
            return ""
        at = self.opened.clock()
        if self.is_simulated:
            return f"simulated {at.astimezone():%H:%M:%S} {zone(at)}"
        return f"{at.astimezone():%H:%M} {zone(at)}"

    def _engine(self) -> str:
        if self.opened is None:
            return ""
        if self.opened.engine.is_running:
            return "engine running"
        holder = self.opened.engine.holder
        return f"engine running in {holder}" if holder else "no engine running: nothing is checked"

    def resumed(self) -> None:
        """Have the engine know that the process was stopped, and goes on."""
        if self.opened is not None:
            self.opened.engine.resumed()

    def show_toast(
        self, node: Widget, sentence: str, *, cause: str = "", is_bad: bool = False
    ) -> None:
        """Show a toast, unless this cause has just said the same."""
        if self._is_new_message(cause, sentence):
            severity: Literal["error", "information"] = "error" if is_bad else "information"
            node.notify(plain(sentence), severity=severity, markup=False)
            self._keep(sentence, is_bad=is_bad, screen=getattr(node.screen, "title_text", ""))

    def show_toasts(self, node: Widget, sentences: Sequence[str]) -> None:
        """Show what went wrong in one toast, however much it is; all of it is kept."""
        first, *others = sentences
        for other in reversed(others):
            self._keep(other, is_bad=True, screen=getattr(node.screen, "title_text", ""))
        more = f" (and {len(others)} more: see Messages)" if others else ""
        self.show_toast(node, f"{first}{more}", is_bad=True)

    def _keep(self, sentence: str, *, is_bad: bool, screen: str) -> None:
        """A toast is gone in a moment; what it said stays."""
        at = None if self.opened is None else self.opened.clock()
        last = self.notices[0] if self.notices else None
        if last is not None and (last.sentence, last.screen) == (sentence, screen):
            self.notices[0] = replace(last, at=at, times=last.times + 1)
        else:
            number = last.number + 1 if last else 1
            new = Notice(number=number, at=at, sentence=sentence, is_bad=is_bad, screen=screen)
            self.notices = [new, *self.notices[: _KEPT - 1]]
        self.on_notice()

    def _is_new_message(self, cause: str, sentence: str) -> bool:
        """Return whether this has to be said, and remember that it was.

        A cause that lasts says the same sentence once, until it is forgotten.
        """
        now = asyncio.get_running_loop().time()
        before, at = self._last_messages.get(cause or sentence, ("", 0.0))
        self._last_messages[cause or sentence] = (sentence, now)
        return before != sentence or (not cause and now - at > _SAME_S)

    def forget(self, cause: str) -> None:
        """A cause is over: should it come back, that is news."""
        self._last_messages.pop(cause, None)
