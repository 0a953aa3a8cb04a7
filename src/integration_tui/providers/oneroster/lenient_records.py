"""Records whose JSON is not as the specification writes it, read as far as they can be.

A record is one as long as it has an id and what it is about: an enrollment without its user or
its class, and a session without its dates, are none. All else that is missing is missing.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from integration_tui.domain.paging import RecordFinding
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
    UserId,
)
from integration_tui.providers.oneroster.lenient_fields import LenientFields
from integration_tui.providers.oneroster.lenient_json import (
    Members,
    UnreadableRecordError,
    members_of,
)
from integration_tui.providers.oneroster.user_parsing import ROLES

_WINDOWS: Final = "integration_tui.windows-1252"
_A_YEAR: Final = re.compile(r"[\d\s/-]+", re.ASCII)


class LenientRecord(NamedTuple):
    """A record that was read with patience. `members` are what it was sent with."""

    record: Record
    findings: tuple[RecordFinding, ...]
    members: Members


def read_leniently(collection: Collection, raw: bytes, zone: ZoneInfo | None) -> LenientRecord:
    """Return one record, and what of it was lost or corrected. Raises `UnreadableRecordError`.

    The school of a class or an enrollment may be empty: it may follow from another record.
    """
    text, is_utf8 = _utf8(raw)
    reading = LenientFields(members := members_of(text), zone)
    sourced_id = reading.sourced_id()
    if not is_utf8:
        reading.note("", "not-utf-8", "has bytes that are not UTF-8; read as Windows-1252")
    try:
        record = _READERS[collection](sourced_id, reading)
    except UnreadableRecordError as error:
        raise UnreadableRecordError(error.reason, sourced_id) from None
    return LenientRecord(record, reading.findings(sourced_id), members)


def _utf8(raw: bytes) -> tuple[bytes, bool]:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return raw.decode(errors=_WINDOWS).encode(), False
    return raw, True


def _windows(error: UnicodeError) -> tuple[str, int]:
    """Read the bytes that are not UTF-8 as Windows-1252, and only those."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(_WINDOWS, _windows)


def _org(sourced_id: str, read: LenientFields) -> Org:
    return Org(
        sourced_id=sourced_id,
        status=read.status(),
        modified_at=read.moment("dateLastModified"),
        name=read.name("name"),
        type=read.word("type"),
        identifier=read.key("identifier"),
        parent=read.ref("parent"),
    )


def _session(sourced_id: str, read: LenientFields) -> AcademicSession:
    starts_on, ends_on = read.day("startDate"), read.day("endDate")
    if starts_on is None or ends_on is None:
        raise UnreadableRecordError(f"{'endDate' if starts_on else 'startDate'} is no date")
    return AcademicSession(
        sourced_id=sourced_id,
        status=read.status(),
        modified_at=read.moment("dateLastModified"),
        title=read.name("title"),
        type=read.word("type"),
        starts_on=starts_on,
        ends_on=ends_on,
        school_year=read.year("schoolYear"),
        parent=read.ref("parent"),
    )


def _course(sourced_id: str, read: LenientFields) -> Course:
    return Course(
        sourced_id=sourced_id,
        status=read.status(),
        modified_at=read.moment("dateLastModified"),
        title=read.name("title"),
        course_code=read.text("courseCode"),
        org=read.ref("org"),
        grades=read.words("grades"),
        subjects=read.words("subjects"),
        subject_codes=read.words("subjectCodes"),
        school_year=_school_year_of_course(read),
    )


def _school_year_of_course(read: LenientFields) -> str | None:
    """Return the session that a course names; many servers send the year itself, which is none."""
    value = read.members.get("schoolYear")
    if isinstance(value, str) and _A_YEAR.fullmatch(value):
        read.note("schoolYear", "wrong-kind", "names no academic session; passed over")
        return None
    return read.ref("schoolYear")


def _class(sourced_id: str, read: LenientFields) -> Class:
    return Class(
        sourced_id=sourced_id,
        status=read.status(),
        modified_at=read.moment("dateLastModified"),
        title=read.name("title"),
        course=read.ref("course"),
        school=read.ref("school") or "",
        terms=read.refs("terms"),
        class_code=read.text("classCode"),
        class_type=read.text("classType") or "scheduled",
        grades=read.words("grades"),
        location=read.text("location"),
        subjects=read.words("subjects"),
        subject_codes=read.words("subjectCodes"),
        periods=read.words("periods"),
    )


