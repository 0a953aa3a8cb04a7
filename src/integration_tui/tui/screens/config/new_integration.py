"""A new integration, step by step: type, name, values, test; nothing is stored before the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Input, Label
from textual.worker import Worker, WorkerState

from integration_tui.domain.errors import ConsoleError
from integration_tui.domain.health.status import StepResult, StepStatus
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.quantity import counted
from integration_tui.tui.keymap import ROW_GROUP
from integration_tui.tui.sanitize import safe, safe_lines
from integration_tui.tui.screens.config.editor import DocumentPane
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.screens.integrations.connection_test import ConnectionTestScreen
from integration_tui.tui.widgets.dialogs import Confirm, field_input, field_label, renamed
from integration_tui.tui.widgets.problem_list import sentence_of
from integration_tui.tui.widgets.select_list import ChoiceDialog, SelectOption
from integration_tui.tui.widgets.window import Window

if TYPE_CHECKING:
    from integration_tui.services.config_drafts import Draft
    from integration_tui.tui.screens.base import ConsoleScreen
    from integration_tui.tui.services import ConsoleServices


# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false


_RULE = "Use lowercase letters, digits, - and _ (63 at most), starting with a letter or digit."


class NameDialog(ModalScreen["Draft | None"]):
    """Returns the beginning of its document."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="wizard.name-back"),
    ]
    DEFAULT_CSS = """
    NameDialog {
        & Label { height: auto; }
        & #summary { color: $bad; min-height: 1; }
    }
    """
    AUTO_FOCUS = "#name"

    def __init__(self, shared: ScreenContext, provider: str, *, taken: Collection[str]) -> None:
        super().__init__()
        self._shared = shared
        self._provider = provider
        self._taken = taken

    def compose(self) -> ComposeResult:
        with Window(title=f"New {self._provider} integration · step 2 of 3"):
            yield Label("Used as the ID everywhere. Cannot be changed later.")
            yield field_label("Name", "lowercase letters, digits, - and _")
            yield field_input(id="name")
            yield Label("", id="summary")

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys; enter goes on to the values."""
        return renamed(super().active_bindings, {"line.done": "Next: values"})

    def action_back(self) -> None:
        self.dismiss(None)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._check_name(event.value)

    @on(Input.Submitted)
    def _given(self, event: Input.Submitted) -> None:
        waiting = ExitStack()
        waiting.enter_context(
            self._shared.expecting_dialog()
        )  # at once: what is typed next is for the form
        self._take(event.value, waiting)

    @work(group="take", exclusive=True, exit_on_error=False)
    async def _take(self, name: str, waiting: ExitStack) -> None:
        with waiting:
            await self._check_and_show(name, is_final=True)

    @work(group="name", exclusive=True, exit_on_error=False)
    async def _check_name(self, name: str) -> None:
        await self._check_and_show(name)

    async def _check_and_show(self, name: str, *, is_final: bool = False) -> None:
        draft, trouble = await asyncio.to_thread(self._checked, name)
        self.query_one("#summary", Label).update(safe_lines(trouble if name or is_final else ""))
        if is_final and draft is not None and not trouble:
            self.dismiss(draft)

    def _checked(self, name: str) -> tuple[Draft | None, str]:
        services = self._shared.services
        if name in self._taken:
            return None, f"{name} is already an integration."
        try:
            draft = services.forms.blank(self._provider, name)
        except ConsoleError as error:
            return None, str(error)
        is_wrong = any(problem.path == "name" for problem in services.drafts.problems(draft))
        return draft, _RULE if is_wrong else ""


# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false


_STEPS = "Fill in the required fields (*). Nothing is saved until you register."


def open_wizard(screen: ConsoleScreen) -> None:
    """Ask for all that a new integration needs, and register it."""
    if screen.shared.services_ready and not screen.shared.is_readonly:
        screen.run_worker(_run_wizard(screen), group="wizard", exclusive=True, exit_on_error=False)


async def _run_wizard(screen: ConsoleScreen) -> None:
    with screen.showing_errors(), screen.shared.expecting_dialog():
        overviews = await screen.services.integrations.overview()
        taken = {str(overview.integration.id) for overview in overviews}
        draft = await _begun(screen, taken)
        if draft is None:
            return
        made = await screen.app.push_screen_wait(WizardScreen(screen.shared, draft))
        if made is not None:
            screen.show_message(f"Registered {made}. Version 1 active.")


async def _begun(screen: ConsoleScreen, taken: Collection[str]) -> Draft | None:
    """Ask for type and name; escape on the name leads back to the types."""
    types = await asyncio.to_thread(screen.services.types.all)
    choices = [
        SelectOption(value=type_.key, note=type_.title)
        for type_ in types
        if type_.enabled and not type_.error
    ]
    provider = next((type_.key for type_ in types if type_.is_default), "")
    while True:
        dialog = ChoiceDialog("New integration · step 1 of 3: type", choices, selected=provider)
        chosen = await screen.app.push_screen_wait(dialog)
        if chosen is None:
            return None
        provider = chosen
        draft = await screen.app.push_screen_wait(NameDialog(screen.shared, provider, taken=taken))
        if draft is not None:
            return draft


class WizardScreen(ModalScreen[IntegrationId | None]):
    """The values of the new one: those that have to be given first, `m` for all the others."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "test", "Test connection", id="wizard.test", group=ROW_GROUP),
        Binding(
            "ctrl+s",
            "register",
            "Register",
            priority=True,
            id="wizard.register",
            group=ROW_GROUP,
        ),
        Binding("f", "form", "Form or text", id="wizard.form", group=ROW_GROUP),
        Binding("escape", "back", "Cancel", priority=True, id="wizard.back"),
    ]
    DEFAULT_CSS = """
    WizardScreen {
        & Window { width: 110; height: 90%; padding: 0 1; }
        & #steps { color: $muted; }
        & #problem-pane { height: 6; }
    }
    """

    def __init__(self, shared: ScreenContext, draft: Draft) -> None:
        super().__init__()
        self._shared = shared
        self._first = draft
        self._tried: tuple[str, bool] = ("", False)
        self._had_unsaved = shared.has_unsaved

    def compose(self) -> ComposeResult:
        with Window(title="New integration · step 3 of 3: values"):
            yield Label(safe(_STEPS), id="steps")
            document = DocumentPane(self._shared, is_form=True, shows_all=False)
            document.add_class("-framed")
            yield document

    def on_mount(self) -> None:
        self._show()

    def on_unmount(self) -> None:
        self._shared.has_unsaved = self._had_unsaved

    @work(group="show", exclusive=True, exit_on_error=False)
    async def _show(self) -> None:
        await self._pane.show(self._first.text, self._first.format)
        self._pane.go_to_first_problem()
        self._pane.open_text()

    @property
    def _pane(self) -> DocumentPane:
        return self.query_one(DocumentPane)

    @on(DocumentPane.Edited)
    def _edited(self) -> None:
        self._shared.has_unsaved = self._had_unsaved or self._is_changed

    @property
    def _is_changed(self) -> bool:
        return self._pane.text != self._first.text

    def action_form(self) -> None:
        """Show the document as a text, or as a form again."""
        self._pane.switch()

    @work(group="back", exclusive=True, exit_on_error=False)
    async def action_back(self) -> None:
        """Leave without storing anything."""
        if self._pane.step_back():
            return
        question = Confirm(
            "Discard the new integration?",
            "Nothing is saved yet. Your input will be lost.",
            yes="Discard",
            no="Keep editing",
        )
        if not self._is_changed or await self.app.push_screen_wait(question):
            self.dismiss(None)

    # Testing and registering

    @work(group="wizard-act", exclusive=True, exit_on_error=False)
    async def action_test(self) -> None:
        """Try it step by step; nothing is stored."""
        if not await self._has_problems():
            await self._try()

    async def _try(self) -> None:
        draft = self._pane.draft
        test = DraftConnectionTest(self._shared.services, draft)
        await self.app.push_screen_wait(test)
        self._tried = (draft.text, test.has_passed)

    @work(group="wizard-act", exclusive=True, exit_on_error=False)
    async def action_register(self) -> None:
        """Store it as a new integration."""
        if await self._has_problems() or not await self._is_sure():
            return
        try:
            made = await self._shared.services.integrations.register(
                self._pane.draft, actor=self._shared.actor
            )
        except ConsoleError as error:
            self._show_message(str(error))
        else:
            self.dismiss(made.id)

    async def _has_problems(self) -> bool:
        problems = await self._pane.validate()
        if problems:
            where = f"line {problems[0].line}, " if problems[0].line else ""
            path = f"{problems[0].path}: " if problems[0].path else ""
            errors = counted(len(problems), "error")
            self._show_message(f"Fix {errors} first: {where}{path}{sentence_of(problems[0])}")
        return bool(problems)

    async def _is_sure(self) -> bool:
        text, has_passed = self._tried
        if has_passed and text == self._pane.text:
            return True
        is_failed = text == self._pane.text
        why = "The last connection test failed." if is_failed else "Not tested with these values."
        question = Confirm(
            "Register without a passed test?",
            f"{why} The integration will start and keep retrying.\n\nSafer: esc, then t tests it.",
            yes="Register",
        )
        return await self.app.push_screen_wait(question)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR:
            error = event.worker.error
            is_ours = isinstance(error, ConsoleError)
            self._show_message(str(error) if is_ours else f"Internal error: {type(error).__name__}")

    def _show_message(self, sentence: str) -> None:
        self._shared.show_toast(self, sentence, is_bad=True)


class DraftConnectionTest(ConnectionTestScreen):
    """Tries a document that is not stored."""

    def __init__(self, services: ConsoleServices, draft: Draft) -> None:
        super().__init__(services, IntegrationId("the new integration"))
        self._draft = draft
        self.has_passed = False

    async def _run_test(self, tell: Callable[[StepResult], None]) -> Sequence[StepResult]:
        self.has_passed = False
        steps = await self._services.integrations.try_draft(self._draft, tell=tell)
        self.has_passed = all(step.status is not StepStatus.FAILED for step in steps)
        return steps
