"""What a support bundle contains, and where it is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Label

from integration_tui.tui.sanitize import safe_lines
from integration_tui.tui.widgets.dialogs import Dialog, SafeInput, field_input, field_label
from integration_tui.tui.widgets.roles import line
from integration_tui.tui.widgets.static_text import StaticLines

if TYPE_CHECKING:
    from integration_tui.services.support.bundle import Bundle

_TEXT = (
    "Contains no secrets, rosters or names. The file is readable only by you."
    " Review before sending."
)


class BundleDialog(Dialog):
    """`place` holds the path that was typed, after yes."""

    DEFAULT_CSS = """
    BundleDialog { & Window { width: 88; }
        & VerticalScroll { height: auto; max-height: 30vh; margin-top: 1; }
        & VerticalScroll Label { text-wrap: nowrap; text-overflow: ellipsis; }
    }
    """
    AUTO_FOCUS = "#place"
    yes = "Write"

    def __init__(self, bundle: Bundle) -> None:
        super().__init__("Write a support bundle?", _TEXT)
        self._bundle = bundle
        self.place = Path.cwd() / bundle.file_name

    def more(self) -> ComposeResult:
        with VerticalScroll():
            yield Label(safe_lines("\n".join(self._listed())))
        yield field_label("File", "a new file, or a folder")
        yield field_input(str(self.place), id="place")
        yield StaticLines(id="fits")

    def on_input_submitted(self) -> None:
        self.accept()

    def accept(self) -> None:
        typed = self.query_one("#place", SafeInput).value.strip()
        if typed:
            self.place = Path(typed)
            self.dismiss(True)
        else:
            says = line(("Type a file or a folder, or press esc to cancel.", "bad"))
            self.query_one("#fits", StaticLines).show(says)

    def _listed(self) -> list[str]:
        width = max(len(part.name) for part in self._bundle.parts)
        return [
            f"{part.name.ljust(width)} {part.size:>9,} bytes  {part.about}"
            for part in self._bundle.parts
        ]
