"""Tells of new messages wherever somebody looks: header, toast, window title, terminal.

Nothing is sent while nothing changes, and nothing at all to a browser.
"""

# Textual leaves the types of its App and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Literal

from integration_tui.domain.errors import ConsoleError
from integration_tui.domain.events import (
    ConfigChanged,
    FilesChanged,
    IntegrationChanged,
    MessagesChanged,
    RosterChanged,
    RunChanged,
    StoreChanged,
)
from integration_tui.domain.message import MessageKind, MessageSeverity, NotifyMode, TerminalAlerts
from integration_tui.tui.sanitize import plain
from integration_tui.tui.screens.base import ConsoleScreen
from integration_tui.tui.widgets.header import Badge

if TYPE_CHECKING:
    from textual.app import App

    from integration_tui.domain.message import Message
    from integration_tui.tui.screens.context import ScreenContext
    from integration_tui.tui.services import ConsoleServices

_NAME: Final = "integration-tui"
_SCREEN: Final = "Messages"
_PAUSE_S: Final = 0.5
_TITLE_PAUSE_S: Final = 2.0
"""How often the title may be looked up: that reads more than a count."""
_MOST: Final = 20
"""So many new messages are looked at; where there are more, the newest."""
_LONGEST: Final = 160
_END: Final = "\x1b\\"
_WITHOUT_WINDOW: Final = frozenset({"linux", "dumb"})
"""Values of TERM: a console, and what can do nothing."""
_OF_PROBLEMS: Final = (
    *(IntegrationChanged, RunChanged, RosterChanged, ConfigChanged, FilesChanged, StoreChanged),
)
_QUIET: Final = frozenset({MessageKind.DEGRADED, MessageKind.BACK})
"""They pass by themselves: no toast."""


def osc_title(text: str) -> str:
    """Return what names a terminal's window."""
    return f"\x1b]2;{_harmless(text)}{_END}"


def osc_notification(mode: NotifyMode, title: str, text: str) -> str:
    """Return what has a terminal show a notification, or ring."""
    match mode:
        case NotifyMode.OFF:
            return ""
        case NotifyMode.BELL:
            return "\x07"
        case NotifyMode.OSC9:
            return f"\x1b]9;{_harmless(f'{title}: {text}')}{_END}"
        case NotifyMode.OSC777:
            parts = (_harmless(part).replace(";", ",") for part in (title, text))
            return f"\x1b]777;notify;{';'.join(parts)}{_END}"


def _harmless(text: str) -> str:
    return plain(text, limit=_LONGEST)


class TerminalTitle:
    """Keeps the title that the window had, and gives it back."""

    PUSH: Final = "\x1b[22;2t"
    POP: Final = "\x1b[23;2t"

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._shown = ""
        self._is_ours = False

    def show(self, text: str) -> None:
        """Name the window; nothing is sent where it has this name."""
        if text != self._shown:
            self._shown = text
            self._take()

    def give_back(self) -> None:
        """Give the window the name that it had."""
        if self._is_ours:
            self._is_ours = False
            write(self._app, self.POP)

    def take_again(self) -> None:
        """Name the window as before: it was somebody else's meanwhile."""
        if self._shown and not self._is_ours:
            self._take()

    def _take(self) -> None:
        first = "" if self._is_ours else self.PUSH
        self._is_ours = True
        write(self._app, f"{first}{osc_title(self._shown)}")


def has_terminal(app: App[None]) -> bool:
    """Return whether there is a terminal that shows more than text, and no browser."""
    is_shown = not (app.is_headless or app.is_web)
    return is_shown and os.environ.get("TERM", "") not in _WITHOUT_WINDOW


def write(app: App[None], data: str) -> None:
    """Send to the terminal what draws nothing."""
    driver = app._driver  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - Textual's own bell
    if data and driver is not None and has_terminal(app):
        driver.write(data)
        driver.flush()


class MessageAlerts:
    """Follows messages and problems for the whole console."""

    def __init__(self, app: App[None], shared: ScreenContext) -> None:
        self._app = app
        self._shared = shared
        self._newest = 0
        self.title = TerminalTitle(app)

    async def follow(self, services: ConsoleServices) -> None:
        """Tell of what is new, for ever. Whatever was there at the start is counted only."""
        alerts = services.messages.alerts
        with services.events.subscribe(MessagesChanged, StoreChanged) as changes:
            with suppress(ConsoleError):
                first = await services.messages.messages(limit=1)
                self._newest = first[0].id if first else 0
                await self._count(services)
            while True:
                await changes.batch()
                with suppress(ConsoleError):  # the next change is looked at again
                    await self._count(services)
                    await self._notify_about(services, alerts)
                await asyncio.sleep(_PAUSE_S)

    async def follow_problems(self, services: ConsoleServices) -> None:
        """Say in the window's title how many problems need somebody, for ever."""
        if not services.messages.alerts.has_title or not has_terminal(self._app):
            return
        with services.events.subscribe(*_OF_PROBLEMS) as changes:
            while True:
                with suppress(ConsoleError):
                    problems = await services.problems.read(await services.integrations.overview())
                    self._shared.needs_you = problems.needs_you
                    self.title.show(_title(len(problems.needs_you)))
                await asyncio.sleep(_TITLE_PAUSE_S)
                await changes.batch()

    async def _count(self, services: ConsoleServices) -> None:
        unread = await services.messages.unread()
        if unread == self._shared.unread_messages:
            return
        self._shared.unread_messages = unread
        self._shared.badges.pop(_SCREEN, None)
        if unread:
            self._shared.badges[_SCREEN] = Badge(f"•{unread:,}", "info")
        if isinstance(self._app.screen, ConsoleScreen):
            self._app.screen.show_headline()

    async def _notify_about(self, services: ConsoleServices, alerts: TerminalAlerts) -> None:
        newest = await services.messages.messages(limit=_MOST)
        news = [message for message in newest if message.id > self._newest]
        for message in reversed(news):
            self._newest = message.id
            self._toast(message)
        bad = [message for message in news if message.severity is MessageSeverity.BAD]
        if bad:
            more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
            title = bad[0].integration_id
            write(self._app, osc_notification(alerts.notify, title, bad[0].sentence + more))

    def _toast(self, message: Message) -> None:
        is_listed = getattr(self._app.screen, "title_text", "") == _SCREEN
        if is_listed or message.kind in _QUIET or message.times > 1:  # told a short time ago
            return
        is_bad = message.severity is MessageSeverity.BAD
        severity: Literal["error", "warning"] = "error" if is_bad else "warning"
        sentence = f"{message.integration_id}: {message.sentence}"
        self._app.notify(plain(sentence), severity=severity, markup=False)


def _title(count: int) -> str:
    need = "needs" if count == 1 else "need"
    return f"{_NAME}: {count:,} {need} you" if count else _NAME
