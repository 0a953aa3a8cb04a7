"""The rows of the roster screen: records in a list, and one record field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_view import (
    RecordEvent,
    RecordFilter,
    RecordLine,
    RecordView,
    Reference,
)
from integration_tui.domain.sync.merge import STATUS, BaseValue
from integration_tui.tui.sanitize import plain
from integration_tui.tui.screens.integrations.details import moment
from integration_tui.tui.screens.sync.details import value_text
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow

_C = Collection
TITLES: Final = {
    _C.USERS: "People",
    _C.CLASSES: "Classes",
    _C.ORGS: "Organizations",
    _C.COURSES: "Courses",
    _C.ACADEMIC_SESSIONS: "Sessions",
    _C.ENROLLMENTS: "Enrollments",
}
"""In the order in which they are looked at."""
_ONE: Final = {
    _C.USERS: "person",
    _C.CLASSES: "class",
    _C.ORGS: "organization",
    _C.COURSES: "course",
    _C.ACADEMIC_SESSIONS: "session",
    _C.ENROLLMENTS: "enrollment",
}
_DETAILS: Final[Mapping[Collection, tuple[Column, ...]]] = {
    _C.USERS: (
        Column(title="email"),
        Column(title="roles", width=14, from_width=72),
        Column(title="school", from_width=96),
    ),
    _C.CLASSES: (
        Column(title="school", from_width=60),
        Column(title="course", from_width=110),
        Column(title="code", width=10, from_width=76),
    ),
    _C.ORGS: (
        Column(title="type", width=10),
        Column(title="identifier", width=12, from_width=76),
        Column(title="parent"),
    ),
    _C.COURSES: (
        Column(title="code", width=10),
        Column(title="school"),
        Column(title="year", width=12, from_width=76),
    ),
    _C.ACADEMIC_SESSIONS: (
        Column(title="type", width=14),
        Column(title="starts", width=10),
        Column(title="ends", width=10),
        Column(title="parent", from_width=76),
    ),
    _C.ENROLLMENTS: (
        Column(title="person"),
        Column(title="class"),
        Column(title="role", width=10),
        Column(title="school", width=18, from_width=110),
    ),
}
_PARTS: Final[Mapping[Collection, tuple[Collection, ...]]] = {
    _C.USERS: (_C.ENROLLMENTS, _C.CLASSES),
    _C.CLASSES: (_C.ENROLLMENTS, _C.USERS),
    _C.ORGS: (_C.USERS, _C.CLASSES, _C.COURSES, _C.ORGS),
}
"""What is looked at from a record: its parts."""
FIELD_COLUMNS: Final = (
    Column(title="", width=9),
    Column(title="Field", width=21),
    Column(title="Value"),
    Column(title="Systems say otherwise", from_width=100),
)


def columns(collection: Collection) -> tuple[Column, ...]:
    """Return the columns of a collection's list."""
    is_named = collection is not _C.ENROLLMENTS
    name = (Column(title="Name", width=26),) if is_named else ()
    return (
        Column(title="", width=1),
        *name,
        *(_titled(column) for column in _DETAILS[collection]),
        Column(title="Origin", width=14, from_width=84),
        Column(title="Marks", width=8, from_width=66),
    )


def _titled(column: Column) -> Column:
    return Column(
        title=column.title.title(),
        width=column.width,
        right=column.right,
        from_width=column.from_width,
    )


def described(wanted: RecordFilter) -> str:
    """Say to what a list is narrowed."""
    narrowed = (
        ("org", wanted.org),
        ("class", wanted.class_id),
        ("person", wanted.user_id),
    )
    parts = [f"of {what} {id_}" for what, id_ in narrowed if id_ is not None]
    parts += [plain(f"“{wanted.search}”")] if wanted.search else []
    parts += [f"{wanted.status}"] if wanted.status else []
    parts += ["in conflict"] if wanted.has_conflict else []
    return " · ".join(parts)


def record_row(line: RecordLine) -> TableRow:
    """Return a record as a row of its list."""
    is_active = line.status == "active"
    tone = CellStyle.PLAIN if is_active else CellStyle.QUIET
    is_named = line.collection is not _C.ENROLLMENTS
    return TableRow(
        key=f"{line.id}",
        cells=(
            Cell("●", CellStyle.GOOD) if is_active else Cell("○", CellStyle.QUIET),
            *((Cell(line.label, tone),) if is_named else ()),
            *(
                Cell(line.details.get(column.title, ""), tone)
                for column in _DETAILS[line.collection]
            ),
            Cell(line.origin, CellStyle.QUIET),
            Cell(record_flags(line), CellStyle.WEAK),
        ),
    )


