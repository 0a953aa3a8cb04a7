"""Names, addresses and ids of people stay in the roster's tables, whatever goes wrong around them.

Every person of a served district has texts that stand nowhere else. Faults of all kinds are
played; then everything that is kept outside of the roster's tables is searched for these texts.
"""

import gzip
import json
import sqlite3
import zipfile
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from integration_tui.bootstrap import open_services
from integration_tui.domain.audit.export import AuditExportFormat
from integration_tui.domain.audit.log import AuditFilter
from integration_tui.domain.errors import ConsoleError
from integration_tui.domain.ids import IntegrationId, RecordId
from integration_tui.domain.roster import Collection, User
from integration_tui.domain.roster_export import ExportRequest, FileFormat
from integration_tui.domain.roster_view import ManualEdit
from integration_tui.domain.sync.merge import Side
from integration_tui.domain.sync.run import RunReport
from integration_tui.sandbox.oneroster import OneRosterSandbox
from integration_tui.sandbox.server import serve
from integration_tui.sandbox.source import FixedSource
from integration_tui.services import Services
from integration_tui.services.sync.runs import SyncRequest
from integration_tui.settings import Settings
from integration_tui.store.roster.fields import SHAPES
from integration_tui.testing.http_server import Reply
from tests.conftest import ANA
from tests.services.sync.fixtures import NO_GRACE, SECRET, SIS, District, document, publish, write

pytestmark = pytest.mark.timeout(300)  # sixty faults in one roster, on whatever machine

C = Collection
CSV = IntegrationId("csv")
NEEDLE = "plant"
"""Stands in every text that a person has."""
PERSONAL = {
    *(shape.table for shape in SHAPES.values()),
    *(shape.changes for shape in SHAPES.values()),
    "external_system_mappings",
    "roster_edits",
    "sync_conflicts",
    "sync_findings",
    "sync_found",
    "sync_matches",
}
"""The tables that hold what systems say of people: see docs/store.md."""


def planted(number: int, old: User) -> User:
    """Return a person all of whose texts are planted."""
    return msgspec.structs.replace(
        old,
        given_name=f"Givenplant{number:02}",
        family_name=f"Familyplant{number:02}",
        username=f"loginplant{number:02}",
        email=f"mail.plant{number:02}@plant.example",
        identifier=f"stateplant{number:02}",
        phone=f"+49 plant {number:04}",
    )


def district() -> District:
    found = District()
    people = [record for record in found.records[C.USERS].values() if isinstance(record, User)]
    found.put(C.USERS, *(planted(number, one) for number, one in enumerate(people)))
    return found


TEXTS = [
    text
    for number in range(42)
    for user in [planted(number, User(sourced_id="x", given_name="", family_name=""))]
    for text in (user.given_name, user.family_name, user.username, user.email, user.identifier)
]
SENTENCE = "user Givenplant03 Familyplant03 <mail.plant03@plant.example> (loginplant03) is refused"


