"""A sync that is killed at any moment, over a bad line, ends as if nothing had happened."""

import asyncio
import itertools
import os
import random
import signal
import sqlite3
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from integration_tui.bootstrap import open_services
from integration_tui.domain.roster import Collection
from integration_tui.providers.mock.config import DistrictSize
from integration_tui.sandbox.faults import Fault, FaultRule
from integration_tui.sandbox.generated_source import DistrictSource
from integration_tui.sandbox.oneroster import OneRosterSandbox
from integration_tui.sandbox.server import serve
from integration_tui.settings import load_settings
from integration_tui.store.roster.fields import SHAPES
from tests.conftest import ANA
from tests.orphans import orphans
from tests.services.export_fixtures import SIS, Served
from tests.sync_crash_child import applied, come_on

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "3"))
SIZE = DistrictSize[os.environ.get("CRASH_SIZE", "small").upper()]
BEGINNING = datetime(2026, 8, 3, 6, tzinfo=UTC)
STAGES = 3
MORE = f"sync: {{page_size: {25 if SIZE is DistrictSize.SMALL else 500}, ahead: 2}}"
Rows = list[tuple[object, ...]]
ACCOUNTS = """
SELECT l.collection, l.records, l.quarantined, l.duplicates FROM sync_listings l
WHERE l.run_id = (SELECT max(id) FROM sync_runs WHERE status = 'applied') ORDER BY l.place
"""
"""How the rows that the last applied run was sent were counted."""
State = Mapping[str, Rows]


@dataclass
class Story:
    """The same district, changing in the same way each time, and a store that follows it."""

    here: Served
    folder: Path
    environ: dict[str, str]
    kills: int = 0
    rests: list[str] = field(default_factory=list[str])

    def come_to(self, stage: int) -> None:
        """Let what happens before a stage happen."""
        if stage == 0:
            return
        self.here.source.advance(60)
        snapshot, overlay = self.here.sandbox.overlay.snapshot(), self.here.sandbox.overlay
        for collection, step in ((Collection.USERS, 37), (Collection.ENROLLMENTS, 53)):
            for place in range(stage * 5, snapshot.size(collection), step):
                if found := snapshot.at(collection, place):
                    overlay.delete(collection, found.sourced_id)

    @property
    def store(self) -> Path:
        url = load_settings(environ=self.environ).store_url
        return Path(url.removeprefix("sqlite:///"))

    def state(self) -> State:
        """Everything that syncs have brought, but for the moments of it, and how it was counted.

        How many messages there were is left out: a run that failed on its way has one more.
        """
        names = [
            *(table.table for table in SHAPES.values()),
            "external_system_mappings",
            "roster_ids",
        ]
        with closing(sqlite3.connect(self.store)) as database:
            accounts = database.execute(ACCOUNTS).fetchall()
            found = {name: _rows(database, name) for name in names}
        found["roster_ids"] = [row for row in found["roster_ids"] if row[1] != "message"]
        return found | {"accounts": accounts}


def _rows(database: sqlite3.Connection, name: str) -> Rows:
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({name})")]
    moments = {"last_sync_at", "mapped_at", "missing_since"}
    kept = ", ".join(f"{column} IS NULL" if column in moments else column for column in columns)
    order = ", ".join(str(number) for number in range(1, len(columns) + 1))
    query = f"SELECT {kept} FROM {name} ORDER BY {order}"  # noqa: S608 - our own names
    return database.execute(query).fetchall()


@asynccontextmanager
async def story(folder: Path) -> AsyncGenerator[Story]:
    source = DistrictSource(SIZE, clock=lambda: BEGINNING)
    sandbox = OneRosterSandbox(source, monotonic=time.monotonic)
    environ = {
        "INTEGRATION_CONFIG_DIR": str(folder / "config"),
        "INTEGRATION_DATA_DIR": str(folder / "data"),
        "SIS_SECRET": "s3cret",
    }
    async with serve(sandbox.app) as address:
        here = Served(sandbox, source, address)
        here.write(folder / "config/integrations", MORE)
        yield Story(here, folder, environ)


class Maker:
    """Makes processes that work on a story, one after the other."""

    def __init__(self, process: Process) -> None:
        assert process.stdin
        assert process.stdout
        self._ask, self._told = process.stdin, process.stdout

    async def work(self, at: Story, stage: int, within_s: float | None = None) -> bool:
        """Work until so many runs are applied, and say so; after `within_s` it is killed."""
        self._ask.write(f"{stage + 1}\n".encode())
        words, number = (await self._line()).split()
        assert words == "process"
        assert await self._line() == "at work"
        rest = asyncio.create_task(self._rest())
        await asyncio.wait((rest,), timeout=within_s)
        if not rest.done():
            os.kill(int(number), signal.SIGKILL)
        *said, ended = await rest
        at.rests += said
        at.kills += ended == f"ended {signal.SIGKILL.value}"
        assert ended in {"ended 0", f"ended {signal.SIGKILL.value}"}, ended
        return "done" in said

    async def _rest(self) -> list[str]:
        lines = [await self._line()]
        while not lines[-1].startswith("ended"):
            lines.append(await self._line())
        return lines

    async def _line(self) -> str:
        return (await self._told.readline()).decode().strip()


