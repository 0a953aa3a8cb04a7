"""Work on runs: a few at a time, one an integration, and none that hangs when its work breaks."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from integration_tui.domain.errors import ConflictError, ConsoleError
from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.sync.run import Mode, Run, RunStatus, Trigger
from integration_tui.engine.jobs import LocalJobs
from integration_tui.engine.sync.run_context import RunLookup
from integration_tui.engine.sync.run_lifecycle import SyncRequest, begin
from tests.engine.fake_clock import now
from tests.engine.fake_connectors import ANA, until, world

Work = Callable[[RunId], Awaitable[None]]


def run_of(run_id: RunId) -> Run:
    return Run(
        id=run_id,
        integration_id=IntegrationId("sis"),
        mode=Mode.FULL,
        trigger=Trigger.HAND,
        started_by="ana",
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


@dataclass
class Floor:
    """Where work is done: who is at it, who was, and what broke. Even runs are of one owner."""

    work: Work
    parallel: int = 2
    busy: set[int] = field(default_factory=set[int])
    most: int = 0
    done: list[int] = field(default_factory=list[int])
    broken: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    jobs: LocalJobs = field(init=False)

    def __post_init__(self) -> None:
        self.jobs = LocalJobs(self._work, self, parallel=self.parallel)

    async def integration_of(self, run_id: RunId) -> IntegrationId:
        return IntegrationId("even" if run_id % 2 == 0 else f"odd-{run_id}")

    async def mark_failed(self, run_id: RunId, error: Exception) -> None:
        self.broken.append((run_id, str(error)))

    async def _work(self, run_id: RunId) -> Run:
        self.busy.add(run_id)
        self.most = max(self.most, len(self.busy))
        try:
            await self.work(run_id)
        finally:
            self.busy.discard(run_id)
        self.done.append(run_id)
        return run_of(run_id)

    async def submit(self, *numbers: int) -> None:
        for number in numbers:
            await self.jobs.submit(RunId(number))

    async def wait(self, *numbers: int) -> None:
        for number in numbers:
            await self.jobs.wait(RunId(number))


@dataclass
class Gate:
    """Work that lasts until it is let go."""

    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, _run_id: RunId) -> None:
        await self.opened.wait()


async def test_only_a_few_are_worked_on_at_once() -> None:
    gate = Gate()
    floor = Floor(gate, parallel=2)

    await floor.submit(1, 3, 5, 7)
    await until(lambda: len(floor.busy) == 2)
    gate.opened.set()
    await floor.wait(1, 3, 5, 7)

    assert (floor.most, sorted(floor.done)) == (2, [1, 3, 5, 7])


async def test_runs_of_one_integration_are_worked_on_one_after_the_other() -> None:
    gate = Gate()
    floor = Floor(gate, parallel=3)

    await floor.submit(2, 4, 1)
    await until(lambda: floor.busy == {2, 1})
    gate.opened.set()
    await floor.wait(2, 4, 1)

    assert floor.done.index(2) < floor.done.index(4)


async def test_a_run_that_is_asked_for_again_while_it_rests_is_worked_on_again() -> None:
    gate = Gate()
    floor = Floor(gate)
    await floor.submit(1)
    await until(lambda: floor.busy == {1})

    await floor.submit(1)
    gate.opened.set()
    await floor.wait(1)

    assert floor.done == [1, 1]


async def test_a_fault_is_contained_and_noted() -> None:
    async def work(_run_id: RunId) -> None:
        raise ZeroDivisionError("a bug")

    floor = Floor(work)
    await floor.submit(1)
    await floor.wait(1)

    assert floor.broken == [(1, "a bug")]


async def test_a_refusal_reaches_who_waits_and_is_no_fault() -> None:
    async def work(_run_id: RunId) -> None:
        raise ConflictError("another process works on it")

    floor = Floor(work)
    await floor.submit(1)
    with pytest.raises(ConflictError):
        await floor.wait(1)

    assert floor.broken == []


async def test_who_waits_is_not_cancelled_when_all_work_ends() -> None:
    floor = Floor(Gate(), parallel=1)
    await floor.submit(1, 3)
    waiting = asyncio.create_task(floor.wait(1, 3))
    await until(lambda: floor.busy == {1})

    await floor.jobs.stop()
    await waiting

    assert (floor.busy, floor.done, floor.broken) == (set(), [], [])


async def test_who_stops_waiting_does_not_stop_the_work() -> None:
    gate = Gate()
    floor = Floor(gate)
    await floor.submit(1)
    waiting = asyncio.create_task(floor.wait(1))
    await until(lambda: floor.busy == {1})

    waiting.cancel()
    await asyncio.wait((waiting,))
    gate.opened.set()
    await floor.wait(1)

    assert floor.done == [1]


async def test_a_run_that_broke_is_failed_and_in_the_audit_log(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        name = await here.add("sis")
        keeper = RunLookup(here.database, clock=now)
        async with here.database.transaction() as transaction:
            request = SyncRequest(integration_id=name)
            run = await begin(transaction, request, actor=ANA, at=now())

        await keeper.mark_failed(run.id, ValueError("secret words"))

        async with here.database.reading() as rows:
            found = await rows.runs.get(run.id)
        assert (found.status, found.problem) == (
            RunStatus.FAILED,
            "internal error (ValueError)",
        )
        assert (await here.acts())[-1][0] == "sync.plan"


async def test_a_run_that_is_gone_may_break(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        await RunLookup(here.database, clock=now).mark_failed(RunId(7), ValueError())

        assert await here.acts() == []


async def test_a_run_whose_integration_is_removed_meanwhile_ends(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        for moment in (0, 0.05, 0.2):
            name = await here.add("sis", type_="mock")
            async with here.database.transaction() as transaction:
                request = SyncRequest(integration_id=name)
                run = await begin(transaction, request, actor=ANA, at=now())
            await here.engine.jobs.submit(run.id)
            with suppress(TimeoutError):
                async with asyncio.timeout(moment):
                    await here.engine.jobs.wait(run.id)

            await here.integrations.remove(name, actor=ANA)
            with suppress(ConsoleError):  # it is told that there is no such run
                await here.engine.jobs.wait(run.id)

            async with here.database.reading() as rows:
                assert await rows.runs.unfinished() == []
