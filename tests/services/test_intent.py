"""Nothing leaves unrecorded: what reaches outside is written down before it begins."""

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from integration_tui.bootstrap import open_services
from integration_tui.domain.actor import Actor, ActorRole, Interface
from integration_tui.domain.audit.log import Action, ActionOutcome, AuditFilter, AuditRecord
from integration_tui.domain.errors import NotAllowedError, StoreError
from integration_tui.domain.ids import RunId
from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_export import ExportRequest
from integration_tui.services import Services
from integration_tui.settings import Settings
from tests.cli.commands.test_roster import until
from tests.conftest import ANA
from tests.services.export_fixtures import SECRET, SIS, Served, served

VIEWER = Actor(name="vic", door=Interface.CLI, role=ActorRole.VIEWER)


@asynccontextmanager
async def reading(settings: Settings) -> AsyncGenerator[tuple[Served, Services]]:
    async with served() as server:
        server.write(settings.integrations_dir)
        async with open_services(settings, actor=ANA) as services:
            yield server, services


@asynccontextmanager
async def locked(settings: Settings) -> AsyncGenerator[None]:
    """The store while another process writes to it and does not end."""
    with closing(sqlite3.connect(settings.store_url.removeprefix("sqlite:///"))) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.rollback()


async def acts(services: Services) -> list[AuditRecord]:
    """Return what was recorded since the integration was registered, oldest first."""
    entries = await services.audit.page(AuditFilter(), limit=100)
    return [entry.act for entry in reversed(entries)][1:]


async def test_a_pull_is_recorded_before_and_behind(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIS_SECRET", SECRET)
    async with reading(settings) as (_, services):
        request = ExportRequest(integration_id=SIS, folder=tmp_path / "out")
        await services.rosters.pull(request, actor=ANA)

        begun, done = await acts(services)

    assert (begun.action, done.action) == (Action.BEGIN_PULL, Action.PULL_ROSTER)
    assert begun.after["folder"] == done.after["folder"] == str(tmp_path / "out")
    assert "users" in begun.after["collections"]
    assert begun.actor == ANA


@pytest.mark.parametrize("act", ["pull", "bundle", "findings", "audit", "records"])
async def test_nothing_leaves_while_it_cannot_be_recorded(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    monkeypatch.setenv("SIS_SECRET", SECRET)
    monkeypatch.setattr("integration_tui.store.connections.BUSY_TIMEOUT_MS", 10)
    monkeypatch.setattr("integration_tui.store.connections._PRAGMAS", ("busy_timeout = 10",))
    out = tmp_path / "out"
    async with reading(settings) as (server, services):
        bundle = await services.support.gather(actor=ANA)
        calls: dict[str, Callable[[], Awaitable[object]]] = {
            "pull": lambda: services.rosters.pull(
                ExportRequest(integration_id=SIS, folder=out), actor=ANA
            ),
            "bundle": lambda: services.support.write(bundle, out, actor=ANA),
            "findings": lambda: services.plans.write_report(RunId(1), out, actor=ANA),
            "audit": lambda: services.audit.export_to(out, AuditFilter(), actor=ANA),
            "records": lambda: services.records.begin_export("users", actor=ANA),
        }
        async with locked(settings):
            with pytest.raises(StoreError, match="another process is writing"):
                await calls[act]()

        assert server.asked("users") == 0
        assert await acts(services) == []
    assert not out.exists()


async def test_a_pull_that_is_killed_is_in_the_log(
    settings: Settings, environ: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = ("roster", "pull", SIS, "--out", str(out), "--format", "jsonl")
    async with served() as server:
        server.write(settings.integrations_dir, "sync: {page_size: 1}")
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "integration_tui", *words),
            env={**os.environ, **environ, "SIS_SECRET": SECRET},
            stderr=asyncio.subprocess.DEVNULL,
        )
        await until(lambda: server.asked("orgs") > 1)
        child.send_signal(signal.SIGKILL)
        await child.wait()

    async with open_services(settings, actor=ANA) as services:
        (begun,) = [act for act in await acts(services) if "pull" in act.action]
    assert begun.action is Action.BEGIN_PULL
    assert begun.after["folder"] == str(out)


async def test_a_bundle_that_cannot_be_put_in_its_place_is_recorded_as_failed(
    settings: Settings, tmp_path: Path
) -> None:
    async with open_services(settings, actor=ANA) as services:
        bundle = await services.support.gather(actor=ANA)
        out = tmp_path / "out.zip"
        async with locked(settings):  # its entry waits, so what is written beside stays
            writing = asyncio.create_task(services.support.write(bundle, out, actor=ANA))
            await until(lambda: bool(list(tmp_path.glob(".out.zip.*"))))
            out.write_text("mine")

        with pytest.raises(Exception, match="already exists"):
            await writing

        entries = await services.audit.page(AuditFilter(action=Action.EXPORT_SUPPORT))
        assert [entry.act.outcome for entry in entries][:1] == [ActionOutcome.FAILED]
    assert out.read_text() == "mine"


async def test_records_that_leave_as_data_are_recorded_and_a_viewer_has_none(
    services: Services,
) -> None:
    await services.records.begin_export(Collection.USERS, actor=ANA, detail="as JSON")

    with pytest.raises(NotAllowedError):
        await services.records.begin_export(Collection.USERS, actor=VIEWER)

    (entry,) = await services.audit.page(AuditFilter(action=Action.EXPORT_ROSTER))
    assert (entry.act.object, entry.act.detail) == ("users", "as JSON")
    assert json.dumps(dict(entry.act.after)) == "{}"
