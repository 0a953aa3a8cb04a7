"""What does not change in a district: its schools, its school year, its courses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from integration_tui.domain.roster import AcademicSession, Collection, Course, Org
from integration_tui.providers.mock.layout import GRADES, SUBJECTS, Layout, id_of

_C = Collection
FIRST_DAY: Final = date(2026, 8, 17)
BOTH_SEMESTERS: Final = (id_of(_C.ACADEMIC_SESSIONS, 1), id_of(_C.ACADEMIC_SESSIONS, 2))
_SCHOOL_NAMES: Final = (
    "Lincoln", "Roosevelt", "Washington", "Jefferson", "Madison", "Garfield", "César Chávez",
    "Sojourner Truth", "Martin Luther King Jr.", "Ruby Bridges", "Ohlone", "Coeur d'Alene",
    "Saint Mary's", "Oak Grove", "Peñasco", "Kahuku", "Rosa Parks", "Franklin",
)  # fmt: skip
_SCHOOL_KINDS: Final = {6: "Elementary School", 3: "Middle School", 4: "High School", 9: "School"}
_SESSIONS: Final = (
    ("2026-2027", "schoolYear", FIRST_DAY, date(2027, 6, 12), None),
    ("Fall Semester", "semester", FIRST_DAY, date(2027, 1, 16), 0),
    ("Spring Semester", "semester", date(2027, 1, 16), date(2027, 6, 12), 0),
    ("Quarter 1", "gradingPeriod", FIRST_DAY, date(2026, 10, 24), 1),
    ("Quarter 2", "gradingPeriod", date(2026, 10, 24), date(2027, 1, 16), 1),
    ("Quarter 3", "gradingPeriod", date(2027, 1, 16), date(2027, 3, 27), 2),
    ("Quarter 4", "gradingPeriod", date(2027, 3, 27), date(2027, 6, 12), 2),
)


class Frame:
    """Makes each of these records from its slot; `bases` are the moments they were last changed."""

    def __init__(self, layout: Layout, bases: Sequence[datetime]) -> None:
        self._layout = layout
        self._bases = bases

    def org(self, slot: int, _generation: int = 0) -> Org:
        if slot == 0:
            name, kind, parent = "Prairie View Unified District", "district", None
        else:
            name, kind, parent = self._school_name(slot - 1), "school", id_of(_C.ORGS, 0)
        return Org(
            sourced_id=id_of(_C.ORGS, slot), modified_at=self._base(slot),
            name=name, type=kind, identifier=f"{4100 + slot}", parent=parent,
        )  # fmt: skip

    def _school_name(self, school: int) -> str:
        nth, name = divmod(school, len(_SCHOOL_NAMES))
        kind = _SCHOOL_KINDS[len(self._layout.grades_of(school))]
        return f"{_SCHOOL_NAMES[name]} {kind}" + (f" No. {nth + 1}" if nth else "")

    def session(self, slot: int, _generation: int = 0) -> AcademicSession:
        title, kind, starts_on, ends_on, parent = _SESSIONS[slot]
        return AcademicSession(
            sourced_id=id_of(_C.ACADEMIC_SESSIONS, slot), modified_at=self._base(slot),
            title=title, type=kind, starts_on=starts_on, ends_on=ends_on, school_year="2027",
            parent=None if parent is None else id_of(_C.ACADEMIC_SESSIONS, parent),
        )  # fmt: skip

    def course(self, slot: int, _generation: int = 0) -> Course:
        grade, subject = divmod(slot, len(SUBJECTS))
        return Course(
            sourced_id=id_of(_C.COURSES, slot), modified_at=self._base(slot),
            title=course_title(grade, subject), org=id_of(_C.ORGS, 0),
            course_code=f"{SUBJECTS[subject][:3].upper()}{grade:02d}", grades=(GRADES[grade],),
        )  # fmt: skip

    def _base(self, slot: int) -> datetime:
        return self._bases[slot % len(self._bases)]


def course_title(grade: int, subject: int) -> str:
    name = "Kindergarten" if grade == 0 else f"Grade {grade}"
    return f"{SUBJECTS[subject]} {name}"
