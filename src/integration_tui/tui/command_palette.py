"""The command palette: every command of every screen, integrations, runs and people by name.

The first word may be a screen or the beginning of one; what follows narrows what it shows:
`audit actor=ana`, `integrations status:down`.
"""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Input

from integration_tui.domain.errors import ConsoleError
from integration_tui.tui.commands import Command, all_commands, found, people, visits
from integration_tui.tui.keymap import LINE
from integration_tui.tui.widgets.dialogs import SafeInput
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow
from integration_tui.tui.widgets.table.table import RowTable
from integration_tui.tui.widgets.window import Window

if TYPE_CHECKING:
    from integration_tui.tui.screens.base import ConsoleScreen

_COLUMNS: Final = (
    Column(title="", width=14, rank=1),
    Column(title="", least=40),
    Column(title="", width=10, right=True),
)
_BEST: Final = 8
"""Commands that stand before people: letters of a name are found in many a command."""
_MOST: Final = 200
"""Entries that are listed; more would not be looked through but typed for."""


class PaletteInput(SafeInput):
    """Leaves the arrows to the list below it."""

    BINDINGS = LINE


class CommandPalette(ModalScreen[Command | None]):
    """Returns the command that was chosen; `None` for none."""

    AUTO_FOCUS = "PaletteInput"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Close", id="palette.close"),
        Binding("down,ctrl+n", "move(1)", "Next", show=False, priority=True, id="palette.down"),
        Binding("up", "move(-1)", "Previous", show=False, priority=True, id="palette.up"),
        Binding("pagedown", "move(10)", "Page down", show=False, priority=True, id="palette.page"),
        Binding("pageup", "move(-10)", "Page up", show=False, priority=True, id="palette.back"),
        Binding("enter", "choose", "Run", priority=True, id="palette.run"),
    ]
    DEFAULT_CSS = """
    CommandPalette {
        & Window { width: 92; height: 24; max-height: 92%; padding: 0 1; }
        & PaletteInput { border: none; height: 1; padding: 0; margin: 0 1; background: $surface;
            &:focus { border: none; }
        }
        & RowTable { height: 1fr; border-top: solid $edge; }
    }
    """

    def __init__(self, screen: ConsoleScreen) -> None:
        super().__init__()
        self._for = screen
        self._commands: Sequence[Command] = ()
        self._people: Sequence[Command] = ()
        self._shown: Sequence[Command] = ()

    def compose(self) -> ComposeResult:
        with Window(title="Commands"):
            yield PaletteInput(placeholder="Type a command, an integration, a run or a person")
            yield RowTable(_COLUMNS, empty="Reading…", has_head=False)

    def on_mount(self) -> None:
        self._read()

    @work(group="commands", exit_on_error=False)
    async def _read(self) -> None:
        """Show what is near first: other screens may have to be imported."""
        async for commands in all_commands(self._for):
            self._commands = [*self._commands, *commands]
            self._show(self.query_one(Input).value)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._people = ()
        self._show(event.value)
        if len(event.value.strip()) > 1:
            self._look_for_people(event.value.strip())

    @work(group="people", exclusive=True, exit_on_error=False)
    async def _look_for_people(self, text: str) -> None:
        try:
            self._people = await people(self._for, text)
        except ConsoleError:  # the screen of the roster says why it cannot be read
            return
        if self._people:
            self._show(self.query_one(Input).value)

    def _show(self, text: str) -> None:
        recent = self._for.shared.recent_commands
        commands = found(self._commands, text, recent=recent)
        best, others = commands[:_BEST], commands[_BEST:]
        self._shown = [*visits(self._for, text), *best, *self._people, *others][:_MOST]
        table = self.query_one(RowTable)
        table.show_empty(f'No command matches "{text.strip()}".' if self._commands else "Reading…")
        table.show([_row(command, place) for place, command in enumerate(self._shown)])
        table.action_first()

    def action_move(self, rows: int) -> None:
        self.query_one(RowTable).action_move(rows)

    def action_choose(self) -> None:
        """Run what the cursor is on."""
        key = self.query_one(RowTable).selected
        if key is not None:
            self.dismiss(self._shown[int(key)])

    @on(RowTable.Chosen)
    def _chosen(self) -> None:
        self.action_choose()

    def action_leave(self) -> None:
        self.dismiss(None)


def _row(command: Command, place: int) -> TableRow:
    return TableRow(
        key=str(place),
        cells=(
            Cell(command.group, CellStyle.QUIET),
            Cell(command.title),
            Cell(command.key, CellStyle.KEY),
        ),
    )
