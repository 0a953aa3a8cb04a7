"""OneRoster's CSV binding as data: which files there are, and which columns in which order.

Sources: OneRoster 1.1 CSV Tables and OneRoster 1.2 CSV Binding, 1EdTech final releases,
https://www.imsglobal.org/spec/oneroster/v1p2/bind/csv. Columns that hold passwords are named
here so that a header with them is known; no reader ever looks into them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal, TypeGuard

import msgspec

from integration_tui.domain.roster import Collection
from integration_tui.domain.value import replace
from integration_tui.providers.oneroster.user_parsing import ROLES

Version = Literal["1.1", "1.2"]


class CellKind(StrEnum):
    """How the text of a cell is meant."""

    ID = "id"
    TEXT = "text"
    WORD = "word"
    FLAG = "flag"
    DATE = "date"
    YEAR = "year"
    MOMENT = "moment"
    STATUS = "status"
    REF = "ref"
    REFS = "refs"
    TEXTS = "texts"
    USER_IDS = "user_ids"
    PASSED_OVER = "passed over"
    PASSWORD = "password"  # noqa: S105 - the name of a column


class CsvColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a file. `field` is the record's; empty where ours has none.

    The specification asks for `required` cells; without those that are `needed` a row makes no
    record. `words` are a vocabulary by their small letters, `refers_to` names whose ids a
    reference holds.
    """

    name: str
    kind: CellKind
    field: str = ""
    required: bool = False
    needed: bool = False
    words: Mapping[str, str] | None = None
    refers_to: Collection | None = None


