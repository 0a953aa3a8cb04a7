"""Plans in detail, findings and their report, as an administrator asks for them."""

import csv
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from integration_tui.domain.actor import Actor, ActorRole, Interface
from integration_tui.domain.audit.log import Action, AuditFilter
from integration_tui.domain.errors import (
    ConflictError,
    NotAllowedError,
    NotFoundError,
    UsageError,
)
from integration_tui.domain.ids import RunId
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.plan import ChangeKind, PlannedChange
from integration_tui.domain.sync.quality import QualityFinding
from integration_tui.services.sync.report_csv import HEADERS
from integration_tui.settings import Settings
from tests.conftest import ANA
from tests.services.sync.fixtures import NO_GRACE, SECRET, Syncing, seat, syncing, user

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


async def changes(
    school: Syncing, run_id: RunId, *, of: Collection, kind: ChangeKind
) -> list[PlannedChange]:
    return await school.services.plans.changes(run_id, of, kind=kind)


async def test_what_is_created_is_told_without_what_is_empty(school: Syncing) -> None:
    report = await school.plan()

    first, *_ = await changes(school, report.run.id, of=C.USERS, kind=K.CREATE)
    assert (first.external_id, first.label) == ("u0000", "Given0 Family0")
    assert first.before == {}
    assert first.after["email"] == "user0@example.org"
    assert first.after["primary_org"] == "s1"
    assert "phone" not in first.after
    assert "agents" not in first.after


async def test_changes_come_in_pages(school: Syncing) -> None:
    report = await school.plan()
    plans = school.services.plans

    page = await plans.changes(report.run.id, C.USERS, after="u0003", limit=2)

    assert [change.external_id for change in page] == ["u0004", "u0005"]


async def test_what_changes_is_told_before_and_after(school: Syncing) -> None:
    await school.sync()
    school.district.change(C.USERS, "u0003", email="new@example.org")

    report = await school.plan()

    (one,) = await changes(school, report.run.id, of=C.USERS, kind=K.UPDATE)
    assert one.label == "Given3 Family3"
    assert one.before == {"email": "user3@example.org"}
    assert one.after == {"email": "new@example.org"}


async def test_who_goes_is_called_by_the_name_that_is_held(school: Syncing) -> None:
    await school.sync()
    school.district.leave("u0003")

    report = await school.plan()

    (person,) = await changes(school, report.run.id, of=C.USERS, kind=K.DEACTIVATE)
    (place,) = await changes(school, report.run.id, of=C.ENROLLMENTS, kind=K.DEACTIVATE)
    assert person.label == "Given3 Family3"
    assert (person.before, person.after) == ({"status": "active"}, {"status": "inactive"})
    assert place.label == "Given3 Family3 in Maths 2 as student"


async def test_a_seat_is_called_by_its_person_and_class(school: Syncing) -> None:
    await school.sync()
    school.district.put(C.USERS, user(50))
    school.district.put(C.ENROLLMENTS, seat(50, "u0050", 1), seat(51, "nobody", 1))

    report = await school.plan()

    (made,) = await changes(school, report.run.id, of=C.ENROLLMENTS, kind=K.CREATE)
    (kept,) = await changes(school, report.run.id, of=C.ENROLLMENTS, kind=K.QUARANTINE)
    assert made.label == "Given50 Family50 in Maths 1 as student"
    assert kept.label == "nobody in Maths 1 as student"
    assert kept.note == "user nobody is not known"


async def test_a_run_that_is_not_there_is_an_error(school: Syncing, tmp_path: Path) -> None:
    plans, nowhere = school.services.plans, RunId(99)

    for asked in (
        plans.changes(nowhere, C.USERS),
        plans.findings(nowhere),
        plans.found(nowhere, C.USERS, "users-email"),
        plans.scores(nowhere),
        plans.write_report(nowhere, tmp_path / "x.csv", actor=ANA),
    ):
        with pytest.raises(NotFoundError, match="no run 99"):
            await asked
    assert list(tmp_path.glob("*.csv")) == []


async def test_findings_scores_and_trend_follow_the_runs(school: Syncing) -> None:
    first = await school.sync()
    school.district.change(C.USERS, "u0003", email="nothing")

    second = await school.plan()

    plans = school.services.plans
    assert await plans.findings(first.run.id) == []
    (finding,) = await plans.findings(second.run.id)
    assert (finding.rule, finding.count, finding.schools[0].school) == (
        *("users-email", 1),
        "School 2",
    )
    (record,) = await plans.found(second.run.id, C.USERS, "users-email")
    assert (record.external_id, record.detail) == ("u0003", "nothing")
    assert await plans.found(second.run.id, C.USERS, "users-grades") == []
    users = next(
        score for score in await plans.scores(second.run.id) if score.collection is C.USERS
    )
    assert (users.records, users.percent, users.before) == (42, 99, 100)
    trend = await plans.trend(school.name)
    assert [graded.run.id for graded in trend] == [second.run.id, first.run.id]


