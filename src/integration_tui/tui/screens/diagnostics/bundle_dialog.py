"""What will be in a support bundle, and where it is to go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Label

from integration_tui.tui.sanitize import plain, safe_lines
from integration_tui.tui.widgets.dialogs import Dialog, SafeInput

if TYPE_CHECKING:
    from integration_tui.services.support.bundle import Bundle

_TEXT = (
    "No secret, no roster and no name is in it. It is written for its owner only;"
    " look into it before you send it."
)


class BundleDialog(Dialog):
    """`place` holds the path that was typed, after yes."""

    DEFAULT_CSS = """
    BundleDialog { & > Vertical { width: 84; }
        & VerticalScroll { height: auto; max-height: 30vh; margin-top: 1; }
        & VerticalScroll Label { text-wrap: nowrap; text-overflow: ellipsis; }
        & Input, & Input:focus { height: 1; border: none; padding: 0 1; background: $panel; }
    }
    """
    AUTO_FOCUS = "#place"
    yes = "Write"

    def __init__(self, bundle: Bundle) -> None:
        super().__init__("Support bundle", _TEXT)
        self._bundle = bundle
        self.place = Path.cwd() / bundle.file_name

    def more(self) -> ComposeResult:
        with VerticalScroll():
            yield Label(safe_lines("\n".join(self._listed())))
        yield SafeInput(value=plain(self.place), placeholder="a new file, or a folder", id="place")

    def on_input_submitted(self) -> None:
        self.accept()

    def accept(self) -> None:
        typed = self.query_one("#place", SafeInput).value.strip()
        if typed:
            self.place = Path(typed)
            self.dismiss(True)
        else:
            self.notify("name a file, or a folder", severity="warning")

    def _listed(self) -> list[str]:
        width = max(len(part.name) for part in self._bundle.parts)
        return [
            f"{part.name.ljust(width)} {part.size:>9,} bytes  {part.about}"
            for part in self._bundle.parts
        ]
