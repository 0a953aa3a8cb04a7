"""CSV files of a SIS import, applied row by row: what fits is written, the rest is a warning.

Source: Canvas REST API documentation, "SIS CSV Format": the columns say which file it is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import msgspec

from integration_tui.domain.roster import Collection
from integration_tui.sandbox.canvas import numbers
from integration_tui.sandbox.canvas.edits import Edits
from integration_tui.sandbox.canvas.rows import (
    AccountRow,
    CourseRow,
    EnrollmentRow,
    EnrollmentType,
    LoginRow,
    SectionRow,
    TermRow,
    UserRow,
)
from integration_tui.sandbox.canvas.tables import CanvasTables

_C = Collection
Cells = Mapping[str, str]

FILES: Final[Mapping[str, frozenset[str]]] = {
    "accounts": frozenset({"account_id", "parent_account_id", "name", "status"}),
    "terms": frozenset({"term_id", "name", "status"}),
    "courses": frozenset({"course_id", "short_name", "long_name", "status"}),
    "sections": frozenset({"section_id", "course_id", "name", "status"}),
    "users": frozenset({"user_id", "login_id", "status"}),
    "xlists": frozenset({"xlist_course_id", "section_id", "status"}),
    "enrollments": frozenset({"user_id", "status", "section_id"}),
    "user_observers": frozenset({"observer_id", "student_id", "status"}),
}
"""Kinds of files in the order in which they are applied, with the columns that they must have."""
_STATUSES: Final[Mapping[str, frozenset[str]]] = {
    "courses": frozenset({"active", "published", "completed", "deleted"}),
    "enrollments": frozenset(
        {"active", "inactive", "completed", "deleted", "deleted_last_completed"}
    ),
}
_USUAL: Final = frozenset({"active", "deleted"})
_COURSE_STATES: Final = {"active": "claimed", "published": "available"}
_TYPES: Final = {kind.word: kind for kind in EnrollmentType}
_KIND_OF: Final = {
    "account": (_C.ORGS, "sis_account_id"),
    "term": (_C.ACADEMIC_SESSIONS, "sis_term_id"),
    "course": (_C.COURSES, "sis_course_id"),
    "section": (_C.CLASSES, "sis_section_id"),
    "user": (_C.USERS, "sis_user_id"),
}


class _UnusableRowError(Exception):
    """Why a row is not applied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportMessage:
    """What is told of a row; the header is row 1."""

    file: str
    row: int
    message: str
    row_info: str


