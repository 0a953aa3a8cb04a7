"""Every read finds the same over SQLAlchemy's connection and over Python's own driver."""

from __future__ import annotations

import ast
import importlib
import inspect
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from functools import cached_property
from pathlib import Path

import pytest

from integration_tui.domain.audit.log import AuditFilter
from integration_tui.domain.errors import NotFoundError, UnknownIntegrationError
from integration_tui.domain.health.status import HealthReport, HealthStatus
from integration_tui.domain.health.timeseries import Bucketing
from integration_tui.domain.ids import IntegrationId, RecordId, RunId
from integration_tui.domain.integration import IntegrationStatus, Transition, Trouble
from integration_tui.domain.message import MessageKind, NewMessage
from integration_tui.domain.paging import Rejected, Skipped
from integration_tui.domain.roster import Collection, Owner
from integration_tui.domain.roster_view import RecordFilter
from integration_tui.domain.sync.listing_findings import ReadFinding
from integration_tui.domain.sync.mapping import Match, MatchStatus
from integration_tui.domain.sync.plan import Approval
from integration_tui.settings import Settings
from integration_tui.store import repositories
from integration_tui.store.column_types import instant
from integration_tui.store.database import Database
from integration_tui.store.repositories import Repositories, Transaction
from integration_tui.store.roster.manual_edits import StoredManualEdit
from tests.conftest import ANA
from tests.services.sync.fixtures import SECRET, SIS, WHEN, syncing
from tests.store.fixtures import NOON

C = Collection
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOBODY = IntegrationId("nobody")
RUN, USER = RunId(1), RecordId(1)
MATCH = Match(
    integration_id=SIS,
    collection=C.USERS,
    external_id="u0001",
    record_id=USER,
    candidate_id=RecordId(2),
    rule="email",
    score=90,
    status=MatchStatus.OPEN,
)
Read = Callable[[Repositories], Awaitable[object]]


async def finding(rows: Repositories) -> object:
    findings = await rows.quality.findings(RUN)
    return findings, [await rows.quality.found(RUN, one) for one in findings]


async def audited(rows: Repositories) -> object:
    search = await rows.audit.search(AuditFilter(text=("sis",)))
    return await search.entries([1, 2, 3])


