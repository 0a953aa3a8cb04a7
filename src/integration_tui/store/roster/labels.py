"""What people call a record, and the few fields that tell records of its collection apart: SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from integration_tui.domain.roster import Collection
from integration_tui.store.roster.fields import SHAPES

_C = Collection
_ROLES: Final = (
    "(SELECT group_concat(DISTINCT json_extract(r.value, '$.role')) FROM json_each(g.roles) r)"
)
_GRADES: Final = "(SELECT group_concat(r.value, ' ') FROM json_each(g.grades) r)"


def _named(collection: Collection, column: str) -> str:
    shape = SHAPES[collection]
    return (
        f"(SELECT {shape.label} FROM {shape.table} o"  # noqa: S608 - our own names
        f" WHERE o.tenant_id = g.tenant_id AND o.id = g.{column})"
    )


_SCHOOL: Final = _named(_C.ORGS, "organization_id")
_PERSON: Final = _named(_C.USERS, "user_id")
_CLASS: Final = _named(_C.CLASSES, "class_id")

LABELS: Final[Mapping[Collection, str]] = {
    _C.ORGS: "g.name",
    _C.ACADEMIC_SESSIONS: "g.title",
    _C.COURSES: "g.title",
    _C.CLASSES: "g.title",
    _C.USERS: "g.given_name || ' ' || g.family_name",
    _C.ENROLLMENTS: f"{_PERSON} || ' in ' || {_CLASS} || ' as ' || g.role",
}
"""An expression over the roster's row `g`."""
DETAILS: Final[Mapping[Collection, Mapping[str, str]]] = {
    _C.ORGS: {
        "type": "g.type",
        "identifier": "g.identifier",
        "parent": _named(_C.ORGS, "parent_id"),
    },
    _C.ACADEMIC_SESSIONS: {
        "type": "g.type",
        "starts": "g.starts_on",
        "ends": "g.ends_on",
        "parent": _named(_C.ACADEMIC_SESSIONS, "parent_id"),
    },
    _C.COURSES: {
        "code": "g.course_code",
        "school": _SCHOOL,
        "year": _named(_C.ACADEMIC_SESSIONS, "school_year_id"),
    },
    _C.CLASSES: {
        "school": _SCHOOL,
        "course": _named(_C.COURSES, "course_id"),
        "code": "g.class_code",
    },
    _C.USERS: {"email": "g.email", "roles": _ROLES, "grades": _GRADES, "school": _SCHOOL},
    _C.ENROLLMENTS: {"person": _PERSON, "class": _CLASS, "role": "g.role", "school": _SCHOOL},
}
"""The same, by what each is called in a list."""
