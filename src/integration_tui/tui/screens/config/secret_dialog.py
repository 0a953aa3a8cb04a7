"""Asks for a secret and stores it; what comes back is its reference. The value is shown nowhere."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Input, Label
from textual.worker import Worker, WorkerState

from integration_tui.domain.errors import ConflictError, ConsoleError
from integration_tui.domain.secret import Secret, SecretRef, SecretScheme
from integration_tui.tui.sanitize import safe_lines
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.widgets.dialogs import Confirm, SafeInput, field_input, field_label
from integration_tui.tui.widgets.password_input import SecretInput
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow
from integration_tui.tui.widgets.table.table import RowTable
from integration_tui.tui.widgets.window import Window

if TYPE_CHECKING:
    from integration_tui.services.secrets import SecretTarget

_COLUMNS = (Column(title="", width=1), Column(title="Keep in", width=8), Column(title=""))


class SecretDialog(ModalScreen[str | None]):
    """Where, under which name, and the value, from top to bottom; enter goes on."""

    AUTO_FOCUS = "RowTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "refuse", "Cancel", id="secret.back"),
    ]
    DEFAULT_CSS = """
    SecretDialog {
        & Window { width: 84; padding: 0 2; }
        & RowTable { height: 4; }
        &.-low .label { margin-top: 0; }
        & #hint { color: $muted; height: auto; }
    }
    """

    def __init__(
        self,
        shared: ScreenContext,
        title: str,
        *,
        current: str = "",
        name: str = "",
        is_renewing: bool = False,
    ) -> None:
        """Take what the secret is for, the reference that stands there now, and a name to offer.

        Where a secret is renewed and its place can be written to, only the new value is asked for.
        """
        super().__init__()
        self._shared = shared
        self._title = title
        self._current = current
        self._offered = name
        self._is_renewing = is_renewing
        self._places: Sequence[SecretTarget] = ()

    def compose(self) -> ComposeResult:
        with Window(title=f"Store a new secret for {self._title}?"):
            yield field_label("Current", self._current or "nothing")
            yield RowTable(_COLUMNS, empty="Looking for secret stores…")
            yield field_label("Name", "reference in the configuration")
            yield field_input(self._offered, id="name")
            yield field_label("Secret", "hidden; multi-line paste works").add_class("of-value")
            yield SecretInput(placeholder="", id="value").add_class("field")
            yield Label("", id="hint")

    async def on_mount(self) -> None:
        self._check_targets()
        await asyncio.sleep(0)  # it has begun then, and what is typed waits for it

    def action_refuse(self) -> None:
        self.dismiss(None)

    # Where

    @work(group="places", exclusive=True, exit_on_error=False)
    async def _check_targets(self) -> None:
        with self._shared.expecting_dialog():
            self._places = await self._shared.services.secrets.targets()
            self._show_targets()

    def _show_targets(self) -> None:
        table = self.query_one(RowTable)
        table.show([_row(place) for place in self._places])
        usable = [place for place in self._places if not place.trouble]
        table.select(usable[0].scheme)
        scheme, _, name = self._current.partition(":")
        stored = {place.scheme for place in usable} - {SecretScheme.ENV}
        if self._is_renewing and scheme in stored:
            table.select(scheme)
            self.query_one("#name", SafeInput).value = PurePath(name).name
            if str(self._reference()) == self._current:
                self.set_focus(self.query_one(SecretInput))

    def _target(self) -> SecretTarget | None:
        wanted = self.query_one(RowTable).selected
        return next((place for place in self._places if place.scheme == wanted), None)

    @on(RowTable.Highlighted)
    def _moved(self) -> None:
        place = self._target()
        if place is None:
            return
        is_stored = place.scheme is not SecretScheme.ENV and not place.trouble
        self.query_one(SecretInput).display = is_stored
        self.query_one(".of-value").display = is_stored
        self._show_message(_hint(place))

    @on(RowTable.Chosen)
    def _chosen(self) -> None:
        place = self._target()
        if place is not None and place.trouble:
            self._show_message(_hint(place))
        else:
            self.set_focus(self.query_one("#name"))

    # Its name and value

    @on(Input.Submitted, "#name")
    def _named(self) -> None:
        if self._reference() is None:
            return
        if self.query_one(SecretInput).display:
            self.set_focus(self.query_one(SecretInput))
        else:
            self._take_variable()

    def _take_variable(self) -> None:
        place, reference = self._target(), self._reference()
        if place is not None and not place.trouble and reference is not None:
            self.dismiss(str(reference))

    def _reference(self) -> SecretRef | None:
        place = self._target()
        if place is None:
            return None
        try:
            name = self.query_one("#name", SafeInput).value.strip()
            return self._shared.services.secrets.reference(place.scheme, name)
        except ConsoleError as error:
            self._shared.forget_typed()  # it may be the secret, and this line shows what it holds
            self._show_message(str(error))
            return None

    @on(Input.Submitted, "#value")
    def _given(self) -> None:
        reference = self._reference()
        if reference is None:
            self.set_focus(self.query_one("#name"))
        elif not self.query_one(SecretInput).value:
            self._show_message("Type or paste the secret.")
        else:
            self._store(reference)

    @work(group="secret", exclusive=True, exit_on_error=False)
    async def _store(self, reference: SecretRef) -> None:
        value = Secret(self.query_one(SecretInput).value)
        try:
            if not await self._stored(reference, value):
                return
        except ConsoleError as error:
            self._show_message(str(error))
            return
        self.query_one(SecretInput).forget()
        self._shared.show_toast(self, f"Secret stored: {reference}")
        self.dismiss(str(reference))

    async def _stored(self, reference: SecretRef, value: Secret) -> bool:
        secrets, actor = self._shared.services.secrets, self._shared.actor
        try:
            await secrets.store(reference, value, actor=actor)
        except ConflictError as error:
            if self._is_renewing and str(reference) == self._current:
                await secrets.store(reference, value, actor=actor, replaces=True)
                return True
            question = Confirm(
                "Replace the secret?",
                f"{error.message}. Everything that uses this secret gets the new value.",
                yes="Replace",
            )
            if not await self.app.push_screen_wait(question):
                return False
            await secrets.store(reference, value, actor=actor, replaces=True)
        return True

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR:  # without its text, which nobody vouches for
            self._show_message(f"Secret not stored: {type(event.worker.error).__name__}")

    def _show_message(self, sentence: str) -> None:
        self.query_one("#hint", Label).update(safe_lines(sentence))


def _row(place: SecretTarget) -> TableRow:
    if place.trouble:
        cells = (
            Cell("⊘", CellStyle.QUIET),
            Cell(place.scheme, CellStyle.QUIET),
            Cell(place.trouble),
        )
    else:
        cells = (Cell("○", CellStyle.GOOD), Cell(place.scheme), Cell(place.title))
    return TableRow(key=place.scheme, cells=cells)


def _hint(place: SecretTarget) -> str:
    if place.trouble:
        return f"Not available: {place.trouble}"
    if place.scheme is SecretScheme.ENV:
        return (
            "Variables are set outside the program: export the variable before starting."
            " Only the reference is saved in the configuration."
        )
    return f"Stored in {place.title}. The configuration holds only the reference."
