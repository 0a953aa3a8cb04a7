"""The lists of the roster screen: one row a record, in the columns that fit its collection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_view import RecordFilter, RecordLine
from integration_tui.domain.roster_words import (
    NOUNS,
    code_words,
    day_words,
    grade_words,
    role_words,
)
from integration_tui.tui.sanitize import plain
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow

_C = Collection
TITLES: Final = {
    _C.USERS: "People",
    _C.CLASSES: "Classes",
    _C.ORGS: "Schools",
    _C.COURSES: "Courses",
    _C.ACADEMIC_SESSIONS: "Sessions",
    _C.ENROLLMENTS: "Enrollments",
}
"""In the order in which they are looked at."""
ORDER: Final = {
    _C.USERS: "by last name",
    _C.ENROLLMENTS: "by local ID",
}
_SIGN: Final = Column(title="", width=1)
_NAMES: Final = {
    _C.USERS: Column(title="Name", least=20),
    _C.ORGS: Column(title="Name", least=22),
    _C.ENROLLMENTS: Column(title="Person", least=18),
}
_NAME: Final = Column(title="Name", least=30)
_COLUMNS: Final[Mapping[Collection, Mapping[str, Column]]] = {
    _C.USERS: {
        "roles": Column(title="Role", width=9, rank=2),
        "grades": Column(title="Gr.", width=3, rank=1, right=True),
        "school": Column(title="School", width=21, rank=3),
        "email": Column(title="Email", width=30, rank=5, middle=True),
    },
    _C.CLASSES: {
        "code": Column(title="Code", width=10, rank=2),
        "school": Column(title="School", width=21, rank=1),
        "course": Column(title="Course", width=18, rank=3),
    },
    _C.ORGS: {
        "type": Column(title="Type", width=10, rank=1),
        "identifier": Column(title="Identifier", width=12, rank=3, middle=True),
        "parent": Column(title="Part of", width=20, rank=2),
    },
    _C.COURSES: {
        "code": Column(title="Code", width=10, rank=2),
        "school": Column(title="School", width=21, rank=1),
        "year": Column(title="Year", width=10, rank=3),
    },
    _C.ACADEMIC_SESSIONS: {
        "type": Column(title="Type", width=14, rank=3),
        "starts": Column(title="Starts", width=11, rank=1, right=True),
        "ends": Column(title="Ends", width=11, rank=1, right=True),
        "parent": Column(title="Part of", width=16, rank=4),
    },
    _C.ENROLLMENTS: {
        "role": Column(title="Role", width=8, rank=1),
        "class": Column(title="Class", width=22),
        "school": Column(title="School", width=18, rank=2),
    },
}
_PINNED: Final = Column(title="", width=6, rank=4)
_WORDS: Final[Mapping[str, Callable[[str], str]]] = {
    "roles": role_words,
    "role": code_words,
    "type": code_words,
    "grades": grade_words,
    "starts": day_words,
    "ends": day_words,
}


def columns(collection: Collection) -> tuple[Column, ...]:
    """Return the columns of a collection's list."""
    name = _NAMES.get(collection, _NAME)
    return (_SIGN, name, *_COLUMNS[collection].values(), _PINNED)


def record_row(line: RecordLine) -> TableRow:
    """Return a record as a row of its list."""
    is_active = line.status == "active"
    return TableRow(
        key=f"{line.id}",
        cells=(
            _sign(line),
            _name(line, CellStyle.STRONG if is_active else CellStyle.QUIET),
            *(
                Cell(_shown(name, line.details.get(name, "")), CellStyle.QUIET)
                for name in _COLUMNS[line.collection]
            ),
            Cell("pinned" if line.is_pinned else "", CellStyle.DATA),
        ),
    )


def _shown(name: str, value: str) -> str:
    words = _WORDS.get(name)
    return words(value) if words and value else value


def _sign(line: RecordLine) -> Cell:
    if line.has_conflict:
        return Cell("▲", CellStyle.WEAK)
    return Cell("") if line.status == "active" else Cell("○", CellStyle.QUIET)


def _name(line: RecordLine, tone: CellStyle) -> Cell:
    """Return what a record is called: people by family, which is what they are sorted by."""
    if line.collection is _C.ENROLLMENTS:
        return Cell(line.details.get("person", ""), tone)
    if not line.family_name:
        return Cell(line.label, tone)
    family, given = plain(line.family_name), plain(line.given_name)
    rest = f", {given}" if given else ""
    return Cell(family + rest, tone, parts=((family, tone), (rest, CellStyle.PLAIN)))


def described(wanted: RecordFilter) -> str:
    """Say to what a list is narrowed, apart from what is searched for."""
    narrowed = ((_C.ORGS, wanted.org), (_C.CLASSES, wanted.class_id), (_C.USERS, wanted.user_id))
    parts = [f"of {NOUNS[what]} {id_}" for what, id_ in narrowed if id_ is not None]
    parts += [f"{wanted.status} only"] if wanted.status else []
    parts += ["with conflicts"] if wanted.has_conflict else []
    return ", ".join(parts)


def neighbors(collection: Collection) -> tuple[str, str]:
    """Return what the collections before and behind one are called."""
    order = list(TITLES)
    at = order.index(collection)
    return TITLES[order[at - 1]], TITLES[order[(at + 1) % len(order)]]


def title_of(view_line: RecordLine) -> str:
    """Return what a record is called; an enrollment by its person."""
    if view_line.collection is _C.ENROLLMENTS:
        return view_line.details.get("person", "") or view_line.label
    return view_line.label