def record_flags(line: RecordLine) -> str:
    """Say what is special about a record: it is pinned, or a conflict asks somebody."""
    return " ".join([*(["pin"] * line.is_pinned), *(["ask"] * line.has_conflict)])


def record_heading(view: RecordView) -> str:
    """Say what a record is, in one line."""
    return f"{_ONE[view.line.collection]} {view.line.id} · {view.line.label}"


def parts_of(view: RecordView) -> dict[str, RecordFilter]:
    """Return the lists that lead on from a record, by the key of their row."""
    found: dict[str, RecordFilter] = {}
    for collection in _PARTS.get(view.line.collection, ()):
        found[f"list/{collection}"] = _narrowed(collection, view)
    return found


def _narrowed(collection: Collection, view: RecordView) -> RecordFilter:
    match view.line.collection:
        case _C.USERS:
            return RecordFilter(collection=collection, user_id=view.line.id)
        case _C.CLASSES:
            return RecordFilter(collection=collection, class_id=view.line.id)
        case _:
            return RecordFilter(collection=collection, org=view.line.id)


def view_rows(view: RecordView) -> list[TableRow]:
    """Return a record: its lists, its fields, its ids in every system, its history."""
    return [*_list_rows(view), *_field_rows(view), *_mapping_rows(view), *_history_rows(view)]


def _list_rows(view: RecordView) -> Iterator[TableRow]:
    for key, wanted in parts_of(view).items():
        cells = (Cell("→"), Cell(TITLES[wanted.collection]), Cell("enter lists them"), Cell(""))
        yield TableRow(
            key=key, cells=(cells[0], cells[1], Cell("enter lists them", CellStyle.QUIET), cells[3])
        )


def _field_rows(view: RecordView) -> Iterator[TableRow]:
    names = dict.fromkeys([STATUS, *view.fields])
    for name in names:
        reference = view.references.get(name)
        sign = "field →" if reference else "field"
        yield TableRow(
            key=f"field/{name}",
            cells=(
                Cell(sign, CellStyle.QUIET),
                Cell(name.rstrip("_")),
                Cell(_value(view, name, reference)),
                Cell(base_values_text(view, name), CellStyle.WEAK),
            ),
        )


def _value(view: RecordView, name: str, reference: Reference | None) -> str:
    if reference is not None:
        return f"{reference.label} ({reference.id})"
    return value_text(view.fields.get(name))


def base_values_text(view: RecordView, name: str) -> str:
    """Say what systems tell of a field where we hold something else."""
    found = ((system, fields.get(name)) for system, fields in view.said.items())
    return ", ".join(
        f"{system}: {_format_base_value(one)}" for system, one in found if one is not None
    )


def _format_base_value(one: BaseValue) -> str:
    since = f" since {one.since.astimezone():%Y-%m-%d}" if one.since else ""
    return f"{value_text(one.value)}{since}"


def _mapping_rows(view: RecordView) -> Iterator[TableRow]:
    for mapping in view.mappings:
        state = "" if mapping.is_listed else f"not listed ({mapping.missed} times)"
        yield TableRow(
            key=f"id/{mapping.integration_id}/{mapping.external_id}",
            cells=(
                Cell("id", CellStyle.QUIET),
                Cell(mapping.integration_id),
                Cell(", ".join((mapping.external_id, *mapping.aliases))),
                Cell(f"{mapping.bond} {moment(mapping.mapped_at)} {state}", CellStyle.QUIET),
            ),
        )


def _history_rows(view: RecordView) -> Iterator[TableRow]:
    for number, event in enumerate(view.history):
        yield TableRow(
            key=f"event/{number}",
            cells=(
                Cell("history", CellStyle.QUIET),
                Cell(moment(event.at)[:16]),
                Cell(event_text(event)),
                Cell(f"by {event.by}", CellStyle.QUIET),
            ),
        )


def event_text(event: RecordEvent) -> str:
    """Say in one line what happened to a record."""
    change = event.change
    run = f" by run {change.run_id}" if change.run_id else ""
    names = ", ".join(dict.fromkeys([*change.before, *change.after]))
    about = change.note or names
    return f"{change.kind}{run}{': ' if about else ''}{about}"
