"""OneRoster 1.2 nouns, spelled as in the specification with Python's casing.

Source: OneRoster 1.2 Rostering Service information model, 1EdTech final release,
https://www.imsglobal.org/spec/oneroster/v1p2. They are structs and not dataclasses because
hundreds of thousands of them pass through a sync.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import msgspec


class Collection(StrEnum):
    """The collections of a roster, in the order in which they depend on each other."""

    ORGS = "orgs"
    ACADEMIC_SESSIONS = "academic_sessions"
    COURSES = "courses"
    CLASSES = "classes"
    USERS = "users"
    ENROLLMENTS = "enrollments"


class RecordStatus(StrEnum):
    """OneRoster's `status`; to be deleted means that the source wants it gone."""

    ACTIVE = "active"
    TO_BE_DELETED = "tobedeleted"


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What every record has. `sourced_id` is the provider's own identifier."""

    sourced_id: str
    status: RecordStatus = RecordStatus.ACTIVE
    modified_at: datetime | None = None


class Org(Record, frozen=True, kw_only=True, gc=False):
    """A school, district or other organization; `type` is OneRoster's word."""

    name: str
    type: str
    identifier: str | None = None
    parent: str | None = None


class AcademicSession(Record, frozen=True, kw_only=True, gc=False):
    """A school year, semester, term or grading period; `ends_on` is the first day after it."""

    title: str
    type: str
    starts_on: date
    ends_on: date
    school_year: str | None = None
    parent: str | None = None


class Course(Record, frozen=True, kw_only=True, gc=False):
    """What is taught; classes are its instances."""

    title: str
    course_code: str | None = None
    org: str | None = None
    grades: tuple[str, ...] = ()


class Class(Record, frozen=True, kw_only=True, gc=False):
    """A group that meets. `terms` are academic sessions."""

    title: str
    course: str | None
    school: str
    terms: tuple[str, ...] = ()
    class_code: str | None = None
    class_type: str = "scheduled"
    grades: tuple[str, ...] = ()


class Role(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a user is at an org; `type` is `primary` or `secondary`."""

    role: str
    org: str
    type: str = "primary"


class User(Record, frozen=True, kw_only=True, gc=False):
    """A person."""

    given_name: str
    family_name: str
    username: str | None = None
    email: str | None = None
    identifier: str | None = None
    enabled: bool = True
    roles: tuple[Role, ...] = ()
    grades: tuple[str, ...] = ()
    primary_org: str | None = None


class Enrollment(Record, frozen=True, kw_only=True, gc=False):
    """A user's place in a class. `role` is OneRoster's word."""

    user: str
    class_: str
    school: str
    role: str
    primary: bool | None = None
    begins_on: date | None = None
    ends_on: date | None = None


RECORD_TYPES: dict[Collection, type[Record]] = {
    Collection.ORGS: Org,
    Collection.ACADEMIC_SESSIONS: AcademicSession,
    Collection.COURSES: Course,
    Collection.CLASSES: Class,
    Collection.USERS: User,
    Collection.ENROLLMENTS: Enrollment,
}
