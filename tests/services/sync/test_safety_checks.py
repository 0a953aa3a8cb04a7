"""Plans that lose nobody and are held all the same: what they do to a school, or to many at once.

School 3 has eight students and a teacher, one person in eleven of its district.
"""

from collections.abc import AsyncGenerator, Callable
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from integration_tui.domain.errors import ConflictError
from integration_tui.domain.roster import (
    AcademicSession,
    Class,
    Collection,
    Enrollment,
    Org,
    Role,
    User,
)
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import RunReport, RunStatus
from integration_tui.settings import Settings
from tests.conftest import ANA
from tests.services.sync.fixtures import (
    NO_GRACE,
    SECRET,
    WHEN,
    District,
    Syncing,
    kinds,
    seat,
    sentences,
    syncing,
    user,
)

C = Collection
SMALL = tuple(f"u{number:04}" for number in range(100, 108))


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIS_SECRET", SECRET)


def district() -> District:
    found = District(students=80)
    found.school(3)
    for number, sourced_id in enumerate(SMALL, start=100):
        found.put(C.USERS, user(number, school=3))
        found.put(C.ENROLLMENTS, seat(number, sourced_id, 3, school=3))
    return found


@pytest.fixture
async def school(settings: Settings) -> AsyncGenerator[Syncing]:
    async with syncing(settings, more=NO_GRACE, district=district()) as one:
        await one.sync()
        yield one


def change_each(school: Syncing, how: Callable[[User], dict[str, Any]], *ids: str) -> None:
    for sourced_id in ids or SMALL:
        person = school.district.records[C.USERS][sourced_id]
        assert isinstance(person, User)
        school.district.change(C.USERS, sourced_id, **how(person))


def administering(org: str) -> Callable[[User], dict[str, Any]]:
    return lambda _: {"roles": (Role(role="administrator", org=org),)}


async def held(school: Syncing) -> RunReport:
    """Plan, and make sure that nobody can apply it by the side door."""
    report = await school.plan()
    assert report.run.status is RunStatus.HELD, report.run
    with pytest.raises(ConflictError, match="is held"):
        await school.apply(report, spares=True)
    return report


PEOPLE: dict[str, tuple[Callable[[User], dict[str, Any]], str]] = {
    "the school is empty": (
        lambda _: {"roles": (), "primary_org": None},
        "8 of 9 people of School 3 lose their school",
    ),
    "the school is another one": (
        lambda _: {"roles": (Role(role="student", org="s1"),), "primary_org": "s1"},
        "8 of 9 people of School 3 move to another school",
    ),
    "everybody teaches": (
        lambda _: {"roles": (Role(role="teacher", org="s3"),)},
        "8 of 9 people of School 3 become staff",
    ),
    "everybody administers": (
        lambda _: {"roles": (Role(role="siteAdministrator", org="s3"),)},
        "8 of 9 people of School 3 become administrators",
    ),
    "everybody is a parent": (
        lambda _: {"roles": (Role(role="parent", org="s3"),)},
        "8 of 9 people of School 3 change their role",
    ),
    "accounts are disabled": (
        lambda _: {"enabled": False},
        "8 of 9 people of School 3 are disabled",
    ),
    "user names are cleared": (
        lambda _: {"username": None},
        "8 of 9 people of School 3 lose their username",
    ),
    "addresses are cleared": (
        lambda _: {"email": None},
        "8 of 9 people of School 3 lose their email address",
    ),
    "grades are cleared": (
        lambda _: {"grades": ()},
        "8 of 8 people of School 3 lose their grades",
    ),
    "addresses are others": (
        lambda person: {"email": f"new-{person.email}"},
        "8 of 9 people of School 3 get another email address",
    ),
    "grades jump": (
        lambda _: {"grades": ("11",)},
        "8 of 8 people of School 3 change their grade",
    ),
    "names change places": (
        lambda person: {"given_name": person.family_name, "family_name": person.given_name},
        "first name and last name of 8 people are swapped",
    ),
    "username and address change places": (
        lambda person: {"username": person.email, "email": person.username},
        "username and email address of 8 people are swapped",
    ),
}


