"""Asks for the name of a file to export to."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from integration_tui.tui.text import safe, safe_lines
from integration_tui.tui.widgets.dialogs import SafeInput


class AskFile(ModalScreen[Path | None]):
    """Returns the file that was named; `None` is no answer."""

    DEFAULT_CSS = """
    AskFile { align: center middle;
        & > Vertical { width: 64; max-width: 90%; height: auto; padding: 1 2;
            border: round $primary; background: $surface; }
        & .title { text-style: bold; }
        & Label { width: 100%; }
        & Input { margin-top: 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "refuse", "No", id="file.no")]

    def __init__(self, title: str, text: str, *, value: str = "") -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._value = value

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Label(safe(self._title), classes="title")
            yield Label(safe_lines(self._text))
            yield SafeInput(value=self._value, placeholder="file name; enter writes")

    @on(Input.Submitted)
    def _answer(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self.dismiss(Path(event.value.strip()).expanduser().absolute())

    def action_refuse(self) -> None:
        self.dismiss(None)
