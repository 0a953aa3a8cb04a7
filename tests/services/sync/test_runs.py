"""Whole syncs of a real server into a real store: what is planned, held, applied, taken back."""

from collections.abc import AsyncGenerator

import msgspec
import pytest

from integration_tui.domain.actor import Actor, ActorRole, Interface
from integration_tui.domain.audit.log import Action, ActionOutcome, AuditFilter
from integration_tui.domain.errors import ConflictError, NotAllowedError, UsageError
from integration_tui.domain.ids import RecordId
from integration_tui.domain.roster import Collection, Owner, Record, RecordStatus
from integration_tui.domain.roster_view import ManualEdit
from integration_tui.domain.sync.plan import Approval, ChangeKind
from integration_tui.domain.sync.run import Mode, RunStatus
from integration_tui.domain.value import replace
from integration_tui.sandbox.faults import Fault, FaultRule
from integration_tui.services.sync.runs import SyncRequest
from integration_tui.settings import Settings
from tests.conftest import ANA
from tests.orphans import assert_no_orphans
from tests.services.sync.fixtures import (
    NO_GRACE,
    SECRET,
    SIS,
    Syncing,
    kinds,
    seat,
    sentences,
    syncing,
    user,
)

C, K = Collection, ChangeKind
VIEWER = Actor(name="vic", door=Interface.CLI, role=ActorRole.VIEWER)


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIS_SECRET", SECRET)


@pytest.fixture
async def school(settings: Settings) -> AsyncGenerator[Syncing]:
    """A district that was never synced, without grace."""
    async with syncing(settings) as one:
        yield one


@pytest.fixture
async def synced(school: Syncing) -> Syncing:
    """The same, synced once."""
    await school.sync()
    return school


async def test_a_plan_changes_nothing(school: Syncing) -> None:
    report = await school.plan()

    assert report.run.status is RunStatus.PLANNED
    assert kinds(report) == {K.CREATE: 42}
    assert kinds(report, C.ENROLLMENTS) == {K.CREATE: 42}
    assert school.rows("SELECT count(*) FROM users") == [(0,)]
    assert school.rows("SELECT count(*) FROM external_system_mappings") == [(0,)]


async def test_what_was_planned_is_what_is_applied(school: Syncing) -> None:
    await school.sync()

    assert school.active() == set(school.district.records[C.USERS])
    assert school.active("enrollments") == set(school.district.records[C.ENROLLMENTS])
    named = school.rows(
        "SELECT e.external_id, u.external_id, c.external_id, o.external_id FROM enrollments e"
        " JOIN users u ON u.id = e.user_id JOIN classes c ON c.id = e.class_id"
        " JOIN organizations o ON o.id = e.organization_id WHERE e.external_id = 'e0007'"
    )
    assert named == [("e0007", "u0007", "c2", "s2")]
    assert_no_orphans(school.settings)


async def test_nothing_changed_is_nothing_to_do(synced: Syncing) -> None:
    before = synced.rows("SELECT id, sync_version, last_sync_at FROM users")

    report = await synced.sync()

    assert report.changes == 0
    assert [listing.same for listing in report.listings] == [
        listing.records for listing in report.listings
    ]
    assert synced.rows("SELECT id, sync_version, last_sync_at FROM users") == before


async def test_the_same_pages_are_not_read_again(synced: Syncing) -> None:
    synced.district.change(C.USERS, "u0003", email="new@example.org")

    report = await synced.sync()

    assert kinds(report) == {K.UPDATE: 1}
    assert synced.rows("SELECT email, sync_version FROM users WHERE external_id = 'u0003'") == [
        ("new@example.org", 1)
    ]


async def test_who_comes_and_who_goes(synced: Syncing) -> None:
    synced.district.put(C.USERS, user(500))
    synced.district.put(C.ENROLLMENTS, seat(500, "u0500", 1))
    synced.district.leave("u0001")

    report = await synced.sync()

    assert kinds(report) == {K.CREATE: 1, K.DEACTIVATE: 1}
    assert synced.active() == set(synced.district.records[C.USERS])
    assert synced.active("enrollments") == set(synced.district.records[C.ENROLLMENTS])