@pytest.mark.parametrize("what", PEOPLE)
async def test_most_people_of_a_small_school_change_at_once(school: Syncing, what: str) -> None:
    how, sentence = PEOPLE[what]
    change_each(school, how, *SMALL[:3])
    few = await school.plan()
    change_each(school, how, *SMALL[3:])

    report = await held(school)

    assert few.run.status is RunStatus.PLANNED, few.run.holds
    assert sentence in sentences(report)
    assert "Given10" not in sentences(report)


def shift(school: Syncing, field: str, ids: tuple[str, ...]) -> None:
    people = [school.district.records[C.USERS][record_id] for record_id in ids]
    values = [getattr(person, field) for person in people]
    for sourced_id, value in zip(ids, [*values[1:], values[0]], strict=True):
        school.district.change(C.USERS, sourced_id, **{field: value})


@pytest.mark.parametrize(
    ("field", "noun"),
    [("email", "an email address"), ("username", "a username"), ("identifier", "an identifier")],
)
async def test_a_column_that_is_shifted_by_a_row_is_seen(
    school: Syncing, field: str, noun: str
) -> None:
    # Eight of eighty in two large schools: no share would tell.
    shift(school, field, tuple(f"u{number:04}" for number in range(8)))

    report = await held(school)

    assert sentences(report) == f"8 people get {noun} previously used by another person"


HARMLESS: dict[str, Callable[[User], dict[str, Any]]] = {
    "addresses in capitals": lambda person: {"email": (person.email or "").upper()},
    "grades without a zero": lambda _: {"grades": ("5",)},
    "guardians in another order": lambda person: {"agents": person.agents[::-1]},
    "phone numbers where there were none": lambda _: {"phone": "555-0100"},
}


@pytest.mark.parametrize("what", HARMLESS)
async def test_the_same_in_another_spelling_holds_nothing(school: Syncing, what: str) -> None:
    change_each(school, lambda _: {"agents": ("u0000", "u0001")})
    await school.sync()
    change_each(school, HARMLESS[what])

    report = await school.plan()

    assert kinds(report)[ChangeKind.UPDATE] == len(SMALL)
    assert report.run.status is RunStatus.PLANNED, report.run.holds


async def test_two_who_exchange_their_addresses_hold_nothing(school: Syncing) -> None:
    shift(school, "email", SMALL[:2])

    report = await school.plan()

    assert report.run.status is RunStatus.PLANNED, report.run.holds


async def test_addresses_of_people_who_are_gone_are_given_to_others(school: Syncing) -> None:
    gone = [f"u{number:04}" for number in range(4)]
    for sourced_id, before in zip(SMALL, gone, strict=False):
        person = school.district.records[C.USERS][before]
        assert isinstance(person, User)
        school.district.change(C.USERS, sourced_id, email=person.email)
    school.district.leave(*gone)

    report = await held(school)

    assert "4 people get an email address previously used by another" in sentences(report)


async def test_a_few_students_of_a_large_school_who_become_staff_hold_a_plan(
    school: Syncing,
) -> None:
    change_each(
        school,
        lambda _: {"roles": (Role(role="teacher", org="s1"),)},
        *(f"u{number:04}" for number in range(0, 8, 2)),
    )

    report = await held(school)

    assert sentences(report) == "4 of 41 people of School 1 become staff"


async def test_students_of_many_schools_who_become_administrators_hold_a_plan(
    school: Syncing,
) -> None:
    for number, sourced_id in (
        (1, "u0000"),
        (1, "u0002"),
        (2, "u0001"),
        (2, "u0003"),
        (3, "u0100"),
    ):
        change_each(
            school,
            administering(f"s{number}"),
            sourced_id,
        )

    report = await held(school)

    assert sentences(report) == "5 people become administrators"


async def test_staff_who_are_students_now_hold_a_plan(school: Syncing) -> None:
    for number in range(4):
        teacher = user(9100 + number, role="teacher", school=3)
        school.district.put(C.USERS, teacher)
    await school.sync()
    change_each(
        school,
        lambda _: {"roles": (Role(role="student", org="s3"),)},
        *(f"u{9100 + number}" for number in range(4)),
    )

    report = await held(school)

    assert "4 of 13 people of School 3 are no longer staff" in sentences(report)


