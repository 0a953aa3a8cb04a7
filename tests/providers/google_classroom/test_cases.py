"""Recorded situations of Google Classroom end as their files say, in the program itself."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from integration_tui.__main__ import show_console
from integration_tui.cli.main import run
from integration_tui.domain.roster import Class, Collection
from integration_tui.providers.google_classroom import SPEC
from integration_tui.providers.google_classroom.connector import GoogleClassroomConnector
from tests.cli.sync_fixtures import Answer, programmed
from tests.providers.google_classroom.case_server import CaseServer, case
from tests.providers.google_classroom.fixtures import config_of, pem, service_key
from tests.providers.http.fixtures import Here


@dataclass
class CaseProgram:
    """The program with an integration that speaks to a case."""

    server: CaseServer
    out: Path
    patch: pytest.MonkeyPatch
    printed: pytest.CaptureFixture[str]

    async def call(self, *words: str) -> Answer:
        self.patch.setattr(sys, "argv", ["integration-tui", *words])
        code = await asyncio.to_thread(run, show_console)
        printed = self.printed.readouterr()
        return Answer(code, printed.out, printed.err)

    async def pull(self) -> Answer:
        return await self.call("roster", "pull", "classroom", "--out", str(self.out), "--json")

    def asked(self, path: str) -> list[dict[str, list[str]]]:
        """Return the parameters of each request for a path."""
        parts = [urlsplit(text) for text in self.server.asked]
        return [parse_qs(part.query) for part in parts if part.path == path]


@pytest.fixture
def prepared(
    environ: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Prepared:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GOOGLE_KEY", pem(service_key()))
    return Prepared(Path(environ["INTEGRATION_CONFIG_DIR"]), tmp_path / "out", monkeypatch, capsys)


@dataclass(frozen=True)
class Prepared:
    """Where the program looks, and where a case is put."""

    config: Path
    out: Path
    patch: pytest.MonkeyPatch
    printed: pytest.CaptureFixture[str]

    @asynccontextmanager
    async def program(self, name: str, **more: object) -> AsyncGenerator[CaseProgram]:
        async with case(name) as server:
            folder = self.config / "integrations"
            folder.mkdir(parents=True)
            (folder / "classroom.json").write_text(json.dumps(document(server.address, **more)))
            yield CaseProgram(server, self.out, self.patch, self.printed)


def document(address: str, **more: object) -> dict[str, object]:
    return {
        "name": "classroom",
        "type": "google_classroom",
        "base_url": address,
        "directory_url": address,
        "rate_limit": {"requests": 1000},
        "auth": {
            "type": "oauth2_jwt_bearer",
            "token_url": f"{address}/token",
            "issuer": "console@school-project.iam.gserviceaccount.com",
            "subject": "admin@school.example.org",
            "private_key": "env:GOOGLE_KEY",
        },
        **more,
    }


def collections(answer: Answer) -> dict[str, dict[str, object]]:
    return {
        found["collection"]: found for found in json.loads(answer.out)["outcome"]["collections"]
    }


def records(answer: Answer) -> dict[str, object]:
    return {name: found["records"] for name, found in collections(answer).items()}


async def test_all_students_come_thirty_at_a_time(prepared: Prepared) -> None:
    async with prepared.program("01") as program:
        answer = await program.pull()
        planned = await program.call("sync", "plan", "classroom")

    assert answer.code == 0, answer
    assert (records(answer)["classes"], records(answer)["enrollments"]) == (1, 62)
    assert "62 enrollments" in planned.out
    asked = program.asked("/v1/courses/201/students")
    assert [query.get("pageToken") for query in asked][:3] == [None, ["Cg0+/a=="], ["Cg1+/b=="]]
    assert len({(*query["fields"], *query["pageSize"]) for query in asked}) == 1


async def test_a_class_is_the_siss_by_its_alias_and_never_by_its_title(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GOOGLE_KEY", pem(service_key()))
    async with programmed(environ, monkeypatch, capsys) as program, case("03") as server:
        for sourced_id, title in (("SEC 12/3 é", "Maths 7b"), ("sec-1", "Robotics")):
            program.district.put(
                Collection.CLASSES,
                Class(sourced_id=sourced_id, title=title, course="k1", school="s1", terms=("y",)),
            )
        await program.synced()
        sync = {"match": {"rules": ["claim"]}}
        text = json.dumps(document(server.address, aliases=True, sync=sync))
        (program.config / "classroom.json").write_text(text)
        planned = await program.sync("plan", "classroom")
        applied = await program.sync("apply", "classroom", "--plan", planned.plan)
        found = {
            (system, text): (await program.call("mapping", "find", system, "classes", text)).out
            for system, text in (
                ("sis", "SEC 12/3 é"),
                ("classroom", "401"),
                ("sis", "sec-1"),
                ("classroom", "402"),
                ("classroom", "403"),
            )
        }

    assert applied.code == 0, applied
    assert found["sis", "SEC 12/3 é"] == found["classroom", "401"] != ""
    assert len(set(found.values())) == 4


async def test_without_addresses_people_are_kept_by_their_ids(prepared: Prepared) -> None:
    async with prepared.program("05", sync={"match": {"rules": ["email"]}}) as program:
        answer = await program.pull()
        planned = await program.call("sync", "plan", "classroom")

    assert (records(answer)["users"], records(answer)["enrollments"]) == (2, 2)
    users = collections(answer)["users"]
    assert not users["complete"]
    assert f"{users['reason']}".count("may not list users") == 1
    assert "classroom.profile.emails is not delegated" in f"{users['reason']}"
    assert "classroom.profile.emails" in planned.out
    assert "Creates 2 people, 2 enrollments" in planned.out


async def test_five_ways_of_being_asked_too_often_are_waited_out() -> None:
    here = Here(GOOGLE_KEY=pem(service_key()))
    async with case("07") as server:
        config = config_of(server.address, {}, {"retry": {"attempts": 6}})
        connector = SPEC.build(config, here.context())
        assert isinstance(connector, GoogleClassroomConnector)
        await connector.connect()

        pages = [page async for page in connector.pages(Collection.ENROLLMENTS)]

        await connector.disconnect()
    assert [len(page.rows) for page in pages] == [2]
    assert pages[-1].complete
    asked = [parse_qs(urlsplit(text).query) for text in server.asked if "/students" in text]
    assert [query.get("pageToken") for query in asked] == [None, *[["n1"]] * 6]


async def test_each_refusal_of_a_token_says_what_to_change(prepared: Prepared) -> None:
    # Scopes that are written down are asked for once, and not with less.
    async with prepared.program("09") as program:
        config = prepared.config / "integrations" / "classroom.json"
        written = json.loads(config.read_text())
        scope = "https://www.googleapis.com/auth/classroom.courses.readonly"
        written["auth"]["scopes"] = [scope]
        config.write_text(json.dumps(written))
        told = [await program.call("provider", "test", "classroom", "--json") for _ in range(4)]

    assert all(answer.code == 1 for answer in told)
    assert "delegation" in told[0].out
    assert scope in told[0].out
    assert "no active account admin@school.example.org" in told[1].out
    assert "clock" in told[2].out
    assert "no active account admin@school.example.org" in told[3].out
    said = "".join(answer.out + answer.err for answer in told)
    assertions = [parse_qs(body)["assertion"][0] for body in program.server.bodies if body]
    assert not any(part in said for text in assertions for part in text.split("."))


async def test_a_class_stays_without_its_owner_and_a_stranger_by_the_id(prepared: Prepared) -> None:
    async with prepared.program("11") as program:
        answer = await program.pull()
        planned = await program.call("sync", "plan", "classroom")

    found = records(answer)
    assert (found["classes"], found["users"], found["enrollments"]) == (1, 2, 2)
    users = (program.out / "users.csv").read_text()
    assert '"100000000000000000052","","","false"' in users
    assert "999" not in (program.out / "enrollments.csv").read_text()
    assert "not in the directory" in planned.out
    assert "has no teacher" in planned.out
