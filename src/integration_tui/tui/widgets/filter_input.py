"""The line in which a list is narrowed as one types."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from integration_tui.tui.sanitize import safe
from integration_tui.tui.widgets.dialogs import SafeInput
from integration_tui.tui.widgets.static_text import StaticLines

_EXAMPLES = "words, !word, column:word, !column:word, column: (empty), column:>number"


class FilterLine(Vertical):
    """Text out, and a sentence in, where the text cannot be read."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "Clear", id="filter.clear"),
        Binding("down", "leave", "To the list", id="filter.leave"),
    ]
    DEFAULT_CSS = """
    FilterLine { height: auto; background: $surface;
        & > SafeInput { height: 1; border: none; padding: 0 1; background: $surface;
            &:focus { border: none; }
        }
        & > StaticLines { display: none; height: auto; padding: 0 1; color: $error; }
        &.-wrong > StaticLines { display: block; }
    }
    """

    @dataclass
    class Typed(Message):
        """This is what the list is to be narrowed to."""

        text: str

    class Left(Message):
        """Somebody is done with typing, and goes to the list."""

    def __init__(
        self,
        text: str = "",
        *,
        hint: str = _EXAMPLES,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
    ) -> None:
        super().__init__(id=id)
        self._hint = hint
        self._text = text
        self._problem = ""
        self._is_there = asyncio.Event()

    def compose(self) -> ComposeResult:
        yield SafeInput(self._text, placeholder=self._hint, select_on_focus=False)
        yield StaticLines()

    def on_mount(self) -> None:
        self.show_problem(self._problem)
        self._is_there.set()

    def show(self, text: str) -> None:
        """Show a text as if it had been typed."""
        self._text = text
        if self.is_mounted:
            self.query_one(SafeInput).value = text

    def show_problem(self, problem: str) -> None:
        """Say what is wrong with the text; nothing, where nothing is."""
        self._problem = problem
        for line in self.query(StaticLines):  # none, as long as it is not mounted
            line.show(safe(problem))
        self.set_class(bool(problem), "-wrong")

    async def enter(self) -> None:
        """Have the next keys typed into it, as soon as it is there."""
        await self._is_there.wait()
        self.screen.set_focus(self.query_one(SafeInput))

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self._text:
            self._text = event.value
            self.post_message(self.Typed(event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_leave()

    def action_leave(self) -> None:
        self.post_message(self.Left())

    def action_clear(self) -> None:
        self.show("")
        self.post_message(self.Typed(""))
        self.post_message(self.Left())
