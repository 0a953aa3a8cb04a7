"""Questions to a person: what happens, what stays, and its keys in the lower edge.

The answer to doubt is always no.
"""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from integration_tui.domain.value import replace
from integration_tui.tui.keymap import LINE
from integration_tui.tui.sanitize import plain, safe_lines, typed
from integration_tui.tui.widgets.roles import Part, line
from integration_tui.tui.widgets.static_text import StaticLines
from integration_tui.tui.widgets.window import Window


class SafeInput(Input):
    """One line of text; what is pasted into it cannot steer the terminal either."""

    DEFAULT_CSS = """
    SafeInput { background: $panel; border: none; padding: 0 1; height: 1;
        &:focus { border: none; background: $cursor; }
    }
    """
    BINDINGS = LINE

    def on_mount(self) -> None:
        """Have the cursor stand still: nothing is sent while nobody types."""
        self.cursor_blink = False

    def validate_value(self, value: str) -> str:
        return typed(value)


def field_label(name: str, about: str = "") -> Label:
    """Return what stands above a line to type into: its name, and what to know of it."""
    shown = line((name, "strong"), (f"  {about}" if about else "", "muted"))
    return Label(Content.assemble(shown), classes="label")


def field_input(value: str = "", *, id: str, hint: str = "") -> SafeInput:  # noqa: A002 - as Textual
    """Return a line to type into, one row high."""
    return SafeInput(plain(value, limit=10_000), placeholder=plain(hint), id=id, classes="field")


class Dialog(ModalScreen[bool]):
    """Base of all questions: a title, a text, and what the subclass adds.

    Its keys stand in the lower edge and are called by what they do: `yes` and `no`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "refuse", "No", id="dialog.no"),
    ]
    AUTO_FOCUS = ""
    yes = "Yes"
    no = "Cancel"
    is_dangerous = False

    def __init__(
        self, title: str, text: str | Content = "", *, yes: str = "", no: str = ""
    ) -> None:
        super().__init__()
        self._title = title
        self._text = text if isinstance(text, Content) else safe_lines(text)
        self.yes = yes or self.yes
        self.no = no or self.no

    def compose(self) -> ComposeResult:
        with Window(title=self._title, classes="-danger" if self.is_dangerous else ""):
            if self._text:
                yield Label(Content.assemble(self._text), id="what")
            yield from self.more()

    def more(self) -> ComposeResult:
        """Add what is asked besides yes and no."""
        return iter(())

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys, by what they do to the thing that is asked about."""
        names = {"dialog.yes": self.yes, "line.done": self.yes, "dialog.no": self.no}
        return renamed(super().active_bindings, names)

    def accept(self) -> None:
        """Take yes for an answer, where it may be."""
        self.dismiss(True)

    def action_refuse(self) -> None:
        self.dismiss(False)


def renamed(
    bindings: dict[str, ActiveBinding], names: Mapping[str, str]
) -> dict[str, ActiveBinding]:
    """Return bindings, those with these IDs under another name."""
    found = dict(bindings)
    for key, active in bindings.items():
        if name := names.get(active.binding.id or ""):
            binding = replace(active.binding, description=name)
            found[key] = active._replace(binding=binding, tooltip="")
    return found


class Confirm(Dialog):
    """Yes or no; no is what enter means."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "accept", "Yes", id="dialog.yes"),
        Binding("n", "refuse", "No", show=False, id="dialog.n"),
        Binding("enter", "refuse", "No", show=False, id="dialog.enter"),
    ]

    def action_accept(self) -> None:
        self.accept()


class ConfirmByName(Dialog):
    """For what cannot be undone: a name or a number has to be typed.

    The line below says at once whether it fits.
    """

    AUTO_FOCUS = "#name"
    yes = "Remove"
    is_dangerous = True

    def __init__(self, title: str, text: str | Content, *, name: str, yes: str = "") -> None:
        super().__init__(title, text, yes=yes)
        self._expected = name

    def more(self) -> ComposeResult:
        yield field_label(f"Type {plain(self._expected)} to {self.yes[:1].lower()}{self.yes[1:]}")
        yield field_input(id="name")
        yield StaticLines(id="fits")

    def on_mount(self) -> None:
        self._show_fit()

    def on_input_changed(self) -> None:
        self._show_fit()

    def on_input_submitted(self) -> None:
        self.accept()

    def accept(self) -> None:
        if self._fits:
            self.dismiss(True)
        else:
            self._show_fit(is_asked=True)

    @property
    def _typed(self) -> str:
        return self.query_one("#name", SafeInput).value.strip()

    @property
    def _fits(self) -> bool:
        return self._typed == self._expected

    def _show_fit(self, *, is_asked: bool = False) -> None:
        kind = "Number" if self._expected.isdecimal() else "Name"
        shown: Part = ""
        if self._fits:
            shown = (f"✓ {kind} matches.", "ok")
        elif self._expected.startswith(self._typed) and not is_asked:
            shown = (f"{kind} does not match yet." if self._typed else "", "warn")
        elif self._typed or is_asked:
            shown = (f"✗ {kind} does not match: {self._expected} expected.", "bad")
        self.query_one("#fits", StaticLines).show(line(shown))


class TextPrompt(ModalScreen[str | None]):
    """Asks for a line of text. `None` is no answer."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "refuse", "Cancel", id="reason.no")]
    AUTO_FOCUS = "#line"
    needed = "Type something, or press esc to cancel."
    label: tuple[str, str] = ("Text", "")
    yes = "Done"

    def __init__(
        self,
        title: str,
        text: str = "",
        *,
        value: str = "",
        hint: str = "",
        label: tuple[str, str] | None = None,
        yes: str = "",
    ) -> None:
        """Take what is asked; `label` is what stands above the line, `yes` what enter does."""
        super().__init__()
        self._title = title
        self._text = text
        self._value = value
        self._hint = hint
        self.label = label or self.label
        self.yes = yes or self.yes

    def compose(self) -> ComposeResult:
        with Window(title=self._title):
            yield from self.above()
            if self._text:
                yield Label(safe_lines(self._text), id="what")
            yield field_label(*self.label)
            yield field_input(self._value, id="line", hint=self._hint)
            yield StaticLines(id="fits")

    def above(self) -> ComposeResult:
        """Add what stands above all."""
        return iter(())

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys, enter by what it does."""
        return renamed(super().active_bindings, {"line.done": self.yes})

    def on_input_changed(self) -> None:
        self.query_one("#fits", StaticLines).show(Content(""))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        if text:
            self.dismiss(text)
        else:
            self.query_one("#fits", StaticLines).show(line((self.needed, "bad")))

    def action_refuse(self) -> None:
        self.dismiss(None)


class ReasonPrompt(TextPrompt):
    """Asks why; the answer goes into the history and the audit log."""

    needed = "Type a reason, or press esc to cancel."
    label = ("Reason", "kept in the audit log")
    yes = "Save"


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
        self.query_one("#frame").scroll_relative(y=lines * 2, animate=False, immediate=True)