async def test_who_returns_keeps_his_id(synced: Syncing) -> None:
    (before,) = synced.rows("SELECT id FROM users WHERE external_id = 'u0001'")
    old = synced.district.records[C.USERS]["u0001"]
    synced.district.leave("u0001")
    await synced.sync()
    assert "u0001" not in synced.active()
    synced.district.put(C.USERS, old)

    report = await synced.sync()

    assert kinds(report) == {K.RETURN: 1}
    assert synced.rows("SELECT id FROM users WHERE external_id = 'u0001'") == [before]
    assert "u0001" in synced.active()


async def test_to_be_deleted_is_proof(synced: Syncing) -> None:
    synced.district.change(C.USERS, "u0002", status=RecordStatus.TO_BE_DELETED)

    report = await synced.sync()

    assert kinds(report) == {K.DEACTIVATE: 1}
    assert "u0002" not in synced.active()


async def test_grace_counts_complete_sweeps_and_days(settings: Settings) -> None:
    grace = "sync: {grace: {sweeps: 3, days: 7}, quality: {max_drop: 100}}"
    async with syncing(settings, more=grace) as school:
        await school.sync()
        school.district.leave("u0001")
        for _ in range(3):
            assert kinds(await school.sync()) == {K.MISSING: 1}
        assert "u0001" in school.active()
        school.write(
            "UPDATE external_system_mappings SET missing_since = '2026-01-01 00:00:00.000000'"
            " WHERE missing_since IS NOT NULL"
        )

        assert kinds(await school.sync()) == {K.DEACTIVATE: 1}
        assert "u0001" not in school.active()


async def test_who_returns_in_his_grace_was_never_away(settings: Settings) -> None:
    grace = "sync: {grace: {sweeps: 2, days: 0}, quality: {max_drop: 100}}"
    async with syncing(settings, more=grace) as school:
        await school.sync()
        old = school.district.records[C.USERS]["u0001"]
        school.district.leave("u0001")
        await school.sync()
        school.district.put(C.USERS, old)
        await school.sync()
        school.district.leave("u0001")

        assert kinds(await school.sync()) == {K.MISSING: 1}, "the count began anew"


@pytest.mark.parametrize("share", [0.5, 1.0])
async def test_a_vanished_collection_is_held_and_nobody_goes(synced: Syncing, share: float) -> None:
    students = [f"u{number:04}" for number in range(int(40 * share))]
    synced.district.leave(*students)

    report = await synced.plan()

    assert report.run.status is RunStatus.HELD
    assert "people missing from source" in sentences(report)
    with pytest.raises(ConflictError, match="held"):
        await synced.apply(report)
    assert len(synced.active()) == 42
    (entry, *_) = await synced.services.audit.page(AuditFilter(action=Action.APPLY_SYNC))
    assert (entry.act.outcome, entry.act.detail) == (
        ActionOutcome.REFUSED,
        f"run {report.run.id}",
    )


async def test_a_held_plan_may_be_applied_without_its_losses(synced: Syncing) -> None:
    synced.district.leave(*(f"u{number:04}" for number in range(20)))
    synced.district.put(C.USERS, user(700))
    report = await synced.plan()

    done = await synced.apply(report, spares=True)

    assert done.run.status is RunStatus.APPLIED
    assert len(synced.active()) == 43


async def test_an_approval_names_number_hash_and_reason(synced: Syncing) -> None:
    synced.district.leave(*(f"u{number:04}" for number in range(20)))
    report = await synced.plan()
    right = Approval(
        run_id=report.run.id,
        integration_id=SIS,
        plan_hash=report.run.plan_hash,
        losses=40,
        reason="they moved",
        by="ana",
    )
    wrong = (
        ({"losses": 39}, UsageError, "deactivates 40 records"),
        ({"reason": " "}, UsageError, "needs a reason"),
        ({"plan_hash": "0" * 64}, ConflictError, "the plan of run"),
    )
    for change, kind, told in wrong:
        with pytest.raises(kind, match=told):
            await synced.services.sync.approve(
                replace(right, **change),
                actor=ANA,
            )

    await synced.services.sync.approve(right, actor=ANA)
    done = await synced.apply(report)

    assert done.run.status is RunStatus.APPLIED
    assert len(synced.active()) == 22
    entries = await synced.services.audit.page(AuditFilter(action=Action.APPROVE_SYNC))
    assert entries[0].act.after["reason"] == "they moved"


