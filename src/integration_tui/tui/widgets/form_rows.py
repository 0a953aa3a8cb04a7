"""How the fields of a form stand in its list: titles, values, defaults, problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from integration_tui.domain.form import FieldKind, FormField
from integration_tui.tui.widgets.cells import Cell, Column, Row, Tone, widths

COLUMNS = (
    Column(title="", width=1),
    Column(title="Field", width=24),
    Column(title="Value"),
)
_HINTS = {
    FieldKind.SWITCH: "space switches it",
    FieldKind.CHOICE: "enter offers what it can be",
    FieldKind.SECRET: "a reference; enter gives the secret itself",
    FieldKind.LIST: "values with commas between",
    FieldKind.MAPPING: "name=value, with commas between",
}


def key_of(field: FormField) -> str:
    """Return the dotted path of a field."""
    return ".".join(field.path)


def form_rows(
    fields: Sequence[FormField], problems: Mapping[str, str], *, shows_all: bool
) -> list[Row]:
    """Return a row for each title, field and problem; without `shows_all`, of what matters."""
    shown = [
        one
        for one in fields
        if shows_all or one.is_required or one.is_set or key_of(one) in problems
    ]
    return list(_rows(shown, problems))


def _rows(fields: Sequence[FormField], problems: Mapping[str, str]) -> Iterator[Row]:
    section = ""
    for field in fields:
        if field.section != section:
            section = field.section
            title = Cell(section, Tone.QUIET)
            yield Row(key=f" {section}", cells=(Cell(""), title, Cell("")))
        key = key_of(field)
        problem = problems.get(key, "")
        cells = (_mark(field, problem), Cell(_label(field)), _value(field))
        yield Row(key=key, cells=cells)
        if problem:
            yield Row(key=f"!{key}", cells=(Cell(""), Cell(""), Cell(f"└ {problem}", Tone.BAD)))


def _label(field: FormField) -> str:
    return f"  {field.path[-1]}" if field.section else field.path[-1]


def _mark(field: FormField, problem: str) -> Cell:
    if problem:
        return Cell("✗", Tone.BAD)
    return Cell("*", Tone.WEAK) if field.is_required else Cell("")


def _value(field: FormField) -> Cell:
    if field.is_set and (field.text or not field.is_required):
        return Cell(_shown(field, field.text) or "empty")
    if field.default:
        return Cell(f"{_shown(field, field.default)} (default)", Tone.QUIET)
    return Cell("required", Tone.WEAK) if field.is_required else Cell("not set", Tone.QUIET)


def _shown(field: FormField, value: str) -> str:
    if field.kind is FieldKind.SWITCH:
        return {"true": "[x] on", "false": "[ ] off"}.get(value, value)
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
    start = sum(room + 2 for room in rooms[:-1]) + 1
    return start, max(total - start - 1, 4)