READS: dict[str, tuple[Read, ...]] = {
    "audit.head": (lambda rows: rows.audit.head(),),
    "audit.activity": (lambda rows: rows.audit.activity([WHEN, WHEN + DAY], WHEN),),
    "audit.search": (audited,),
    "audit.page": (
        lambda rows: rows.audit.page(AuditFilter(), limit=100),
        lambda rows: rows.audit.page(AuditFilter(text=("sis",)), limit=10),
        lambda rows: rows.audit.page(AuditFilter(actor=ANA.name, since=WHEN), before=3, limit=5),
    ),
    "audit.following": (lambda rows: rows.audit.following(AuditFilter(), after=1, limit=3),),
    "messages.page": (
        lambda rows: rows.messages.page(),
        lambda rows: rows.messages.page(unread_only=True, before=2, limit=1),
    ),
    "messages.unread": (lambda rows: rows.messages.unread(),),
    "messages.newest_of_health": (lambda rows: rows.messages.newest_of_health([SIS]),),
    "read_findings.all": (lambda rows: rows.read_findings.all(RUN),),
    "skipped.counts": (lambda rows: rows.skipped.counts(RUN),),
    "skipped.all": (lambda rows: rows.skipped.all(RUN),),
    "integrations.get": (
        lambda rows: rows.integrations.get(SIS),
        lambda rows: rows.integrations.get(NOBODY),
    ),
    "integrations.find": (
        lambda rows: rows.integrations.find(SIS),
        lambda rows: rows.integrations.find(IntegrationId("\udcff")),
    ),
    "integrations.all": (
        lambda rows: rows.integrations.all(),
        lambda rows: rows.integrations.all([SIS, NOBODY]),
    ),
    "integrations.whole_paths": (lambda rows: rows.integrations.whole_paths(),),
    "integrations.revision": (lambda rows: rows.integrations.revision(),),
    "configs.active": (
        lambda rows: rows.configs.active(SIS),
        lambda rows: rows.configs.active(NOBODY),
    ),
    "configs.get": (lambda rows: rows.configs.get(SIS, 1), lambda rows: rows.configs.get(SIS, 9)),
    "configs.history": (lambda rows: rows.configs.history(SIS),),
    "configs.all_active": (lambda rows: rows.configs.all_active(),),
    "health.latest": (
        lambda rows: rows.health.latest(),
        lambda rows: rows.health.latest([NOBODY]),
    ),
    "health.reasons": (lambda rows: rows.health.reasons([SIS]),),
    "health.recent": (
        lambda rows: rows.health.recent(2),
        lambda rows: rows.health.recent(9, [SIS]),
    ),
    "health.latencies": (lambda rows: rows.health.latencies(3),),
    "health.history": (
        lambda rows: rows.health.history(SIS, since=NOON, limit=2),
        lambda rows: rows.health.history(SIS, since=NOON, limit=9, until=NOON + HOUR),
    ),
    "health.transitions": (lambda rows: rows.health.transitions(SIS, limit=5),),
    "health.statistics": (
        lambda rows: rows.health.statistics(window_s=9 * 3600, now=NOON + 5 * HOUR),
        lambda rows: rows.health.statistics(window_s=60, now=NOON, only=[SIS]),
    ),
    "health.known_since": (lambda rows: rows.health.known_since(),),
    "health.days": (lambda rows: rows.health.days(NOON + 5 * HOUR),),
    "health.timeseries": (
        lambda rows: rows.health.timeseries(
            SIS, Bucketing.of(NOON - HOUR, NOON + 4 * HOUR, most=5), NOON + 4 * HOUR
        ),
    ),
    "health.changes": (
        lambda rows: rows.health.changes(SIS, since=NOON, until=NOON + DAY, limit=5),
    ),
    "health.breakdown": (
        lambda rows: rows.health.breakdown(SIS, since=NOON, until=NOON + DAY, limit=5),
    ),
    "health.statuses": (lambda rows: rows.health.statuses(NOON + HOUR),),
    "census.seen": (lambda rows: rows.census.seen(SIS),),
    "census.accepted": (lambda rows: rows.census.accepted(SIS),),
    "runs.get": (lambda rows: rows.runs.get(RUN), lambda rows: rows.runs.get(RunId(99))),
    "runs.open_of": (lambda rows: rows.runs.open_of(SIS),),
    "runs.unfinished": (lambda rows: rows.runs.unfinished(),),
    "runs.waiting_for_person": (lambda rows: rows.runs.waiting_for_person(),),
    "runs.page": (
        lambda rows: rows.runs.page(),
        lambda rows: rows.runs.page(integration_id=SIS, before=RunId(2), limit=1),
    ),
    "runs.newest_of_each": (lambda rows: rows.runs.newest_of_each(),),
    "runs.newest_applied": (lambda rows: rows.runs.newest_applied(SIS),),
    "runs.newest_start": (lambda rows: rows.runs.newest_start(SIS),),
    "runs.report": (lambda rows: rows.runs.report(RUN),),
    "listings.all": (lambda rows: rows.listings.all(RUN),),
    "listings.read_at": (lambda rows: rows.listings.read_at(RUN),),
    "listings.last_fields": (lambda rows: last_fields(rows, RunId(2)),),
    "approvals.good": (lambda rows: approval(rows, RunId(2)),),
    "plan_pages.changes": (
        lambda rows: rows.plan_pages.changes(RUN, C.USERS, kind=None, after="", limit=5),
        lambda rows: rows.plan_pages.changes(RunId(2), C.USERS, kind=None, after="", limit=5),
    ),
    "plan_pages.people": (lambda rows: people(rows, RunId(2)),),
    "quarantine.orphans_of": (
        lambda rows: rows.quarantine.orphans_of(SIS, C.ENROLLMENTS, limit=5),
    ),
    "quarantine.page": (
        lambda rows: rows.quarantine.page(SIS),
        lambda rows: rows.quarantine.page(SIS, after=("enrollments", "a"), limit=1),
    ),
    "quality.scores": (lambda rows: rows.quality.scores(RUN),),
    "quality.findings": (finding,),
    "quality.found": (finding,),
    "quality.trend": (lambda rows: rows.quality.trend(SIS),),
    "conflicts.page": (
        lambda rows: rows.conflicts.page(None, open_only=True, after=0, limit=5),
        lambda rows: rows.conflicts.page(SIS, open_only=False, after=0, limit=5),
    ),
    "conflicts.get": (lambda rows: rows.conflicts.get(1), lambda rows: rows.conflicts.get(99)),
    "conflicts.open_of": (lambda rows: rows.conflicts.open_of(C.USERS, USER),),
    "conflicts.raised_by": (lambda rows: rows.conflicts.raised_by(RunId(2)),),
    "conflicts.open_about": (
        lambda rows: rows.conflicts.open_about(SIS, C.USERS, "email", limit=5),
    ),
    "conflicts.open_fields": (lambda rows: rows.conflicts.open_fields(),),
    "mappings.of": (lambda rows: rows.mappings.of(C.USERS, USER),),
    "mappings.counts": (lambda rows: rows.mappings.counts(SIS),),
    "mappings.find": (
        lambda rows: rows.mappings.find(SIS, C.USERS, "u0001"),
        lambda rows: rows.mappings.find(SIS, C.USERS, "nobody"),
    ),
    "mappings.matches": (
        lambda rows: rows.mappings.matches(None, limit=5),
        lambda rows: rows.mappings.matches(SIS, after=MATCH, limit=5),
    ),
    "mappings.status": (lambda rows: rows.mappings.status(MATCH),),
    "manual_edits.of": (lambda rows: rows.manual_edits.of("users/1"),),
    "roster.browse": (
        lambda rows: rows.roster.browse(RecordFilter(collection=C.USERS), after="", limit=5),
        lambda rows: rows.roster.browse(
            RecordFilter(collection=C.USERS, search="Fam"), after="", limit=5
        ),
    ),
    "roster.count": (
        lambda rows: rows.roster.count(RecordFilter(collection=C.USERS)),
        lambda rows: rows.roster.count(RecordFilter(collection=C.CLASSES), at_most=1),
    ),
    "roster.line": (lambda rows: rows.roster.line(C.USERS, USER),),
    "roster.labels": (lambda rows: rows.roster.labels(C.USERS, [USER, RecordId(99_999)]),),
    "records.get": (
        lambda rows: rows.records.get(C.USERS, USER),
        lambda rows: rows.records.get(C.USERS, RecordId(99_999)),
    ),
    "records.history": (lambda rows: rows.records.history(C.USERS, USER, limit=5),),
    "orphans.find": (lambda rows: rows.orphans.find(),),
}
WRITES = {
    "audit.add", "messages.add", "messages.mark_read", "messages.forget_before",
    "read_findings.add", "read_findings.forget", "skipped.add", "skipped.forget", "skipped.keep",
    "integrations.add", "integrations.save", "integrations.save_status", "integrations.remove",
    "integrations.next_revision", "configs.add", "health.save", "health.add_transitions",
    "health.roll_up", "census.save", "census.accept", "runs.start", "runs.save",
    "runs.request_stop", "listings.save", "listings.forget", "approvals.save",
    "approvals.withdraw", "quarantine.unreadable", "quarantine.orphans", "quarantine.release",
    "quality.evaluate", "conflicts.save", "conflicts.move", "mappings.decide", "mappings.move",
    "mappings.move_matches", "mappings.forget", "mappings.unsettle", "mappings.read_anew",
    "mappings.add", "manual_edits.add", "manual_edits.forget", "manual_edits.forget_before",
    "records.save", "records.pin",
}  # fmt: skip
OF_RUNS = {
    "staging", "repeated", "plans", "differences", "changes", "marks", "adoption", "matching",
    "removing", "undoing", "one_person", "history", "merging",
}  # fmt: skip
"""Members that only what works on a run, or changes a record, asks."""


