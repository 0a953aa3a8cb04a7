"""OneRoster JSON to records, one by one: a bad record is rejected, the page goes on.

Only the fields named here are read. Passwords and credentials have no field, so none is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from integration_tui.domain.roster import (
    AcademicSession,
    Class,
    Collection,
    Course,
    Enrollment,
    Org,
    Record,
)
from integration_tui.providers.oneroster.fields import (
    Flag,
    Ref,
    Text,
    Wire,
    Words,
    day,
    flag,
    id_of,
    ids,
    moment,
    status,
    text,
    word,
    words,
)
from integration_tui.providers.oneroster.people import ROLES, DemographicsJson, UserJson


class _Org(Wire, frozen=True, kw_only=True, rename="camel", gc=False):
    name: str
    type: str
    identifier: Text = None
    parent: Ref | None = None

    def record(self) -> Org:
        return Org(
            sourced_id=self.sourced_id,
            status=status(self.status),
            modified_at=moment(self.date_last_modified),
            name=self.name,
            type=self.type,
            identifier=text(self.identifier),
            parent=id_of(self.parent),
        )


class _AcademicSession(Wire, frozen=True, kw_only=True, rename="camel", gc=False):
    title: str
    type: str
    start_date: str
    end_date: str
    school_year: Text = None
    parent: Ref | None = None

    def record(self) -> AcademicSession:
        starts_on, ends_on = day(self.start_date), day(self.end_date)
        if starts_on is None or ends_on is None:
            raise ValueError("startDate and endDate must be dates")
        return AcademicSession(
            sourced_id=self.sourced_id,
            status=status(self.status),
            modified_at=moment(self.date_last_modified),
            title=self.title,
            type=self.type,
            starts_on=starts_on,
            ends_on=ends_on,
            school_year=text(self.school_year),
            parent=id_of(self.parent),
        )


class _Course(Wire, frozen=True, kw_only=True, rename="camel", gc=False):
    title: str
    course_code: Text = None
    org: Ref | None = None
    grades: Words = None
    subjects: Words = None
    subject_codes: Words = None
    school_year: Ref | str | None = None

    def record(self) -> Course:
        return Course(
            sourced_id=self.sourced_id,
            status=status(self.status),
            modified_at=moment(self.date_last_modified),
            title=self.title,
            course_code=text(self.course_code),
            org=id_of(self.org),
            grades=words(self.grades),
            subjects=words(self.subjects),
            subject_codes=words(self.subject_codes),
            school_year=id_of(self.school_year) if isinstance(self.school_year, Ref) else None,
        )


class _Class(Wire, frozen=True, kw_only=True, rename="camel", gc=False):
    title: str
    school: Ref
    course: Ref | None = None
    terms: Sequence[Ref] | None = None
    class_code: Text = None
    class_type: str | None = None
    grades: Words = None
    location: Text = None
    subjects: Words = None
    subject_codes: Words = None
    periods: Words = None

    def record(self) -> Class:
        return Class(
            sourced_id=self.sourced_id,
            status=status(self.status),
            modified_at=moment(self.date_last_modified),
            title=self.title,
            course=id_of(self.course),
            school=self.school.sourced_id,
            terms=ids(self.terms),
            class_code=text(self.class_code),
            class_type=self.class_type or "scheduled",
            grades=words(self.grades),
            location=text(self.location),
            subjects=words(self.subjects),
            subject_codes=words(self.subject_codes),
            periods=words(self.periods),
        )


class _Enrollment(Wire, frozen=True, kw_only=True, rename="camel", gc=False):
    user: Ref
    class_: Ref = msgspec.field(name="class")
    school: Ref
    role: str
    primary: Flag = None
    begin_date: str | None = None
    end_date: str | None = None

    def record(self) -> Enrollment:
        return Enrollment(
            sourced_id=self.sourced_id,
            status=status(self.status),
            modified_at=moment(self.date_last_modified),
            user=self.user.sourced_id,
            class_=self.class_.sourced_id,
            school=self.school.sourced_id,
            role=word(self.role, ROLES),
            primary=flag(self.primary),
            begins_on=day(self.begin_date),
            ends_on=day(self.end_date),
        )


_DECODERS: Final[Mapping[Collection, msgspec.json.Decoder[Wire]]] = {
    collection: msgspec.json.Decoder(wire)
    for collection, wire in {
        Collection.ORGS: _Org,
        Collection.ACADEMIC_SESSIONS: _AcademicSession,
        Collection.COURSES: _Course,
        Collection.CLASSES: _Class,
        Collection.USERS: UserJson,
        Collection.ENROLLMENTS: _Enrollment,
        Collection.DEMOGRAPHICS: DemographicsJson,
    }.items()
}


def read_record(collection: Collection, raw: bytes | msgspec.Raw) -> Record:
    """Return one record. Raises `ValueError`, whose text repeats no value of the record."""
    record = _DECODERS[collection].decode(raw).record()
    if not record.sourced_id:
        raise ValueError("sourcedId is empty")
    return record
