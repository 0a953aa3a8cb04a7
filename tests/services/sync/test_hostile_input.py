"""What systems, people and crashes do to syncs that nobody planned for: nobody is lost by it."""

from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from integration_tui.domain.config.sync_policy import SyncPolicy
from integration_tui.domain.errors import ConflictError
from integration_tui.domain.ids import RecordId
from integration_tui.domain.roster import Collection, Record, RecordStatus
from integration_tui.domain.roster_view import ManualEdit
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import RunStatus
from integration_tui.engine.sync.plan import skips_deactivations
from integration_tui.sandbox.faults import Fault, FaultRule
from integration_tui.settings import Settings
from tests.conftest import ANA
from tests.services.sync.fixtures import (
    NO_GRACE,
    SECRET,
    Syncing,
    kinds,
    seat,
    syncing,
    user,
)
from tests.services.sync.test_several_systems import two_systems

C, K = Collection, ChangeKind


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIS_SECRET", SECRET)


@pytest.fixture
async def synced(settings: Settings) -> AsyncGenerator[Syncing]:
    """A district that was synced once, without grace."""
    async with syncing(settings) as one:
        await one.sync()
        yield one


def _with(record: Record, **fields: Any) -> Record:
    return msgspec.structs.replace(record, **fields)


ODD = (
    "it's", '"quoted"', "100%", "a;DROP TABLE users;--", "\\", "007", "7", "7.0", "1e3", "null",
    "Upper", "upper", "Stra\u00dfe", "e\u0301", "\u00e9", "tail", "end ", " head", "tab\there",
    "line\nbreak", "nul", "esc\x1b[31m", "\u202ebidi", "\U0010ffff",
    "\U0010ffff\U0010ffff\U0010ffff", "x" * 1000, "{}", "[1]", "$.a",
)  # fmt: skip
"""Ids that mean something to one layer or another."""
READ = {literal_string.strip().removeprefix("\u202e") for literal_string in ODD}
"""Without what nobody sees."""


async def test_odd_ids_come_stay_go_and_come_back(synced: Syncing) -> None:
    people = [user(3000 + place, sourced_id=one) for place, one in enumerate(ODD)]
    seats = [seat(3000 + place, one, 1) for place, one in enumerate(ODD)]
    synced.district.put(C.USERS, *people)
    synced.district.put(C.ENROLLMENTS, *seats)

    await synced.sync()

    assert synced.active() >= READ
    assert {enrollment.sourced_id for enrollment in seats} <= synced.active("enrollments")
    synced.district.change(C.USERS, "u0001", email="so-that-the-page@is.new")
    again = await synced.sync()
    assert kinds(again) == {K.UPDATE: 1}
    synced.district.leave(*ODD)
    await synced.sync()
    assert not READ & synced.active()
    synced.district.put(C.USERS, *people)
    await synced.sync()
    assert synced.active() >= READ


async def test_an_id_that_cannot_be_stored_is_told_and_stops_nobody(synced: Syncing) -> None:
    synced.district.put(C.USERS, user(800, sourced_id="nul\0nul"), user(801))

    for _ in range(2):
        await synced.sync()

        assert synced.rows("SELECT external_id FROM sync_quarantine") == [("nul␀nul",)]
        assert "u0801" in synced.active()


async def test_who_an_unfinished_run_took_away_comes_back(synced: Syncing) -> None:
    old = synced.district.records[C.USERS]["u0001"]
    seats = dict(synced.district.records[C.ENROLLMENTS])
    synced.district.leave("u0001")
    synced.district.change(C.USERS, "u0003", email="new@example.org")
    synced.district.change(C.ORGS, "d", name="Other")
    planned = await synced.plan()
    # Whoever asks for it now is heard behind the users.
    synced.write(
        "CREATE TRIGGER t AFTER UPDATE ON users BEGIN UPDATE sync_runs SET wish = 'cancel'"
        " WHERE status = 'running'; END"
    )
    done = await synced.apply(planned)
    assert done.run.status is RunStatus.CANCELLED
    synced.write("DROP TRIGGER t")
    assert "u0001" not in synced.active()
    synced.district.put(C.USERS, old, user(3, school=2))
    synced.district.records[C.ENROLLMENTS] = seats

    await synced.sync()

    assert "u0001" in synced.active()
    assert synced.rows("SELECT email FROM users WHERE external_id = 'u0003'") == [
        ("user3@example.org",)
    ]


