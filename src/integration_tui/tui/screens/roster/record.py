"""One record with all that is known of it; from here to what it names, and to its parts."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Input, Label
from textual.worker import Worker, WorkerState

from integration_tui.domain.errors import ConsoleError
from integration_tui.domain.ids import RecordId
from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_view import ManualEdit, RecordFilter, RecordView
from integration_tui.domain.sync.plan import Value
from integration_tui.tui.sanitize import plain, safe, safe_lines
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.screens.roster.rows import (
    FIELD_COLUMNS,
    base_values_text,
    parts_of,
    record_flags,
    record_heading,
    view_rows,
)
from integration_tui.tui.screens.sync.details import change_content
from integration_tui.tui.widgets.dialogs import Dialog, SafeInput, TextDialog
from integration_tui.tui.widgets.table.table import RowTable
from integration_tui.tui.widgets.window import Window

if TYPE_CHECKING:
    from integration_tui.tui.services import ConsoleServices


class EditDialog(Dialog):
    """`value` and `reason` hold what was typed, after yes."""

    AUTO_FOCUS = "#value"
    yes = "Save"

    def __init__(self, title: str, *, value: Value, said: str) -> None:
        told = f"Systems say otherwise: {said}\n" if said else ""
        super().__init__(title, f"{told}No system is taken to have changed its mind by it.")
        self.value = "" if value is None else f"{value}"
        self.reason = ""

    def more(self) -> ComposeResult:
        yield SafeInput(value=plain(self.value, limit=10_000), placeholder="nothing", id="value")
        yield SafeInput(placeholder="why? it is kept with the change", id="why")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go from the value to the reason, and from there to yes."""
        if event.input.id == "value":
            self.query_one("#why").focus()
        else:
            self.accept()

    def accept(self) -> None:
        self.value = self.query_one("#value", SafeInput).value.strip()
        self.reason = self.query_one("#why", SafeInput).value.strip()
        if self.reason:
            self.dismiss(True)
        else:
            self.query_one("#why").focus()
            self.notify("a reason is needed; it is kept with the change", severity="warning")


# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false


_CHANGING = frozenset({"edit", "pin"})


class RecordScreen(ModalScreen[RecordFilter | None]):
    """Returns a list that somebody wants to see instead; `None` where nobody does."""

    title_text = "Record"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "Edit field", id="record.edit"),
        Binding("p", "pin", "Pin/unpin", id="record.pin"),
        Binding("escape,h", "back", "Back", id="record.back"),
        Binding("q", "leave", "Close", id="record.leave"),
    ]
    DEFAULT_CSS = """
    RecordScreen {
        & Window { width: 150; height: 92%; padding: 0 1; }
        & Label { height: 1; }
        & #about { color: $muted; }
    }
    """

    def __init__(self, shared: ScreenContext, collection: Collection, record_id: RecordId) -> None:
        super().__init__()
        self._shared = shared
        self._trail = [(collection, record_id)]
        self._view: RecordView | None = None

    def compose(self) -> ComposeResult:
        with Window():
            yield Label("", id="about")
            yield RowTable(FIELD_COLUMNS, empty="reading")

    def on_mount(self) -> None:
        self._read()

    @property
    def _services(self) -> ConsoleServices:
        return self._shared.services

    @contextmanager
    def _showing_errors(self) -> Generator[None]:
        try:
            yield
        except ConsoleError as error:
            self._shared.show_toast(self, f"{error}", is_bad=True)

    @work(group="part", exclusive=True, exit_on_error=False)
    async def _read(self) -> None:
        with self._showing_errors():
            self._show(await self._services.records.get(*self._trail[-1]))

    def _show(self, view: RecordView) -> None:
        self._view = view
        line = view.line
        brought = f", brought by run {view.created_run}" if view.created_run else ""
        self.query_one(Window).title(record_heading(view))
        synced = f" · {view.sync_status}" if view.last_sync_at else ""
        about = (
            f"{line.status} · from {line.origin or 'here'}{brought}{synced} {record_flags(line)}"
        )
        self.query_one("#about", Label).update(safe(about))
        table = self.query_one(RowTable)
        table.show_empty("")
        table.show(view_rows(view))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say what no one foresaw."""
        if event.state is WorkerState.ERROR:
            self._shared.show_toast(
                self, f"a fault of the program: {event.worker.error}", is_bad=True
            )

    # Going on from here

    @on(RowTable.Chosen)
    def _follow(self, event: RowTable.Chosen) -> None:
        view, (kind, _, name) = self._view, event.key.partition("/")
        if view is None:
            return
        if kind == "list":
            self.dismiss(parts_of(view)[event.key])
        elif kind == "event":
            change = view.history[int(name)].change
            self.app.push_screen(TextDialog("History", change_content(change)))
        elif name in view.references:
            reference = view.references[name]
            self._go(reference.collection, reference.id)
        elif kind == "field":
            text = f"{view.fields.get(name)}\n{base_values_text(view, name)}"
            self.app.push_screen(TextDialog(name, safe_lines(text)))

    def _go(self, collection: Collection, record_id: RecordId) -> None:
        self._trail.append((collection, record_id))
        self.query_one(RowTable).action_first()
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
        """Hide what this actor may not do."""
        return not (action in _CHANGING and self._shared.is_readonly)

    @work(group="act", exit_on_error=False)
    async def action_edit(self) -> None:
        """Change the selected field by hand."""
        view = self._view
        kind, _, name = (self.query_one(RowTable).selected or "").partition("/")
        if view is None or kind != "field":
            self._shared.show_toast(self, "put the cursor on a field")
            return
        if name in view.references:
            self._shared.show_toast(self, f"{name} leads to a record: its system has to change it")
            return
        held = view.fields.get(name)
        dialog = EditDialog(
            f"{name} of {record_heading(view)}", value=held, said=base_values_text(view, name)
        )
        if await self.app.push_screen_wait(dialog):
            edit = ManualEdit(
                collection=view.line.collection,
                id=view.line.id,
                field=name,
                value=_as_stored(dialog.value, held),
                reason=dialog.reason,
            )
            with self._showing_errors():
                await self._services.records.edit(edit, actor=self._shared.actor)
                self._shared.show_toast(self, f"{name} is changed")
            self._read()

    @work(group="act", exit_on_error=False)
    async def action_pin(self) -> None:
        """Keep syncs from deactivating this record, or allow it again."""
        view = self._view
        if view is None:
            return
        line = view.line
        with self._showing_errors():
            await self._services.records.pin(
                line.collection, line.id, pinned=not line.is_pinned, actor=self._shared.actor
            )
            done = (
                "may be deactivated again" if line.is_pinned else "is never deactivated by a sync"
            )
            self._shared.show_toast(self, f"{line.label} {done}")
        self._read()


def _as_stored(typed: str, held: Value) -> Value:
    """Return what was typed as the kind of value that is held; nothing is `None`."""
    if not typed:
        return None
    return int(typed) if isinstance(held, int) and typed.isdecimal() else typed
