"""Accounts, terms, courses and sections of a Canvas that a SIS fills: small tables, made at once.

A class of the SIS is a section. A course of the SIS is a course at every school where it is
taught, in that school's account, with a SIS id made of both; so does a district that provisions
Canvas by CSV. A class meets in several terms, a course of Canvas has one: the school year.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from integration_tui.domain.roster import AcademicSession, Class, Collection, Course, Org, Record
from integration_tui.sandbox.canvas import numbers
from integration_tui.sandbox.canvas.edits import Edits
from integration_tui.sandbox.canvas.rows import AccountRow, CourseRow, SectionRow, TermRow
from integration_tui.sandbox.source import Snapshot, has_left

_C = Collection
_DAY: Final = timedelta(days=1)
_STATE: Final = {False: "active", True: "deleted"}
_UNPUBLISHED: Final = 9
"""One course in so many is not published yet."""
_CROSS_LISTED: Final = 12
"""One section in so many meets with another course."""


class CourseCatalog:
    """The tables at one moment. `by_school` are the courses of an account, in order of their ids.

    With `extras` they have what no SIS brings: unpublished, completed and deleted courses, and
    sections that are cross-listed.
    """

    def __init__(self, snapshot: Snapshot, edits: Edits, *, extras: bool) -> None:
        self._snapshot = snapshot
        self._extras = extras
        self.accounts = {row.id: row for row in self._accounts()} | dict(edits.of(AccountRow))
        self.terms = {row.id: row for row in self._terms()} | dict(edits.of(TermRow))
        self.courses: dict[int, CourseRow] = {}
        self.sections: dict[int, SectionRow] = {}
        self._read_classes()
        if extras:
            self._cross_list()
            self._add_old_courses()
        self.courses = dict(sorted((self.courses | dict(edits.of(CourseRow))).items()))
        self.sections = dict(sorted((self.sections | dict(edits.of(SectionRow))).items()))
        self._sections_of: dict[int, list[SectionRow]] = {number: [] for number in self.courses}
        for section in self.sections.values():
            self._sections_of.setdefault(section.course, []).append(section)

    def sections_of(self, course: int) -> list[SectionRow]:
        """Return the sections that a course has now, in order of their ids."""
        return self._sections_of.get(course, [])

    def below(self, account: int) -> frozenset[int]:
        """Return an account and all below it."""
        found = {account}
        while True:
            more = {row.id for row in self.accounts.values() if row.parent in found} - found
            if not more:
                return frozenset(found)
            found |= more

    def _all(self, collection: Collection) -> Iterator[tuple[int, Record]]:
        for place in range(self._snapshot.size(collection)):
            record = self._snapshot.at(collection, place)
            if record is not None:
                yield place, record

    def _accounts(self) -> Iterator[AccountRow]:
        for place, org in self._all(_C.ORGS):
            if isinstance(org, Org):
                number = numbers.number_of(_C.ORGS, place)
                parent = self._place(_C.ORGS, org.parent)
                yield AccountRow(
                    id=number,
                    name=org.name,
                    parent=None if parent is None else numbers.number_of(_C.ORGS, parent),
                    sis_id=org.sourced_id,
                    state=_STATE[has_left(org)],
                )

    def _terms(self) -> Iterator[TermRow]:
        yield TermRow(id=numbers.DEFAULT_TERM, name="Default Term")
        for place, session in self._all(_C.ACADEMIC_SESSIONS):
            if isinstance(session, AcademicSession):
                yield TermRow(
                    id=numbers.number_of(_C.ACADEMIC_SESSIONS, place),
                    name=session.title,
                    starts_on=session.starts_on,
                    ends_on=session.ends_on - _DAY,
                    sis_id=session.sourced_id,
                    state=_STATE[has_left(session)],
                )

    def _read_classes(self) -> None:
        for place, found in self._all(_C.CLASSES):
            if isinstance(found, Class):
                course = self._course_of(found)
                if course is not None:
                    self.courses.setdefault(course.id, course)
                    self._add_section(place, found, course)

    def _add_section(self, place: int, found: Class, course: CourseRow) -> None:
        number = numbers.number_of(_C.CLASSES, place)
        self.sections[number] = SectionRow(
            id=number,
            name=found.title,
            course=course.id,
            sis_id=found.sourced_id,
            state=_STATE[has_left(found)],
        )

    def _course_of(self, found: Class) -> CourseRow | None:
        school, place = self._place(_C.ORGS, found.school), self._place(_C.COURSES, found.course)
        course = None if place is None else self._snapshot.at(_C.COURSES, place)
        if school is None or place is None or not isinstance(course, Course):
            return None
        number = numbers.course_number(place, school)
        is_published = not self._extras or number % _UNPUBLISHED != 0
        return CourseRow(
            id=number,
            name=course.title,
            code=course.course_code or course.title,
            account=numbers.number_of(_C.ORGS, school),
            term=self._term_of(found),
            sis_id=f"{course.sourced_id}/{found.school}",
            state="available" if is_published else "claimed",
        )

    def _term_of(self, found: Class) -> int:
        """Return the whole year in which a class meets, or the first of its terms."""
        first = found.terms[0] if found.terms else None
        place = self._place(_C.ACADEMIC_SESSIONS, first)
        session = None if place is None else self._snapshot.at(_C.ACADEMIC_SESSIONS, place)
        if place is None or not isinstance(session, AcademicSession):
            return numbers.DEFAULT_TERM
        year = self._place(_C.ACADEMIC_SESSIONS, session.parent)
        return numbers.number_of(_C.ACADEMIC_SESSIONS, place if year is None else year)

    def _place(self, collection: Collection, sourced_id: str | None) -> int | None:
        return None if sourced_id is None else self._snapshot.index_of(collection, sourced_id)

    def _cross_list(self) -> None:
        """Let some sections meet with the next course of their school."""
        of_school: dict[int, list[int]] = {}
        for course in self.courses.values():
            of_school.setdefault(course.account, []).append(course.id)
        for section in [*self.sections.values()]:
            courses = of_school[self.courses[section.course].account]
            if section.id % _CROSS_LISTED == 0 and len(courses) > 1:
                after = courses[(courses.index(section.course) + 1) % len(courses)]
                self.sections[section.id] = SectionRow(
                    id=section.id,
                    name=section.name,
                    course=after,
                    home=section.course,
                    sis_id=section.sis_id,
                    state=section.state,
                )

    def _add_old_courses(self) -> None:
        """Add a course of last year that is over, and one that somebody deleted."""
        for nth, (name, state) in enumerate((("Algebra, last year", "completed"),
                                             ("A mistake", "deleted"))):  # fmt: skip
            course, section = numbers.EXTRA_COURSES + nth, numbers.EXTRA_SECTIONS + nth
            self.courses[course] = CourseRow(
                id=course,
                name=name,
                code=f"OLD{nth}",
                account=numbers.ROOT,
                term=numbers.DEFAULT_TERM,
                state=state,
                by_sis=False,
            )
            self.sections[section] = SectionRow(
                id=section,
                name=name,
                course=course,
                state="deleted" if state == "deleted" else "active",
                by_sis=False,
            )
