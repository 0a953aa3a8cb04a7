"""The editor of a document: what stands in it is shown, never sent to the terminal as it is."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import TextArea

from integration_tui.tui.text import same_length


class DocumentArea(TextArea):
    """Read-only until asked. The document keeps every character; only the drawing changes."""

    DEFAULT_CSS = """
    DocumentArea { height: 1fr; border: none; padding: 0; background: $background;
        &:focus { border: none; }
    }
    """

    def __init__(self) -> None:
        super().__init__(
            read_only=True,
            show_line_numbers=True,
            soft_wrap=False,
            tab_behavior="indent",
        )
        self.cursor_blink = False

    def get_line(self, line_index: int) -> Text:
        line = same_length(self.document.get_line(line_index))
        return Text(line, end="", no_wrap=True)

    def show(self, text: str) -> None:
        """Show this text; the cursor stays where it was if it is the same."""
        if text != self.text:
            self.load_text(text)

    def go_to(self, line: int, column: int) -> None:
        """Put the cursor there; both count from 1."""
        self.move_cursor((max(line - 1, 0), max(column - 1, 0)), center=True)
        self.focus()
