"""Who did what, newest first; and whether the chain is whole."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, Static

from integration_tui.domain.audit import AuditFilter, Entry
from integration_tui.domain.errors import UsageError
from integration_tui.domain.events import AuditAppended, Event
from integration_tui.domain.audit_filter import parse_filter
from integration_tui.tui.screens.base import ConsoleScreen
from integration_tui.tui.screens.desk import Desk
from integration_tui.tui.screens.details import moment
from integration_tui.tui.screens.entries import COLUMNS, PAGE, entries_for
from integration_tui.tui.text import plain, safe
from integration_tui.tui.widgets.dialogs import Page, SafeInput
from integration_tui.tui.widgets.paged_list import PagedTable

if TYPE_CHECKING:
    from integration_tui.domain.audit import Verification


class AuditScreen(ConsoleScreen):
    """Only what was scrolled to is read. New entries come in above; the cursor stays."""

    title_text = "Audit"
    follows: ClassVar[tuple[type[Event], ...]] = (AuditAppended,)
    CSS_PATH = "audit.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", id="audit.filter"),
        Binding("V", "verify", "Verify", id="audit.verify"),
        Binding("escape", "clear", "Clear", show=False, id="audit.clear"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._wanted = AuditFilter()
        self._entries = entries_for(self._wanted)
        self._is_shown = False
        self._checked = 0
        self._ticking: Timer | None = None

    def body(self) -> ComposeResult:
        yield SafeInput(
            placeholder="actor=… action=… object=… outcome=… since=… until=…", id="filter"
        )
        yield Static("", id="verdict")
        yield PagedTable(COLUMNS, empty="reading")

    async def reload(self) -> None:
        """Read the newest page, and put what is new above the rest."""
        entries, wanted = self._entries, self._wanted
        newest = await self.services.audit.page(wanted, limit=PAGE)
        if entries is not self._entries:
            return
        table = self.query_one(PagedTable)
        table.say_empty(
            "no entries match; escape clears the filter"
            if wanted != AuditFilter()
            else "no entries yet"
        )
        key = table.selected
        if not entries.add_newest(newest):
            self._start_over(wanted)
        elif self._is_shown:
            table.changed(key)
        else:
            self._is_shown = True
            table.show_source(entries)

    def _start_over(self, wanted: AuditFilter) -> None:
        self._wanted = wanted
        self._entries = entries_for(wanted)
        self._is_shown = False
        self.start_following()

    @on(PagedTable.Wanted)
    def _load(self, event: PagedTable.Wanted) -> None:
        self._load_page(event.place)

    @work(group="part", exclusive=True, exit_on_error=False)
    async def _load_page(self, place: int) -> None:
        entries = self._entries
        with self.reading():
            before = entries.before(place)
            page = await self.services.audit.page(self._wanted, before=before, limit=PAGE)
            if entries is self._entries:
                entries.add(page)
                table = self.query_one(PagedTable)
                table.changed(table.selected)

    # Filtering

    def action_filter(self) -> None:
        """Go to the filter line."""
        line = self.query_one("#filter", SafeInput)
        line.display = True
        line.focus()

    @on(Input.Submitted, "#filter")
    def _filter(self, event: Input.Submitted) -> None:
        try:
            wanted = parse_filter(event.value)
        except UsageError as error:
            self.tell(str(error), is_bad=True)
            return
        event.input.display = bool(event.value.strip())
        self.query_one(PagedTable).focus()
        self._start_over(wanted)

    def action_clear(self) -> None:
        """Leave the filter line, or stop verifying; then show everything again."""
        self.workers.cancel_group(self, "verify")
        line = self.query_one("#filter", SafeInput)
        line.value = ""
        line.display = False
        self.query_one(PagedTable).focus()
        if self._wanted != AuditFilter():
            self._start_over(AuditFilter())

    # Looking closely

    @on(PagedTable.Chosen)
    def _show_entry(self) -> None:
        table = self.query_one(PagedTable)
        entry = self._entries.entry(table.cursor)
        if entry is not None:
            self.app.push_screen(Page(f"Entry {entry.seq}", _details(entry)))

    @work(group="verify", exclusive=True, exit_on_error=False)
    async def action_verify(self) -> None:
        """Walk the whole chain, and say the verdict."""
        self._checked = 0
        self._show_progress()
        self._ticking = self.set_interval(0.25, self._show_progress)
        try:
            with self.telling("verifying the chain"):
                self._show_verdict(await self.services.audit.verify(self._count))
        finally:
            self._ticking.stop()

    def _count(self, checked: int) -> None:
        self._checked = checked  # may come from a thread; the timer shows it

    def _show_progress(self) -> None:
        verdict = self.query_one("#verdict", Static)
        verdict.display = True
        verdict.update(f"{self._checked:,} entries checked; escape stops")

    def _show_verdict(self, verdict: Verification) -> None:
        if verdict.intact:
            text = f"✓ intact: {verdict.checked:,} entries, head {verdict.head}"
        else:
            text = f"✗ broken at entry {verdict.first_broken}: {verdict.reason}"
        self.query_one("#verdict", Static).update(safe(text))
        self.tell(text.partition(",")[0], is_bad=not verdict.intact)


def _details(entry: Entry) -> Content:
    act = entry.act
    lines = [
        Content.assemble(moment(entry.at), " ", act.outcome),
        Content.assemble(
            "actor   ", safe(act.actor.name), f" ({act.actor.door}) ", safe(act.actor.host)
        ),
        Content.assemble("action  ", act.action),
        Content.assemble("object  ", safe(act.object)),
        Content.assemble("detail  ", safe(act.detail)),
        *_changes(entry),
        Content.styled(f"hash    {plain(entry.hash)}", "$text-muted"),
    ]
    return Content("\n").join(lines)


def _changes(entry: Entry) -> list[Content]:
    before, after = entry.act.before, entry.act.after
    lines: list[Content] = []
    for path in sorted({*before, *after}):
        lines.append(safe(path).stylize("bold"))
        if path in before:
            lines.append(Content.assemble(("  - ", "$error"), safe(before[path])))
        if path in after:
            lines.append(Content.assemble(("  + ", "$success"), safe(after[path])))
    return lines
