"""Rows as JSON objects, with what their reader may see.

Ids are numbers, or texts where `Accept` asks for them (`application/json+canvas-string-ids`); SIS
ids are there only for those who may read SIS data: for others the members are missing. Source:
Canvas REST API documentation, the objects of each resource.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from integration_tui.sandbox.canvas import numbers
from integration_tui.sandbox.canvas.rows import (
    AccountRow,
    CourseRow,
    EnrollmentRow,
    LoginRow,
    SectionRow,
    TermRow,
    UserRow,
)
from integration_tui.sandbox.canvas.tables import CanvasTables

Json = dict[str, object]

STRING_IDS: Final = "application/json+canvas-string-ids"
_CREATED: Final = "2026-06-01T12:00:00Z"
_SIS_IMPORT: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class CanvasRenderer:
    """Renders for one reader."""

    tables: CanvasTables
    texts: bool = False
    sis: bool = True

    def id(self, number: int | None) -> int | str | None:
        """Return an id as the reader wants it."""
        return str(number) if self.texts and number is not None else number

    def account(self, row: AccountRow) -> Json:
        root = None if row.parent is None else numbers.ROOT
        shown: Json = {
            "id": self.id(row.id),
            "name": row.name,
            "workflow_state": row.state,
            "parent_account_id": self.id(row.parent),
            "root_account_id": self.id(root),
            "uuid": f"account{row.id}",
            "default_storage_quota_mb": 500,
            "default_time_zone": "America/Chicago",
        }
        return shown | self._sis(sis_account_id=row.sis_id, sis_import=True)

    def term(self, row: TermRow) -> Json:
        shown: Json = {
            "id": self.id(row.id),
            "name": row.name,
            "start_at": _moment(row.starts_on),
            "end_at": _moment(row.ends_on),
            "created_at": _CREATED,
            "workflow_state": row.state,
            "grading_period_group_id": None,
        }
        return shown | self._sis(sis_term_id=row.sis_id, sis_import=row.sis_id is not None)

    def user(self, row: UserRow, *, email: bool = False) -> Json:
        login = _first_login(row)
        shown: Json = {
            "id": self.id(row.id),
            "name": row.name,
            "created_at": _CREATED,
            "sortable_name": row.sortable_name,
            "short_name": row.name,
        }
        if login is not None:
            shown |= self._login_ids(login)
            shown["login_id"] = login.unique_id
        return shown | {"email": row.email} if email else shown

    def login(self, row: LoginRow, user: UserRow) -> Json:
        shown: Json = {
            "id": self.id(row.id),
            "user_id": self.id(user.id),
            "account_id": self.id(numbers.ROOT),
            "unique_id": row.unique_id,
            "workflow_state": row.state,
            "authentication_provider_id": None,
            "created_at": _CREATED,
        }
        return shown | self._login_ids(row)

    def course(self, row: CourseRow, *, term: bool = False, students: bool = False) -> Json:
        shown: Json = {
            "id": self.id(row.id),
            "name": row.name,
            "account_id": self.id(row.account),
            "uuid": f"course{row.id}",
            "start_at": None,
            "end_at": None,
            "course_code": row.code,
            "workflow_state": "unpublished" if row.state in ("created", "claimed") else row.state,
            "root_account_id": self.id(numbers.ROOT),
            "enrollment_term_id": self.id(row.term),
            "is_public": False,
            "blueprint": False,
            "template": False,
            "time_zone": "America/Chicago",
            "created_at": _CREATED,
        }
        found = self.tables.catalog.terms.get(row.term) if term else None
        if found is not None:
            shown["term"] = self.term(found)
        if students:
            rows = self.tables.enrollments_in(row)
            people = {
                one.user for one in rows if one.type.word == "student" and one.state == "active"
            }
            shown["total_students"] = len(people)
        return shown | self._sis(sis_course_id=row.sis_id, sis_import=row.by_sis)

    def section(self, row: SectionRow, *, students: bool = False) -> Json:
        course = self.tables.catalog.courses[row.course]
        shown: Json = {
            "id": self.id(row.id),
            "course_id": self.id(row.course),
            "name": row.name,
            "start_at": None,
            "end_at": None,
            "created_at": _CREATED,
            "restrict_enrollments_to_section_dates": None,
            "nonxlist_course_id": self.id(row.home),
        }
        if students:
            rows = self.tables.enrollments_of(row)
            shown["total_students"] = sum(
                one.type.word == "student" and one.state == "active" for one in rows
            )
        return shown | self._sis(
            sis_section_id=row.sis_id, sis_course_id=course.sis_id, sis_import=row.by_sis
        )

    def enrollment(self, row: EnrollmentRow, user: UserRow) -> Json:
        section = self.tables.catalog.sections[row.section]
        course = self.tables.catalog.courses[section.course]
        shown: Json = {
            "id": self.id(row.id),
            "user_id": self.id(row.user),
            "course_id": self.id(section.course),
            "type": row.type.value,
            "created_at": _CREATED,
            "updated_at": _CREATED,
            "associated_user_id": self.id(row.observed),
            "start_at": None,
            "end_at": None,
            "course_section_id": self.id(row.section),
            "root_account_id": self.id(numbers.ROOT),
            "limit_privileges_to_course_section": False,
            "enrollment_state": row.state,
            "role": row.role or row.type.value,
            "role_id": self.id(3 if not row.role else 21),
            "user": self.user(user),
        }
        login = _first_login(user)
        sis_user = None if login is None else login.sis_id
        return shown | self._sis(
            sis_user_id=sis_user,
            sis_course_id=course.sis_id,
            sis_section_id=section.sis_id,
            sis_account_id=self.tables.catalog.accounts[course.account].sis_id,
            sis_import=row.by_sis,
        )

    def administrator(self, user: UserRow) -> Json:
        return {
            "id": self.id(user.id % numbers.PER_SHARD),
            "role": "AccountAdmin",
            "role_id": self.id(1),
            "user": self.user(user),
            "workflow_state": "active",
        }

    def _login_ids(self, login: LoginRow) -> Json:
        shown = self._sis(sis_user_id=login.sis_id, sis_import=login.sis_id is not None)
        if self.sis:
            shown["integration_id"] = login.integration_id
        return shown

    def _sis(self, *, sis_import: bool, **ids: str | None) -> Json:
        if not self.sis:
            return {}
        return {**ids, "sis_import_id": self.id(_SIS_IMPORT) if sis_import else None}


def _first_login(user: UserRow) -> LoginRow | None:
    logins = user.active_logins or user.logins
    return logins[0] if logins else None


def _moment(day: date | None) -> str | None:
    """Return midnight of a day in Chicago, in the summer half of the year."""
    return None if day is None else f"{day.isoformat()}T05:00:00Z"
