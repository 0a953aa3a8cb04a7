"""A small district on a real server whose records a test changes, and who syncs it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from integration_tui.bootstrap import open_services
from integration_tui.domain.ids import IntegrationId
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
from integration_tui.domain.sync.plan import Approval, ChangeKind
from integration_tui.domain.sync.run import RunReport, RunStatus
from integration_tui.domain.sync.safety import deactivations
from integration_tui.sandbox.dialect import Dialect
from integration_tui.sandbox.oneroster import OneRosterSandbox
from integration_tui.sandbox.server import serve
from integration_tui.sandbox.source import FixedSource
from integration_tui.services import Services
from integration_tui.services.sync.runs import SyncRequest
from integration_tui.settings import Settings
from tests.conftest import ANA
from tests.orphans import assert_no_orphans
from tests.stores import lay_store

SIS = IntegrationId("sis")
SECRET = "s3cret"
WHEN = datetime(2026, 9, 1, tzinfo=UTC)
C = Collection
NO_GRACE = "sync: {grace: {sweeps: 1, days: 0}, quality: {max_drop: 100}}"


def user(number: int, *, role: str = "student", school: int = 1, **more: Any) -> User:
    fields: dict[str, Any] = {
        "sourced_id": f"u{number:04}",
        "given_name": f"Given{number}",
        "family_name": f"Family{number}",
        "username": f"user{number}",
        "email": f"user{number}@example.org",
        "identifier": f"id-{number}",
        "roles": (Role(role=role, org=f"s{school}"),),
        "grades": ("05",) if role == "student" else (),
        "primary_org": f"s{school}",
        "modified_at": WHEN,
    }
    return User(**fields | more)


def seat(
    number: int, who: str, class_: int, *, role: str = "student", school: int = 1
) -> Enrollment:
    return Enrollment(
        sourced_id=f"e{number:04}",
        user=who,
        class_=f"c{class_}",
        school=f"s{school}",
        role=role,
        modified_at=WHEN,
    )


@dataclass
class District:
    """Two schools, two classes, a teacher for each, and `students` halves in each."""

    students: int = 40
    records: dict[Collection, dict[str, Record]] = field(init=False)

    def __post_init__(self) -> None:
        self.records = {collection: {} for collection in ROSTER}
        self.put(C.ORGS, Org(sourced_id="d", name="District", type="district", modified_at=WHEN))
        self.put(
            C.ACADEMIC_SESSIONS,
            AcademicSession(
                sourced_id="y",
                title="2026/27",
                type="schoolYear",
                starts_on=date(2026, 8, 1),
                ends_on=date(2027, 7, 1),
                school_year="2027",
                modified_at=WHEN,
            ),
        )
        for school in (1, 2):
            self.school(school)
        for number in range(self.students):
            school = 1 + number % 2
            self.put(C.USERS, user(number, school=school))
            self.put(C.ENROLLMENTS, seat(number, f"u{number:04}", school, school=school))

    def school(self, number: int) -> None:
        self.put(
            C.ORGS,
            Org(
                sourced_id=f"s{number}",
                name=f"School {number}",
                type="school",
                parent="d",
                modified_at=WHEN,
            ),
        )
        self.put(
            C.COURSES,
            Course(sourced_id=f"k{number}", title="Maths", org=f"s{number}", modified_at=WHEN),
        )
        self.put(
            C.CLASSES,
            Class(
                sourced_id=f"c{number}",
                title=f"Maths {number}",
                course=f"k{number}",
                school=f"s{number}",
                terms=("y",),
                modified_at=WHEN,
            ),
        )
        teacher = user(9000 + number, role="teacher", school=number)
        self.put(C.USERS, teacher)
        self.put(
            C.ENROLLMENTS,
            seat(9000 + number, teacher.sourced_id, number, role="teacher", school=number),
        )

    def put(self, collection: Collection, *records: Record) -> None:
        for record in records:
            self.records[collection][record.sourced_id] = record

    def change(self, collection: Collection, sourced_id: str, **fields: Any) -> None:
        """Change fields of a record, now."""
        old = self.records[collection][sourced_id]
        fields.setdefault("modified_at", datetime.fromtimestamp(time.time(), UTC))  # noqa: TID251 - the real clock, as a system has it
        self.records[collection][sourced_id] = msgspec.structs.replace(old, **fields)

    def drop(self, collection: Collection, *sourced_ids: str) -> None:
        for record_id in sourced_ids:
            del self.records[collection][record_id]

    def leave(self, *users: str) -> None:
        """Let people go, with their seats."""
        self.drop(C.USERS, *users)
        seats = [
            record.sourced_id
            for record in self.records[C.ENROLLMENTS].values()
            if isinstance(record, Enrollment) and record.user in users
        ]
        self.drop(C.ENROLLMENTS, *seats)

    def roster(self) -> dict[Collection, tuple[Record, ...]]:
        return {one: tuple(rows[key] for key in sorted(rows)) for one, rows in self.records.items()}


@dataclass
class Syncing:
    """The district, its server, and an administrator who syncs it."""

    district: District
    sandbox: OneRosterSandbox
    services: Services
    settings: Settings
    name: IntegrationId = SIS

    def publish(self) -> None:
        """Have the server show the district as it is now."""
        publish(self.sandbox, self.district)

    async def plan(self, **more: Any) -> RunReport:
        self.publish()
        asked: dict[str, Any] = {"integration_id": self.name} | more
        run = await self.services.sync.start(SyncRequest(**asked), actor=ANA)
        return await self.services.sync.wait(run.id)

    async def apply(self, report: RunReport, *, spares: bool = False) -> RunReport:
        run = report.run
        await self.services.sync.apply(run.id, plan_hash=run.plan_hash, actor=ANA, spares=spares)
        return await self.services.sync.wait(run.id)

    async def approve(self, report: RunReport, *, reason: str = "seen") -> None:
        approval = Approval(
            run_id=report.run.id,
            integration_id=report.run.integration_id,
            plan_hash=report.run.plan_hash,
            losses=deactivations(report.listings),
            reason=reason,
            by=ANA.name,
        )
        await self.services.sync.approve(approval, actor=ANA)

    async def sync(self, **more: Any) -> RunReport:
        """Plan and apply; whatever the guard holds is approved."""
        planned = await self.plan(**more)
        assert planned.run.status in {RunStatus.PLANNED, RunStatus.HELD}, planned.run
        if planned.run.status is RunStatus.HELD:
            await self.approve(planned)
        done = await self.apply(planned)
        assert done.run.status is RunStatus.APPLIED, done.run
        return done

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Look into the store by other means."""
        store = sqlite3.connect(self.settings.store_url.removeprefix("sqlite:///"))
        try:
            return store.execute(statement, values).fetchall()
        finally:
            store.close()

    def write(self, statement: str, *values: object) -> None:
        """Change the store by other means."""
        store = sqlite3.connect(self.settings.store_url.removeprefix("sqlite:///"))
        try:
            with store:
                store.execute(statement, values)
        finally:
            store.close()

    def active(self, table: str = "users") -> set[str]:
        """Return the external ids of the active records of a table."""
        found = self.rows(f"SELECT external_id FROM {table} WHERE status = 'active'")  # noqa: S608 - ours
        return {row[0] for row in found}