class Poisoned:
    """A server that answers one path in a way of its own, and everything else by the book."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.path, self.reply = "", Reply()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.path or not scope.get("path", "").endswith(self.path):
            await self._app(scope, receive, send)
            return
        headers = [(name.encode(), value.encode()) for name, value in self.reply.headers.items()]
        await send({"type": "http.response.start", "status": self.reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.reply.body})


def refusal(
    status: int, text: str = SENTENCE, kind: str = "application/json", **more: str
) -> Reply:
    body = json.dumps({"imsx_codeMajor": "failure", "imsx_description": text})
    if kind != "application/json":
        body = f"<html><title>{text}</title><p>{text}</p></html>" if "html" in kind else text
    named = {name.replace("_", "-"): value for name, value in more.items()}
    return Reply(status, body.encode(), {"content-type": kind, **named})


PERSON = {
    "sourcedId": "u0003",
    "status": "active",
    "dateLastModified": "2026-09-01T00:00:00Z",
    "givenName": "Givenplant03",
    "familyName": "Familyplant03",
    "username": "loginplant03",
    "email": "mail.plant03@plant.example",
    "enabledUser": "true",
    "roles": [{"roleType": "primary", "role": "student", "org": {"sourcedId": "s1"}}],
}


def people(*persons: Mapping[str, object]) -> Reply:
    return whole(json.dumps({"users": persons}).encode())


def whole(body: bytes, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(200, body, {"content-type": "application/json", **named})


NAME = "Givenplant03"
RIGHT = json.dumps({"users": [PERSON]}).encode()
ODD: list[Mapping[str, object]] = [
    *({name: SENTENCE} for name in (
        "status", "dateLastModified", "roles", "enabledUser", "grades", "agents", "org", "orgs",
        "userIds", "primaryOrg", "userProfiles", "resources", "metadata")),
    *({name: {NAME: NAME}} for name in ("sourcedId", "givenName", "email", "identifier")),
    *({name: [NAME, None]} for name in ("username", "roles", "familyName")),
    {"sourcedId": None},
    {"roles": [{"role": SENTENCE, "org": {"sourcedId": NAME}}]},
    {"familyName": None, "givenName": None},
    {"givenName": NAME * 2000},
    {"sourcedId": "twice"},
    {"sourcedId": "twice", "givenName": "Otherplant"},
]  # fmt: skip
"""What is odd about a person; all of these come on one page."""
FAULTS = [
    *(refusal(status) for status in (400, 401, 403, 404, 405, 409, 410, 416, 422, 500, 502, 503)),
    *(refusal(status, kind="text/html") for status in (200, 403, 500)),
    *(refusal(status, kind="text/plain") for status in (200, 400, 500)),
    refusal(429, retry_after=NAME),
    refusal(302, location=f"/users/{NAME}?mail=mail.plant03@plant.example"),
    refusal(401, www_authenticate=f'Bearer error="x", error_description="{SENTENCE}"'),
    refusal(500, kind=f"text/{NAME}"),
    whole(RIGHT[: len(RIGHT) // 2]),
    whole(RIGHT.replace(b'"Givenplant03"', b"Givenplant03")),
    whole(RIGHT.replace(b"Givenplant03", b"Givenplant\xff03")),
    whole(RIGHT.replace(b"Givenplant03", b"Givenplant\\ud800")),
    whole(b"\xef\xbb\xbf" + RIGHT),
    whole(gzip.compress(RIGHT)[:60], content_encoding="gzip"),
    whole(RIGHT, content_encoding=NAME),
    whole(RIGHT, x_total_count=NAME),
    whole(RIGHT, link=f"<http://{NAME}/>; rel=next, {SENTENCE}"),
    whole(json.dumps({"users": NAME}).encode()),
    whole(json.dumps({"users": [NAME, [NAME]]}).encode()),
    whole(json.dumps({NAME: [NAME]}).encode()),
    whole(json.dumps(SENTENCE).encode()),
    whole(SENTENCE.encode()),
    whole(b"[" * 5000 + RIGHT),
    whole(RIGHT.replace(b'"sourcedId": "u0003"', b'"sourcedId": "u0003", "givenName": "Oneplant"')),
]  # fmt: skip
TOKENS = [
    refusal(400, f'{{"error": "{SENTENCE}"}}'),
    Reply(401, json.dumps({"error": "invalid_client", "error_description": SENTENCE}).encode()),
    Reply(200, json.dumps({"access_token": "t" * 30, "token_type": SENTENCE}).encode()),
    Reply(200, json.dumps({"access_token": "t" * 30, "scope": SENTENCE}).encode()),
    refusal(200, kind="text/html"),
]
ROWS = [
    'u0003,active,2026-09-01T00:00:00Z,true,"Givenplant03"x,Familyplant03,student,s1,loginplant03',
    "u0003,active,2026-09-01T00:00:00Z,Givenplant03,Givenplant03,Familyplant03,Givenplant03,s1,",
    "u0003,active,Givenplant03,true,Givenplant03,Familyplant03,student,s1,loginplant03",
    "Givenplant03",
    'u0003,active,2026-09-01T00:00:00Z,true,"Givenplant03,Familyplant03,student,s1,loginplant03',
    "u0003,active,,true,Givenplant03,Familyplant03,student,s1,l\nu0003,active,,true,Otherplant,F,"
    "student,s1,loginplant04",
    "u0003,Givenplant03,,true,Givenplant03,Familyplant03,student,s1,loginplant03,mail.plant@x.yz,9",
]
HEAD = "sourcedId,status,dateLastModified,enabledUser,givenName,familyName,role,orgSourcedIds,user"


@dataclass
class Office:
    """A poisoned server, the services of an administrator, and all the errors that came."""

    sandbox: OneRosterSandbox
    server: Poisoned
    district: District
    services: Services
    folder: Path
    errors: list[str] = field(default_factory=list)
    played: int = 0

    async def plan(self, name: IntegrationId = SIS) -> RunReport:
        waiting = await self.services.sync.open_run(name)
        if waiting is not None:
            await self.services.sync.cancel(waiting.run.id, actor=ANA)
        run = await self.services.sync.start(SyncRequest(integration_id=name), actor=ANA)
        return await self.services.sync.wait(run.id)

    async def sync(self) -> None:
        publish(self.sandbox, self.district)
        planned = await self.plan()
        run = planned.run
        await self.services.sync.apply(run.id, plan_hash=run.plan_hash, actor=ANA)
        done = await self.services.sync.wait(run.id)
        assert done.run.status == "applied", done.run

    async def play(self, path: str, reply: Reply, *, plans: bool = False) -> None:
        """Play one fault to a pull of people into files, or to a plan, and to checks."""
        self.played += 1
        self.server.path, self.server.reply = path, reply
        out = self.folder / f"pull-{self.played}"
        way = FileFormat.JSONL if self.played % 2 else FileFormat.CSV
        request = ExportRequest(
            integration_id=SIS, folder=out, format=way, collections=(C.ORGS, C.USERS)
        )
        try:
            await self.services.rosters.pull(request, actor=ANA)
            if plans:
                self.errors.append(str((await self.plan()).run.problem))
            if path == "/token":
                steps = await self.services.integrations.test(SIS)
                self.errors += [f"{step.detail} {step.advice}" for step in steps]
                await self.services.health.check_now(SIS)
        except ConsoleError as error:
            self.errors.append(str(error))
        self.server.path = ""

    async def play_file(self, row: str) -> None:
        self.played += 1
        (self.folder / "files" / "users.csv").write_text(f"{HEAD}\n{row}\n")
        try:
            await self.plan(CSV)
        except ConsoleError as error:
            self.errors.append(str(error))

    async def by_hand(self) -> None:
        """Edit, pin, let two sides quarrel, settle, reopen, merge nobody, hold, approve, cancel."""
        services, person = self.services, await self.id_of("u0004")
        for value in ("new.plant@plant.example", None, "other.plant@plant.example"):
            edit = ManualEdit(
                collection=C.USERS, id=person, field="email", value=value, reason="asked"
            )
            await services.records.edit(edit, actor=ANA)
        await services.records.pin(C.USERS, person, pinned=True, actor=ANA)
        self.district.change(C.USERS, "u0004", email="theirs.plant@plant.example")
        await self.sync()
        for conflict in await services.conflicts.conflicts():
            await services.conflicts.settle([conflict.id], Side.THEIRS, actor=ANA)
            await services.conflicts.reopen(conflict.id, actor=ANA)
            await services.conflicts.settle([conflict.id], Side.OURS, actor=ANA)
        for other in (person, await self.id_of("u0005")):
            try:
                await services.mappings.merge(C.USERS, person, other, actor=ANA, reason="same")
            except ConsoleError as error:
                self.errors.append(str(error))
        self.district.leave(*(f"u{number:04}" for number in range(20, 40)))
        publish(self.sandbox, self.district)
        held = (await self.plan()).run
        assert held.status == "held"
        self.played += 12
        await services.sync.cancel(held.id, actor=ANA)

    async def id_of(self, external_id: str) -> RecordId:
        found = await self.services.mappings.find(SIS, C.USERS, external_id)
        assert found is not None
        return found


@asynccontextmanager
async def office(settings: Settings, folder: Path) -> AsyncGenerator[Office]:
    people = district()
    sandbox = OneRosterSandbox(FixedSource(people.roster()), monotonic=lambda: 0.0)
    sandbox.issuer.clients = {"integration-tui": SECRET}
    server = Poisoned(sandbox.app)
    files = folder / "files"
    files.mkdir()
    (files / "manifest.csv").write_text(
        "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\nfile.orgs,bulk\n"
        "file.users,bulk\n"
    )
    (files / "orgs.csv").write_text("sourcedId,status,name,type\ns1,active,School,school\n")
    csv = f"name: {CSV}\ntype: oneroster_csv\npath: {files}\nversion: '1.1'\n{NO_GRACE}\n"
    async with serve(server) as address:
        at_once = document(SIS, address, NO_GRACE).replace("attempts: 1", "attempts: 0")
        write(settings, {SIS: at_once, CSV: csv})
        async with open_services(settings, actor=ANA) as services:
            assert not services.files.problems
            yield Office(sandbox, server, people, services, folder)


def kept(store: Path) -> Iterator[tuple[str, str]]:
    """Yield where and what of everything in a store outside of the roster's tables."""
    with closing(sqlite3.connect(store)) as file:
        file.text_factory = lambda raw: raw.decode("utf-8", "replace")
        tables = "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
        for name, sql in file.execute(tables).fetchall():
            if name not in PERSONAL and "VIRTUAL" not in sql:
                for row in file.execute(f'SELECT * FROM "{name}"'):  # noqa: S608 - its own name
                    yield f"table {name}", " ".join(map(_readable, row))