async def test_what_cannot_be_read_stays_in_quarantine(synced: Syncing) -> None:
    synced.district.put(C.USERS, user(800, sourced_id="x" * 1_001))
    for _ in range(2):
        report = await synced.sync()

        assert len(synced.rows("SELECT external_id FROM sync_quarantine")) == 1
        assert [
            listing.quarantined for listing in report.listings if listing.collection is C.USERS
        ] == [1]


async def test_a_number_for_a_text_is_read_and_stored(synced: Syncing) -> None:
    synced.district.put(C.USERS, user(800, given_name=7, phone=5550100, grades=(5,)))

    report = await synced.sync()

    assert [
        listing.quarantined for listing in report.listings if listing.collection is C.USERS
    ] == [0]
    found = synced.rows("SELECT given_name, phone FROM users WHERE external_id = 'u0800'")
    assert found == [("7", "5550100")]


@pytest.mark.parametrize(
    "odd", ["x" * 300, "esc\x1b", "\u202ebidi"], ids=["long", "escape", "bidi"]
)
async def test_an_unreadable_record_with_an_odd_id_is_not_gone(synced: Syncing, odd: str) -> None:
    synced.district.put(C.USERS, user(800, sourced_id=odd))
    await synced.sync()
    synced.district.put(C.USERS, user(800, sourced_id=odd, status="gone"))

    report = await synced.plan()

    assert kinds(report) == {}


async def test_whom_somebody_ended_by_hand_returns_when_the_system_brings_him_back(
    synced: Syncing,
) -> None:
    old = synced.district.records[C.USERS]["u0001"]
    await _edit(synced, "u0001", "inactive")
    synced.district.leave("u0001")
    await synced.sync()
    synced.district.put(C.USERS, old)

    report = await synced.sync()

    assert kinds(report) == {K.RETURN: 1}
    assert "u0001" in synced.active()


async def test_whom_somebody_kept_by_hand_stays_when_he_is_not_listed_either(
    synced: Syncing,
) -> None:
    synced.district.change(C.USERS, "u0001", status=RecordStatus.TO_BE_DELETED)
    await synced.sync()
    await _edit(synced, "u0001", "active")
    synced.district.leave("u0001")

    await synced.sync()

    assert "u0001" in synced.active()


async def _edit(synced: Syncing, sourced_id: str, status: str) -> None:
    ((found,),) = synced.rows("SELECT id FROM users WHERE external_id = ?", sourced_id)
    edit = ManualEdit(
        collection=C.USERS, id=RecordId(found), field="status", value=status, reason="by hand"
    )
    await synced.services.records.edit(edit, actor=ANA)


async def test_who_was_spared_is_asked_about_again(synced: Syncing) -> None:
    synced.district.change(C.USERS, "u0002", status=RecordStatus.TO_BE_DELETED)
    await synced.apply(await synced.plan(), spares=True)

    report = await synced.plan()

    assert kinds(report) == {K.DEACTIVATE: 1}


async def test_a_plan_cannot_be_approved_before_it_is_held(synced: Syncing) -> None:
    synced.district.leave("u0001")
    report = await synced.plan()
    with pytest.raises(ConflictError, match="cannot be approved"):
        await synced.approve(report)
    await synced.services.sync.hold(report.run.id, reason="wait for me", actor=ANA)

    with pytest.raises(ConflictError, match="held"):
        await synced.apply(report)