class Table(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A file. `collection` is what its rows become; roles are a part of users."""

    stem: str
    collection: Collection
    columns: tuple[CsvColumn, ...]

    @property
    def file(self) -> str:
        return f"{self.stem}.csv"

    @property
    def header(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def is_list(value: object) -> TypeGuard[tuple[object, ...]]:
    """Return whether a value is that of a list."""
    return isinstance(value, tuple)


def words(*spellings: str) -> Mapping[str, str]:
    """Return a vocabulary by its small letters."""
    return {spelling.lower(): spelling for spelling in spellings}


def _text(name: str, field: str, *, required: bool = False) -> CsvColumn:
    return CsvColumn(name=name, kind=CellKind.TEXT, field=field, required=required)


def _texts(name: str) -> CsvColumn:
    return CsvColumn(
        name=name, kind=CellKind.TEXTS, field={"subjectCodes": "subject_codes"}.get(name, name)
    )


def _word(
    name: str, field: str, vocabulary: Mapping[str, str], *, needed: bool = True
) -> CsvColumn:
    return CsvColumn(
        name=name, kind=CellKind.WORD, field=field, words=vocabulary, required=needed, needed=needed
    )


def _date(name: str, field: str, *, needed: bool = False) -> CsvColumn:
    return CsvColumn(name=name, kind=CellKind.DATE, field=field, required=needed, needed=needed)


def _flag(name: str, field: str, *, required: bool = False) -> CsvColumn:
    return CsvColumn(name=name, kind=CellKind.FLAG, field=field, required=required)


def _ref(
    name: str, field: str, to: Collection, *, required: bool = False, needed: bool = False
) -> CsvColumn:
    return CsvColumn(
        name=name,
        kind=CellKind.REF,
        field=field,
        refers_to=to,
        required=required or needed,
        needed=needed,
    )


def _refs(name: str, field: str, to: Collection, *, required: bool = False) -> CsvColumn:
    return CsvColumn(name=name, kind=CellKind.REFS, field=field, refers_to=to, required=required)


_FIRST: Final = (
    CsvColumn(name="sourcedId", kind=CellKind.ID, field="sourced_id", required=True, needed=True),
    CsvColumn(name="status", kind=CellKind.STATUS, field="status"),
    CsvColumn(name="dateLastModified", kind=CellKind.MOMENT, field="modified_at"),
)
_ORG_TYPES: Final = words("department", "school", "district", "local", "state", "national")
_SESSION_TYPES: Final = words("gradingPeriod", "semester", "schoolYear", "term")
_CLASS_TYPES: Final = words("homeroom", "scheduled")
_SEXES: Final = words("male", "female", "unspecified", "other")
_ROLE_TYPES: Final = words("primary", "secondary")

SESSIONS: Final = Table(
    stem="academicSessions",
    collection=Collection.ACADEMIC_SESSIONS,
    columns=(
        *_FIRST,
        _text("title", "title", required=True),
        _word("type", "type", _SESSION_TYPES),
        _date("startDate", "starts_on", needed=True),
        _date("endDate", "ends_on", needed=True),
        _ref("parentSourcedId", "parent", Collection.ACADEMIC_SESSIONS),
        CsvColumn(name="schoolYear", kind=CellKind.YEAR, field="school_year", required=True),
    ),
)
ORGS: Final = Table(
    stem="orgs",
    collection=Collection.ORGS,
    columns=(
        *_FIRST,
        _text("name", "name", required=True),
        _word("type", "type", _ORG_TYPES),
        _text("identifier", "identifier"),
        _ref("parentSourcedId", "parent", Collection.ORGS),
    ),
)
COURSES: Final = Table(
    stem="courses",
    collection=Collection.COURSES,
    columns=(
        *_FIRST,
        _ref("schoolYearSourcedId", "school_year", Collection.ACADEMIC_SESSIONS),
        _text("title", "title", required=True),
        _text("courseCode", "course_code"),
        _texts("grades"),
        _ref("orgSourcedId", "org", Collection.ORGS, required=True),
        _texts("subjects"),
        _texts("subjectCodes"),
    ),
)
CLASSES: Final = Table(
    stem="classes",
    collection=Collection.CLASSES,
    columns=(
        *_FIRST,
        _text("title", "title", required=True),
        _texts("grades"),
        _ref("courseSourcedId", "course", Collection.COURSES, required=True),
        _text("classCode", "class_code"),
        replace(_word("classType", "class_type", _CLASS_TYPES, needed=False), required=True),
        _text("location", "location"),
        _ref("schoolSourcedId", "school", Collection.ORGS, needed=True),
        _refs("termSourcedIds", "terms", Collection.ACADEMIC_SESSIONS, required=True),
        _texts("subjects"),
        _texts("subjectCodes"),
        _texts("periods"),
    ),
)
ENROLLMENTS: Final = Table(
    stem="enrollments",
    collection=Collection.ENROLLMENTS,
    columns=(
        *_FIRST,
        _ref("classSourcedId", "class_", Collection.CLASSES, needed=True),
        _ref("schoolSourcedId", "school", Collection.ORGS, needed=True),
        _ref("userSourcedId", "user", Collection.USERS, needed=True),
        _word("role", "role", ROLES),
        _flag("primary", "primary"),
        _date("beginDate", "begins_on"),
        _date("endDate", "ends_on"),
    ),
)
DEMOGRAPHICS: Final = Table(
    stem="demographics",
    collection=Collection.DEMOGRAPHICS,
    columns=(
        replace(_FIRST[0], refers_to=Collection.USERS),
        *_FIRST[1:],
        _date("birthDate", "birth_date"),
        _word("sex", "sex", _SEXES, needed=False),
        _flag("americanIndianOrAlaskaNative", "american_indian_or_alaska_native"),
        _flag("asian", "asian"),
        _flag("blackOrAfricanAmerican", "black_or_african_american"),
        _flag("nativeHawaiianOrOtherPacificIslander", "native_hawaiian_or_other_pacific_islander"),
        _flag("white", "white"),
        _flag("demographicRaceTwoOrMoreRaces", "demographic_race_two_or_more_races"),
        _flag("hispanicOrLatinoEthnicity", "hispanic_or_latino_ethnicity"),
        _text("countryOfBirthCode", "country_of_birth_code"),
        _text("stateOfBirthAbbreviation", "state_of_birth_abbreviation"),
        _text("cityOfBirth", "city_of_birth"),
        _text("publicSchoolResidenceStatus", "public_school_residence_status"),
    ),
)
_USER_ENABLED: Final = _flag("enabledUser", "enabled", required=True)
_USER_NAMES: Final = (
    _text("username", "username", required=True),
    CsvColumn(name="userIds", kind=CellKind.USER_IDS, field="user_ids"),
    _text("givenName", "given_name", required=True),
    _text("familyName", "family_name", required=True),
    _text("middleName", "middle_name"),
    _text("identifier", "identifier"),
    _text("email", "email"),
    _text("sms", "sms"),
    _text("phone", "phone"),
    _refs("agentSourcedIds", "agents", Collection.USERS),
    _texts("grades"),
    CsvColumn(name="password", kind=CellKind.PASSWORD),
)
USERS_1_1: Final = Table(
    stem="users",
    collection=Collection.USERS,
    columns=(
        *_FIRST,
        _USER_ENABLED,
        _refs("orgSourcedIds", "orgs", Collection.ORGS, required=True),
        replace(_word("role", "role", ROLES, needed=False), required=True),
        *_USER_NAMES,
    ),
)
"""`orgs` and `role` are no fields of a user: together they become its roles."""
_ROLE_FIELDS: Final = {"orgs", "role"}
USERS_1_2: Final = Table(
    stem="users",
    collection=Collection.USERS,
    columns=(
        *_FIRST,
        _USER_ENABLED,
        *_USER_NAMES,
        _text("userMasterIdentifier", "master_identifier"),
        _text("preferredGivenName", "preferred_given_name"),
        _text("preferredMiddleName", "preferred_middle_name"),
        _text("preferredFamilyName", "preferred_family_name"),
        _ref("primaryOrgSourcedId", "primary_org", Collection.ORGS),
        _text("pronouns", "pronouns"),
    ),
)
USERS_WITHOUT_ROLES: Final = Table(
    stem="users",
    collection=Collection.USERS,
    columns=(
        *USERS_1_2.columns,
        *(
            replace(column, required=False)
            for column in USERS_1_1.columns
            if column.field in _ROLE_FIELDS
        ),
    ),
)
"""How users of 1.2 are read where there is no file of roles: perhaps they have them as in 1.1."""
ROLES_1_2: Final = Table(
    stem="roles",
    collection=Collection.USERS,
    columns=(
        *_FIRST,
        _ref("userSourcedId", "user", Collection.USERS, needed=True),
        _word("roleType", "type", _ROLE_TYPES),
        _word("role", "role", ROLES),
        _date("beginDate", "begins_on"),
        _date("endDate", "ends_on"),
        _ref("orgSourcedId", "org", Collection.ORGS, needed=True),
        CsvColumn(name="userProfileSourcedId", kind=CellKind.PASSED_OVER),
    ),
)


class FileKind(StrEnum):
    """What a manifest says of a file. `UNTOLD`: the file is there, and nothing is said."""

    BULK = "bulk"
    DELTA = "delta"
    ABSENT = "absent"
    UNTOLD = "untold"


MANIFEST: Final = "manifest.csv"
MANIFEST_HEADER: Final = ("propertyName", "value")
MANIFEST_VERSION: Final = "1.0"

_OF_BOTH: Final = (ORGS, SESSIONS, COURSES, CLASSES)

TABLES: Final[Mapping[Version, Mapping[str, Table]]] = {
    "1.1": {table.stem: table for table in (*_OF_BOTH, USERS_1_1, ENROLLMENTS, DEMOGRAPHICS)},
    "1.2": {
        table.stem: table for table in (*_OF_BOTH, USERS_1_2, ROLES_1_2, ENROLLMENTS, DEMOGRAPHICS)
    },
}
"""The files of a version that are read and written, by name, in the order of their dependence."""

STEMS: Final[Mapping[Collection, str]] = {
    table.collection: table.stem for table in TABLES["1.1"].values()
}
"""The file that lists a collection; of users, the one that has their names."""

LISTED: Final[Mapping[Version, tuple[str, ...]]] = {
    "1.1": (
        "academicSessions", "categories", "classes", "classResources", "courses",
        "courseResources", "demographics", "enrollments", "lineItems", "orgs", "resources",
        "results", "users",
    ),
    "1.2": (
        "academicSessions", "categories", "classes", "classResources", "courses",
        "courseResources", "demographics", "enrollments", "lineItemLearningObjectiveIds",
        "lineItems", "lineItemScoreScales", "orgs", "resources", "resultLearningObjectiveIds",
        "results", "resultScoreScales", "roles", "scoreScales", "userProfiles",
        "userResources", "users",
    ),
}  # fmt: skip
"""Every file that a manifest of that version says something of, in its order."""
