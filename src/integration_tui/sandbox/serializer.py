"""Records to OneRoster JSON: every required field, and no field of our own.

Source: the OpenAPI documents of OneRoster 1.2 (1EdTech final release 1.0) and 1.1; where servers
spell it otherwise, `Spelling` says how.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from integration_tui.domain.grades import grade_number
from integration_tui.domain.roster import (
    AcademicSession,
    Class,
    Collection,
    Course,
    Demographics,
    Enrollment,
    Org,
    Record,
    Role,
    User,
)
from integration_tui.sandbox.query import stamp
from integration_tui.sandbox.source import modified_at

Json = dict[str, object]
Version = Literal["1.1", "1.2"]

LISTS: Final[Mapping[Collection, str]] = {
    Collection.ORGS: "orgs",
    Collection.ACADEMIC_SESSIONS: "academicSessions",
    Collection.COURSES: "courses",
    Collection.CLASSES: "classes",
    Collection.USERS: "users",
    Collection.ENROLLMENTS: "enrollments",
    Collection.DEMOGRAPHICS: "demographics",
}
"""Path and list key of each collection."""
SINGLES: Final[Mapping[Collection, str]] = {
    Collection.ORGS: "org",
    Collection.ACADEMIC_SESSIONS: "academicSession",
    Collection.COURSES: "course",
    Collection.CLASSES: "class",
    Collection.USERS: "user",
    Collection.ENROLLMENTS: "enrollment",
    Collection.DEMOGRAPHICS: "demographics",
}
_OLD_ROLES: Final[Mapping[str, str]] = {
    "districtAdministrator": "administrator",
    "siteAdministrator": "administrator",
    "systemAdministrator": "administrator",
    "principal": "administrator",
    "counselor": "aide",
}
_OLD_SEXES: Final = frozenset({"male", "female"})
_RACES: Final[Mapping[str, str]] = {
    "americanIndianOrAlaskaNative": "american_indian_or_alaska_native",
    "asian": "asian",
    "blackOrAfricanAmerican": "black_or_african_american",
    "nativeHawaiianOrOtherPacificIslander": "native_hawaiian_or_other_pacific_islander",
    "white": "white",
    "demographicRaceTwoOrMoreRaces": "demographic_race_two_or_more_races",
    "hispanicOrLatinoEthnicity": "hispanic_or_latino_ethnicity",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """How a server writes what it has to say.

    `users`: one role and orgs, as in 1.1, or a list of roles. `flags`: real booleans, or words.
    `days`: dates as such, or with midnight behind them. `refs`: as the specification says, or
    bare ids. `gaps`: what is not told is left out, or null. `old_roles`: the words of 1.1,
    which has one kind of administrator. `grades`: codes, or "-1" (pre-kindergarten) to "13".
    """

    users: Version = "1.2"
    flags: Literal["words", "booleans"] = "words"
    days: Literal["dates", "moments"] = "dates"
    years: Literal["text", "numbers"] = "text"
    refs: Literal["full", "bare"] = "full"
    gaps: Literal["left out", "null"] = "left out"
    old_roles: bool = False
    grades: Literal["codes", "numbers"] = "codes"


SPELLING_1P1: Final = Spelling(users="1.1", flags="booleans", old_roles=True)


class Encoder:
    """Encodes for one server. `base` is the address in front of `/orgs`."""

    def __init__(self, base: str, spelling: Spelling | None = None) -> None:
        self._base = base
        self._spelling = spelling or Spelling()

    def encode(self, record: Record) -> Json:
        """Return the JSON object of any record."""
        found = {**_base(record), **self._own(record)}
        if self._spelling.gaps == "null":
            return found
        return {key: value for key, value in found.items() if value is not None}

    def _own(self, record: Record) -> Json:
        """Return what a kind of record has beside what all have."""
        match record:
            case User():
                return self._user(record)
            case Enrollment():
                return self._enrollment(record)
            case Class():
                return self._class(record)
            case Demographics():
                return self._demographics(record)
            case _:
                return self._of_frame(record)

    def _of_frame(self, record: Record) -> Json:
        match record:
            case Org():
                return self._org(record)
            case AcademicSession():
                return self._academic_session(record)
            case Course():
                return self._course(record)
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
        year = session.school_year or str(session.ends_on.year)
        as_number = self._spelling.years == "numbers" and year.isdecimal()
        return {
            "title": session.title,
            "type": session.type,
            "startDate": self._day(session.starts_on),
            "endDate": self._day(session.ends_on),
            "schoolYear": int(year) if as_number else year,
            "parent": self._ref(Collection.ACADEMIC_SESSIONS, session.parent),
        }

    def _course(self, course: Course) -> Json:
        return {
            "title": course.title,
            "courseCode": course.course_code or course.sourced_id,
            "org": self._ref(Collection.ORGS, course.org),
            "schoolYear": self._ref(Collection.ACADEMIC_SESSIONS, course.school_year),
            "grades": self._grades(course.grades),
            "subjects": list(course.subjects) or None,
            "subjectCodes": list(course.subject_codes) or None,
        }

    def _class(self, one: Class) -> Json:
        is_old = self._spelling.users == "1.1"
        return {
            "title": one.title,
            "classCode": one.class_code,
            "classType": one.class_type,
            "location": one.location,
            "course": self._ref(Collection.COURSES, one.course),
            "school": self._ref(Collection.ORGS, one.school),
            "terms": [self._ref(Collection.ACADEMIC_SESSIONS, term) for term in one.terms],
            "grades": self._grades(one.grades),
            "subjects": list(one.subjects) or None,
            "subjectCodes": list(one.subject_codes) or None,
            "periods": (",".join(one.periods) if is_old else list(one.periods)) or None,
        }

    def _user(self, user: User) -> Json:
        is_old = self._spelling.users == "1.1"
        return {
            "givenName": user.given_name,
            "familyName": user.family_name,
            "middleName": user.middle_name,
            "username": user.username or (user.sourced_id if is_old else None),
            "userIds": [
                {"type": record_id.type, "identifier": record_id.identifier}
                for record_id in user.user_ids
            ]
            or None,
            "email": user.email,
            "sms": user.sms,
            "phone": user.phone,
            "identifier": user.identifier,
            "enabledUser": self._flag(user.enabled),
            "agents": [self._ref(Collection.USERS, agent) for agent in user.agents] or None,
            "grades": self._grades(user.grades),
            **(self._old_role(user) if is_old else self._roles(user)),
        }

    def _roles(self, user: User) -> Json:
        return {
            "roles": [self._role(role) for role in user.roles],
            "primaryOrg": self._ref(Collection.ORGS, user.primary_org),
            "userMasterIdentifier": user.master_identifier,
            "preferredFirstName": user.preferred_given_name,
            "preferredMiddleName": user.preferred_middle_name,
            "preferredLastName": user.preferred_family_name,
            "pronouns": user.pronouns,
        }

    def _role(self, role: Role) -> Json:
        found = {
            "roleType": role.type,
            "role": self._word(role.role),
            "org": self._ref(Collection.ORGS, role.org),
            "beginDate": self._day(role.begins_on),
            "endDate": self._day(role.ends_on),
        }
        return {key: value for key, value in found.items() if value is not None}

    def _old_role(self, user: User) -> Json:
        """1.1 knows one role, and orgs without any."""
        orgs = dict.fromkeys(role.org for role in user.roles)
        return {
            "role": self._word(user.roles[0].role) if user.roles else "student",
            "orgs": [self._ref(Collection.ORGS, org) for org in orgs],
        }

    def _enrollment(self, enrollment: Enrollment) -> Json:
        return {
            "user": self._ref(Collection.USERS, enrollment.user),
            "class": self._ref(Collection.CLASSES, enrollment.class_),
            "school": self._ref(Collection.ORGS, enrollment.school),
            "role": enrollment.role,
            "primary": self._flag(enrollment.primary),
            "beginDate": self._day(enrollment.begins_on),
            "endDate": self._day(enrollment.ends_on),
        }

    def _demographics(self, one: Demographics) -> Json:
        is_old = self._spelling.users == "1.1"
        return {
            "birthDate": self._day(one.birth_date),
            "sex": one.sex if not is_old or one.sex in _OLD_SEXES else None,
            **{name: self._flag(getattr(one, ours)) for name, ours in _RACES.items()},
            "countryOfBirthCode": one.country_of_birth_code,
            "stateOfBirthAbbreviation": one.state_of_birth_abbreviation,
            "cityOfBirth": one.city_of_birth,
            "publicSchoolResidenceStatus": one.public_school_residence_status,
        }

    def _grades(self, grades: Sequence[str]) -> list[str]:
        if self._spelling.grades == "codes":
            return list(grades)
        return [grade_number(grade) or grade for grade in grades]

    def _word(self, role: str) -> str:
        return _OLD_ROLES.get(role, role) if self._spelling.old_roles else role

    def _flag(self, value: bool | None) -> bool | str | None:
        """1.2 spells booleans as words."""
        if value is None or self._spelling.flags == "booleans":
            return value
        return str(value).lower()

    def _day(self, value: date | None) -> str | None:
        if value is None:
            return None
        return value.isoformat() + ("T00:00:00.000Z" if self._spelling.days == "moments" else "")

    def _ref(self, collection: Collection, sourced_id: str | None) -> Json | None:
        if sourced_id is None:
            return None
        if self._spelling.refs == "bare":
            return {"sourcedId": sourced_id}
        href = f"{self._base}/{LISTS[collection]}/{sourced_id}"
        return {"href": href, "sourcedId": sourced_id, "type": SINGLES[collection]}


def _base(record: Record) -> Json:
    return {
        "sourcedId": record.sourced_id,
        "status": record.status.value,
        "dateLastModified": stamp(modified_at(record)),
    }
