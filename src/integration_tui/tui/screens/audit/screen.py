"""Who did what, newest first, one entry beside it, and whether the chain is whole."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.widgets import Input

from integration_tui.domain.audit.log import AuditFilter
from integration_tui.domain.audit.query import parse_filter
from integration_tui.domain.errors import FileThereError, UsageError
from integration_tui.domain.events import AuditAppended, Event
from integration_tui.domain.quantity import counted
from integration_tui.tui.keymap import LIST_GROUP
from integration_tui.tui.screens.audit.activity import Hours, read_hours
from integration_tui.tui.screens.audit.data_source import COLUMNS
from integration_tui.tui.screens.audit.entry_view import entry_text
from integration_tui.tui.screens.audit.loader import AuditLoader
from integration_tui.tui.screens.audit.panes import (
    ActivityPane,
    EdgeProgress,
    EntryPane,
    LogPane,
)
from integration_tui.tui.screens.base import ConsoleScreen
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.widgets.dialogs import Confirm, SafeInput, TextDialog, TextPrompt
from integration_tui.tui.widgets.drawn import DrawnText
from integration_tui.tui.widgets.formats import zone
from integration_tui.tui.widgets.static_text import StaticLines
from integration_tui.tui.widgets.table.table import RowTable
from integration_tui.tui.widgets.table.virtual import PagedTable

if TYPE_CHECKING:
    from integration_tui.domain.audit.log import Verification

_HINT = "Search words or key=value"
_WINDOW = 88
"""Cells of text in the window of an entry."""
_AROUND = 10
"""Cells around the text of a window."""
_AT_ONCE = 10_000
"""A log of so many entries is verified when it is first seen: that takes a second at most."""


class AuditScreen(ConsoleScreen):
    """Only what was scrolled to is read. New entries come in above; the cursor stays."""

    title_text = "Audit"
    follows: ClassVar[tuple[type[Event], ...]] = (AuditAppended,)
    CSS_PATH = "audit.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "follow", "Follow", id="audit.follow"),
        Binding("V", "verify", "Verify chain", id="audit.verify"),
        Binding("E", "export", "Export…", id="audit.export"),
        Binding("slash", "filter", "Filter", id="audit.filter", group=LIST_GROUP),
        Binding("escape", "clear", "Clear", show=False, id="audit.clear"),
    ]

    def __init__(self, shared: ScreenContext) -> None:
        super().__init__(shared)
        self._reading = AuditLoader(AuditFilter())
        self._narrowed = ""
        self._is_shown = False
        self._is_following = False
        self._hours: Hours | None = None
        self._is_first_look = True

    def body(self) -> ComposeResult:
        with Container(id="sides"):
            with Vertical(id="entries"):
                with ActivityPane(title="Activity", id="activity"):
                    yield DrawnText()
                with LogPane(title="Audit log", id="log"):
                    yield SafeInput(placeholder=_HINT, id="filter")
                    yield EdgeProgress()
                    yield PagedTable(COLUMNS, empty="Reading…")
            with EntryPane(id="entry"), VerticalScroll():
                yield StaticLines()

    @property
    def _table(self) -> PagedTable:
        return self.query_one(PagedTable)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the export from who may not write: it is recorded."""
        if action == "export" and self.shared.is_readonly:
            return False
        return super().check_action(action, parameters)

    # Reading

    async def reload(self) -> None:
        """Read what is new, and put it above the rest."""
        reading = self._reading
        reading.entries.now = self.services.clock()
        take = await reading.read_new(self.services.audit)
        if reading is not self._reading:
            return
        self._table.show_empty(
            "No entry matches. esc clears the filter." if reading.is_narrowed else "No entries yet."
        )
        key = self._table.selected
        take()
        if self._is_shown:
            self._table.changed(key)
        else:
            self._is_shown = True
            self._table.show_source(reading.entries)
        if self._is_following:
            self._go_to_newest()
        self._show_state()
        self._show_entry()
        await self._show_activity()
        if self._is_first_look:
            self._is_first_look = False
            self._verify_quietly()

    async def _show_activity(self) -> None:
        pane = self.query_one(ActivityPane)
        if pane.display:
            now = self.services.clock()
            self._hours = await read_hours(self.services.audit, self._hours, now)
            pane.show(self._hours)

    @work(group="part-chain", exclusive=True, exit_on_error=False)
    async def _verify_quietly(self) -> None:
        if await self.services.audit.newest() <= _AT_ONCE:
            self._log.verified = await self.services.audit.verify()
            self._show_state()
            self._show_entry()

    def _start_over(self, wanted: AuditFilter) -> None:
        for group in ("part", "end"):
            self.workers.cancel_group(self, group)
        self._reading = AuditLoader(wanted)
        self._is_shown = False
        self.start_following()

    @on(PagedTable.Wanted)
    def _load(self, event: PagedTable.Wanted) -> None:
        self._load_page(event.place)

    @work(group="part", exclusive=True, exit_on_error=False)
    async def _load_page(self, place: int) -> None:
        reading, table = self._reading, self._table
        with self.reading():
            async for take in reading.read_at(self.services.audit, place, table.cursor):
                if reading is not self._reading:
                    return
                key = table.selected
                take()
                table.changed(key)
                self._show_state()
                self._show_entry()

    @on(PagedTable.EndWanted)
    @work(group="end", exclusive=True, exit_on_error=False)
    async def _load_end(self) -> None:
        reading, table = self._reading, self._table
        with self.reading():
            async for take in reading.read_end(self.services.audit):
                if reading is not self._reading:
                    return
                take()
                table.changed(None)
                table.cursor = table.count - 1
                self._show_state()

    def _show_state(self) -> None:
        parts = ["Following the newest"] if self._is_following else []
        if self._narrowed:
            self._log.title("Audit log", f"{self._narrowed}")
        else:
            self._log.title("Audit log", counted(self._table.count, "entry", "entries"))
        parts += self._reading.state()
        if text := self._progress.text:
            parts = [text]
        if self.query_one("#filter").display:
            self._log.show_syntax()
        else:
            self._log.show_state(parts, zone(self.services.clock()))

    @property
    def _log(self) -> LogPane:
        return self.query_one(LogPane)

    def _show_entry(self) -> None:
        entry = self._reading.entries.entry(self._table.cursor)
        self.query_one(EntryPane).show(entry, self._log.verified)

    # Following the newest

    def action_follow(self) -> None:
        """Keep the newest entries in view from now on, or no longer."""
        self._is_following = not self._is_following
        if self._is_following:
            self._go_to_newest()
        self._show_state()

    def _go_to_newest(self) -> None:
        self._table.cursor = 0
        self._table.scroll_to(y=0, animate=False, immediate=True)

    @on(RowTable.Highlighted)
    def _stop_following(self) -> None:
        if self._is_following and self._table.cursor:
            self._is_following = False
            self._show_state()
        self._show_entry()

    # Filtering

    @property
    def narrowed(self) -> str:
        """The filter as it was typed; empty where everything is shown."""
        return self._narrowed

    def action_filter(self) -> None:
        """Go to the filter line."""
        line = self.query_one("#filter", SafeInput)
        line.value = self._narrowed
        line.display = True
        line.focus()
        self._log.show_syntax()

    @on(Input.Submitted, "#filter")
    def _filter(self, event: Input.Submitted) -> None:
        self.narrow(event.value)

    def narrow(self, text: str) -> None:
        """Show only what the words of a filter mean, as if they had been typed."""
        try:
            wanted = parse_filter(text)
        except UsageError as error:
            self.show_message(str(error), is_bad=True)
            return
        self._narrowed = text.strip()
        self.query_one("#filter", SafeInput).display = False
        self._table.focus()
        self._start_over(wanted)

    def action_clear(self) -> None:
        """Stop verifying or exporting; or leave the filter line; or show everything again."""
        busy = [worker for worker in self.workers if worker.group == "long" and worker.node is self]
        line = self.query_one("#filter", SafeInput)
        if busy:
            self.workers.cancel_group(self, "long")
        elif line.display:
            line.display = False
            self._table.focus()
            self._show_state()
        elif self.maximized is not None:
            self.minimize()
        else:
            self._progress.text = ""
            self._table.focus()
            if self._narrowed:
                self.narrow("")
            else:
                self._show_state()

    # Looking closely

    @on(PagedTable.Chosen)
    def _open(self) -> None:
        """Show the whole entry in a window."""
        entry = self._reading.entries.entry(self._table.cursor)
        if entry is not None:
            width = min(_WINDOW, self.size.width - _AROUND)
            text = entry_text(entry, width, self._log.verified)
            self.app.push_screen(TextDialog(f"Entry {entry.seq:,}", text))

    @work(group="long", exclusive=True, exit_on_error=False)
    async def action_verify(self) -> None:
        """Walk the whole chain, and say the summary."""
        audit = self.services.audit
        with self.showing_errors("Verifying the chain"):
            count = await audit.newest()
            with self._progress.showing("Verifying was stopped") as say:
                say(f"Verifying: 0 of {count:,} entries")
                summary = await audit.verify(
                    lambda checked: say(
                        f"Verifying: {checked:,} of {max(count, checked):,} entries"
                    )
                )
            self._show_verification(summary)

    def _show_verification(self, summary: Verification) -> None:
        self._log.verified = summary
        self._progress.text = ""
        self._show_state()
        self._show_entry()
        entries = counted(summary.checked, "entry", "entries")
        said = f"Chain intact: {entries} verified." if summary.intact else f"✗ {summary.problem}"
        self.show_message(said, is_bad=not summary.intact)

    # Exporting

    @work(group="long", exclusive=True, exit_on_error=False)
    async def action_export(self) -> None:
        """Ask for a file, and write into it exactly what the filter leaves."""
        wanted, what = self._reading.wanted, self._narrowed or "all entries"
        asked = TextPrompt(
            "Export the audit log?",
            f"Writes {what}, oldest first. The export is recorded in the log.",
            value="audit.jsonl",
            label=("File", "name.csv for CSV, name.jsonl for JSON lines"),
            yes="Export",
        )
        with self.shared.expecting_dialog():
            name = await self.app.push_screen_wait(asked)
        if name is None:
            return
        path = _file(name)
        with self.showing_errors("Exporting"):
            try:
                await self._export(path, wanted, replace=False)
            except FileThereError as error:
                text = f"{error.message}. Its content will be lost."
                question = Confirm(f"Replace {path.name}?", text, yes="Replace")
                if await self.app.push_screen_wait(question):
                    await self._export(path, wanted, replace=True)

    async def _export(self, path: Path, wanted: AuditFilter, *, replace: bool) -> None:
        with self._progress.showing("Export was stopped; no file was written") as say:
            count = await self.services.audit.export_to(
                path,
                wanted,
                actor=self.actor,
                replace=replace,
                tell=lambda seen, last: say(f"Exporting: {seen:,} of {last:,} entries"),
            )
        self._progress.text = ""
        self._show_state()
        self.show_message(f"Exported {counted(count, 'entry', 'entries')} to {path}")

    @property
    def _progress(self) -> EdgeProgress:
        return self.query_one(EdgeProgress)


def _file(name: str) -> Path:
    return Path(name).expanduser().absolute()
