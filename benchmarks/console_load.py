"""The console while a thousand integrations report every second.

`python -m benchmarks.console_load [--rounds N] [--integrations N] [--seconds S]
[--stored-minutes M]`

The real console runs headless on the real services and a store of its own. Reports are written as
the engine does it: four times a second, all that came in one transaction, and an event for each
integration once it is committed. A fiftieth of them have failed. How late the event loop is, is
sampled every 10 ms, and how much its thread worked in between; first with the writing alone, then
with each screen in front, while the cursor moves and, on the health screen, the time is gone
through. Goal: p99 below 20 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from textual.pilot import Pilot

from benchmarks.headless import console
from benchmarks.health_loop import ACTOR, fill, now
from benchmarks.measuring import Figure, Report, at_most, compile_program, parser
from integration_tui.domain.events import HealthChanged
from integration_tui.domain.health.status import HealthReport, HealthStatus
from integration_tui.domain.ids import IntegrationId
from integration_tui.settings import load_settings
from integration_tui.store.database import Database

SAMPLE_S = 0.01
PARTS = 4
WARM_UP_S = 3.0
KEYS = ("j", "j", "j", "k", "pagedown")
SCREENS = {"Integrations": ("1", KEYS), "Health": ("2", (*KEYS, "w", "W", "left", "0"))}


@dataclass
class Writer:
    """Writes as the engine's recorder does. `late` counts the parts that came too late."""

    database: Database
    number: int
    chance: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - a sample
    written: int = 0
    late: int = 0

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        due, part = loop.time(), 0
        while True:
            names = range(part, self.number, PARTS)
            await self.write([self.report(name, now()) for name in names])
            self.written += len(names)
            part, due = (part + 1) % PARTS, due + 1 / PARTS
            self.late += loop.time() > due
            await asyncio.sleep(max(due - loop.time(), 0))

    async def write(self, reports: list[HealthReport]) -> None:
        async with self.database.transaction() as transaction:
            await transaction.health.save(reports)
            for report in reports:
                transaction.emit(HealthChanged(report.integration_id))

    def report(self, place: int, at: datetime) -> HealthReport:
        failed = self.chance.random() < 0.02
        return HealthReport(
            integration_id=IntegrationId(f"school-{place:04}"),
            status=HealthStatus.DOWN if failed else HealthStatus.HEALTHY,
            checked_at=at,
            latency_ms=None if failed else self.chance.lognormvariate(4, 0.5),
            detail="503 from upstream" if failed else "",
        )


async def store_the_past(writer: Writer, minutes: float) -> None:
    """Have so many minutes of reports in the store already."""
    begin = now() - timedelta(minutes=minutes)
    for second in range(0, int(minutes * 60), 10):
        at = begin + timedelta(seconds=second)
        await writer.write(
            [
                writer.report(place, at + timedelta(seconds=step))
                for place in range(writer.number)
                for step in range(10)
            ]
        )


async def lags_of(seconds: float) -> tuple[list[float], list[float]]:
    """Return by how many milliseconds the loop came back too late, and how long it had worked.

    The second is the time of the processor that its thread took between two samples: it holds
    nothing of what other programs do on the same machine. Both in order.
    """
    late: list[float] = []
    worked: list[float] = []
    until = time.perf_counter() + seconds
    while (before := time.perf_counter()) < until:
        busy = time.thread_time()
        await asyncio.sleep(SAMPLE_S)
        late.append((time.perf_counter() - before - SAMPLE_S) * 1000)
        worked.append((time.thread_time() - busy) * 1000)
    return sorted(late), sorted(worked)


def percentile(values: Sequence[float], share: float) -> float:
    return values[int(share * (len(values) - 1))]


def spread(values: Sequence[float]) -> str:
    p50, p99 = percentile(values, 0.5), percentile(values, 0.99)
    return f"p50 {p50:4.1f} p99 {p99:5.1f} worst {values[-1]:5.1f} ms"


async def use(pilot: Pilot[None], keys: tuple[str, ...], seconds: float) -> None:
    """Press a key every half second, as a person does."""
    until = time.perf_counter() + seconds
    place = 0
    while time.perf_counter() < until:
        pilot.app.simulate_key(keys[place % len(keys)])
        place += 1
        await asyncio.sleep(0.5)


async def watch(name: str, seconds: float, pilot: Pilot[None] | None, writer: Writer) -> float:
    """Return the 99th percentile of how late the event loop was, in ms."""
    await asyncio.sleep(WARM_UP_S)
    cpu, wall, written = time.process_time(), time.perf_counter(), writer.written
    async with asyncio.TaskGroup() as group:
        measuring = group.create_task(lags_of(seconds))
        if pilot is not None:
            group.create_task(use(pilot, SCREENS[name][1], seconds))
    late, worked = measuring.result()
    took = time.perf_counter() - wall
    core = (time.process_time() - cpu) / took
    print(
        f"  {name:<12} lag {spread(late)}   worked {spread(worked)}   CPU {core:4.0%}"
        f"   {(writer.written - written) / took:5.0f} reports/s",
        flush=True,
    )
    return percentile(late, 0.99)


async def measure(options: argparse.Namespace, folder: str) -> dict[str, float]:
    """Return by screen how late the event loop was, and of how many parts the writing was."""
    found: dict[str, float] = {}
    environ = {"INTEGRATION_CONFIG_DIR": folder, "INTEGRATION_DATA_DIR": folder}
    settings = load_settings(environ=environ)
    await fill(settings, options.integrations, "http://127.0.0.1:9")
    showing = console(settings, actor=ACTOR, size=(160, 45), notifications=True)
    async with AsyncExitStack() as stack:
        pilot, services = await stack.enter_async_context(showing)
        database = Database(
            settings.store_url, publish=services.events.publish, clock=lambda: datetime.now(UTC)
        )
        await database.open()
        stack.push_async_callback(database.close)
        writer = Writer(database, options.integrations)
        await store_the_past(writer, options.stored_minutes)
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(writer.run())
            await pilot.press("7")
            await watch("another one", options.seconds, None, writer)  # the writing alone
            for name, (key, _) in SCREENS.items():
                await pilot.press(key)
                found[name] = await watch(name, options.seconds, pilot, writer)
            writing.cancel()
    print(f"  {writer.late} of the parts were written too late", flush=True)
    return found


def main() -> None:
    taken = parser(__doc__, rounds=1)
    taken.add_argument("--integrations", type=int, default=1000)
    taken.add_argument("--seconds", type=float, default=15.0)
    taken.add_argument("--stored-minutes", type=float, default=5.0)
    options = taken.parse_args()
    compile_program()
    report = Report(options.figures)
    rounds: list[dict[str, float]] = []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            rounds.append(asyncio.run(measure(options, folder)))
    for name in SCREENS:
        what = f"{name} while {options.integrations:,} report a second: loop late, p99"
        values = [found[name] for found in rounds]
        report.add(Figure(what=what, values=values, unit="ms", goal=at_most(20)))


if __name__ == "__main__":
    main()
