"""Systems of a type of their own, in memory: what a test says they list, claim and refuse."""

import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.errors import RetryableError
from integration_tui.domain.health.status import HealthFinding
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.paging import Cursor, Page, Skipped
from integration_tui.domain.provider import (
    CONTRACT_VERSION,
    Capability,
    Connector,
    ProviderContext,
    ProviderSpec,
    SystemMetadata,
)
from integration_tui.domain.roster import (
    Class,
    Collection,
    Course,
    Enrollment,
    Org,
    Owner,
    Record,
    Role,
    User,
)
from integration_tui.domain.sync.plan import Approval
from integration_tui.domain.sync.run import RunReport, RunStatus
from integration_tui.domain.sync.safety import deactivations
from integration_tui.services.sync.plans import PlanService
from integration_tui.services.sync.runs import SyncRequest, SyncService
from tests.engine.fake_clock import now
from tests.engine.fake_connectors import ANA, World, world

C = Collection
NO_GRACE: Final = "grace: {sweeps: 1, days: 0}, quality: {max_drop: 100}"
REFUSED: Final = "403: you may not see this class"
_ABLE: Final = frozenset({Capability.EXTERNAL_SYSTEM, Capability.DATA_SYNC})


@dataclass
class ListedSystem:
    """A system with a page a class, and one for all else. `forbidden` are classes it refuses.

    `log` is what its connectors were asked for: `list`, `page`, `replay` and `relearn`, in this
    order. `lessons` are what a page teaches, by its class.
    """

    key: str
    records: dict[Collection, list[Record]] = field(default_factory=dict[Collection, list[Record]])
    forbidden: set[str] = field(default_factory=set[str])
    lessons: dict[str, str] = field(default_factory=dict[str, str])
    reading_order: Sequence[Collection] = tuple(C)
    lists_changes: bool = True
    log: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    breaks_at: str = ""
    """The class at whose page the system is away."""
    reasons: dict[str, str] = field(default_factory=dict[str, str])
    skipped: list[tuple[Collection, str]] = field(default_factory=list[tuple[Collection, str]])
    """What else it refuses; told with its classes."""
    odd: object = None
    """What its first page of enrollments has among the skipped parts."""

    @property
    def name(self) -> IntegrationId:
        return IntegrationId(self.key)

    @property
    def spec(self) -> ProviderSpec:
        return ProviderSpec(
            key=self.key,
            contract_version=CONTRACT_VERSION,
            title=self.key.title(),
            config_model=ProviderConfig,
            capabilities=_ABLE,
            build=self._build,
            lists_changes=self.lists_changes,
            reading_order=tuple(self.reading_order),
        )

    def _build(self, _config: ProviderConfig, _context: ProviderContext) -> Connector:
        return ListedConnector(self)

    def put(self, collection: Collection, *records: Record) -> None:
        self.records.setdefault(collection, []).extend(records)

    def drop(self, collection: Collection, *sourced_ids: str) -> None:
        self.records[collection] = [
            record for record in self.records[collection] if record.sourced_id not in sourced_ids
        ]

    def change(self, collection: Collection, sourced_id: str, **fields: Any) -> None:
        self.records[collection] = [
            msgspec.structs.replace(record, **fields) if record.sourced_id == sourced_id else record
            for record in self.records[collection]
        ]

    def refusals(self, room: str) -> tuple[Any, ...]:
        if self.odd is not None:
            return (self.odd,)
        return (_skipped(self.reasons.get(room, REFUSED), C.CLASSES, room),)

    def seats(self, class_: str) -> list[Record]:
        return [
            record
            for record in self.records.get(C.ENROLLMENTS, ())
            if isinstance(record, Enrollment) and record.class_ == class_
        ]


class ListedConnector:
    """An open connection to one."""

    def __init__(self, system: ListedSystem) -> None:
        self._system = system

    async def connect(self) -> None:
        pass

    async def disconnect(self) -> None:
        pass

    async def check(self) -> HealthFinding:
        return HealthFinding()

    async def metadata(self) -> SystemMetadata:
        return SystemMetadata(product=self._system.key, version="1", address="here")

    def replay(self, collection: Collection, sourced_ids: Sequence[str]) -> None:
        self._system.log.append(("replay", collection, *sourced_ids))

    def relearn(
        self, collection: Collection, lessons: Sequence[str], *, after: Cursor | None
    ) -> None:
        self._system.log.append(("relearn", collection, *lessons, f"after {after}"))

    async def pages(
        self,
        collection: Collection,
        *,
        after: Cursor | None = None,
        since: datetime | None = None,
    ) -> AsyncIterator[Page[Record]]:
        system = self._system
        system.log.append(("list", collection, "since" if since else "whole"))
        if collection is not C.ENROLLMENTS:
            rows = tuple(system.records.get(collection, ()))
            others = system.skipped if collection is C.CLASSES else ()
            skipped = tuple(_skipped(REFUSED, *one) for one in others)
            yield Page(rows=rows, skipped=skipped, complete=True)
            return
        rooms = sorted(record.sourced_id for record in system.records.get(C.CLASSES, ()))
        first = int(after) if after else 0
        for number, room in enumerate(rooms[first:], start=first + 1):
            system.log.append(("page", room))
            if room == system.breaks_at:
                raise _away()
            is_last = number == len(rooms)
            refused = room in system.forbidden
            yield Page(
                rows=() if refused else tuple(system.seats(room)),
                skipped=system.refusals(room) if refused or system.odd else (),
                next=None if is_last else Cursor(f"{number}"),
                complete=is_last,
                lesson=system.lessons.get(room),
            )
        if not rooms:
            yield Page(rows=(), complete=True)


