"""A field of a record changed by hand: its new value, and why."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Input

from integration_tui.domain.plan import Value
from integration_tui.tui.text import plain
from integration_tui.tui.widgets.dialogs import Dialog, SafeInput


class EditDialog(Dialog):
    """`value` and `reason` hold what was typed, after yes."""

    AUTO_FOCUS = "#value"
    yes = "Save"

    def __init__(self, title: str, *, value: Value, said: str) -> None:
        told = f"Systems say otherwise: {said}\n" if said else ""
        super().__init__(title, f"{told}No system is taken to have changed its mind by it.")
        self.value = "" if value is None else f"{value}"
        self.reason = ""

    def more(self) -> ComposeResult:
        yield SafeInput(value=plain(self.value, limit=10_000), placeholder="nothing", id="value")
        yield SafeInput(placeholder="why? it is kept with the change", id="why")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go from the value to the reason, and from there to yes."""
        if event.input.id == "value":
            self.query_one("#why").focus()
        else:
            self.accept()

    def accept(self) -> None:
        self.value = self.query_one("#value", SafeInput).value.strip()
        self.reason = self.query_one("#why", SafeInput).value.strip()
        if self.reason:
            self.dismiss(True)
        else:
            self.query_one("#why").focus()
            self.notify("a reason is needed; it is kept with the change", severity="warning")
