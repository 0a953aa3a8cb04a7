"""The rows of a Canvas, as its tables hold them: what an answer shows of them is another matter.

Ids are numbers, of a sequence for each table. Source of the fields: Canvas REST API documentation,
the objects Account, EnrollmentTerm, User, Login, Course, Section and Enrollment.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Final

import msgspec


class EnrollmentType(StrEnum):
    """What an enrollment is at bottom; a role of an account's own is one of these, renamed."""

    STUDENT = "StudentEnrollment"
    TEACHER = "TeacherEnrollment"
    TA = "TaEnrollment"
    DESIGNER = "DesignerEnrollment"
    OBSERVER = "ObserverEnrollment"
    STUDENT_VIEW = "StudentViewEnrollment"
    """The test student of a teacher who looks at a course as students see it."""

    @property
    def word(self) -> str:
        """Return the type as parameters and CSV files spell it."""
        return self.value.removesuffix("Enrollment").lower()


ENROLLMENT_STATES: Final = (
    "active",
    "invited",
    "creation_pending",
    "rejected",
    "completed",
    "inactive",
    "deleted",
)
COURSE_STATES: Final = ("created", "claimed", "available", "completed", "deleted")


class AccountRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An account; the root has no parent."""

    id: int
    name: str
    parent: int | None = None
    sis_id: str | None = None
    state: str = "active"


class TermRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A term; the default one has no days. `ends_on` is its last day."""

    id: int
    name: str
    starts_on: date | None = None
    ends_on: date | None = None
    sis_id: str | None = None
    state: str = "active"


class LoginRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One way for a user to sign in, with a SIS id of its own."""

    id: int
    unique_id: str
    sis_id: str | None = None
    integration_id: str | None = None
    state: str = "active"


class UserRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A person. `by_sis`: a SIS import has touched the row, as in the other rows."""

    id: int
    given_name: str
    family_name: str
    email: str | None = None
    logins: tuple[LoginRow, ...] = ()
    state: str = "registered"
    by_sis: bool = True

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def sortable_name(self) -> str:
        return f"{self.family_name}, {self.given_name}".strip(", ")

    @property
    def active_logins(self) -> tuple[LoginRow, ...]:
        return tuple(login for login in self.logins if login.state == "active")

    @property
    def is_deleted(self) -> bool:
        """Return whether nobody can sign in as the user any more, who had a login."""
        return self.state == "deleted" or bool(self.logins and not self.active_logins)


class CourseRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A course of an account in a term."""

    id: int
    name: str
    code: str
    account: int
    term: int
    sis_id: str | None = None
    state: str = "available"
    by_sis: bool = True


class SectionRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A section. Where it is cross-listed, `home` is the course that it came from."""

    id: int
    name: str
    course: int
    home: int | None = None
    sis_id: str | None = None
    state: str = "active"
    by_sis: bool = True

    @property
    def own_course(self) -> int:
        """Return the course below which SIS files and reports have it."""
        return self.course if self.home is None else self.home


class EnrollmentRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A user in a section. `role` is the role's name where it is not the type's own.

    `observed` is the student whom an observer observes.
    """

    id: int
    user: int
    section: int
    type: EnrollmentType
    state: str = "active"
    role: str = ""
    observed: int | None = None
    by_sis: bool = True
