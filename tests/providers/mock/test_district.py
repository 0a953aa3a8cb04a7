"""Generated districts: exact, lazy, consistent, and the same everywhere."""

import subprocess
import sys
import tracemalloc
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration_tui.domain.roster import (
    AcademicSession,
    Class,
    Collection,
    Course,
    Enrollment,
    Org,
    User,
)
from integration_tui.providers.mock.config import DistrictSize
from integration_tui.providers.mock.district import District
from integration_tui.providers.mock.prng import Permutation
from integration_tui.providers.mock.slots import DistrictLayout, id_of
from tests.providers.mock.fixtures import START

SMALL = District(DistrictSize.SMALL, changes_per_hour=3600)
LARGE = District(DistrictSize.LARGE, changes_per_hour=3600)

FINGERPRINT = """
import hashlib
from integration_tui.domain.roster import Collection
from integration_tui.providers.mock.config import DistrictSize
from integration_tui.providers.mock.district import District
district = District(DistrictSize.LARGE, seed={seed}, changes_per_hour=60)
sample = [
    repr(district.record(one, slot, 1_500_000))
    for one in Collection
    for slot in range(0, district.count(one), 997)
]
print(hashlib.sha256("".join(sample).encode()).hexdigest())
"""


def fingerprint(seed: int, hash_seed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", FINGERPRINT.format(seed=seed)],
        env={"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("size", "users", "classes", "enrollments"),
    [
        (DistrictSize.SMALL, 300, 36, 1_160),
        (DistrictSize.MID, 10_000, 500, 30_000),
        (DistrictSize.LARGE, 100_000, 5_000, 300_000),
    ],
)
def test_a_district_has_exactly_so_many(
    size: DistrictSize, users: int, classes: int, enrollments: int
) -> None:
    district = District(size)

    counts = [district.count(literal) for literal in (Collection.USERS, Collection.CLASSES)]

    assert counts == [users, classes]
    assert district.count(Collection.ENROLLMENTS) == enrollments


@pytest.mark.parametrize("size", [DistrictSize.SMALL, DistrictSize.MID])
@pytest.mark.parametrize("collection", Collection)
def test_listing_a_collection_yields_its_count(size: DistrictSize, collection: Collection) -> None:
    district = District(size)

    ids = [record.sourced_id for record in district.records(collection)]

    assert len(ids) == len(set(ids)) == district.count(collection)
    assert ids == sorted(ids)


def test_a_large_district_is_counted_without_being_held() -> None:
    district = District(DistrictSize.LARGE)

    assert sum(1 for _ in district.records(Collection.USERS)) == 100_000
    assert sum(1 for _ in district.records(Collection.CLASSES)) == 5_000
    for start in range(0, 300_000, 50_000):
        page = [*district.records(Collection.ENROLLMENTS, start, start + 100)]
        assert [record.sourced_id for record in page] == [
            id_of(Collection.ENROLLMENTS, slot) for slot in range(start, start + 100)
        ]
    assert [*district.records(Collection.ENROLLMENTS, 300_000)] == []


def test_the_same_seed_is_the_same_district_in_every_process() -> None:
    first, second = fingerprint(3, hash_seed="1"), fingerprint(3, hash_seed="2")

    assert first == second
    assert fingerprint(4, hash_seed="1") != first


@given(slot=st.integers(0, 99_999), collection=st.sampled_from(Collection))
def test_any_record_alone_is_the_one_of_the_listing(slot: int, collection: Collection) -> None:
    slot %= LARGE.count(collection)

    alone = District(DistrictSize.LARGE).record(collection, slot)

    assert [alone] * (alone is not None) == [
        *District(DistrictSize.LARGE).records(collection, slot, slot + 1)
    ]


@given(slot=st.integers(0, 299_999), generation=st.integers(0, 2_000_000))
@settings(max_examples=300)
def test_an_enrollment_fits_its_user_and_its_class(slot: int, generation: int) -> None:
    enrollment = LARGE.record(Collection.ENROLLMENTS, slot, generation)
    assert isinstance(enrollment, Enrollment)
    if enrollment.status == "tobedeleted":
        assert LARGE.find(Collection.USERS, enrollment.user, generation) is None
        return

    user = LARGE.find(Collection.USERS, enrollment.user, generation)
    class_ = LARGE.find(Collection.CLASSES, enrollment.class_, generation)

    assert isinstance(user, User)
    assert isinstance(class_, Class)
    assert user.primary_org == class_.school == enrollment.school
    assert user.roles[0].role == enrollment.role
    assert enrollment.role == "teacher" or user.grades == class_.grades


@given(slot=st.integers(0, 4_999), generation=st.integers(0, 2_000_000))
def test_a_class_fits_its_course_school_and_terms(slot: int, generation: int) -> None:
    class_ = LARGE.record(Collection.CLASSES, slot, generation)
    assert isinstance(class_, Class)

    course = LARGE.find(Collection.COURSES, class_.course or "")
    school = LARGE.find(Collection.ORGS, class_.school)
    terms = [LARGE.find(Collection.ACADEMIC_SESSIONS, term) for term in class_.terms]

    assert isinstance(course, Course)
    assert course.grades == class_.grades
    assert course.title in class_.title
    assert isinstance(school, Org)
    assert school.type == "school"
    assert terms
    assert all(isinstance(term, AcademicSession) for term in terms)


@pytest.mark.parametrize("generation", [0, 1, 777, 50_000])
def test_nothing_in_a_whole_district_points_at_nobody(generation: int) -> None:
    known = {
        collection: {
            record.sourced_id for record in SMALL.records(collection, generation=generation)
        }
        for collection in Collection
    }
    users = SMALL.records(Collection.USERS, generation=generation)
    enrollments = SMALL.records(Collection.ENROLLMENTS, generation=generation)

    assert {r.org for u in users if isinstance(u, User) for r in u.roles} <= known[Collection.ORGS]
    for enrollment in enrollments:
        assert isinstance(enrollment, Enrollment)
        assert enrollment.user in known[Collection.USERS]
        assert enrollment.class_ in known[Collection.CLASSES]


@pytest.mark.parametrize("size", DistrictSize)
def test_a_student_sits_in_different_classes_and_every_class_has_students(
    size: DistrictSize,
) -> None:
    layout = DistrictLayout(size)

    seats = [layout.position_of(number) for number in range(layout.classes, layout.enrollments)]

    assert len(set(seats)) == len(seats)
    assert {class_ for _user, class_ in seats} == set(range(layout.classes))


@pytest.mark.parametrize("size", DistrictSize)
def test_every_teacher_has_a_class(size: DistrictSize) -> None:
    layout = DistrictLayout(size)

    teaching = {layout.teacher_of(class_) for class_ in range(layout.classes)}

    assert teaching == set(range(layout.admins, layout.staff))


@given(user=st.integers(0, 101_999))
def test_the_enrollments_of_a_user_are_those_that_name_the_user(user: int) -> None:
    layout = LARGE.layout

    assert {layout.position_of(number)[0] for number in layout.enrollments_of(user)} <= {user}
    assert user < layout.staff or len(layout.enrollments_of(user)) >= 3


@pytest.mark.parametrize(
    "sourced_id",
    [
        "",
        "usr-",
        "usr-0000000",
        "usr-9999999",
        "usr-1",
        "cls-0000001",
        "usr-00000\uff101",
        "usr--000001",
    ],
)
def test_an_id_that_was_never_given_is_not_found(sourced_id: str) -> None:
    assert SMALL.find(Collection.USERS, sourced_id) is None


def test_names_come_in_several_scripts_with_accents_and_apostrophes() -> None:
    users = [record for record in SMALL.records(Collection.USERS) if isinstance(record, User)]
    text = "".join(
        record.given_name + record.family_name
        for record in District(DistrictSize.MID).records(Collection.USERS, 0, 3000)
        if isinstance(record, User)
    )

    scripts = {unicodedata.name(item).split()[0] for item in text if item.isalpha()}
    assert {"LATIN", "CYRILLIC", "GREEK", "CJK", "HANGUL", "ARABIC"} <= scripts
    assert "'" in text
    assert len({(user.given_name, user.family_name) for user in users}) > 250


def test_addresses_are_plain_ascii_and_unique() -> None:
    users = [record for record in SMALL.records(Collection.USERS) if isinstance(record, User)]

    emails = {user.email or "" for user in users}

    assert len(emails) == len(users)
    assert all(email.isascii() and email.endswith(".example") for email in emails)


def test_paging_through_a_large_district_stays_in_bounded_memory() -> None:
    LARGE.record(Collection.USERS, 0)  # the names are made once
    tracemalloc.start()
    try:
        for start in range(0, 20_000, 1000):
            assert len([*LARGE.records(Collection.USERS, start, start + 1000)]) == 1000
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 10_000_000


@given(size=st.integers(1, 5000), seed=st.integers(0, 2**32), place=st.integers(0, 4999))
def test_a_shuffle_goes_both_ways(size: int, seed: int, place: int) -> None:
    shuffle = Permutation(size, seed)
    place %= size

    assert shuffle.index_of(shuffle.item_at(place)) == place


def test_a_district_needs_no_clock_to_be_asked() -> None:
    assert SMALL.timeline.generation_at(START) > 0
    assert District(DistrictSize.SMALL).timeline.generation_at(START) == 0
