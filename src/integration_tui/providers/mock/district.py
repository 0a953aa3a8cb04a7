"""A generated district: any record at any moment, without making the others first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from integration_tui.domain.roster import (
    AcademicSession,
    Class,
    Collection,
    Course,
    Demographics,
    Enrollment,
    Org,
    Record,
    RecordStatus,
    Role,
    User,
)
from integration_tui.providers.mock.changes import Timeline
from integration_tui.providers.mock.config import DistrictSize
from integration_tui.providers.mock.names import Name, names_of
from integration_tui.providers.mock.prng import mix
from integration_tui.providers.mock.slots import GRADES, SUBJECTS, DistrictLayout, id_of

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

    def __init__(self, layout: DistrictLayout, bases: Sequence[datetime]) -> None:
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


EPOCH: Final = datetime(2025, 1, 1, tzinfo=UTC)
_FIRST_DAYS: Final = tuple(FIRST_DAY + timedelta(days=day) for day in range(14))
_BIRTHDAYS: Final = date(2026, 8, 31)
_SEXES: Final = ("female", "male", "unspecified")
_BASE_SPREAD: Final = 256


class District:
    """One seed's district. Slots and generations are those of `layout` and `timeline`."""

    def __init__(
        self,
        size: DistrictSize,
        *,
        seed: int = 1,
        epoch: datetime = EPOCH,
        changes_per_hour: float = 0.0,
    ) -> None:
        self.seed = seed
        self.layout = DistrictLayout(size)
        self.timeline = Timeline(
            self.layout, seed=seed, epoch=epoch, changes_per_hour=changes_per_hour
        )
        self._bases = [epoch - timedelta(hours=7 * n + 1) for n in range(_BASE_SPREAD)]
        frame = Frame(self.layout, self._bases)
        self._makers: Mapping[Collection, Callable[[int, int], Record | None]] = {
            _C.ORGS: frame.org,
            _C.ACADEMIC_SESSIONS: frame.session,
            _C.COURSES: frame.course,
            _C.CLASSES: self._class,
            _C.USERS: self._user,
            _C.ENROLLMENTS: self._enrollment,
            _C.DEMOGRAPHICS: self._demographics,
        }

    def count(self, collection: Collection) -> int:
        """Return how many records there are before the first change."""
        return self.layout.count(collection)

    def record(self, collection: Collection, slot: int, generation: int = 0) -> Record | None:
        """Return a record as it is after so many changes.

        One that has left is to be deleted; `None` is one that has never been there.
        """
        return self._makers[collection](slot, generation)

    def records(
        self, collection: Collection, start: int = 0, stop: int | None = None, generation: int = 0
    ) -> Iterator[Record]:
        """Yield the active records between two slots, in order."""
        make, slots = self._makers[collection], self.layout.slots(collection)
        for slot in range(start, slots if stop is None else min(stop, slots)):
            record = make(slot, generation)
            if record is not None and record.status is RecordStatus.ACTIVE:
                yield record

    def find(self, collection: Collection, sourced_id: str, generation: int = 0) -> Record | None:
        """Return the active record of this id, or `None`."""
        slot = self.layout.slot_of(collection, sourced_id)
        record = None if slot is None else self.record(collection, slot, generation)
        return record if record is not None and record.status is RecordStatus.ACTIVE else None

    def _class(self, slot: int, generation: int) -> Class:
        layout = self.layout
        version = self.timeline.version(_C.CLASSES, slot, generation)
        grade, subject = layout.grade_of_class(slot), layout.subject_of_class(slot)
        room = 100 + (mix(self.seed, slot) + version * 37) % 300
        return Class(
            sourced_id=id_of(_C.CLASSES, slot),
            modified_at=self._modified(_C.CLASSES, slot, version),
            title=f"{course_title(grade, subject)}, room {room}",
            course=id_of(_C.COURSES, grade * len(SUBJECTS) + subject),
            school=id_of(_C.ORGS, 1 + layout.school_of_class(slot)),
            terms=BOTH_SEMESTERS, class_code=f"{GRADES[grade]}-{slot + 1}",
            grades=(GRADES[grade],),
        )  # fmt: skip

    def _user(self, slot: int, generation: int) -> User | None:
        timeline = self.timeline
        version = timeline.version(_C.USERS, slot, generation)
        if not version and slot >= self.layout.users:
            return None
        here = timeline.is_here(slot, version)
        return self._person(slot, version, here=here)

    def _person(self, slot: int, version: int, *, here: bool) -> User:
        layout = self.layout
        given, family = self._name(slot, version)
        login = f"{given.slug[:1]}{family.slug or 'user'}{slot + 1}"
        school = layout.school_of_user(slot)
        org = id_of(_C.ORGS, 0 if school is None else 1 + school)
        is_student = slot >= layout.staff
        return User(
            sourced_id=id_of(_C.USERS, slot),
            status=RecordStatus.ACTIVE if here else RecordStatus.TO_BE_DELETED,
            modified_at=self._modified(_C.USERS, slot, version),
            given_name=given.text, family_name=family.text, username=login,
            email=f"{login}@{'students' if is_student else 'staff'}.prairieview.example",
            identifier=str(700_001 + slot), enabled=here,
            roles=(Role(role=self._role(slot, school), org=org),),
            grades=(GRADES[layout.grade_of_student(slot)],) if is_student else (),
            primary_org=org,
        )  # fmt: skip

    def _name(self, slot: int, version: int) -> tuple[Name, Name]:
        """Each change gives a new family name and a new given name in turn."""
        turn = slot % 2
        return names_of(self.seed).pick(
            mix(self.seed, slot),
            given=(version + turn) // 2,
            family=(version + 1 - turn) // 2,
        )

    def _role(self, slot: int, school: int | None) -> str:
        if slot >= self.layout.admins:
            return "student" if slot >= self.layout.staff else "teacher"
        return "districtAdministrator" if school is None else "principal"

    def _enrollment(self, slot: int, generation: int) -> Enrollment | None:
        layout, timeline = self.layout, self.timeline
        user, class_ = layout.position_of(slot)
        user_version = timeline.version(_C.USERS, user, generation)
        if not user_version and user >= layout.users:
            return None
        version = timeline.version(_C.ENROLLMENTS, slot, generation)
        modified_at = self._modified(_C.ENROLLMENTS, slot, version)
        if user_version and timeline.moves(user):
            modified_at = max(modified_at, self._modified(_C.USERS, user, user_version))
        is_student = user >= layout.staff
        return Enrollment(
            sourced_id=id_of(_C.ENROLLMENTS, slot),
            status=_STATUS[timeline.is_here(user, user_version)], modified_at=modified_at,
            user=id_of(_C.USERS, user), class_=id_of(_C.CLASSES, class_),
            school=id_of(_C.ORGS, 1 + layout.school_of_class(class_)),
            role="student" if is_student else "teacher", primary=not is_student,
            begins_on=_FIRST_DAYS[version % len(_FIRST_DAYS)], ends_on=None,
        )  # fmt: skip

    def _demographics(self, slot: int, generation: int) -> Demographics | None:
        """Return a student's; they come and go with the student, and never change."""
        user = self._user(slot, generation) if slot >= self.layout.staff else None
        if user is None:
            return None
        age = 5 + self.layout.grade_of_student(slot)
        return Demographics(
            sourced_id=user.sourced_id, status=user.status, modified_at=user.modified_at,
            birth_date=_BIRTHDAYS - timedelta(days=365 * age + mix(self.seed, slot) % 365),
            sex=_SEXES[mix(self.seed + 1, slot) % len(_SEXES)],
            hispanic_or_latino_ethnicity=mix(self.seed + 2, slot) % 4 == 0,
            country_of_birth_code="US",
        )  # fmt: skip

    def _modified(self, collection: Collection, slot: int, version: int) -> datetime:
        if not version:
            return self._base(slot)
        return self.timeline.moment_of(self.timeline.last_change(collection, slot, version))

    def _base(self, slot: int) -> datetime:
        return self._bases[slot % _BASE_SPREAD]


_STATUS: Final = {True: RecordStatus.ACTIVE, False: RecordStatus.TO_BE_DELETED}