@dataclass(slots=True)
class SisFiles:
    """Applies files to the rows that were written. `current` returns the tables as they are."""

    edits: Edits
    current: Callable[[], CanvasTables]
    messages: list[ImportMessage] = field(default_factory=list[ImportMessage])
    counts: dict[str, int] = field(default_factory=dict[str, int])
    _tables: CanvasTables = field(init=False)
    _made: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])

    def __post_init__(self) -> None:
        self._tables = self.current()

    def apply(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Apply files by name and content, whatever their order."""
        read = [(_kind_of(content), name, content) for name, content in files]
        for kind in FILES:
            for found, name, content in read:
                if found == kind:
                    self._apply(kind, name, content)
        for found, name, _ in read:
            if found is None:
                self._warn(name, 1, "Couldn't find Canvas CSV import headers", "")

    def _apply(self, kind: str, name: str, content: bytes) -> None:
        self._tables, self._made = self.current(), {}
        act: Callable[[Cells], None] = {
            "accounts": self._account, "terms": self._term, "courses": self._course,
            "sections": self._section, "users": self._user, "xlists": self._cross_list,
            "enrollments": self._enrollment, "user_observers": self._observer,
        }[kind]  # fmt: skip
        for number, cells in enumerate(_rows(content), 2):
            try:
                _check_status(kind, cells)
                act(cells)
                self.counts[kind] = self.counts.get(kind, 0) + 1
            except _UnusableRowError as warning:
                self._warn(name, number, str(warning), ",".join(cells.values()))

    def _warn(self, file: str, row: int, message: str, info: str) -> None:
        self.messages.append(
            ImportMessage(file=file, row=row, message=message, row_info=info[:200])
        )

    def _account(self, cells: Cells) -> None:
        sis_id = _needed(cells, "account_id", "an account")
        parent = self._referenced("account", cells["parent_account_id"]) or numbers.ROOT
        self._keep("account", sis_id, AccountRow(
            id=self._id("account", sis_id, AccountRow), name=cells["name"], parent=parent,
            sis_id=sis_id, state=cells["status"],
        ))  # fmt: skip

    def _term(self, cells: Cells) -> None:
        sis_id = _needed(cells, "term_id", "a term")
        self._keep("term", sis_id, TermRow(
            id=self._id("term", sis_id, TermRow), name=cells["name"], sis_id=sis_id,
            starts_on=_day(cells.get("start_date", "")), ends_on=_day(cells.get("end_date", "")),
            state=cells["status"],
        ))  # fmt: skip

    def _course(self, cells: Cells) -> None:
        sis_id = _needed(cells, "course_id", "a course")
        number = self._id("course", sis_id, CourseRow)
        before = self._tables.catalog.courses.get(number)
        account = self._referenced("account", cells.get("account_id", ""))
        term = self._referenced("term", cells.get("term_id", ""))
        state = _COURSE_STATES.get(cells["status"], cells["status"])
        if cells["status"] == "active" and before is not None and before.state == "available":
            state = "available"
        self._keep("course", sis_id, CourseRow(
            id=number, name=cells["long_name"], code=cells["short_name"], sis_id=sis_id,
            account=account or (before.account if before else numbers.ROOT),
            term=term or (before.term if before else numbers.DEFAULT_TERM), state=state,
        ))  # fmt: skip

    def _section(self, cells: Cells) -> None:
        sis_id = _needed(cells, "section_id", "a section")
        course = self._referenced("course", cells["course_id"])
        if course is None:
            raise _UnusableRowError(f"Section {sis_id} references course {cells['course_id']} "
                             "which doesn't exist")  # fmt: skip
        number = self._id("section", sis_id, SectionRow)
        before = self._tables.catalog.sections.get(number)
        is_elsewhere = before is not None and before.home is not None
        self._keep("section", sis_id, SectionRow(
            id=number, name=cells["name"], sis_id=sis_id, state=cells["status"],
            course=before.course if before is not None and is_elsewhere else course,
            home=course if is_elsewhere else None,
        ))  # fmt: skip

    def _user(self, cells: Cells) -> None:
        sis_id = _needed(cells, "user_id", "a user")
        login = _needed(cells, "login_id", f"user {sis_id}")
        number = self._id("user", sis_id, UserRow)
        owner = self._tables.by_sis_id(_C.USERS, "sis_login_id", login)
        owner = self._made.get(("login", login.casefold()), owner)
        if owner not in (None, number) and cells["status"] == "active":
            raise _UnusableRowError(
                f"user {self._name_of(owner)} has already claimed {sis_id}'s requested login"
                " information, skipping"
            )
        self._made["login", login.casefold()] = number
        self._keep("user", sis_id, _user(number, sis_id, cells, self._tables.user(number)))

    def _enrollment(self, cells: Cells) -> None:
        user = self._referenced("user", cells["user_id"])
        if user is None:
            raise _UnusableRowError(f"User not found for enrollment (User ID: {cells['user_id']})")
        role = cells.get("role", "")
        kind = _TYPES.get(role.removesuffix("Enrollment").casefold())
        if kind is None or kind is EnrollmentType.STUDENT_VIEW:
            raise _UnusableRowError(f'Improper role "{role}" for an enrollment')
        section = self._section_of(cells)
        observed = self._referenced("user", cells.get("associated_user_id", ""))
        existing = [
            row
            for row in self._tables.enrollments_of(section)
            if row.user == user and row.type is kind and row.observed == observed
        ]
        number = existing[0].id if existing else self.edits.next_number(EnrollmentRow)
        self.edits.put(EnrollmentRow(
            id=number, user=user, section=section.id, type=kind, observed=observed,
            state=cells["status"].partition("_")[0],
        ))  # fmt: skip

    def _section_of(self, cells: Cells) -> SectionRow:
        sis_id, course_id = cells["section_id"], cells.get("course_id", "")
        sections = self._tables.catalog.sections
        if sis_id:
            found = self._referenced("section", sis_id)
            if found is None or sections[found].state == "deleted":
                raise _UnusableRowError(f"A section was referenced which doesn't exist ({sis_id})")
            return sections[found]
        course = self._referenced("course", course_id)
        if course is None:
            raise _UnusableRowError(f"A course was referenced which doesn't exist ({course_id})")
        own = [row for row in self._tables.catalog.sections_of(course) if row.state == "active"]
        return own[0] if own else self._default_section(course)

    def _default_section(self, course: int) -> SectionRow:
        """Return the section that a course gets for its first enrollment."""
        key = ("default", str(course))
        if key not in self._made:
            self._made[key] = self.edits.next_number(SectionRow)
        name = self._tables.catalog.courses[course].name
        section = SectionRow(id=self._made[key], name=name, course=course)
        self.edits.put(section)
        return section

    def _cross_list(self, cells: Cells) -> None:
        found = self._referenced("section", cells["section_id"])
        if found is None:
            raise _UnusableRowError(
                f"A section was referenced which doesn't exist ({cells['section_id']})"
            )
        section = self._tables.catalog.sections[found]
        if cells["status"] == "deleted":
            self.edits.put(msgspec.structs.replace(section, course=section.own_course, home=None))
            return
        course = self._referenced("course", cells["xlist_course_id"])
        if course is None:
            raise _UnusableRowError(
                f"A course was referenced which doesn't exist ({cells['xlist_course_id']})"
            )
        self.edits.put(msgspec.structs.replace(section, course=course, home=section.own_course))

    def _observer(self, cells: Cells) -> None:
        """Let somebody observe a student wherever the student is enrolled."""
        observer = self._referenced("user", cells["observer_id"])
        student = self._referenced("user", cells["student_id"])
        if observer is None or student is None or observer == student:
            raise _UnusableRowError("An observer or a student was referenced who doesn't exist")
        user = self._tables.user(student)
        rows = [] if user is None else self._tables.enrollments_of_user(user)
        for row in rows:
            if row.type is EnrollmentType.STUDENT and row.state == "active":
                self.edits.put(EnrollmentRow(
                    id=self.edits.next_number(EnrollmentRow), user=observer, observed=student,
                    section=row.section, type=EnrollmentType.OBSERVER, state=cells["status"],
                ))  # fmt: skip

    def _referenced(self, what: str, sis_id: str) -> int | None:
        if not sis_id:
            return None
        collection, kind = _KIND_OF[what]
        made = self._made.get((what, sis_id))
        return made if made is not None else self._tables.by_sis_id(collection, kind, sis_id)

    def _id(
        self,
        what: str,
        sis_id: str,
        table: type[AccountRow]
        | type[TermRow]
        | type[CourseRow]
        | type[SectionRow]
        | type[UserRow],
    ) -> int:
        found = self._referenced(what, sis_id)
        return self.edits.next_number(table) if found is None else found

    def _keep(
        self, what: str, sis_id: str, row: AccountRow | TermRow | CourseRow | SectionRow | UserRow
    ) -> None:
        self._made[what, sis_id] = row.id
        self.edits.put(row)

    def _name_of(self, number: int | None) -> str:
        user = None if number is None else self._tables.user(number)
        known = [login.sis_id for login in (user.logins if user else ()) if login.sis_id]
        return known[0] if known else str(number)


def _user(number: int, sis_id: str, cells: Cells, before: UserRow | None) -> UserRow:
    given, family = _names(cells)
    login = LoginRow(
        id=number % numbers.PER_SHARD, unique_id=cells["login_id"], sis_id=sis_id,
        integration_id=cells.get("integration_id") or None, state=cells["status"],
    )  # fmt: skip
    others = () if before is None else before.logins
    return UserRow(
        id=number, given_name=given, family_name=family, email=cells.get("email") or None,
        logins=(login, *(other for other in others if other.sis_id != sis_id)),
    )  # fmt: skip


def _names(cells: Cells) -> tuple[str, str]:
    if cells.get("first_name") or cells.get("last_name"):
        return cells.get("first_name", ""), cells.get("last_name", "")
    if cells.get("sortable_name"):
        family, _, given = cells["sortable_name"].partition(",")
        return given.strip(), family.strip()
    given, _, family = cells.get("full_name", "").strip().rpartition(" ")
    return given, family


def _kind_of(content: bytes) -> str | None:
    """Return which file it is, by its columns."""
    line = content.decode("utf-8-sig", "replace").partition("\n")[0]
    columns = {name.strip() for name in line.strip().split(",")}
    found = [kind for kind, needed in FILES.items() if needed <= columns]
    return max(found, key=lambda kind: len(FILES[kind]), default=None)


def _rows(content: bytes) -> Iterator[Cells]:
    reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig", "replace"), newline=""))
    for row in reader:
        yield {name.strip(): (value or "").strip() for name, value in row.items() if name}


def _check_status(kind: str, cells: Cells) -> None:
    status = cells.get("status", "")
    if status not in _STATUSES.get(kind, _USUAL):
        raise _UnusableRowError(f'Improper status "{status}"')


def _needed(cells: Cells, name: str, of: str) -> str:
    if not cells[name]:
        raise _UnusableRowError(f"No {name} given for {of}")
    return cells[name]


def _day(text: str) -> date | None:
    with suppress(ValueError):
        return datetime.fromisoformat(text).date()
    with suppress(ValueError):
        return date.fromisoformat(text[:10])
    return None