async def test_a_second_school_can_be_left_too(school: Syncing) -> None:
    both = (Role(role="student", org="s1"), Role(role="student", org="s3"))
    visitors = [f"u{number:04}" for number in range(0, 10, 2)]
    change_each(school, lambda _: {"roles": both}, *visitors)
    await school.sync()
    change_each(school, lambda _: {"roles": both[:1]}, *visitors)

    report = await held(school)

    assert sentences(report) == "5 of 9 people of School 3 move to another school"


async def test_what_is_spread_over_all_schools_is_counted_for_the_district(
    school: Syncing,
) -> None:
    change_each(school, lambda _: {"enabled": False}, *(f"u{number:04}" for number in range(10)))

    report = await held(school)

    assert sentences(report) == "10 of 91 people are disabled"


async def test_a_new_school_year_is_one_sentence_of_its_own(school: Syncing) -> None:
    def promoted(person: User) -> dict[str, Any]:
        is_small = person.sourced_id in SMALL
        more = {"roles": (Role(role="student", org="s1"),), "primary_org": "s1"}
        return {"grades": ("06",), **(more if is_small else {})}

    students = [
        record.sourced_id
        for record in school.district.records[C.USERS].values()
        if isinstance(record, User) and record.grades
    ]
    change_each(school, promoted, *students)

    report = await held(school)

    assert sentences(report) == (
        "88 of 88 people with a grade move up one grade, 8 of them to another school: probably"
        " the start of a school year"
    )


async def test_a_new_school_year_does_not_hide_who_loses_the_school(school: Syncing) -> None:
    def promoted(person: User) -> dict[str, Any]:
        is_small = person.sourced_id in SMALL
        return {"grades": ("06",), **({"roles": (), "primary_org": None} if is_small else {})}

    students = [
        record.sourced_id
        for record in school.district.records[C.USERS].values()
        if isinstance(record, User) and record.grades
    ]
    change_each(school, promoted, *students)

    report = await held(school)

    assert "the start of a school year" in sentences(report)
    assert "8 of 9 people of School 3 lose their school" in sentences(report)


def classes(school: Syncing, *, number: int) -> None:
    """Give School 3 more classes, with a teacher each."""
    for place in range(10, 10 + number):
        school.district.put(
            C.CLASSES,
            Class(
                sourced_id=f"c{place}",
                title=f"Class {place}",
                course="k3",
                school="s3",
                terms=("y",),
                modified_at=WHEN,
            ),
        )
        school.district.put(
            C.ENROLLMENTS, seat(8000 + place, "u9003", place, role="teacher", school=3)
        )


async def test_classes_that_lose_all_their_teachers_hold_a_plan(school: Syncing) -> None:
    classes(school, number=5)
    for number in range(300):  # their teachers' seats are a small part of the school's
        school.district.put(
            C.ENROLLMENTS, seat(1000 + number, f"u{number % 8 + 100:04}", 3, school=3)
        )
    await school.sync()
    school.district.drop(C.ENROLLMENTS, *(f"e{8000 + place}" for place in range(10, 15)))

    report = await school.plan()

    assert report.run.status is RunStatus.HELD
    assert "5 of 6 classes of School 3 lose all their teachers" in sentences(report)


async def test_classes_that_get_another_teacher_hold_nothing(school: Syncing) -> None:
    classes(school, number=5)
    for number in range(300):
        school.district.put(
            C.ENROLLMENTS, seat(1000 + number, f"u{number % 8 + 100:04}", 3, school=3)
        )
    await school.sync()
    for place in range(10, 15):
        school.district.drop(C.ENROLLMENTS, f"e{8000 + place}")
        school.district.put(
            C.ENROLLMENTS, seat(8100 + place, "u9001", place, role="teacher", school=3)
        )

    report = await school.plan()

    assert report.run.status is RunStatus.PLANNED, report.run.holds


async def test_enrollments_of_students_that_become_a_teachers_hold_a_plan(
    school: Syncing,
) -> None:
    for number in range(0, 8, 2):
        school.district.change(C.ENROLLMENTS, f"e{number:04}", role="teacher")

    report = await held(school)

    assert "4 of 41 enrollments of School 1 change from student to teacher" in sentences(report)


