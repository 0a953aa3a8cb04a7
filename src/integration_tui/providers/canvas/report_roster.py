"""The records of a provisioning report, the same as those that a listing reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from integration_tui.domain.paging import Rejected
from integration_tui.domain.record_shape import shape_of
from integration_tui.domain.roster import Collection, Record
from integration_tui.providers.canvas.objects import (
    CanvasAccount,
    CanvasCourse,
    CanvasEnrollment,
    CanvasSection,
    CanvasTerm,
    CanvasUser,
    is_id,
    text_of,
)
from integration_tui.providers.canvas.people import (
    GUARDIAN,
    People,
    RoleNames,
    administration,
)
from integration_tui.providers.canvas.records import (
    CanvasFrame,
    Read,
    class_of,
    course_of,
    enrollment_of,
    org_of,
    session_of,
    user_of,
)
from integration_tui.providers.canvas.report_files import ReportFiles, Row
from integration_tui.providers.paging.id_set import IdSet

Reads = Iterator[Read[Record]]
"""One for each row of a file; an empty one for a row that says nothing of its own."""
_ACTIVE: Final = "active"
_DELETED: Final = "deleted"
_FACT: Final = (1 << 63) - 1


class ReportRoster:
    """Reads one report, of the account `top` and all below it. All methods block."""

    def __init__(
        self, files: ReportFiles, top: CanvasAccount, zone: ZoneInfo, names: RoleNames
    ) -> None:
        self._files = files
        self._top = top
        self._zone = zone
        self._names = names
        self._ways: Mapping[Collection, Callable[[], Reads]] = {
            Collection.ORGS: self._orgs,
            Collection.ACADEMIC_SESSIONS: self._sessions,
            Collection.COURSES: self._courses,
            Collection.CLASSES: self._classes,
            Collection.USERS: self._users,
            Collection.ENROLLMENTS: self._enrollments,
        }

    @property
    def tells_administrators(self) -> bool:
        """Whether the report says who administers accounts."""
        return self._files.has("admins")

    def reads(self, collection: Collection) -> Reads:
        """Yield what becomes of each row of a collection's file, in its order."""
        return self._ways[collection]()

    @cached_property
    def frame(self) -> CanvasFrame:
        """What the records are read by."""
        accounts = (row.get("canvas_account_id", "") for row in self._files.rows("accounts"))
        sessions = (read.row.sourced_id for read in self._sessions() if read.row is not None)
        return CanvasFrame(
            top=self._top,
            accounts=frozenset((text_of(self._top.id), *accounts)),
            terms=frozenset(sessions),
            zone=self._zone,
        )

    @cached_property
    def people(self) -> People:
        """What people are, by enrollments, administrators and observers."""
        people, frame = People(), self.frame
        for row in self._files.rows("enrollments"):
            enrollment_of(_enrollment(row), self._school(row), self._names, people)
        for row in self._files.rows("user_observers"):
            observer, observed = row.get("canvas_observer_id"), row.get("canvas_student_id")
            if observer and observed and row.get("status") != _DELETED:
                people.link(observer, observed)
                if not people.has(observer, GUARDIAN):  # where no course says at which school
                    people.add(observer, GUARDIAN, frame.top_id)
        for row in self._files.rows("admins"):
            user, account = row.get("canvas_user_id"), row.get("canvas_account_id", "")
            if user and account in frame.accounts and row.get("status") != _DELETED:
                people.add(user, administration(is_root=frame.is_root(account)), account)
        return people

    @cached_property
    def _by_course(self) -> Mapping[str, CanvasCourse]:
        rows = self._files.rows("courses")
        return {row.get("canvas_course_id", ""): _course(row) for row in rows}

    @cached_property
    def _cross_lists(self) -> Mapping[str, str]:
        """The course that a section is listed in, where that is not its own."""
        return {
            row.get("canvas_section_id", ""): row.get("canvas_xlist_course_id", "")
            for row in self._files.rows("xlist")
            if row.get("status", _ACTIVE) == _ACTIVE
        }

    def _course_of(self, row: Row) -> str:
        """Return the course that a row's section is listed in."""
        own = row.get("canvas_course_id", "")
        return self._cross_lists.get(row.get("canvas_section_id", ""), own)

    def _school(self, row: Row) -> str:
        course = self._by_course.get(self._course_of(row))
        account = None if course is None or course.account_id is None else f"{course.account_id}"
        return self.frame.org(account)

    def _orgs(self) -> Reads:
        yield org_of(self._top, self.frame)
        for row in self._files.rows("accounts"):
            account = CanvasAccount(
                id=row.get("canvas_account_id", ""),
                name=row.get("name"),
                parent_account_id=row.get("canvas_parent_id") or self._top.id,
                sis_account_id=row.get("account_id"),
                workflow_state=row.get("status"),
            )
            yield _checked(account.id, row) or org_of(account, self.frame)

    def _sessions(self) -> Reads:
        for row in self._files.rows("terms"):
            term = CanvasTerm(
                id=row.get("canvas_term_id", ""),
                name=row.get("name"),
                start_at=row.get("start_date"),
                end_at=row.get("end_date"),
                sis_term_id=row.get("term_id"),
                workflow_state=row.get("status"),
            )
            yield _checked(term.id, row) or session_of(term, self._zone)

    def _courses(self) -> Reads:
        for row in self._files.rows("courses"):
            course = _course(row)
            yield _checked(course.id, row) or course_of(course, self.frame)

    def _classes(self) -> Reads:
        for row in self._files.rows("sections"):
            own, listed_in = row.get("canvas_course_id", ""), self._course_of(row)
            section = CanvasSection(
                id=row.get("canvas_section_id", ""),
                name=row.get("name"),
                course_id=listed_in,
                nonxlist_course_id=own if own != listed_in else None,
                sis_section_id=row.get("section_id"),
                integration_id=row.get("integration_id"),
                workflow_state=row.get("status"),
            )
            yield _checked(section.id, row) or self._class(section, listed_in)

    def _class(self, section: CanvasSection, course_id: str) -> Read[Record]:
        course = self._by_course.get(course_id)
        if course is not None:
            return class_of(section, course, self.frame)
        if section.workflow_state == _DELETED:
            return Read()
        reason = "its course is not in the report"
        return Read(rejected=Rejected(sourced_id=text_of(section.id), reason=reason))

    def _users(self) -> Reads:
        others = self._other_logins()
        seen = IdSet()
        for row in self._files.rows("users"):
            user_id = row.get("canvas_user_id", "")
            if not is_id(user_id):
                yield _rejected(row)
            elif seen.take([user_id]):
                yield Read()
            else:
                yield self._user([row, *others.get(user_id, ())])

    def _other_logins(self) -> Mapping[str, Sequence[Row]]:
        """Return the rows of those who have several logins, without their first one."""
        found: dict[str, list[Row]] = {}
        seen = IdSet()
        for row in self._files.rows("users"):
            user_id = row.get("canvas_user_id", "")
            if seen.take([user_id]):
                found.setdefault(user_id, []).append(row)
        return found

    def _user(self, rows: Sequence[Row]) -> Read[Record]:
        """Return a person by all logins; those that were deleted do not count beside others."""
        live = [row for row in rows if row.get("status", _ACTIVE) == _ACTIVE] or rows
        first, others = live[0], live[1:]
        user = CanvasUser(
            id=first["canvas_user_id"],
            name=first.get("full_name"),
            sortable_name=first.get("sortable_name"),
            sis_user_id=first.get("user_id"),
            integration_id=first.get("integration_id"),
            login_id=first.get("login_id"),
            email=next((row["email"] for row in live if "email" in row), None),
            workflow_state=first.get("status"),
        )
        sis_ids = [row.get("user_id") for row in others]
        return user_of(user, self.people, self.frame.top_id, sis_ids)

    def _enrollments(self) -> Reads:
        unheard, seen = People(), IdSet()
        for row in self._files.rows("enrollments"):
            enrollment = _enrollment(row)
            if (refused := _checked(enrollment.id, row)) is not None:
                yield refused
                continue
            row_id = text_of(enrollment.id)
            seat = enrollment.user_id, enrollment.course_section_id, enrollment.enrollment_state
            fact = hash(seat) & _FACT
            if seen.take([row_id], [fact]) and seen.fact(row_id) == fact:
                yield Read()  # of another login of the same person
                continue
            yield enrollment_of(enrollment, self._school(row), self._names, unheard)


def _course(row: Row) -> CanvasCourse:
    return CanvasCourse(
        id=row.get("canvas_course_id", ""),
        name=row.get("long_name"),
        course_code=row.get("short_name"),
        account_id=row.get("canvas_account_id"),
        enrollment_term_id=row.get("canvas_term_id"),
        sis_course_id=row.get("course_id"),
        integration_id=row.get("integration_id"),
        workflow_state=row.get("status"),
    )


def _enrollment(row: Row) -> CanvasEnrollment:
    return CanvasEnrollment(
        id=row.get("canvas_enrollment_id", ""),
        user_id=row.get("canvas_user_id"),
        course_id=row.get("canvas_course_id"),
        course_section_id=row.get("canvas_section_id"),
        type=row.get("base_role_type"),
        role=row.get("role"),
        enrollment_state=row.get("status"),
        associated_user_id=row.get("canvas_associated_user_id"),
    )


def _checked(row_id: int | str, row: Row) -> Read[Record] | None:
    return None if is_id(row_id) else _rejected(row)


def _rejected(row: Row) -> Read[Record]:
    reason = "its id is not one of Canvas"
    return Read(rejected=Rejected(sourced_id="", reason=reason, raw=shape_of(dict(row))))
