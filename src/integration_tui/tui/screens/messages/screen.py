"""What happened that somebody should hear of, newest first, and what to do about it."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import ContentSwitcher
from textual.worker import Worker

from integration_tui.domain.events import Event, MessagesChanged
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.message import Message, MessageFix, MessageSeverity, MessageTarget
from integration_tui.tui.sanitize import safe_lines
from integration_tui.tui.screens.base import ConsoleScreen
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.screens.list_screen import ListScreen
from integration_tui.tui.screens.messages.rows import (
    COLUMNS,
    SESSION_COLUMNS,
    SIGNS,
    WORDS,
    message_row,
    notice_row,
)
from integration_tui.tui.widgets.dialogs import TextDialog
from integration_tui.tui.widgets.drawn import DrawnText
from integration_tui.tui.widgets.formats import full_moment, moment
from integration_tui.tui.widgets.pane import Pane
from integration_tui.tui.widgets.roles import facts, line, text, wrapped
from integration_tui.tui.widgets.table.table import RowTable
from integration_tui.tui.widgets.tabs import TabbedPane

if TYPE_CHECKING:
    from integration_tui.tui.screens.context import Notice

_ROOMY: Final = 11
"""Lines from which the details have blank ones between them."""
_LIMIT: Final = 500
"""So many of the newest are listed."""
_VIEWS: Final = {"messages": "Messages", "session": "This session"}
_ROLES: Final = {
    MessageSeverity.BAD: "bad-strong",
    MessageSeverity.WARNING: "warn-strong",
    MessageSeverity.GOOD: "ok-strong",
}
_MODES: Final = {
    MessageTarget.INTEGRATION: "integrations",
    MessageTarget.HEALTH: "health",
    MessageTarget.RUN: "sync",
    MessageTarget.CONFLICTS: "sync",
}
_TITLES: Final = {"integrations": "Integrations", "health": "Health", "sync": "Sync"}


class MessagesScreen(ListScreen):
    """Messages are kept in the store; the second view has what toasts of this session said."""

    title_text: ClassVar[str] = "Messages"
    follows: ClassVar[tuple[type[Event], ...]] = (MessagesChanged,)
    CSS_PATH = "messages.tcss"
    AUTO_FOCUS = "#messages"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "r",
            "mark_read",
            "Mark all read",
            id="messages.read",
            tooltip="Mark all messages as read",
        ),
        Binding("right", "view(1)", "Next view", show=False, id="messages.next-view"),
        Binding("left", "view(-1)", "Previous view", show=False, id="messages.view-before"),
        Binding("T", "sort('time')", "Sort by time", show=False, id="messages.sort-time"),
        Binding("N", "sort('integration')", "Sort by name", show=False, id="messages.sort-name"),
    ]

    def __init__(self, shared: ScreenContext) -> None:
        super().__init__(shared)
        self._messages: Sequence[Message] = ()

    def body(self) -> ComposeResult:
        with (
            TabbedPane(titles=_VIEWS, current="messages", id="list"),
            ContentSwitcher(id="view", initial="messages"),
        ):
            yield RowTable(COLUMNS, id="messages", empty="Reading messages…")
            yield RowTable(SESSION_COLUMNS, id="session", empty="No confirmations yet.")
        with Pane(title="Details", id="beside"):
            yield DrawnText(self._details, id="details")

    def on_mount(self) -> None:
        self.shared.on_notice = self._show_session

    async def reload(self) -> None:
        self._messages = await self.services.messages.messages(limit=_LIMIT)
        now = self.services.clock()
        table = self.query_one("#messages", RowTable)
        table.show_empty("No messages yet.")
        table.show([message_row(message, now) for message in self._messages])
        self._show_session()
        self._show_details()
        self.refresh_bindings()

    def _show_session(self) -> None:
        """Show what toasts said: the console's own words, kept until it is closed."""
        if self.is_mounted and (opened := self.shared.opened):
            rows = [notice_row(notice, opened.clock()) for notice in self.shared.notices]
            self.query_one("#session", RowTable).show(rows)
            self._show_titles()

    def _show_titles(self) -> None:
        unread = sum(not message.is_read for message in self._messages)
        counts = f"{len(self._messages):,}" + (f", {unread:,} unread" if unread else "")
        is_session = self.view == "session"
        about = f"{len(self.shared.notices):,}" if is_session else counts
        self.query_one(TabbedPane).describe(about)

    # The views

    @property
    def view(self) -> str:
        """The name of the view that is shown."""
        return self.query_one(TabbedPane).current

    @property
    def listed(self) -> RowTable:
        """The table of the view that is shown."""
        return self.query_one(f"#{self.view}", RowTable)

    def action_view(self, step: int) -> None:
        """Show the other view."""
        names = list(_VIEWS)
        self.go_to(names[(names.index(self.view) + step) % len(names)])

    @on(TabbedPane.Selected)
    def _view_clicked(self, event: TabbedPane.Selected) -> None:
        self.go_to(event.view)

    def go_to(self, view: str) -> None:
        """Show this view."""
        self.query_one(TabbedPane).go_to(view)
        self.query_one("#view", ContentSwitcher).current = view
        self.listed.focus()
        self._show_titles()
        self._show_details()
        self.refresh_bindings()

    # One of them

    @property
    def selected_integration(self) -> IntegrationId | None:
        return message.integration_id if (message := self._selected) else None

    def show_integration(self, integration_id: IntegrationId) -> None:
        """Leave the cursor where it is: many messages are about one integration."""

    @property
    def _selected(self) -> Message | None:
        key = self.query_one("#messages", RowTable).selected if self.view == "messages" else None
        return next((one for one in self._messages if str(one.id) == key), None)

    @property
    def _notice(self) -> Notice | None:
        key = self.query_one("#session", RowTable).selected if self.view == "session" else None
        return next((one for one in self.shared.notices if str(one.number) == key), None)

    @on(RowTable.Highlighted)
    def _highlighted(self) -> None:
        self._show_details()

    def _show_details(self) -> None:
        message = self._selected
        where = f"open in {_TITLES[_MODES[message.target]]}" if message else "show full text"
        is_some = message is not None or self._notice is not None
        self.query_one("#beside", Pane).display = is_some
        self.query_one("#beside", Pane).hint(line(("⏎", "key"), f" {where}") if is_some else "")
        self.query_one("#details", DrawnText).show(self._details)

    def _details(self, width: int, height: int) -> Iterator[Content]:
        if (message := self._selected) is None:
            if (notice := self._notice) is not None:
                yield text(_heading(notice), "muted")
                yield from wrapped(safe_lines(notice.sentence), width)
            return
        gap = [line("")] if height >= _ROOMY else []
        word = f"{SIGNS[message.kind]} {WORDS[message.kind]}"
        yield line((word, _ROLES[message.severity]), "  ", (message.integration_id, "strong"))
        yield from wrapped(line(message.sentence), width)
        yield from gap
        yield from facts(self._facts(message))
        if (fix := message.fix) is not None:
            yield from gap
            yield from _fix_lines(fix, width)
        if gap:
            yield from self._earlier(message)

    def _earlier(self, message: Message) -> Iterator[Content]:
        """Yield what was said before of the same integration, as far as there is room."""
        name, now = message.integration_id, self.services.clock()
        earlier = [one for one in self._messages if one.integration_id == name]
        earlier = [one for one in earlier if one.id < message.id]
        if earlier:
            yield line("")
            yield line(("Earlier", "title"))
        for one in earlier:
            sign, role = SIGNS[one.kind], _ROLES[one.severity].removesuffix("-strong")
            at = f"{moment(one.at, now):<9} "
            yield line((at, "muted"), (sign, role), f" {one.sentence}")

    def _facts(self, message: Message) -> Iterator[tuple[str, str]]:
        yield "Time", full_moment(message.at)
        if message.times > 1:
            first = moment(message.first_at, self.services.clock())
            yield "Repeated", f"{message.times:,} times since {first}"
        if message.run_id is not None:
            yield "Run", f"{message.run_id}"

    @on(RowTable.Chosen)
    def _chosen(self) -> None:
        """Go to where the message belongs, or show the whole confirmation."""
        if self.view == "session":
            self._open_notice()
        elif (message := self._selected) is not None:
            self.visit_target(message)

    @work(group="open", exclusive=True, exit_on_error=False)
    async def visit_target(self, message: Message) -> None:
        """Show the screen that a message leads to, with its integration selected."""
        self.shared.integration = self.shared.asked_for = message.integration_id
        visit = self.shared.visit(_MODES[message.target], "")
        if isinstance(visit, Worker):
            await visit.wait()
        shown = self.app.screen
        if message.target is MessageTarget.CONFLICTS and isinstance(shown, ConsoleScreen):
            shown.go_to("conflicts")

    def _open_notice(self) -> None:
        if (notice := self._notice) is not None:
            self.app.push_screen(TextDialog(_heading(notice), safe_lines(notice.sentence)))

    # What was read

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what does nothing now, and what this actor may not do."""
        if action == "mark_read":
            is_unread = any(not message.is_read for message in self._messages)
            return is_unread and not self.shared.is_readonly
        return super().check_action(action, parameters)

    @work(group="act", exclusive=True, exit_on_error=False)
    async def action_mark_read(self) -> None:
        """Mark as read what is listed: what comes meanwhile stays unread."""
        newest = max((message.id for message in self._messages), default=0)
        with self.showing_errors():
            await self.services.messages.mark_read(actor=self.actor, up_to=newest)

    # From one start to the next

    def remember(self) -> Mapping[str, str]:
        return {**super().remember(), "view": self.view}

    def restore(self, remembered: Mapping[str, str]) -> None:
        if (view := remembered.get("view", "")) in _VIEWS:
            self.go_to(view)
        super().restore(remembered)


def _fix_lines(fix: MessageFix, width: int) -> Iterator[Content]:
    yield line(("What to do", "title"))
    yield from wrapped(line((fix.key, "key"), "  ", fix.sentence), width)
    yield from wrapped(line((fix.command, "muted")), width)


def _heading(notice: Notice) -> str:
    times = f", {notice.times} times" if notice.times > 1 else ""
    at = f"{notice.at.astimezone():%H:%M:%S} " if notice.at else ""
    return f"{at}{notice.screen}{times}"
