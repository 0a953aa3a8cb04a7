"""A record as it is read at one glance: with its classes, its people, its schools."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from integration_tui.domain.errors import NotFoundError
from integration_tui.domain.ids import RecordId
from integration_tui.domain.roster import Collection, Role
from integration_tui.domain.roster_view import RecordCard, RecordFilter
from integration_tui.settings import Settings
from tests.conftest import ANA
from tests.services.sync.fixtures import SECRET, SIS, Syncing, seat, syncing, user

C = Collection


@pytest.fixture
async def school(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Syncing]:
    """A small district, with a guardian and a homeroom, that has been synced."""
    monkeypatch.setenv("SIS_SECRET", SECRET)
    async with syncing(settings) as one:
        guardian = user(500, role="guardian", given_name="Elena", family_name="Rivera")
        one.district.put(C.USERS, guardian)
        one.district.change(
            C.USERS,
            "u0001",
            agents=("u0500", "unknown"),
            roles=(Role(role="student", org="s2"), Role(role="aide", org="s1", type="secondary")),
        )
        one.district.change(C.CLASSES, "c1", class_type="homeroom", periods=("1", "2"))
        one.district.put(C.ENROLLMENTS, seat(800, "u0001", 1))
        await one.sync()
        yield one


async def card(school: Syncing, search: str, collection: Collection = C.USERS) -> RecordCard:
    wanted = RecordFilter(collection=collection, search=search)
    (line,) = await school.services.records.browse(wanted)
    return await school.services.records.card(collection, line.id)


async def test_a_person_has_classes_guardians_and_schools(school: Syncing) -> None:
    found = await card(school, "u0001")

    assert [(one.label, one.kind, one.role, one.about) for one in found.related] == [
        ("Maths 1", "homeroom", "student", "Given9001 Family9001"),
        ("Maths 2", "scheduled", "student", "Given9002 Family9002"),
    ]
    assert found.related[0].periods == ("1", "2")
    assert found.related_count == 2
    (guardian,) = found.named["agents"]
    assert (guardian.label, guardian.role, guardian.about) == (
        "Elena Rivera",
        "guardian",
        "user500@example.org",
    )
    assert found.orgs == {"s1": "School 1", "s2": "School 2"}
    assert found.district == "District"
    assert found.conflicts == ()


async def test_it_says_when_a_record_was_created_and_last_seen(school: Syncing) -> None:
    found = await card(school, "u0001")
    (run,) = await school.services.sync.runs()

    assert found.created_at == run.ended_at
    assert list(found.last_seen) == [SIS]
    assert run.started_at <= found.last_seen[SIS]


async def test_a_class_has_its_people_and_sessions(school: Syncing) -> None:
    found = await card(school, "Maths 1", C.CLASSES)

    assert [(one.label, one.role) for one in found.related[:2]] == [
        ("Given9001 Family9001", "teacher"),
        ("Given0 Family0", "student"),
    ]
    assert found.counts == {"student": 21, "teacher": 1}
    assert found.related_count == 22
    assert [(one.label, one.about) for one in found.named["terms"]] == [
        ("2026/27", "2026-08-01 2027-07-01")
    ]
    assert found.district == "District"


async def test_a_school_has_its_people_counted_and_its_classes(school: Syncing) -> None:
    found = await card(school, "School 1", C.ORGS)

    assert found.counts == {"student": 20, "teacher": 1, "guardian": 1, "classes": 1, "courses": 1}
    assert [(one.collection, one.label) for one in found.related] == [(C.CLASSES, "Maths 1")]


async def test_a_district_has_its_schools_and_a_course_its_classes(school: Syncing) -> None:
    district = await card(school, "District", C.ORGS)
    (line, _) = await school.services.records.browse(RecordFilter(collection=C.COURSES))
    course = await school.services.records.card(C.COURSES, line.id)

    assert [one.label for one in district.related] == ["School 1", "School 2"]
    assert (district.related_count, course.related_count) == (2, 1)
    assert [one.about for one in course.related] == ["Given9001 Family9001"]


async def test_an_enrollment_and_a_session_have_a_card_too(school: Syncing) -> None:
    for collection in (C.ENROLLMENTS, C.ACADEMIC_SESSIONS):
        (line, *_) = await school.services.records.browse(RecordFilter(collection=collection))
        found = await school.services.records.card(collection, line.id)

        assert found.view.line == line
        assert found.related_count == 0


async def test_a_card_outlives_its_integration(school: Syncing) -> None:
    record_id = (await card(school, "u0001")).view.line.id
    await school.services.integrations.remove(SIS, actor=ANA)

    found = await school.services.records.card(C.USERS, record_id)

    assert found.view.mappings == ()
    assert (found.created_at, found.last_seen, found.named) == (None, {}, {"agents": ()})
    assert len(found.related) == 2


async def test_counting_ends_where_it_is_told_to(school: Syncing) -> None:
    records = school.services.records
    everybody = RecordFilter(collection=C.USERS)
    of_name = RecordFilter(collection=C.USERS, search="Given")

    assert await records.count(everybody) == await records.count(everybody, at_most=100) == 43
    assert await records.count(everybody, at_most=7) == 7
    assert await records.count(of_name, at_most=10) == 10


async def test_who_is_not_there_has_no_card(school: Syncing) -> None:
    with pytest.raises(NotFoundError, match="no record 999"):
        await school.services.records.card(C.USERS, RecordId(999))