@asynccontextmanager
async def maker(at: Story) -> AsyncGenerator[Maker]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.sync_crash_child",
        env=os.environ | at.environ,
        stdin=PIPE,
        stdout=PIPE,
    )
    try:
        yield Maker(process)
    finally:
        process.kill()
        await process.wait()


async def uninterrupted(folder: Path) -> tuple[list[State], float]:
    """Return what is in the store after each stage, and how long the longest one took."""
    states: list[State] = []
    longest = 0.0
    async with story(folder) as at, maker(at) as work:
        for stage in range(STAGES):
            at.come_to(stage)
            begun = time.perf_counter()
            assert await work.work(at, stage)
            longest = max(longest, time.perf_counter() - begun)
            states.append(at.state())
    return states, longest


def trouble(chance: random.Random) -> list[FaultRule]:
    """What goes wrong with the next answers."""
    kinds = (
        FaultRule(fault=Fault.STATUS, status=503),
        FaultRule(fault=Fault.DROP),
        FaultRule(fault=Fault.SLOW, delay_s=0.05, times=10),
        FaultRule(fault=Fault.STATUS, status=429, retry_after="0"),
    )
    return [_after(chance.choice(kinds), chance.randrange(60)) for _ in range(3)]


def _after(rule: FaultRule, after: int) -> FaultRule:
    return FaultRule(
        fault=rule.fault,
        after=after,
        times=rule.times,
        status=rule.status,
        retry_after=rule.retry_after,
        delay_s=rule.delay_s,
    )


async def judge(at: Story) -> None:
    async with open_services(load_settings(environ=at.environ), actor=ANA) as services:
        verdict = await services.audit.verify()
        assert verdict.intact, verdict.reason
    with closing(sqlite3.connect(at.store)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert orphans(database) == []


async def killed(at: Story, stage: int, chance: random.Random, span_s: float) -> None:
    """Come to a stage over many deaths."""
    at.come_to(stage)
    async with maker(at) as work:
        is_done = False
        while not is_done:
            at.here.sandbox.faults.play(*trouble(chance))
            is_done = await work.work(at, stage, chance.uniform(0, span_s))


@pytest.mark.timeout(120 + 20 * ROUNDS)
async def test_a_sync_that_is_killed_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    chance = random.Random(20_260_803)  # noqa: S311 - which moments, not a secret
    expected, longest_s = await uninterrupted(tmp_path / "whole")
    kills = number = 0

    while kills < ROUNDS:
        number += 1
        async with story(tmp_path / f"killed-{number}") as at:
            for stage in range(STAGES):
                await killed(at, stage, chance, longest_s * 0.7)
                found = at.state()
                for name, rows in expected[stage].items():
                    assert found[name] == rows, (number, stage, name, at.rests)
            await judge(at)
            kills += at.kills


async def stopped(at: Story, stage: int, chance: random.Random) -> int:
    """Come to a stage in a program that is closed again and again; return how often it was."""
    at.come_to(stage)
    for times in itertools.count():
        at.here.sandbox.faults.play(*trouble(chance))
        async with open_services(load_settings(environ=at.environ), actor=ANA) as services:
            try:
                async with asyncio.timeout(chance.uniform(0, 0.4)):
                    while await applied(services) <= stage:
                        run = await come_on(services, await services.sync.open_run(SIS))
                        await services.sync.wait(run.id)
                    return times
            except TimeoutError:
                pass
    return 0


@pytest.mark.timeout(120 + 20 * ROUNDS)
async def test_a_sync_that_is_stopped_ends_as_if_it_had_not_been(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIS_SECRET", "s3cret")
    chance = random.Random(20_260_804)  # noqa: S311 - which moments, not a secret
    expected, _ = await uninterrupted(tmp_path / "whole")
    stops = number = 0

    while stops < ROUNDS:
        number += 1
        async with story(tmp_path / f"stopped-{number}") as at:
            for stage in range(STAGES):
                stops += await stopped(at, stage, chance)
                found = at.state()
                for name, rows in expected[stage].items():
                    assert found[name] == rows, (number, stage, name)
            await judge(at)
