"""Runs start by their schedules, once each time, and those without a worker are taken up."""

import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from integration_tui.domain.config.version import DocumentFormat
from integration_tui.domain.cron import CronSchedule
from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.sync.run import Run, RunStatus, Trigger
from integration_tui.domain.value import replace
from integration_tui.engine.config_loader import ConfigLoader, Draft
from integration_tui.engine.lock import StoreLock
from integration_tui.engine.sync.recovery import RunRecovery
from integration_tui.engine.sync.run_lifecycle import SyncRequest, begin
from integration_tui.engine.sync.scheduler import Scheduler
from integration_tui.services.config import ConfigEdit, ConfigService
from integration_tui.services.config_write_back import ConfigFileWriter
from tests.engine.fake_clock import now
from tests.engine.fake_connectors import ANA, QUICK, World, host, until, world

NIGHTLY = "sync: {schedule: '0 2 * * *'}\n"
NIGHT = CronSchedule("0 2 * * *")
DAY = timedelta(days=1)


@dataclass
class Jobs:
    """Notes what it is to work on, and leaves it."""

    submitted: list[RunId] = field(default_factory=list[RunId])

    async def submit(self, run_id: RunId) -> None:
        self.submitted.append(run_id)

    async def wait(self, run_id: RunId) -> None:
        pass

    async def stop(self) -> None:
        pass


