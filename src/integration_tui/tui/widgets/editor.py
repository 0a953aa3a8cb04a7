"""The editor of a document: what stands in it is shown, never sent to the terminal as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea

from integration_tui.tui.sanitize import plain, same_length
from integration_tui.tui.widgets.syntax_highlight import SyntaxKind, spans
from integration_tui.tui.widgets.table.cells import fit

_MARKS: Final = 3
"""Cells between the numbers and the text: what changed, what is wrong, and a blank."""
_LEAST: Final = 12
"""Cells that a message behind a line needs."""


class DocumentArea(TextArea):
    """Read-only until asked. The document keeps every character; only the drawing changes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+space,ctrl+@,ctrl+n", "complete", "Complete", id="document.complete"),
        Binding("ctrl+underscore", "undo", "Undo", show=False, id="document.undo"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"document--{kind}" for kind in SyntaxKind),
        "document--changed",
        "document--added",
        "document--problem",
    }
    DEFAULT_CSS = """
    DocumentArea { height: 1fr; border: none; padding: 0; background: $surface;
        &:focus { border: none; }
        & > .text-area--gutter { color: $muted; background: $surface; }
        & > .text-area--cursor-gutter { color: $foreground; background: $cursor-off; }
        & > .text-area--cursor-line { background: $cursor-off; }
        & > .document--key { color: $primary; }
        & > .document--text { color: $foreground; }
        & > .document--number { color: $secondary; }
        & > .document--word { color: $secondary; text-style: bold; }
        & > .document--reference { color: $key; text-style: bold; }
        & > .document--comment { color: $muted; text-style: italic; }
        & > .document--changed { color: $primary; }
        & > .document--added { color: $ok; }
        & > .document--problem { color: $bad; }
    }
    """

    @dataclass
    class Completing(Message):
        """Somebody wants to know what can stand at the cursor; both count from 1."""

        line: int
        column: int

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(
            id=id,
            read_only=True,
            show_line_numbers=True,
            soft_wrap=False,
            tab_behavior="indent",
        )
        self.cursor_blink = False
        self._format = ""
        self._changes: Mapping[int, str] = {}
        self._problems: Mapping[int, str] = {}

    def show_marks(self, changes: Mapping[int, str], problems: Mapping[int, str]) -> None:
        """Mark lines, from 0: what was added (`+`) or changed, and what is wrong there."""
        if (changes, problems) != (self._changes, self._problems):
            self._changes, self._problems = changes, problems
            self.refresh()

    @property
    def gutter_width(self) -> int:
        """The numbers, and a cell more for marks than a text area has by itself."""
        width = super().gutter_width
        return width + 1 if width else 0

    def render_line(self, y: int) -> Strip:
        """Draw a line, its marks beside the number, and behind it what is wrong with it."""
        strip = super().render_line(y)
        number = y + self.scroll_offset.y
        if number >= self.document.line_count or not self.show_line_numbers:
            return strip
        gutter = self.gutter_width
        ground = next((part.style for part in strip if part.style), Style())
        marks = Strip([*self._marks(number, ground)])
        head, rest = strip.crop(1, gutter - _MARKS + 1), strip.crop(gutter, strip.cell_length)
        return self._with_message(Strip.join([head, marks, rest]), number, gutter)

    def _marks(self, number: int, ground: Style) -> list[Segment]:
        change = self._changes.get(number)
        kind = "added" if change == "+" else "changed"
        marks = [
            ("▎" if change else " ", kind),
            ("✗" if number in self._problems else " ", "problem"),
            (" ", "problem"),
        ]
        return [
            Segment(sign, self._ink(kind) + Style(bgcolor=ground.bgcolor)) for sign, kind in marks
        ]

    def _with_message(self, strip: Strip, number: int, gutter: int) -> Strip:
        message = self._problems.get(number)
        text = self.document.get_line(number).expandtabs(self.indent_width)
        start = gutter + cell_len(text) - self.scroll_offset.x + 3
        room = self.size.width - start - 1
        if not message or room < _LEAST or start < gutter:
            return strip
        ground = next(
            (part.style for part in strip.crop(gutter, gutter + 1) if part.style), Style()
        )
        style = self._ink("problem") + Style(bgcolor=ground.bgcolor)
        said = Strip([Segment(fit(plain(message), room), style)])
        end = strip.crop(start + room, strip.cell_length)
        return Strip.join([strip.crop(0, start), said, end])

    def get_line(self, line_index: int) -> Text:
        raw = self.document.get_line(line_index)
        line = Text(same_length(raw), end="", no_wrap=True)
        for start, end, kind in spans(raw, self._format):
            line.stylize(self._ink(kind), start, end)
        return line

    def _ink(self, kind: str) -> Style:
        """Return how a kind of text is written, whatever it stands on."""
        # Only a whole style has its colour mixed with the ground: a part would be pure white.
        whole = self.get_component_rich_style(f"document--{kind}")
        return Style(color=whole.color, bold=whole.bold, italic=whole.italic)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "complete" and self.read_only:
            return False
        return super().check_action(action, parameters)

    def show(self, text: str, format_: str = "") -> None:
        """Show this text; the cursor stays where it was if it is the same."""
        self._format = format_ or self._format
        if text != self.text:
            self.load_text(text)

    def become(self, text: str) -> None:
        """Be this text from now on; undoing brings the one before back."""
        if text == self.text:
            return
        place = self.cursor_location
        self.replace(text, (0, 0), self.document.end, maintain_selection_offset=False)
        self.move_cursor(place)

    def take(self, text: str, start_column: int) -> None:
        """Put this where the cursor is, in place of all from a column on, counted from 1."""
        row, column = self.cursor_location
        start = min(start_column - 1, column)
        self.replace(text, (row, start), (row, column), maintain_selection_offset=False)
        self.move_cursor((row, start + len(text)))
        self.screen.set_focus(self)

    def go_to(self, line: int, column: int) -> None:
        """Put the cursor there; both count from 1."""
        self.move_cursor((max(line - 1, 0), max(column - 1, 0)), center=True)
        self.focus()

    def action_complete(self) -> None:
        row, column = self.cursor_location
        self.post_message(self.Completing(row + 1, column + 1))