async def test_a_report_says_who_approved_just_this_plan_while_that_is_good(
    synced: Syncing,
) -> None:
    synced.district.leave(*(f"u{number:04}" for number in range(20)))
    report = await synced.plan()
    sync = synced.services.sync
    await synced.approve(report)
    good = await sync.report(report.run.id)
    found = await sync.open_run(SIS)
    synced.write("UPDATE sync_approvals SET plan_hash = 'another'")
    other = await sync.report(report.run.id)

    assert (report.approved_by, report.approved_until) == ("", None)
    assert good.approved_by == ANA.name
    assert good.approved_until is not None
    assert found == good
    assert (other.approved_by, other.approved_until) == ("", None)


async def test_an_approval_runs_out(synced: Syncing) -> None:
    synced.district.leave(*(f"u{number:04}" for number in range(20)))
    report = await synced.plan()
    await synced.approve(report)
    synced.write("UPDATE sync_approvals SET until = '2026-01-01 00:00:00.000000'")
    assert (await synced.services.sync.report(report.run.id)).approved_until is None

    with pytest.raises(ConflictError, match="held"):
        await synced.apply(report)


async def test_a_narrowed_credential_takes_nobody_away(synced: Syncing) -> None:
    synced.sandbox.access.schools["integration-tui"] = "s1"
    synced.sandbox.issuer.revoke()

    report = await synced.plan(applies=True)

    assert report.run.status is RunStatus.HELD
    assert "School 2 is missing from source, and 21 active people belong to it" in sentences(report)
    await synced.apply(report, spares=True)
    assert len(synced.active()) == 42
    assert "s2" in synced.active("organizations")


async def test_without_the_schools_nothing_is_taken_for_gone(synced: Syncing) -> None:
    synced.district.leave("u0001")
    synced.sandbox.faults.play(
        FaultRule(fault=Fault.STATUS, path="*/orgs", status=403, times=None, after=1),
        FaultRule(fault=Fault.STATUS, path="*/schools", status=403, times=None),
    )

    report = await synced.plan()

    assert kinds(report) == {}
    assert "u0001" in synced.active()


async def test_removal_is_asked_for_and_takes_its_time(settings: Settings) -> None:
    grace = (
        "sync: {grace: {sweeps: 1, days: 0, removes: true, removal_days: 30},"
        " quality: {max_drop: 100}}"
    )
    async with syncing(settings, more=grace) as school:
        await school.sync()
        school.district.leave("u0001")
        await school.sync()
        assert kinds(await school.sync()) == {}
        school.write(
            "UPDATE external_system_mappings SET missing_since = '2026-01-01 00:00:00.000000'"
            " WHERE missing_since IS NOT NULL"
        )

        seats = kinds(await school.sync(), C.ENROLLMENTS)
        people = kinds(await school.sync())

        assert seats == people == {K.REMOVE: 1}
        assert school.rows("SELECT count(*) FROM users WHERE external_id = 'u0001'") == [(0,)]
        assert_no_orphans(school.settings)
        school.district.put(C.USERS, user(1, school=2))
        assert kinds(await school.sync()) == {K.CREATE: 1}


async def test_one_school_of_many_is_held(synced: Syncing) -> None:
    gone = [f"u{number:04}" for number in range(1, 16, 2)]
    synced.district.leave(*gone[:5])

    report = await synced.plan()

    assert "5 of 21 people of School 2 missing from source" not in sentences(report)
    assert "5 of 42 people missing from source (12%, limit 10%)" in sentences(report)


async def test_an_aborted_listing_proves_nothing(synced: Syncing) -> None:
    synced.district.leave("u0001")
    synced.sandbox.faults.play(
        FaultRule(fault=Fault.STATUS, path="*/users", status=404, times=None)
    )

    report = await synced.plan()

    assert report.run.status in {RunStatus.PLANNED, RunStatus.HELD}
    assert kinds(report) == {}
    assert len(synced.active()) == 42


async def test_an_outage_can_be_gone_on_from(synced: Syncing) -> None:
    synced.district.change(C.USERS, "u0003", email="late@example.org")
    synced.sandbox.faults.play(
        FaultRule(fault=Fault.STATUS, path="*/enrollments", status=503, times=None)
    )
    report = await synced.plan()
    assert report.run.status is RunStatus.FAILED
    assert "503" in report.run.problem
    synced.sandbox.faults.play()

    await synced.services.sync.resume(report.run.id, actor=ANA)
    again = await synced.services.sync.wait(report.run.id)

    assert again.run.status is RunStatus.PLANNED
    assert kinds(again) == {K.UPDATE: 1}