async def test_an_old_listing_proves_nothing_however_it_ended(synced: Syncing) -> None:
    old = synced.district.records[C.USERS]["u0001"]
    seats = dict(synced.district.records[C.ENROLLMENTS])
    synced.district.leave("u0001")
    synced.sandbox.faults.play(
        FaultRule(fault=Fault.STATUS, path="*/enrollments", status=503, times=None)
    )
    report = await synced.plan()
    assert report.run.status is RunStatus.FAILED
    synced.sandbox.faults.play()
    synced.district.put(C.USERS, old)
    synced.district.records[C.ENROLLMENTS] = seats
    synced.publish()
    synced.write("UPDATE sync_listings SET read_at = '2026-01-01 00:00:00.000000'")

    await synced.services.sync.resume(report.run.id, actor=ANA)
    again = await synced.services.sync.wait(report.run.id)

    assert again.run.status is RunStatus.PLANNED
    assert kinds(again) == {}


async def test_two_that_may_be_the_same_one_are_asked_about(settings: Settings) -> None:
    async with two_systems(settings, match="rules: [email]") as (sis, lms):
        await sis.sync()
        twin = lms.district.records[C.USERS]["lms-3"]
        lms.district.put(C.USERS, _with(twin, sourced_id="lms-3b"))

        await lms.sync()

        mapped = sis.rows(
            "SELECT count(DISTINCT internal_id) FROM external_system_mappings"
            " WHERE integration_id = 'lms' AND external_id IN ('lms-3', 'lms-3b')"
        )
        assert mapped == [(2,)]


async def test_two_seats_that_may_be_the_same_one_do_not_stop_a_run(settings: Settings) -> None:
    async with two_systems(settings) as (sis, lms):
        await sis.sync()
        twin = lms.district.records[C.ENROLLMENTS]["e0003"]
        lms.district.put(C.ENROLLMENTS, _with(twin, sourced_id="e0003b"))

        await lms.sync()

        assert sis.rows(
            "SELECT count(*) FROM external_system_mappings WHERE integration_id = 'lms'"
            " AND external_id IN ('e0003', 'e0003b')"
        ) == [(2,)]


STATUS = "SELECT status FROM users WHERE email = 'user3@example.org'"


async def test_one_system_does_not_end_whom_another_lists(settings: Settings) -> None:
    async with two_systems(settings) as (sis, lms):
        await sis.sync()
        await lms.sync()
        lms.district.change(C.USERS, "lms-3", status=RecordStatus.TO_BE_DELETED)

        await lms.sync()

        assert sis.rows(STATUS) == [("active",)]
        sis.district.leave("u0003")
        await sis.sync()
        assert sis.rows(STATUS) == [("inactive",)]


async def test_who_comes_back_in_another_system_is_back(settings: Settings) -> None:
    async with two_systems(settings) as (sis, lms):
        await sis.sync()
        await lms.sync()
        old = lms.district.records[C.USERS]["lms-3"]
        lms.district.leave("lms-3")
        await lms.sync()
        sis.district.change(C.USERS, "u0003", status=RecordStatus.TO_BE_DELETED)
        await sis.sync()
        assert sis.rows(STATUS) == [("inactive",)]
        lms.district.put(C.USERS, old)

        await lms.sync()

        assert sis.rows(STATUS) == [("active",)]


async def test_a_school_that_only_another_system_lists_keeps_its_people(settings: Settings) -> None:
    async with two_systems(settings, match="rules: [sourced_id]") as (sis, lms):
        await sis.sync()
        await lms.sync()
        gone = {
            C.ORGS: ["s2"],
            C.USERS: [f"u{number:04}" for number in (1, 3, 5)],
            C.ENROLLMENTS: [f"e{number:04}" for number in (1, 3, 5, 9002)],
            C.CLASSES: ["c2"],
            C.COURSES: ["k2"],
        }
        for collection, ids in gone.items():
            sis.district.drop(collection, *ids)

        for _ in range(2):
            await sis.sync()

        assert sis.rows(
            "SELECT count(*) FROM users WHERE external_id LIKE 'u000%' AND status = 'active'"
        ) == [(6,)]


