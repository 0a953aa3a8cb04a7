"""A Workspace domain: its accounts, its classes and who is in them.

The district's, with what was written laid over. What was created is seen after as many further
requests as the conditions say; a second creation collides with it at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from integration_tui.domain.clock import Clock
from integration_tui.sandbox.google_classroom.conditions import DomainConditions
from integration_tui.sandbox.google_classroom.course_rows import (
    ClassroomCourse,
    ClassroomRole,
    DistrictCourses,
    Json,
    links,
    moment,
)
from integration_tui.sandbox.google_classroom.people import GoogleAccounts, outsider
from integration_tui.sandbox.google_classroom.written import WrittenClasses
from integration_tui.sandbox.source import RosterSource

_OUTSIDERS: Final = 1 << 41
"""Members of another domain have keys behind all others."""


class ClassroomDomain:
    """All that the APIs show. `requests` counts the requests so far."""

    def __init__(self, source: RosterSource, clock: Clock) -> None:
        self.conditions = DomainConditions()
        self.requests = 0
        self.clock = clock
        self.source = source
        self.accounts = GoogleAccounts(source, lambda: self.conditions)
        self.written = WrittenClasses()
        self._district = DistrictCourses(source, self.accounts, lambda: self.conditions)

    @property
    def seen_from(self) -> int:
        """From which request on something is seen that is created now."""
        return self.requests + self.conditions.seen_after

    def courses(self, *, after: int = 0) -> Iterator[tuple[int, ClassroomCourse]]:
        """Yield the classes that are listed with their keys, the newest first."""
        for numbers in (self.written.created(), self._district.numbers(after=after)):
            for number in numbers:
                course = self.numbered(number)
                if course is not None and course.key > after:
                    yield course.key, course

    def numbered(self, number: int) -> ClassroomCourse | None:
        """Return the class of a number; `None` where there is none or it is not seen yet."""
        if not self.written.is_seen(number, self.requests):
            return None
        return self.written.laid_over(number, self._district.find(number))

    def find(self, key: str) -> ClassroomCourse | None:
        """Return the class of an id or alias; `None` where there is none or it is not seen yet."""
        if key.isascii() and key.isdigit():
            return self.numbered(int(key))
        number = self.target_of(key)
        return None if number is None else self.numbered(number)

    def create(self, fields: Json, *, alias: str) -> ClassroomCourse:
        """Take a new class; its owner is a teacher of it."""
        number, now = self.written.next_number(), moment(self.clock())
        row = {"id": str(number), **fields, "creationTime": now, "updateTime": now, **links(number)}
        self.written.create(number, row, seen_from=self.seen_from)
        self.add(number, str(fields["ownerId"]), ClassroomRole.TEACHER)
        if alias:
            self.written.add_alias(number, alias, seen_from=self.seen_from)
        return ClassroomCourse(number=number, sourced_id="", row=row)

    def change(self, course: ClassroomCourse, fields: Mapping[str, object]) -> ClassroomCourse:
        """Write fields of a class."""
        changed = course.with_fields({**fields, "updateTime": moment(self.clock())})
        self.written.change(changed)
        return changed

    def add(self, number: int, account: str, role: ClassroomRole) -> None:
        """Put somebody into a class."""
        self.written.add(number, account, role, seen_from=self.seen_from)

    def members(
        self, course: ClassroomCourse, role: ClassroomRole, *, after: int = 0
    ) -> Iterator[tuple[int, str]]:
        """Yield the ids of the members in a role with their keys, those behind a key."""
        for key, account, own_role in self._members(course, after=after, now=self.requests):
            if own_role is role and key > after:
                yield key, account

    def role_of(self, course: ClassroomCourse, account: str) -> ClassroomRole | None:
        """Return what somebody is in a class, be it seen already or not."""
        found = self._members(course, after=0, now=None)
        return next((role for _, member, role in found if member == account), None)

    def courses_of(self, account: str) -> Mapping[int, ClassroomRole]:
        """Return what somebody is in which class."""
        numbers = self._district.courses_of(account) | self.written.courses_of(account)
        courses = (self.numbered(number) for number in numbers)
        roles = {
            course.number: self.role_of(course, account) for course in courses if course is not None
        }
        return {number: role for number, role in roles.items() if role is not None}

    def aliases(self, course: ClassroomCourse) -> Iterator[tuple[int, str]]:
        """Yield a class's aliases with their keys; the SIS's id is one of the domain."""
        own = f"d:{course.sourced_id}"
        is_own = course.sourced_id != "" and not self.written.is_alias_removed(own)
        aliases = (
            *((own,) if is_own else ()),
            *self.written.aliases_of(course.number, self.requests),
        )
        return enumerate(aliases, 1)

    def target_of(self, alias: str, *, seen: bool = True) -> int | None:
        """Return the class that an alias leads to; without `seen` also what is not seen yet."""
        if self.written.is_alias_removed(alias):
            return None
        written = self.written.target_of(alias, self.requests if seen else None)
        if written is not None or not alias.startswith("d:"):
            return written
        return self._district.number_of(alias.removeprefix("d:"))

    def _members(
        self, course: ClassroomCourse, *, after: int, now: int | None
    ) -> Iterator[tuple[int, str, ClassroomRole]]:
        number = course.number
        if course.sourced_id:
            for key, account, role in self._district.members(course, after=after):
                if not self.written.is_touched(number, account):
                    yield key, account, role
        yield from self.written.added(number, now)
        outsiders = self.conditions.outsiders
        for nth in range(outsiders.get(course.id, outsiders.get(course.sourced_id, 0))):
            account = outsider(course.id, nth)
            if not self.written.is_touched(number, account):
                yield _OUTSIDERS + nth, account, ClassroomRole.STUDENT
