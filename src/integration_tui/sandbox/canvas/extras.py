"""What stands in a real Canvas and comes from no SIS: by arithmetic, of the numbers of rows.

Test students, observers, a designer, an aide who was added by hand, second logins, and people
whose enrollment waits, is over, or was taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from typing import Final

import msgspec

from integration_tui.domain.roster import Collection
from integration_tui.sandbox.canvas import numbers
from integration_tui.sandbox.canvas.rows import (
    EnrollmentRow,
    EnrollmentType,
    LoginRow,
    SectionRow,
    UserRow,
)

_T = EnrollmentType
_KINDS: Final = 10
_OBSERVED: Final = 4
_LOGINS: Final = 40
_SECOND_LOGIN, _DELETED_LOGIN = 7, 9
OLD_LOGIN: Final = "-OLD"
"""Ends the SIS id of a second login."""
_LOGIN_IDS: Final = 10**10
"""Second logins have these ids and more."""
_MIXED_STATES: Final = (
    ("invited", True),
    ("creation_pending", True),
    ("inactive", True),
    ("completed", True),
    ("deleted", True),
    ("deleted", False),
    ("rejected", False),
)
"""States, and whether a SIS import has touched the row."""
_COACH: Final = "Reading coach"
"""A role of the account's own; its type is that of an aide."""

People = Callable[[int], UserRow | None]


def is_observed(section: SectionRow) -> bool:
    """Return whether somebody's parent observes in a section."""
    return section.id % _KINDS == _OBSERVED and section.id < numbers.EXTRA_SECTIONS


def with_logins(user: UserRow) -> UserRow:
    """Return a user with the logins that were added: a second one, or one that is deleted."""
    kind = user.id % _LOGINS
    if kind not in (_SECOND_LOGIN, _DELETED_LOGIN) or not user.logins:
        return user
    first = user.logins[0]
    second = LoginRow(
        id=_LOGIN_IDS + first.id,
        unique_id=f"{first.unique_id}.old",
        sis_id=f"{first.sis_id}{OLD_LOGIN}",
        state="active" if kind == _SECOND_LOGIN and first.state == "active" else "deleted",
    )
    return msgspec.structs.replace(user, logins=(first, second))


def service_user() -> UserRow:
    """Return the administrator to whom the sandbox's own token belongs."""
    login = LoginRow(id=_LOGIN_IDS * 3, unique_id="integration-tui")
    return UserRow(
        id=numbers.SERVICE_USER,
        given_name="Roster",
        family_name="Integration",
        logins=(login,),
        by_sis=False,
    )


def extra_user(number: int) -> UserRow | None:
    """Return the observer or test student of an id; `None` for other ids."""
    section = number % 10_000_000
    if numbers.OBSERVERS < number < numbers.TEST_STUDENTS:
        login = LoginRow(id=_LOGIN_IDS * 2 + section, unique_id=f"parent{section}")
        email = f"parent{section}@family.example"
        return UserRow(
            id=number,
            given_name="Parent",
            family_name=f"of Section {section}",
            email=email,
            logins=(login,),
            by_sis=False,
        )
    if numbers.TEST_STUDENTS < number < numbers.SERVICE_USER - 565:
        return UserRow(id=number, given_name="Test", family_name="Student", by_sis=False)
    return None


def observer_of(section: SectionRow) -> int:
    """Return the id of the parent who observes in a section."""
    return numbers.OBSERVERS + section.id


class ExtraEnrollments:
    """Makes the enrollments that no SIS brought. `people` are those of the SIS, `count` of them."""

    def __init__(self, people: People, count: int) -> None:
        self._people = people
        self._count = count

    def of(self, section: SectionRow, roster: list[EnrollmentRow]) -> Iterator[EnrollmentRow]:
        """Yield those of a section, beside its roster by the SIS."""
        if section.id >= numbers.EXTRA_SECTIONS:
            yield from self._over(section)
            return
        students = [row.user for row in roster if row.type is _T.STUDENT and row.state == "active"]
        match section.id % _KINDS:
            case 3:
                yield _row(section, 0, numbers.TEST_STUDENTS + section.id, _T.STUDENT_VIEW)
            case _ if is_observed(section):
                yield from self._observers(section, students)
            case 5:
                yield _row(section, 0, self._person(0), _T.DESIGNER)
            case 6:
                yield from self._aide(section, {row.user for row in roster})
            case 7:
                yield from self._mixed(section, {row.user for row in roster})
            case _:
                pass

    def _observers(self, section: SectionRow, students: list[int]) -> Iterator[EnrollmentRow]:
        """Yield the parent of one student, and the same parent without one."""
        observer = observer_of(section)
        if students:
            yield _row(section, 0, observer, _T.OBSERVER, observed=students[0])
        yield _row(section, 1, observer, _T.OBSERVER)

    def _aide(self, section: SectionRow, members: Set[int]) -> Iterator[EnrollmentRow]:
        """Yield a member of the staff who was added by hand."""
        for person in self._others(1 + section.id % 17, members, 1):
            yield _row(section, 0, person, _T.TA, role=_COACH)

    def _mixed(self, section: SectionRow, members: Set[int]) -> Iterator[EnrollmentRow]:
        first = self._count // 2 + section.id * 7
        chosen = self._others(first, members, len(_MIXED_STATES))
        for nth, (person, (state, by_sis)) in enumerate(zip(chosen, _MIXED_STATES, strict=False)):
            yield _row(section, nth, person, _T.STUDENT, state=state, by_sis=by_sis)

    def _over(self, section: SectionRow) -> Iterator[EnrollmentRow]:
        """Yield a few students of a course that is over."""
        chosen = self._others(self._count // 2, frozenset(), 3)
        for nth, person in enumerate(chosen):
            yield _row(section, nth, person, _T.STUDENT, state="completed")

    def _others(self, first: int, members: Set[int], count: int) -> list[int]:
        """Return people from a place on who can sign in and are no members yet."""
        found: list[int] = []
        for step in range(self._count):
            number = self._person((first + step) % self._count)
            person = None if number in members else self._people(number)
            if person is not None and not person.is_deleted:
                found.append(number)
            if len(found) == count:
                break
        return found

    def _person(self, place: int) -> int:
        return numbers.number_of(Collection.USERS, place)


def _row(
    section: SectionRow,
    nth: int,
    user: int,
    type_: EnrollmentType,
    **fields: str | bool | int,
) -> EnrollmentRow:
    row = EnrollmentRow(
        id=numbers.extra_enrollment(section.id, nth),
        user=user,
        section=section.id,
        type=type_,
        by_sis=False,
    )
    return msgspec.structs.replace(row, **fields)
