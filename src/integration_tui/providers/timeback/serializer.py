"""What TimeBack is sent: OneRoster 1.2 JSON with each platform's own deviations.

Sources: BeyondAI's OneRoster OpenAPI document, December 2025 (1.1's words for roles, `org` where
a class has `school`, no moment of change). LearnWithAI's API reference and its page about student
onboarding, https://docs.platform.timeback.com: students are put to `/students` without roles,
classes keep their `school`, a PUT creates. How it takes other users, enrollments and deletions
is written nowhere; they go as TimeBack's SDK (timeback-oneroster 0.4.0) sends them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol
from urllib.parse import quote

import msgspec

from integration_tui.domain.grades import grade_number
from integration_tui.domain.roster import (
    Class,
    Collection,
    Course,
    Enrollment,
    Record,
    Role,
    User,
)
from integration_tui.providers.oneroster.responses import PATHS, SINGULAR
from integration_tui.providers.oneroster.serializer import Json, encode

WRITABLE: Final = frozenset({Collection.USERS, Collection.CLASSES, Collection.ENROLLMENTS})
_ONLY: Final = "TimeBack takes users, classes and enrollments only"
_OLD_ROLES: Final[Mapping[str, str]] = {
    "districtAdministrator": "administrator",
    "siteAdministrator": "administrator",
    "systemAdministrator": "administrator",
    "principal": "administrator",
    "counselor": "aide",
}
_OF_STUDENTS: Final = frozenset(
    {
        "sourcedId",
        "status",
        "userMasterIdentifier",
        "username",
        "enabledUser",
        "givenName",
        "familyName",
        "middleName",
        "preferredFirstName",
        "preferredMiddleName",
        "preferredLastName",
        "pronouns",
        "identifier",
        "email",
        "sms",
        "phone",
        "grades",
    }
)
"""What LearnWithAI takes of a student, beside `primaryOrg`: no roles, no agents, no userIds."""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A PUT: its path below the service, and its body."""

    path: str
    body: Json


class WriteFormat(Protocol):
    """How a platform wants to be written to. `posts`: what is new must be sent by POST."""

    @property
    def posts(self) -> bool: ...

    def sent(self, collection: Collection, record: Record) -> Sent:
        """Return the request that makes a record what it is here."""
        ...

    def lacks(self, record: Record) -> str:
        """Return what the platform would refuse a record for; empty where nothing is missing."""
        ...


class BeyondAiForm:
    """The form of the OpenAPI document."""

    posts = True

    def sent(self, collection: Collection, record: Record) -> Sent:
        body = _body(record)
        if isinstance(record, Class):
            body["org"] = body.pop("school")
        return _by_id(collection, record, body)

    def lacks(self, record: Record) -> str:
        return _lacks(record)


class LearnWithAiForm:
    """Students have an address of their own; every PUT creates or replaces."""

    posts = False

    def sent(self, collection: Collection, record: Record) -> Sent:
        if isinstance(record, User) and _is_student(record):
            return Sent(path="students", body={"student": _student(record)})
        return _by_id(collection, record, _body(record))

    def lacks(self, record: Record) -> str:
        lacks = _lacks(record)
        if lacks or not (isinstance(record, User) and _is_student(record)):
            return lacks
        if len(_orgs(record)) != 1:
            return "roles: LearnWithAI takes a student at one school only"
        return _missing({"email": record.email})


def _by_id(collection: Collection, record: Record, body: Json) -> Sent:
    path = f"{PATHS[collection]}/{quote(record.sourced_id, safe='')}"
    return Sent(path=path, body={SINGULAR[collection]: body})


def _body(record: Record) -> Json:
    if isinstance(record, User):
        record = msgspec.structs.replace(record, roles=tuple(map(_old_role, record.roles)))
    if isinstance(record, User | Class | Course):
        # Its own clients refuse codes such as KG.
        numbers = tuple([grade_number(grade) or grade for grade in record.grades])
        record = msgspec.structs.replace(record, grades=numbers)
    found = encode(record)
    found.pop("dateLastModified", None)
    return found


def _student(user: User) -> Json:
    (org,) = _orgs(user)
    kept = {name: value for name, value in _body(user).items() if name in _OF_STUDENTS}
    return {**kept, "primaryOrg": {"sourcedId": org, "type": "org"}}


def _is_student(user: User) -> bool:
    return all(role.role == "student" for role in user.roles)


def _orgs(user: User) -> frozenset[str]:
    primary = {user.primary_org} if user.primary_org else set[str]()
    return frozenset(primary | {role.org for role in user.roles})


def _lacks(record: Record) -> str:
    match record:
        case User():
            return _lacks_of_user(record)
        case Class():
            needed = {
                "title": record.title,
                "course": record.course,
                "school": record.school,
                "terms": record.terms,
            }
        case Enrollment():
            needed = {"user": record.user, "class": record.class_, "role": record.role}
        case _:
            return _ONLY
    return _missing(needed)


def _lacks_of_user(user: User) -> str:
    needed = {
        "givenName": user.given_name,
        "familyName": user.family_name,
        "roles": user.roles,
        "roles.roleType": all(role.type for role in user.roles),
        "roles.role": all(role.role for role in user.roles),
        "roles.org": all(role.org for role in user.roles),
    }
    return _missing(needed)


def _missing(needed: Mapping[str, object]) -> str:
    names = [name for name, value in needed.items() if not value]
    verb = "is" if len(names) == 1 else "are"
    return f"{', '.join(names)} {verb} required" if names else ""


def _old_role(role: Role) -> Role:
    return msgspec.structs.replace(role, role=_OLD_ROLES.get(role.role, role.role))
