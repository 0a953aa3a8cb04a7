"""Stand-ins for the services of syncs and of the roster. Every text in them can be hostile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from integration_tui.domain.ids import IntegrationId, RecordId, RunId
from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.roster_view import (
    ManualEdit,
    RecordCard,
    RecordEvent,
    RecordFilter,
    RecordLine,
    RecordView,
    Reference,
    RelatedRecord,
)
from integration_tui.domain.sync.conflict import Conflict
from integration_tui.domain.sync.mapping import ExternalMapping, Match
from integration_tui.domain.sync.merge import BaseValue, SaidBy, Side
from integration_tui.domain.sync.plan import Approval, ChangeKind, Hold, PlannedChange
from integration_tui.domain.sync.plan_tally import ChangeTally, PersonRole, PlanPeople
from integration_tui.domain.sync.quality import (
    Graded,
    QualityFinding,
    Quarantined,
    Sample,
    Score,
    Severity,
)
from integration_tui.domain.sync.run import (
    CollectionProgress,
    Mode,
    Phase,
    Run,
    RunReport,
    RunStatus,
    Trigger,
)
from integration_tui.domain.sync.safety import School
from integration_tui.domain.value import replace

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.services.sync.runs import SyncRequest
    from tests.tui.fake_services import World

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LINCOLN = IntegrationId("lincoln")
HASH = "3f2a9c01" * 8
PEOPLE = 250


def a_run(
    number: int,
    status: RunStatus,
    *,
    name: str = "lincoln",
    phase: Phase = Phase.PLAN,
    say: Callable[[str], str] = str,
) -> Run:
    """Return a run of lincoln as it may be stored."""
    is_failed = status is RunStatus.FAILED
    return Run(
        id=RunId(number),
        integration_id=IntegrationId(name),
        mode=Mode.FULL,
        trigger=Trigger.HAND,
        started_by=say("ana"),
        started_at=AT + timedelta(minutes=number),
        status=status,
        phase=phase,
        plan_hash="" if phase is Phase.PULL else HASH,
        preview=say("first plan of this integration") if number == 1 else "",
        holds=(Hold(sentence=say("312 of 3,000 people missing from source (10.4%, limit 10%)")),)
        if status is RunStatus.HELD
        else (),
        problem=say("the line broke") if is_failed else "",
        advice=say("try again") if is_failed else "",
    )


def a_report(run: Run, *, done: int = 3_000) -> RunReport:
    """Return how far it is: `done` people are listed."""
    is_pulled = run.phase is not Phase.PULL
    counts = {
        ChangeKind.CREATE: 40,
        ChangeKind.UPDATE: 12,
        ChangeKind.DEACTIVATE: 312,
        ChangeKind.QUARANTINE: 3,
        ChangeKind.CONFLICT: 2,
    }
    listings = [
        CollectionProgress(
            collection=collection,
            pages=3,
            records=done if collection is Collection.USERS else 20,
            quarantined=3 if is_pulled and collection is Collection.USERS else 0,
            same=_unchanged(collection, done) if is_pulled else 0,
            expected=3_000 if collection is Collection.USERS else 20,
            known=3_000 if collection is Collection.USERS else 20,
            is_over=is_pulled or collection is not Collection.USERS,
            complete=collection is not Collection.COURSES,
            reason="403: courses may not be read" if collection is Collection.COURSES else "",
            counts=counts if is_pulled and collection is Collection.USERS else {},
        )
        for collection in ROSTER
        if is_pulled or collection is not Collection.ENROLLMENTS
    ]
    return RunReport(run=run, listings=tuple(listings))


def _unchanged(collection: Collection, done: int) -> int:
    return done - 367 if collection is Collection.USERS else 20


@dataclass
class Syncs:
    """What the store holds of syncs. `interrupted` are the runs that nobody works on."""

    say: Callable[[str], str] = str
    reports: list[RunReport] = field(default_factory=list[RunReport])
    interrupted: set[RunId] = field(default_factory=set[RunId])
    conflicts: list[Conflict] = field(default_factory=list[Conflict])
    matches: list[Match] = field(default_factory=list[Match])
    pinned: set[int] = field(default_factory=set[int])
    people: int = PEOPLE
    obstacles: dict[IntegrationId, str] = field(default_factory=dict[IntegrationId, str])

    def newest(self, run: Run, *, done: int = 3_000) -> None:
        """Have this run be how its integration stands."""
        kept = [report for report in self.reports if report.run.id != run.id]
        self.reports = sorted([*kept, a_report(run, done=done)], key=lambda report: -report.run.id)

    def approve(self, run_id: RunId, *, by: str, until: datetime) -> None:
        """Have somebody's word for a plan be good until then."""
        self.reports = [
            replace(report, approved_by=self.say(by), approved_until=until)
            if report.run.id == run_id
            else report
            for report in self.reports
        ]


