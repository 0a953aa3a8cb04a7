"""All fields of one record, each with what sources hold otherwise, to be read and edited."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.worker import Worker, WorkerState

from integration_tui.domain.ids import RecordId
from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_view import RecordCard, Reference
from integration_tui.domain.roster_words import field_label, value_words
from integration_tui.domain.sync.merge import STATUS
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.screens.roster.actions import RecordActions, source_text
from integration_tui.tui.screens.roster.rows import title_of
from integration_tui.tui.widgets.dialogs import TextDialog
from integration_tui.tui.widgets.roles import lines, text
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow
from integration_tui.tui.widgets.table.table import RowTable
from integration_tui.tui.widgets.window import Window

FIELD_COLUMNS: Final = (
    Column(title="Field", width=22),
    Column(title="Value", least=24),
    Column(title="Value in source", width=40, rank=1),
)


class FieldsScreen(ModalScreen[Reference | None]):
    """Returns the record that somebody wants to see instead; `None` where nobody does."""

    title_text = "All fields"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "Edit field", id="fields.edit"),
        Binding("escape,h,m", "back", "Back", id="fields.back"),
        Binding("q", "back", "Close", show=False, id="fields.leave"),
    ]
    DEFAULT_CSS = """
    FieldsScreen {
        & Window { width: 130; padding: 0 1; }
        & RowTable { height: auto; min-height: 4; max-height: 85vh; }
    }
    """

    def __init__(self, shared: ScreenContext, collection: Collection, record_id: RecordId) -> None:
        super().__init__()
        self._shared = shared
        self._record = (collection, record_id)
        self._card: RecordCard | None = None

    def compose(self) -> ComposeResult:
        with Window(title=self.title_text):
            yield RowTable(FIELD_COLUMNS)

    def on_mount(self) -> None:
        self._read()

    @property
    def _actions(self) -> RecordActions:
        return RecordActions(self, self._shared)

    @work(group="part", exclusive=True, exit_on_error=False)
    async def _read(self) -> None:
        with self._actions.showing_errors():
            self._card = card = await self._shared.services.records.card(*self._record)
            self.query_one(Window).title(f"All fields of {title_of(card.view.line)}")
            self.query_one(RowTable).show(list(field_rows(card)))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say what no one foresaw."""
        if event.state is WorkerState.ERROR:
            self._shared.show_toast(
                self, f"internal error: {type(event.worker.error).__name__}", is_bad=True
            )

    @on(RowTable.Chosen)
    def _follow(self, event: RowTable.Chosen) -> None:
        if (card := self._card) is None:
            return
        if event.key in card.view.references:
            self.dismiss(card.view.references[event.key])
            return
        source = source_text(card, event.key)
        rows = [text(_value(card, event.key) or "-")]
        rows += [text(f"Value in source: {source}", "muted")] if source else []
        self.app.push_screen(TextDialog(field_label(event.key), lines(rows)))

    def action_back(self) -> None:
        self.dismiss(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - as Textual calls it
        """Hide what this actor may not do."""
        return not (action == "edit" and self._shared.is_readonly)

    @work(group="act", exit_on_error=False)
    async def action_edit(self) -> None:
        """Change the selected field by hand."""
        name = self.query_one(RowTable).selected
        if self._card is not None and name is not None:
            await self._actions.edit(self._card, name)
            self._read()


def field_rows(card: RecordCard) -> Iterator[TableRow]:
    """Yield the fields that hold something, and then those that are empty."""
    names = list(dict.fromkeys([STATUS, *card.view.fields]))
    for name in sorted(names, key=lambda name: not _value(card, name)):
        value = _value(card, name)
        yield TableRow(
            key=name,
            cells=(
                Cell(field_label(name)),
                Cell(value or "empty", CellStyle.PLAIN if value else CellStyle.QUIET),
                Cell(source_text(card, name), CellStyle.WEAK),
            ),
        )


def _value(card: RecordCard, name: str) -> str:
    if (reference := card.view.references.get(name)) is not None:
        return f"{reference.label} (local ID {reference.id})"
    if name in card.named:
        return ", ".join(one.label for one in card.named[name])
    fields = {STATUS: card.view.line.status, **card.view.fields}
    return value_words(name, fields.get(name), card.orgs)