async def test_staff_is_protected(synced: Syncing) -> None:
    synced.district.drop(C.USERS, "u9001")
    synced.district.change(C.USERS, "u9002", status=RecordStatus.TO_BE_DELETED)

    report = await synced.sync()

    assert kinds(report) == {K.PROTECTED: 2}
    assert {"u9001", "u9002"} <= synced.active()


async def test_a_school_that_was_skipped_keeps_its_people(synced: Syncing) -> None:
    synced.district.drop(C.ORGS, "s2")
    for literal in (C.COURSES, C.CLASSES, C.USERS, C.ENROLLMENTS):
        rows = synced.district.records[literal]
        gone = [
            key
            for key, row in rows.items()
            if "s2" in {getattr(row, "org", None), getattr(row, "school", None)}
            or getattr(row, "primary_org", None) == "s2"
        ]
        synced.district.drop(literal, *gone)

    report = await synced.plan()

    assert kinds(report) == {K.KEPT: 21}
    assert kinds(report, C.ENROLLMENTS) == {K.KEPT: 21}


async def test_orphans_wait_until_what_they_name_comes(synced: Syncing) -> None:
    synced.district.put(C.ENROLLMENTS, seat(800, "u0800", 1))
    report = await synced.sync()
    assert kinds(report, C.ENROLLMENTS) == {K.QUARANTINE: 1}
    (kept,) = synced.rows("SELECT external_id, reason FROM sync_quarantine")
    assert kept == ("e0800", "user u0800 is not known")
    synced.district.put(C.USERS, user(800))

    await synced.sync()

    assert "e0800" in synced.active("enrollments")
    assert synced.rows("SELECT * FROM sync_quarantine") == []


async def test_what_is_optional_and_comes_later_is_filled_in(synced: Syncing) -> None:
    synced.district.change(C.CLASSES, "c1", course="k9")
    await synced.sync()
    assert synced.rows("SELECT course_id FROM classes WHERE external_id = 'c1'") != [(None,)]
    synced.district.put(
        C.CLASSES,
        _renamed(synced.district.records[C.CLASSES]["c1"], "c7"),
    )
    await synced.sync()
    assert synced.rows("SELECT course_id FROM classes WHERE external_id = 'c7'") == [(None,)]
    synced.district.put(C.COURSES, _renamed(synced.district.records[C.COURSES]["k1"], "k9"))

    await synced.sync()

    found = synced.rows(
        "SELECT k.external_id FROM classes c JOIN courses k ON k.id = c.course_id"
        " WHERE c.external_id IN ('c1', 'c7')"
    )
    assert found == [("k9",), ("k9",)]


def _renamed(record: Record, sourced_id: str) -> Record:
    return msgspec.structs.replace(record, sourced_id=sourced_id)


async def test_a_stale_plan_is_refused_and_says_why(synced: Syncing) -> None:
    synced.district.change(C.USERS, "u0003", email="a@example.org")
    report = await synced.plan()
    synced.write(
        "UPDATE roster_revisions SET revision = revision + 1, cause = 'ana edited a person'"
    )

    done = await synced.apply(report)

    assert done.run.status is RunStatus.STALE
    assert "ana edited a person since it was made" in done.run.problem
    refused = (await synced.services.audit.page(AuditFilter(), limit=1))[0].act
    assert (refused.action, refused.outcome) == (Action.APPLY_SYNC, ActionOutcome.REFUSED)
    assert "out of date" in refused.detail
    with pytest.raises(ConflictError, match="is stale"):
        await synced.apply(report)
    assert synced.rows("SELECT email FROM users WHERE external_id = 'u0003'") == [
        ("user3@example.org",)
    ]


async def test_a_changed_configuration_makes_the_next_run_a_preview(synced: Syncing) -> None:
    draft = (synced.settings.integrations_dir / "sis.yaml").read_text()
    first = await synced.plan(applies=True)
    assert first.run.status is RunStatus.APPLIED
    (synced.settings.integrations_dir / "sis.yaml").write_text(f"{draft}\ntitle: Other\n")
    await synced.services.files.bring_in(actor=ANA)

    report = await synced.plan(applies=True)

    assert report.run.status is RunStatus.PLANNED
    assert "configuration changed since run" in report.run.preview