def syncs(say: Callable[[str], str]) -> Syncs:
    """Return a held run of lincoln, a failed one of roosevelt, and two that were applied."""
    made = Syncs(say=say)
    made.newest(a_run(1, RunStatus.APPLIED, say=say))
    made.newest(a_run(2, RunStatus.APPLIED, say=say))
    made.newest(a_run(3, RunStatus.FAILED, name="roosevelt", phase=Phase.PULL, say=say))
    made.newest(a_run(4, RunStatus.HELD, say=say))
    made.matches = [_match(say, number) for number in (1, 2)]
    made.conflicts = [_conflict(say, number) for number in (1, 2, 3)]
    return made


def _conflict(say: Callable[[str], str], number: int) -> Conflict:
    return Conflict(
        id=number,
        integration_id=LINCOLN,
        collection=Collection.USERS,
        record_id=RecordId(number),
        external_id=say(f"u-{number}"),
        field="email",
        base=say("old@example.org"),
        ours=say("ours@example.org"),
        theirs=say("theirs@example.org"),
        run_id=RunId(4),
        raised_at=AT,
        label=say(f"Ada Park {number}"),
    )


@dataclass
class Sync:
    world: World

    async def runs(
        self,
        *,
        integration_id: IntegrationId | None = None,
        before: RunId | None = None,
        limit: int = 50,
    ) -> list[Run]:
        self.world.called("runs", integration_id, before)
        return [
            report.run
            for report in self.world.syncs.reports
            if integration_id in {None, report.run.integration_id}
            and (before is None or report.run.id < before)
        ][:limit]

    async def report(self, run_id: RunId) -> RunReport:
        self.world.called("report", run_id)
        return next(report for report in self.world.syncs.reports if report.run.id == run_id)

    async def open_run(self, integration_id: IntegrationId) -> RunReport | None:
        self.world.called("open_run", integration_id)
        known = [
            report
            for report in self.world.syncs.reports
            if report.run.integration_id == integration_id
        ]
        return next((report for report in known if report.run.is_open), None)

    async def obstacles(self) -> dict[IntegrationId, str]:
        return self.world.syncs.obstacles

    def is_interrupted(self, run: Run) -> bool:
        return run.id in self.world.syncs.interrupted

    async def start(self, request: SyncRequest, *, actor: Actor) -> Run:
        name = request.integration_id
        self.world.called("plan", name, request.mode, request.relinks, actor.name)
        run = a_run(9, RunStatus.RUNNING, name=name, phase=Phase.PULL)
        self.world.syncs.newest(run, done=0)
        return run

    async def undo(self, run_id: RunId, *, actor: Actor) -> Run:
        self.world.called("undo", run_id, actor.name)
        return a_run(9, RunStatus.RUNNING)

    async def apply(
        self, run_id: RunId, *, plan_hash: str, actor: Actor, spares: bool = False
    ) -> Run:
        self.world.called("apply", run_id, plan_hash, spares, actor.name)
        return a_run(run_id, RunStatus.RUNNING, phase=Phase.APPLY)

    async def approve(self, approval: Approval, *, actor: Actor) -> None:
        self.world.called("approve", approval.run_id, approval.losses, approval.reason, actor.name)

    async def hold(self, run_id: RunId, *, reason: str, actor: Actor) -> None:
        self.world.called("hold", run_id, reason, actor.name)

    async def pause(self, run_id: RunId, *, actor: Actor) -> None:
        self.world.called("pause", run_id, actor.name)

    async def cancel(self, run_id: RunId, *, actor: Actor) -> None:
        self.world.called("cancel", run_id, actor.name)

    async def resume(self, run_id: RunId, *, actor: Actor) -> Run:
        self.world.called("resume", run_id, actor.name)
        return a_run(run_id, RunStatus.RUNNING)


