"""The district's classes as Classroom has them, before anything was written."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from integration_tui.domain.roster import Class, Collection, Enrollment, Owner
from integration_tui.sandbox.google_classroom.conditions import DomainConditions
from integration_tui.sandbox.google_classroom.people import (
    GoogleAccounts,
    deleted_owner,
    id_of_place,
)
from integration_tui.sandbox.source import RosterSource, has_left

Json = dict[str, object]
FIRST_COURSE: Final = 600_000_000_000
_LAST: Final = 10**12
_SUMMER: Final = datetime(2026, 8, 3, 14, tzinfo=UTC)


class ClassroomRole(StrEnum):
    """What somebody is in a class; the values are those of invitations."""

    STUDENT = "STUDENT"
    TEACHER = "TEACHER"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassroomCourse:
    """A class. `number` is its id; `sourced_id` the SIS's, empty for one that was created here."""

    number: int
    sourced_id: str
    row: Mapping[str, object]

    @property
    def id(self) -> str:
        return str(self.number)

    @property
    def key(self) -> int:
        """Ascends from the newest to the oldest."""
        return _LAST - self.number

    @property
    def state(self) -> str:
        return str(self.row["courseState"])

    @property
    def owner(self) -> str:
        return str(self.row["ownerId"])

    def is_among(self, ids: Container[str]) -> bool:
        """Return whether it is named, by its id or the SIS's."""
        return self.id in ids or (self.sourced_id != "" and self.sourced_id in ids)

    def with_fields(self, fields: Mapping[str, object]) -> ClassroomCourse:
        """Return it with other fields."""
        return ClassroomCourse(
            number=self.number, sourced_id=self.sourced_id, row={**self.row, **fields}
        )


class DistrictCourses:
    """Makes a class from its place in the district."""

    def __init__(
        self,
        source: RosterSource,
        accounts: GoogleAccounts,
        conditions: Callable[[], DomainConditions],
    ) -> None:
        self._source = source
        self._accounts = accounts
        self._conditions = conditions

    def numbers(self, *, after: int = 0) -> Iterator[int]:
        """Yield the numbers of all classes that there can be, the newest first."""
        size = self._source.snapshot().size(Collection.CLASSES)
        newest = min(FIRST_COURSE + size, _LAST - after) - 1
        return iter(range(newest, FIRST_COURSE - 1, -1))

    def number_of(self, sourced_id: str) -> int | None:
        """Return the number of a class of the SIS."""
        place = self._source.snapshot().index_of(Collection.CLASSES, sourced_id)
        return None if place is None else FIRST_COURSE + place

    def find(self, number: int) -> ClassroomCourse | None:
        """Return a class as the conditions have it; `None` for one that is not there."""
        place, snapshot = number - FIRST_COURSE, self._source.snapshot()
        if not 0 <= place < snapshot.size(Collection.CLASSES):
            return None
        found = snapshot.at(Collection.CLASSES, place)
        if not isinstance(found, Class) or has_left(found):
            return None
        course = ClassroomCourse(
            number=number, sourced_id=found.sourced_id, row=self._row(number, found)
        )
        states = self._conditions().states
        state = states.get(course.id) or states.get(course.sourced_id)
        return course.with_fields({"courseState": state}) if state else course

    def members(
        self, course: ClassroomCourse, *, after: int = 0
    ) -> Iterator[tuple[int, str, ClassroomRole]]:
        """Yield key (from 1), id and role of the members, those behind a key."""
        snapshot = self._source.snapshot()
        is_ownerless = course.is_among(self._conditions().ownerless)
        for key, seat in self._seats(course.sourced_id, after=after):
            place = snapshot.index_of(Collection.USERS, seat.user)
            if place is None or (is_ownerless and seat.primary):
                continue
            role = ClassroomRole.TEACHER if seat.role == "teacher" else ClassroomRole.STUDENT
            yield key, id_of_place(place), role

    def courses_of(self, account_id: str) -> frozenset[int]:
        """Return the numbers of the classes that somebody is in, whatever was written."""
        account, snapshot = self._accounts.find(account_id), self._source.snapshot()
        if account is None:
            return frozenset()
        owner = Owner(collection=Collection.USERS, sourced_id=account.user.sourced_id)
        seats = (
            snapshot.at(Collection.ENROLLMENTS, place)
            for place in snapshot.part(Collection.ENROLLMENTS, owner)
        )
        numbers = (
            self.number_of(seat.class_)
            for seat in seats
            if isinstance(seat, Enrollment) and not has_left(seat)
        )
        return frozenset(number for number in numbers if number is not None)

    def _row(self, number: int, class_: Class) -> Json:
        created = _SUMMER + timedelta(seconds=number - FIRST_COURSE)
        row: Json = {
            "id": str(number),
            "name": class_.title,
            "section": class_.class_code,
            "room": class_.location,
            "subject": ", ".join(class_.subjects),
            "ownerId": self._owner_of(number, class_),
            "creationTime": moment(created),
            "updateTime": moment(max(created, class_.modified_at or created)),
            "courseState": "ACTIVE",
            "guardiansEnabled": False,
            **links(number),
        }
        return {name: value for name, value in row.items() if value not in {None, ""}}

    def _owner_of(self, number: int, class_: Class) -> str:
        """Return the teacher whom the district names as the class's own."""
        ownerless = self._conditions().ownerless
        if str(number) in ownerless or class_.sourced_id in ownerless:
            return deleted_owner(str(number))
        for _, seat in self._seats(class_.sourced_id):
            account = self._accounts.of_user(seat.user) if seat.primary else None
            if account is not None:
                return account.id
        return self._accounts.administrator().id

    def _seats(self, sourced_id: str, *, after: int = 0) -> Iterator[tuple[int, Enrollment]]:
        snapshot = self._source.snapshot()
        owner = Owner(collection=Collection.CLASSES, sourced_id=sourced_id)
        for place in snapshot.part(Collection.ENROLLMENTS, owner):
            seat = snapshot.at(Collection.ENROLLMENTS, place) if place >= after else None
            if isinstance(seat, Enrollment) and not has_left(seat):
                yield place + 1, seat


def links(number: int) -> Json:
    """Return what Classroom makes of a class's number."""
    return {
        "enrollmentCode": f"{number:x}"[-7:],
        "alternateLink": f"https://classroom.google.com/c/{number}",
        "calendarId": f"classroom{number}@group.calendar.google.com",
    }


def moment(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
