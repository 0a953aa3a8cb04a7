"""Configurations: read, edit with the problems shown beside, save with a reason, roll back."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer

from integration_tui.domain.events import ConfigChanged, Event
from integration_tui.domain.ids import IntegrationId
from integration_tui.tui.screens.base import ConsoleScreen
from integration_tui.tui.screens.desk import Desk
from integration_tui.tui.screens.details import moment
from integration_tui.tui.screens.edits import OpenEdit, OpenEdits
from integration_tui.tui.screens.saving import save_edit
from integration_tui.tui.text import safe
from integration_tui.tui.widgets.cells import Cell, Column, Row, Tone
from integration_tui.tui.widgets.dialogs import Confirm
from integration_tui.tui.widgets.document import DocumentArea
from integration_tui.tui.widgets.lines import Lines
from integration_tui.tui.widgets.problems import ProblemTable
from integration_tui.tui.widgets.table import RowTable

if TYPE_CHECKING:
    from integration_tui.domain.config import ConfigVersion
    from integration_tui.domain.problem import ConfigProblem

_NAMES = (Column(title="Name"), Column(title="No.", width=6, right=True))
_DEBOUNCE_S = 0.2


class ConfigScreen(ConsoleScreen):
    """Moving to another integration or screen keeps the edit; only `u` and quitting drop it."""

    title_text = "Configuration"
    follows: ClassVar[tuple[type[Event], ...]] = (ConfigChanged,)
    CSS_PATH = "config.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "Edit", id="config.edit"),
        Binding("ctrl+s", "save", "Save", id="config.save"),
        Binding("u", "drop", "Undo edit", id="config.drop"),
        Binding("v", "versions", "Versions", id="config.versions"),
        # the editor takes escape for itself, unless somebody comes before it
        Binding("escape", "look", "To the list", show=False, priority=True, id="config.look"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._edits = OpenEdits()
        self._version: ConfigVersion | None = None
        self._pending: Timer | None = None

    def body(self) -> ComposeResult:
        with Horizontal():
            yield RowTable(_NAMES, id="names", empty="reading")
            with Vertical():
                yield Lines(id="about")
                yield DocumentArea()
                yield ProblemTable()

    async def reload(self) -> None:
        names = self.query_one("#names", RowTable)
        names.say_empty("no integrations yet")
        names.show(
            [
                self._name_row(one.integration.id, one.integration.config_version)
                for one in self.overviews
            ]
        )
        await self._read_document()

    @property
    def selected_integration(self) -> IntegrationId | None:
        key = self.query_one("#names", RowTable).selected
        return IntegrationId(key) if key else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"save", "drop"} and not self._edits:
            return False
        return super().check_action(action, parameters)

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
        self.query_one(DocumentArea).show(edit.text if edit else self._version.text)
        self._show_about()
        await self._judge()

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
        self.query_one("#about", Lines).show(about)
        self.refresh_bindings()

    def _name_row(self, integration_id: IntegrationId, number: int) -> Row:
        if self._edits.is_edited(integration_id):
            return Row(
                key=integration_id,
                cells=(Cell(f"{integration_id} *", Tone.WEAK), Cell("edited", Tone.WEAK)),
            )
        return Row(key=integration_id, cells=(Cell(integration_id), Cell(str(number))))

    # Editing

    def action_edit(self) -> None:
        """Make the document writable and go into it."""
        if self._version is not None:
            area = self.query_one(DocumentArea)
            area.read_only = False
            area.focus()

    def action_look(self) -> None:
        """Leave the document; an edit is kept."""
        self.query_one(DocumentArea).read_only = True
        self.query_one("#names").focus()

    @on(DocumentArea.Changed)
    def _typed(self) -> None:
        area = self.query_one(DocumentArea)
        if area.read_only or self._version is None:
            return
        self._edits.keep(self._version, area.text)
        self._edits_changed()
        if self._pending is not None:
            self._pending.stop()
        self._pending = self.set_timer(_DEBOUNCE_S, self._judge_soon)

    def _edits_changed(self) -> None:
        self.desk.has_unsaved = bool(self._edits)
        names = [
            self._name_row(one.integration.id, one.integration.config_version)
            for one in self.overviews
        ]
        self.query_one("#names", RowTable).show(names)
        self._show_about()

    @work(group="judge", exclusive=True, exit_on_error=False)
    async def _judge_soon(self) -> None:
        await self._judge()

    async def _judge(self) -> Sequence[ConfigProblem]:
        """Show what there is to mend in the text as it stands, and return it."""
        if self._version is None:
            return ()
        text = self.query_one(DocumentArea).text
        draft = self.services.drafts.draft(text, self._version.format)
        problems = await asyncio.to_thread(self.services.drafts.problems, draft)
        self.query_one(ProblemTable).show_problems(problems)
        return problems

    @on(RowTable.Chosen, "#problems")
    def _go_to_problem(self, event: RowTable.Chosen) -> None:
        problem = self.query_one(ProblemTable).problem(event.key)
        self.query_one(DocumentArea).go_to(problem.line, problem.column)

    @on(RowTable.Chosen, "#names")
    def _enter_document(self) -> None:
        self.query_one(DocumentArea).focus()

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
        self.query_one(DocumentArea).read_only = True
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
            self.tell("there is nothing to save")
            return
        if problems := await self._judge():
            self.tell(f"mend this first: {problems[0]}", is_bad=True)
            self.query_one(ProblemTable).focus()
            return
        with self.telling(f"saving {wanted}"):
            version = await save_edit(self, edit)
            if version is not None:
                await self._forget(wanted)
                self.tell(f"{wanted}: version {version.number} is in force")

    def action_versions(self) -> None:
        """Show all versions, and what changed between them."""
        from integration_tui.tui.screens.versions import VersionsScreen

        if self._version is not None:
            self.app.push_screen(VersionsScreen(self.desk, self._version.integration_id))


def _edited(edit: OpenEdit, version: ConfigVersion) -> str:
    if edit.base.number != version.number:
        return f" · edited from {edit.base.number}: behind"
    return " · edited"