async def test_a_worse_roster_is_held(settings: Settings) -> None:
    async with syncing(settings, more=NO_GRACE.replace("max_drop: 100", "max_drop: 1")) as school:
        await school.sync()
        for number in range(20):
            school.district.change(C.USERS, f"u{number:04}", email="nothing")

        report = await school.plan()

    assert [hold.sentence for hold in report.run.holds][-1] == (
        "quality score of users fell from 100 to 76"
    )


async def test_a_run_without_changes_takes_its_findings_over(school: Syncing) -> None:
    school.district.change(C.USERS, "u0003", email="nothing")
    await school.sync()
    again = await school.sync()
    third = await school.plan()

    for run in (again.run, third.run):
        assert [finding.rule for finding in await school.services.plans.findings(run.id)] == [
            "users-email"
        ]
        assert len(await school.services.plans.found(run.id, C.USERS, "users-email")) == 1
    looked = school.rows("SELECT DISTINCT judged_by FROM sync_findings")
    assert looked == [(1,)]


async def test_what_is_quarantined_comes_in_pages(school: Syncing) -> None:
    school.district.put(C.ENROLLMENTS, seat(60, "nobody", 1), seat(61, "nobody", 1))
    await school.plan()

    page = await school.services.plans.quarantined(school.name, after=("enrollments", "e0060"))

    assert [(quarantined.external_id, quarantined.rule) for quarantined in page] == [
        ("e0061", "orphan")
    ]


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


async def test_a_report_has_every_record_of_every_finding(school: Syncing, tmp_path: Path) -> None:
    for number in range(15):
        school.district.change(C.USERS, f"u{number:04}", grades=())
    school.district.put(C.ENROLLMENTS, seat(60, "nobody", 1))
    report = await school.plan()

    lines = await school.services.plans.write_report(
        report.run.id, tmp_path / "report.csv", actor=ANA
    )

    head, *rows = read(tmp_path / "report.csv")
    assert tuple(head) == HEADERS
    assert lines == len(rows) == 16
    assert rows[0] == [
        *("users-no-grade", "info", "users", "School 1", "u0000", "Given0 Family0"),
        *("is a student without a grade", "add the value in the source system"),
    ]
    assert rows[-1][:3] == ["orphan", "error", "enrollments"]
    assert rows[-1][6].endswith(": user nobody is not known")
    assert (tmp_path / "report.csv").stat().st_mode & 0o777 == 0o600
    (entry,) = await school.services.audit.page(AuditFilter(action=Action.EXPORT_FINDINGS))
    assert entry.act.after["file"] == str(tmp_path / "report.csv")


async def test_a_report_holds_no_formulas(school: Syncing, tmp_path: Path) -> None:
    school.district.change(C.USERS, "u0001", given_name='=HYPERLINK("http://x")', email="+1@x")
    school.district.change(C.USERS, "u0002", given_name="\t@x\u202e", email="x", grades=("\n=1",))
    report = await school.plan()

    await school.services.plans.write_report(report.run.id, tmp_path / "report.csv", actor=ANA)

    cells = [cell for row in read(tmp_path / "report.csv") for cell in row]
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)
    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@", "\t"))]
    assert not any("\u202e" in cell or "\n" in cell for cell in cells)


async def test_a_report_is_not_written_over_a_file(school: Syncing, tmp_path: Path) -> None:
    report, path = await school.plan(), tmp_path / "report.csv"
    path.write_text("mine")
    plans = school.services.plans

    with pytest.raises(UsageError, match="already exists"):
        await plans.write_report(report.run.id, path, actor=ANA)
    assert path.read_text() == "mine"
    assert await plans.write_report(report.run.id, path, actor=ANA, replaces=True) == 0

    assert read(path) == [list(HEADERS)]
    assert [path.name for path in tmp_path.glob("*.tmp")] == []


async def test_a_report_needs_a_folder(school: Syncing, tmp_path: Path) -> None:
    report = await school.plan()

    with pytest.raises(UsageError, match="cannot be written"):
        await school.services.plans.write_report(
            report.run.id, tmp_path / "none" / "report.csv", actor=ANA
        )


async def test_a_viewer_writes_no_report(school: Syncing, tmp_path: Path) -> None:
    report = await school.plan()

    with pytest.raises(NotAllowedError):
        await school.services.plans.write_report(
            report.run.id, tmp_path / "report.csv", actor=VIEWER
        )
    assert not (tmp_path / "report.csv").exists()


async def test_half_a_report_is_none(school: Syncing, tmp_path: Path) -> None:
    school.district.change(C.USERS, "u0003", email="nothing")
    report = await school.plan()
    school.write("DELETE FROM sync_found")

    with pytest.raises(ConflictError, match="are no longer stored"):
        await school.services.plans.write_report(report.run.id, tmp_path / "report.csv", actor=ANA)
    assert [path.name for path in tmp_path.iterdir() if "report" in path.name] == []
    assert list(tmp_path.glob(".findings-*")) == []


async def test_nothing_is_quarantined_where_all_is_known(school: Syncing) -> None:
    report = await school.plan()

    found: list[QualityFinding] = await school.services.plans.findings(report.run.id)
    assert found == []
    assert await school.services.plans.quarantined(school.name) == []
