"""Windows of the sync screen: questions before something is done, and records with a decision."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from integration_tui.tui.widgets.dialogs import Dialog, SafeInput, field_input, field_label
from integration_tui.tui.widgets.roles import line
from integration_tui.tui.widgets.static_text import StaticLines
from integration_tui.tui.widgets.window import Window


class ApprovalDialog(Dialog):
    """Yes only with the right number and a reason, which `reason` holds afterwards.

    The line below the number says at once whether it fits.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "Next field", id="approval.next"),
    ]
    DEFAULT_CSS = """
    ApprovalDialog {
        & .label { margin-top: 1; }
        & #says { height: auto; min-height: 1; }
        &.-low Window { padding: 0 2; }
    }
    """
    AUTO_FOCUS = "#losses"
    yes = "Approve"
    is_dangerous = True

    def __init__(self, title: str, text: Content, *, losses: int, parts: str) -> None:
        super().__init__(title, text)
        self._losses = losses
        self._parts = parts
        self.reason = ""

    def more(self) -> ComposeResult:
        yield field_label(f"Type {self._losses} to approve", self._parts)
        yield field_input(id="losses", hint="Number of deactivations")
        yield StaticLines(id="says")
        yield field_label("Reason", "kept in the audit log")
        yield field_input(id="why", hint="Why is this safe to approve?")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say whether the number fits, while it is typed."""
        if event.input.id == "losses" or event.value.strip():
            self._show_fit()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go from the right number to the reason, and from there to yes."""
        if event.input.id != "losses":
            self.accept()
        elif self._fits:
            self.query_one("#why").focus()

    def accept(self) -> None:
        self.reason = self.query_one("#why", SafeInput).value.strip()
        if not self._fits:
            self.query_one("#losses").focus()
            self._show_fit()
        elif not self.reason:
            self.query_one("#why").focus()
            self._show_hint(line(("Reason missing.", "bad")))
        else:
            self.dismiss(True)

    @property
    def _typed(self) -> str:
        return self.query_one("#losses", SafeInput).value.strip().replace(",", "")

    @property
    def _fits(self) -> bool:
        return self._typed == str(self._losses)

    def _show_fit(self) -> None:
        records = f"the plan deactivates {self._losses:,} records."
        if self._fits:
            self._show_hint(line(("✓ Number matches.", "ok")))
        elif self._typed and not str(self._losses).startswith(self._typed):
            self._show_hint(line((f"Number does not match: {records}", "bad")))
        elif self._typed:
            self._show_hint(line((f"Number does not match yet: {records}", "warn")))
        else:
            self._show_hint(Content(""))

    def _show_hint(self, content: Content) -> None:
        self.query_one("#says", StaticLines).show(content)


class DecisionWindow(ModalScreen[str | None]):
    """A record to be looked at, with the keys that decide about it; `None` decides nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,h,q", "back", "Back", id="decision.back"),
    ]

    def __init__(self, title: str, text: Content) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        with Window(title=self._title):
            yield Label(Content.assemble(self._text), id="text")

    def action_back(self) -> None:
        self.dismiss(None)

    def action_decide(self, decision: str) -> None:
        self.dismiss(decision)


class ConflictWindow(DecisionWindow):
    """The three values of a field, and whose stands."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "decide('ours')", "Keep local", id="conflict.local"),
        Binding("t", "decide('theirs')", "Take source", id="conflict.source"),
    ]


class MatchWindow(DecisionWindow):
    """Two records that may be one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "decide('same')", "Merge…", id="match.same"),
        Binding("d", "decide('apart')", "Keep apart…", id="match.apart"),
    ]
