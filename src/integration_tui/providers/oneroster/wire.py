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
    Role,
    User,
)
from integration_tui.providers.oneroster.fields import (
    Flag,
    Ref,
    Text,
    Words,
    day,
    flag,
    id_of,
    ids,
    moment,
    status,
    text,
    words,
)


class _Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    sourced_id: str
    status: str | None = None
    date_last_modified: str | None = None

    def record(self) -> Record:
        """Return our record. Raises `ValueError` where a value makes no sense."""
        raise NotImplementedError


class _Org(_Wire, frozen=True, kw_only=True, rename="camel", gc=False):
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


class _AcademicSession(_Wire, frozen=True, kw_only=True, rename="camel", gc=False):
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


class _Course(_Wire, frozen=True, kw_only=True, rename="camel", gc=False):
    title: str
    course_code: Text = None
    org: Ref | None = None
    grades: Words = None

    def record(self) -> Course:
        return Course(
            sourced_id=self.sourced_id,
            status=status(self.status),
            modified_at=moment(self.date_last_modified),
            title=self.title,
            course_code=text(self.course_code),
            org=id_of(self.org),
            grades=words(self.grades),
        )


class _Class(_Wire, frozen=True, kw_only=True, rename="camel", gc=False):
    title: str
    school: Ref
    course: Ref | None = None
    terms: Sequence[Ref] | None = None
    class_code: Text = None
    class_type: str | None = None
    grades: Words = None

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
        )


class _Role(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    role: str
    org: Ref
    role_type: str | None = None


class _User(_Wire, frozen=True, kw_only=True, rename="camel", gc=False):
    given_name: str
    family_name: str
    username: Text = None
    email: str | None = None
    identifier: Text = None
    enabled_user: Flag = None
    roles: Sequence[_Role] | None = None
    role: str | None = None
    orgs: Sequence[Ref] | None = None
    grades: Words = None
    primary_org: Ref | None = None

    def record(self) -> User:
        return User(
            sourced_id=self.sourced_id,
            status=status(self.status),
            modified_at=moment(self.date_last_modified),
            given_name=self.given_name,
            family_name=self.family_name,
            username=text(self.username),
            email=text(self.email),
            identifier=text(self.identifier),
            enabled=flag(self.enabled_user) is not False,
            roles=self._roles(),
            grades=words(self.grades),
            primary_org=id_of(self.primary_org),
        )

    def _roles(self) -> tuple[Role, ...]:
        if self.roles:
            return tuple(
                Role(role=one.role, org=one.org.sourced_id, type=one.role_type or "primary")
                for one in self.roles
            )
        # OneRoster 1.1 has one role at several orgs.
        return tuple(
            Role(role=self.role, org=org, type="secondary" if number else "primary")
            for number, org in enumerate(ids(self.orgs))
            if self.role
        )


class _Enrollment(_Wire, frozen=True, kw_only=True, rename="camel", gc=False):
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
            role=self.role,
            primary=flag(self.primary),
            begins_on=day(self.begin_date),
            ends_on=day(self.end_date),
        )


_DECODERS: Final[Mapping[Collection, msgspec.json.Decoder[_Wire]]] = {
    collection: msgspec.json.Decoder(wire)
    for collection, wire in {
        Collection.ORGS: _Org,
        Collection.ACADEMIC_SESSIONS: _AcademicSession,
        Collection.COURSES: _Course,
        Collection.CLASSES: _Class,
        Collection.USERS: _User,
        Collection.ENROLLMENTS: _Enrollment,
    }.items()
}


def read_record(collection: Collection, raw: bytes | msgspec.Raw) -> Record:
    """Return one record. Raises `ValueError`, whose text repeats no value of the record."""
    record = _DECODERS[collection].decode(raw).record()
    if not record.sourced_id:
        raise ValueError("sourcedId is empty")
    return record
