"""One document, as a text and as a form: both change the same text, and both show its problems."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from integration_tui.domain.config.form import FieldKind, FormField
from integration_tui.domain.config.validation import ConfigProblem
from integration_tui.domain.errors import ConfigError, ConsoleError
from integration_tui.domain.quantity import counted
from integration_tui.tui.screens.config.unsaved_edits import changes_by_line
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.widgets.editor import DocumentArea
from integration_tui.tui.widgets.form import ConfigForm
from integration_tui.tui.widgets.pane import Pane
from integration_tui.tui.widgets.problem_list import ProblemTable, sentence_of
from integration_tui.tui.widgets.roles import Part, line
from integration_tui.tui.widgets.select_list import ChoiceList, Popup, SelectOption
from integration_tui.tui.widgets.table.table import RowTable

if TYPE_CHECKING:
    from integration_tui.domain.config.version import DocumentFormat
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
_BOTH_FROM: Final = 112
"""Cells from which text and form have room beside each other."""


class DocumentPane(Container):
    """The text is the document; the form is made from it, and writes into it.

    Both stand beside each other where there is room; else one of them.
    """

    DEFAULT_CSS = """
    DocumentPane { height: 1fr; width: 1fr; layout: vertical;
        & #problem-pane { height: 6; }
        & #beside { display: none; }
        &.-both { layout: grid; grid-size: 2; grid-columns: 1fr 52; grid-rows: 1fr 8; }
        &.-both #problem-pane { height: 100%; }
        &.-both #beside { display: block; height: 100%; }
        &.-framed #form-pane { border: none; padding: 0; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        # before the editor is given what is typed next, which is meant for the window
        Binding("ctrl+r", "secret", "Store a secret", priority=True, id="document.secret"),
    ]

    class Edited(Message):
        """The text is another one."""

    def __init__(
        self,
        shared: ScreenContext,
        *,
        is_form: bool = False,
        shows_all: bool = True,
        beside: Widget | None = None,
    ) -> None:
        """Take what stands below the form where both are shown."""
        super().__init__()
        self._beside = beside
        self._called, self._about, self._saved = "", "", ""
        self._base = ""
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
        with Pane(title="Text", id="text-pane"):
            yield DocumentArea()
        with Pane(title="Form", id="form-pane"):
            yield ConfigForm(shows_all=self._shows_all)
        with Pane(title="Problems", id="problem-pane"):
            yield ProblemTable()
        if self._beside is not None:
            with Pane(title="Versions", id="beside"):
                yield self._beside
        yield Popup(id="completions")

    def on_mount(self) -> None:
        self.query_one(ConfigForm).is_locked = self._shared.is_readonly
        self._show_side()

    def _pane_of(self, name: str) -> Pane:
        return self.query_one(f"#{name}-pane", Pane)

    @property
    def is_both(self) -> bool:
        """Whether text and form stand beside each other."""
        return self.has_class("-both")

    def on_resize(self, event: events.Resize) -> None:
        is_both = event.size.width >= _BOTH_FROM
        if is_both != self.is_both:
            self.set_class(is_both, "-both")
            self._show_side()
            self._validate_soon()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The keys are about the side that has the focus."""
        sides = [node for node in event.widget.ancestors_with_self if isinstance(node, Pane)]
        name = sides[0].id if sides else ""
        if self.is_both and name in {"text-pane", "form-pane"}:
            self.is_form = name == "form-pane"
            self.refresh_bindings()

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
            raise ConfigError("No document is shown")
        return self._shared.services.drafts.draft(self.text, self._format)

    def call(self, name: str, about: str, *, saved: str = "") -> None:
        """Show what the document is called, its version, and who saved it when."""
        self._called, self._about, self._saved = name, about, saved
        self._show_titles()

    async def show(self, text: str, format_: DocumentFormat, *, base: str | None = None) -> None:
        """Show a document, what there is to fix in it, and what differs from its `base`."""
        self._format, area = format_, self.query_one(DocumentArea)
        self._base = text if base is None else base
        area.show(text, format_)
        self._text = area.text  # it knows one kind of line break: nobody has edited anything yet
        await self.validate()

    async def validate(self) -> Sequence[ConfigProblem]:
        """Look at the text as it stands; show and return what there is to fix in it."""
        if self._format is None:
            return ()
        draft = self.draft
        self._problems = await asyncio.to_thread(self._shared.services.drafts.problems, draft)
        if self.is_form or self.is_both:
            await self._fill()
        self._show_side()
        self._show_marks()
        return self._problems

    def switch(self) -> None:
        """Show the document as a form instead of as a text, or the other way round."""
        self.is_form = not self.is_form
        if not self.is_both:
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

    def take(self, text: str) -> None:
        """Be this text from now on, as if somebody had typed it."""
        self.query_one(DocumentArea).become(text)

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
        is_form_alone = self.is_form and not self.is_both
        self._pane_of("text").display = not is_form_alone
        self._pane_of("form").display = is_form_alone or self.is_both
        at_fields = (
            {".".join(field.path) for field in self._fields} if is_form_alone else set[str]()
        )
        problems = [problem for problem in self._problems if problem.path not in at_fields]
        self.query_one(ProblemTable).show_problems(problems)
        self._pane_of("problem").display = bool(problems) or self.is_both
        self._show_titles()
        self.refresh_bindings()

    def _show_titles(self) -> None:
        form, about = self._pane_of("form"), self._about
        self._pane_of("text").title(self._called or "Text", about)
        is_alone = self.is_form and not self.is_both
        form.title(
            "Form", f"{self._called}, {about}" if is_alone and self._called else "* required"
        )
        errors = counted(len(self._problems), "error")
        self._pane_of("problem").title("Problems", errors if self._problems else "none")
        wanted = line((f"Fix {errors} before saving", "bad")) if self._problems else ""
        self._pane_of("problem").hint(wanted)
        self._show_place()

    @on(DocumentArea.SelectionChanged)
    def _show_place(self) -> None:
        """Show where the cursor is, and how the document stands, in the edge of the text."""
        row, column = self.query_one(DocumentArea).cursor_location
        errors = counted(len(self._problems), "error")
        stands: Part = (f"✗ {errors}", "bad") if self._problems else ("✓ No problems", "ok")
        parts: list[Part] = [
            (f"{row + 1}:{column + 1}", "strong"),
            f"  {self._format or ''}".upper(),
        ]
        parts += [(f"  {self._saved}", "muted")] if self._saved else []
        self._pane_of("text").hint(line(*parts, "  ", stands if self._format else Content("")))

    def _show_marks(self) -> None:
        area = self.query_one(DocumentArea)
        problems: dict[int, str] = {}
        for problem in self._problems:
            if problem.line:
                problems.setdefault(problem.line - 1, problem.message)
        is_edited = area.text != self._base
        changes = changes_by_line(self._base, area.text) if is_edited else dict[int, str]()
        area.show_marks(changes, problems)

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
        if self.is_form and not self.is_both:
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
            self._show_message("No completion for this place.", is_bad=False)

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
            self._show_message("No secret here. Go to the line or field of a secret.", is_bad=False)
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
            self._show_message(str(error) if is_ours else f"Internal error: {type(error).__name__}")

    def _show_message(self, sentence: str, *, is_bad: bool = True) -> None:
        self._shared.show_toast(self, sentence, is_bad=is_bad)