@dataclass
class Office:
    """A scheduler over a real store, and its clock."""

    here: World
    jobs: Jobs
    at: datetime
    scheduler: Scheduler = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget what is not stored."""
        machine = replace(host(), clock=lambda: self.at)
        self.scheduler = Scheduler(self.here.dependencies, self.jobs, host=machine, every_s=1)

    async def look(self, at: datetime) -> None:
        self.at = at
        await self.scheduler.start_due()

    async def runs(self) -> list[Run]:
        async with self.here.database.reading() as rows:
            return (await rows.runs.page())[::-1]

    async def put(self, run: Run, **changes: object) -> None:
        async with self.here.database.transaction() as transaction:
            changed = replace(run, **changes)  # type: ignore[arg-type]  # checked by the dataclass
            await transaction.runs.save(changed, at=self.at)

    async def by_hand(self, name: IntegrationId) -> Run:
        async with self.here.database.transaction() as transaction:
            request = SyncRequest(integration_id=name)
            return await begin(transaction, request, actor=ANA, at=self.at)

    async def edit(self, name: IntegrationId, text: str) -> None:
        dependencies = self.here.dependencies
        documents = ConfigLoader(dependencies.catalog, dependencies.settings.environment)
        sources = ConfigFileWriter(self.here.database)
        config = ConfigService(
            self.here.database, self.here.engine, documents, sources, clock=lambda: self.at
        )
        draft = Draft(text=text, format=DocumentFormat.YAML)
        edit = ConfigEdit(
            integration_id=name,
            draft=draft,
            expected=(await config.active(name)).number,
            reason="again",
            actor=ANA,
            untested=True,
        )
        await config.save(edit)


@asynccontextmanager
async def office(folder: Path) -> AsyncGenerator[Office]:
    async with world(folder) as here:
        yield Office(here, Jobs(), now())


def night(number: int = 0) -> datetime:
    """The first night to come, or a later one, a second after it is due."""
    return NIGHT.next(now()) + number * DAY + timedelta(seconds=1)


async def test_a_sync_starts_when_it_is_due(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        name = await here.here.add("sis", NIGHTLY)
        await here.look(now())
        assert await here.runs() == []

        await here.look(night())
        await here.look(night() + timedelta(hours=1))

        (run,) = await here.runs()
        assert here.jobs.submitted == [run.id]
        assert (run.integration_id, run.trigger, run.applies) == (name, Trigger.SCHEDULE, True)
        assert run.started_by == "engine"


async def test_missed_times_are_made_up_for_once(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.here.add("sis", NIGHTLY)

        await here.look(night(5))
        here.restart()
        await here.look(night(5) + timedelta(hours=2))

        assert len(await here.runs()) == 1


async def test_a_sync_by_hand_makes_up_for_it_too(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        name = await here.here.add("sis", NIGHTLY)
        here.at = night()
        await here.put(await here.by_hand(name), status=RunStatus.APPLIED)

        await here.look(night() + timedelta(hours=1))

        assert [run.trigger for run in await here.runs()] == [Trigger.HAND]


@pytest.mark.parametrize("status", ["running", "planned", "held", "paused"])
async def test_a_run_that_waits_or_works_is_left_alone(tmp_path: Path, status: str) -> None:
    async with office(tmp_path) as here:
        name = await here.here.add("sis", NIGHTLY)
        await here.put(await here.by_hand(name), status=RunStatus(status))
        before = await here.runs()

        await here.look(night())

        assert await here.runs() == before
        assert here.jobs.submitted == []


async def test_a_failed_run_goes_on_instead(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        name = await here.here.add("sis", NIGHTLY)
        here.at = night() - timedelta(hours=1)
        await here.put(await here.by_hand(name), status=RunStatus.FAILED, problem="refused")

        await here.look(night())
        await here.look(night() + timedelta(minutes=1))

        (run,) = await here.runs()
        assert (run.status, run.problem) == (RunStatus.RUNNING, "")
        assert here.jobs.submitted == [run.id]


async def test_a_failed_run_of_another_configuration_makes_room(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        name = await here.here.add("sis", NIGHTLY)
        await here.put(await here.by_hand(name), status=RunStatus.FAILED)
        await here.edit(name, f"name: sis\ntype: puppet\ntitle: other\n{NIGHTLY}")

        await here.look(night())

        old, new = await here.runs()
        assert (old.status, new.status) == (RunStatus.CANCELLED, RunStatus.RUNNING)
        assert here.jobs.submitted == [new.id]


async def test_half_of_another_days_roster_is_not_gone_on_with(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        name = await here.here.add("sis", NIGHTLY)
        here.at = night()
        await here.put(await here.by_hand(name), status=RunStatus.FAILED)

        await here.look(night(1))

        old, new = await here.runs()
        assert (old.status, old.problem) == (
            RunStatus.CANCELLED,
            "what it had read is of another day",
        )
        assert here.jobs.submitted == [new.id]


async def test_what_is_not_wanted_is_not_synced(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        stopped = await here.here.add("stopped", NIGHTLY)
        await here.here.add("off", f"enabled: false\n{NIGHTLY}")
        await here.here.add("other")
        await here.here.integrations.stop(stopped, actor=ANA)

        await here.look(night())

        assert await here.runs() == []


async def test_one_that_is_removed_does_not_keep_the_others_from_it(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        gone = await here.here.add("a-gone", NIGHTLY)
        stays = await here.here.add("b-stays", NIGHTLY)
        await here.look(now())
        await here.here.integrations.remove(gone, actor=ANA)

        await here.look(night())

        assert [run.integration_id for run in await here.runs()] == [stays]


async def test_a_new_schedule_is_not_late(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        name = await here.here.add("sis")
        here.at = night() + timedelta(hours=3)
        await here.edit(name, f"name: sis\ntype: puppet\n{NIGHTLY}")

        await here.look(here.at)
        assert await here.runs() == []

        await here.look(night(1))
        assert len(await here.runs()) == 1


async def test_a_schedule_that_stays_is_late_though_the_rest_was_edited(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        name = await here.here.add("sis", NIGHTLY)
        here.at = night() + timedelta(hours=3)
        await here.edit(name, f"name: sis\ntype: puppet\ntitle: other\n{NIGHTLY}")

        await here.look(here.at)

        assert len(await here.runs()) == 1


async def test_a_config_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        bad = await here.here.add("a-bad", NIGHTLY)
        stays = await here.here.add("b-stays", NIGHTLY)
        async with here.here.database.transaction() as transaction:
            version = await transaction.configs.active(bad)
            await transaction.configs.add(replace(version, number=2, text="schedule: ["))

        await here.look(night())

        assert [run.integration_id for run in await here.runs()] == [stays]


async def test_a_run_without_a_worker_is_taken_up(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        name = await here.here.add("sis")
        run = await here.by_hand(name)
        rescue = RunRecovery(
            here.here.dependencies, here.jobs, here.here.engine.worker, host=host(), every_s=9
        )

        await rescue.recover()
        assert here.jobs.submitted == []
        await rescue.recover()
        await rescue.recover()

        assert here.jobs.submitted == [run.id]


async def test_a_run_with_a_worker_and_one_that_is_not_wanted_stay(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        busy, stopped = await here.here.add("busy"), await here.here.add("stopped")
        await here.by_hand(busy)
        await here.by_hand(stopped)
        await here.here.integrations.stop(stopped, actor=ANA)
        lock = StoreLock(here.here.database.path, f"sync-{busy}")
        assert lock.acquire()
        rescue = RunRecovery(
            here.here.dependencies, here.jobs, here.here.engine.worker, host=host(), every_s=9
        )

        for _ in range(3):
            await rescue.recover()
        lock.release()

        assert here.jobs.submitted == []


async def test_the_engine_syncs_by_itself_and_takes_up_what_was_left(tmp_path: Path) -> None:
    ahead = [timedelta(0)]
    machine = replace(host(), clock=lambda: now() + ahead[0])
    pace = replace(QUICK, schedule_s=0.02, rescue_s=0.02)
    async with world(tmp_path, pace=pace, machine=machine) as here:
        due = await here.add("due", NIGHTLY, type_="mock")
        left = await here.add("left", type_="mock")
        async with here.database.transaction() as transaction:
            await begin(transaction, SyncRequest(integration_id=left), actor=ANA, at=now())
        await here.engine.start()
        ahead[0] = DAY

        async def rest() -> bool:
            async with here.database.reading() as rows:
                found = [await rows.runs.open_of(integration_id) for integration_id in (due, left)]
            return [found_one and found_one.status for found_one in found] == [
                RunStatus.PLANNED
            ] * 2

        await until(rest, within_s=30)


def test_without_a_schedule_nobody_reads_timetables(tmp_path: Path) -> None:
    code = f"""
import asyncio, sys
from pathlib import Path
from tests.engine.fake_connectors import world
async def main():
    async with world(Path({str(tmp_path)!r})) as here:
        await here.add("sis")
        await here.engine.start()
        await asyncio.sleep(0.1)
asyncio.run(main())
print("croniter" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.stdout == "False\n", done.stderr