async def test_a_removed_class_that_is_named_again_is_not_removed(settings: Settings) -> None:
    grace = NO_GRACE.replace("days: 0", "days: 0, removes: true, removal_days: 0")
    async with syncing(settings, more=grace) as school:
        school.district.put(
            C.CLASSES, _with(school.district.records[C.CLASSES]["c1"], sourced_id="c7")
        )
        await school.sync()
        school.district.drop(C.CLASSES, "c7")
        await school.sync()
        school.district.put(C.ENROLLMENTS, _with(seat(700, "u0001", 7)))

        report = await school.sync()

        assert report.run.status is RunStatus.APPLIED
        assert "e0700" in school.active("enrollments")


async def test_a_conflict_outlives_a_plan_that_nobody_applied(settings: Settings) -> None:
    async with two_systems(settings) as (sis, lms):
        await sis.sync()
        await lms.sync()
        sis.district.change(C.USERS, "u0003", phone="111")
        await sis.sync()
        lms.district.change(C.USERS, "lms-3", phone="222")
        await lms.sync()
        lms.district.change(C.USERS, "lms-3", phone=None)
        report = await lms.plan()
        await lms.services.sync.cancel(report.run.id, actor=ANA)
        lms.district.change(C.USERS, "lms-3", phone="222")

        await lms.sync()

        assert sis.rows("SELECT count(*) FROM sync_conflicts WHERE side IS NULL") == [(1,)]


async def test_orgs_above_themselves(synced: Syncing) -> None:
    synced.district.change(C.ORGS, "s1", parent="s1")
    synced.district.change(C.ORGS, "d", parent="s2")

    await synced.sync()

    assert synced.active("organizations") == {"d", "s1", "s2"}


async def test_a_parent_that_comes_later_is_filled_in(synced: Syncing) -> None:
    synced.district.put(
        C.ORGS, _with(synced.district.records[C.ORGS]["s1"], sourced_id="s3", parent="z")
    )
    await synced.sync()
    synced.district.put(C.ORGS, _with(synced.district.records[C.ORGS]["d"], sourced_id="z"))

    await synced.sync()

    assert synced.rows(
        "SELECT p.external_id FROM organizations o JOIN organizations p ON p.id = o.parent_id"
        " WHERE o.external_id = 's3'"
    ) == [("z",)]


async def test_an_id_that_was_relinked_by_mistake_comes_back(synced: Syncing) -> None:
    await synced.services.mappings.relink(synced.name, C.USERS, ("u0001", "typo"), actor=ANA)

    await synced.sync()

    assert "u0001" in {
        row[0] for row in synced.rows("SELECT external_id FROM external_system_mappings")
    }


async def test_half_an_answer_is_asked_for_again(synced: Syncing) -> None:
    synced.district.change(C.USERS, "u0003", email="new@example.org")
    synced.sandbox.faults.play(FaultRule(fault=Fault.TRUNCATED, path="*/users", times=1))

    report = await synced.sync()

    assert all(listing.complete for listing in report.listings)
    assert kinds(report) == {K.UPDATE: 1}


async def test_an_address_that_many_share_says_nothing(settings: Settings) -> None:
    async with two_systems(settings, match="rules: [email]") as (sis, lms):
        for one in (sis, lms):
            for number in range(20, 35):
                one.district.put(C.USERS, user(number, email="none@example.org"))
            await one.sync()

        assert sis.rows("SELECT count(*) FROM sync_matches") == [(0,)]
        assert sis.rows("SELECT count(*) FROM users WHERE email = 'none@example.org'") == [(30,)]


@pytest.mark.parametrize(("zone", "is_spared"), [("Pacific/Auckland", True), ("UTC", False)])
def test_days_are_those_of_the_schedule(zone: str, is_spared: bool) -> None:
    first = {"start": date(2026, 8, 15), "until": date(2026, 8, 15)}
    policy = SyncPolicy.model_validate({"timezone": zone, "adds_only": [first]})

    assert skips_deactivations(policy, datetime(2026, 8, 14, 16, 30, tzinfo=UTC)) is is_spared
