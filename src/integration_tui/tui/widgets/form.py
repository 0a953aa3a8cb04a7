"""A form: a list of fields in sections, edited in place. Fields in, messages out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Offset
from textual.message import Message
from textual.widgets import Input, Label

from integration_tui.domain.config.form import FieldKind, FormField
from integration_tui.domain.value import replace
from integration_tui.tui.sanitize import safe_lines
from integration_tui.tui.widgets.dialogs import SafeInput
from integration_tui.tui.widgets.select_list import ChoiceDialog, SelectOption
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow, widths
from integration_tui.tui.widgets.table.table import HEAD, RowTable

COLUMNS = (
    Column(title="", width=1),
    Column(title="Field", width=22),
    Column(title="Value", least=10),
    Column(title="", width=8, rank=1),
)
_VALUE = 2
"""The place of the column with the values."""
_HINTS = {
    FieldKind.SWITCH: "space switches",
    FieldKind.CHOICE: "⏎ lists the choices",
    FieldKind.SECRET: "a reference; ⏎ stores the secret",
    FieldKind.LIST: "separate values with commas",
    FieldKind.MAPPING: "name=value, separated with commas",
}


def key_of(field: FormField) -> str:
    """Return the dotted path of a field."""
    return ".".join(field.path)


def form_rows(
    fields: Sequence[FormField], problems: Mapping[str, str], *, shows_all: bool
) -> list[TableRow]:
    """Return a row for each title, field and problem; without `shows_all`, of what matters."""
    shown = [
        field
        for field in fields
        if shows_all or field.is_required or field.is_set or key_of(field) in problems
    ]
    return list(_rows(shown, problems))


def _rows(fields: Sequence[FormField], problems: Mapping[str, str]) -> Iterator[TableRow]:
    section = ""
    for field in fields:
        if field.section != section:
            section = field.section
            title = Cell(field.heading or section, CellStyle.DATA)
            yield TableRow(key=f" {section}", cells=(Cell(""), title, Cell(""), Cell("")))
        key = key_of(field)
        problem = problems.get(key, "")
        label = Cell(_label(field), CellStyle.QUIET)
        cells = (_mark(field, problem), label, _value(field), _tag(field, problem))
        yield TableRow(key=key, cells=cells)
        if problem:
            yield TableRow(
                key=f"!{key}",
                cells=(Cell(""), Cell(""), Cell(f"└ {problem}", CellStyle.BAD), Cell("")),
            )


def _label(field: FormField) -> str:
    label = field.label or field.path[-1]
    return f"  {label}" if field.section else label


def _mark(field: FormField, problem: str) -> Cell:
    if problem:
        return Cell("✗", CellStyle.BAD)
    return Cell("*", CellStyle.WEAK) if field.is_required else Cell("")


def _value(field: FormField) -> Cell:
    if field.is_set and (field.text or not field.is_required):
        return Cell(_shown(field, field.text) or "empty")
    if field.default:
        return Cell(_shown(field, field.default), CellStyle.QUIET)
    return (
        Cell("required", CellStyle.WEAK) if field.is_required else Cell("not set", CellStyle.QUIET)
    )


def _tag(field: FormField, problem: str) -> Cell:
    if problem:
        return Cell("✗ error", CellStyle.BAD)
    is_default = not field.is_set and bool(field.default)
    return Cell("default", CellStyle.QUIET) if is_default else Cell("")


def _shown(field: FormField, value: str) -> str:
    if field.kind is FieldKind.SWITCH:
        return {"true": "on", "false": "off"}.get(value, value)
    return value


def help_of(field: FormField) -> str:
    """Return what a field is, in a line or two."""
    must = "required" if field.is_required else ""
    parts = [part for part in (must, _HINTS.get(field.kind, ""), _bounds(field)) if part]
    name = key_of(field)
    first = f"{name}: {'; '.join(parts)}" if parts else name
    return f"{first}\n{field.description}"


def _bounds(field: FormField) -> str:
    if field.minimum and field.maximum:
        return f"{field.minimum} to {field.maximum}"
    if field.minimum:
        return f"at least {field.minimum}"
    return f"at most {field.maximum}" if field.maximum else ""


def value_at(total: int) -> tuple[int, int]:
    """Return at which cell of a list of `total` cells the values begin, and how many there are."""
    rooms = widths(COLUMNS, total)
    start = sum(room + 2 for room in rooms[:_VALUE]) + 1
    return start, max(rooms[_VALUE], 4)


# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false


class FormTable(RowTable):
    """Rows of fields, titles and problems; the cursor stands on fields only."""

    is_whole = False
    DEFAULT_CSS = """
    FormTable { background: $surface; }
    """

    def validate_cursor(self, place: int) -> int:
        """Go on to the next field in the direction of the movement, else back to the nearest."""
        place = super().validate_cursor(place)
        ahead = range(place, self.count) if place >= self.cursor else range(place, -1, -1)
        back = range(place, -1, -1) if place >= self.cursor else range(place, self.count)
        return next((number for number in (*ahead, *back) if self._is_field(number)), place)

    def _is_field(self, place: int) -> bool:
        row = self.row_at(place)
        return row is not None and not row.key.startswith((" ", "!"))


class ConfigForm(Vertical):
    """Shows what `show` is given; `Changed` asks for another value, `SecretWanted` for a secret."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "change", "Change", id="form.change"),
        Binding("d,delete", "take_out", "Use default", id="form.take-out"),
        Binding("m", "more", "Show all / required", id="form.more"),
    ]
    DEFAULT_CSS = """
    ConfigForm { height: 1fr; layers: base above;
        & > #field-help { height: auto; min-height: 3; max-height: 5; width: 100%;
            padding: 0 1; border-top: solid $edge; color: $muted; }
        & > #field-input { layer: above; position: absolute; display: none; height: 1;
            border: none; padding: 0; background: $panel; }
        & > #field-input:focus { border: none; }
    }
    """

    @dataclass
    class Changed(Message):
        """Somebody wants another value for a field; `None` takes it out."""

        path: tuple[str, ...]
        text: str | None

    @dataclass
    class SecretWanted(Message):
        """Somebody wants to give a secret for this field."""

        field: FormField

    def __init__(self, *, id: str | None = None, shows_all: bool = True) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._fields: Mapping[str, FormField] = {}
        self._problems: Mapping[str, str] = {}
        self._refused: Mapping[str, str] = {}
        self._shows_all = shows_all
        self.is_locked = False

    def compose(self) -> ComposeResult:
        yield FormTable(
            COLUMNS, id="fields", empty="No form yet. Fix the errors in the text first."
        )
        yield Label("", id="field-help")
        yield SafeInput(id="field-input", compact=True, select_on_focus=False)

    # What others do with it

    def show(self, fields: Sequence[FormField], problems: Mapping[str, str]) -> None:
        """Show these fields, with problems by dotted path; the cursor stays on its field."""
        self._fields = {key_of(field): field for field in fields}
        self._problems = problems
        self._show_rows()

    def _show_rows(self) -> None:
        table = self.query_one(FormTable)
        fields = [*self._fields.values()]
        problems = {**self._problems, **self._refused}
        table.show(form_rows(fields, problems, shows_all=self._shows_all))
        if table.selected is not None and self.selected is None:
            table.cursor = table.validate_cursor(table.cursor)
        self._explain()
        self.refresh_bindings()

    @property
    def selected(self) -> FormField | None:
        """The field that the cursor is on."""
        key = self.query_one(FormTable).selected
        return self._fields.get(key or "")

    @property
    def is_editing(self) -> bool:
        return bool(self._input.display)

    def go_in(self) -> None:
        """Put the focus on the fields."""
        self.screen.set_focus(self.query_one(FormTable))

    def select(self, path: str) -> bool:
        """Put the cursor on the field of this dotted path; return whether there is one."""
        self.query_one(FormTable).select(path)
        return path in self._fields

    def refuse(self, path: tuple[str, ...], text: str, why: str) -> None:
        """Say under a field why it cannot be that, and let the text be fixed."""
        key = ".".join(path)
        self._refused = {key: why}
        self._show_rows()
        field = self._fields.get(key)
        if field is not None and self.select(key):
            self._type(replace(field, text=text))

    def leave_field(self) -> None:
        """Stop typing; the field is as it was."""
        self._input.display = False
        self.go_in()
        if self._refused:
            self._refused = {}
            self._show_rows()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"change", "take_out"}:
            field = self.selected
            is_set = field is not None and field.is_set
            return not self.is_locked and not self.is_editing and (action == "change" or is_set)
        return super().check_action(action, parameters)

    def action_more(self) -> None:
        """Show all fields, or only those that are required or set."""
        self._shows_all = not self._shows_all
        self._show_rows()

    def action_take_out(self) -> None:
        """Have the default again."""
        field = self.selected
        if field is not None and field.is_set:
            self.post_message(self.Changed(field.path, None))

    def action_change(self) -> None:
        """Toggle, choose, type, or give a secret: what the field is for."""
        field = self.selected
        if field is None or self.is_locked:
            return
        match field.kind:
            case FieldKind.SWITCH:
                is_on = (field.text or field.default) == "true"
                self.post_message(self.Changed(field.path, "false" if is_on else "true"))
            case FieldKind.CHOICE:
                self._choose(field)
            case FieldKind.SECRET:
                self.post_message(self.SecretWanted(field))
            case _:
                self._type(field)

    def _choose(self, field: FormField) -> None:
        def take(value: str | None) -> None:
            if value is not None and value != field.text:
                self.post_message(self.Changed(field.path, value))

        choices = [SelectOption(value=choice) for choice in field.choices]
        current = field.text or field.default
        dialog = ChoiceDialog(
            f"Change {field.label or key_of(field)}",
            choices,
            note=field.description,
            selected=current,
        )
        self.app.push_screen(dialog, take)

    def _type(self, field: FormField) -> None:
        table = self.query_one(FormTable)
        x, width = value_at(table.size.width)
        y = table.cursor + HEAD - table.scroll_offset.y
        self._input.styles.width = width
        self._input.styles.offset = Offset(x, y)
        self._input.value = field.text
        self._input.cursor_position = len(field.text)
        self._input.display = True
        self.screen.set_focus(self._input)  # at once: what is typed next is meant for it

    @property
    def _input(self) -> SafeInput:
        return self.query_one("#field-input", SafeInput)

    # What happens

    @on(Input.Submitted, "#field-input")
    def _typed(self, event: Input.Submitted) -> None:
        event.stop()
        field, text = self.selected, event.value
        self.leave_field()
        if field is not None and text != field.text:
            self.post_message(self.Changed(field.path, text or None))

    @on(RowTable.Highlighted, "#fields")
    def _moved(self, event: RowTable.Highlighted) -> None:
        event.stop()
        self._explain()
        self.refresh_bindings()

    @on(RowTable.Chosen, "#fields")
    def _clicked(self, event: RowTable.Chosen) -> None:
        event.stop()
        self.action_change()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """Leaving the line leaves the field as it was."""
        if event.widget is self._input:
            self._input.display = False

    def _explain(self) -> None:
        field = self.selected
        text = help_of(field) if field is not None else ""
        problem = {**self._problems, **self._refused}.get(key_of(field)) if field else None
        if problem:
            text = f"{text}\n✗ {problem}"
        self.query_one("#field-help", Label).update(safe_lines(text))
