"""All versions of one configuration, what changed between any two of them, and the way back."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from integration_tui.domain.errors import ConsoleError
from integration_tui.domain.ids import IntegrationId
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.widgets.dialogs import ReasonPrompt
from integration_tui.tui.widgets.diff import diff_content
from integration_tui.tui.widgets.formats import moment
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow
from integration_tui.tui.widgets.table.table import RowTable
from integration_tui.tui.widgets.window import Window

if TYPE_CHECKING:
    from integration_tui.domain.config.version import ConfigVersion

_COLUMNS = (
    Column(title="", width=1),
    Column(title="Version", width=7, right=True),
    Column(title="Saved", width=11),
    Column(title="By", width=10),
    Column(title="Reason"),
)


class VersionsScreen(ModalScreen[None]):
    """The difference is that to the marked version; to the one before, where none is marked."""

    title_text: ClassVar[str] = "Versions"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "Compare", id="versions.mark"),
        Binding("b", "roll_back", "Roll back to this version", id="versions.roll-back"),
        Binding("escape,h,q", "back", "Close", id="versions.close"),
    ]
    DEFAULT_CSS = """
    VersionsScreen {
        & Window { width: 110; padding: 0 1; }
        & RowTable { height: auto; min-height: 3; max-height: 30vh; }
        & VerticalScroll { height: auto; min-height: 3; max-height: 50vh;
            border-top: solid $edge; }
        & Static { width: 100%; }
    }
    """

    def __init__(self, shared: ScreenContext, integration_id: IntegrationId) -> None:
        super().__init__()
        self._shared = shared
        self._integration_id = integration_id
        self._versions: Sequence[ConfigVersion] = ()
        self._marked: int | None = None

    def compose(self) -> ComposeResult:
        with Window(title=f"Versions of {self._integration_id}"):
            yield RowTable(_COLUMNS, empty="Reading…")
            with VerticalScroll():
                yield Static("", id="diff")

    def on_mount(self) -> None:
        self._read()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "roll_back" and self._shared.is_readonly:
            return False
        return super().check_action(action, parameters)

    def action_back(self) -> None:
        self.dismiss()

    @work(group="versions", exclusive=True, exit_on_error=False)
    async def _read(self) -> None:
        await self._read_versions()

    async def _read_versions(self) -> None:
        try:
            self._versions = await self._shared.services.config.history(self._integration_id)
        except ConsoleError as error:
            self._show_message(str(error))
        self._show()

    def _show(self) -> None:
        now = self._shared.services.clock()
        rows = [
            _row(version, now, is_marked=version.number == self._marked)
            for version in self._versions
        ]
        self.query_one(RowTable).show(rows)
        self._compare()

    def action_mark(self) -> None:
        """Compare the others with this one from now on, or with the one before again."""
        key = self.query_one(RowTable).selected
        if key is not None:
            self._marked = None if self._marked == int(key) else int(key)
            self._show()

    @on(RowTable.Highlighted)
    def _moved(self) -> None:
        self._compare()

    @work(group="diff", exclusive=True, exit_on_error=False)
    async def _compare(self) -> None:
        key = self.query_one(RowTable).selected
        if key is None:
            return
        number = int(key)
        try:
            text = await self._difference(number)
        except ConsoleError as error:
            self._show_message(str(error))
        else:
            self.query_one("#diff", Static).update(diff_content(text))

    async def _difference(self, number: int) -> str:
        other = self._other(number)
        if other is None:
            return "The first version: nothing to compare with."
        if other == number:
            return f"Version {number} is marked: move to another version to compare."
        before, after = sorted((other, number))
        found = await self._shared.services.config.diff(self._integration_id, before, after)
        return found or f"Same text as version {other}."

    def _other(self, number: int) -> int | None:
        if self._marked is not None:
            return self._marked
        return max(
            (version.number for version in self._versions if version.number < number), default=None
        )

    @work(group="roll-back", exclusive=True, exit_on_error=False)
    async def action_roll_back(self) -> None:
        """Make the text of the selected version the next version."""
        key = self.query_one(RowTable).selected
        if key is None:
            return
        question = ReasonPrompt(
            f"Roll {self._integration_id} back to version {key}?",
            f"The text of version {key} becomes the next version and active, without a test."
            " No version is deleted.",
            value=f"Back to version {key}",
            yes="Roll back",
        )
        reason = await self.app.push_screen_wait(question)
        if reason is not None:
            await self._roll_back(int(key), reason)

    async def _roll_back(self, number: int, reason: str) -> None:
        try:
            version = await self._shared.services.config.roll_back(
                self._integration_id, number, reason=reason, actor=self._shared.actor
            )
        except ConsoleError as error:
            self._show_message(str(error))
        else:
            self._show_message(
                f"Rolled back {self._integration_id}. Version {version.number} active.",
                is_bad=False,
            )
            await self._read_versions()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR:
            self._show_message(f"Internal error: {event.worker.error}")

    def _show_message(self, sentence: str, *, is_bad: bool = True) -> None:
        self._shared.show_toast(self, sentence, is_bad=is_bad)


def _row(version: ConfigVersion, now: datetime, *, is_marked: bool) -> TableRow:
    mark = Cell("●", CellStyle.GOOD) if version.active else Cell("○", CellStyle.QUIET)
    number = Cell(f"▸ {version.number}", CellStyle.WEAK) if is_marked else Cell(str(version.number))
    return TableRow(
        key=str(version.number),
        cells=(
            mark,
            number,
            Cell(moment(version.created_at, now), CellStyle.QUIET),
            Cell(version.created_by),
            Cell(version.reason),
        ),
    )
