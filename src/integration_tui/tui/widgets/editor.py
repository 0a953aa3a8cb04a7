"""The editor of a document: what stands in it is shown, never sent to the terminal as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

from integration_tui.tui.sanitize import same_length
from integration_tui.tui.widgets.syntax_highlight import SyntaxKind, spans


class DocumentArea(TextArea):
    """Read-only until asked. The document keeps every character; only the drawing changes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+space,ctrl+@,ctrl+n", "complete", "Complete", id="document.complete"),
        Binding("ctrl+underscore", "undo", "Undo", show=False, id="document.undo"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"document--{kind}" for kind in SyntaxKind}
    DEFAULT_CSS = """
    DocumentArea { height: 1fr; border: none; padding: 0; background: $background;
        &:focus { border: none; }
        & > .document--key { color: $primary; }
        & > .document--text { color: $success; }
        & > .document--number { color: $accent; }
        & > .document--word { color: $accent; text-style: bold; }
        & > .document--reference { color: $warning; }
        & > .document--comment { color: $secondary; text-style: italic; }
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
