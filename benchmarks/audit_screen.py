"""What the audit screen asks for, in a log of a thousand entries and in one of ten million.

The rows are made by SQL, without a valid chain. Times are of calls of the service in a process of
its own; the first call of each counts too. Goals: the first rows at most 1.2 times as late in the
large log, nothing that the screen asks for takes longer than 100 ms.
`python -m benchmarks.audit_screen [--rounds N] [--entries N] [--folder FOLDER]`; a folder keeps the
logs for the next run.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measuring import Figure, Report, Series, at_most, compile_program, parser
from integration_tui.domain.audit.log import AuditFilter
from integration_tui.domain.audit.query import parse_filter
from integration_tui.services.audit import AuditService
from integration_tui.store.database import Database
from integration_tui.store.migrations import runner
from integration_tui.store.sqlite_file import prepare

SMALL, BIG = 1_000, 10_000_000
FIRST_GOAL = at_most(1.2)
LOOK_GOAL = at_most(100)
PAGE = 100
PIECE = 500_000
NOW = datetime(2026, 11, 26, tzinfo=UTC)

ROWS = """
WITH RECURSIVE n(seq) AS (SELECT ?1 UNION ALL SELECT seq + 1 FROM n WHERE seq < ?2),
v AS (
    SELECT seq,
        strftime('%Y-%m-%d %H:%M:%S', 1735689600 + seq * 4, 'unixepoch') || '.000000' AS at,
        CASE seq % 7 WHEN 0 THEN 'config.save' WHEN 1 THEN 'sync.apply'
            WHEN 2 THEN 'integration.start' WHEN 3 THEN 'integration.went_down'
            WHEN 4 THEN 'integration.came_back' WHEN 5 THEN 'sync.plan' ELSE 'roster.edit'
        END AS action,
        CASE WHEN seq IN (7, 107, 207, 307, 407) THEN 'rosa' WHEN seq % 100 < 90 THEN 'engine'
            WHEN seq % 100 < 98 THEN 'ana' ELSE 'person-' || (seq / 100 % 40) END AS actor,
        'school-' || (seq * 7919 % 1000) AS object,
        CASE WHEN seq % 100 < 95 THEN 'done' WHEN seq % 100 < 99 THEN 'failed' ELSE 'refused'
        END AS outcome
    FROM n
)
INSERT INTO integration_audit_logs
    (tenant_id, seq, at, action, actor, object, outcome, body, hash)
SELECT 'local', seq, at, action, actor, object, outcome, CAST(
    '{"action":"' || action || '","actor":"' || actor
    || '","after":{"health.interval_ms":"60000"},"at":"' || replace(at, ' ', 'T')
    || 'Z","before":{"health.interval_ms":"' || (seq % 5000) || '"},"detail":"version ' || seq
    || ': checks every minute, ticket t' || seq || ' word' || (seq * 31 % 5000)
    || '","door":"cli","host":"desk-7","object":"' || object || '","outcome":"' || outcome
    || '","role":"admin","seq":' || seq || '}' AS BLOB), printf('%064x', seq)
FROM v
"""
WORDS = """
INSERT INTO audit_words (rowid, words)
SELECT (1 << 40) + seq, action || ' ' || actor || ' desk-7 ' || object || ' ' || outcome || ' '
    || json_extract(CAST(body AS TEXT), '$.detail') || ' health.interval_ms 60000 '
    || 'health.interval_ms ' || (seq % 5000) || ' █' || (seq >> 16)
