"""Whole pulls of a real server, over real sockets, into real files and a real store."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from integration_tui.bootstrap import open_services
from integration_tui.domain.actor import Actor, ActorRole, Interface
from integration_tui.domain.audit.log import Action, AuditFilter
from integration_tui.domain.audit.log import ActionOutcome as Ending
from integration_tui.domain.errors import NotAllowedError, NotFoundError, ProviderError, UsageError
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.roster import Collection, User
from integration_tui.domain.roster_export import ExportRequest, ExportResult, FileFormat
from integration_tui.sandbox.faults import Fault, FaultRule
from integration_tui.sandbox.oneroster import CORE
from integration_tui.services import Services
from integration_tui.services.roster_files import RosterFiles
from integration_tui.settings import Settings
from tests.conftest import ANA
from tests.services.export_fixtures import SECRET, SIS, Served, now, served

USERS = Collection.USERS
VIEWER = Actor(name="vic", door=Interface.CLI, role=ActorRole.VIEWER)


@pytest.fixture
async def school(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[tuple[Served, Services]]:
    """A small school, and the services of an administrator who reads it."""
    monkeypatch.setenv("SIS_SECRET", SECRET)
    async with served() as server, reading(server, settings) as services:
        yield server, services


@asynccontextmanager
async def reading(server: Served, settings: Settings, more: str = "") -> AsyncGenerator[Services]:
    server.write(settings.integrations_dir, more)
    async with open_services(settings, actor=ANA) as services:
        yield services


def request(folder: Path, **more: object) -> ExportRequest:
    asked: dict[str, object] = {"integration_id": SIS, "folder": folder} | more
    return ExportRequest(**asked)  # type: ignore[arg-type]  # fields of it


async def pull(services: Services, folder: Path, **more: object) -> ExportResult:
    return await services.rosters.pull(request(folder, **more), actor=ANA)


def ids(folder: Path, name: str) -> list[str]:
    text = (folder / name).read_text()
    return [json.loads(line)["sourcedId"] for line in text.splitlines()]


def narrow(server: Served) -> None:
    """Let the client see the first school only."""
    server.sandbox.access.schools["integration-tui"] = "no-such-school"
    server.sandbox.issuer.revoke()


async def test_a_whole_roster_comes_as_json_lines(
    school: tuple[Served, Services], tmp_path: Path
) -> None:
    server, services = school

    outcome = await pull(services, tmp_path / "out", format=FileFormat.JSONL)

    assert outcome.complete
    for collection in outcome.collections:
        found = ids(tmp_path / "out", f"{collection.collection}.jsonl")
        assert sorted(found) == sorted(server.ids(collection.collection)), collection.collection
        assert collection.records == len(found)


async def test_a_whole_roster_comes_as_csv_that_is_sound(
    school: tuple[Served, Services], tmp_path: Path
) -> None:
    server, services = school

    outcome = await pull(services, tmp_path / "out", is_zipped=True)
    report = await RosterFiles().check(tmp_path / "out/roster.zip")

    assert outcome.complete
    assert report.is_valid
    assert {file.file: file.records for file in report.files}["users.csv"] == len(server.ids(USERS))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["pull.json", "roster.zip"]


async def test_a_fault_that_passes_costs_nobody(
    school: tuple[Served, Services], tmp_path: Path
) -> None:
    server, services = school
    server.sandbox.faults.play(FaultRule(fault=Fault.DROP, path="*/users"))

    outcome = await pull(services, tmp_path / "out", format=FileFormat.JSONL)

    assert server.sandbox.faults.struck() == [1]
    assert outcome.complete
    assert set(ids(tmp_path / "out", "users.jsonl")) == server.ids(USERS)


async def test_an_outage_in_the_middle_keeps_what_came_and_says_so(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SIS_SECRET", SECRET)
    async with served() as server:
        server.sandbox.faults.play(
            FaultRule(fault=Fault.STATUS, status=503, path="*/users", offset=100, times=None)
        )
        async with reading(server, settings, "sync: {page_size: 50, ahead: 0}") as services:
            outcome = await pull(services, tmp_path / "out", format=FileFormat.JSONL)
            census = {
                volume.collection: volume.complete for volume in await services.rosters.volumes(SIS)
            }

    assert (census[Collection.CLASSES], census[USERS]) == (True, False)
    assert Collection.ENROLLMENTS not in census, "nobody looked"
    by_name = {collection.collection: collection for collection in outcome.collections}
    assert by_name[Collection.CLASSES].complete
    assert by_name[USERS].records == 100
    assert "503" in by_name[USERS].trouble
    assert by_name[USERS].advice == "pull again when the system is reachable"
    assert by_name[Collection.ENROLLMENTS].trouble.startswith("not attempted:")
    assert len(ids(tmp_path / "out", "users.jsonl")) == 100
    assert "503" in (tmp_path / "out/INCOMPLETE.txt").read_text()


async def test_a_forbidden_collection_does_not_stop_the_others(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SIS_SECRET", SECRET)
    async with served() as server:
        server.sandbox.issuer.most = (CORE,)
        async with reading(server, settings, "sync: {demographics: true}") as services:
            outcome = await pull(services, tmp_path / "out")
            steps = await services.integrations.test(SIS)

    failed = [collection for collection in outcome.collections if collection.trouble]
    assert [exported.collection for exported in failed] == [Collection.DEMOGRAPHICS]
    assert failed[0].advice
    assert [step.name for step in steps if step.status == "failed"] == ["demographics"]


async def test_a_narrower_credential_is_told_and_nobody_is_taken_as_missing(
    school: tuple[Served, Services], tmp_path: Path
) -> None:
    server, services = school
    whole = await pull(services, tmp_path / "whole")
    before = {collection.collection: collection.records for collection in whole.collections}

    narrow(server)
    narrowed = await pull(services, tmp_path / "narrow")
    again = await pull(services, tmp_path / "narrow")
    server.sandbox.access.schools.clear()
    wide = await pull(services, tmp_path / "wide")

    users = next(
        collection for collection in narrowed.collections if collection.collection is USERS
    )
    assert users.complete
    assert f"instead of {before[USERS]:,}" in users.trouble
    assert "a smaller school scope have the same effect" in users.trouble
    assert not narrowed.complete
    assert "fewer records than before" in (tmp_path / "narrow/INCOMPLETE.txt").read_text()
    assert not (tmp_path / "narrow/manifest.csv").exists()
    assert not again.complete, "what is seen once is not accepted by that"
    assert wide.complete


async def test_a_smaller_roster_is_right_when_a_person_says_so(
    school: tuple[Served, Services], tmp_path: Path
) -> None:
    server, services = school
    await pull(services, tmp_path / "out")
    narrow(server)

    accepted = await pull(services, tmp_path / "out", accepts_less=True)
    after = await pull(services, tmp_path / "out")

    assert accepted.complete
    assert after.complete


async def test_the_census_is_what_was_seen_last(
    school: tuple[Served, Services], tmp_path: Path
) -> None:
    server, services = school
    await pull(services, tmp_path / "out")
    narrow(server)
    await pull(services, tmp_path / "out")

    census = {volume.collection: volume for volume in await services.rosters.volumes(SIS)}

    assert list(census) == [
        collection for collection in Collection if collection is not Collection.DEMOGRAPHICS
    ]
    assert census[USERS].records < len(server.ids(USERS))
    assert census[USERS].complete
    assert census[USERS].as_of is not None
    assert census[USERS].scopes == (CORE,)
    with pytest.raises(NotFoundError):
        await services.rosters.volumes(IntegrationId("nobody"))


async def test_since_the_last_pull_only_what_changed_comes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SIS_SECRET", SECRET)
    began = now()
    moment = [began]
    async with (
        served(clock=lambda: moment[0]) as server,
        reading(server, settings, "sync: {overlap_s: 0}") as services,
    ):
        await pull(services, tmp_path / "whole")
        moment[0] = began + timedelta(hours=1)
        changed = server.sandbox.overlay.find(USERS, min(server.ids(USERS)))
        assert isinstance(changed, User)
        server.sandbox.overlay.put(USERS, msgspec.structs.replace(changed, given_name="Zoë"))

        outcome = await pull(services, tmp_path / "out", format=FileFormat.JSONL, since="last")
        census = await services.rosters.volumes(SIS)
        again = await pull(services, tmp_path / "out", format=FileFormat.JSONL, since="last")

    assert outcome.complete
    assert outcome.since is not None
    assert abs(outcome.since - began) < timedelta(seconds=2), "the server's clock of the pull"
    assert ids(tmp_path / "out", "users.jsonl") == [changed.sourced_id]
    assert (tmp_path / "out/DELTA.txt").exists()
    assert {volume_snapshot.since for volume_snapshot in census} == {outcome.since}
    assert again.since == outcome.since, "a delta follows the last whole pull"


async def test_since_last_needs_a_last_pull(
    school: tuple[Served, Services], tmp_path: Path
) -> None:
    _, services = school

    with pytest.raises(UsageError, match="no complete pull of sis yet"):
        await pull(services, tmp_path / "out", since="last")

    assert not (tmp_path / "out").exists()


async def test_a_moment_to_come_is_bad_usage(
    school: tuple[Served, Services], tmp_path: Path
) -> None:
    _, services = school

    with pytest.raises(UsageError, match="in the future"):
        await pull(services, tmp_path / "out", since=now() + timedelta(days=1))


async def test_demographics_are_read_only_where_the_config_says_so(
    school: tuple[Served, Services], tmp_path: Path
) -> None:
    _, services = school

    with pytest.raises(UsageError, match="does not read demographics") as raised:
        await pull(services, tmp_path / "out", collections=(Collection.DEMOGRAPHICS,))

    assert "sync.demographics" in raised.value.advice


async def test_every_pull_is_in_the_audit_log_without_a_persons_name(
    school: tuple[Served, Services], tmp_path: Path
) -> None:
    server, services = school
    await pull(services, tmp_path / "out")
    server.sandbox.faults.now = Fault.LOGIN_PAGE
    with pytest.raises(ProviderError):
        await pull(services, tmp_path / "out")

    failed, done = await services.audit.page(AuditFilter(action=Action.PULL_ROSTER))

    assert (done.act.actor.name, done.act.object, done.act.outcome) == (
        "ana",
        SIS,
        Ending.DONE,
    )
    assert done.act.after["users"] == str(len(server.ids(USERS)))
    assert done.act.after["folder"] == str(tmp_path / "out")
    assert "complete" in done.act.detail
    assert failed.act.outcome is Ending.FAILED
    assert SECRET not in f"{done} {failed}"


async def test_whoever_may_only_look_pulls_nothing(
    school: tuple[Served, Services], tmp_path: Path
) -> None:
    server, services = school

    with pytest.raises(NotAllowedError):
        await services.rosters.pull(request(tmp_path / "out"), actor=VIEWER)

    assert server.asked("users") == 0
    assert not (tmp_path / "out").exists()


async def test_a_path_where_nothing_is_is_bad_usage(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="is not there"):
        await RosterFiles().check(tmp_path / "nothing")
