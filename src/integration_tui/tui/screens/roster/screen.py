"""The records of the roster: people, classes and the rest, each collection a list, one a card."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import ContentSwitcher

from integration_tui.domain.events import Event, RosterChanged
from integration_tui.domain.ids import RecordId
from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_view import RecordCard, RecordFilter, RecordLine
from integration_tui.domain.roster_words import NOUNS
from integration_tui.domain.sync.merge import Side
from integration_tui.domain.value import replace
from integration_tui.tui.keymap import MOVES, ROW_GROUP
from integration_tui.tui.sanitize import safe
from integration_tui.tui.screens.base import ConsoleScreen, Offer
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.screens.roster.keys import ROSTER_KEYS
from integration_tui.tui.screens.roster.panes import RecordPanes
from integration_tui.tui.screens.roster.rows import (
    ORDER,
    TITLES,
    columns,
    described,
    neighbors,
    record_row,
)
from integration_tui.tui.widgets.block_list import BlockList
from integration_tui.tui.widgets.dialogs import SafeInput
from integration_tui.tui.widgets.filter_input import FilterLine
from integration_tui.tui.widgets.pane import Pane
from integration_tui.tui.widgets.roles import keys, line
from integration_tui.tui.widgets.table.paging import PAGE, Feed, Pages
from integration_tui.tui.widgets.table.virtual import PagedTable

if TYPE_CHECKING:
    from integration_tui.tui.screens.roster.actions import RecordActions
    from integration_tui.tui.services import ConsoleServices

MOST_COUNTED: Final = 1_000
"""Matches of a search are counted so far: more than that tells nobody anything."""
TYPING_S: Final = 0.12
"""What is typed within this time is searched for together; a search never waits longer."""
MOVING_S: Final = 0.04
"""A record is read once the cursor has rested on it for so long."""
_CHANGING: Final = frozenset({"edit", "pin", "settle"})


class RosterTable(PagedTable, inherit_bindings=False):
    """Shows in the footer that a record can be opened."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVES[:-1],
        Binding("enter,l", "choose", "Open", id="roster.open", group=ROW_GROUP),
    ]