async def test_a_plan_for_another_configuration_is_refused(synced: Syncing) -> None:
    synced.district.change(C.USERS, "u0003", email="a@example.org")
    report = await synced.plan()
    path = synced.settings.integrations_dir / "sis.yaml"
    path.write_text(f"{path.read_text()}\ntitle: Other\n")
    await synced.services.files.bring_in(actor=ANA)

    done = await synced.apply(report)

    assert done.run.status is RunStatus.STALE
    assert "the configuration" in done.run.problem


async def test_changed_ids_are_noticed_and_can_be_relinked(synced: Syncing) -> None:
    before = dict(synced.rows("SELECT email, id FROM users"))
    for number in range(40):
        old = synced.district.records[C.USERS].pop(f"u{number:04}")
        synced.district.put(C.USERS, _renamed(old, f"new{number:04}"))
        seat_ = synced.district.records[C.ENROLLMENTS][f"e{number:04}"]
        synced.district.change(C.ENROLLMENTS, seat_.sourced_id, user=f"new{number:04}")

    report = await synced.plan()
    assert report.run.status is RunStatus.HELD
    assert "40 of 40 missing people came back under other IDs" in sentences(report)

    done = await synced.sync(relinks=True)

    assert kinds(done) == {K.RELINK: 40}
    assert dict(synced.rows("SELECT email, id FROM users")) == before
    mapped = synced.rows(
        "SELECT external_id FROM external_system_mappings WHERE collection = 'users'"
        " AND external_id LIKE 'u0%'"
    )
    assert mapped == []
    assert (await synced.sync()).changes == 0


async def test_a_run_is_taken_back_by_another_plan(synced: Syncing) -> None:
    synced.district.put(C.USERS, user(600))
    synced.district.change(C.USERS, "u0003", email="a@example.org", given_name="Other")
    synced.district.leave("u0001")
    done = await synced.sync()
    assert "u0001" not in synced.active()

    undone = await synced.services.sync.undo(done.run.id, actor=ANA)
    report = await synced.services.sync.wait(undone.id)
    assert kinds(report) == {K.DEACTIVATE: 1, K.UPDATE: 1, K.RETURN: 1}
    await synced.apply(report)

    assert "u0600" not in synced.active()
    assert "u0001" in synced.active()
    assert synced.rows("SELECT email, given_name FROM users WHERE external_id = 'u0003'") == [
        ("user3@example.org", "Given3")
    ]

    again = await synced.sync()

    assert again.changes == 0, "the system says what it said, so ours stays"


async def test_incremental_reads_what_changed_and_misses_nobody(synced: Syncing) -> None:
    synced.district.change(C.USERS, "u0003", email="a@example.org")
    synced.district.leave("u0001")

    report = await synced.sync(mode=Mode.INCREMENTAL)

    assert all(listing.since is not None for listing in report.listings)
    assert sum(listing.records for listing in report.listings) == 1
    assert kinds(report) == {K.UPDATE: 1}
    assert "u0001" in synced.active()


async def test_what_an_incremental_run_changed_is_not_taken_for_unchanged(synced: Syncing) -> None:
    synced.district.change(C.USERS, "u0003", email="a@example.org")
    await synced.sync(mode=Mode.INCREMENTAL)
    synced.district.records[C.USERS]["u0003"] = user(3, school=2)

    await synced.sync()

    assert synced.rows("SELECT email FROM users WHERE external_id = 'u0003'") == [
        ("user3@example.org",)
    ]


async def test_incremental_asks_again_for_what_waits(synced: Syncing) -> None:
    synced.district.put(C.ENROLLMENTS, seat(800, "u0800", 1))
    await synced.sync()
    synced.district.put(C.USERS, user(800))
    synced.district.change(C.USERS, "u0800")

    await synced.sync(mode=Mode.INCREMENTAL)

    assert "e0800" in synced.active("enrollments")
    assert synced.rows("SELECT * FROM sync_quarantine") == []
    assert synced.rows("SELECT count(*) FROM sync_marks WHERE as_of IS NULL") == [(0,)]


async def test_one_class_alone(synced: Syncing) -> None:
    synced.district.put(C.ENROLLMENTS, seat(901, "u0001", 1))
    synced.district.put(C.ENROLLMENTS, seat(902, "u0002", 2))
    scope = Owner(collection=C.CLASSES, sourced_id="c1")

    report = await synced.sync(scope=scope)

    assert kinds(report, C.ENROLLMENTS) == {K.CREATE: 1}
    assert "e0901" in synced.active("enrollments")


