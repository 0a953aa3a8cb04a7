"""Conservation: rows on the wire = records + quarantined + duplicates, whatever a system does.

The rows on the wire are counted by the server, or in the file; nothing of ours counts them.
"""

from __future__ import annotations

import asyncio
import csv
import io
import os
import zipfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.datastructures import URL

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.roster import Collection, Org, Role, User
from integration_tui.domain.roster_export import ExportRequest, FileFormat
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import RunReport, RunStatus
from integration_tui.domain.value import replace
from integration_tui.engine.export.job import ExportJob
from integration_tui.sandbox.dialect import Dialect, Login
from integration_tui.sandbox.dialect_presets import DIALECTS
from integration_tui.sandbox.faults import Fault, FaultRule
from integration_tui.sandbox.oneroster import OneRosterSandbox
from integration_tui.sandbox.serializer import Encoder
from integration_tui.sandbox.server import serve
from integration_tui.sandbox.source import FixedSource
from integration_tui.services.sync.runs import SyncRequest, SyncService
from tests.engine.fake_clock import now
from tests.engine.fake_connectors import ANA, World, world

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

EXAMPLES = int(os.environ.get("CONSERVATION_EXAMPLES", "50"))
USERS = Collection.USERS
ORGS = (Org(sourced_id="o", name="North", type="school"),)
SECRET = "the value of env:SIS_SECRET"
PAGE = 5
PEOPLE = frozenset({"users", "students", "teachers"})
SPLIT = IntegrationId("split")
FILES = IntegrationId("files")
RULES = f"sync: {{page_size: {PAGE}, ahead: 0, quality: {{max_drop: 100}}}}"

# What a row says: of whom, which of two versions, and whether it can be read.
Row = tuple[int, int, str]
rows = st.lists(
    st.tuples(
        st.integers(0, 14),
        st.integers(0, 1),
        st.sampled_from(["good"] * 6 + ["unreadable", "no id", "null", "empty"]),
    ),
    max_size=24,
)
faults = st.one_of(
    st.none(),
    st.sampled_from(
        [
            FaultRule(fault=Fault.MISSING_ROWS, path="*/users", offset=PAGE, rows=2),
            FaultRule(fault=Fault.WRONG_TOTAL, path="*/users", by=-2, times=None),
            FaultRule(fault=Fault.WRONG_TOTAL, path="*/users", by=2, times=None),
            FaultRule(fault=Fault.CLAMPED, path="*/users", rows=3, times=None),
            FaultRule(fault=Fault.SHIFTED, path="*/users", offset=PAGE, rows=1),
            FaultRule(fault=Fault.STATUS, path="*/users", offset=PAGE, status=500),
            FaultRule(fault=Fault.TRUNCATED, path="*/users", offset=PAGE),
            FaultRule(fault=Fault.DROP, path="*/users", offset=PAGE),
        ]
    ),
)


def raw(row: Row, dialect: Dialect, base: str) -> bytes:
    """Return a person as a server of this dialect writes one, or something that is none."""
    number, version, kind = row
    person = User(
        sourced_id=f"u{number}",
        given_name="Ann",
        family_name=("Bell", "Cole")[version],
        username=f"ann{number}",
        roles=(Role(role="student", org="o"),),
        grades=("05",),
    )
    told = Encoder(base, dialect.spelling).encode(person)
    match kind:
        case "unreadable":
            told["sourcedId"] = {"no": "text"}
        case "no id":
            del told["sourcedId"]
        case "null":
            told |= {"grades": [None], "email": None, "familyName": None}
        case "empty":
            told |= {"email": "", "phone": "", "grades": ""}
    return msgspec.json.encode(told)


