"""Records to OneRoster 1.2 JSON: what a system is sent, and what a file of JSON lines holds.

References are `{"sourcedId": ...}` only: whoever reads them knows their own addresses. What is
not told is left out. The reverse is `rows.read_record`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final, TypeGuard

from integration_tui.domain.roster import (
    RECORD_TYPES,
    Course,
    Record,
    Role,
    User,
    UserId,
)

Json = dict[str, object]

_SPELLED: Final[Mapping[str, str]] = {
    "class_": "class",
    "starts_on": "startDate",
    "begins_on": "beginDate",
    "ends_on": "endDate",
    "preferred_given_name": "preferredFirstName",
    "preferred_family_name": "preferredLastName",
    "master_identifier": "userMasterIdentifier",
    "modified_at": "dateLastModified",
    "enabled": "enabledUser",
}
"""Fields whose names are not simply OneRoster's in another casing."""
_REFERENCES: Final = frozenset(
    {"parent", "org", "course", "school", "primary_org", "user", "class_", "terms", "agents"}
)
_OF_COURSES: Final = _REFERENCES | {"school_year"}


def encode(record: Record) -> Json:
    """Return the JSON object of any record."""
    names, references = _NAMES[type(record)], _references_of(record)
    found: Json = {}
    for field, name in names.items():
        value = getattr(record, field)
        if value is not None and value != ():
            found[name] = _format_value(value, is_reference=field in references)
    if isinstance(record, User):
        found["roles"] = [_role(role) for role in record.roles]
    return found


def member_names(of: type[Record]) -> Mapping[str, str]:
    """Return the names of OneRoster's members by those of our fields."""
    return _NAMES[of]


def _references_of(record: Record) -> frozenset[str]:
    # A course's school year is an academic session; an academic session's is a number.
    return _OF_COURSES if isinstance(record, Course) else _REFERENCES


def _format_value(value: object, *, is_reference: bool) -> object:
    if _is_list(value):
        return [_format_value(member, is_reference=is_reference) for member in value]
    return _ref(value) if is_reference else _plain(value)


def _plain(value: object) -> object:
    match value:
        case bool():
            return str(value).lower()  # 1.2 spells booleans as words
        case datetime():
            return _moment(value)
        case date():
            return value.isoformat()
        case UserId():
            return {"type": value.type, "identifier": value.identifier}
        case _:
            return value


def _ref(sourced_id: object) -> Json:
    return {"sourcedId": sourced_id}


def _role(role: Role) -> Json:
    days = {"beginDate": role.begins_on, "endDate": role.ends_on}
    return {
        "roleType": role.type,
        "role": role.role,
        "org": _ref(role.org),
        **{name: day.isoformat() for name, day in days.items() if day is not None},
    }


def _moment(moment: datetime) -> str:
    found = moment.astimezone(UTC)
    return f"{found:%Y-%m-%dT%H:%M:%S}.{found.microsecond // 1000:03}Z"


def _is_list(value: object) -> TypeGuard[tuple[object, ...]]:
    return isinstance(value, tuple)


def _name(field: str) -> str:
    if field in _SPELLED:
        return _SPELLED[field]
    first, *others = field.split("_")
    return first + "".join(other.capitalize() for other in others)


_CLAIMS: Final = frozenset({"claims"})
"""OneRoster has no member for what other systems call a record."""
_NO_MEMBERS: Final[Mapping[type[Record], frozenset[str]]] = {User: _CLAIMS | {"roles"}}
_NAMES: Final = {
    kind: {
        field: _name(field)
        for field in kind.__struct_fields__
        if field not in _NO_MEMBERS.get(kind, _CLAIMS)
    }
    for kind in RECORD_TYPES.values()
}
