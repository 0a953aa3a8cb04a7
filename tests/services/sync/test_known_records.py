"""A sync that reads only what it does not know plans just what one does that reads everything."""

import asyncio
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from integration_tui.bootstrap import open_services
from integration_tui.domain.sync.plan import Approval
from integration_tui.domain.sync.run import Run, RunReport, RunStatus
from integration_tui.domain.sync.safety import deactivations
from integration_tui.sandbox.server import serve
from integration_tui.services import Services
from integration_tui.services.sync.runs import SyncRequest
from integration_tui.settings import Settings, load_settings
from integration_tui.store.roster.fields import SHAPES
from tests.conftest import ANA
from tests.services.sync.fixtures import SIS
from tests.stores import lay_store

EXAMPLES = int(os.environ.get("KNOWN_EXAMPLES", "4"))
PHASES = set(Phase) - {Phase.explain, Phase.shrink}
"""Each example syncs several times."""
BASE = "/ims/oneroster/rostering/v1p2"
PAGE = 4
Row = dict[str, Any]
Rows = Mapping[str, list[Row]]
COMPARED = (
    *((shape.changes, "*") for shape in SHAPES.values()),
    ("sync_quarantine", "*"),
    ("sync_read_findings", "*"),
    ("sync_found", "*"),
    ("sync_skipped", "*"),
    (
        "sync_listings",
        # Whether a duplicate on another page differs is seen late where one of both is known.
        "collection, pages, records, same, quarantined, duplicates, with_loss, expected, is_over,"
        " complete, reason, known, counts, fields, skipped",
    ),
)


MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?")


def ref(sourced_id: str) -> Row:
    return {"sourcedId": sourced_id}


def person(number: int, **more: Any) -> Row:
    return {
        "sourcedId": f"u{number:02}",
        "givenName": "Ann",
        "familyName": f"Bell {number}",
        "roles": [{"role": "student", "roleType": "primary", "org": ref("s")}],
        "grades": ["05"],
        **more,
    }


def seat(number: int, **more: Any) -> Row:
    return {
        "sourcedId": f"e{number:02}",
        "user": ref(f"u{number:02}"),
        "class": ref(f"c{number % 6}"),
        "school": ref("s"),
        "role": "student",
        **more,
    }


def roster() -> Rows:
    """Return what the server shows on the first night: with doubts, and fields that few have."""
    users = [person(number) for number in range(18)]
    users[3] |= {"middleName": "May"}
    users[7] |= {"middleName": "Joy", "pronouns": "she/her"}
    users[8] |= {"email": "NULL"}
    users[11] |= {"sourcedId": {"no": "text"}}
    return {
        "orgs": [{"sourcedId": "s", "name": "North", "type": "school"}],
        "academicSessions": [],
        "courses": [{"sourcedId": "k", "title": "Maths", "org": ref("s")}],
        "classes": [
            {"sourcedId": f"c{number}", "title": f"Maths {number}", "school": ref("s")}
            for number in range(6)
        ],
        "users": users,
        "enrollments": [
            seat(number, **({"school": None} if number % 5 == 0 else {})) for number in range(14)
        ],
    }


@dataclass
class Server:
    """Sends rows as they are, `limit` of them at most."""

    rows: Rows = field(default_factory=roster)
    limit: int = PAGE
    asked: list[str] = field(default_factory=list[str])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].removeprefix(f"{BASE}/")
        if name not in self.rows:
            await Response(status_code=404)(scope, receive, send)
            return
        query = {key: one[0] for key, one in parse_qs(scope["query_string"].decode()).items()}
        offset, limit = int(query["offset"]), min(int(query["limit"]), self.limit)
        self.asked.append(f"{name} {offset}")
        body = json.dumps({name: self.rows[name][offset : offset + limit]})
        headers = {"x-total-count": str(len(self.rows[name]))}
        answer = Response(body, media_type="application/json", headers=headers)
        await answer(scope, receive, send)


