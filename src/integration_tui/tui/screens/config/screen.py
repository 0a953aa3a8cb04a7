"""Configurations: read, edit as a text or as a form, save with a reason, compare, roll back."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content

from integration_tui.domain.errors import RolledBackError
from integration_tui.domain.events import ConfigChanged, Event
from integration_tui.domain.ids import IntegrationId
from integration_tui.tui.sanitize import safe, safe_lines
from integration_tui.tui.screens.base import ConsoleScreen
from integration_tui.tui.screens.config.editor import DocumentPane
from integration_tui.tui.screens.config.save import save_edit
from integration_tui.tui.screens.config.unsaved_edits import OpenEdit, OpenEdits
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.screens.integrations.details import moment
from integration_tui.tui.widgets.dialogs import Confirm, TextDialog
from integration_tui.tui.widgets.pane import Pane
from integration_tui.tui.widgets.problem_list import ProblemTable
from integration_tui.tui.widgets.static_text import StaticLines
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow
from integration_tui.tui.widgets.table.table import RowTable

if TYPE_CHECKING:
    from integration_tui.domain.config.document import ConfigVersion

_STILL_THERE = "Your edit is still there: fix it and save again, or forget it with u."
_NAMES = (Column(title="Name"), Column(title="No.", width=6, right=True))


class ConfigScreen(ConsoleScreen):
    """Moving to another integration or screen keeps the edit; only `u` and quitting drop it."""

    title_text = "Configuration"
    follows: ClassVar[tuple[type[Event], ...]] = (ConfigChanged,)
    CSS_PATH = "config.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "Edit", id="config.edit"),
        Binding("f", "form", "Form or text", id="config.form"),
        # before the editor is given what is typed next: it is the reason
        Binding("ctrl+s", "save", "Save", priority=True, id="config.save"),
        Binding("u", "drop", "Undo edit", id="config.drop"),
        Binding("v", "versions", "Versions", id="config.versions"),
        Binding("c", "compare", "Compare", id="config.compare"),
        Binding("n", "new", "New integration", id="config.new"),
        # the editor takes escape for itself, unless somebody comes before it
        Binding("escape", "view", "To the list", show=False, priority=True, id="config.look"),
    ]

    def __init__(self, shared: ScreenContext) -> None:
        super().__init__(shared)
        self._edits = OpenEdits()
        self._version: ConfigVersion | None = None

    def body(self) -> ComposeResult:
        with Horizontal():
            with Pane(title="Documents", id="documents"):
                yield RowTable(_NAMES, id="names", empty="Reading…")
            with Pane(title="Document", edge="left", id="document"):
                yield StaticLines(id="about")
                yield DocumentPane(self.shared)

    async def reload(self) -> None:
        self._let_go_of_removed()
        names = self.query_one("#names", RowTable)
        names.show_empty("no integrations yet")
        names.show(
            [
                self._name_row(overview.integration.id, overview.integration.config_version)
                for overview in self.overviews
            ]
        )
        with self.reading():
            await self._read_document()

    def _let_go_of_removed(self) -> None:
        """Nothing that is typed on may end in another document; what was typed can be copied."""
        there = {overview.integration.id for overview in self.overviews}
        if self._version is not None and self._version.integration_id not in there:
            self._version = None
            self.action_view()
            self.action_view()  # a field that was open, then the document
        for edit in self._edits.take_removed(there):
            title = f"{edit.base.integration_id} was removed; this was your edit of it"
            self.app.push_screen(TextDialog(title, safe_lines(edit.text)))
        self.shared.has_unsaved = bool(self._edits)

    @property
    def selected_integration(self) -> IntegrationId | None:
        key = self.query_one("#names", RowTable).selected
        return IntegrationId(key) if key else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"save", "drop"} and not self._edits:
            return False
        if action == "new" and self.shared.is_readonly:
            return False
        return super().check_action(action, parameters)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Give a narrow terminal to the document while somebody is in it."""
        self.set_class(event.widget.id != "names", "-inside")

    # Reading

    @on(RowTable.Highlighted, "#names")
    def _moved(self) -> None:
        self._show_document()

    @work(group="part", exclusive=True, exit_on_error=False)
    async def _show_document(self) -> None:
        with self.reading():
            await self._read_document()

    async def _read_document(self) -> None:
        wanted = self.selected_integration
        if wanted is None:
            return
        self._version = await self.services.config.active(wanted)
        edit = self._edits.get(wanted)
        self._show_about()
        await self._pane.show(edit.text if edit else self._version.text, self._version.format)

    @property
    def _pane(self) -> DocumentPane:
        return self.query_one(DocumentPane)

    def _show_about(self) -> None:
        version = self._version
        if version is None:
            return
        edit = self._edits.get(version.integration_id)
        about = Content.assemble(
            (f"{version.integration_id}", "bold"),
            f" · version {version.number} · {version.environment} · {version.format}",
            (_edited(edit, version), "bold $warning") if edit else "",
            f"\n{moment(version.created_at)} ",
            safe(version.created_by, limit=40),
            ": ",
            safe(version.reason, limit=200),
        )
        self.query_one("#about", StaticLines).show(about)
        self.refresh_bindings()

    def _name_row(self, integration_id: IntegrationId, number: int) -> TableRow:
        if self._edits.is_edited(integration_id):
            return TableRow(
                key=integration_id,
                cells=(Cell(f"{integration_id} *", CellStyle.WEAK), Cell("edited", CellStyle.WEAK)),
            )
        return TableRow(key=integration_id, cells=(Cell(integration_id), Cell(str(number))))

    # Editing

    def action_edit(self) -> None:
        """Make the document writable and go into it."""
        if self._version is not None:
            self._pane.open_text()

    def action_form(self) -> None:
        """Show the document as a form, or as a text again."""
        if self._version is not None:
            self._pane.switch()

    def action_view(self) -> None:
        """Leave the document, or what is open in it; an edit is kept."""
        if not self._pane.step_back():
            self._pane.close_text()
            self.query_one("#names").focus()

    @on(DocumentPane.Edited)
    def _typed(self) -> None:
        if self._version is not None:
            self._edits.keep(self._version, self._pane.text)
            self._edits_changed()

    def _edits_changed(self) -> None:
        self.shared.has_unsaved = bool(self._edits)
        names = [
            self._name_row(overview.integration.id, overview.integration.config_version)
            for overview in self.overviews
        ]
        self.query_one("#names", RowTable).show(names)
        self._show_about()

    @on(RowTable.Chosen, "#names")
    def _enter_document(self) -> None:
        self._pane.go_in()

    @work(group="drop", exclusive=True, exit_on_error=False)
    async def action_drop(self) -> None:
        """Forget the edit of the selected integration."""
        wanted = self.selected_integration
        if wanted is None or not self._edits.is_edited(wanted):
            return
        if await self.app.push_screen_wait(Confirm(f"Forget the edit of {wanted}?")):
            await self._forget(wanted)

    async def _forget(self, integration_id: IntegrationId) -> None:
        self._edits.drop(integration_id)
        self._pane.close_text()
        self._edits_changed()
        with self.reading():
            await self._read_document()

    # Saving

    @work(group="save", exclusive=True, exit_on_error=False)
    async def action_save(self) -> None:
        """Save the edit of the selected integration as its next version."""
        wanted = self.selected_integration
        edit = self._edits.get(wanted) if wanted else None
        if wanted is None or edit is None:
            self.show_message("there is nothing to save")
            return
        if problems := await self._pane.validate():
            self.show_message(f"fix this first: {problems[0]}", is_bad=True)
            self.query_one(ProblemTable).focus()
            return
        with self.showing_errors(f"saving {wanted}"):
            try:
                version = await save_edit(self, edit)
            except RolledBackError as error:
                self._edits.rebase(await self.services.config.active(wanted))
                self.app.push_screen(
                    TextDialog("Taken back", safe_lines(f"{error}\n\n{_STILL_THERE}"))
                )
                raise
            if version is not None:
                await self._forget(wanted)
                self.show_message(f"{wanted}: version {version.number} is active")

    # Beside it

    def action_new(self) -> None:
        """Register another integration, step by step."""
        from integration_tui.tui.screens.config.new_integration import open_wizard

        open_wizard(self)

    def action_compare(self) -> None:
        """Show what differs between the environments."""
        from integration_tui.tui.screens.config.compare import CompareScreen

        if self._version is not None:
            self.app.push_screen(CompareScreen(self.shared, self._version.integration_id))

    def action_versions(self) -> None:
        """Show all versions, and what changed between them."""
        from integration_tui.tui.screens.config.versions import VersionsScreen

        if self._version is not None:
            self.app.push_screen(VersionsScreen(self.shared, self._version.integration_id))


def _edited(edit: OpenEdit, version: ConfigVersion) -> str:
    if edit.base.number != version.number:
        return f" · edited from {edit.base.number}: behind"
    return " · edited"
