"""What is shown where the console cannot open: a sentence, the fix, and how to leave."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Label

from integration_tui.tui.sanitize import safe_lines
from integration_tui.tui.widgets.window import Window


class StartupErrorScreen(ModalScreen[None]):
    """Covers everything; leaving it leaves the program, with exit code 1."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,escape,enter", "leave", "Quit", id="failed.quit")
    ]
    DEFAULT_CSS = """
    StartupErrorScreen { background: $background; }
    """

    def __init__(self, message: str, advice: str) -> None:
        super().__init__()
        self._message = message
        self._advice = advice

    def compose(self) -> ComposeResult:
        with Window(title="✗ The console cannot open", classes="-danger"):
            yield Label(safe_lines(self._message))
            if self._advice:
                yield Label(safe_lines(f"Fix: {self._advice}"))

    def action_leave(self) -> None:
        self.app.exit(return_code=1)
