"""One record with all that is known of it in one window; from here to what stands beside it."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.worker import Worker, WorkerState

from integration_tui.domain.ids import RecordId
from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_view import RecordCard, RecordFilter
from integration_tui.domain.sync.merge import Side
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.screens.roster.actions import RecordActions
from integration_tui.tui.screens.roster.card import (
    card_blocks,
    created_text,
    related_blocks,
    related_title,
    subject,
)
from integration_tui.tui.screens.roster.fields import FieldsScreen
from integration_tui.tui.screens.roster.known import known_blocks
from integration_tui.tui.screens.roster.rows import TITLES
from integration_tui.tui.screens.roster.timeline import event_content, timeline_blocks
from integration_tui.tui.widgets.block_list import Block, BlockList
from integration_tui.tui.widgets.dialogs import TextDialog
from integration_tui.tui.widgets.roles import line
from integration_tui.tui.widgets.window import Window

_C = Collection
_CHANGING: Final = frozenset({"edit", "pin", "settle"})
_PARTS: Final[Mapping[Collection, tuple[Collection, ...]]] = {
    _C.USERS: (_C.ENROLLMENTS, _C.CLASSES),
    _C.CLASSES: (_C.ENROLLMENTS, _C.USERS),
    _C.ORGS: (_C.USERS, _C.CLASSES, _C.COURSES, _C.ORGS),
}
"""The lists that lead on from a record: its parts."""


class RecordScreen(ModalScreen[RecordFilter | None]):
    """Returns a list that somebody wants to see instead; `None` where nobody does."""

    title_text = "Record"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "Edit…", id="record.edit"),
        Binding("p", "pin", "Pin", id="record.pin"),
        Binding("m", "fields", "All fields", id="record.fields"),
        Binding("o", "settle('ours')", "Keep local", id="record.local"),
        Binding("t", "settle('theirs')", "Take source", id="record.source"),
        Binding("escape,h", "back", "Back", id="record.back"),
        Binding("q", "leave", "Close", show=False, id="record.leave"),
    ]
    DEFAULT_CSS = """
    RecordScreen Window { width: 110; height: 96%; padding: 0 1; }
    """

    def __init__(self, shared: ScreenContext, collection: Collection, record_id: RecordId) -> None:
        super().__init__()
        self._shared = shared
        self._trail = [(collection, record_id)]
        self._card: RecordCard | None = None

    def compose(self) -> ComposeResult:
        with Window(title="Record"):
            yield BlockList()

    def on_mount(self) -> None:
        self._read()

    @property
    def _actions(self) -> RecordActions:
        return RecordActions(self, self._shared)

    @work(group="part", exclusive=True, exit_on_error=False)
    async def _read(self) -> None:
        with self._actions.showing_errors():
            self._show(await self._shared.services.records.card(*self._trail[-1]))

    def _show(self, card: RecordCard) -> None:
        before, self._card = self._card, card
        name, what = subject(card)
        self.query_one(Window).title(f"{name} · {what}")
        now, is_readonly = self._shared.services.clock(), self._shared.is_readonly

        def draw(width: int) -> list[Block]:
            return list(_blocks(card, width, now, is_readonly=is_readonly))

        is_same = before is not None and before.view.line.id == card.view.line.id
        self.query_one(BlockList).show(draw, stays=is_same)
        self.refresh_bindings()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say what no one foresaw."""
        if event.state is WorkerState.ERROR:
            self._shared.show_toast(
                self, f"internal error: {type(event.worker.error).__name__}", is_bad=True
            )

    # Going on from here

    @on(BlockList.Chosen)
    def _follow(self, event: BlockList.Chosen) -> None:
        card, (kind, _, name) = self._card, event.key.partition("/")
        if card is None:
            return
        if kind == "list":
            self.dismiss(narrowed(Collection(name), card))
        elif kind in set(Collection):
            self._go(Collection(kind), RecordId(int(name)))
        else:
            self.app.push_screen(TextDialog("Change", event_content(card, event.key)))

    def _go(self, collection: Collection, record_id: RecordId) -> None:
        self._trail.append((collection, record_id))
        self._read()

    def action_back(self) -> None:
        """Show the record before; close where there is none."""
        self._trail.pop()
        if self._trail:
            self._read()
        else:
            self.dismiss(None)

    def action_leave(self) -> None:
        self.dismiss(None)

    # Changing

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - as Textual calls it
        """Hide what this actor may not do, and what there is nothing for."""
        if action == "settle" and (self._card is None or not self._card.conflicts):
            return False
        return not (action in _CHANGING and self._shared.is_readonly)

    @work(group="act", exit_on_error=False)
    async def action_fields(self) -> None:
        """Show every field."""
        reference = await self.app.push_screen_wait(FieldsScreen(self._shared, *self._trail[-1]))
        if reference is not None:
            self._go(reference.collection, reference.id)
        else:
            self._read()

    @work(group="act", exit_on_error=False)
    async def action_edit(self) -> None:
        """Choose a field, and change it by hand."""
        if (card := self._card) is not None:
            name = await self._actions.choose_field(card)
            if name is not None:
                await self._actions.edit(card, name)
                self._read()

    @work(group="act", exit_on_error=False)
    async def action_pin(self) -> None:
        """Keep syncs from deactivating this record, or allow it again."""
        if self._card is not None:
            await self._actions.pin(self._card.view.line)
            self._read()

    @work(group="act", exit_on_error=False)
    async def action_settle(self, side: str) -> None:
        """Decide the open conflict that is shown first."""
        if self._card is not None:
            await self._actions.settle(self._card, Side(side))
            self._read()


def narrowed(collection: Collection, card: RecordCard) -> RecordFilter:
    """Return the list of a collection that belongs to a record."""
    record = card.view.line
    match record.collection:
        case _C.USERS:
            return RecordFilter(collection=collection, user_id=record.id)
        case _C.CLASSES:
            return RecordFilter(collection=collection, class_id=record.id)
        case _:
            return RecordFilter(collection=collection, org=record.id)


def _blocks(card: RecordCard, width: int, now: datetime, *, is_readonly: bool) -> Iterator[Block]:
    yield from card_blocks(card, width, is_readonly=is_readonly)
    if created := created_text(card):
        yield Block((line((created, "muted")),))
    yield from _section("Known as", list(known_blocks(card, width, now)), width)
    yield from _section(related_title(card), list(related_blocks(card, width)), width)
    lists = [
        Block((line(("→ ", "muted"), TITLES[part]),), key=f"list/{part}")
        for part in _PARTS.get(card.view.line.collection, ())
    ]
    yield from _section("Lists", lists, width)
    yield from _section("Timeline", list(timeline_blocks(card, width, now)), width)


def _section(title: str, blocks: list[Block], width: int) -> Iterator[Block]:
    if blocks:
        head = line(("── ", "faint"), (title, "title"), " ")
        rule = "─" * max(width - head.cell_length, 0)
        yield Block((Content(""), line(head, (rule, "faint"))))
        yield from blocks
