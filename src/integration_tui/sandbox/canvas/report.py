"""The provisioning report: the whole district as CSV files, made while a client waits.

It is started, asked for until it is complete, and fetched from another origin, where no token may
come along: the address has a verifier of its own. One row for each login; cross-listed sections
stand below their own course, and `xlist.csv` says where they are; what is completed or deleted
comes with `include_deleted` only, and what is deleted only where a SIS import has touched it;
`creation_pending` reads `invited`. Test students are left out. Sources: Canvas REST API
documentation, "Account Reports"; canvas-lms#1385 and #2388.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from integration_tui.sandbox.canvas import numbers
from integration_tui.sandbox.canvas.rows import (
    CourseRow,
    EnrollmentRow,
    EnrollmentType,
    LoginRow,
    SectionRow,
    UserRow,
)
from integration_tui.sandbox.canvas.tables import CanvasTables

Cells = Sequence[object]

PARTS: Final[Mapping[str, Sequence[str]]] = {
    "users": (
        "canvas_user_id", "user_id", "integration_id", "authentication_provider_id", "login_id",
        "first_name", "last_name", "full_name", "sortable_name", "short_name", "email", "status",
        "created_by_sis",
    ),
    "accounts": (
        "canvas_account_id", "account_id", "canvas_parent_id", "parent_account_id", "name",
        "status", "created_by_sis",
    ),
    "terms": (
        "canvas_term_id", "term_id", "name", "status", "start_date", "end_date", "created_by_sis",
    ),
    "courses": (
        "canvas_course_id", "course_id", "integration_id", "short_name", "long_name",
        "canvas_account_id", "account_id", "canvas_term_id", "term_id", "status", "start_date",
        "end_date", "course_format", "blueprint_course_id", "created_by_sis",
    ),
    "sections": (
        "canvas_section_id", "section_id", "canvas_course_id", "course_id", "integration_id",
        "name", "status", "start_date", "end_date", "canvas_account_id", "account_id",
        "created_by_sis",
    ),
    "enrollments": (
        "canvas_course_id", "course_id", "canvas_user_id", "user_id", "role", "role_id",
        "canvas_section_id", "section_id", "status", "canvas_associated_user_id",
        "associated_user_id", "created_by_sis", "base_role_type", "limit_section_privileges",
        "canvas_enrollment_id",
    ),
    "admins": (
        "canvas_user_id", "user_id", "role_id", "role", "canvas_account_id", "account_id", "status",
        "created_by_sis",
    ),
    "user_observers": (
        "canvas_observer_id", "observer_id", "canvas_student_id", "student_id", "status",
        "created_by_sis",
    ),
    "xlist": (
        "canvas_xlist_course_id", "xlist_course_id", "canvas_section_id", "section_id", "status",
        "canvas_nonxlist_course_id", "nonxlist_course_id",
    ),
}  # fmt: skip
"""The files that can be asked for, with their columns."""
_COURSE_STATUS: Final = {
    "available": "active",
    "claimed": "unpublished",
    "created": "unpublished",
}
_CLOSED: Final = frozenset({"completed", "deleted", "inactive", "rejected"})
_NO_LOGIN: Final = LoginRow(id=0, unique_id="")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOrder:
    """What a report is to hold: its parts, an account with all below it."""

    parts: Sequence[str]
    account: int = numbers.ROOT
    include_deleted: bool = False


@dataclass(slots=True)
class ProvisioningReport:
    """Makes the files of one order from one version of the tables."""

    tables: CanvasTables
    order: ReportOrder
    _makers: Mapping[str, Callable[[], Iterator[Cells]]] = field(init=False)
    _accounts: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        self._accounts = self.tables.catalog.below(self.order.account)
        self._makers = {
            "users": self._users,
            "accounts": self._account_rows,
            "terms": self._terms,
            "courses": self._course_rows,
            "sections": self._section_rows,
            "enrollments": self._enrollments,
            "xlist": self._cross_lists,
            "admins": self._administrators,
            "user_observers": self._observers,
        }

    def write(self) -> tuple[str, bytes]:
        """Return the ending of the file and its content: CSV for one part, else a zip."""
        if len(self.order.parts) == 1:
            return "csv", self._csv(self.order.parts[0]).encode()
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for part in self.order.parts:
                archive.writestr(f"{part}.csv", self._csv(part))
        return "zip", packed.getvalue()

    def _csv(self, part: str) -> str:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(PARTS[part])
        writer.writerows(self._makers[part]())
        return text.getvalue()

    def _users(self) -> Iterator[Cells]:
        for number in self.tables.user_ids(self.order.account, deleted=self.order.include_deleted):
            user = self.tables.user(number)
            for login in () if user is None else user.logins:
                if self._is_shown(login.state, by_sis=login.sis_id is not None):
                    yield self._user(user, login) if user is not None else ()

    def _user(self, user: UserRow, login: LoginRow) -> Cells:
        return (
            user.id, login.sis_id, login.integration_id, None, login.unique_id, user.given_name,
            user.family_name, user.name, user.sortable_name, user.name, user.email, login.state,
            _flag(is_true=login.sis_id is not None),
        )  # fmt: skip

    def _account_rows(self) -> Iterator[Cells]:
        """Yield all accounts but the root, which no SIS file could name."""
        accounts = self.tables.catalog.accounts
        for row in accounts.values():
            if row.parent is None or row.id not in self._accounts:
                continue
            if self._is_shown(row.state, by_sis=row.sis_id is not None):
                parent = accounts[row.parent]
                yield (
                    row.id, row.sis_id, row.parent, parent.sis_id, row.name, row.state,
                    _flag(is_true=row.sis_id is not None),
                )  # fmt: skip

    def _terms(self) -> Iterator[Cells]:
        for row in self.tables.catalog.terms.values():
            if self._is_shown(row.state, by_sis=row.sis_id is not None):
                yield (
                    row.id, row.sis_id, row.name, row.state, _midnight(row.starts_on),
                    _midnight(row.ends_on), _flag(is_true=row.sis_id is not None),
                )  # fmt: skip

    def _courses(self) -> Iterator[CourseRow]:
        for row in self.tables.catalog.courses.values():
            if row.account in self._accounts and self._is_shown(row.state, by_sis=row.by_sis):
                yield row

    def _course_rows(self) -> Iterator[Cells]:
        catalog = self.tables.catalog
        for row in self._courses():
            yield (
                row.id, row.sis_id, None, row.code, row.name, row.account,
                catalog.accounts[row.account].sis_id, row.term, catalog.terms[row.term].sis_id,
                _COURSE_STATUS.get(row.state, row.state), None, None, None, None,
                _flag(is_true=row.by_sis),
            )  # fmt: skip

    def _sections(self) -> Iterator[tuple[SectionRow, CourseRow]]:
        """Yield sections with the course that they came from."""
        catalog = self.tables.catalog
        for section in catalog.sections.values():
            course = catalog.courses[section.own_course]
            is_shown = self._is_shown(course.state, by_sis=course.by_sis)
            if is_shown and course.account in self._accounts:
                yield section, course

    def _section_rows(self) -> Iterator[Cells]:
        accounts = self.tables.catalog.accounts
        for row, course in self._sections():
            if self._is_shown(row.state, by_sis=row.by_sis):
                yield (
                    row.id, row.sis_id, course.id, course.sis_id, None, row.name, row.state, None,
                    None, course.account, accounts[course.account].sis_id,
                    _flag(is_true=row.by_sis),
                )  # fmt: skip

    def _enrollments(self) -> Iterator[Cells]:
        for section, course in self._sections():
            for row in self.tables.enrollments_of(section):
                is_test = row.type is EnrollmentType.STUDENT_VIEW
                if not is_test and self._is_shown(row.state, by_sis=row.by_sis):
                    yield from self._by_login(row, section, course)

    def _by_login(
        self, row: EnrollmentRow, section: SectionRow, course: CourseRow
    ) -> Iterator[Cells]:
        user = self.tables.user(row.user)
        if user is None:
            return
        observed = None if row.observed is None else self.tables.user(row.observed)
        state = "invited" if row.state == "creation_pending" else row.state
        for login in user.active_logins or (_NO_LOGIN,):
            yield (
                course.id, course.sis_id, user.id, login.sis_id, row.role or row.type.word,
                21 if row.role else 3, section.id, section.sis_id, state, row.observed,
                None if observed is None else _sis_id(observed),
                _flag(is_true=row.by_sis), row.type.value, "false", row.id,
            )  # fmt: skip

    def _administrators(self) -> Iterator[Cells]:
        accounts = self.tables.catalog.accounts
        for number in sorted(self._accounts):
            for user in self.tables.administrators(number):
                yield (
                    user.id, _sis_id(user), 1, "AccountAdmin", number, accounts[number].sis_id,
                    "active", _flag(is_true=user.by_sis),
                )  # fmt: skip

    def _observers(self) -> Iterator[Cells]:
        """Yield who observes whom, each pair once, wherever that is."""
        seen: set[tuple[int, int]] = set()
        for row in self.tables.observations():
            observer, student = self.tables.user(row.user), self.tables.user(row.observed or 0)
            if observer is None or student is None or (observer.id, student.id) in seen:
                continue
            seen.add((observer.id, student.id))
            yield (
                observer.id, _sis_id(observer), student.id, _sis_id(student), "active",
                _flag(is_true=row.by_sis),
            )  # fmt: skip

    def _cross_lists(self) -> Iterator[Cells]:
        courses = self.tables.catalog.courses
        for row, course in self._sections():
            if row.home is not None and self._is_shown(row.state, by_sis=row.by_sis):
                other = courses[row.course]
                yield (
                    other.id, other.sis_id, row.id, row.sis_id, row.state, course.id, course.sis_id
                )  # fmt: skip

    def _is_shown(self, state: str, *, by_sis: bool) -> bool:
        """Say whether a row in a state comes: what is deleted only as far as the SIS knows it."""
        if state == "deleted":
            return self.order.include_deleted and by_sis
        return self.order.include_deleted or state not in _CLOSED


def _sis_id(user: UserRow) -> str | None:
    return user.logins[0].sis_id if user.logins else None


def _flag(*, is_true: bool) -> str:
    return "true" if is_true else "false"


def _midnight(day: date | None) -> str | None:
    return None if day is None else f"{day.isoformat()} 00:00:00 -0500"
