"""Our records of Canvas' objects.

Sections are classes, accounts are orgs and terms are academic sessions. What another system
calls a record (`sis_*_id`, `integration_id`) is among its claims.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Generic, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET

from integration_tui.domain.paging import RecordFinding, Rejected
from integration_tui.domain.roster import (
    AcademicSession,
    Class,
    Course,
    Enrollment,
    Org,
    Record,
    RecordStatus,
    User,
)
from integration_tui.domain.text_damage import LONGEST_ID, LONGEST_TEXT
from integration_tui.providers.canvas.objects import (
    CanvasAccount,
    CanvasCourse,
    CanvasEnrollment,
    CanvasSection,
    CanvasTerm,
    CanvasUser,
    MaybeText,
    reference,
    text_of,
)
from integration_tui.providers.canvas.people import (
    OBSERVER,
    TEST_STUDENT,
    People,
    RoleNames,
    role_key,
)

R_co = TypeVar("R_co", bound=Record, covariant=True)
_GONE: Final = RecordStatus.TO_BE_DELETED
_HERE: Final = RecordStatus.ACTIVE
_COURSES: Final = {"completed": _GONE, "concluded": _GONE, "deleted": _GONE}
_STATES: Final[Mapping[str, RecordStatus]] = {
    "active": _HERE,
    "inactive": _GONE,
    "completed": _GONE,
    "concluded": _GONE,
    "deleted": _GONE,
    "rejected": _GONE,
}
_WAITING: Final = frozenset({"invited", "creation_pending"})
_YEARS: Final = range(1900, 2200)
_UNDONE: Final = frozenset({"deleted", "rejected"})
_HIDDEN: Final = (
    'SIS ids are hidden from this token: give its role "SIS data: read"; people are matched by'
    " address only"
)


class CanvasFrame(msgspec.Struct, frozen=True, kw_only=True):
    """What all records of one Canvas are read by.

    `top` is the account whose records are read, `accounts` are the ids of it and all below it.
    `terms` are the ids of those that are academic sessions; `None` where they cannot be read.
    """

    top: CanvasAccount
    accounts: frozenset[str]
    terms: frozenset[str] | None
    zone: ZoneInfo

    @property
    def top_id(self) -> str:
        return text_of(self.top.id)

    @property
    def is_whole(self) -> bool:
        """Whether all of the district is seen, and not one account of it."""
        return reference(self.top.parent_account_id) is None

    def is_root(self, account_id: str) -> bool:
        """Return whether an account is the district."""
        return self.is_whole and account_id == self.top_id

    def org(self, account_id: str | None) -> str:
        """Return the org of what an account has; the top one where it is not known."""
        return account_id if account_id in self.accounts and account_id else self.top_id


class Read(msgspec.Struct, Generic[R_co], frozen=True, kw_only=True):
    """What became of one object: a record, a rejected one, or neither, with what is said of it."""

    row: R_co | None = None
    rejected: Rejected | None = None
    findings: tuple[RecordFinding, ...] = msgspec.field(default=())


def org_of(wire: CanvasAccount, frame: CanvasFrame) -> Read[Org]:
    """Return the org of an account: the root is the district, all others are schools."""
    account_id, name = text_of(wire.id), text(wire.name)
    if name is None:
        return Read(rejected=Rejected(sourced_id=account_id, reason="it has no name"))
    parent = reference(wire.parent_account_id)
    return Read(
        row=Org(
            sourced_id=account_id,
            status=_GONE if wire.workflow_state == "deleted" else _HERE,
            name=name,
            type="district" if parent is None else "school",
            # Above the top account nothing is listed.
            parent=parent if parent in frame.accounts else None,
            claims=claims(wire.sis_account_id, wire.integration_id),
        )
    )


def session_of(wire: CanvasTerm, zone: ZoneInfo) -> Read[AcademicSession]:
    """Return the academic session of a term; none of one without both its dates."""
    term_id, title = text_of(wire.id), text(wire.name)
    begin, end = moment(wire.start_at), moment(wire.end_at)
    if begin is None or end is None or end <= begin:
        return Read(
            findings=(
                RecordFinding(
                    sourced_id=term_id,
                    rule="term-without-dates",
                    message="it is no academic session without a start and an end behind it, and"
                    " was left out",
                ),
            )
        )
    if title is None:
        return Read(rejected=Rejected(sourced_id=term_id, reason="it has no name"))
    return Read(
        row=AcademicSession(
            sourced_id=term_id,
            status=_GONE if wire.workflow_state == "deleted" else _HERE,
            title=title,
            type="term",
            starts_on=begin.astimezone(zone).date(),
            ends_on=_first_day_after(end.astimezone(zone)),
            claims=claims(wire.sis_term_id, wire.integration_id),
        )
    )


def course_of(wire: CanvasCourse, frame: CanvasFrame) -> Read[Course]:
    """Return the course of one of Canvas; unpublished ones are active, too."""
    course_id, title = text_of(wire.id), text(wire.name) or text(wire.course_code)
    if title is None:
        return Read(rejected=Rejected(sourced_id=course_id, reason="it has no name"))
    return Read(
        row=Course(
            sourced_id=course_id,
            status=course_status(wire),
            title=title,
            course_code=text(wire.course_code),
            org=frame.org(reference(wire.account_id)),
            claims=claims(wire.sis_course_id, wire.integration_id),
        )
    )


def course_status(wire: CanvasCourse) -> RecordStatus:
    """Return whether a course, and so its classes, is active."""
    return _COURSES.get(text(wire.workflow_state) or "", _HERE)


def class_of(wire: CanvasSection, course: CanvasCourse, frame: CanvasFrame) -> Read[Class]:
    """Return the class of a section. One that is cross-listed is of the course it is listed in."""
    section_id = text_of(wire.id)
    title = _title(text(course.name), text(wire.name))
    if title is None:
        return Read(rejected=Rejected(sourced_id=section_id, reason="it has no name"))
    term = reference(course.enrollment_term_id)
    is_gone = text(wire.workflow_state) == "deleted"
    return Read(
        row=Class(
            sourced_id=section_id,
            status=_GONE if is_gone else course_status(course),
            title=title,
            course=text_of(course.id),
            school=frame.org(reference(course.account_id)),
            terms=(term,) if term and frame.terms and term in frame.terms else (),
            claims=claims(wire.sis_section_id, wire.integration_id),
        ),
        findings=_cross_listed(wire, section_id, text_of(course.id)),
    )


def user_of(
    wire: CanvasUser, people: People, account: str, other_logins: Sequence[MaybeText] = ()
) -> Read[User]:
    """Return the person of a user, with the roles that are known.

    Who has none belongs to the `account` whose users are listed.
    `other_logins` are the SIS ids of a user's other logins, where they are told.
    """
    user_id = text_of(wire.id)
    given, family = _names(text(wire.sortable_name), text(wire.name))
    if not given and not family:
        return Read(rejected=Rejected(sourced_id=user_id, reason="it has no name"))
    roles = people.roles(user_id)
    state = text(wire.workflow_state)
    return Read(
        row=User(
            sourced_id=user_id,
            status=_GONE if state == "deleted" else _HERE,
            given_name=given,
            family_name=family,
            username=text(wire.login_id),
            email=text(wire.email),
            enabled=state != "suspended",
            roles=roles,
            primary_org=roles[0].org if roles else account,
            agents=people.agents(user_id),
            claims=claims(wire.sis_user_id, *other_logins, wire.integration_id),
        ),
        findings=_hidden(user_id) if wire.sis_user_id is UNSET else (),
    )


def enrollment_of(
    wire: CanvasEnrollment, school: str, names: RoleNames, people: People
) -> Read[Enrollment]:
    """Return the enrollment of a row, and take in what it says of its person."""
    row_id, user = text_of(wire.id), reference(wire.user_id)
    section = reference(wire.course_section_id)
    kind, state = role_key(text(wire.type) or ""), text(wire.enrollment_state) or ""
    if user is None or section is None:
        missing = "user" if user is None else "section"
        return Read(rejected=Rejected(sourced_id=row_id, reason=f"it names no {missing}"))
    role = names.of(kind, text(wire.role) or "")
    if kind == TEST_STUDENT or role is None:
        observed = reference(wire.associated_user_id)
        if kind == OBSERVER and state == "active" and observed is not None:
            people.observe(user, observed, school)
        return _no_member(row_id, kind)
    if state not in _UNDONE:
        people.add(user, role, school)
    seat = Enrollment(sourced_id=row_id, user=user, class_=section, school=school, role=role)
    return _in_state(seat, state)


def _no_member(row_id: str, kind: str) -> Read[Enrollment]:
    if kind == OBSERVER:
        return Read()  # told by whom is observed
    if kind == TEST_STUDENT:
        return _left_out(row_id, "test-student", "Canvas' test student is no person")
    return _left_out(row_id, "role-not-mapped", "OneRoster has no such role: map it in roles")


def _in_state(seat: Enrollment, state: str) -> Read[Enrollment]:
    if state in _WAITING:
        return _left_out(seat.sourced_id, "waits-for-person", "it waits for the person to accept")
    status = _STATES.get(state)
    if status is None:
        reason = "its state is not one of Canvas"
        return Read(rejected=Rejected(sourced_id=seat.sourced_id, reason=reason))
    return Read(row=msgspec.structs.replace(seat, status=status))


def text(value: MaybeText) -> str | None:
    """Return a text without what is around it; `None` where there is none."""
    if value is None or value is UNSET:
        return None
    return value.replace("\0", "").strip()[:LONGEST_TEXT] or None


def claims(*values: MaybeText) -> tuple[str, ...]:
    """Return what other systems call a record, each once."""
    found = (text(value) for value in values)
    return tuple(dict.fromkeys(one for one in found if one and len(one) <= LONGEST_ID))


def moment(value: MaybeText) -> datetime | None:
    """Return a moment as Canvas writes it: with a `Z`, an offset, or as reports have it."""
    written = text(value)
    if written is None:
        return None
    try:
        found = datetime.fromisoformat(written.replace(" -", "-").replace(" +", "+"))
        return found.replace(tzinfo=found.tzinfo or UTC) if found.year in _YEARS else None
    except ValueError:
        return None


def _first_day_after(end: datetime) -> date:
    is_midnight = end.time() == time()
    return end.date() if is_midnight else end.date() + timedelta(days=1)


def _title(course: str | None, section: str | None) -> str | None:
    """Return a class's title: of the course and the section's own, where that says more."""
    if course is None or section is None or section.startswith(course):
        return section or course
    return f"{course} - {section}"


def _names(sortable: str | None, name: str | None) -> tuple[str, str]:
    """Return given and family name. A name of one word is a given name."""
    family, comma, given = (sortable or "").partition(",")
    if comma and family.strip() and given.strip():
        return given.strip(), family.strip()
    given, _, family = (name or sortable or "").rpartition(" ")
    return (given.strip(), family) if given.strip() else (family, "")


def _cross_listed(
    wire: CanvasSection, section_id: str, course_id: str
) -> tuple[RecordFinding, ...]:
    own = reference(wire.nonxlist_course_id)
    if own is None or own == course_id:
        return ()
    return (
        RecordFinding(
            sourced_id=section_id,
            rule="cross-listed",
            message=f"it is taught with another course; its own is {own}",
            field="nonxlist_course_id",
        ),
    )


def _hidden(user_id: str) -> tuple[RecordFinding, ...]:
    return (
        RecordFinding(
            sourced_id=user_id, rule="sis-ids-hidden", field="sis_user_id", message=_HIDDEN
        ),
    )


def _left_out(row_id: str, rule: str, message: str) -> Read[Enrollment]:
    finding = RecordFinding(sourced_id=row_id, rule=rule, message=f"{message}; it was left out")
    return Read(findings=(finding,))
