"""What keeps the engine going: supervisor, lock, follower, recorder, retention, watchdog."""

import asyncio
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from integration_tui.domain.errors import StoreError
from integration_tui.domain.events import Event, LoopFailed, StoreChanged
from integration_tui.domain.health.status import HealthFinding, HealthReport, HealthStatus
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus
from integration_tui.domain.value import replace
from integration_tui.engine.health.writer import HealthWriter
from integration_tui.engine.lock import StoreLock
from integration_tui.engine.supervisor import Supervisor
from tests.engine.fake_clock import now
from tests.engine.fake_connectors import ANA, QUICK, host, until, world

STATUS = IntegrationStatus
HOLD = """
import sys
from pathlib import Path
from integration_tui.engine.lock import StoreLock
lock = StoreLock(Path(sys.argv[1]))
print(lock.acquire(), flush=True)
sys.stdin.read()
"""


async def test_a_loop_that_fails_is_started_again_and_says_so() -> None:
    told: list[Event] = []
    begun = 0

    async def loop() -> None:
        nonlocal begun
        begun += 1
        raise ValueError("a bug")

    supervisor = Supervisor(told.append, host=host(), pace=QUICK)
    await supervisor.start({"wheel": loop})
    await until(lambda: begun >= 3)
    await supervisor.stop()

    assert set(told) == {LoopFailed("wheel")}


async def test_a_loop_that_fails_does_not_touch_the_others() -> None:
    turns = 0

    async def bad() -> None:
        raise ValueError("a bug")

    async def good() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.005)

    supervisor = Supervisor(lambda _: None, host=host(), pace=QUICK)
    await supervisor.start({"bad": bad, "good": good})
    await until(lambda: turns >= 10)
    await supervisor.stop()

    stopped_at = turns
    await asyncio.sleep(0.02)
    assert turns == stopped_at


async def test_a_loop_that_keeps_failing_is_started_later_each_time() -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0)

    async def loop() -> None:
        raise ValueError("a bug")

    pace = replace(QUICK, restart_base_s=1, restart_max_s=8)
    supervisor = Supervisor(lambda _: None, host=replace(host(), sleep=sleep), pace=pace)
    await supervisor.start({"wheel": loop})
    await until(lambda: len(waits) >= 6)
    await supervisor.stop()

    assert waits[:5] == [0.75, 1.5, 3, 6, 6]


