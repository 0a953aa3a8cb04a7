"""Absent is not empty, over JSON: known pages, parts of a roster, members that come back."""

from collections.abc import AsyncGenerator

import pytest

from integration_tui.domain.roster import Collection, Owner, User
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import Mode, RunReport, RunStatus
from integration_tui.settings import Settings
from tests.services.sync.fixtures import SECRET, District, Syncing, kinds, sentences, syncing, user

C, K = Collection, ChangeKind
MANY_PAGES = (
    "sync: {page_size: 10, grace: {sweeps: 1, days: 0}, quality: {max_drop: 100},"
    " guard: {school_share: 1}}"
)
STUDENTS = tuple(f"u{number:04}" for number in range(40))


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIS_SECRET", SECRET)


@pytest.fixture
async def school(settings: Settings) -> AsyncGenerator[Syncing]:
    """A server that leaves out what is empty; every student has a phone number."""
    district = District()
    for number, sourced_id in enumerate(STUDENTS):
        district.put(C.USERS, user(number, school=1 + number % 2, phone=f"555-{number:04}"))
        assert sourced_id in district.records[C.USERS]
    async with syncing(settings, more=MANY_PAGES, district=district) as one:
        await one.sync()
        yield one


def set_phones(school: Syncing, phone: str | None, *ids: str) -> None:
    for sourced_id in ids or STUDENTS:
        school.district.change(C.USERS, sourced_id, phone=phone)


def phones(school: Syncing) -> int:
    return int(school.rows("SELECT count(phone) FROM users")[0][0])


def reported(school: Syncing, report: RunReport) -> list[tuple[str, int]]:
    found = school.rows(
        "SELECT field, count FROM sync_read_findings WHERE run_id = ?"
        " AND rule = 'field-not-listed'",
        report.run.id,
    )
    return [(row[0], row[1]) for row in found]


async def test_a_member_that_no_record_has_holds_the_plan_once(school: Syncing) -> None:
    set_phones(school, None)

    report = await school.plan()

    assert report.run.status is RunStatus.HELD
    assert "field phone of people missing from this listing" in sentences(report)
    assert kinds(report).get(K.UPDATE, 0) == 0
    await school.approve(report)
    await school.apply(report)
    again = await school.plan()
    assert again.run.status is RunStatus.PLANNED, again.run.holds
    assert phones(school) == 40
    assert reported(school, again) == [("phone", 40)]
    assert next(listing.same for listing in again.listings if listing.collection is C.USERS) == 42


async def test_pages_that_are_known_still_have_their_fields(school: Syncing) -> None:
    await school.sync()  # most pages are known by their digest
    school.district.change(C.USERS, STUDENTS[0], phone=None)

    report = await school.plan()

    assert report.run.status is RunStatus.PLANNED, report.run.holds
    assert kinds(report)[K.UPDATE] == 1
    assert reported(school, report) == []


async def test_a_member_that_some_have_is_empty_for_the_others(school: Syncing) -> None:
    set_phones(school, None, *STUDENTS[:20])

    await school.sync()

    assert phones(school) == 20


async def test_a_member_that_is_back_for_some_is_empty_for_the_others_in_time(
    school: Syncing,
) -> None:
    set_phones(school, None)
    await school.sync()
    await school.sync()
    set_phones(school, "555-7777", STUDENTS[0])

    await school.sync()
    await school.sync()

    assert school.rows("SELECT external_id, phone FROM users WHERE phone IS NOT NULL") == [
        (STUDENTS[0], "555-7777")
    ]


@pytest.mark.parametrize("part", ["changes", "person"])
async def test_a_part_is_too_small_to_tell_and_the_next_whole_clears(
    school: Syncing, part: str
) -> None:
    set_phones(school, None, STUDENTS[3])
    scope = Owner(collection=C.USERS, sourced_id=STUDENTS[3])
    asked = (
        {"mode": Mode.INCREMENTAL} if part == "changes" else {"mode": Mode.TARGETED, "scope": scope}
    )

    partial = await school.sync(**asked)

    assert partial.run.mode is not Mode.FULL
    assert partial.run.holds == ()
    await school.sync()
    assert phones(school) == 39


async def test_a_part_takes_nothing_away_of_what_the_whole_lacks(school: Syncing) -> None:
    set_phones(school, None)
    await school.sync()
    school.district.change(C.USERS, STUDENTS[3], email="new@example.org")

    await school.sync(mode=Mode.INCREMENTAL)
    await school.sync(mode=Mode.TARGETED, scope=Owner(collection=C.USERS, sourced_id=STUDENTS[3]))

    assert phones(school) == 40
    person = school.district.records[C.USERS][STUDENTS[3]]
    assert isinstance(person, User)
    assert (person.email,) in school.rows("SELECT email FROM users")
