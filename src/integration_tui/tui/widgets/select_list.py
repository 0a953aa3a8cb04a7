"""A small list to choose from: in a window of its own, or below the cursor of an editor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Offset
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Label

from integration_tui.tui.sanitize import safe
from integration_tui.tui.widgets.roles import Part, line
from integration_tui.tui.widgets.static_text import StaticLines
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow
from integration_tui.tui.widgets.table.table import HEAD, RowTable
from integration_tui.tui.widgets.window import Window

_MOST_SHOWN = 10


class SelectOption(msgspec.Struct, frozen=True, kw_only=True):
    """`value` is what is chosen; `label` what stands there, `note` beside it."""

    value: str
    label: str = ""
    note: str = ""


class ChoiceList(RowTable, inherit_bindings=False):
    """Letters are typed past it: they narrow the list, or go on in the editor behind it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,tab", "choose", "Choose", id="choices.take"),
        Binding("down", "move(1)", "Down", show=False, id="choices.down"),
        Binding("up", "move(-1)", "Up", show=False, id="choices.up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="choices.page-down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="choices.page-up"),
        Binding("home", "first", "First", show=False, id="choices.first"),
        Binding("end", "last", "Last", show=False, id="choices.last"),
    ]

    @dataclass
    class Typed(Message):
        """A character was typed; the empty one takes the last away."""

        character: str

    def __init__(self, *, id: str | None = None, title: str = "") -> None:  # noqa: A002 - as above
        columns = (Column(title=title), Column(title="", from_width=46))
        super().__init__(columns, id=id, empty="No choice matches.")

    def offer(self, choices: Sequence[SelectOption]) -> None:
        """Show these; the cursor is on the first, unless the one that it was on is there."""
        self.show([_row(choice) for choice in choices])

    def on_key(self, event: events.Key) -> None:
        if event.key == "backspace" or (event.is_printable and event.character):
            event.stop()
            self.post_message(self.Typed("" if event.key == "backspace" else event.character or ""))


class Popup(ChoiceList):
    """What can stand at the cursor of an editor, above everything else."""

    DEFAULT_CSS = """
    Popup { display: none; overlay: screen; constrain: inside inflect; position: absolute;
        width: 64; max-width: 90%; height: auto; background: $surface; border: round $primary; }
    """

    def open_at(self, cursor: Offset, choices: Sequence[SelectOption]) -> None:
        """Show these below a place of the screen, and take the keys."""
        self.offer(choices)
        self.styles.height = min(len(choices), _MOST_SHOWN) + HEAD + 2
        self.absolute_offset = cursor + Offset(0, 1)
        self.display = True
        self.screen.set_focus(self)

    def close(self) -> None:
        """Be out of the way."""
        self.display = False


class ChoiceDialog(ModalScreen[str | None]):
    """One of some values, found by typing a part of it. `None` is no answer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "refuse", "Cancel", id="choices.back"),
    ]
    DEFAULT_CSS = """
    ChoiceDialog {
        & Window { width: 72; padding: 0 2; }
        & #note { color: $muted; }
    }
    """
    AUTO_FOCUS = "ChoiceList"

    def __init__(
        self,
        title: str,
        choices: Sequence[SelectOption],
        *,
        note: str = "",
        selected: str = "",
    ) -> None:
        super().__init__()
        self._title = title
        self._choices = choices
        self._note = note
        self._selected = selected
        self._typed = ""

    def compose(self) -> ComposeResult:
        with Window(title=self._title):
            if self._note:
                yield Label(safe(self._note), id="note")
            choices = ChoiceList()
            choices.styles.height = min(len(self._choices), _MOST_SHOWN) + HEAD
            yield choices
            yield StaticLines(id="typed")

    def on_mount(self) -> None:
        choices = self.query_one(ChoiceList)
        choices.offer(self._choices)
        choices.select(self._selected)
        self._show_typed()

    def action_refuse(self) -> None:
        self.dismiss(None)

    @on(ChoiceList.Typed)
    def _narrow(self, event: ChoiceList.Typed) -> None:
        self._typed = self._typed + event.character if event.character else self._typed[:-1]
        wanted = self._typed.lower()
        fitting = [
            choice for choice in self._choices if wanted in f"{choice.value} {choice.label}".lower()
        ]
        self.query_one(ChoiceList).offer(fitting)
        self._show_typed()

    def _show_typed(self) -> None:
        typed: Part = (
            (self._typed, "strong") if self._typed else ("type to narrow the list", "muted")
        )
        self.query_one("#typed", StaticLines).show(line(("/ ", "key"), typed))

    @on(RowTable.Chosen)
    def _chosen(self, event: RowTable.Chosen) -> None:
        self.dismiss(event.key)


def _row(choice: SelectOption) -> TableRow:
    label = choice.label or choice.value
    return TableRow(key=choice.value, cells=(Cell(label), Cell(choice.note, CellStyle.QUIET)))