async def test_enrollments_that_are_other_peoples_hold_a_plan(school: Syncing) -> None:
    people = [school.district.records[C.ENROLLMENTS][f"e{number:04}"] for number in range(100, 108)]
    whose = [person.user for person in people if isinstance(person, Enrollment)]
    for number, name in zip(range(100, 108), [*whose[1:], whose[0]], strict=True):
        school.district.change(C.ENROLLMENTS, f"e{number:04}", user=name)

    report = await held(school)

    assert "8 of 9 enrollments of School 3 get another user" in sentences(report)


async def test_classes_that_move_to_another_school_hold_a_plan(school: Syncing) -> None:
    classes(school, number=5)
    await school.sync()
    for place in range(10, 15):
        school.district.change(C.CLASSES, f"c{place}", school="s1")

    report = await held(school)

    assert "5 of 6 classes of School 3 get another school" in sentences(report)


async def test_orgs_that_are_renamed_at_once_hold_a_plan(school: Syncing) -> None:
    for number in (1, 2, 3):
        school.district.change(C.ORGS, f"s{number}", name=f"Renamed {number}")
    school.district.change(C.ORGS, "d", name="Renamed")

    report = await held(school)

    assert "4 of 4 organizations get another name" in sentences(report)


async def test_a_school_that_gets_another_parent_holds_nothing(school: Syncing) -> None:
    school.district.put(C.ORGS, Org(sourced_id="d2", name="Region", type="local", modified_at=WHEN))
    school.district.change(C.ORGS, "s3", parent="d2")

    report = await school.plan()

    assert report.run.status is RunStatus.PLANNED, report.run.holds


async def test_terms_that_move_by_years_hold_a_plan(school: Syncing) -> None:
    session = school.district.records[C.ACADEMIC_SESSIONS]["y"]
    assert isinstance(session, AcademicSession)
    school.district.change(
        C.ACADEMIC_SESSIONS, "y", starts_on=date(2016, 8, 1), ends_on=date(2017, 7, 1)
    )

    report = await held(school)

    assert "the dates of 1 of 1 academic sessions move by more than 180 days" in sentences(report)


async def test_a_term_that_ends_a_week_later_holds_nothing(school: Syncing) -> None:
    session = school.district.records[C.ACADEMIC_SESSIONS]["y"]
    assert isinstance(session, AcademicSession)
    later = session.ends_on + timedelta(days=7)
    school.district.change(C.ACADEMIC_SESSIONS, "y", ends_on=later)

    report = await school.plan()

    assert report.run.status is RunStatus.PLANNED, report.run.holds


async def test_a_run_that_applies_by_itself_is_held_as_well(school: Syncing) -> None:
    change_each(school, lambda _: {"email": None})

    report = await school.plan(applies=True)

    assert report.run.status is RunStatus.HELD
    assert school.rows("SELECT count(*) FROM users WHERE email IS NULL") == [(0,)]


async def test_a_plan_with_other_holds_has_another_hash_and_is_applied_when_approved(
    school: Syncing,
) -> None:
    change_each(school, lambda _: {"email": None})
    report = await held(school)
    stored = school.rows("SELECT holds FROM sync_runs WHERE id = ?", report.run.id)

    assert msgspec.json.decode(stored[0][0]) == [[sentences(report), False]]
    await school.approve(report)
    done = await school.apply(report)

    assert done.run.status is RunStatus.APPLIED
    assert school.rows("SELECT count(*) FROM users WHERE email IS NULL") == [(8,)]


async def test_a_run_that_takes_all_that_back_is_not_held_for_it(school: Syncing) -> None:
    change_each(school, lambda _: {"enabled": False})
    done = await school.sync()

    run = await school.services.sync.undo(done.run.id, actor=ANA)
    report = await school.services.sync.wait(run.id)

    assert report.run.status is RunStatus.PLANNED, report.run.holds


async def test_the_thresholds_are_the_administrators(settings: Settings) -> None:
    more = NO_GRACE.replace("sync: {", "sync: {guard: {school_share: 1, staff_count: 100}, ")
    async with syncing(settings, more=more, district=district()) as one:
        await one.sync()
        change_each(one, lambda _: {"email": None, "roles": (Role(role="teacher", org="s3"),)})

        report = await one.plan()

        assert report.run.status is RunStatus.PLANNED, report.run.holds