@dataclass
class Wire:
    """The server of the moment, and how many rows each page had when it was first sent whole.

    A page that is asked for once more, to look at one of its records again, lists nothing new.
    """

    app: ASGIApp | None = None
    pages: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])

    @property
    def users(self) -> int:
        """How many rows of people were sent."""
        return sum(count for (name, _), count in self.pages.items() if name in PEOPLE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        body: list[bytes] = []
        status = [0]

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
            body.append(message.get("body", b""))
            await send(message)

        await self.app(scope, receive, counting)
        asked = URL(scope=scope)
        name = asked.path.rsplit("/", 1)[-1]
        count = _listed(b"".join(body), name) if status[0] == 200 else None
        if count is not None:
            offset = parse_qs(asked.query).get("offset", ["0"])[0]
            self.pages.setdefault((name, offset), count)


def _listed(body: bytes, name: str) -> int | None:
    """Return how many rows a page has; `None` for what is no page."""
    try:
        found = msgspec.json.decode(body).get("users" if name in PEOPLE else name)
    except msgspec.DecodeError:
        return None
    return len(found) if isinstance(found, list) else None


@dataclass(frozen=True, kw_only=True)
class Account:
    """How many rows were counted, and why that may not be all."""

    rows: int
    reason: str

    def holds(self, sent: int) -> bool:
        """Return whether it is right; a page that only sends again what was sent is left at once.

        Then the listing has ended with an error, and that page is not in it.
        """
        is_cut = self.reason.startswith("the server sends")
        return self.rows == sent or (is_cut and self.rows < sent)


@dataclass
class Stage:
    """A store with an integration for each dialect and one for files, open for all examples."""

    wire: Wire
    address: str
    made: World
    folder: Path
    number: int = 0

    @property
    def runs(self) -> SyncService:
        return SyncService(
            self.made.database, self.made.engine, self.made.dependencies.documents, clock=now
        )

    def serve(self, dialect: Dialect, people: Sequence[Row]) -> OneRosterSandbox:
        """Serve these people from now on."""
        base = f"{self.address}{dialect.base_path}"
        told = tuple(raw(row, dialect, base) for row in people)
        sandbox = OneRosterSandbox(
            FixedSource({Collection.ORGS: ORGS}),
            monotonic=asyncio.get_running_loop().time,
            dialect=replace(dialect, raw={USERS: told}),
        )
        sandbox.issuer.clients = {"integration-tui": SECRET}
        sandbox.keys.current = SECRET
        self.wire.app = sandbox.app
        self.wire.pages.clear()
        return sandbox

    async def plan(self, name: IntegrationId) -> RunReport:
        runs = self.runs
        run = await runs.start(SyncRequest(integration_id=name), actor=ANA)
        return await runs.wait(run.id)

    async def pull(self, name: IntegrationId, format_: FileFormat) -> Account:
        self.number += 1
        async with self.made.database.reading() as found:
            version = await found.configs.active(name)
        config = self.made.dependencies.documents.config_of_version(version)
        order = ExportJob(
            request=ExportRequest(
                integration_id=name, folder=self.folder / f"out{self.number}", format=format_
            ),
            collections=(USERS,),
            since=None,
            known={},
            started_at=now(),
        )
        exported = await self.made.engine.pull(config, order, lambda _progress: None)
        (pulled,) = exported.outcome.collections
        assert pulled.complete or pulled.reason
        return Account(
            rows=pulled.records + pulled.quarantined + pulled.duplicates, reason=pulled.reason
        )


@dataclass
class Theatre:
    """Runs examples one by one in one loop, on one stage."""

    runner: asyncio.Runner
    stage: Stage


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Generator[Theatre]:
    folder = tmp_path_factory.mktemp("conservation")
    with asyncio.Runner() as runner:
        opened: asyncio.Queue[Stage] = asyncio.Queue()
        done = asyncio.Event()

        async def keep_open() -> None:
            wire = Wire()
            async with serve(wire) as address, world(folder) as made:
                await _add_integrations(made, address, folder)
                opened.put_nowait(Stage(wire, address, made, folder))
                await done.wait()

        async def begin() -> tuple[asyncio.Task[None], Stage]:
            task = asyncio.create_task(keep_open())
            coming = asyncio.create_task(opened.get())
            await asyncio.wait({task, coming}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                await task
            return task, await coming

        async def end(task: asyncio.Task[None]) -> None:
            done.set()
            await task

        task, stage = runner.run(begin())
        yield Theatre(runner, stage)
        runner.run(end(task))


async def _add_integrations(made: World, address: str, folder: Path) -> None:
    dialects = {**DIALECTS, SPLIT: DIALECTS["specification"]}
    for name, dialect in dialects.items():
        lists = "{users: students_and_teachers}" if name == SPLIT else "{}"
        auth = (
            "{type: jwt, token: env:SIS_SECRET}"
            if Login.KEY in dialect.logins
            else "{type: oauth2_client_credentials, client_id: integration-tui,"
            f" token_url: {address}{dialect.token_path}, client_secret: env:SIS_SECRET}}"
        )
        await made.add(
            name,
            f"base_url: {address}\nbase_path: {dialect.base_path}\nauth: {auth}\n{RULES}\n"
            f"dialect: {lists}\n"
            f"version: '{dialect.version}'\n"
            "rate_limit: {requests: 100000}\nretry: {attempts: 1, max_wait_s: 2}",
            type_="oneroster",
        )
    await made.add(
        FILES,
        f"path: {folder / 'roster.zip'}\nsync: {{page_size: {PAGE}}}",
        type_="oneroster_csv",
    )


def law(report: RunReport) -> Account:
    """Return how many rows of people a run says that it was sent."""
    listing = next(listing for listing in report.listings if listing.collection is USERS)
    assert listing.complete or listing.reason or not listing.is_over
    assert min(listing.records, listing.quarantined, listing.duplicates) >= 0
    rows = listing.records + listing.quarantined + listing.duplicates
    return Account(rows=rows, reason=listing.reason)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(sorted(set(DIALECTS) - {"html429"})),
    people=rows,
    fault=faults,
    way=st.sampled_from(["plan", "csv", *["jsonl"] * 6]),
)
def test_every_row_that_a_server_sends_is_accounted_for(
    theatre: Theatre, name: str, people: list[Row], fault: FaultRule | None, way: str
) -> None:
    stage = theatre.stage

    async def example() -> None:
        sandbox = stage.serve(DIALECTS[name], people)
        sandbox.faults.play(*([fault] if fault else []))

        if way == "plan":
            counted = law(await stage.plan(IntegrationId(name)))
        else:
            counted = await stage.pull(IntegrationId(name), FileFormat(way))

        assert counted.holds(stage.wire.users), (counted, stage.wire.pages)

    theatre.runner.run(example())


@settings(max_examples=EXAMPLES // 10, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(["specification", "v1p1", "edfi", "timeback_beyond_ai"]),
    people=rows,
    place=st.integers(0, 30),
    change=st.sampled_from(["none", "insert", "drop"]),
)
def test_every_row_is_accounted_for_though_the_run_was_interrupted(
    theatre: Theatre, name: str, people: list[Row], place: int, change: str
) -> None:
    stage = theatre.stage

    async def example() -> None:
        before = stage.serve(DIALECTS[name], people)
        broken = place % (len(people) + 1) // PAGE * PAGE
        before.faults.play(
            FaultRule(fault=Fault.STATUS, path="*/users", offset=broken, status=503, times=None)
        )
        halted = await stage.plan(IntegrationId(name))
        assert halted.run.status is RunStatus.FAILED
        sent = stage.wire.users
        assert law(halted).rows == sent
        others = {"insert": [(99, 0, "good"), *people], "drop": people[1:]}.get(change, people)
        stage.serve(DIALECTS[name], others)

        await stage.runs.resume(halted.run.id, actor=ANA)
        report = await stage.runs.wait(halted.run.id)

        counted = law(report)
        assert counted.holds(sent + stage.wire.users), (counted, sent, stage.wire.pages)

    theatre.runner.run(example())


HEADERS = {
    "1.1": "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,"
    "givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password",
    "1.2": "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,"
    "middleName,identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,"
    "resourceSourcedIds,preferredGivenName,preferredMiddleName,preferredFamilyName,"
    "primaryOrgSourcedId,pronouns",
}
OTHERS = {
    "orgs": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n"
    "o,,,North,school,,\n",
    "roles": "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,"
    "orgSourcedId,userProfileSourcedId\n",
}


def line(row: Row, version: str) -> dict[str, str]:
    number, other, kind = row
    told = {
        "sourcedId": f"u{number}",
        "enabledUser": "true",
        "username": f"ann{number}",
        "givenName": "Ann",
        "familyName": ("Bell", "Cole")[other],
        "grades": "05",
    }
    told |= {"orgSourcedIds": "o", "role": "student"} if version == "1.1" else {}
    match kind:
        case "unreadable":
            told["enabledUser"] = "perhaps"
        case "no id":
            told["sourcedId"] = ""
        case "null":
            told |= {"familyName": "NULL", "grades": "NULL"}
        case "empty":
            told |= {"username": "", "grades": ""}
    return told


def write(folder: Path, version: str, people: Sequence[Row]) -> int:
    """Write a zip of files; return how many rows its users.csv has, read anew."""
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADERS[version].split(","))
    writer.writeheader()
    writer.writerows(line(row, version) for row in people)
    files = {"users": text.getvalue(), "orgs": OTHERS["orgs"]}
    if version == "1.2":
        ids = sorted({f"u{number}" for number, _, kind in people if kind != "no id"})
        files["roles"] = OTHERS["roles"] + "".join(
            f"r{record_id},,,{record_id},primary,student,,,o,\n" for record_id in ids
        )
    listed = "".join(f"file.{stem},bulk\n" for stem in files)
    manifest = f"propertyName,value\nmanifest.version,1.0\noneroster.version,{version}\n{listed}"
    with zipfile.ZipFile(folder / "roster.zip", "w") as packed:
        packed.writestr("manifest.csv", manifest)
        for stem, content in files.items():
            packed.writestr(f"{stem}.csv", content)
    return len(list(csv.reader(io.StringIO(text.getvalue())))) - 1