@dataclass
class Plans:
    world: World

    async def changes(
        self,
        run_id: RunId,
        collection: Collection,
        *,
        kind: ChangeKind | None = None,
        after: str = "",
        limit: int = 100,
    ) -> list[PlannedChange]:
        self.world.called("changes", run_id, collection, kind, after)
        if collection is not Collection.USERS:
            return []
        say = self.world.say
        made = (self._change(say, run_id, number) for number in range(PEOPLE))
        behind = (change for change in made if not after or change.external_id > after)
        return [change for change in behind if kind in {None, change.kind}][:limit]

    def _change(self, say: Callable[[str], str], run_id: RunId, number: int) -> PlannedChange:
        kinds = (ChangeKind.UPDATE, ChangeKind.DEACTIVATE)
        return PlannedChange(
            run_id=run_id,
            collection=Collection.USERS,
            external_id=say(f"u-{number:04}"),
            kind=kinds[number % 2],
            record_id=RecordId(number),
            label=say(f"Ada Park {number}"),
            before={say("email"): say("old@example.org"), "primary_org": 1},
            after={say("email"): say("new@example.org"), "primary_org": 2},
            names={"primary_org": {1: say("Lincoln High"), 2: say("Roosevelt High")}},
        )

    async def people(self, run_id: RunId) -> PlanPeople:
        self.world.called("people", run_id)
        say = self.world.say
        return PlanPeople(
            roles={
                PersonRole.STUDENT: ChangeTally(
                    created=1, updated=2, deactivated=40, unchanged=2_750, known=2_792, after=2_753
                ),
                PersonRole.TEACHER: ChangeTally(unchanged=208, known=208, after=208),
            },
            schools=(School(org=say("Lincoln High"), known=210, lost=40),),
            missing=40,
        )

    async def findings(self, run_id: RunId) -> list[QualityFinding]:
        self.world.called("findings", run_id)
        say = self.world.say
        return [
            QualityFinding(
                rule=say("email-missing"),
                severity=Severity.WARNING,
                collection=Collection.USERS,
                count=17,
                told=say("people without an address"),
                advice=say("ask the school"),
                samples=(Sample(external_id=say("u-1"), label=say("Ada Park")),),
            )
        ]

    async def scores(self, run_id: RunId) -> list[Score]:
        self.world.called("scores", run_id)
        return [Score(collection=Collection.USERS, records=3_000, percent=98, before=99)]

    async def trend(self, integration_id: IntegrationId, *, limit: int = 30) -> list[Graded]:
        self.world.called("trend", integration_id)
        newest_first = ((3, 98), (2, 99), (1, 91))
        return [
            Graded(
                run=a_run(number, RunStatus.APPLIED, say=self.world.say),
                scores=(Score(collection=Collection.USERS, records=3_000, percent=percent),),
            )
            for number, percent in newest_first[:limit]
        ]

    async def quarantined(
        self,
        integration_id: IntegrationId,
        *,
        after: tuple[str, str] = ("", ""),
        limit: int = 100,
    ) -> list[Quarantined]:
        self.world.called("quarantined", integration_id, after)
        say = self.world.say
        one = Quarantined(
            integration_id=integration_id,
            collection=Collection.ENROLLMENTS,
            external_id=say("e-1"),
            rule=say("orphan"),
            reason=say("its class is not there"),
            advice=say("have it fixed"),
            raw=say('{"class": "c-9"}'),
            times=3,
        )
        return [] if after != ("", "") else [one][:limit]


@dataclass
class Conflicts:
    world: World

    async def conflicts(
        self,
        integration_id: IntegrationId | None = None,
        *,
        open_only: bool = True,
        after: int = 0,
        limit: int = 100,
    ) -> list[Conflict]:
        self.world.called("conflicts", integration_id, open_only, after)
        return [conflict for conflict in self.world.syncs.conflicts if conflict.id > after][:limit]

    async def settle(self, ids: Sequence[int], side: Side, *, actor: Actor) -> None:
        self.world.called("settle", tuple(ids), side, actor.name)
        kept = [conflict for conflict in self.world.syncs.conflicts if conflict.id not in ids]
        self.world.syncs.conflicts = kept

    async def settle_all(
        self,
        integration_id: IntegrationId,
        collection: Collection,
        field: str,
        side: Side,
        *,
        actor: Actor,
    ) -> int:
        self.world.called("settle_all", integration_id, collection, field, side, actor.name)
        count, self.world.syncs.conflicts = len(self.world.syncs.conflicts), []
        return count


@dataclass
class Mappings:
    world: World

    async def matches(
        self,
        integration_id: IntegrationId | None = None,
        *,
        after: Match | None = None,
        limit: int = 100,
    ) -> list[Match]:
        self.world.called("matches", integration_id, after)
        return [] if after else self.world.syncs.matches[:limit]

    async def decide(self, match: Match, *, same: bool, actor: Actor) -> None:
        self.world.called("decide", match.external_id, same, actor.name)
        self.world.syncs.matches.remove(match)


def _match(say: Callable[[str], str], number: int) -> Match:
    return Match(
        integration_id=LINCOLN,
        collection=Collection.USERS,
        external_id=say(f"m-{number}"),
        record_id=RecordId(100 + number),
        candidate_id=RecordId(number),
        rule=say("email"),
        score=90 - number,
        label=say(f"A. Park {number}"),
        candidate_label=say(f"Ada Park {number}"),
    )