@dataclass
class Nights:
    """A store that follows a server, and beside it one that does not know what came before."""

    server: Server
    folder: Path
    planned: dict[str, Run] = field(default_factory=dict[str, Run])

    def place(self, name: str) -> Path:
        return self.folder / name / "integration-tui.db"

    async def plan(self, name: str, *, beside: str = "", applies: bool = False) -> None:
        """Plan, compare the plan with another one, and apply it."""
        async with open_services(placed(self.folder, name), actor=ANA) as services:
            run = await services.sync.start(SyncRequest(integration_id=SIS), actor=ANA)
            report = await services.sync.wait(run.id)
            self.planned[name] = report.run
            if beside:
                self.compare(name, beside)
            if applies and report.run.is_waiting:
                report = await apply(services, report)
                assert report.run.status is RunStatus.APPLIED, report.run

    async def night(self) -> None:
        """Compare a plan with one for which everything was read, and apply it."""
        shutil.copy(self.place("known"), self.place("other"))
        with closing(sqlite3.connect(self.place("other"))) as store, store:
            store.execute("UPDATE sync_marks SET made_by = 'another program'")
        await self.plan("other")
        await self.plan("known", beside="other", applies=True)

    def compare(self, name: str, other: str) -> None:
        assert self.planned[name].status is self.planned[other].status
        assert self.planned[name].plan_hash == self.planned[other].plan_hash
        for table, columns in COMPARED:
            assert self.rows(name, table, columns) == self.rows(other, table, columns), table
        assert self.pages(name) == self.pages(other)
        assert self.prints(name) <= self.prints(other)

    def rows(self, name: str, table: str, columns: str) -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(self.place(name))) as store:
            found = store.execute(f"SELECT {columns} FROM {table}").fetchall()  # noqa: S608 - ours
        # Records have no moments here, so that all are those of the run.
        return sorted((tuple(MOMENT.sub("", repr(one)) for one in row) for row in found), key=repr)

    def pages(self, name: str) -> list[tuple[object, ...]]:
        """Return what each page holds, and by what it is known as a whole."""
        found = self.rows(name, "sync_pages", "run_id, collection, number, digest, fields, ids")
        return [(*row, sorted(ids)) for *row, ids in found]

    def prints(self, name: str) -> set[tuple[object, ...]]:
        """Return by what the next run knows each record."""
        with closing(sqlite3.connect(self.place(name))) as store:
            found = store.execute(
                "SELECT collection, ids, prints FROM sync_pages WHERE prints > ''"
            )
            return {
                (collection, text, prints[8 * place : 8 * place + 8])
                for collection, ids, prints in found
                for place, text in enumerate(json.loads(ids))
                if any(prints[8 * place : 8 * place + 8])
            }


def placed(folder: Path, name: str) -> Settings:
    return load_settings(
        environ={
            "INTEGRATION_CONFIG_DIR": str(folder),
            "INTEGRATION_DATA_DIR": str(folder / name),
        }
    )


async def apply(services: Services, report: RunReport) -> RunReport:
    run = report.run
    if run.status is RunStatus.HELD:
        approval = Approval(
            run_id=run.id,
            integration_id=run.integration_id,
            plan_hash=run.plan_hash,
            losses=deactivations(report.listings),
            reason="seen",
            by=ANA.name,
        )
        await services.sync.approve(approval, actor=ANA)
    await services.sync.apply(run.id, plan_hash=run.plan_hash, actor=ANA)
    return await services.sync.wait(run.id)


