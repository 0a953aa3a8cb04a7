"""What is active for one integration in two environments, path by path."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Label
from textual.worker import Worker, WorkerState

from integration_tui.domain.errors import ConsoleError
from integration_tui.domain.ids import IntegrationId
from integration_tui.tui.sanitize import safe_lines
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.widgets.dialogs import TextDialog
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow
from integration_tui.tui.widgets.table.table import RowTable
from integration_tui.tui.widgets.window import Window

if TYPE_CHECKING:
    from integration_tui.services.config import ConfigDifference

_PAIRS = (
    ("staging", "production"),
    ("development", "production"),
    ("development", "staging"),
)
_COLUMNS = (Column(title="Path"), Column(title="First"), Column(title="Second"))


class CompareScreen(ModalScreen[None]):
    """Of secrets, only the references are shown."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,left", "other_pair", "Next pair", id="compare.pair"),
        Binding("escape,h,q", "back", "Close", id="compare.close"),
    ]
    DEFAULT_CSS = """
    CompareScreen {
        & Window { width: 120; padding: 0 1; }
        & RowTable { height: auto; min-height: 4; max-height: 70vh; }
    }
    """

    def __init__(self, shared: ScreenContext, integration_id: IntegrationId) -> None:
        super().__init__()
        self._shared = shared
        self._integration_id = integration_id
        self._pair = 0
        self._found: Sequence[ConfigDifference] = ()

    def compose(self) -> ComposeResult:
        with Window(title=f"Compare environments of {self._integration_id}"):
            yield RowTable(_COLUMNS, empty="Reading…")
            yield Label("", id="summary")

    def on_mount(self) -> None:
        self._read()

    def action_back(self) -> None:
        self.dismiss()

    def action_other_pair(self) -> None:
        """Compare the next pair of environments."""
        self._pair = (self._pair + 1) % len(_PAIRS)
        self._read()

    @work(group="compare", exclusive=True, exit_on_error=False)
    async def _read(self) -> None:
        from integration_tui.domain.config.version import Environment

        one, other = _PAIRS[self._pair]
        self.query_one(Window).title(f"{self._integration_id}: {one} and {other}")
        try:
            self._found = await self._shared.services.config.compare_environments(
                self._integration_id, Environment(one), Environment(other)
            )
        except ConsoleError as error:
            self._found = ()
            self._show_message(str(error))
        else:
            self._show_message(_format_count(len(self._found), one, other))
        table = self.query_one(RowTable)
        table.use(
            (Column(title="Path"), *(Column(title=name.capitalize()) for name in (one, other)))
        )
        table.show_empty("No differences. → compares the next pair.")
        table.show([_row(place, found) for place, found in enumerate(self._found)])

    @on(RowTable.Chosen)
    def _whole(self, event: RowTable.Chosen) -> None:
        found = self._found[int(event.key)]
        one, other = _PAIRS[self._pair]
        text = Content("\n").join(
            [
                Content.styled(one, "bold"),
                safe_lines(found.one or "not set"),
                Content.styled(other, "bold"),
                safe_lines(found.other or "not set"),
            ]
        )
        self.app.push_screen(TextDialog(found.path, text))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR:
            self._show_message(f"Compare failed: {event.worker.error}")

    def _show_message(self, sentence: str) -> None:
        self.query_one("#summary", Label).update(safe_lines(sentence))


def _row(place: int, found: ConfigDifference) -> TableRow:
    return TableRow(
        key=str(place), cells=(Cell(found.path), _value(found.one), _value(found.other))
    )


def _value(text: str) -> Cell:
    return Cell(text) if text else Cell("not set", CellStyle.QUIET)


def _format_count(count: int, one: str, other: str) -> str:
    if not count:
        return f"{one} and {other} are the same."
    return f"{count} value{'s differ' if count > 1 else ' differs'}. ⏎ shows the full values."