def kinds(report: RunReport, collection: Collection = C.USERS) -> dict[ChangeKind, int]:
    """Return what a plan does with a collection."""
    return next(
        dict(listing.counts) for listing in report.listings if listing.collection is collection
    )


def sentences(report: RunReport) -> str:
    return " | ".join(hold.sentence for hold in report.run.holds)


def document(name: str, address: str, more: str) -> str:
    return f"""
name: {name}
type: oneroster
base_url: {address}
auth:
  type: oauth2_client_credentials
  token_url: {address}/token
  client_id: integration-tui
  client_secret: env:SIS_SECRET
rate_limit: {{requests: 100000}}
retry: {{attempts: 1, max_wait_s: 2}}
{more}
"""


def publish(sandbox: OneRosterSandbox, district: District) -> None:
    """Have a server show a district as it is now, and tell its clock."""
    source = FixedSource(district.roster())
    source.as_of = datetime.fromtimestamp(time.time(), UTC)  # noqa: TID251 - a system's own clock
    sandbox.overlay.source = source
    sandbox.overlay.clear()
    sandbox.reader.forget()


@asynccontextmanager
async def serving(
    district: District, dialect: Dialect | None = None
) -> AsyncGenerator[tuple[OneRosterSandbox, str]]:
    source = FixedSource(district.roster())
    sandbox = OneRosterSandbox(source, monotonic=time.monotonic, dialect=dialect)
    sandbox.issuer.clients = {"integration-tui": SECRET}
    async with serve(sandbox.app) as address:
        yield sandbox, address


@asynccontextmanager
async def syncing(
    settings: Settings, *, more: str = NO_GRACE, district: District | None = None
) -> AsyncGenerator[Syncing]:
    """Serve a district, and open the services of somebody who syncs it."""
    district = district or District()
    async with serving(district) as (sandbox, address):
        write(settings, {SIS: document(SIS, address, more)})
        async with open_services(settings, actor=ANA) as services:
            assert not services.files.problems, services.files.problems
            yield Syncing(district, sandbox, services, settings)
    assert_no_orphans(settings)


def write(settings: Settings, documents: Mapping[IntegrationId, str]) -> None:
    lay_store(settings)
    settings.integrations_dir.mkdir(parents=True, exist_ok=True)
    for name, text in documents.items():
        (settings.integrations_dir / f"{name}.yaml").write_text(text)