def _enrollment(sourced_id: str, read: LenientFields) -> Enrollment:
    user, class_ = read.ref("user", is_needed=True), read.ref("class", is_needed=True)
    if user is None or class_ is None:
        raise UnreadableRecordError(f"{'class' if user else 'user'} names no id")
    return Enrollment(
        sourced_id=sourced_id,
        status=read.status(),
        modified_at=read.moment("dateLastModified"),
        user=user,
        class_=class_,
        school=read.ref("school") or "",
        role=read.word("role", ROLES),
        primary=read.flag("primary"),
        begins_on=read.day("beginDate"),
        ends_on=read.day("endDate"),
    )


def _user(sourced_id: str, read: LenientFields) -> User:
    return User(
        sourced_id=sourced_id,
        status=read.status(),
        modified_at=read.moment("dateLastModified"),
        given_name=read.name("givenName"),
        family_name=read.name("familyName"),
        username=read.key("username"),
        email=read.key("email"),
        identifier=read.key("identifier"),
        enabled=read.flag("enabledUser") is not False,
        roles=_roles(read) or _roles_of_1_1(read),
        grades=read.words("grades"),
        primary_org=read.ref("primaryOrg"),
        middle_name=read.text("middleName"),
        preferred_given_name=read.text("preferredFirstName"),
        preferred_middle_name=read.text("preferredMiddleName"),
        preferred_family_name=read.text("preferredLastName"),
        pronouns=read.text("pronouns"),
        sms=read.text("sms"),
        phone=read.text("phone"),
        agents=read.refs("agents"),
        user_ids=_user_ids(read),
        master_identifier=read.key("userMasterIdentifier"),
    )


def _roles(read: LenientFields) -> tuple[Role, ...]:
    found = (_role(inner) for value in read.each("roles") if (inner := read.inner("roles", value)))
    return tuple(role for role in found if role is not None)


def _role(read: LenientFields) -> Role | None:
    role = read.text("roles.role")
    org = read.ref("roles.org")
    if role is None or org is None:
        missing = "role" if role is None else "org"
        read.note(
            f"roles.{missing}",
            f"role-without-{missing}",
            f"a role without its {'word' if role is None else 'org'} was left out",
            is_loss=role is not None or org is not None,
        )
        return None
    return Role(
        role=ROLES.get(role.lower(), role),
        org=org,
        type=read.text("roles.roleType") or "primary",
        begins_on=read.day("roles.beginDate"),
        ends_on=read.day("roles.endDate"),
    )


def _roles_of_1_1(read: LenientFields) -> tuple[Role, ...]:
    """Return 1.1's one role at several orgs, the first of which is the primary one."""
    role, orgs = read.text("role"), read.refs("orgs")
    if role is None:
        return ()
    if not orgs:
        read.note("orgs", "role-without-org", "a role without its org was left out", is_loss=True)
    return tuple(
        Role(
            role=ROLES.get(role.lower(), role),
            org=org,
            type="secondary" if number else "primary",
        )
        for number, org in enumerate(orgs)
    )


def _user_ids(read: LenientFields) -> tuple[UserId, ...]:
    found: list[UserId] = []
    for value in read.each("userIds"):
        if isinstance(value, str):  # the id alone
            kind, identifier = None, read.id_in("userIds", value)
        elif inner := read.inner("userIds", value):
            kind, identifier = inner.text("userIds.type"), inner.key("userIds.identifier")
        else:
            continue
        if identifier is not None:
            found.append(UserId(type=kind or "", identifier=identifier))
    return tuple(found)


def _demographics(sourced_id: str, read: LenientFields) -> Demographics:
    return Demographics(
        sourced_id=sourced_id,
        status=read.status(),
        modified_at=read.moment("dateLastModified"),
        birth_date=read.day("birthDate"),
        sex=read.text("sex"),
        american_indian_or_alaska_native=read.flag("americanIndianOrAlaskaNative"),
        asian=read.flag("asian"),
        black_or_african_american=read.flag("blackOrAfricanAmerican"),
        native_hawaiian_or_other_pacific_islander=read.flag("nativeHawaiianOrOtherPacificIslander"),
        white=read.flag("white"),
        demographic_race_two_or_more_races=read.flag("demographicRaceTwoOrMoreRaces"),
        hispanic_or_latino_ethnicity=read.flag("hispanicOrLatinoEthnicity"),
        country_of_birth_code=read.text("countryOfBirthCode"),
        state_of_birth_abbreviation=read.text("stateOfBirthAbbreviation"),
        city_of_birth=read.text("cityOfBirth"),
        public_school_residence_status=read.text("publicSchoolResidenceStatus"),
    )


_READERS: Final[Mapping[Collection, Callable[[str, LenientFields], Record]]] = {
    Collection.ORGS: _org,
    Collection.ACADEMIC_SESSIONS: _session,
    Collection.COURSES: _course,
    Collection.CLASSES: _class,
    Collection.USERS: _user,
    Collection.ENROLLMENTS: _enrollment,
    Collection.DEMOGRAPHICS: _demographics,
}
