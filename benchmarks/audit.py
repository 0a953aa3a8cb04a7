"""The audit log: entries appended a second, and verification against `sha256sum`.

Both sides of the second figure see the same canonical bytes in the same run, in turns; the
ratio is of entries a second. Goals: 15,000 entries a second appended in batches of 1,000 with
`synchronous = FULL`, 0.33 times `sha256sum`.

`python -m benchmarks.audit [--rounds N] [--entries N]`
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measuring import Figure, Report, Series, at_least, compile_program, parser
from integration_tui.domain.actor import Actor, Interface
from integration_tui.domain.audit.log import Action, AuditRecord
from integration_tui.store.database import Database

ENTRIES = 1_000_000
BATCH = 1000
APPEND_GOAL = at_least(15_000)
VERIFY_GOAL = at_least(0.33)
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def acts(first: int) -> list[AuditRecord]:
    ana = Actor(name="ana", door=Interface.CLI, host="desk-7.district.example")
    return [
        AuditRecord(
            action=list(Action)[number % len(Action)],
            actor=ana,
            object=f"integration-{number % 1000:04}",
            detail=f"version {number}: health checks every minute, as the vendor asked",
            before={"health.interval_ms": "300000", "health.timeout_ms": "30000"},
            after={"health.interval_ms": "60000", "health.timeout_ms": "10000"},
        )
        for number in range(first, first + BATCH)
    ]


async def append(database: Database, entries: int) -> tuple[float, float]:
    """Return entries a second, and a second of CPU; making the acts is not counted."""
    spent_s = cpu_s = 0.0
    for first in range(0, entries, BATCH):
        batch = acts(first)
        began, cpu_began = time.perf_counter(), time.process_time()
        async with database.transaction() as transaction:
            await transaction.audit.add(batch, at=NOW)
        spent_s += time.perf_counter() - began
        cpu_s += time.process_time() - cpu_began
    return entries / spent_s, entries / cpu_s


async def verify(database: Database, entries: int) -> float:
    began = time.perf_counter()
    verdict = await database.verify_audit()
    assert verdict.intact, verdict.reason
    assert verdict.checked == entries
    return entries / (time.perf_counter() - began)


def dump(store: Path, target: Path) -> None:
    """Write the canonical bytes of all entries into one file."""
    connection = sqlite3.connect(store)
    with target.open("wb") as file:
        for (body,) in connection.execute("SELECT body FROM integration_audit_logs ORDER BY seq"):
            file.write(body)
    connection.close()


def sha256sum(path: Path, entries: int) -> float:
    began = time.perf_counter()
    subprocess.run(
        [shutil.which("sha256sum") or "sha256sum", path], check=True, capture_output=True
    )
    return entries / (time.perf_counter() - began)


async def measure(entries: int, rounds: int, report: Report) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store, bodies = Path(folder) / "store.db", Path(folder) / "bodies"
        database = Database(f"sqlite:///{store}", publish=lambda _: None, clock=lambda: NOW)
        await database.open()
        appended, on_cpu = await append(database, entries)
        dump(store, bodies)
        pairs = [
            (await verify(database, entries), sha256sum(bodies, entries)) for _ in range(rounds)
        ]
        await database.close()
    unit = "entries/s"
    report.add(Figure(what="audit: appended", values=[appended], unit=unit, goal=APPEND_GOAL))
    report.add(Figure(what="audit: appended in a second of CPU", values=[on_cpu], unit=unit))
    ours = Series("verified", unit, [pair[0] for pair in pairs])
    other = Series("sha256sum", unit, [pair[1] for pair in pairs])
    report.ratio("audit: verified, to sha256sum", ours, other, goal=VERIFY_GOAL)


def main() -> None:
    taken = parser(__doc__, rounds=3)
    taken.add_argument("--entries", type=int, default=ENTRIES)
    options = taken.parse_args()
    compile_program()
    asyncio.run(measure(options.entries, options.rounds, Report(options.figures)))


if __name__ == "__main__":
    main()