def _readable(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def files(folder: Path) -> Iterator[tuple[str, str]]:
    for name in ("pull.json", "INCOMPLETE.txt", "rejected.jsonl"):
        for path in folder.rglob(name):
            yield str(path.relative_to(folder)), path.read_text()


async def exported(services: Services, folder: Path) -> AsyncGenerator[tuple[str, str]]:
    """Yield what leaves on purpose, and is to help others: the log of acts, the bundle."""
    async for entry in services.audit.export(AuditFilter(), actor=ANA):
        yield "audit export", AuditExportFormat.JSONL.line(entry)
    bundle = await services.support.gather(actor=ANA)
    path = await services.support.write(bundle, folder / "bundle.zip", actor=ANA)
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            yield f"bundle {name}", archive.read(name).decode()


def found(kept_texts: Iterable[tuple[str, str]]) -> list[str]:
    """Return where a planted text stands, with what is around it."""
    return [
        f"{where}: …{text[max(place - 80, 0) : place + 60]}"
        for where, text in kept_texts
        if (place := text.lower().find(NEEDLE)) >= 0
    ]


async def test_no_text_of_a_person_is_kept_outside_of_the_roster(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIS_SECRET", SECRET)
    assert len(set(TEXTS)) >= 200
    assert all(NEEDLE in (text or "").lower() for text in TEXTS)
    store = Path(settings.store_url.removeprefix("sqlite:///"))
    async with office(settings, tmp_path) as one:
        await one.sync()
        for number, reply in enumerate(FAULTS):
            await one.play("/users", reply, plans=not number % 6)
        persons = [{**PERSON, "sourcedId": f"odd-{n}", **odd} for n, odd in enumerate(ODD)]
        await one.play("/users", people(*persons), plans=True)
        one.played += len(ODD)
        everything = [*kept(store)]  # the next sync finds these people fixed
        for reply in TOKENS:
            one.sandbox.issuer.revoke()
            await one.play("/token", reply)
        for row in ROWS:
            await one.play_file(row)
        await one.by_hand()
        everything += [item async for item in exported(one.services, tmp_path)]

    assert one.played >= 60
    everything += kept(store)
    everything += files(tmp_path)
    everything.append(("log", settings.log_path.read_text()))
    everything += [("error", text) for text in one.errors]
    assert found(everything) == []
    places = Counter(where.rpartition("/")[2] for where, _ in everything)
    assert min(places["INCOMPLETE.txt"], places["pull.json"], places["audit export"]) > 30, places
    assert min(places["table sync_quarantine"], places["rejected.jsonl"], places["error"]) >= 1


def test_the_search_would_find_what_it_looks_for() -> None:
    texts = [("here", f"x {text} y") for text in TEXTS]

    assert len(found(texts)) >= len(TEXTS)
