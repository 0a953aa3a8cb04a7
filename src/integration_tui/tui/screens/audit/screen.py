"""Who did what, newest first; and whether the chain is whole."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from integration_tui.domain.audit.log import AuditFilter
from integration_tui.domain.audit.query import parse_filter
from integration_tui.domain.errors import FileThereError, UsageError
from integration_tui.domain.events import AuditAppended, Event
from integration_tui.tui.sanitize import safe
from integration_tui.tui.screens.audit.data_source import COLUMNS
from integration_tui.tui.screens.audit.entry_view import entry_text
from integration_tui.tui.screens.audit.loader import AuditLoader
from integration_tui.tui.screens.base import ConsoleScreen
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.widgets.dialogs import Confirm, SafeInput, TextDialog, TextPrompt
from integration_tui.tui.widgets.pane import Pane
from integration_tui.tui.widgets.progress_bar import ProgressLine
from integration_tui.tui.widgets.table.table import RowTable
from integration_tui.tui.widgets.table.virtual import PagedTable

if TYPE_CHECKING:
    from integration_tui.domain.audit.log import Verification

_EXAMPLE = "actor=… !outcome=done integration=… action=… since=… until=… words"


class AuditScreen(ConsoleScreen):
    """Only what was scrolled to is read. New entries come in above; the cursor stays."""

    title_text = "Audit"
    follows: ClassVar[tuple[type[Event], ...]] = (AuditAppended,)
    CSS_PATH = "audit.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", id="audit.filter"),
        Binding("f", "follow", "Follow", id="audit.follow"),
        Binding("V", "verify", "Verify", id="audit.verify"),
        Binding("E", "export", "Export", id="audit.export"),
        Binding("escape", "clear", "Clear", show=False, id="audit.clear"),
    ]

    def __init__(self, shared: ScreenContext) -> None:
        super().__init__(shared)
        self._reading = AuditLoader(AuditFilter())
        self._narrowed = ""
        self._is_shown = False
        self._is_following = False

    def body(self) -> ComposeResult:
        yield SafeInput(placeholder=_EXAMPLE, id="filter")
        yield ProgressLine()
        yield Static("", id="state")
        with Pane(title="Log", id="log"):
            yield PagedTable(COLUMNS, empty="Reading…")

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
        take = await reading.read_new(self.services.audit)
        if reading is not self._reading:
            return
        self._table.show_empty(
            "no entries match; escape clears the filter"
            if reading.is_narrowed
            else "no entries yet"
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
        parts = ["following: the newest stay in view"] if self._is_following else []
        if self._narrowed:
            parts.append(f"filter {self._narrowed}")
        parts += self._reading.state()
        line = self.query_one("#state", Static)
        line.display = bool(parts)
        line.update(safe(" · ".join(parts)))

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
        else:
            self._progress.show_text("")
            if self._narrowed:
                self.narrow("")

    # Looking closely

    @on(PagedTable.Chosen)
    def _show_entry(self) -> None:
        entry = self._reading.entries.entry(self._table.cursor)
        if entry is not None:
            self.app.push_screen(TextDialog(f"Entry {entry.seq}", entry_text(entry)))

    @work(group="long", exclusive=True, exit_on_error=False)
    async def action_verify(self) -> None:
        """Walk the whole chain, and say the summary."""
        audit = self.services.audit
        with self.showing_errors("verifying the chain"):
            count = await audit.newest()
            with self._progress.showing("verifying was stopped") as say:
                say(f"0 of {count:,} entries checked")
                summary = await audit.verify(
                    lambda checked: say(f"{checked:,} of {max(count, checked):,} entries checked")
                )
            self._show_verification(summary)

    def _show_verification(self, summary: Verification) -> None:
        if summary.intact:
            text = f"✓ intact: {summary.checked:,} entries, head {summary.head}"
        else:
            text = f"✗ {summary.problem}"
        self._progress.show_text(text)
        self.show_message(
            text.partition(",")[0] if summary.intact else text, is_bad=not summary.intact
        )

    # Exporting

    @work(group="long", exclusive=True, exit_on_error=False)
    async def action_export(self) -> None:
        """Ask for a file, and write into it exactly what the filter leaves."""
        wanted, what = self._reading.wanted, self._narrowed or "all entries"
        asked = TextPrompt(
            "Export",
            f"Writes {what}: as CSV or as JSON lines, by the name.",
            value="audit.jsonl",
            hint="file name; enter writes",
        )
        with self.shared.expecting_dialog():
            name = await self.app.push_screen_wait(asked)
        if name is None:
            return
        path = _file(name)
        with self.showing_errors("exporting"):
            try:
                await self._export(path, wanted, replace=False)
            except FileThereError as error:
                question = Confirm("Replace the file?", error.message)
                if await self.app.push_screen_wait(question):
                    await self._export(path, wanted, replace=True)

    async def _export(self, path: Path, wanted: AuditFilter, *, replace: bool) -> None:
        with self._progress.showing("exporting was stopped; no file was written") as say:
            count = await self.services.audit.export_to(
                path,
                wanted,
                actor=self.actor,
                replace=replace,
                tell=lambda seen, last: say(f"{seen:,} of {last:,} entries looked at"),
            )
        self._progress.show_text(f"✓ {count:,} entries are in {path}")
        self.show_message(f"✓ {count:,} entries exported")

    @property
    def _progress(self) -> ProgressLine:
        return self.query_one(ProgressLine)


def _file(name: str) -> Path:
    return Path(name).expanduser().absolute()
