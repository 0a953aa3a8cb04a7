"""What grows with a roster, and what must not grow with the nights.

`python -m benchmarks.growth [--rounds N] [--records N ...] [--nights N] [--night-records N]`

Sizes: the first load, and a night after it, of districts of 10,000, 100,000, 405,272 and 1.6
million records, each in a new store. A start costs the same for all, so what counts is what a
further record costs: CPU and bytes of the store from one size to the next, compared with those
from the first size on. Goals: at most 1.15 times, and the most memory at most 1.3 times that of the
first size.

Nights: a hundred full syncs of one store under a clock that goes on by a day each time; one record
of a hundred has changed each night, and what is past retention is let go as the engine does. What
the last quarter of the nights takes is compared with the second quarter, from which on old runs are
forgotten as new ones come. Goals: CPU at most 1.15 times, the store and its rows at most 1.05
times, no -wal file left behind.

Both take long. `--records` without a number leaves the sizes out, `--nights 0` the nights.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Final

from benchmarks.measuring import (
    Figure,
    Goal,
    Report,
    Runs,
    Series,
    at_most,
    compile_program,
    cost,
    parser,
)
from benchmarks.serving import DISTRICT, next_night, serving
from benchmarks.sync import ours

SIZES: Final = (10_000, 100_000, DISTRICT, 1_600_000)
NIGHTS: Final = 100
NIGHT_RECORDS: Final = 100_000
_STORE: Final = "integration-tui.db"
_LINEAR: Final = at_most(1.15)
_STEADY: Final = at_most(1.05)
_MEMORY: Final = at_most(1.3)
_MIB: Final = 1 << 20


@dataclass(slots=True)
class Size:
    """A district, and what its first load and a night cost, a value each round."""

    records: int
    load: Runs = field(init=False)
    night: Runs = field(init=False)
    stored: list[float] = field(default_factory=list[float])

    def __post_init__(self) -> None:
        self.load = Runs(f"{self.records:,} first")
        self.night = Runs(f"{self.records:,} night")

    def measure(self) -> None:
        with serving(self.records) as address, tempfile.TemporaryDirectory() as folder:
            self.load.add(ours().sync(Path(folder), address))
            self.stored.append(Path(folder, _STORE).stat().st_size)
            next_night(address)
            self.night.add(ours().sync(Path(folder), address))


def sizes(numbers: Sequence[int], rounds: int, report: Report) -> None:
    found = [Size(number) for number in sorted(numbers)]
    for _ in range(rounds):
        for size in found:
            size.measure()
    for size in found:
        what = f"{size.records:,} records: store"
        stored = [value / _MIB for value in size.stored]
        report.add(Figure(what=what, values=stored, unit="MiB"))
    first = found[0]
    for size in found[1:]:
        what = f"{size.records:,} records: most memory, to that of {first.records:,}"
        report.ratio(what, _peaks(size), _peaks(first), goal=_MEMORY)
    for before, last in pairwise(found[1:]):
        _compare_slopes(first, before, last, report)


def _peaks(size: Size) -> Series:
    pairs = zip(size.load.costs, size.night.costs, strict=True)
    values = [max(load.peak_mib, night.peak_mib) for load, night in pairs]
    return Series(f"{size.records:,}", "MiB", values)


def _compare_slopes(first: Size, before: Size, last: Size, report: Report) -> None:
    """Compare what a further record costs, up to the last size and up to the one before."""
    measures: tuple[tuple[str, str, Callable[[Size], list[float]]], ...] = (
        ("first load", "µs of CPU", lambda size: _cpu(size.load)),
        ("night", "µs of CPU", lambda size: _cpu(size.night)),
        ("store", "bytes", lambda size: size.stored),
    )
    for what, unit, pick in measures:
        later = Series(f"up to {last.records:,}", unit, _slopes(before, last, pick))
        sooner = Series(f"up to {before.records:,}", unit, _slopes(first, before, pick))
        title = f"a record more up to {last.records:,}, to one up to {before.records:,}"
        report.ratio(f"{what}: {title}", later, sooner, goal=_LINEAR)


def _cpu(runs: Runs) -> list[float]:
    return [one.cpu_s * 1e6 for one in runs.costs]


def _slopes(small: Size, large: Size, pick: Callable[[Size], list[float]]) -> list[float]:
    pairs = zip(pick(small), pick(large), strict=True)
    return [(top - base) / (large.records - small.records) for base, top in pairs]


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What is left after a night, and what it took."""

    cpu_s: float
    peak_mib: float
    store: int
    wal: int
    rows: Counter[str]