FROM integration_audit_logs WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq
"""
FILTERS = (
    "actor=engine",
    "actor=rosa",
    "actor=nobody",
    "action=sync.plan",
    "integration=school-7",
    "outcome=refused",
    "!outcome=done",
    "!actor=engine",
    "!action=sync.plan",
    "!integration=school-7",
    "since=2025-02-01 until=2025-02-02",
    "until=2025-01-02 outcome=failed",
    "actor=rosa outcome=done",
    "actor=rosa integration=school-0",
    "actor=engine outcome=done",
    "actor=engine outcome=refused",
    "actor=ana action=sync.plan",
    "actor=ana integration=school-7 !outcome=done",
    "minute",
    "t4711",
    "nowhere",
    "rosa",
    '"checks every minute"',
    '"minute checks"',
    "engine refused",
    "minute !minute",
    "!minute",
    "minute actor=rosa",
    "minute outcome=refused",
    "word7 !outcome=done",
    'minute AND "NEAR(* -x',
)


def make(path: Path, entries: int) -> None:
    """Make a store of so many entries; the indexes are made at the end, which is quicker."""
    prepare(path, read_only=False)
    runner.upgrade(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as store:
        store.executescript(
            "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; PRAGMA cache_size = -400000"
        )
        indexes = store.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
            " AND tbl_name = 'integration_audit_logs'"
        ).fetchall()
        for name, _ in indexes:
            store.execute(f"DROP INDEX {name}")
        for first in range(1, entries + 1, PIECE):
            store.execute(ROWS, (first, min(first + PIECE - 1, entries)))
            store.execute(WORDS, (first, min(first + PIECE - 1, entries)))
        for _, sql in indexes:
            store.execute(sql)
        store.execute("INSERT INTO audit_indexed VALUES ('local', 1, 1, ?)", (entries,))
        store.execute("PRAGMA journal_mode = WAL")


async def timed(call: Callable[[], Awaitable[object]], rounds: int) -> list[float]:
    """Return how many milliseconds each call took."""
    spent: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        await call()
        spent.append((time.perf_counter() - began) * 1000)
    return spent


async def first_rows(path: Path, rounds: int) -> list[float]:
    """Open the store anew and read what the screen shows first."""

    async def call() -> None:
        database = opened(path)
        await database.open()
        await AuditService(database, clock=lambda: NOW).back(AuditFilter(), limit=PAGE)
        await database.close()

    return await timed(call, rounds)


def opened(path: Path) -> Database:
    return Database(f"sqlite:///{path}", publish=lambda _: None, clock=lambda: NOW)


async def through(service: AuditService, words: str) -> tuple[int, float, float]:
    """Look on until a page is full or all is seen; return looks, the longest, and all, in ms."""
    wanted, before, looks, found = parse_filter(words), None, list[float](), 0
    while not looks or (before is not None and found < PAGE):
        began = time.perf_counter()
        stretch = await service.back(wanted, before=before, limit=PAGE - found)
        looks.append((time.perf_counter() - began) * 1000)
        found, before = found + len(stretch.entries), stretch.reached
    return len(looks), max(looks), sum(looks)


def make_both(folder: Path, entries: int) -> tuple[Path, Path]:
    small, big = folder / f"{SMALL}.db", folder / f"{entries}.db"
    for path, number in ((small, SMALL), (big, entries)):
        if not path.exists():
            began = time.perf_counter()
            make(path, number)
            print(f"  {number:,} entries made in {time.perf_counter() - began:.0f} s", flush=True)
    return small, big


async def measure(entries: int, folder: Path, rounds: int, report: Report) -> None:
    small, big = make_both(folder, entries)
    few = Series(f"{SMALL:,} entries", "ms", await first_rows(small, rounds))
    many = Series(f"{entries:,} entries", "ms", await first_rows(big, rounds))
    what = f"audit: first rows of {entries:,} entries, to {SMALL:,}"
    report.ratio(what, many, few, goal=FIRST_GOAL)
    database = opened(big)
    await database.open()
    service = AuditService(database, clock=lambda: NOW)
    end = await timed(lambda: service.onward(AuditFilter(), after=0, limit=PAGE), rounds)
    report.add(Figure(what="audit: from the first entry on", values=end, unit="ms"))
    worst = [await search(service, words) for words in FILTERS]
    what = f"audit: longest look of {len(FILTERS)} searches"
    report.add(Figure(what=what, values=[max(worst)], unit="ms", goal=LOOK_GOAL))
    await database.close()


async def search(service: AuditService, words: str) -> float:
    """Return the longest that the screen waits for one look, in ms."""
    wanted = parse_filter(words)
    last = await timed(lambda: service.onward(wanted, after=0, limit=PAGE), 1)
    looks, longest, whole = await through(service, words)
    print(
        f"  {words:45} {longest:6.1f} ms the longest of {looks:3} looks, {whole:7.1f} ms to a "
        f"page or the end; {last[0]:6.1f} ms from the first entry on",
        flush=True,
    )
    return max(longest, last[0])


def main() -> None:
    taken = parser(__doc__, rounds=10)
    taken.add_argument("--entries", type=int, default=BIG)
    taken.add_argument("--folder", type=Path)
    options = taken.parse_args()
    compile_program()
    report = Report(options.figures)
    with tempfile.TemporaryDirectory() as place:
        folder = options.folder or Path(place)
        asyncio.run(measure(options.entries, folder, options.rounds, report))


if __name__ == "__main__":
    main()
