"""What TimeBack is sent: OneRoster 1.2 JSON with the platform's own deviations.

Source: TimeBack's OneRoster OpenAPI document, December 2025: 1.1's words for roles, `org` where
a class has `school`, no moment of change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from integration_tui.domain.roster import Class, Collection, Enrollment, Record, Role, User
from integration_tui.providers.oneroster.encode import Json, encode

WRITABLE: Final = frozenset({Collection.USERS, Collection.CLASSES, Collection.ENROLLMENTS})
_OLD_ROLES: Final[Mapping[str, str]] = {
    "districtAdministrator": "administrator",
    "siteAdministrator": "administrator",
    "systemAdministrator": "administrator",
    "principal": "administrator",
    "counselor": "aide",
}


def body_of(record: Record) -> Json:
    """Return the JSON object of a record that may be written."""
    if isinstance(record, User):
        record = msgspec.structs.replace(record, roles=tuple(map(_old_role, record.roles)))
    found = encode(record)
    found.pop("dateLastModified", None)
    if isinstance(record, Class):
        found["org"] = found.pop("school")
    return found


def lacks(record: Record) -> str:
    """Return what the platform would refuse a record for; empty where nothing is missing."""
    match record:
        case User():
            return _lacks_of_user(record)
        case Class():
            needed = {"title": record.title, "course": record.course, "terms": record.terms}
        case Enrollment():
            needed = {"user": record.user, "class": record.class_, "role": record.role}
        case _:
            return "TimeBack takes users, classes and enrollments only"
    return _missing(needed)


def _lacks_of_user(user: User) -> str:
    needed = {
        "givenName": user.given_name,
        "familyName": user.family_name,
        "roles": user.roles,
        "roles.org": all(one.org for one in user.roles),
    }
    return _missing(needed)


def _missing(needed: Mapping[str, object]) -> str:
    names = [name for name, value in needed.items() if not value]
    return f"{', '.join(names)} must be there" if names else ""


def _old_role(role: Role) -> Role:
    return msgspec.structs.replace(role, role=_OLD_ROLES.get(role.role, role.role))