@dataclass
class Theatre:
    """Runs examples one by one in one loop, each with a store that has synced one night."""

    runner: asyncio.Runner
    nights: Nights

    def play(self, coming: Callable[[Nights], Coroutine[None, None, None]]) -> None:
        self.nights.server.rows, self.nights.server.limit = roster(), PAGE
        shutil.copy(self.nights.place("first"), self.nights.place("known"))
        self.runner.run(coming(self.nights))


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Generator[Theatre]:
    folder = tmp_path_factory.mktemp("known")
    (folder / "integrations").mkdir()
    for name in ("first", "known", "other"):
        (folder / name).mkdir()
    lay_store(placed(folder, "first"))
    nights = Nights(Server(), folder)
    with asyncio.Runner() as runner:
        done, ready = asyncio.Event(), asyncio.Event()

        async def keep_open() -> None:
            async with serve(nights.server) as address:
                (folder / "integrations" / "sis.yaml").write_text(
                    f"name: sis\ntype: oneroster\nbase_url: {address}\nbase_path: {BASE}\n"
                    "auth: {type: jwt, token: env:HOME}\nrate_limit: {requests: 100000}\n"
                    "retry: {attempts: 1}\n"
                    f"sync: {{page_size: {PAGE}, quality: {{max_drop: 100}}}}\n"
                )
                ready.set()
                await done.wait()

        async def begin() -> asyncio.Task[None]:
            task = asyncio.create_task(keep_open())
            await ready.wait()
            await nights.plan("first", applies=True)
            return task

        async def end(task: asyncio.Task[None]) -> None:
            done.set()
            await task

        task = runner.run(begin())
        yield Theatre(runner, nights)
        runner.run(end(task))


Change = tuple[str, str, int, int]


def changed(rows: Rows, changes: Sequence[Change]) -> Rows:
    """Return a roster in which something was changed, added, moved, doubled or spoiled."""
    found: Rows = json.loads(json.dumps(rows))
    for name, kind, place, other in changes:
        if listed := found[name]:
            KINDS[kind](listed, place % len(listed), other)
    return found


def change(listed: list[Row], at: int, other: int) -> None:
    row = listed[at]
    name = next(name for name in ("title", "familyName", "role") if name in row)
    row[name] = f"teacher {other}"


def spell(listed: list[Row], at: int, _other: int) -> None:
    """Say the same in other words."""
    listed[at]["status"] = "active"


def remove(listed: list[Row], at: int, _other: int) -> None:
    del listed[at]


def add(listed: list[Row], at: int, other: int) -> None:
    listed.insert(at, {**listed[at], "sourcedId": f"new{at}-{other}"})


def move(listed: list[Row], at: int, other: int) -> None:
    listed.insert(other % len(listed), listed.pop(at))


def double(listed: list[Row], at: int, other: int) -> None:
    listed.insert(other % len(listed), dict(listed[at]))


def differ(listed: list[Row], at: int, other: int) -> None:
    listed.insert(other % len(listed), {**listed[at], "status": "tobedeleted"})


def spoil(listed: list[Row], at: int, other: int) -> None:
    listed[at]["sourcedId" if other % 2 else "grades"] = {"no": "text"}


def add_fields(listed: list[Row], at: int, _other: int) -> None:
    """Have one record say what few or none says."""
    listed[at] |= {"pronouns": "they/them", "location": "B 2", "beginDate": "2026-09-01"}


def drop_fields(listed: list[Row], at: int, _other: int) -> None:
    for member in ("pronouns", "middleName", "grades", "school"):
        listed[at].pop(member, None)


KINDS: Mapping[str, Callable[[list[Row], int, int], None]] = {
    one.__name__: one
    for one in (
        change, spell, remove, add, move, double, differ, spoil, add_fields, drop_fields,
    )
}  # fmt: skip
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["users", "users", "users", "enrollments", "classes"]),
        st.sampled_from(sorted(KINDS)),
        st.integers(0, 20),
        st.integers(0, 20),
    ),
    max_size=5,
)
NIGHT = st.tuples(CHANGES, st.sampled_from([PAGE, PAGE, PAGE, 3, 6]))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(nights=st.lists(NIGHT, min_size=1, max_size=2))
def test_what_is_known_is_planned_as_if_it_had_been_read(
    theatre: Theatre, nights: list[tuple[list[Change], int]]
) -> None:
    async def example(one: Nights) -> None:
        for changes, limit in nights:
            one.server.rows, one.server.limit = changed(one.server.rows, changes), limit
            await one.night()

    theatre.play(example)