@settings(max_examples=EXAMPLES // 2, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    version=st.sampled_from(["1.1", "1.2"]),
    people=rows,
    way=st.sampled_from(["plan", "csv", *["jsonl"] * 6]),
)
def test_every_row_of_a_file_is_accounted_for(
    theatre: Theatre, version: str, people: list[Row], way: str
) -> None:
    stage = theatre.stage

    async def example() -> None:
        there = write(stage.folder, version, people)

        if way == "plan":
            counted = law(await stage.plan(FILES))
        else:
            counted = await stage.pull(FILES, FileFormat(way))

        assert counted.rows == there, counted

    theatre.runner.run(example())


def test_a_server_that_asks_for_patience_loses_no_row(theatre: Theatre) -> None:
    stage = theatre.stage
    people: list[Row] = [(number, 0, "good") for number in range(12)]

    async def example() -> None:
        stage.serve(DIALECTS["html429"], [*people, (3, 0, "good"), (4, 1, "good")])

        report = await stage.plan(IntegrationId("html429"))

        assert law(report).rows == 14 == stage.wire.users

    theatre.runner.run(example())


def test_who_is_a_student_and_a_teacher_came_twice_and_is_one_record(theatre: Theatre) -> None:
    stage, roles = theatre.stage, (Role(role="student", org="o"), Role(role="teacher", org="o"))
    both = [
        User(sourced_id=f"u{number}", given_name="Ann", family_name="Bell", roles=held)
        for number, held in enumerate([roles, roles[:1], roles[1:], roles])
    ]

    async def example() -> None:
        sandbox = stage.serve(DIALECTS["specification"], [])
        sandbox.roster = {Collection.ORGS: ORGS, USERS: both}

        report = await stage.plan(SPLIT)

        listing = next(listing for listing in report.listings if listing.collection is USERS)
        assert (listing.records, listing.quarantined, listing.duplicates) == (4, 0, 2)
        assert law(report).rows == 6 == stage.wire.users

    theatre.runner.run(example())


def test_who_cannot_be_read_once_and_can_be_read_later_is_a_record(theatre: Theatre) -> None:
    stage = theatre.stage
    people: list[Row] = [(number, 0, "good") for number in range(PAGE)]

    async def example() -> None:
        sandbox = stage.serve(DIALECTS["specification"], people)
        dialect = replace(
            sandbox.dialect,
            raw={USERS: (b'{"sourcedId":"u0","roles":{"a":[7]}}', *sandbox.dialect.raw[USERS])},
        )
        again = OneRosterSandbox(
            FixedSource({Collection.ORGS: ORGS}),
            monotonic=asyncio.get_running_loop().time,
            dialect=dialect,
        )
        again.issuer.clients = {"integration-tui": SECRET}
        stage.wire.app = again.app

        report = await stage.plan(IntegrationId("specification"))

        listing = next(listing for listing in report.listings if listing.collection is USERS)
        assert listing.count(ChangeKind.CREATE) == PAGE
        assert law(report).rows == PAGE + 1 == stage.wire.users

    theatre.runner.run(example())