async def test_who_may_only_look_may_not_sync(synced: Syncing) -> None:
    with pytest.raises(NotAllowedError):
        await synced.services.sync.start(SyncRequest(integration_id=SIS), actor=VIEWER)


async def test_two_runs_of_one_integration_do_not_meet(synced: Syncing) -> None:
    first = await synced.services.sync.start(SyncRequest(integration_id=SIS), actor=ANA)

    with pytest.raises(ConflictError, match=f"run {first.id}"):
        await synced.services.sync.start(SyncRequest(integration_id=SIS), actor=ANA)
    await synced.services.sync.wait(first.id)


async def test_a_run_that_read_nothing_is_never_green(synced: Syncing) -> None:
    synced.sandbox.faults.play(
        FaultRule(fault=Fault.STATUS, path="*/ims/*", status=404, times=None)
    )

    report = await synced.plan(applies=True)

    assert report.run.status is RunStatus.FAILED


async def test_adds_only_days_and_blackouts(settings: Settings) -> None:
    more = (
        "sync: {grace: {sweeps: 1, days: 0}, quality: {max_drop: 100},"
        " adds_only: [{start: 2020-01-01, until: 2099-01-01}]}"
    )
    async with syncing(settings, more=more) as school:
        await school.sync()
        school.district.leave("u0001")
        school.district.put(C.USERS, user(500))

        report = await school.plan(applies=True)

        assert report.run.status is RunStatus.APPLIED
        assert {"u0001", "u0500"} <= school.active()


async def test_nothing_is_applied_by_itself_in_a_blackout(settings: Settings) -> None:
    more = NO_GRACE.replace("}}", "}, blackout: [{start: 2020-01-01, until: 2099-01-01}]}")
    async with syncing(settings, more=more) as school:
        await school.sync()

        report = await school.plan(applies=True)

        assert report.run.status is RunStatus.PLANNED
        assert "nothing is applied automatically" in report.run.preview


async def test_an_integration_that_is_there_again_takes_up_what_it_brought(
    synced: Syncing,
) -> None:
    before = dict(synced.rows("SELECT external_id, id FROM users"))
    path = synced.settings.integrations_dir / "sis.yaml"
    text = path.read_text()
    await synced.services.integrations.remove(SIS, actor=ANA)
    path.write_text(f"{text}\ntitle: Again\n")
    await synced.services.files.bring_in(actor=ANA)
    synced.district.change(C.USERS, "u0003", email="new@example.org")
    synced.district.put(C.USERS, user(500))

    report = await synced.sync()

    assert kinds(report) == {K.RELINK: 42, K.CREATE: 1}
    after = dict(synced.rows("SELECT external_id, id FROM users"))
    assert after.items() >= before.items()
    assert len(after) == 43
    assert synced.rows("SELECT email FROM users WHERE external_id = 'u0003'") == [
        ("new@example.org",)
    ]


async def test_another_person_under_an_old_id_is_held(synced: Syncing) -> None:
    synced.district.change(
        C.USERS, "u0003", given_name="Zoe", family_name="Quinn", email="zoe@example.org"
    )

    report = await synced.plan(applies=True)

    assert report.run.status is RunStatus.HELD
    assert "u0003: name and email address change" in sentences(report)
    assert "Given3" not in sentences(report)


async def test_who_marries_is_the_same(synced: Syncing) -> None:
    synced.district.change(C.USERS, "u0003", family_name="Quinn", email="quinn@example.org")

    report = await synced.plan(applies=True)

    assert report.run.status is RunStatus.APPLIED


async def test_a_question_of_a_cancelled_plan_is_asked_again(settings: Settings) -> None:
    async with syncing(settings) as school:
        await school.sync()
        ((number,),) = school.rows("SELECT id FROM users WHERE external_id = 'u0003'")
        edit = ManualEdit(
            collection=C.USERS, id=RecordId(number), field="phone", value="1", reason="asked for"
        )
        await school.services.records.edit(edit, actor=ANA)
        school.district.change(C.USERS, "u0003", phone="2")
        report = await school.plan()
        assert len(await school.services.conflicts.conflicts(SIS, limit=9)) == 1

        await school.services.sync.cancel(report.run.id, actor=ANA)

        assert await school.services.conflicts.conflicts(SIS, limit=9) == []
        await school.sync()
        assert len(await school.services.conflicts.conflicts(SIS, limit=9)) == 1
