"""OneRoster JSON to records, as the specification writes it: whoever is in doubt raises.

Only the fields named here are read. Passwords and credentials have no field, so none is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import UNSET

from integration_tui.domain.roster import (
    AcademicSession,
    Class,
    Collection,
    Course,
    Enrollment,
    Org,
)
from integration_tui.providers.oneroster.field_parsing import (
    NOTHING,
    DoubtError,
    Flag,
    JsonModel,
    MaybeRef,
    MaybeRefs,
    MaybeText,
    MaybeWord,
    Ref,
    Required,
    String,
    Text,
    Words,
    day,
    flag,
    id_of,
    ids,
    modified,
    name,
    sourced_id,
    status,
    text,
    word,
    words,
    year,
)
from integration_tui.providers.oneroster.user_parsing import ROLES, DemographicsJson, UserJson


class _Org(JsonModel, frozen=True, kw_only=True, rename="camel", gc=False):
    name: String
    type: Required
    identifier: Text = UNSET
    parent: MaybeRef = UNSET

    def record(self) -> Org:
        return Org(
            sourced_id=sourced_id(self.sourced_id),
            status=status(self.status),
            modified_at=modified(self.date_last_modified),
            name=name(self.name),
            type=word(self.type, {}),
            identifier=text(self.identifier),
            parent=id_of(self.parent),
        )


class _AcademicSession(JsonModel, frozen=True, kw_only=True, rename="camel", gc=False):
    title: String
    type: Required
    start_date: Required
    end_date: Required
    school_year: Text = UNSET
    parent: MaybeRef = UNSET

    def record(self) -> AcademicSession:
        starts_on, ends_on = day(self.start_date), day(self.end_date)
        if starts_on is None or ends_on is None:
            raise DoubtError
        return AcademicSession(
            sourced_id=sourced_id(self.sourced_id),
            status=status(self.status),
            modified_at=modified(self.date_last_modified),
            title=name(self.title),
            type=word(self.type, {}),
            starts_on=starts_on,
            ends_on=ends_on,
            school_year=year(self.school_year),
            parent=id_of(self.parent),
        )


class _Course(JsonModel, frozen=True, kw_only=True, rename="camel", gc=False):
    title: String
    course_code: Text = UNSET
    org: MaybeRef = UNSET
    grades: Words = UNSET
    subjects: Words = UNSET
    subject_codes: Words = UNSET
    school_year: MaybeRef = UNSET

    def record(self) -> Course:
        return Course(
            sourced_id=sourced_id(self.sourced_id),
            status=status(self.status),
            modified_at=modified(self.date_last_modified),
            title=name(self.title),
            course_code=text(self.course_code),
            org=id_of(self.org),
            grades=words(self.grades),
            subjects=words(self.subjects),
            subject_codes=words(self.subject_codes),
            school_year=id_of(self.school_year),
        )


class _Class(JsonModel, frozen=True, kw_only=True, rename="camel", gc=False):
    title: String
    school: Ref
    course: MaybeRef = UNSET
    terms: MaybeRefs = UNSET
    class_code: Text = UNSET
    class_type: MaybeText = UNSET
    grades: Words = UNSET
    location: Text = UNSET
    subjects: Words = UNSET
    subject_codes: Words = UNSET
    periods: Words = UNSET

    def record(self) -> Class:
        return Class(
            sourced_id=sourced_id(self.sourced_id),
            status=status(self.status),
            modified_at=modified(self.date_last_modified),
            title=name(self.title),
            course=id_of(self.course),
            school=sourced_id(self.school.sourced_id),
            terms=ids(self.terms),
            class_code=text(self.class_code),
            class_type=text(self.class_type) or "scheduled",
            grades=words(self.grades),
            location=text(self.location),
            subjects=words(self.subjects),
            subject_codes=words(self.subject_codes),
            periods=words(self.periods),
        )

    def parts(self) -> int:
        return len(self.terms) if self.terms else 0


class _Enrollment(JsonModel, frozen=True, kw_only=True, rename="camel", gc=False):
    user: Ref
    class_: Ref = msgspec.field(name="class")
    school: Ref
    role: Required
    primary: Flag = UNSET
    begin_date: MaybeWord = UNSET
    end_date: MaybeWord = UNSET

    def record(self) -> Enrollment:
        sid, user, class_ = self.sourced_id, self.user.sourced_id, self.class_.sourced_id
        school = self.school.sourced_id
        # Without calls, since these are the most of all records.
        if (
            sid.strip() is not sid
            or user.strip() is not user
            or class_.strip() is not class_
            or school.strip() is not school
            or not NOTHING.isdisjoint((sid, user, class_, school))
        ):
            raise DoubtError
        return Enrollment(
            sourced_id=sid,
            status=status(self.status),
            modified_at=modified(self.date_last_modified),
            user=user,
            class_=class_,
            school=school,
            role=word(self.role, ROLES),
            primary=flag(self.primary),
            begins_on=day(self.begin_date),
            ends_on=day(self.end_date),
        )


WIRES: Final[Mapping[Collection, type[JsonModel]]] = {
    Collection.ORGS: _Org,
    Collection.ACADEMIC_SESSIONS: _AcademicSession,
    Collection.COURSES: _Course,
    Collection.CLASSES: _Class,
    Collection.USERS: UserJson,
    Collection.ENROLLMENTS: _Enrollment,
    Collection.DEMOGRAPHICS: DemographicsJson,
}