def nights(records: int, number: int, report: Report) -> None:
    """Sync one store night after night."""
    runs = Runs(f"{records:,} records")
    environ = {"INTEGRATION_RETENTION_DAYS": str(max(1, min(30, number // 4)))}
    done: list[Night] = []
    with serving(records) as address, tempfile.TemporaryDirectory() as folder:
        for day in range(number + 1):
            if day:
                next_night(address)
            command = [sys.executable, "-m", "benchmarks.growth_night", folder, address, str(day)]
            spent = cost(command, environ)
            runs.add(spent)
            done.append(_left(Path(folder, _STORE), spent.cpu_s, spent.peak_mib))
    _report_nights(done[1:], report)


def _left(store: Path, cpu_s: float, peak_mib: float) -> Night:
    wal = store.with_name(f"{store.name}-wal")
    left = wal.stat().st_size if wal.exists() else 0
    size, rows = store.stat().st_size, Counter(dict(_counts(store)))
    return Night(cpu_s=cpu_s, peak_mib=peak_mib, store=size, wal=left, rows=rows)


def _counts(store: Path) -> Iterator[tuple[str, int]]:
    """Yield how many rows each table has."""
    with closing(sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True)) as database:
        names = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        ).fetchall()
        for (name,) in names:
            (count,) = database.execute(f'SELECT count(*) FROM "{name}"').fetchone()  # noqa: S608 - its own names
            yield name, count


def _report_nights(done: list[Night], report: Report) -> None:
    quarter = max(1, len(done) // 4)
    early, late = done[quarter : 2 * quarter] or done, done[-quarter:]
    title = f"{len(done)} nights, last quarter to the second"
    measures: tuple[tuple[str, str, Goal, Callable[[Night], float]], ...] = (
        ("CPU", "s CPU", _LINEAR, lambda night: night.cpu_s),
        ("memory", "MiB", _LINEAR, lambda night: night.peak_mib),
        ("store", "MiB", _STEADY, lambda night: night.store / _MIB),
        ("rows", "rows", _STEADY, lambda night: night.rows.total()),
    )
    for what, unit, goal, pick in measures:
        last = Series("last quarter", unit, [mean(map(pick, late))])
        second = Series("second quarter", unit, [mean(map(pick, early))])
        report.ratio(f"{title}: {what}", last, second, goal=goal)
    wal = [float(max(night.wal for night in done))]
    what = f"{len(done)} nights: most left in -wal"
    report.add(Figure(what=what, values=wal, unit="bytes", goal=at_most(0)))
    grown = {name: (old, new) for name, old, new in _grown(early[-1], late[-1])}
    print(f"  tables with more rows at the end than after the second quarter: {grown}")


def _grown(early: Night, late: Night) -> Iterator[tuple[str, int, int]]:
    for name, count in sorted(late.rows.items()):
        if count > early.rows[name]:
            yield name, early.rows[name], count


def main() -> None:
    taken = parser(__doc__, rounds=1)
    taken.add_argument("--records", type=int, nargs="*", default=SIZES)
    taken.add_argument("--nights", type=int, default=NIGHTS)
    taken.add_argument("--night-records", type=int, default=NIGHT_RECORDS)
    options = taken.parse_args()
    compile_program()
    report = Report(options.figures)
    if options.records:
        sizes(options.records, options.rounds, report)
    if options.nights:
        nights(options.night_records, options.nights, report)


if __name__ == "__main__":
    main()