@dataclass
class Records:
    """250 people and three of everything else. Person 3 is inactive and pinned."""

    world: World

    async def browse(
        self, wanted: RecordFilter, *, after: str = "", limit: int = 100
    ) -> list[RecordLine]:
        self.world.called("browse", wanted, after)
        return [record_line for record_line in self._wanted(wanted) if record_line.place > after][
            :limit
        ]

    async def count(self, wanted: RecordFilter, *, at_most: int | None = None) -> int:
        return len(self._wanted(wanted)[:at_most])

    async def card(self, collection: Collection, record_id: RecordId) -> RecordCard:
        self.world.called("card", collection, record_id)
        say, is_person = self.world.say, collection is Collection.USERS
        beside = Collection.CLASSES if is_person else Collection.USERS
        related = tuple(
            RelatedRecord(
                collection=beside,
                id=RecordId(number),
                label=say(f"{'Art' if is_person else 'Ada Park'} {number}"),
                kind=say("homeroom"),
                role=say("student"),
                about=say("Petra Novak"),
                periods=(say("1"),),
            )
            for number in (1, 2)
        )
        guardian = RelatedRecord(
            collection=Collection.USERS,
            id=RecordId(7),
            label=say("Elena Park"),
            role=say("guardian"),
            about=say("elena@mail.example"),
        )
        open_ones = [one for one in self.world.syncs.conflicts if one.record_id == record_id]
        return RecordCard(
            view=self._view(collection, record_id),
            related=related,
            related_count=2,
            counts={} if is_person else {say("student"): 2},
            named={"agents": (guardian,)} if is_person else {},
            orgs={"s1": say("Lincoln High")},
            district=say("Prairie View"),
            conflicts=tuple(open_ones) if is_person else (),
            created_at=AT,
            last_seen={LINCOLN: AT},
        )

    def _view(self, collection: Collection, record_id: RecordId) -> RecordView:
        say = self.world.say
        said: SaidBy = {"roosevelt": {"email": BaseValue(say("said@example.org"), AT)}}
        change = PlannedChange(
            run_id=RunId(2),
            collection=collection,
            external_id=say("x-1"),
            kind=ChangeKind.UPDATE,
            before={"email": say("old@example.org")},
            after={"email": say("new@example.org")},
        )
        return RecordView(
            line=self._line(collection, record_id),
            fields={
                "status": "active",
                "given_name": say("Ada"),
                "email": say("new@example.org"),
                "enabled": 1,
                "roles": '[{"role":"student","org":"s1","type":"primary"}]',
                "grades": '["06"]',
                "school": 1,
                "phone": None,
            },
            references={
                "school": Reference(
                    collection=Collection.ORGS, id=RecordId(1), label=say("Lincoln High")
                )
            },
            said=said,
            mappings=(
                ExternalMapping(
                    integration_id=LINCOLN,
                    collection=collection,
                    internal_id=record_id,
                    external_id=say("x-1"),
                    mapped_at=AT,
                ),
            ),
            history=(RecordEvent(at=AT, change=change, by=say("ana")),),
            created_run=RunId(1),
        )

    async def edit(self, edit: ManualEdit, *, actor: Actor) -> None:
        self.world.called("edit", edit.field, edit.value, edit.reason, actor.name)

    async def pin(
        self, collection: Collection, record_id: RecordId, *, pinned: bool, actor: Actor
    ) -> None:
        self.world.called("pin", collection, record_id, pinned, actor.name)
        self.world.syncs.pinned ^= {record_id}

    def _wanted(self, wanted: RecordFilter) -> list[RecordLine]:
        count = self.world.syncs.people if wanted.collection is Collection.USERS else 3
        if wanted.user_id or wanted.class_id or wanted.org:
            count = 2
        made = (self._line(wanted.collection, RecordId(number)) for number in range(1, count + 1))
        return [
            record_line
            for record_line in made
            if wanted.search in record_line.label and wanted.status in {None, record_line.status}
        ]

    def _line(self, collection: Collection, number: RecordId) -> RecordLine:
        say, is_person = self.world.say, collection is Collection.USERS
        names = ("email", "school", "course", "code", "type", "identifier", "person", "class")
        return RecordLine(
            collection=collection,
            id=number,
            label=say(f"{'Ada Park' if is_person else collection.title()} {number}"),
            status="inactive" if is_person and number == 3 else "active",
            origin="lincoln",
            place=f"{number:06}",
            details={
                **{name: say(f"{name} {number}") for name in names},
                **({"roles": say("student"), "grades": "06"} if is_person else {}),
            },
            family_name=say(f"Park {number}") if is_person else "",
            given_name=say("Ada") if is_person else "",
            is_pinned=number in self.world.syncs.pinned,
            has_conflict=is_person and number == 1,
        )
