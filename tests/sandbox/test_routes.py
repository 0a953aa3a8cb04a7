"""Every address of the specification: parts of a roster, their scope, what is not there."""

from urllib.parse import quote

import pytest

from integration_tui.domain.roster import (
    AcademicSession,
    Class,
    Collection,
    Course,
    Enrollment,
    Record,
    User,
)
from integration_tui.providers.mock.config import DistrictSize
from integration_tui.providers.mock.district import District
from tests.sandbox.fixtures import asking, district

SMALL = District(DistrictSize.SMALL)
CLASS, SCHOOL, COURSE, TERM = "cls-0000004", "org-0000002", "crs-0000001", "ses-0000002"


def classes() -> list[Class]:
    return [record for record in SMALL.records(Collection.CLASSES) if isinstance(record, Class)]


def seats() -> list[Enrollment]:
    found = SMALL.records(Collection.ENROLLMENTS)
    return [found_one for found_one in found if isinstance(found_one, Enrollment)]


def ids(records: list[Record] | list[Class] | list[Enrollment]) -> list[str]:
    return sorted(record.sourced_id for record in records)


STUDENTS = sorted(
    {seat.user for seat in seats() if seat.class_ == CLASS and seat.role == "student"}
)
TEACHERS = sorted(
    {seat.user for seat in seats() if seat.class_ == CLASS and seat.role == "teacher"}
)
STUDENT, TEACHER = STUDENTS[0], TEACHERS[0]


def people(role: str) -> list[str]:
    """Return the ids of the school's people of a role."""
    found = [record for record in SMALL.records(Collection.USERS) if isinstance(record, User)]
    roles = {found_one.sourced_id: found_one.roles[0] for found_one in found}
    return sorted(name for name, one in roles.items() if one.role == role and one.org == SCHOOL)


def attended(user: str) -> list[str]:
    return sorted({seat.class_ for seat in seats() if seat.user == user})


def sessions(*types: str) -> list[str]:
    found = SMALL.records(Collection.ACADEMIC_SESSIONS)
    return [
        found_one.sourced_id
        for found_one in found
        if isinstance(found_one, AcademicSession) and found_one.type in types
    ]


PARTS = {
    f"schools/{SCHOOL}/classes": ids([class_ for class_ in classes() if class_.school == SCHOOL]),
    f"schools/{SCHOOL}/courses": sorted({class_.course or "" for class_ in classes()}),
    f"schools/{SCHOOL}/enrollments": ids(seats()),
    f"schools/{SCHOOL}/students": people("student"),
    f"schools/{SCHOOL}/teachers": people("teacher"),
    f"schools/{SCHOOL}/terms": sessions("semester", "term"),
    f"schools/{SCHOOL}/classes/{CLASS}/enrollments": ids(
        [seat for seat in seats() if seat.class_ == CLASS]
    ),
    f"schools/{SCHOOL}/classes/{CLASS}/students": STUDENTS,
    f"schools/{SCHOOL}/classes/{CLASS}/teachers": TEACHERS,
    f"classes/{CLASS}/students": STUDENTS,
    f"classes/{CLASS}/teachers": TEACHERS,
    f"courses/{COURSE}/classes": ids([class_ for class_ in classes() if class_.course == COURSE]),
    f"terms/{TERM}/classes": ids(classes()),
    f"terms/{TERM}/gradingPeriods": ["ses-0000004", "ses-0000005"],
    f"students/{STUDENT}/classes": attended(STUDENT),
    f"teachers/{TEACHER}/classes": attended(TEACHER),
    f"users/{STUDENT}/classes": attended(STUDENT),
    "schools": [SCHOOL],
    "terms": sessions("semester", "term"),
    "gradingPeriods": sessions("gradingPeriod"),
}


@pytest.mark.parametrize("path", PARTS)
async def test_a_part_holds_what_belongs_to_it_and_nothing_else(path: str) -> None:
    async with asking(roster=district()) as one:
        found = await one.all_ids(path, limit=250)

    assert found == PARTS[path]
    assert found


def test_there_are_courses_of_other_schools_too() -> None:
    every = [
        record.sourced_id
        for record in SMALL.records(Collection.COURSES)
        if isinstance(record, Course)
    ]

    assert set(PARTS[f"schools/{SCHOOL}/courses"]) < set(every)


async def test_a_part_is_filtered_and_counted_like_a_whole() -> None:
    async with asking(roster=district()) as one:
        path = f"classes/{CLASS}/students?limit=1&filter="
        answer = await one.get(path + quote(f"sourcedId='{STUDENT}'"))

    assert answer.headers["x-total-count"] == "1"


async def test_parts_need_more_than_the_core_scope() -> None:
    async with asking() as one:
        core, _, _ = one.sandbox.dialect.scope_words
        narrow = await one.signed_in(scope=core)
        whole, part = await narrow.get("classes"), await narrow.get("classes/class/students")
        allowed = await one.get("classes/class/students")

    assert (whole.status, part.status, allowed.status) == (200, 403, 200)


@pytest.mark.parametrize(
    "path", ["schools/x/classes", "classes/x/students", "users/x/classes", "terms/x/classes"]
)
async def test_a_part_of_nothing_is_not_found(path: str) -> None:
    async with asking() as one:
        answer = await one.get(path)

    assert answer.status == 404


async def test_who_has_left_is_in_no_class_any_more() -> None:
    async with asking(roster=district()) as one:
        one.sandbox.overlay.delete(
            Collection.ENROLLMENTS,
            next(
                seat.sourced_id for seat in seats() if seat.user == STUDENT and seat.class_ == CLASS
            ),
        )
        found = await one.all_ids(f"classes/{CLASS}/students", limit=250)

    assert found == STUDENTS[1:]
