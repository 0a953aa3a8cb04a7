"""Small rosters that runs read, plan and apply in a real store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from integration_tui.domain.config.sync_policy import ConflictPolicy, QualityPolicy
from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.paging import Page
from integration_tui.domain.roster import (
    ROSTER,
    AcademicSession,
    Class,
    Collection,
    Course,
    Enrollment,
    Org,
    Record,
    Role,
    User,
)
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.quality import FoundRecord, QualityFinding
from integration_tui.domain.sync.run import CollectionProgress, Mode, Phase, Run, RunStatus, Trigger
from integration_tui.domain.value import replace
from integration_tui.store.database import Database
from integration_tui.store.roster.fields import SHAPES
from integration_tui.store.sync.apply import ApplyStep
from integration_tui.store.sync.merge import MergePolicy
from tests.store.fixtures import LINCOLN, NOON

FALL: Final = date(2026, 8, 17)
WINTER: Final = date(2027, 1, 16)
STUDENT: Final = Role(role="student", org="org-1")
TEACHER: Final = Role(role="teacher", org="org-1")
_COLLECTIONS: Final[Mapping[type[Record], Collection]] = {
    Org: Collection.ORGS,
    AcademicSession: Collection.ACADEMIC_SESSIONS,
    Course: Collection.COURSES,
    Class: Collection.CLASSES,
    User: Collection.USERS,
    Enrollment: Collection.ENROLLMENTS,
}


def user(sourced_id: str, *, role: Role = STUDENT, email: str | None = None) -> User:
    return User(
        sourced_id=sourced_id,
        given_name=sourced_id.title(),
        family_name="Doe",
        username=sourced_id,
        email=f"{sourced_id}@school.example" if email is None else email,
        identifier=f"no-{sourced_id}",
        roles=(role,),
        grades=() if role is TEACHER else ("07",),
        primary_org="org-1",
    )


def seat(sourced_id: str, who: str, role: str = "student", where: str = "cls-1") -> Enrollment:
    return Enrollment(
        sourced_id=sourced_id, user=who, class_=where, school="org-1", role=role, begins_on=FALL
    )


def school() -> dict[str, Record]:
    """Return a roster in which nothing is wrong, by id."""
    records: list[Record] = [
        Org(sourced_id="org-1", name="Lincoln", type="school", identifier="1"),
        AcademicSession(
            sourced_id="ses-1", title="Fall", type="term", starts_on=FALL, ends_on=WINTER
        ),
        Course(sourced_id="crs-1", title="Art", org="org-1", grades=("07",), school_year="ses-1"),
        Class(
            sourced_id="cls-1",
            title="Art 7",
            course="crs-1",
            school="org-1",
            terms=("ses-1",),
            grades=("07",),
        ),
        user("tea", role=TEACHER),
        user("ann"),
        user("bob"),
        seat("enr-1", "tea", "teacher"),
        seat("enr-2", "ann"),
        seat("enr-3", "bob"),
    ]
    return {record.sourced_id: record for record in records}


@dataclass
class Desk:
    """Runs of one integration, step by step."""

    database: Database
    integration_id: IntegrationId = LINCOLN

    async def read(self, records: Iterable[Record], *, base: int = 0) -> Run:
        """Have a run read these records, and plan as far as quality is concerned."""
        kept = list(records)
        async with self.database.transaction() as transaction:
            run = await transaction.runs.start(
                Run(
                    id=RunId(0),
                    integration_id=self.integration_id,
                    mode=Mode.FULL,
                    trigger=Trigger.HAND,
                    started_by="ana",
                    started_at=NOON,
                    base=base,
                )
            )
            for collection in ROSTER:
                rows = tuple(record for record in kept if _COLLECTIONS[type(record)] is collection)
                page: Page[Record] = Page(rows=rows, complete=True)
                staged = await transaction.staging.compare(run, collection, page)
                await transaction.staging.put(run.id, collection, [staged], first=0)
                listing = CollectionProgress(collection=collection, is_over=True, complete=True)
                await transaction.listings.save(run.id, listing, at=NOON)
                await transaction.plans.quarantine(run, collection)
                await transaction.quarantine.orphans(run, collection, at=NOON)
        return run

    async def judge(self, run: Run, policy: QualityPolicy | None = None) -> None:
        async with self.database.transaction() as transaction:
            await transaction.quality.evaluate(run, policy or QualityPolicy())

    async def apply(self, run: Run) -> None:
        async with self.database.transaction() as transaction:
            for collection in ROSTER:
                step = ApplyStep(
                    run=run, collection=collection, rows=10_000, with_losses=True, at=NOON
                )
                while await transaction.changes.apply(step) is not None:
                    pass
        await self.end(run)

    async def end(self, run: Run, status: RunStatus = RunStatus.APPLIED) -> None:
        async with self.database.transaction() as transaction:
            ended = replace(run, status=status, phase=Phase.APPLY)
            await transaction.runs.save(ended, at=NOON)
            if status is RunStatus.APPLIED:
                await transaction.marks.bump_revision([run.integration_id], "applied")

    async def decide(self, run: Run) -> None:
        """Find out what of the told changes what is held."""
        policy = MergePolicy(conflicts=ConflictPolicy(), protected_roles=frozenset(), now=NOON)
        async with self.database.transaction() as transaction:
            for collection in ROSTER:
                await transaction.differences.decide(run, collection, policy)

    async def mark(self, run: Run, collection: Collection, of: str, kind: ChangeKind) -> None:
        """Put a change of a held record into a plan."""
        shape = SHAPES[collection]
        await self.change(
            f"INSERT INTO {shape.changes} (tenant_id, run_id, external_id, kind, id, status)"  # noqa: S608 - our own names
            f" SELECT tenant_id, ?, external_id, ?, id, 'inactive' FROM {shape.table}"
            " WHERE external_id = ?",
            *(run.id, kind.value, of),
        )

    async def change(self, statement: str, *values: str | int) -> None:
        """Change the store by other means."""
        connection = sqlite3.connect(self.database.path, isolation_level=None)
        connection.execute(statement, values)
        connection.close()

    async def findings(self, run: Run) -> list[QualityFinding]:
        async with self.database.reading() as rows:
            return await rows.quality.findings(run.id)

    async def found(self, run: Run) -> dict[str, set[str]]:
        """Return the ids of what was found, by rule."""
        found: dict[str, set[str]] = {}
        for finding in await self.findings(run):
            records = await self.records(run, finding)
            assert len(records) == finding.count
            found[finding.rule] = {record.external_id for record in records}
        return found

    async def records(self, run: Run, finding: QualityFinding) -> list[FoundRecord]:
        async with self.database.reading() as rows:
            return await rows.quality.found(run.id, finding)
