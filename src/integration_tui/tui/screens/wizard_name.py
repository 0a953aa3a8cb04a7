"""Asks what a new integration is to be called; a name that cannot be is told while it is typed."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import ExitStack
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from integration_tui.domain.errors import ConsoleError
from integration_tui.tui.screens.desk import Desk
from integration_tui.tui.text import plain, safe, safe_lines
from integration_tui.tui.widgets.bars import KeyBar
from integration_tui.tui.widgets.dialogs import SafeInput

if TYPE_CHECKING:
    from integration_tui.services.drafts import Draft


_RULE = "a name is small letters, digits, - and _, the first a letter or digit, 63 at most"


class NameDialog(ModalScreen["Draft | None"]):
    """Returns the beginning of its document."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back to the types", id="wizard.name-back"),
    ]
    DEFAULT_CSS = """
    NameDialog { align: center middle;
        & > Vertical { width: 70; max-width: 96%; height: auto; padding: 0 1;
            border: round $primary; background: $surface; }
        & .title { text-style: bold; }
        & Label { width: 100%; height: auto; }
        & #verdict { color: $error; min-height: 2; }
    }
    """
    AUTO_FOCUS = "SafeInput"

    def __init__(self, desk: Desk, provider: str, *, taken: Collection[str]) -> None:
        super().__init__()
        self._desk = desk
        self._provider = provider
        self._taken = taken

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Label(safe(f"New {self._provider} integration: its name"), classes="title")
            yield Label("It stands in front of all that is told of it, and never changes.")
            yield SafeInput(placeholder=plain("small letters, digits, - and _"))
            yield Label("", id="verdict")
            yield KeyBar()

    def action_back(self) -> None:
        self.dismiss(None)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._judge(event.value)

    @on(Input.Submitted)
    def _given(self, event: Input.Submitted) -> None:
        waiting = ExitStack()
        waiting.enter_context(self._desk.coming())  # at once: what is typed next is for the form
        self._take(event.value, waiting)

    @work(group="take", exclusive=True, exit_on_error=False)
    async def _take(self, name: str, waiting: ExitStack) -> None:
        with waiting:
            await self._judged_and_told(name, is_final=True)

    @work(group="name", exclusive=True, exit_on_error=False)
    async def _judge(self, name: str) -> None:
        await self._judged_and_told(name)

    async def _judged_and_told(self, name: str, *, is_final: bool = False) -> None:
        draft, trouble = await asyncio.to_thread(self._judged, name)
        self.query_one("#verdict", Label).update(safe_lines(trouble if name or is_final else ""))
        if is_final and draft is not None and not trouble:
            self.dismiss(draft)

    def _judged(self, name: str) -> tuple[Draft | None, str]:
        services = self._desk.services
        if name in self._taken:
            return None, f"there is already an integration called {name}"
        try:
            draft = services.forms.blank(self._provider, name)
        except ConsoleError as error:
            return None, str(error)
        is_wrong = any(one.path == "name" for one in services.drafts.problems(draft))
        return draft, _RULE if is_wrong else ""
