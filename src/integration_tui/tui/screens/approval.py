"""The approval of a held plan: whoever gives it types how many it deactivates, and why."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Input

from integration_tui.tui.text import plain
from integration_tui.tui.widgets.dialogs import Dialog, SafeInput


class ApprovalDialog(Dialog):
    """Yes only with the right number and a reason, which `reason` holds afterwards."""

    AUTO_FOCUS = "#losses"
    yes = "Approve"

    def __init__(self, title: str, text: str, *, losses: int) -> None:
        super().__init__(title, text)
        self._losses = losses
        self.reason = ""

    def more(self) -> ComposeResult:
        yield SafeInput(placeholder="type the number of deactivations", id="losses")
        yield SafeInput(placeholder="why is this right? it is kept with the approval", id="why")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go from the number to the reason, and from there to yes."""
        if event.input.id == "losses":
            self.query_one("#why").focus()
        else:
            self.accept()

    def accept(self) -> None:
        typed = self.query_one("#losses", SafeInput).value.strip().replace(",", "")
        self.reason = self.query_one("#why", SafeInput).value.strip()
        if typed != str(self._losses):
            self._say("that is not how many the plan deactivates", "#losses")
        elif not self.reason:
            self._say("a reason is needed; it is kept with the approval", "#why")
        else:
            self.dismiss(True)

    def _say(self, sentence: str, where: str) -> None:
        self.query_one(where).focus()
        self.notify(plain(sentence), severity="warning", markup=False)
