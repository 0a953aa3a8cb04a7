"""Questions to a person. The answer to doubt is always no."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label

from integration_tui.tui.keymap import LINE
from integration_tui.tui.sanitize import plain, safe, safe_lines, typed
from integration_tui.tui.widgets.window import Window


class SafeInput(Input):
    """One line of text; what is pasted into it cannot steer the terminal either."""

    BINDINGS = LINE

    def validate_value(self, value: str) -> str:
        return typed(value)


class Dialog(ModalScreen[bool]):
    """Base of all questions: a title, a text, what the subclass adds, and two buttons."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "refuse", "No", id="dialog.no"),
        Binding("left,right", "app.focus_next", "Other", show=False, id="dialog.other"),
    ]
    DEFAULT_CSS = """
    Dialog {
        & Horizontal { height: auto; align-horizontal: right; margin-top: 1; }
        & Button { margin-left: 2; min-width: 10; }
        & Input { margin-top: 1; }
    }
    """
    AUTO_FOCUS = "#no"
    yes = "Yes"
    is_dangerous = False

    def __init__(self, title: str, text: str = "") -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        with Window(title=self._title, classes="-danger" if self.is_dangerous else ""):
            yield Label(safe_lines(self._text))
            yield from self.more()
            with Horizontal():
                yield Button(safe(self.yes), id="yes", variant="primary")
                yield Button("No", id="no")

    def more(self) -> ComposeResult:
        """Add what is asked besides yes and no."""
        return iter(())

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "yes":
            self.accept()
        else:
            self.dismiss(False)

    def accept(self) -> None:
        """Take yes for an answer, where it may be."""
        self.dismiss(True)

    def action_refuse(self) -> None:
        self.dismiss(False)


class Confirm(Dialog):
    """Yes or no; no is what enter means."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "accept", "Yes", id="dialog.yes"),
        Binding("n", "refuse", "No", show=False, id="dialog.n"),
    ]

    def action_accept(self) -> None:
        self.accept()


class ConfirmByName(Dialog):
    """For what cannot be undone: the name has to be typed."""

    AUTO_FOCUS = "SafeInput"
    yes = "Remove"
    is_dangerous = True

    def __init__(self, title: str, text: str, *, name: str) -> None:
        super().__init__(title, text)
        self._expected = name

    def more(self) -> ComposeResult:
        yield SafeInput(placeholder=plain(f"type {self._expected} to confirm"))

    def on_input_submitted(self) -> None:
        self.accept()

    def accept(self) -> None:
        if self.query_one(SafeInput).value.strip() == self._expected:
            self.dismiss(True)
        else:
            self.query_one(SafeInput).focus()
            self.notify(plain(f"that is not {self._expected}"), severity="warning", markup=False)


class TextPrompt(ModalScreen[str | None]):
    """Asks for a line of text. `None` is no answer."""

    DEFAULT_CSS = "TextPrompt Input { margin-top: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "refuse", "No", id="reason.no")]
    needed = "something has to be typed; escape leaves it"

    def __init__(self, title: str, text: str = "", *, value: str = "", hint: str = "") -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._value = value
        self._hint = hint

    def compose(self) -> ComposeResult:
        with Window(title=self._title):
            yield Label(safe_lines(self._text))
            yield SafeInput(value=self._value, placeholder=plain(self._hint))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        if text:
            self.dismiss(text)
        else:
            self.notify(plain(self.needed), severity="warning", markup=False)

    def action_refuse(self) -> None:
        self.dismiss(None)


class ReasonPrompt(TextPrompt):
    """Asks why; the answer goes into the history and the audit log."""

    needed = "a reason is needed; it is kept with the change"

    def __init__(self, title: str, text: str = "", *, value: str = "") -> None:
        super().__init__(title, text, value=value, hint="why? enter saves, escape does not")


class TextDialog(ModalScreen[None]):
    """A text to be read, such as details. The text is built from safe parts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,h,q,enter", "back", "Back", id="page.back"),
        Binding("down,j", "scroll(1)", "Down", show=False, id="page.down"),
        Binding("up,k", "scroll(-1)", "Up", show=False, id="page.up"),
        Binding("y", "copy", "Copy", id="page.copy"),
    ]
    DEFAULT_CSS = "TextDialog Window { width: 96; }"

    def __init__(self, title: str, text: Content) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        with Window(title=self._title, id="frame"):
            yield Label(Content.assemble(self._text), id="text")

    def show(self, text: Content) -> None:
        """Show this text instead."""
        self._text = text
        self.query_one("#text", Label).update(Content.assemble(text))

    def action_back(self) -> None:
        self.dismiss()

    @work(group="copy", exit_on_error=False)
    async def action_copy(self) -> None:
        """Copy the whole text."""
        from integration_tui.tui.clipboard import copy

        self.notify(plain(await copy(self.app.copy_to_clipboard, self._text.plain)), markup=False)

    def action_scroll(self, lines: int) -> None:
        self.query_one("#frame").scroll_relative(y=lines * 2, animate=False)