class RosterScreen(ConsoleScreen):
    """Only what was scrolled to is read. A list that was led to is left by escape."""

    title_text = "Roster"
    follows: ClassVar[tuple[type[Event], ...]] = (RosterChanged,)
    CSS_PATH = "roster.tcss"
    AUTO_FOCUS = "#lists PagedTable"
    BINDINGS: ClassVar[list[BindingType]] = ROSTER_KEYS

    def __init__(self, shared: ScreenContext) -> None:
        super().__init__(shared)
        self._trail = [RecordFilter(collection=Collection.USERS)]
        self._listed: tuple[RecordFilter, Pages[RecordLine]] | None = None
        self._totals: dict[Collection, int] = {}
        self._found: int | None = None
        self._card: RecordCard | None = None
        self._typed = ""
        self._typing: Timer | None = None

    def body(self) -> ComposeResult:
        with Horizontal(id="parts"):
            with Pane(title=TITLES[Collection.USERS], id="records"):
                yield FilterLine(id="search", hint="name, email or ID")
                with ContentSwitcher(id="lists", initial="users"):
                    for collection in TITLES:
                        yield RosterTable(columns(collection), id=collection, empty="Reading…")
            yield RecordPanes()

    async def reload(self) -> None:
        """Read the first page of the list again; how long it is, is said later."""
        wanted = self._wanted
        listed = self._listed
        if listed is None or listed[0] != wanted:
            pages = _pages(self.services, wanted)
            await pages.more()
            if wanted == self._wanted:
                self._listed = (wanted, pages)
                self._table.show_source(pages)
        else:
            await listed[1].renew()
        table = self._table
        table.show_empty(_why_empty(wanted))
        table.changed(table.selected)
        self._show_head()
        self._show_card()
        self._count(wanted)

    @work(group="figures", exclusive=True, exit_on_error=False)
    async def _count(self, wanted: RecordFilter) -> None:
        """Say how long the list is; of millions that takes longer than to show its page."""
        with self.reading("figures"):
            records = self.services.records
            whole = RecordFilter(collection=wanted.collection)
            if wanted != whole:
                most = MOST_COUNTED + 1 if wanted.search else None
                found = await records.count(wanted, at_most=most)
                self._found = found if wanted == self._wanted else self._found
                self._show_head()
            total = await records.count(whole)
            if wanted == self._wanted:
                self._totals[wanted.collection] = total
                self._show_head()

    @property
    def _wanted(self) -> RecordFilter:
        return self._trail[-1]

    @property
    def _table(self) -> PagedTable:
        return self.query_one(f"#{self._wanted.collection}", PagedTable)

    def _show_head(self) -> None:
        wanted = self._wanted
        pane = self.query_one("#records", Pane)
        about = [self._count_text(), described(wanted)]
        pane.title(TITLES[wanted.collection], ", ".join(filter(None, about)))
        before, behind = neighbors(wanted.collection)
        order = ORDER.get(wanted.collection, "by name")
        pane.hint(line((f"{order}   ", "muted"), keys((("←", before), ("→", behind)))))

    def _count_text(self) -> str:
        """Say how many records are listed, and of how many where that is not all."""
        wanted, total = self._wanted, self._totals.get(self._wanted.collection)
        of_all = "" if total is None else f"{total:,}"
        if wanted == RecordFilter(collection=wanted.collection):
            return of_all
        if self._found is None:
            return ""
        is_many = bool(wanted.search) and self._found > MOST_COUNTED
        found = f"more than {MOST_COUNTED:,}" if is_many else f"{self._found:,}"
        return f"{found} of {of_all}" if of_all else found

    @on(PagedTable.Wanted)
    def _load(self, event: PagedTable.Wanted) -> None:
        self._load_more(event.table)

    @work(group="more", exclusive=True, exit_on_error=False)
    async def _load_more(self, table: PagedTable) -> None:
        if self._listed is not None:
            with self.reading():
                await self._listed[1].more()
                table.changed(table.selected)

    # From one list to another

    def _list(self, wanted: RecordFilter, *, is_led: bool = False) -> None:
        """Show another list. One that was led to is put on top of where it came from."""
        self._trail = [*(self._trail if is_led else self._trail[:-1]), wanted]
        self._found = None
        self.query_one("#lists", ContentSwitcher).current = wanted.collection
        self._show_head()
        self.start_following()

    def action_turn(self, step: int) -> None:
        """Show the next collection, whole."""
        order = list(TITLES)
        at = order.index(self._wanted.collection)
        self._begin_with(RecordFilter(collection=order[(at + step) % len(order)]))

    def narrow(self, text: str) -> None:
        """Show only what begins with `text`; a collection may stand in front: `classes alg`."""
        word, _, rest = text.strip().partition(" ")
        names = {title.lower(): one for one, title in TITLES.items()} | {one: one for one in TITLES}
        named = names.get(word.lower())
        wanted = RecordFilter(collection=named) if named else self._wanted
        self._list(replace(wanted, search=(rest if named else text).strip()))
        self._show_search()

    def action_conflicts(self) -> None:
        """Show only those with an open conflict, or all again."""
        self._list(replace(self._wanted, has_conflict=not self._wanted.has_conflict))

    def action_inactive(self) -> None:
        """Show only active ones, only inactive ones, all."""
        turns = {None: "active", "active": "inactive", "inactive": None}
        self._list(replace(self._wanted, status=turns[self._wanted.status]))

    def action_back(self) -> None:
        """Leave what is maximized, the search, what narrows the list, the list that was led to."""
        whole = RecordFilter(collection=self._wanted.collection)
        if self.maximized is not None:
            self.minimize()
        elif self._wanted.search:
            self.narrow("")
        elif len(self._trail) > 1:
            self._trail.pop()
            self._list(self._wanted)
            self._show_search()
        elif self._wanted != whole:
            self._list(whole)
        self._table.focus()

    def offers(self) -> Iterator[Offer]:
        """Yield what the keys do, and each collection."""
        yield from super().offers()
        for collection, title in TITLES.items():
            wanted = RecordFilter(collection=collection)
            yield Offer(f"Show {title.lower()}", partial(self._begin_with, wanted))

    def _begin_with(self, wanted: RecordFilter) -> None:
        self._trail = self._trail[:1]
        self._list(wanted)
        self._show_search()
        self._table.focus()

    # Searching while typing

    def action_search(self) -> None:
        """Have the next keys typed into the search line."""
        search = self.query_one("#search", FilterLine)
        search.display = True
        self.set_focus(search.query_one(SafeInput))

    def _show_search(self) -> None:
        """Have the line say what is searched for."""
        search = self.query_one("#search", FilterLine)
        self._typed = self._wanted.search
        search.show(self._typed)
        search.display = bool(self._typed) or search.has_focus_within

    def on_filter_line_typed(self, event: FilterLine.Typed) -> None:
        self._typed = event.text
        if self._typing is None:
            self._typing = self.set_timer(TYPING_S, self._search)

    def _search(self) -> None:
        self._typing = None
        typed = self._typed.strip()
        if typed != self._wanted.search:
            self._list(replace(self._wanted, search=typed))

    def on_filter_line_left(self) -> None:
        if self._typing is not None:
            self._typing.stop()
            self._search()
        self.query_one("#search", FilterLine).display = bool(self._wanted.search)
        self._table.focus()

    # From one start to the next

    def remember(self) -> Mapping[str, str]:
        return {"collection": self._trail[0].collection}

    def restore(self, remembered: Mapping[str, str]) -> None:
        if (name := remembered.get("collection", "")) in set(TITLES):
            self._begin_with(RecordFilter(collection=Collection(name)))

    # Looking closely

    @property
    def _selected(self) -> RecordLine | None:
        return self._listed[1].item(self._table.selected) if self._listed else None

    @on(PagedTable.Highlighted, "#lists PagedTable")
    def _moved(self) -> None:
        if self.shared.services_ready:
            self._show_card()

    @work(group="part", exclusive=True, exit_on_error=False)
    async def _show_card(self) -> None:
        """Read the record of the cursor and show it, where there is room beside the list."""
        record, panes = self._selected, self.query_one(RecordPanes)
        if record is None:
            self._card = None
            panes.clear()
            self.refresh_bindings()
            return
        before = self._card
        is_same = before is not None and before.view.line.id == record.id
        if not is_same:
            await asyncio.sleep(MOVING_S)
        with self.reading():
            self._card = card = await self.services.records.card(record.collection, record.id)
            panes.show(
                card,
                {one.integration.id: one.integration.provider for one in self.overviews},
                now=self.services.clock(),
                is_readonly=self.shared.is_readonly,
                stays=is_same,
            )
        self.refresh_bindings()

    @on(PagedTable.Chosen, "#lists PagedTable")
    def _chosen(self) -> None:
        if (record := self._selected) is not None:
            self._open(record.collection, record.id)

    @on(BlockList.Chosen)
    def _chosen_beside(self, event: BlockList.Chosen) -> None:
        kind, _, name = event.key.partition("/")
        if kind in set(Collection):
            self._open(Collection(kind), RecordId(int(name)))
        elif self._card is not None:
            self._open_event(self._card, event.key)

    def _open_event(self, card: RecordCard, key: str) -> None:
        from integration_tui.tui.screens.roster.timeline import event_content
        from integration_tui.tui.widgets.dialogs import TextDialog

        self.app.push_screen(TextDialog("Change", event_content(card, key)))

    @work(group="page", exclusive=True, exit_on_error=False)
    async def _open(self, collection: Collection, record_id: RecordId) -> None:
        from integration_tui.tui.screens.roster.record import RecordScreen

        screen = RecordScreen(self.shared, collection, record_id)
        led_to = await self.app.push_screen_wait(screen)
        if led_to is not None:
            self._list(led_to, is_led=True)
            self._show_search()
            self._table.focus()

    @work(group="page", exclusive=True, exit_on_error=False)
    async def action_fields(self) -> None:
        """Show every field of the selected record."""
        from integration_tui.tui.screens.roster.fields import FieldsScreen

        if (record := self._selected) is not None:
            screen = FieldsScreen(self.shared, record.collection, record.id)
            reference = await self.app.push_screen_wait(screen)
            if reference is not None:
                self._open(reference.collection, reference.id)

    def copied(self) -> str:
        """Return what the cursor is on, in whatever pane has the focus."""
        focused = self.focused
        return focused.selected_text if isinstance(focused, BlockList) else super().copied()

    # Changing

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what this actor may not do, and what there is nothing for."""
        if action in _CHANGING and self.shared.is_readonly:
            return False
        if action == "settle":
            return self._card is not None and bool(self._card.conflicts)
        return super().check_action(action, parameters)

    @property
    def _actions(self) -> RecordActions:
        from integration_tui.tui.screens.roster.actions import RecordActions

        return RecordActions(self, self.shared)

    async def _card_now(self) -> RecordCard | None:
        """Return the card of the record that keys mean: the one with the cursor."""
        record, card = self._selected, self._card
        if record is None:
            return None
        if card is not None and (card.view.line.collection, card.view.line.id) == (
            record.collection,
            record.id,
        ):
            return card
        return await self.services.records.card(record.collection, record.id)

    @work(group="act", exit_on_error=False)
    async def action_edit(self) -> None:
        """Choose a field of the selected record, and change it by hand."""
        with self.showing_errors():
            card = await self._card_now()
            if card is not None and (name := await self._actions.choose_field(card)) is not None:
                await self._actions.edit(card, name)
                self._show_card()

    @work(group="act", exit_on_error=False)
    async def action_pin(self) -> None:
        """Keep syncs from deactivating the selected record, or allow it again."""
        if (record := self._selected) is not None:
            await self._actions.pin(record)

    @work(group="act", exit_on_error=False)
    async def action_settle(self, side: str) -> None:
        """Decide the conflict that the card shows first."""
        with self.showing_errors():
            if (card := await self._card_now()) is not None:
                await self._actions.settle(card, Side(side))
                self._show_card()


def _why_empty(wanted: RecordFilter) -> str:
    """Return what stands where no record does."""
    noun = NOUNS[wanted.collection]
    if wanted.search:
        return f'No match for "{safe(wanted.search).plain}". esc clears.'
    if wanted != RecordFilter(collection=wanted.collection):
        return f"No {noun} here. esc shows all."
    return "Nothing here yet. A sync brings records: 4 opens Sync."


def _pages(services: ConsoleServices, wanted: RecordFilter) -> Pages[RecordLine]:
    async def read(last: RecordLine | None) -> Sequence[RecordLine]:
        after = last.place if last else ""
        return await services.records.browse(wanted, after=after, limit=PAGE)

    return Pages(Feed(read=read, row=record_row, details=lambda line: safe(line.label)))