async def last_fields(rows: Repositories, run_id: RunId) -> object:
    return await rows.listings.last_fields(await rows.runs.get(run_id), C.USERS)


async def approval(rows: Repositories, run_id: RunId) -> object:
    return await rows.approvals.good(await rows.runs.get(run_id), at=WHEN)


async def people(rows: Repositories, run_id: RunId) -> object:
    return await rows.plan_pages.people(await rows.runs.get(run_id))


def methods() -> set[str]:
    """Return what can be awaited of each member of `Repositories`, by its name."""
    tree = ast.parse(inspect.getsource(repositories))
    homes = {
        alias.name: node.module or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    found: set[str] = set()
    for name, member in vars(Repositories).items():
        if isinstance(member, cached_property):
            kind = inspect.get_annotations(member.func)["return"]
            repository: type = getattr(importlib.import_module(homes[kind]), kind)
            found |= {
                f"{name}.{method}"
                for method, function in vars(repository).items()
                if inspect.iscoroutinefunction(function) and not method.startswith("_")
            }
    return found


def test_every_method_is_known_as_one_that_reads_or_writes() -> None:
    asked = {name for name in methods() if name.partition(".")[0] not in OF_RUNS}

    assert asked == READS.keys() | WRITES


async def fill(path: Path) -> None:
    """Add what two syncs leave nothing of."""
    database = opened(path)
    await database.open()
    async with database.transaction() as transaction:
        await add_health(transaction)
        await add_findings(transaction)
        for kind in (MessageKind.DOWN, MessageKind.BACK):
            await transaction.messages.add(
                NewMessage(at=NOON, kind=kind, integration_id=SIS, sentence=kind, advice="wait")
            )
    await database.close()
    with closing(sqlite3.connect(path)) as store, store:
        store.execute(
            "INSERT INTO sync_conflicts VALUES ('local', 1, 'sis', 'users', 1, 'u0001', 'email',"
            " NULL, '\"a@example.org\"', '\"b@example.org\"', 2, ?, NULL, NULL, NULL)",
            (instant(NOON),),
        )
        store.execute(
            "INSERT INTO sync_matches VALUES"
            " ('local', 'sis', 'users', 'u0001', 1, 2, 'email', 90, 'open', ?)",
            (instant(NOON),),
        )


async def add_health(transaction: Transaction) -> None:
    reports = [
        HealthReport(
            integration_id=SIS,
            status=HealthStatus.DOWN if number % 3 else HealthStatus.HEALTHY,
            checked_at=NOON + number * HOUR / 4,
            latency_ms=None if number % 3 else 20.5,
            detail="no answer" if number % 3 else "",
            advice="",
            trouble=Trouble.NOT_READY if number % 3 else None,
        )
        for number in range(12)
    ]
    change = Transition(
        integration_id=SIS,
        before=IntegrationStatus.ACTIVE,
        after=IntegrationStatus.ERROR,
        at=NOON + HOUR,
        reason="no answer",
    )
    await transaction.health.save(reports)
    await transaction.health.add_transitions([change])
    await transaction.health.roll_up(now=NOON + 3 * HOUR, keep_days=3000)


async def add_findings(transaction: Transaction) -> None:
    run = await transaction.runs.get(RunId(2))
    approval = Approval(
        run_id=run.id,
        integration_id=SIS,
        plan_hash=run.plan_hash,
        losses=1,
        reason="seen",
        by=ANA.name,
    )
    await transaction.approvals.save(approval, at=WHEN, until=WHEN + DAY)
    finding = ReadFinding(rule="lost", message="cut", count=2, is_loss=True, samples=("u0001",))
    await transaction.read_findings.add(RUN, C.USERS, [finding])
    owner = Owner(collection=C.CLASSES, sourced_id="c1")
    await transaction.skipped.add(RUN, C.USERS, [Skipped(owner=owner, reason="refused")])
    await transaction.quarantine.unreadable(
        run, C.USERS, [Rejected(sourced_id="x", reason="no name")], page=1, at=NOON
    )
    edit = StoredManualEdit(before={"email": "a"}, after={"email": "b"})
    await transaction.manual_edits.add("users/1", 1, edit, at=NOON)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("both") / "store.db"


@pytest.fixture
async def store(settings: Settings, kept: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store in which a district was synced twice; made once."""
    if not kept.exists():
        monkeypatch.setenv("SIS_SECRET", SECRET)
        async with syncing(settings) as school:
            await school.sync()
            school.district.change(C.USERS, "u0001", email="other@example.org")
            school.district.leave("u0002")
            await school.plan()
        path = Path(settings.store_url.removeprefix("sqlite:///"))
        await fill(path)
        shutil.copy(path, kept)
    return kept


def opened(path: Path) -> Database:
    return Database(f"sqlite:///{path}", publish=lambda _event: None, clock=lambda: WHEN)


async def answers(path: Path, member: str, *, briefly: bool) -> dict[str, list[object]]:
    """Return what each read of a member of `Repositories` finds, or says."""
    database, found = opened(path), dict[str, list[object]]()
    await database.open(briefly=briefly)
    for name in (name for name in READS if name.partition(".")[0] == member):
        found[name] = []
        for read in READS[name]:
            async with database.reading() as rows:
                try:
                    found[name].append(await read(rows))
                except (NotFoundError, UnknownIntegrationError) as error:
                    found[name].append(str(error))
    await database.close()
    return found


@pytest.mark.parametrize("member", sorted({name.partition(".")[0] for name in READS}))
async def test_a_read_finds_the_same_over_both(store: Path, member: str) -> None:
    thorough = await answers(store, member, briefly=False)
    brief = await answers(store, member, briefly=True)

    assert brief == thorough
    assert repr(brief) == repr(thorough)
    assert member == "orphans" or any(any(answers) for answers in brief.values())
