"""Schools that follow from others: a class's from its course, an enrollment's from its class.

Servers leave it out because it follows. Courses are listed before classes, and classes before
enrollments, so that it is usually known; else it is asked for, a bounded number of times.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from integration_tui.domain.errors import (
    ForbiddenError,
    IncompatibleError,
    RecordError,
    RemoteNotFoundError,
)
from integration_tui.domain.roster import Class, Collection, Course, Enrollment, Record

Find = Callable[[Collection, str], Awaitable[Record | None]]
"""Asks the server for one record. Raises `ProviderError`."""

LOOK_UPS: Final = 100
"""So many records are asked for one by one; where more are missing, the server is at fault."""


class Follows:
    """Remembers the orgs of the courses and classes that one connector has read."""

    def __init__(self) -> None:
        self._orgs: dict[str, str] = {}
        self._schools: dict[str, str] = {}
        self._asked: set[str] = set()

    def learn(self, records: Sequence[Record]) -> None:
        """Remember what a page of courses or classes says; others say nothing."""
        match records[:1]:
            case (Course(),):
                orgs = {
                    record.sourced_id: record.org
                    for record in records
                    if isinstance(record, Course) and record.org
                }
                self._orgs |= orgs
            case (Class(),):
                self._schools |= {
                    record.sourced_id: record.school
                    for record in records
                    if isinstance(record, Class) and record.school
                }
            case _:
                pass

    def school_of(self, record: Record) -> str | None:
        """Return the school that follows from what is known; `None` where it is not known."""
        match record:
            case Class(course=str(course)):
                return self._orgs.get(course)
            case Enrollment():
                return self._schools.get(record.class_)
            case _:
                return None

    async def complete(self, record: Record, find: Find) -> Record | None:
        """Return a record with its school, asked for if need be; `None` where none follows."""
        school = self.school_of(record)
        if school is None and (named := _named(record)) is not None:
            await self._ask(*named, find)
            school = self.school_of(record)
        return None if school is None else with_school(record, school)

    async def _ask(self, collection: Collection, sourced_id: str, find: Find) -> None:
        if sourced_id in self._asked or len(self._asked) >= LOOK_UPS:
            return
        self._asked.add(sourced_id)
        try:
            found = await find(collection, sourced_id)
        except (IncompatibleError, RecordError, RemoteNotFoundError, ForbiddenError):
            return  # this server gives away no single records
        if isinstance(found, Class) and not found.school:
            found = await self.complete(found, find)
        if found is not None:
            self.learn([found])


def lacks_school(record: Record) -> bool:
    """Return whether a record that belongs to a school names none."""
    return isinstance(record, Class | Enrollment) and not record.school


def with_school(record: Record, school: str) -> Record:
    """Return a class or an enrollment with its school."""
    return msgspec.structs.replace(record, school=school)


def _named(record: Record) -> tuple[Collection, str] | None:
    """Return the record from which the school follows."""
    match record:
        case Class(course=str(course)):
            return Collection.COURSES, course
        case Enrollment():
            return Collection.CLASSES, record.class_
        case _:
            return None
