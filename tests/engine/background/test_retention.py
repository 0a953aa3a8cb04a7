"""What old runs did is forgotten after a time, and nothing that is still needed."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.message import MessageKind, NewMessage
from integration_tui.domain.sync.run import Run, RunStatus
from integration_tui.domain.value import replace
from integration_tui.engine.background.retention import Retention
from integration_tui.services.sync.runs import SyncRequest, SyncService
from integration_tui.store.roster.fields import SHAPES
from tests.engine.fake_clock import now
from tests.engine.fake_connectors import ANA, World, host, world

DAYS = 30
TABLES = (*(table.changes for table in SHAPES.values()), "sync_pages", "sync_findings")


@dataclass
class Archive:
    """A store that syncs, and what is kept in it of each run."""

    here: World
    sync: SyncService
    name: IntegrationId

    async def applied(self) -> Run:
        run = await self.planned()
        await self.sync.apply(run.id, plan_hash=run.plan_hash, actor=ANA)
        return (await self.sync.wait(run.id)).run

    async def planned(self) -> Run:
        run = await self.sync.start(SyncRequest(integration_id=self.name), actor=ANA)
        return (await self.sync.wait(run.id)).run

    def rows(self, run: Run) -> int:
        """Return how many rows there are of what a run did."""
        with closing(sqlite3.connect(self.here.database.path)) as database:
            counts = [
                database.execute(f"SELECT count(*) FROM {name} WHERE run_id = {run.id}").fetchone()  # noqa: S608 - our own names
                for name in TABLES
            ]
        return sum(count for (count,) in counts)

    async def forget(self, at: datetime, *, rows: int = 100) -> int:
        async def at_once(_seconds: float) -> None:
            pass

        machine = replace(host(), clock=lambda: at, sleep=at_once)
        retention = Retention(self.here.database, host=machine, every_s=3600, keep_days=DAYS)
        return await retention.forget_runs(rows=rows)


@asynccontextmanager
async def archive(folder: Path) -> AsyncGenerator[Archive]:
    async with world(folder) as here:
        name = await here.add("sis", type_="mock")
        yield Archive(
            here,
            SyncService(here.database, here.engine, here.dependencies.documents, clock=now),
            name,
        )


async def test_old_runs_lose_their_rows_and_keep_their_counts(tmp_path: Path) -> None:
    async with archive(tmp_path) as here:
        old, newest = await here.applied(), await here.applied()
        before = await here.sync.report(old.id)
        held = here.rows(old)
        assert held > 1000

        gone = await here.forget(now() + timedelta(days=DAYS + 1))

        assert gone == held
        assert here.rows(old) == 0
        assert here.rows(newest) > 0
        assert await here.sync.report(old.id) == before


async def test_what_may_still_be_taken_back_is_kept(tmp_path: Path) -> None:
    async with archive(tmp_path) as here:
        await here.applied()
        await here.applied()

        assert await here.forget(now() + timedelta(days=DAYS - 1)) == 0


async def test_runs_that_may_go_on_keep_their_rows(tmp_path: Path) -> None:
    async with archive(tmp_path) as here:
        await here.applied()
        run = await here.planned()
        held = here.rows(run)
        async with here.here.database.transaction() as transaction:
            paused = replace(run, status=RunStatus.PAUSED)
            await transaction.runs.save(paused, at=now() - timedelta(days=2 * DAYS))

        assert await here.forget(now() + timedelta(days=DAYS + 1)) == 0
        assert here.rows(run) == held


async def test_the_next_sync_is_as_if_nothing_had_been_forgotten(tmp_path: Path) -> None:
    async with archive(tmp_path) as here:
        await here.applied()
        second = await here.applied()
        await here.forget(now() + timedelta(days=DAYS + 1))

        third = await here.applied()

        reports = [await here.sync.report(run.id) for run in (second, third)]
        same = [[listing.same for listing in report.listings] for report in reports]
        assert same[0] == same[1]
        assert reports[1].changes == 0


async def test_messages_are_kept_as_long_as_results_are(tmp_path: Path) -> None:
    today = now()
    async with archive(tmp_path) as made:
        for days in (DAYS + 2, DAYS - 2):
            old = NewMessage(
                kind=MessageKind.DOWN,
                integration_id=made.name,
                at=today - timedelta(days=days),
                sentence="Connection refused.",
            )
            async with made.here.database.transaction() as transaction:
                await transaction.messages.add(old)

        machine = replace(host(), clock=lambda: today)
        retention = Retention(made.here.database, host=machine, every_s=3600, keep_days=DAYS)
        await retention.forget_messages()

        async with made.here.database.reading() as rows:
            (kept,) = await rows.messages.page()
        assert kept.at == today - timedelta(days=DAYS - 2)
