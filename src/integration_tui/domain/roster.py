"""OneRoster 1.2 nouns, spelled as in the specification with Python's casing.

Source: OneRoster 1.2 Rostering Service information model, 1EdTech final release,
https://www.imsglobal.org/spec/oneroster/v1p2. They are structs and not dataclasses because
hundreds of thousands of them pass through a sync.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Final

import msgspec


class Collection(StrEnum):
    """The collections of a roster, in the order in which they depend on each other.

    Demographics are about people who have no say in it: they are read only where a config asks.
    """

    ORGS = "orgs"
    ACADEMIC_SESSIONS = "academic_sessions"
    COURSES = "courses"
    CLASSES = "classes"
    USERS = "users"
    ENROLLMENTS = "enrollments"
    DEMOGRAPHICS = "demographics"


ROSTER: Final = tuple(
    collection for collection in Collection if collection is not Collection.DEMOGRAPHICS
)
"""What is read where nothing else is asked for."""
ENROLLMENTS_BEFORE_USERS: Final = (
    *(one for one in ROSTER if one not in {Collection.USERS, Collection.ENROLLMENTS}),
    Collection.ENROLLMENTS,
    Collection.USERS,
)
"""The order of reading where enrollments say what people are."""


class RecordStatus(StrEnum):
    """OneRoster's `status`; to be deleted means that the source wants it gone."""

    ACTIVE = "active"
    TO_BE_DELETED = "tobedeleted"


STAFF: Final = frozenset(
    {
        "administrator", "aide", "counselor", "districtAdministrator", "principal", "proctor",
        "siteAdministrator", "systemAdministrator", "teacher",
    }
)  # fmt: skip
"""OneRoster's roles of people who work at a school."""


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What every record has. `sourced_id` is the provider's own identifier.

    `claims` are what the system itself says that other systems call the record (a SIS ID, an
    alias); an enrollment has none, since its class, person and role say which it is.
    """

    sourced_id: str
    status: RecordStatus = RecordStatus.ACTIVE
    modified_at: datetime | None = None
    claims: tuple[str, ...] = ()


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
    """What is taught; classes are its instances. `school_year` is an academic session.

    `grades` are codes; `grades_as_sent` is what the system wrote where that was something else.
    """

    title: str
    course_code: str | None = None
    org: str | None = None
    grades: tuple[str, ...] = ()
    grades_as_sent: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    subject_codes: tuple[str, ...] = ()
    school_year: str | None = None


class Class(Record, frozen=True, kw_only=True, gc=False):
    """A group that meets. `terms` are academic sessions; grades as in `Course`."""

    title: str
    course: str | None
    school: str
    terms: tuple[str, ...] = ()
    class_code: str | None = None
    class_type: str = "scheduled"
    grades: tuple[str, ...] = ()
    grades_as_sent: tuple[str, ...] = ()
    location: str | None = None
    subjects: tuple[str, ...] = ()
    subject_codes: tuple[str, ...] = ()
    periods: tuple[str, ...] = ()


class Role(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a user is at an org; `type` is `primary` or `secondary`."""

    role: str
    org: str
    type: str = "primary"
    begins_on: date | None = None
    ends_on: date | None = None


class UserId(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What another system calls a user; `type` says which system."""

    type: str
    identifier: str


class User(Record, frozen=True, kw_only=True, gc=False):
    """A person. `agents` are users who may act for this one: parents, guardians.

    Grades as in `Course`.
    """

    given_name: str
    family_name: str
    username: str | None = None
    email: str | None = None
    identifier: str | None = None
    enabled: bool = True
    roles: tuple[Role, ...] = ()
    grades: tuple[str, ...] = ()
    grades_as_sent: tuple[str, ...] = ()
    primary_org: str | None = None
    middle_name: str | None = None
    preferred_given_name: str | None = None
    preferred_middle_name: str | None = None
    preferred_family_name: str | None = None
    pronouns: str | None = None
    sms: str | None = None
    phone: str | None = None
    agents: tuple[str, ...] = ()
    user_ids: tuple[UserId, ...] = ()
    master_identifier: str | None = None


class Enrollment(Record, frozen=True, kw_only=True, gc=False):
    """A user's place in a class. `role` is OneRoster's word."""

    user: str
    class_: str
    school: str
    role: str
    primary: bool | None = None
    begins_on: date | None = None
    ends_on: date | None = None


class Demographics(Record, frozen=True, kw_only=True, gc=False):
    """What a state asks about a person; `sourced_id` is the user's. `None` is not told."""

    birth_date: date | None = None
    sex: str | None = None
    american_indian_or_alaska_native: bool | None = None
    asian: bool | None = None
    black_or_african_american: bool | None = None
    native_hawaiian_or_other_pacific_islander: bool | None = None
    white: bool | None = None
    demographic_race_two_or_more_races: bool | None = None
    hispanic_or_latino_ethnicity: bool | None = None
    country_of_birth_code: str | None = None
    state_of_birth_abbreviation: str | None = None
    city_of_birth: str | None = None
    public_school_residence_status: str | None = None


RECORD_TYPES: dict[Collection, type[Record]] = {
    Collection.ORGS: Org,
    Collection.ACADEMIC_SESSIONS: AcademicSession,
    Collection.COURSES: Course,
    Collection.CLASSES: Class,
    Collection.USERS: User,
    Collection.ENROLLMENTS: Enrollment,
    Collection.DEMOGRAPHICS: Demographics,
}


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """What a part of a roster belongs to: an org, a class, a user."""

    collection: Collection
    sourced_id: str


PARTS: Final[Mapping[Collection, frozenset[Collection]]] = {
    Collection.ORGS: frozenset(
        {Collection.COURSES, Collection.CLASSES, Collection.USERS, Collection.ENROLLMENTS}
    ),
    Collection.ACADEMIC_SESSIONS: frozenset({Collection.CLASSES}),
    Collection.COURSES: frozenset({Collection.CLASSES}),
    Collection.CLASSES: frozenset({Collection.ENROLLMENTS}),
    Collection.USERS: frozenset({Collection.ENROLLMENTS}),
}
"""For each kind of owner, the collections whose records name it."""


def belongs(record: Record, owner: Owner) -> bool:
    """Return whether a record names `owner`, by the pairs of `PARTS`."""
    return owner.sourced_id in _owners(record).get(owner.collection, ())


def _owners(record: Record) -> Mapping[Collection, tuple[str | None, ...]]:
    match record:
        case Course():
            return {Collection.ORGS: (record.org,)}
        case Class():
            return {
                Collection.ORGS: (record.school,),
                Collection.COURSES: (record.course,),
                Collection.ACADEMIC_SESSIONS: record.terms,
            }
        case User():
            return {Collection.ORGS: (record.primary_org, *(role.org for role in record.roles))}
        case Enrollment():
            return {
                Collection.ORGS: (record.school,),
                Collection.CLASSES: (record.class_,),
                Collection.USERS: (record.user,),
            }
        case _:
            return {}
