"""One document, as a text or as a form: both change the same text, and both show its problems."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.timer import Timer
from textual.worker import Worker, WorkerState

from integration_tui.domain.config.form import FieldKind, FormField
from integration_tui.domain.config.validation import ConfigProblem
from integration_tui.domain.errors import ConfigError, ConsoleError
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.widgets.editor import DocumentArea
from integration_tui.tui.widgets.form import ConfigForm
from integration_tui.tui.widgets.problem_list import ProblemTable, sentence_of
from integration_tui.tui.widgets.select_list import ChoiceList, Popup, SelectOption
from integration_tui.tui.widgets.table.table import RowTable

if TYPE_CHECKING:
    from integration_tui.domain.config.document import DocumentFormat
    from integration_tui.services.config_drafts import Draft


_KEY: Final = re.compile(r"""\s*(?:-\s+)?["']?([\w.-]+)["']?\s*[:=]""")
_NAME: Final = re.compile(r"""^\s*["']?name["']?\s*[:=]\s*["']?([\w-]+)""", re.MULTILINE)


def key_at_line(line: str) -> str:
    """Return the key that a line sets; empty where it sets none."""
    found = _KEY.match(line)
    return found[1].rpartition(".")[2] if found else ""


def secret_called(fields: Sequence[FormField], key: str) -> FormField | None:
    """Return the one field for a secret whose path ends with this key."""
    found = [field for field in fields if field.kind is FieldKind.SECRET and field.path[-1] == key]
    return found[0] if len(found) == 1 else None


def secret_name(text: str, path: tuple[str, ...]) -> str:
    """Return a name to offer: that of the document, and what the secret is."""
    found = _NAME.search(text)
    parts = [found[1] if found else "", *path[-1:]]
    return "-".join(part for part in parts if part)


# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false


_DEBOUNCE_S = 0.2


class DocumentPane(Vertical):
    """The text is the document; the form is made from it, and writes into it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # before the editor is given what is typed next, which is meant for the window
        Binding("ctrl+r", "secret", "Store a secret", priority=True, id="document.secret"),
    ]

    class Edited(Message):
        """The text is another one."""

    def __init__(
        self, shared: ScreenContext, *, is_form: bool = False, shows_all: bool = True
    ) -> None:
        super().__init__()
        self._shared = shared
        self._format: DocumentFormat | None = None
        self._text = ""
        self._problems: Sequence[ConfigProblem] = ()
        self._fields: Sequence[FormField] = ()
        self._pending: Timer | None = None
        self._start_column = 1
        self._shows_all = shows_all
        self.is_form = is_form

    def compose(self) -> ComposeResult:
        yield DocumentArea()
        yield ConfigForm(shows_all=self._shows_all)
        yield ProblemTable()
        yield Popup(id="completions")

    def on_mount(self) -> None:
        self.query_one(ConfigForm).is_locked = self._shared.is_readonly
        self._show_side()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "secret":
            field = self.query_one(ConfigForm).selected
            is_for_secret = field is not None and field.kind is FieldKind.SECRET
            return not self._shared.is_readonly and (is_for_secret or not self.is_form)
        return super().check_action(action, parameters)

    # What the screen does with it

    @property
    def text(self) -> str:
        return self.query_one(DocumentArea).text

    @property
    def draft(self) -> Draft:
        """The text as it stands. Raises `ConfigError` where no document is shown."""
        if self._format is None:
            raise ConfigError("there is no document")
        return self._shared.services.drafts.draft(self.text, self._format)

    async def show(self, text: str, format_: DocumentFormat) -> None:
        """Show a document, and what there is to fix in it."""
        self._format, area = format_, self.query_one(DocumentArea)
        area.show(text, format_)
        self._text = area.text  # it knows one kind of line break: nobody has edited anything yet
        await self.validate()

    async def validate(self) -> Sequence[ConfigProblem]:
        """Look at the text as it stands; show and return what there is to fix in it."""
        if self._format is None:
            return ()
        draft = self.draft
        self._problems = await asyncio.to_thread(self._shared.services.drafts.problems, draft)
        if self.is_form:
            await self._fill()
        self._show_side()
        return self._problems

    def switch(self) -> None:
        """Show the document as a form instead of as a text, or the other way round."""
        self.is_form = not self.is_form
        self._show_side()
        self._validate_soon(keys_wait=True)  # for the fields that they are about
        self.go_in()

    def go_to_first_problem(self) -> None:
        """Put the cursor of the form on what there is to fix first."""
        if self._problems:
            self.query_one(ConfigForm).select(self._problems[0].path)

    def go_in(self) -> None:
        """Put the focus on the document."""
        if self.is_form:
            self.query_one(ConfigForm).go_in()
        else:
            self.screen.set_focus(self.query_one(DocumentArea))

    def open_text(self) -> None:
        """Let the text be written in."""
        self.query_one(DocumentArea).read_only = False
        self.go_in()
        self.refresh_bindings()

    def close_text(self) -> None:
        self.query_one(DocumentArea).read_only = True

    def step_back(self) -> bool:
        """Close what is open inside; return whether there was something."""
        form, popup = self.query_one(ConfigForm), self.query_one(Popup)
        if popup.display:
            popup.close()
            self.screen.set_focus(self.query_one(DocumentArea))
            return True
        if form.is_editing:
            form.leave_field()
            return True
        return False

    def _show_side(self) -> None:
        self.query_one(DocumentArea).display = not self.is_form
        self.query_one(ConfigForm).display = self.is_form
        told = {".".join(field.path) for field in self._fields} if self.is_form else set[str]()
        problems = [problem for problem in self._problems if problem.path not in told]
        self.query_one(ProblemTable).show_problems(problems)
        self.query_one(ProblemTable).display = bool(problems) or not self.is_form
        self.refresh_bindings()

    # The text

    @on(DocumentArea.Changed)
    def _typed(self) -> None:
        if self.text == self._text:
            return
        self._text = self.text
        self.post_message(self.Edited())
        if self._pending is not None:
            self._pending.stop()
        self._pending = self.set_timer(_DEBOUNCE_S, self._validate_soon)

    @work(group="judge", exclusive=True, exit_on_error=False)
    async def _validate_soon(self, *, keys_wait: bool = False) -> None:
        with self._shared.expecting_dialog() if keys_wait else nullcontext():
            await self.validate()

    @on(RowTable.Chosen, "#problems")
    def _go_to_problem(self, event: RowTable.Chosen) -> None:
        problem = self.query_one(ProblemTable).problem(event.key)
        if self.is_form:
            self.switch()
        self.query_one(DocumentArea).go_to(problem.line, problem.column)

    # What can stand at the cursor

    @on(DocumentArea.Completing)
    def _wanted(self, event: DocumentArea.Completing) -> None:
        self._complete(event.line, event.column)

    @work(group="complete", exclusive=True, exit_on_error=False)
    async def _complete(self, line: int, column: int) -> None:
        forms = self._shared.services.forms
        found = await asyncio.to_thread(forms.completions, self.draft, line, column)
        area, popup = self.query_one(DocumentArea), self.query_one(Popup)
        if found:
            self._start_column = found[0].start_column
            choices = [
                SelectOption(value=found_one.text, note=found_one.description)
                for found_one in found
            ]
            popup.open_at(area.cursor_screen_offset, choices)
        else:
            popup.close()
            self.screen.set_focus(area)
            self._show_message("nothing is known that could stand here", is_bad=False)

    @on(ChoiceList.Typed)
    def _typed_on(self, event: ChoiceList.Typed) -> None:
        area = self.query_one(DocumentArea)
        if event.character:
            area.insert(event.character)
        else:
            area.action_delete_left()
        area.action_complete()

    @on(RowTable.Chosen, "#completions")
    def _complete_with(self, event: RowTable.Chosen) -> None:
        self.query_one(Popup).close()
        self.query_one(DocumentArea).take(event.key, self._start_column)

    # The form

    async def _fill(self) -> None:
        try:
            self._fields = await asyncio.to_thread(self._shared.services.forms.fields, self.draft)
        except ConfigError:  # the problems say what is wrong with the text
            self._fields = ()
        problems = {problem.path: sentence_of(problem) for problem in self._problems}
        self.query_one(ConfigForm).show(self._fields, problems)

    @on(ConfigForm.Changed)
    def _set(self, event: ConfigForm.Changed) -> None:
        self._change(event.path, event.text)

    @work(group="change", exit_on_error=False)
    async def _change(self, path: tuple[str, ...], text: str | None) -> None:
        try:
            changed = await asyncio.to_thread(
                self._shared.services.forms.changed, self.draft, path, text
            )
        except ConsoleError as error:
            if self.is_form and text is not None:
                self.query_one(ConfigForm).refuse(path, text, str(error))
            else:
                self._show_message(str(error))
            return
        self.query_one(DocumentArea).become(changed.text)
        await self.validate()

    # Secrets

    @on(ConfigForm.SecretWanted)
    def _secret_wanted(self, event: ConfigForm.SecretWanted) -> None:
        self.ask_secret(event.field)

    @work(group="ask-secret", exclusive=True, exit_on_error=False)
    async def ask_secret(self, field: FormField) -> None:
        """Store a secret for a field, and write its reference there."""
        with self._shared.expecting_dialog():
            reference = await self._ask(field)
        if reference is not None:
            self._change(field.path, reference)

    @work(group="ask-secret", exclusive=True, exit_on_error=False)
    async def action_secret(self) -> None:
        """Store a secret for what the cursor is on, and write its reference there."""
        with self._shared.expecting_dialog():
            reference = await self._ask_here()
        if reference is not None:
            self._change(*reference)

    async def _ask_here(self) -> tuple[tuple[str, ...], str] | None:
        await self._fill()
        area, form = self.query_one(DocumentArea), self.query_one(ConfigForm)
        key = key_at_line(area.document.get_line(area.cursor_location[0]))
        field = form.selected if self.is_form else secret_called(self._fields, key)
        if field is None or field.kind is not FieldKind.SECRET:
            self._shared.forget_typed()  # it may be the secret
            self._show_message(
                "no secret belongs here; go to the line or field of one", is_bad=False
            )
            return None
        reference = await self._ask(field)
        return None if reference is None else (field.path, reference)

    async def _ask(self, field: FormField) -> str | None:
        from integration_tui.tui.screens.config.secret_dialog import SecretDialog

        name = secret_name(self.text, field.path)
        title = ".".join(field.path)
        dialog = SecretDialog(self._shared, title, current=field.text, name=name)
        return await self.app.push_screen_wait(dialog)

    # Telling

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR:
            error = event.worker.error
            is_ours = isinstance(error, ConsoleError)
            # another's text may repeat what was typed
            self._show_message(
                str(error) if is_ours else f"a fault of the program: {type(error).__name__}"
            )

    def _show_message(self, sentence: str, *, is_bad: bool = True) -> None:
        self._shared.show_toast(self, sentence, is_bad=is_bad)