def _away() -> Exception:
    return RetryableError("the system is away", advice="wait")


def _skipped(reason: str, collection: Collection, sourced_id: str) -> Skipped:
    return Skipped(owner=Owner(collection=collection, sourced_id=sourced_id), reason=reason)


def school(*claims: str, sourced_id: str = "s1", name: str = "Lincoln High") -> Org:
    return Org(sourced_id=sourced_id, name=name, type="school", claims=claims)


def room(sourced_id: str, *claims: str, title: str = "Maths", of: str = "s1") -> Class:
    return Class(sourced_id=sourced_id, title=title, course=None, school=of, claims=claims)


def course(sourced_id: str, *claims: str, title: str = "Maths") -> Course:
    return Course(sourced_id=sourced_id, title=title, claims=claims)


def person(sourced_id: str, name: str, *claims: str, of: str = "s1", **more: Any) -> User:
    given, family = name.split(" ", 1)
    fields: dict[str, Any] = {"roles": (Role(role="student", org=of),), "primary_org": of} | more
    return User(
        sourced_id=sourced_id, given_name=given, family_name=family, claims=claims, **fields
    )


def seat(user: str, class_: str, *, of: str = "s1", role: str = "student") -> Enrollment:
    return Enrollment(sourced_id=f"{class_}:{user}", user=user, class_=class_, school=of, role=role)


@dataclass
class Office:
    """An administrator who syncs such systems."""

    world: World
    sync: SyncService
    plans: PlanService

    async def plan(self, system: ListedSystem, **more: Any) -> RunReport:
        request = SyncRequest(integration_id=system.name, **more)
        run = await self.sync.start(request, actor=ANA)
        return await self.sync.wait(run.id)

    async def bring(self, system: ListedSystem, **more: Any) -> RunReport:
        """Plan and apply; whatever is held is approved."""
        report = await self.plan(system, **more)
        run = report.run
        assert run.status in {RunStatus.PLANNED, RunStatus.HELD}, run
        if run.status is RunStatus.HELD:
            await self.approve(report)
        await self.sync.apply(run.id, plan_hash=run.plan_hash, actor=ANA)
        done = await self.sync.wait(run.id)
        assert done.run.status is RunStatus.APPLIED, done.run
        return done

    async def approve(self, report: RunReport) -> None:
        run = report.run
        await self.sync.approve(
            Approval(
                run_id=run.id,
                integration_id=run.integration_id,
                plan_hash=run.plan_hash,
                losses=deactivations(report.listings),
                reason="seen",
                by=ANA.name,
            ),
            actor=ANA,
        )

    async def known_as(self, collection: Collection) -> set[frozenset[str]]:
        """Return for each of our records all ids that systems know it by, as `system:id`."""
        found: dict[int, set[str]] = {}
        for row in await self.rows(
            "SELECT internal_id, integration_id || ':' || external_id FROM"
            " external_system_mappings WHERE collection = ?",
            collection.value,
        ):
            found.setdefault(row[0], set()).add(row[1])
        return {frozenset(ids) for ids in found.values()}

    async def questions(self) -> list[tuple[str, str, str]]:
        """Return what waits to be decided: which system's id, by which rule, how alike."""
        rows = await self.rows(
            "SELECT integration_id || ':' || external_id, rule, candidate_id FROM sync_matches"
            " WHERE status = 'open' ORDER BY 1, 3"
        )
        return [(row[0], row[1], str(row[2])) for row in rows]

    async def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Look into the store."""
        with closing(sqlite3.connect(self.world.database.path)) as store:
            return store.execute(statement, values).fetchall()


@asynccontextmanager
async def office(
    folder: Path, *systems: ListedSystem, more: Mapping[str, str] | None = None
) -> AsyncGenerator[Office]:
    """Open the services over these systems; `more` is of the configuration, by system."""
    async with world(folder, *(system.spec for system in systems)) as opened:
        documents = opened.dependencies.documents
        sync = SyncService(opened.database, opened.engine, documents, clock=now)
        for system in systems:
            if not await _is_there(opened, system):
                extra = (more or {}).get(system.key, f"sync: {{{NO_GRACE}}}")
                await opened.add(system.key, extra, type_=system.key)
        yield Office(opened, sync, PlanService(opened.database, clock=now))


async def _is_there(opened: World, system: ListedSystem) -> bool:
    async with opened.database.reading() as rows:
        return any(one.id == system.name for one in await rows.integrations.all())
