"""One district as SIS, Google Classroom and Canvas, and who syncs all of it into one store."""

from __future__ import annotations

import sqlite3
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from integration_tui.bootstrap import open_services
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.roster import Collection, Enrollment
from integration_tui.domain.sync.plan import Approval
from integration_tui.domain.sync.run import RunReport, RunStatus
from integration_tui.domain.sync.safety import deactivations
from integration_tui.providers.mock.district import District
from integration_tui.sandbox.canvas.system import CanvasSystem
from integration_tui.sandbox.district_differences import Differences
from integration_tui.sandbox.faults import Fault, FaultRule
from integration_tui.sandbox.google_classroom.system import GoogleClassroomSystem
from integration_tui.sandbox.multi_server import MultiServer, Plan
from integration_tui.sandbox.served_system import SECRET, SECRET_NAME, integration_name
from integration_tui.sandbox.server import serve
from integration_tui.sandbox.systems import system
from integration_tui.services import Services
from integration_tui.services.sync.runs import SyncRequest
from integration_tui.settings import Settings
from tests.conftest import ANA
from tests.orphans import assert_no_orphans
from tests.stores import lay_store

SIS, CLASSROOM, CANVAS = "specification", "google_classroom", "canvas"
ROSTER_TABLES = ("organizations", "academic_sessions", "courses", "classes", "users", "enrollments")
LEARNING = (CLASSROOM, CANVAS)
"""The systems that people keep by hand, which the SIS fills."""
UNAUTHORIZED = '{"status":"unauthorized","errors":[{"message":"user not authorized"}]}'
ROLES = {"StudentEnrollment": "student", "TeacherEnrollment": "teacher"}
C = Collection
MORE = {
    SIS: "sync: {grace: {sweeps: 1, days: 0}}\n",
    CANVAS: "sync: {grace: {sweeps: 1, days: 0}, match: {rules: [claim, email]}, way: listing}\n",
    CLASSROOM: "sync: {grace: {sweeps: 1, days: 0}, match: {rules: [claim, email]}}\n",
}
"""What stands in a configuration beside the address. A report would take its seconds."""
DIFFERENCES = Differences(without_address=0.05, renamed=0.01, added=0.01)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """The running systems, and an administrator of the store."""

    estate: MultiServer
    services: Services
    settings: Settings
    district: District

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.estate.systems)

    async def plan(self, name: str) -> RunReport:
        asked = SyncRequest(integration_id=IntegrationId(integration_name(name)))
        run = await self.services.sync.start(asked, actor=ANA)
        return await self.services.sync.wait(run.id)

    async def sync(self, name: str) -> RunReport:
        """Plan and apply; whatever is held is approved."""
        return await self.finish(await self.plan(name))

    async def finish(self, planned: RunReport) -> RunReport:
        """Apply a plan; whatever is held is approved."""
        run = planned.run
        assert run.status in {RunStatus.PLANNED, RunStatus.HELD}, (run.status, run.problem)
        if run.status is RunStatus.HELD:
            await self.approve(planned)
        return await self.apply(planned)

    async def apply(self, planned: RunReport) -> RunReport:
        run = planned.run
        await self.services.sync.apply(run.id, plan_hash=run.plan_hash, actor=ANA)
        done = await self.services.sync.wait(run.id)
        assert done.run.status is RunStatus.APPLIED, (done.run.status, done.run.problem)
        return done

    async def approve(self, report: RunReport) -> None:
        approval = Approval(
            run_id=report.run.id,
            integration_id=report.run.integration_id,
            plan_hash=report.run.plan_hash,
            losses=deactivations(report.listings),
            reason="seen",
            by=ANA.name,
        )
        await self.services.sync.approve(approval, actor=ANA)

    def spoil(self, name: str, *rules: FaultRule) -> None:
        self.estate.systems[name].faults.play(*rules)

    @property
    def canvas(self) -> CanvasSystem:
        found = self.estate.systems[CANVAS]
        assert isinstance(found, CanvasSystem)
        return found

    @property
    def classroom(self) -> GoogleClassroomSystem:
        found = self.estate.systems[CLASSROOM]
        assert isinstance(found, GoogleClassroomSystem)
        return found

    def differences(self, name: str) -> Mapping[str, list[str]]:
        """Return the SIS ids of who differs in a system."""
        found: Any = self.estate.systems[name].actions["GET", "differences"](b"")
        return {kind: [*ids] for kind, ids in found.items()}

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Look into the store by other means."""
        path = self.settings.store_url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path)) as store:
            return store.execute(statement, values).fetchall()

    def mapped(self, name: str, collection: Collection) -> dict[str, int]:
        """Return our ids by what a system calls them."""
        found = self.rows(
            "SELECT external_id, internal_id FROM external_system_mappings"
            " WHERE integration_id = ? AND collection = ?",
            integration_name(name), collection.value,
        )  # fmt: skip
        return dict(found)

    def one_record(self, name: str, collection: Collection) -> dict[str, int]:
        """Return our ids by the SIS ids of what a system has, for what the SIS knows."""
        known = dict(self.sis_ids(name, collection))
        return {
            known[external]: internal
            for external, internal in self.mapped(name, collection).items()
            if external in known
        }

    def sis_ids(self, name: str, collection: Collection) -> Iterator[tuple[str, str]]:
        """Yield a system's own ids with the SIS ids of the same, as the sandbox knows them."""
        for record in self.district.records(collection):
            external = self._external(name, collection, record.sourced_id)
            if external is not None:
                yield external, record.sourced_id

    def sis_id_of(self, integration: str, external: str) -> str:
        """Return the SIS id of a person by what an integration calls them."""
        name = next(name for name in self.names if integration_name(name) == integration)
        return dict(self.sis_ids(name, C.USERS))[external]

    def _external(self, name: str, collection: Collection, sis_id: str) -> str | None:
        if name == SIS:
            return sis_id
        if collection in (C.COURSES, C.DEMOGRAPHICS):
            return None  # a course of Canvas is one of a school, which no SIS knows
        if name == CLASSROOM:
            return self._classroom_id(collection, sis_id)
        number = self.canvas.tables().sis_place(collection, sis_id)
        return None if number is None else str(number)

    def _classroom_id(self, collection: Collection, sis_id: str) -> str | None:
        domain = self.classroom.domain
        if collection is C.USERS:
            account = domain.accounts.of_user(sis_id)
            return None if account is None else account.id
        number = domain.target_of(f"d:{sis_id}") if collection is C.CLASSES else None
        return None if number is None else str(number)

    def seat_records(self, name: str) -> dict[tuple[str, str, str], int]:
        """Return our ids of a system's enrollments, by SIS ids of person and class, and role."""
        people = self._by_internal(name, C.USERS)
        classes = self._by_internal(name, C.CLASSES)
        found = self.rows(
            "SELECT e.id, e.user_id, e.class_id, e.role FROM enrollments e"
            " JOIN external_system_mappings m ON m.internal_id = e.id"
            " AND m.collection = 'enrollments' AND m.integration_id = ?",
            integration_name(name),
        )
        return {
            (people[user], classes[class_], role): number
            for number, user, class_, role in found
            if user in people and class_ in classes
        }

    def _by_internal(self, name: str, collection: Collection) -> dict[int, str]:
        return {ours: sis_id for sis_id, ours in self.one_record(name, collection).items()}

    def missing(self, name: str) -> int:
        """Return how many records a system is said not to have any more."""
        found = self.rows(
            "SELECT count(*) FROM external_system_mappings"
            " WHERE integration_id = ? AND missing_since IS NOT NULL",
            integration_name(name),
        )
        return int(found[0][0])

    def active(self) -> list[tuple[Any, ...]]:
        """Return how many active records there are of each kind."""
        return [
            (table, *self.rows(f"SELECT status, count(*) FROM {table} GROUP BY 1 ORDER BY 1"))  # noqa: S608
            for table in ("classes", "users", "enrollments")
        ]

    def seats(self) -> set[tuple[str, str, str]]:
        """Return who sits in which class of the SIS as what."""
        return {
            (one.user, one.class_, one.role)
            for one in self.district.records(C.ENROLLMENTS)
            if isinstance(one, Enrollment)
        }

    def versions(self, *tables: str) -> int:
        """Return a number that grows by one with each row that is written of these tables."""
        return sum(
            int(self.rows(f"SELECT total(sync_version + 1) FROM {table}")[0][0])  # noqa: S608
            for table in tables
        )

    def merged_people(self) -> dict[int, set[str]]:
        """Return for each of our people the SIS ids of all whom the systems call by that id."""
        found: dict[int, set[str]] = defaultdict(set)
        for name in self.names:
            for sis_id, internal in self.one_record(name, C.USERS).items():
                found[internal].add(sis_id)
        return found


