"""Every row that a connector hands over is counted once, and what is lost by reading is told."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.errors import RetryableError
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.paging import Cursor, Duplicate, Page, RecordFinding, Rejected
from integration_tui.domain.provider import Capability, Connector, ProviderContext
from integration_tui.domain.roster import Collection, Enrollment, Org, Record, RecordStatus, User
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.quality import QualityFinding
from integration_tui.domain.sync.run import CollectionProgress, Mode, RunReport, RunStatus
from integration_tui.domain.value import replace
from integration_tui.services.sync.plans import PlanService
from integration_tui.services.sync.runs import SyncRequest, SyncService
from tests.engine.fake_clock import now
from tests.engine.fake_connectors import ANA, Puppet, PuppetConnector, World, spec, world

ORGS, USERS, ENROLLMENTS = Collection.ORGS, Collection.USERS, Collection.ENROLLMENTS
LISTS = frozenset({Capability.EXTERNAL_SYSTEM, Capability.DATA_SYNC})
NAME = IntegrationId("sis")
MORNING, NOON = datetime(2026, 9, 1, 8, tzinfo=UTC), datetime(2026, 9, 1, 12, tzinfo=UTC)
Pages = dict[Collection, list[Page[Record]]]


def person(number: int, family_name: str = "Bell", at: datetime | None = None) -> User:
    return User(
        sourced_id=f"u{number}",
        given_name="Ann",
        family_name=family_name,
        primary_org="o",
        modified_at=at,
    )


@dataclass
class System:
    """What a system lists, and at which page of users it goes away."""

    pages: Pages = field(default_factory=dict[Collection, list[Page[Record]]])
    breaks_at: int | None = None

    def users(self, *pages: Page[Record]) -> None:
        self.pages[USERS] = list(pages)


class Lister(PuppetConnector):
    """Lists pages from a cursor on; the cursor is the number of the page."""

    def __init__(self, system: System) -> None:
        super().__init__(Puppet())
        self._system = system

    async def pages(
        self,
        collection: Collection,
        *,
        after: Cursor | None = None,
        since: datetime | None = None,
    ) -> AsyncIterator[Page[Record]]:
        pages = self._system.pages.get(collection, [Page(rows=())])
        for number in range(int(after or 0), len(pages)):
            if collection is USERS and number == self._system.breaks_at:
                raise RetryableError("it is away", advice="wait")
            is_last = number + 1 == len(pages)
            yield replace(
                pages[number],
                next=None if is_last else Cursor(f"{number + 1}"),
                complete=is_last and since is None and not pages[number].reason,
                reason=pages[number].reason or ("only what changed" if since and is_last else ""),
                as_of=MORNING,
            )


@dataclass
class Syncs:
    """A system, and who syncs it."""

    system: System
    world: World
    runs: SyncService
    plans: PlanService

    async def plan(self, mode: Mode = Mode.FULL) -> RunReport:
        run = await self.runs.start(SyncRequest(integration_id=NAME, mode=mode), actor=ANA)
        return await self.runs.wait(run.id)

    async def resume(self, report: RunReport) -> RunReport:
        self.system.breaks_at = None
        await self.runs.resume(report.run.id, actor=ANA)
        return await self.runs.wait(report.run.id)

    async def apply(self, report: RunReport) -> RunReport:
        await self.runs.apply(report.run.id, plan_hash=report.run.plan_hash, actor=ANA)
        return await self.runs.wait(report.run.id)

    async def quarantined(self) -> list[tuple[str, str]]:
        found = await self.plans.quarantined(NAME)
        return [(found_one.external_id, found_one.rule) for found_one in found]


@pytest.fixture
async def syncs(tmp_path: Path) -> AsyncGenerator[Syncs]:
    async with syncing(tmp_path) as made:
        yield made


@asynccontextmanager
async def syncing(folder: Path) -> AsyncGenerator[Syncs]:
    system = System({ORGS: [Page(rows=(Org(sourced_id="o", name="North", type="school"),))]})

    def build(_config: ProviderConfig, _context: ProviderContext) -> Connector:
        return Lister(system)

    async with world(folder, spec("lister", build, LISTS)) as made:
        await made.add(
            NAME, "sync: {grace: {sweeps: 1, days: 0}, quality: {max_drop: 100}}", type_="lister"
        )
        runs = SyncService(made.database, made.engine, made.dependencies.documents, clock=now)
        yield Syncs(system, made, runs, PlanService(made.database, clock=now))


def of(report: RunReport, collection: Collection = USERS) -> CollectionProgress:
    return next(listing for listing in report.listings if listing.collection is collection)


def account(report: RunReport, collection: Collection = USERS) -> tuple[int, int, int]:
    listing = of(report, collection)
    return listing.records, listing.quarantined, listing.duplicates


async def test_what_a_connector_calls_a_duplicate_is_counted_and_named(syncs: Syncs) -> None:
    doubles = tuple(Duplicate(sourced_id=f"u{number}") for number in range(30))
    syncs.system.users(
        Page(rows=tuple(person(number) for number in range(30))), Page(rows=(), duplicates=doubles)
    )

    report = await syncs.plan()

    assert account(report) == (30, 0, 30)
    assert [duplicate.sourced_id for duplicate in of(report).doubled] == [
        f"u{n}" for n in range(20)
    ]
    assert of(report).complete, "the same record twice loses nobody"


async def test_two_that_differ_under_one_id_make_a_listing_incomplete(syncs: Syncs) -> None:
    syncs.system.users(
        Page(rows=(person(1), person(2)), duplicates=(Duplicate(sourced_id="u1", differs=True),))
    )

    report = await syncs.plan()

    assert account(report) == (2, 0, 1)
    assert not of(report).complete
    assert of(report).reason == ("1 ID listed twice with different data: two records may share it")


async def test_a_connector_that_lists_a_record_twice_on_a_page_is_seen_through(
    syncs: Syncs,
) -> None:
    bad = Rejected(sourced_id="u2", reason="name is missing")
    syncs.system.users(Page(rows=(person(1), person(1), person(2), person(3)), rejected=(bad, bad)))

    report = await syncs.plan()

    assert account(report) == (3, 0, 3)
    assert {duplicate.sourced_id: duplicate.differs for duplicate in of(report).doubled} == {
        "u1": False,
        "u2": True,
    }


async def test_of_two_on_a_page_the_newer_one_stays(syncs: Syncs) -> None:
    syncs.system.users(
        Page(rows=(person(1, "Old", MORNING), person(1, "New", NOON), person(1, "Old", MORNING)))
    )

    report = await syncs.plan()

    (made,) = await syncs.plans.changes(report.run.id, USERS)
    assert made.after["family_name"] == "New"
    assert account(report) == (1, 0, 2)


async def test_a_connector_that_lists_a_record_on_two_pages_is_seen_through(
    syncs: Syncs,
) -> None:
    syncs.system.users(Page(rows=(person(1), person(2))), Page(rows=(person(2), person(3))))

    report = await syncs.plan()

    assert account(report) == (3, 0, 1)
    assert of(report).reason == "1 record listed on more than one page"


async def test_records_without_an_id_each_have_a_place_of_their_own(syncs: Syncs) -> None:
    bad = Rejected(sourced_id="", reason="it has no id")
    syncs.system.users(Page(rows=(person(1),), rejected=(bad, bad)), Page(rows=(), rejected=(bad,)))

    for _ in range(2):
        report = await syncs.plan()

        assert account(report) == (1, 3, 0)
        assert await syncs.quarantined() == [
            ("(no id: page 1, 1)", "unreadable"),
            ("(no id: page 1, 2)", "unreadable"),
            ("(no id: page 2, 1)", "unreadable"),
        ]


async def test_what_a_plan_holds_back_is_among_the_quarantined(syncs: Syncs) -> None:
    seats = [
        Enrollment(sourced_id=f"e{literal}", user=literal, class_="c", school="o", role="student")
        for literal in ("u1", "nobody")
    ]
    bad = Rejected(sourced_id="e9", reason="its role is missing")
    syncs.system.users(Page(rows=(person(1),)))
    syncs.system.pages[ENROLLMENTS] = [Page(rows=tuple(seats), rejected=(bad,))]

    report = await syncs.plan()

    # Nobody knows the class: both seats are held back.
    assert account(report, ENROLLMENTS) == (0, 3, 0)
    assert of(report, ENROLLMENTS).unreadable == 1
    assert of(report, ENROLLMENTS).count(ChangeKind.QUARANTINE) == 2


@pytest.mark.parametrize("again", [1, 2])
async def test_what_comes_again_after_a_rest_is_a_duplicate(syncs: Syncs, again: int) -> None:
    syncs.system.users(
        Page(rows=(person(1), person(2))),
        Page(rows=tuple(person(number) for number in (*range(3 - again, 3), 3))),
    )
    syncs.system.breaks_at = 1
    halted = await syncs.plan()
    assert halted.run.status is RunStatus.FAILED
    assert account(halted) == (2, 0, 0)

    report = await syncs.resume(halted)

    assert account(report) == (3, 0, again)
    assert [duplicate.sourced_id for duplicate in of(report).doubled] == ["u1", "u2"][-again:]
    assert not any(duplicate.differs for duplicate in of(report).doubled)
    assert "listed again after the run was resumed" in of(report).reason


async def test_of_what_comes_again_after_a_rest_the_newer_one_is_taken(syncs: Syncs) -> None:
    syncs.system.users(Page(rows=(person(1, "Old"),)), Page(rows=(person(2), person(1, "New"))))
    syncs.system.breaks_at = 1

    report = await syncs.resume(await syncs.plan())

    made = {
        change.external_id: change.after
        for change in await syncs.plans.changes(report.run.id, USERS)
    }
    assert made["u1"]["family_name"] == "New"
    assert of(report).doubled == (Duplicate(sourced_id="u1", differs=True),)


async def test_who_is_unchanged_and_comes_again_after_a_rest_is_a_duplicate(syncs: Syncs) -> None:
    syncs.system.users(Page(rows=(person(1),)), Page(rows=(person(2),)))
    applied = await syncs.apply(await syncs.plan())
    assert applied.run.status is RunStatus.APPLIED
    syncs.system.users(Page(rows=(person(1),)), Page(rows=(person(1), person(2))))
    syncs.system.breaks_at = 1

    report = await syncs.resume(await syncs.plan())

    assert account(report) == (2, 0, 1)
    assert of(report).same == 2


async def test_a_page_with_a_duplicate_is_never_known_by_its_digest(syncs: Syncs) -> None:
    double = (Duplicate(sourced_id="u1"),)
    syncs.system.users(
        Page(rows=(person(1),), digest=b"one"),
        Page(rows=(person(2),), duplicates=double, digest=b"two"),
    )
    await syncs.apply(await syncs.plan())

    async with syncs.world.database.reading() as rows:
        stored = await rows.repeated.ids((await syncs.runs.runs())[0].id, USERS)
        known = await rows.staging.recall(NAME, USERS, made_by=await _made_by(syncs))

    assert stored == [["u1"], ["u2"]]
    assert [page.digest for page in known] == [b"one", b""]


async def _made_by(syncs: Syncs) -> str:
    from integration_tui.version import VERSION

    run = (await syncs.runs.runs())[0]
    return f"{VERSION} {run.config_version}"


async def test_findings_are_counted_exactly_and_name_some_records(syncs: Syncs) -> None:
    lost = tuple(
        RecordFinding(
            sourced_id=f"u{number}",
            rule="role-without-org",
            field="roles.org",
            message="has a role without an org",
            is_loss=True,
        )
        for number in range(25)
        for _ in range(2)
    )
    fixed = RecordFinding(sourced_id="u1", rule="text-for-number", message="has a number as text")
    syncs.system.users(
        Page(rows=tuple(person(number) for number in range(20)), findings=(*lost[:40], fixed)),
        Page(rows=tuple(person(number) for number in range(20, 25)), findings=lost[40:]),
    )

    report = await syncs.plan()

    found = [
        finding for finding in await syncs.plans.findings(report.run.id) if finding.is_of_reading
    ]
    assert [_summary(found_one) for found_one in found] == [
        ("role-without-org (roles.org)", 25, "warning", 10),
        ("text-for-number", 1, "info", 1),
    ]
    assert of(report).with_loss == 25
    assert of(report).complete, "a field is lost and nobody else"


def _summary(finding: QualityFinding) -> tuple[str, int, str, int]:
    return finding.name, finding.count, finding.severity.value, len(finding.samples)


async def test_findings_of_a_run_that_was_resumed_are_counted_once(syncs: Syncs) -> None:
    def page(number: int) -> Page[Record]:
        finding = RecordFinding(sourced_id=f"u{number}", rule="r", message="m", is_loss=True)
        return Page(rows=(person(number),), findings=(finding,))

    syncs.system.users(page(1), page(2), page(3))
    syncs.system.breaks_at = 2

    report = await syncs.resume(await syncs.plan())

    (found,) = [
        finding for finding in await syncs.plans.findings(report.run.id) if finding.is_of_reading
    ]
    assert (found.count, of(report).with_loss) == (3, 3)
    assert [sample.external_id for sample in found.samples] == ["u1", "u2", "u3"]


async def test_however_many_kinds_of_findings_there_are_they_are_bounded(syncs: Syncs) -> None:
    findings = tuple(
        RecordFinding(sourced_id="u1", rule="r", field=f"field{number}", message="m" * 10_000)
        for number in range(500)
    )
    syncs.system.users(Page(rows=(person(1),), findings=findings))

    report = await syncs.plan()

    found = [
        finding for finding in await syncs.plans.findings(report.run.id) if finding.is_of_reading
    ]
    assert len(found) <= 101
    assert max(len(found_one.told) for found_one in found) <= 500
    assert sum(found_one.count for found_one in found) == 500


async def test_a_duplicate_of_one_who_left_is_counted(syncs: Syncs) -> None:
    gone = User(
        sourced_id="u1",
        given_name="Ann",
        family_name="Bell",
        status=RecordStatus.TO_BE_DELETED,
        modified_at=NOON,
    )
    syncs.system.users(Page(rows=(person(1, at=MORNING), gone)))

    report = await syncs.plan()

    assert account(report) == (1, 0, 1)
    assert of(report).differing == 1
    assert not of(report).complete


async def test_what_is_in_a_delta_twice_is_counted_and_the_newest_wins(syncs: Syncs) -> None:
    syncs.system.users(Page(rows=(person(1), person(2))))
    await syncs.apply(await syncs.plan())
    syncs.system.users(Page(rows=(person(1, "Newer", NOON), person(1, "Older", MORNING))))

    report = await syncs.plan(Mode.INCREMENTAL)

    (changed,) = await syncs.plans.changes(report.run.id, USERS, kind=ChangeKind.UPDATE)
    assert changed.after == {"family_name": "Newer"}
    assert account(report) == (1, 0, 1)


async def test_who_is_held_and_cannot_be_read_is_one_record_of_the_score(syncs: Syncs) -> None:
    syncs.system.users(Page(rows=(person(1), person(2))))
    await syncs.apply(await syncs.plan())
    unreadable = Rejected(sourced_id="u2", reason="name is missing")
    new = Rejected(sourced_id="u3", reason="name is missing")
    syncs.system.users(Page(rows=(person(1),), rejected=(unreadable, new)))

    for _ in range(2):
        report = await syncs.plan()
        scores = {score.collection: score for score in await syncs.plans.scores(report.run.id)}

        assert scores[USERS].records == 3, "two that are held, and one that never was"
        await syncs.apply(report)
