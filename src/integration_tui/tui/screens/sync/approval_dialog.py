"""The approval of a held plan: whoever gives it types how many it deactivates, and why."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Input

from integration_tui.tui.sanitize import safe
from integration_tui.tui.widgets.dialogs import Dialog, SafeInput
from integration_tui.tui.widgets.static_text import StaticLines


class ApprovalDialog(Dialog):
    """Yes only with the right number and a reason, which `reason` holds afterwards."""

    DEFAULT_CSS = """
    ApprovalDialog { & Input, & Input:focus { height: 1; border: none; padding: 0 1;
            background: $boost; }
        & #says { color: $warning; }
    }
    """
    AUTO_FOCUS = "#losses"
    yes = "Approve"

    def __init__(self, title: str, text: str, *, losses: int) -> None:
        super().__init__(title, text)
        self._losses = losses
        self.reason = ""

    def more(self) -> ComposeResult:
        yield SafeInput(placeholder="type the number of deactivations", id="losses")
        yield SafeInput(placeholder="why is this right? it is kept with the approval", id="why")
        yield StaticLines(id="says")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go from the right number to the reason, and from there to yes."""
        if event.input.id != "losses":
            self.accept()
        elif self._is_right():
            self._show_problem("", "#why")

    def accept(self) -> None:
        self.reason = self.query_one("#why", SafeInput).value.strip()
        if not self._is_right():
            return
        if self.reason:
            self.dismiss(True)
        else:
            self._show_problem("a reason is needed; it is kept with the approval", "#why")

    def _is_right(self) -> bool:
        """Return whether the number was typed; if not, the person is told."""
        typed = self.query_one("#losses", SafeInput).value.strip().replace(",", "")
        if typed != str(self._losses):
            self._show_problem("that is not how many the plan deactivates", "#losses")
            return False
        return True

    def _show_problem(self, sentence: str, where: str) -> None:
        self.query_one(where).focus()
        self.query_one("#says", StaticLines).show(safe(sentence))