@asynccontextmanager
async def three_systems(
    settings: Settings, *names: str, differences: Differences = DIFFERENCES
) -> AsyncGenerator[Estate]:
    """Serve a small district in every system, and open the services over a new store."""
    chosen = [system(name) for name in names or (SIS, *LEARNING)]
    plan = Plan(systems=chosen, differences=differences)
    estate = MultiServer(plan, clock=_now, monotonic=time.monotonic)
    async with serve(estate.app) as address:
        write(settings, estate, address)
        async with open_services(settings, actor=ANA) as services:
            assert not services.files.problems, services.files.problems
            district = District(plan.size, seed=plan.seed)
            yield Estate(estate=estate, services=services, settings=settings, district=district)
    assert_no_orphans(settings)


def forbid_a_class(one: Estate, name: str) -> None:
    """Have a system refuse one class for good."""
    if name == CLASSROOM:
        one.estate.systems[name].actions["PUT", "conditions"](b'{"forbidden": ["cls-0000007"]}')
    else:
        one.spoil(name, _forbidden_course(one))


def _forbidden_course(one: Estate) -> FaultRule:
    course = next(iter(one.canvas.tables().catalog.courses))
    return FaultRule(
        fault=Fault.STATUS, path=f"*/courses/{course}/*", status=401, body=UNAUTHORIZED, times=None
    )


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - Google refuses whose clock is off


def write(settings: Settings, estate: MultiServer, address: str) -> None:
    """Write the configuration of each system, and what it needs."""
    lay_store(settings)
    folder: Path = settings.integrations_dir
    folder.mkdir(parents=True, exist_ok=True)
    for served in estate.systems.values():
        place = served.connection(address, settings.data_dir)
        more = f"rate_limit: {{requests: 100000}}\n{MORE[place.dialect]}"
        (folder / place.file_name).write_text(place.document + more)


def secrets() -> Mapping[str, str]:
    """Return the environment that the configurations refer to."""
    return {SECRET_NAME: SECRET}
