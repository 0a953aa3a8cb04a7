"""Configurations: read, edit as a text or as a form, save with a reason, compare, roll back."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from integration_tui.domain.errors import RolledBackError
from integration_tui.domain.events import ConfigChanged, Event
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.quantity import counted
from integration_tui.tui.keymap import ROW_GROUP
from integration_tui.tui.sanitize import safe_lines
from integration_tui.tui.screens.base import ConsoleScreen
from integration_tui.tui.screens.config.editor import DocumentPane
from integration_tui.tui.screens.config.save import save_edit
from integration_tui.tui.screens.config.unsaved_edits import OpenEdit, OpenEdits, changed_lines
from integration_tui.tui.screens.config.version_list import VersionList
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.widgets.dialogs import Confirm, TextDialog
from integration_tui.tui.widgets.formats import moment, zone
from integration_tui.tui.widgets.pane import Pane
from integration_tui.tui.widgets.problem_list import ProblemTable, sentence_of
from integration_tui.tui.widgets.status_icon import status_cell
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow
from integration_tui.tui.widgets.table.table import RowTable

if TYPE_CHECKING:
    from integration_tui.domain.config.validation import ConfigProblem
    from integration_tui.domain.config.version import ConfigVersion
    from integration_tui.domain.integration_overview import Overview

_STILL_THERE = "Your changes are still here: fix them and save again, or press u to discard them."
_NAMES = (
    Column(title="", width=1),
    Column(title="Name", middle=True),
    Column(title="", width=1),
)


class ConfigScreen(ConsoleScreen):
    """Moving to another integration or screen keeps the edit; only `u` and quitting drop it."""

    title_text = "Configuration"
    follows: ClassVar[tuple[type[Event], ...]] = (ConfigChanged,)
    CSS_PATH = "config.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "Edit", id="config.edit", group=ROW_GROUP),
        Binding("f", "form", "Form or text", id="config.form"),
        Binding("E", "external", "Open in $EDITOR", id="config.external"),
        # before the editor is given what is typed next: it is the reason
        Binding("ctrl+s", "save", "Save…", priority=True, id="config.save", group=ROW_GROUP),
        Binding("u", "drop", "Discard changes", id="config.drop", group=ROW_GROUP),
        Binding("v", "versions", "Versions", id="config.versions"),
        Binding("c", "compare", "Compare environments", id="config.compare"),
        Binding("n", "new", "New integration", id="config.new"),
        # the editor takes escape for itself, unless somebody comes before it
        Binding("escape", "view", "To the list", priority=True, id="config.look", group=ROW_GROUP),
    ]

    def __init__(self, shared: ScreenContext) -> None:
        super().__init__(shared)
        self._edits = OpenEdits()
        self._version: ConfigVersion | None = None

    def body(self) -> ComposeResult:
        with Horizontal():
            with Pane(title="Documents", id="documents"):
                yield RowTable(_NAMES, id="names", empty="Reading…")
            yield DocumentPane(self.shared, beside=VersionList(self.shared))

    async def reload(self) -> None:
        self._let_go_of_removed()
        names = self.query_one("#names", RowTable)
        names.show_empty("No integrations yet. n adds one.")
        self._show_names()
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
            title = f"{edit.base.integration_id} was removed. Your changes:"
            self.app.push_screen(TextDialog(title, safe_lines(edit.text)))
        self.shared.has_unsaved = bool(self._edits)

    @property
    def selected_integration(self) -> IntegrationId | None:
        key = self.query_one("#names", RowTable).selected
        return IntegrationId(key) if key else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"save", "drop"} and not self._edits:
            return False
        if action == "view":
            return self.focused is not None and self.focused.id != "names"
        if action in {"new", "external"} and self.shared.is_readonly:
            return False
        if action == "external":
            return not self.app.is_web and self._version is not None
        return super().check_action(action, parameters)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Give a narrow terminal to the document while somebody is in it."""
        is_list = event.widget.id == "names"
        self.set_class(not is_list, "-inside")

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
        text = edit.text if edit else self._version.text
        base = edit.base.text if edit else self._version.text
        await self._pane.show(text, self._version.format, base=base)
        await self._show_versions()

    async def _show_versions(self) -> None:
        """Show the versions where there is room for them."""
        version = self._version
        if version is None or not self._pane.is_both:
            return
        history = await self.services.config.history(version.integration_id)
        edit = self._edits.get(version.integration_id)
        changed = changed_lines(edit.base.text, edit.text) if edit else 0
        self.query_one(VersionList).show_versions(history, changed, self.services.clock())

    @property
    def _pane(self) -> DocumentPane:
        return self.query_one(DocumentPane)

    def _show_about(self) -> None:
        version = self._version
        if version is None:
            return
        edit = self._edits.get(version.integration_id)
        about = f"version {version.number}"
        if edit is not None:
            about = f"{about} + {_unsaved(edit)}"
            if edit.base.number != version.number:
                about = f"{about}, made from version {edit.base.number}"
        now = self.services.clock()
        at = f"{moment(version.created_at, now)} {zone(version.created_at)}"
        saved = f"{version.environment}  saved {at} by {version.created_by}"
        self._pane.call(f"{version.integration_id}.{version.format}", about, saved=saved)
        self.refresh_bindings()

    def _show_names(self) -> None:
        self.query_one("#names", RowTable).show(
            [_name_row(overview, self._edits) for overview in self.overviews]
        )
        edited = sum(self._edits.is_edited(one.integration.id) for one in self.overviews)
        about = f"{len(self.overviews):,}"
        about = f"{about} ✎{edited:,}" if edited else about
        self.query_one("#documents", Pane).title("Documents", about)

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
        self._show_names()
        self._show_about()
        self._list_versions()

    @work(group="versions", exclusive=True, exit_on_error=False)
    async def _list_versions(self) -> None:
        with self.reading("versions"):
            await self._show_versions()

    @on(RowTable.Chosen, "#version-list")
    def _version_chosen(self) -> None:
        self.action_versions()

    @work(group="external", exclusive=True, exit_on_error=False)
    async def action_external(self) -> None:
        """Edit the text in $EDITOR; it comes back as an unsaved change."""
        from integration_tui.tui.screens.config.external_editor import edit_outside

        version = self._version
        if version is None:
            return
        name = f"{version.integration_id}.{version.format}"
        app: App[None] = self.app  # pyright: ignore[reportUnknownVariableType]
        result = edit_outside(app, self._pane.text, name)
        self.shared.resumed()
        if result.text is None:
            self.show_message(result.sentence, is_bad=result.is_bad)
            return
        before = self._pane.text
        self._pane.take(result.text)
        problems = await self._pane.validate()
        changed = counted(changed_lines(before, result.text), "line")
        fix = _fix_first(problems) if problems else "Press ^s to save."
        self.show_message(f"{changed} changed in {result.editor}. {fix}", is_bad=bool(problems))

    @on(RowTable.Chosen, "#names")
    def _enter_document(self) -> None:
        self._pane.go_in()

    @work(group="drop", exclusive=True, exit_on_error=False)
    async def action_drop(self) -> None:
        """Discard the unsaved changes of the selected integration."""
        wanted = self.selected_integration
        if wanted is None or not self._edits.is_edited(wanted):
            return
        edit = self._edits.get(wanted)
        lost = _unsaved(edit) if edit else "Unsaved changes"
        question = Confirm(
            f"Discard changes to {wanted}?",
            f"{lost} will be lost. The saved versions stay.",
            yes="Discard",
            no="Keep editing",
        )
        if await self.app.push_screen_wait(question):
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
            self.show_message("No unsaved changes.")
            return
        with self.shared.expecting_dialog():
            problems = await self._pane.validate()
        if problems:
            self.show_message(_fix_first(problems), is_bad=True)
            self.query_one(ProblemTable).focus()
            return
        with self.showing_errors(f"Saving {wanted}"):
            try:
                version = await save_edit(self, edit)
            except RolledBackError as error:
                self._edits.rebase(await self.services.config.active(wanted))
                self.app.push_screen(
                    TextDialog(
                        f"{wanted}: version restored", safe_lines(f"{error}\n\n{_STILL_THERE}")
                    )
                )
                raise
            if version is not None:
                await self._forget(wanted)
                self.show_message(f"Saved {wanted}. Version {version.number} active.")

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


def _unsaved(edit: OpenEdit) -> str:
    return counted(changed_lines(edit.base.text, edit.text), "unsaved change")


def _fix_first(problems: Sequence[ConfigProblem]) -> str:
    """Return which problem to fix first, and where it is."""
    first = problems[0]
    where = f"line {first.line}, " if first.line else ""
    more = f" ({len(problems) - 1:,} more)" if len(problems) > 1 else ""
    path = f"{first.path}: " if first.path else ""
    sentence = f"{where}{path}{sentence_of(first)}{more}"
    return f"Fix {counted(len(problems), 'error')} before saving: {sentence}"


def _name_row(overview: Overview, edits: OpenEdits) -> TableRow:
    one = overview.integration
    sign = status_cell(one.status)
    is_edited = edits.is_edited(one.id)
    return TableRow(
        key=one.id,
        cells=(
            Cell(sign.text[:1], sign.tone),
            Cell(one.id),
            Cell("✎" if is_edited else "", CellStyle.WEAK),
        ),
    )