def test_one_engine_a_store(tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    mine, other = StoreLock(store), StoreLock(store)

    assert mine.acquire()
    assert not other.acquire()
    assert other.holder().startswith("process ")
    assert mine.holder() == ""

    mine.release()
    assert other.holder() == ""
    assert other.acquire()
    other.release()


def test_the_lock_of_a_process_that_was_killed_is_free(tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(store)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "True\n"
        mine = StoreLock(store)
        assert f"process {other.pid} on " in mine.holder()
        assert not mine.acquire()
        other.kill()
        other.wait()

        assert mine.holder() == ""
        assert mine.acquire()
        mine.release()


async def test_a_second_engine_does_not_run_but_hears_of_changes(tmp_path: Path) -> None:
    async with world(tmp_path) as first, world(tmp_path) as second:
        lincoln = await first.add("lincoln")

        assert await first.engine.start()
        assert not await second.engine.start()

        assert "process " in second.engine.holder
        with second.events.subscribe(StoreChanged) as changes:
            async with asyncio.timeout(30):
                assert await changes.batch() == [StoreChanged()]
        await until(lambda: first.puppets["lincoln"].checks >= 3)
        assert second.puppets["lincoln"].checks == 0
        assert second.engine.state(lincoln) is None


async def test_who_only_follows_takes_over_when_it_is_started_again(tmp_path: Path) -> None:
    async with world(tmp_path) as first, world(tmp_path) as second:
        await first.add("lincoln")
        await first.engine.start()
        assert not await second.engine.start()
        assert not await second.engine.start()
        await first.engine.stop()

        assert await second.engine.start()

        await until(lambda: second.puppets["lincoln"].checks >= 3)
        assert [task.get_name() for task in asyncio.all_tasks()].count("follower") == 1


async def test_starts_and_stops_that_overlap_leave_nothing_behind(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        await here.add("lincoln")
        async with asyncio.TaskGroup() as group:
            for turn in (here.engine.start, here.engine.stop) * 3:
                group.create_task(turn())

        await here.engine.stop()

        assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_running_engine_follows_what_another_process_wants(tmp_path: Path) -> None:
    async with world(tmp_path) as here, world(tmp_path) as other:
        lincoln = await here.add("lincoln")
        await here.engine.start()

        async def stands(status: IntegrationStatus) -> None:
            async def does() -> bool:
                return (await here.row(lincoln)).status is status

            await until(does)

        await stands(STATUS.ACTIVE)
        await other.integrations.stop(lincoln, actor=ANA)
        await stands(STATUS.INACTIVE)
        await other.integrations.start(lincoln, actor=ANA)
        await stands(STATUS.ACTIVE)
        roosevelt = await other.add("roosevelt")
        await until(lambda: here.engine.state(roosevelt) is not None)
        await other.integrations.remove(lincoln, actor=ANA)
        await until(lambda: here.engine.state(lincoln) is None)


async def test_a_check_beside_a_running_engine_leaves_the_status_to_it(tmp_path: Path) -> None:
    async with world(tmp_path) as here, world(tmp_path) as other:
        lincoln = await here.add("lincoln")
        await here.engine.start()
        await here.integrations.stop(lincoln, actor=ANA)
        await here.integrations.start(lincoln, actor=ANA)
        await until(lambda: here.puppets["lincoln"].checks >= 2)
        before = await here.transitions(lincoln)

        async def broken() -> HealthFinding:
            raise KeyError

        other.puppets["lincoln"].check = broken
        report = await other.engine.check(lincoln)

        assert report.failed
        assert report in await here.reports(lincoln)
        assert all(
            transition.after is not STATUS.ERROR for transition in await here.transitions(lincoln)
        )
        assert (await here.transitions(lincoln))[: len(before)] == before


async def test_reports_wait_while_the_store_cannot_be_written(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln")
        recorder = HealthWriter(here.database, every_s=0.01, sleep=asyncio.sleep)
        report = HealthReport(
            integration_id=lincoln, status=HealthStatus.HEALTHY, checked_at=now(), latency_ms=1
        )
        await here.database.close()
        recorder.add(report)

        with pytest.raises(StoreError):
            await recorder.flush()
        await here.database.open()
        await recorder.flush()

        assert await here.reports(lincoln) == [report]


async def test_what_several_wait_for_is_written_once(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        ids = [await here.add(f"school-{number}") for number in range(5)]
        recorder = HealthWriter(here.database, every_s=0.01, sleep=asyncio.sleep)
        for integration_id in ids:
            recorder.add(
                HealthReport(
                    integration_id=integration_id, status=HealthStatus.HEALTHY, checked_at=now()
                )
            )

        async with asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(recorder.flush())

        assert [len(await here.reports(record_id)) for record_id in ids] == [1] * 5


async def test_who_stops_waiting_does_not_stop_the_write(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln")
        recorder = HealthWriter(here.database, every_s=0.01, sleep=asyncio.sleep)
        recorder.add(
            HealthReport(integration_id=lincoln, status=HealthStatus.HEALTHY, checked_at=now())
        )
        waiting = asyncio.create_task(recorder.flush())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting.cancel()

        with pytest.raises(asyncio.CancelledError):
            await waiting

        assert len(await here.reports(lincoln)) == 1


async def test_a_report_of_one_that_was_removed_spoils_nothing(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln")
        recorder = HealthWriter(here.database, every_s=0.01, sleep=asyncio.sleep)
        for integration_id in (IntegrationId("gone"), lincoln):
            recorder.add(
                HealthReport(
                    integration_id=integration_id, status=HealthStatus.HEALTHY, checked_at=now()
                )
            )

        await recorder.flush()

        assert len(await here.reports(lincoln)) == 1


async def test_old_results_are_forgotten(tmp_path: Path) -> None:
    async with world(tmp_path, settings={"retention_days": "1"}) as here:
        lincoln = await here.add("lincoln", "enabled: false\n")
        old = HealthReport(
            integration_id=lincoln,
            status=HealthStatus.HEALTHY,
            checked_at=now() - timedelta(days=3),
            latency_ms=1,
        )
        fresh = replace(old, checked_at=now())
        async with here.database.transaction() as transaction:
            await transaction.health.save([old, fresh])

        await here.engine.start()

        async def is_gone() -> bool:
            return await here.reports(lincoln) == [fresh]

        await until(is_gone)


async def test_a_connector_that_blocks_the_program_is_found_out(tmp_path: Path) -> None:
    async def block() -> HealthFinding:
        time.sleep(2.2)  # noqa: ASYNC251 - this is what a careless connector does
        return HealthFinding()

    async with world(tmp_path) as here:
        lincoln = await here.add("lincoln", "health: {timeout_ms: 10000}\n")
        await here.engine.start()
        await until(lambda: here.puppets["lincoln"].checks >= 2)
        here.puppets["lincoln"].check = block

        report = await here.engine.check(lincoln)

        assert report.status is HealthStatus.DEGRADED
        assert "blocked the program for over" in report.detail
