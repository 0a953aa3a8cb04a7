"""How a district is built: what belongs to what, by arithmetic alone.

Every record has a *slot*, its number in its collection. The first slots are there from the
start; those behind them are the *reserve*, students who join later, and their enrollments.
"""

from __future__ import annotations

from typing import Final

import msgspec

from integration_tui.domain.roster import Collection
from integration_tui.providers.mock.config import DistrictSize

GRADES: Final = ("KG", *(f"{grade:02d}" for grade in range(1, 13)))
"""Codes of the Common Education Data Standards, which OneRoster asks for."""
SUBJECTS: Final = ("Mathematics", "English Language Arts", "Science", "Social Studies", "Art")
SESSIONS: Final = 7
_LEVELS: Final = (range(6), range(6, 9), range(9, 13))
_RESERVE_SEATS: Final = 3
_PREFIXES: Final = {
    Collection.ORGS: "org-",
    Collection.ACADEMIC_SESSIONS: "ses-",
    Collection.COURSES: "crs-",
    Collection.CLASSES: "cls-",
    Collection.USERS: "usr-",
    Collection.ENROLLMENTS: "enr-",
    Collection.DEMOGRAPHICS: "usr-",
}


class _Size(msgspec.Struct, frozen=True, kw_only=True):
    """One district office runs all `schools`. `enrollments` count teachers and students."""

    schools: int
    classes: int
    admins: int
    teachers: int
    students: int
    enrollments: int


_SIZES: Final = {
    DistrictSize.SMALL: _Size(
        schools=1, classes=36, admins=1, teachers=18, students=281, enrollments=1_160
    ),
    DistrictSize.MID: _Size(
        schools=19, classes=500, admins=20, teachers=480, students=9_500, enrollments=30_000
    ),
    DistrictSize.LARGE: _Size(
        schools=199, classes=5_000, admins=200, teachers=4_800, students=95_000,
        enrollments=300_000,
    ),
}  # fmt: skip


class DistrictLayout:
    """Counts, ids and references of one size of district; the same for every seed."""

    def __init__(self, district: DistrictSize) -> None:
        size = _SIZES[district]
        self.schools = size.schools
        self.classes = size.classes
        self.admins = size.admins
        self.teachers = size.teachers
        self.students = size.students
        self.staff = size.admins + size.teachers
        self.users = self.staff + size.students
        self.enrollments = size.enrollments
        self.reserve = max(5, self.users // 50)
        self._grades = _LEVELS if size.schools > 1 else (range(9),)

    def count(self, collection: Collection) -> int:
        """Return how many records there are at the start."""
        return {
            Collection.ORGS: 1 + self.schools,
            Collection.ACADEMIC_SESSIONS: SESSIONS,
            Collection.COURSES: len(GRADES) * len(SUBJECTS),
            Collection.CLASSES: self.classes,
            Collection.USERS: self.users,
            Collection.ENROLLMENTS: self.enrollments,
            Collection.DEMOGRAPHICS: self.students,
        }[collection]

    def slots(self, collection: Collection) -> int:
        """Return how many records there can ever be: those of the start and the reserve."""
        if collection is Collection.DEMOGRAPHICS:
            return self.slots(Collection.USERS)  # a record has the slot of its user
        extra = {Collection.USERS: 1, Collection.ENROLLMENTS: _RESERVE_SEATS}.get(collection, 0)
        return self.count(collection) + extra * self.reserve

    def slot_of(self, collection: Collection, sourced_id: str) -> int | None:
        """Return the slot behind an id, or `None` where there can be no such record."""
        digits = sourced_id.removeprefix(_PREFIXES[collection])
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
            return None
        slot = int(digits) - 1
        known = 0 <= slot < self.slots(collection) and sourced_id == id_of(collection, slot)
        return slot if known else None

    def grades_of(self, school: int) -> range:
        """Return which of `GRADES` a school teaches."""
        return self._grades[school % len(self._grades)]

    def school_of_user(self, user: int) -> int | None:
        """Return the school somebody belongs to; `None`: the district office."""
        if user < self.admins:
            return user % self.schools if user < self.schools else None
        number = user - (self.staff if user >= self.staff else self.admins)
        return number % self.schools

    def grade_of_student(self, user: int) -> int:
        number = user - self.staff
        grades = self.grades_of(number % self.schools)
        return grades[number // self.schools % len(grades)]

    def school_of_class(self, class_: int) -> int:
        return class_ % self.schools

    def grade_of_class(self, class_: int) -> int:
        grades = self.grades_of(class_ % self.schools)
        return grades[class_ // self.schools % len(grades)]

    def subject_of_class(self, class_: int) -> int:
        grades = self.grades_of(class_ % self.schools)
        return class_ // self.schools // len(grades) % len(SUBJECTS)

    def teacher_of(self, class_: int) -> int:
        """Return the user slot of the teacher, who is of the same school."""
        school = class_ % self.schools
        colleagues = (self.teachers - school + self.schools - 1) // self.schools
        number = class_ // self.schools % colleagues
        return self.admins + school + self.schools * number

    def position_of(self, enrollment: int) -> tuple[int, int]:
        """Return the user and the class of an enrollment; the first ones are the teachers'."""
        if enrollment < self.classes:
            return self.teacher_of(enrollment), enrollment
        if enrollment < self.enrollments:
            seat, number = divmod(enrollment - self.classes, self.students)
        else:
            joined, seat = divmod(enrollment - self.enrollments, _RESERVE_SEATS)
            number = self.students + joined
        return self.staff + number, self._class_for(number, seat)

    def enrollments_of(self, user: int) -> range:
        """Return the enrollments of a student; they come and go with the student."""
        if user < self.staff:
            return range(0)
        if user >= self.users:
            first = self.enrollments + (user - self.users) * _RESERVE_SEATS
            return range(first, first + _RESERVE_SEATS)
        first = self.classes + user - self.staff
        return range(first, self.enrollments, self.students)

    def _class_for(self, number: int, seat: int) -> int:
        """Return a class of the student's school and grade, another one for each seat."""
        school, nth = number % self.schools, number // self.schools
        grades = len(self.grades_of(school))
        here = (self.classes - school + self.schools - 1) // self.schools
        grade, turn = nth % grades, nth // grades
        parallel = (here - grade + grades - 1) // grades
        return school + self.schools * (grade + grades * ((turn + seat) % parallel))


def id_of(collection: Collection, slot: int) -> str:
    """Return the sourced id of a slot; ids sort as their slots do."""
    return f"{_PREFIXES[collection]}{slot + 1:07d}"
