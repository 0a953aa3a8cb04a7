"""The records of the roster: people, classes and the rest, each collection a list."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click
from textual.widgets import ContentSwitcher, Input

from integration_tui.domain.events import Event, RosterChanged
from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_view import RecordFilter, RecordLine
from integration_tui.tui.sanitize import plain, safe
from integration_tui.tui.screens.base import ConsoleScreen, Offer
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.screens.roster.record import RecordScreen
from integration_tui.tui.screens.roster.rows import TITLES, columns, described, record_row
from integration_tui.tui.widgets.dialogs import SafeInput
from integration_tui.tui.widgets.pane import Pane
from integration_tui.tui.widgets.static_text import StaticLines, index_at
from integration_tui.tui.widgets.table.paging import PAGE, Feed, Pages
from integration_tui.tui.widgets.table.virtual import PagedTable

if TYPE_CHECKING:
    from integration_tui.tui.services import ConsoleServices


class RosterScreen(ConsoleScreen):
    """Only what was scrolled to is read. A list that was led to is left by escape."""

    title_text = "Roster"
    follows: ClassVar[tuple[type[Event], ...]] = (RosterChanged,)
    CSS_PATH = "roster.tcss"
    AUTO_FOCUS = "#lists PagedTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "slash",
            "search",
            "Search",
            id="roster.search",
            tooltip="Search by the beginning of a name, an e-mail address or an id",
        ),
        Binding(
            "p",
            "pin",
            "Pin/unpin",
            id="roster.pin",
            tooltip="Pin it, so that no sync deactivates it, or unpin",
        ),
        Binding(
            "c",
            "conflicts",
            "Conflicts",
            id="roster.conflicts",
            tooltip="Show only those with an open conflict, or all",
        ),
        Binding(
            "i",
            "inactive",
            "Active/inactive",
            id="roster.inactive",
            tooltip="Show active ones, inactive ones, all",
        ),
        Binding(
            "right",
            "turn(1)",
            "Next list",
            show=False,
            id="roster.next",
            tooltip="Show the next collection",
        ),
        Binding(
            "left",
            "turn(-1)",
            "List before",
            show=False,
            id="roster.before",
            tooltip="Show the collection before",
        ),
        Binding(
            "escape",
            "back",
            "Back",
            show=False,
            id="roster.back",
            tooltip="Show what was shown before",
        ),
    ]

    def __init__(self, shared: ScreenContext) -> None:
        super().__init__(shared)
        self._trail = [RecordFilter(collection=Collection.USERS)]
        self._listed: tuple[RecordFilter, Pages[RecordLine]] | None = None
        self._count: int | None = None

    def body(self) -> ComposeResult:
        yield StaticLines(id="collections")
        yield SafeInput(placeholder="the beginning of a name, an e-mail or an id", id="filter")
        with Pane(title="Roster", id="records"), ContentSwitcher(id="lists", initial="users"):
            for collection in TITLES:
                yield PagedTable(columns(collection), id=collection, empty="Reading…")

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
        table.show_empty("nothing here; a sync brings records (see Sync)")
        table.changed(table.selected)
        self._tally(wanted)

    @work(group="part", exclusive=True, exit_on_error=False)
    async def _tally(self, wanted: RecordFilter) -> None:
        """Say how long the list is; of millions that takes longer than to show its page."""
        with self.reading():
            count = await self.services.records.count(wanted)
            if wanted == self._wanted:
                self._count = count
                self._show_head()

    @property
    def _wanted(self) -> RecordFilter:
        return self._trail[-1]

    @property
    def _table(self) -> PagedTable:
        return self.query_one(f"#{self._wanted.collection}", PagedTable)

    def _show_head(self) -> None:
        names = (
            (f" {title} ", "bold reverse" if one is self._wanted.collection else "")
            for one, title in TITLES.items()
        )
        count = "" if self._count is None else f"{self._count:,} "
        about = Content.styled(f"{count}{described(self._wanted)}", "$accent")
        self.query_one("#collections", StaticLines).show(
            Content.assemble(*names, ("  ←→  ", "$muted"), about)
        )

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
        self._count = None
        self.query_one("#lists", ContentSwitcher).current = wanted.collection
        self._show_head()
        self._table.focus()
        self.start_following()

    def action_turn(self, step: int) -> None:
        """Show the next collection, whole."""
        order = list(TITLES)
        at = order.index(self._wanted.collection)
        self._begin_with(RecordFilter(collection=order[(at + step) % len(order)]))

    @on(Click, "#collections")
    def _clicked(self, event: Click) -> None:
        place = index_at((f" {title} " for title in TITLES.values()), event.x)
        if place is not None:
            self._begin_with(RecordFilter(collection=list(TITLES)[place]))

    def action_search(self) -> None:
        """Ask what is sought in this list."""
        line = self.query_one("#filter", SafeInput)
        line.display = True
        line.value = self._wanted.search
        line.focus()

    @on(Input.Submitted, "#filter")
    def _search(self, event: Input.Submitted) -> None:
        event.input.display = False
        self.narrow(event.value)

    def narrow(self, text: str) -> None:
        """Show only what begins with `text`; a collection may stand in front: `classes alg`."""
        word, _, rest = text.strip().partition(" ")
        named = next((one for one, title in TITLES.items() if title.lower() == word.lower()), None)
        wanted = RecordFilter(collection=named) if named else self._wanted
        self._list(replace(wanted, search=(rest if named else text).strip()))

    def action_conflicts(self) -> None:
        """Show only those with an open conflict, or all again."""
        self._list(replace(self._wanted, has_conflict=not self._wanted.has_conflict))

    def action_inactive(self) -> None:
        """Show only active ones, only inactive ones, all."""
        turns = {None: "active", "active": "inactive", "inactive": None}
        self._list(replace(self._wanted, status=turns[self._wanted.status]))

    def action_back(self) -> None:
        """Leave the search line, or what narrows the list, or the list that was led to."""
        line = self.query_one("#filter", SafeInput)
        if line.display:
            line.display = False
            self._table.focus()
        elif len(self._trail) > 1:
            self._trail.pop()
            self._list(self._wanted)
        elif self._wanted != (whole := RecordFilter(collection=self._wanted.collection)):
            self._list(whole)

    def offers(self) -> Iterator[Offer]:
        """Yield what the keys do, and each collection."""
        yield from super().offers()
        for collection, title in TITLES.items():
            wanted = RecordFilter(collection=collection)
            yield Offer(f"Show {title.lower()}", partial(self._begin_with, wanted))

    def _begin_with(self, wanted: RecordFilter) -> None:
        self._trail = self._trail[:1]
        self._list(wanted)

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

    @on(PagedTable.Chosen)
    def _chosen(self) -> None:
        self._open()

    @work(group="page", exclusive=True, exit_on_error=False)
    async def _open(self) -> None:
        line = self._selected
        if line is not None:
            screen = RecordScreen(self.shared, line.collection, line.id)
            led_to = await self.app.push_screen_wait(screen)
            if led_to is not None:
                self._list(led_to, is_led=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what this actor may not do."""
        if action == "pin" and self.shared.is_readonly:
            return False
        return super().check_action(action, parameters)

    @work(group="act", exit_on_error=False)
    async def action_pin(self) -> None:
        """Keep syncs from deactivating the selected record, or allow it again."""
        line = self._selected
        if line is None:
            return
        with self.showing_errors(f"marking {plain(line.label)}"):
            await self.services.records.pin(
                line.collection, line.id, pinned=not line.is_pinned, actor=self.actor
            )
            done = (
                "may be deactivated again" if line.is_pinned else "is never deactivated by a sync"
            )
            self.show_message(f"{line.label} {done}")


def _pages(services: ConsoleServices, wanted: RecordFilter) -> Pages[RecordLine]:
    async def read(last: RecordLine | None) -> Sequence[RecordLine]:
        after = last.place if last else ""
        return await services.records.browse(wanted, after=after, limit=PAGE)

    return Pages(Feed(read=read, row=record_row, details=lambda line: safe(line.label)))
