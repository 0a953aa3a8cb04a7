"""Records to official OneRoster 1.2 JSON: every required field, and no field of our own.

Source: OneRoster 1.2 Rostering Service OpenAPI document, 1EdTech final release 1.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from integration_tui.domain.roster import (
    AcademicSession,
    Class,
    Collection,
    Course,
    Enrollment,
    Org,
    Record,
    User,
)

Json = dict[str, object]

LISTS: Final[Mapping[Collection, str]] = {
    Collection.ORGS: "orgs",
    Collection.ACADEMIC_SESSIONS: "academicSessions",
    Collection.COURSES: "courses",
    Collection.CLASSES: "classes",
    Collection.USERS: "users",
    Collection.ENROLLMENTS: "enrollments",
}
"""Path and list key of each collection."""
SINGLES: Final[Mapping[Collection, str]] = {
    Collection.ORGS: "org",
    Collection.ACADEMIC_SESSIONS: "academicSession",
    Collection.COURSES: "course",
    Collection.CLASSES: "class",
    Collection.USERS: "user",
    Collection.ENROLLMENTS: "enrollment",
}
_LONG_AGO: Final = datetime(2025, 1, 1, tzinfo=UTC)


def modified_at(record: Record) -> datetime:
    """Return when a record changed; the specification wants every record to tell."""
    return record.modified_at or _LONG_AGO


class Encoder:
    """Encodes for one server. `base` is the address in front of `/orgs`."""

    def __init__(self, base: str) -> None:
        self._base = base

    def encode(self, record: Record) -> Json:
        """Return the JSON object of any record; what is not told is left out."""
        found = {**_base(record), **self._own(record)}
        return {key: value for key, value in found.items() if value is not None}

    def _own(self, record: Record) -> Json:
        match record:
            case Org():
                return self._org(record)
            case AcademicSession():
                return self._academic_session(record)
            case Course():
                return self._course(record)
            case Class():
                return self._class(record)
            case User():
                return self._user(record)
            case Enrollment():
                return self._enrollment(record)
            case _:
                raise TypeError(f"OneRoster has no {type(record).__name__}")

    def _org(self, org: Org) -> Json:
        return {
            "name": org.name,
            "type": org.type,
            "identifier": org.identifier or org.sourced_id,
            "parent": self._ref(Collection.ORGS, org.parent),
        }

    def _academic_session(self, session: AcademicSession) -> Json:
        return {
            "title": session.title,
            "type": session.type,
            "startDate": session.starts_on.isoformat(),
            "endDate": session.ends_on.isoformat(),
            "schoolYear": session.school_year or str(session.ends_on.year),
            "parent": self._ref(Collection.ACADEMIC_SESSIONS, session.parent),
        }

    def _course(self, course: Course) -> Json:
        return {
            "title": course.title,
            "courseCode": course.course_code or course.sourced_id,
            "org": self._ref(Collection.ORGS, course.org),
            "grades": list(course.grades),
        }

    def _class(self, one: Class) -> Json:
        return {
            "title": one.title,
            "classCode": one.class_code,
            "classType": one.class_type,
            "course": self._ref(Collection.COURSES, one.course),
            "school": self._ref(Collection.ORGS, one.school),
            "terms": [self._ref(Collection.ACADEMIC_SESSIONS, term) for term in one.terms],
            "grades": list(one.grades),
        }

    def _user(self, user: User) -> Json:
        roles = [
            {
                "roleType": role.type,
                "role": role.role,
                "org": self._ref(Collection.ORGS, role.org),
            }
            for role in user.roles
        ]
        return {
            "givenName": user.given_name,
            "familyName": user.family_name,
            "username": user.username,
            "email": user.email,
            "identifier": user.identifier,
            "enabledUser": _flag(user.enabled),
            "roles": roles,
            "grades": list(user.grades),
            "primaryOrg": self._ref(Collection.ORGS, user.primary_org),
        }

    def _enrollment(self, enrollment: Enrollment) -> Json:
        begins_on, ends_on = enrollment.begins_on, enrollment.ends_on
        return {
            "user": self._ref(Collection.USERS, enrollment.user),
            "class": self._ref(Collection.CLASSES, enrollment.class_),
            "school": self._ref(Collection.ORGS, enrollment.school),
            "role": enrollment.role,
            "primary": _flag(enrollment.primary),
            "beginDate": begins_on.isoformat() if begins_on else None,
            "endDate": ends_on.isoformat() if ends_on else None,
        }

    def _ref(self, collection: Collection, sourced_id: str | None) -> Json | None:
        if sourced_id is None:
            return None
        href = f"{self._base}/{LISTS[collection]}/{sourced_id}"
        return {"href": href, "sourcedId": sourced_id, "type": SINGLES[collection]}


def _base(record: Record) -> Json:
    moment = modified_at(record).astimezone(UTC)
    return {
        "sourcedId": record.sourced_id,
        "status": record.status.value,
        "dateLastModified": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z",
    }


def _flag(value: bool | None) -> str | None:
    """1.2 spells booleans as words."""
    return None if value is None else str(value).lower()
