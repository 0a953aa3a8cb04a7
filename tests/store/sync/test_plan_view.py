"""What a screen asks again and again is answered from an index, however much there is."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Connection

from integration_tui.domain.audit.log import Action, ActionOutcome, AuditFilter
from integration_tui.domain.health.status import HealthReport
from integration_tui.domain.health.timeseries import Bucketing
from integration_tui.domain.ids import RunId, TenantId
from integration_tui.domain.sync.run import Mode, Run, Trigger
from integration_tui.store.database import Database
from integration_tui.store.repositories import Repositories
from integration_tui.store.sync.people_changes import PeopleChanges
from tests.store.fixtures import LINCOLN, NOON, act, integration, report, version

Question = Callable[[Repositories], Awaitable[object]]
WIDE = NOON - timedelta(days=7)

DAY = Bucketing.of(NOON - timedelta(days=1), NOON, most=60)
MONTH = Bucketing.of(NOON - timedelta(days=30), NOON, most=60)

QUESTIONS: dict[str, Question] = {
    "one integration": lambda rows: rows.integrations.find(LINCOLN),
    "all integrations": lambda rows: rows.integrations.all(),
    "revision": lambda rows: rows.integrations.revision(),
    "active version": lambda rows: rows.configs.active(LINCOLN),
    "one version": lambda rows: rows.configs.get(LINCOLN, 1),
    "history of versions": lambda rows: rows.configs.history(LINCOLN),
    "all active versions": lambda rows: rows.configs.all_active(),
    "latest health": lambda rows: rows.health.latest(),
    "latencies": lambda rows: rows.health.latencies(12),
    "newest runs": lambda rows: rows.runs.newest_of_each(),
    "recent health": lambda rows: rows.health.recent(20),
    "history of health": lambda rows: rows.health.history(LINCOLN, since=WIDE, limit=100),
    "transitions": lambda rows: rows.health.transitions(LINCOLN, limit=100),
    "statistics of an hour": lambda rows: rows.health.statistics(window_s=3600, now=NOON),
    "statistics of a week": lambda rows: rows.health.statistics(window_s=604_800, now=NOON),
    "course of a day": lambda rows: rows.health.timeseries(LINCOLN, DAY, NOON),
    "course of a month": lambda rows: rows.health.timeseries(LINCOLN, MONTH, NOON),
    "changes": lambda rows: rows.health.changes(LINCOLN, since=WIDE, until=NOON, limit=100),
    "breakdown": lambda rows: rows.health.breakdown(LINCOLN, since=WIDE, until=NOON, limit=20),
    "statuses": lambda rows: rows.health.statuses(WIDE),
    "head": lambda rows: rows.audit.head(),
    "page": lambda rows: rows.audit.page(AuditFilter(), before=90, limit=20),
    "following": lambda rows: rows.audit.following(AuditFilter(), after=5, limit=20),
}
FILTERS = {
    "action": AuditFilter(action=Action.STOP),
    "actor": AuditFilter(actor="ana"),
    "object": AuditFilter(object=LINCOLN),
    "outcome": AuditFilter(outcome=ActionOutcome.FAILED),
}


@pytest.fixture
async def full(lincoln: Database) -> Database:
    """A store with something of everything in it, some of it summed up."""
    many: list[HealthReport] = [
        report(minutes, name=name) for name in ("a", "b") for minutes in range(200)
    ]
    async with lincoln.transaction() as transaction:
        for name in ("a", "b"):
            await transaction.integrations.add(integration(name))
            await transaction.configs.add(version(name=name))
        await transaction.health.save(many)
        await transaction.health.roll_up(now=NOON, keep_days=30)
        await transaction.audit.add([act() for _ in range(100)], at=NOON)
    return lincoln


@asynccontextmanager
async def plans_of(database: Database) -> AsyncGenerator[list[str]]:
    """Collect SQLite's plan for each statement that is asked in between."""
    plans: list[str] = []

    def explain(
        connection: Connection,
        _cursor: object,
        statement: str,
        parameters: Sequence[object],
        *_: object,
    ) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "DELETE")):
            found = connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}",
                parameters,
            )
            plans.extend(str(row[3]) for row in found.all())

    engine = database._opened.readers.sync_engine
    event.listen(engine, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(engine, "before_cursor_execute", explain)


@pytest.mark.parametrize("name", QUESTIONS)
async def test_no_question_reads_a_table_through(full: Database, name: str) -> None:
    async with plans_of(full) as plans, full.reading() as rows:
        await QUESTIONS[name](rows)

    assert plans
    found_already = ("SCAN CONSTANT ROW", "SCAN (subquery", "SCAN json_each")  # our own names
    scans = [plan for plan in plans if "SCAN" in plan and not plan.startswith(found_already)]
    assert scans == []


async def test_whose_value_somebody_gets_is_looked_up_for_each_person(full: Database) -> None:
    run = Run(
        id=RunId(1),
        integration_id=LINCOLN,
        mode=Mode.FULL,
        trigger=Trigger.HAND,
        started_by="ana",
        started_at=NOON,
    )

    async with plans_of(full) as plans, full._opened.readers.begin() as connection:
        people = PeopleChanges(connection, TenantId("default"), run)
        await people.reassigned({"email", "username", "identifier"})

    found = [plan for plan in plans if plan.startswith("SEARCH y")]
    assert len(found) == 3
    assert set(found) == {
        "SEARCH y USING INDEX ix_user_changes_id (tenant_id=? AND id=? AND run_id=?)"
    }
    assert [plan for plan in plans if plan.startswith("SCAN")] == []


@pytest.mark.parametrize(
    "name",
    ["active version", "history of versions", "history of health", "transitions", "page", "head"],
)
async def test_no_page_is_sorted_first(full: Database, name: str) -> None:
    async with plans_of(full) as plans, full.reading() as rows:
        await QUESTIONS[name](rows)

    assert [plan for plan in plans if "TEMP B-TREE" in plan] == []


@pytest.mark.parametrize("column", FILTERS)
async def test_each_filter_of_the_audit_log_has_its_index(full: Database, column: str) -> None:
    async with plans_of(full) as plans, full.reading() as rows:
        await rows.audit.page(FILTERS[column], before=90, limit=20)

    index = f"ix_integration_audit_logs_{column}"
    span = f"(tenant_id=? AND {column}=? AND seq>? AND seq<?)"
    assert f"SEARCH l USING COVERING INDEX {index} {span}" in plans
    assert not [plan for plan in plans if plan.startswith("SCAN integration_audit_logs")]


async def test_figures_come_from_the_index_alone(full: Database) -> None:
    async with plans_of(full) as plans, full.reading() as rows:
        await rows.health.statistics(window_s=3600, now=NOON)

    touched = [plan for plan in plans if "integration_status_logs" in plan or " l " in plan]
    assert touched
    assert all("COVERING INDEX" in plan for plan in touched)
