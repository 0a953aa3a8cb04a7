"""What syncs cost, as ratios to others on one server in one run; runs alternate, medians count.

`python -m benchmarks.sync [--part few | district | keys] [--case first | same | nightly | delta |
small] [--records N] [--rounds N] [--dlt PYTHON] [--beside TREE]`

few: 200 orgs and 10,000 users into a new store, from the process's start, beside dlt and a naive
script with httpx, pydantic and an ORM. Goal: dlt takes 1.5 times our CPU. dlt has an environment
of its own: `python -m venv peer`, then `peer/bin/pip install 'dlt[sqlalchemy]==1.31.0'` and
`--dlt peer/bin/python`.
district: CPU seconds for 405,272 records beside the raw limit (socket, msgspec, plain INSERT into
the same tables): the first load; again with nothing changed; the nightly case, a full listing in
which one record of a hundred changed, on all pages; and the same by a delta. No more rows may be
written than records changed. Also the most memory held, beside that at 10,000 users.
keys: how soon the console answers keys while it syncs the district.

`--case` measures cases of the district only, without the first load they start from, and with
`--records` in a smaller one: quick, and good to compare two trees, not to judge a goal.
`--beside TREE` runs each case with the program of another checkout, too, in turns.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.measuring import (
    Cost,
    Figure,
    Goal,
    Report,
    Runs,
    at_least,
    at_most,
    compile_program,
    cost,
    cpu,
    parser,
    peak,
    wall,
)
from benchmarks.serving import BASE, DISTRICT, FEW, next_night, serving

_TABLES: Final = (
    "organizations",
    "academic_sessions",
    "courses",
    "classes",
    "users",
    "enrollments",
)
_PEERS: Final = Path(__file__).with_name("peers")
_RAW_LIMIT: Final = (sys.executable, "-m", "benchmarks.peers.raw_limit")
_STORE: Final = "integration-tui.db"
_QUIET: Final = {"RUNTIME__DLTHUB_TELEMETRY": "false"}
_SMALL: Final = "small"
_MOST_MEMORY: Final = at_most(1.25)
_SMALL_MEMORY: Final = at_most(110)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A sync of the district; its goal is its CPU to the raw limit's."""

    title: str
    goal: Goal
    mode: str = "full"
    after_a_night: bool = False


_CASES: Final = {
    "first": Case(title="first load", goal=at_most(2.6)),
    "same": Case(title="nothing changed", goal=at_most(0.55)),
    "nightly": Case(title="nightly case", goal=at_most(1.3), after_a_night=True),
    "delta": Case(title="1 % by delta", goal=at_most(0.4), mode="incremental", after_a_night=True),
}


@dataclass(slots=True)
class Program:
    """Ours, or that of another checkout, and what it took."""

    name: str
    environ: dict[str, str]
    runs: dict[str, Runs] = field(default_factory=dict[str, Runs])
    strays: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    """By how many the rows written differ from the records changed, by case."""

    def sync(self, folder: Path, address: str, *, path: str = BASE, mode: str = "full") -> Cost:
        command = [sys.executable, "-m", "benchmarks.syncing", str(folder), address, path, mode]
        return cost(command, self.environ)

    def add(self, case: str, title: str, spent: Cost) -> None:
        runs = self.runs.setdefault(case, Runs(f"{title}{self.name and ', '}{self.name}"))
        runs.add(spent)


def ours() -> Program:
    return Program(name="", environ={})


def few(address: str, rounds: int, dlt: str | None, report: Report) -> None:
    mine, naive, peer = Runs("10,000 users"), Runs("naive script"), Runs("dlt")
    where, program = f"{address}{FEW}{BASE}", ours()
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            mine.add(program.sync(place / "ours", address, path=f"{FEW}{BASE}"))
            script = [sys.executable, "-m", "benchmarks.peers.naive_orm"]
            naive.add(cost([*script, where, str(place / "naive.db")]))
            if dlt:
                command = [dlt, str(_PEERS / "dlt_rest.py"), where, str(place / "dlt.db")]
                peer.add(cost(command, _QUIET))
    if dlt:
        goal = at_least(1.5)
        what = "10,000 users, dlt to this program by CPU"
        report.ratio(what, mine.series(cpu), peer.series(cpu), goal=goal, inverse=True)
        what = "10,000 users, dlt to this program by the clock"
        report.ratio(what, mine.series(wall), peer.series(wall), inverse=True)
    what = "10,000 users, naive script to this program by CPU"
    report.ratio(what, mine.series(cpu), naive.series(cpu), inverse=True)


@dataclass(slots=True)
class District:
    """Rounds of chosen cases, each beside the raw limit, with ours and maybe another program."""

    address: str
    cases: Sequence[str]
    programs: Sequence[Program]
    limit: Runs = field(default_factory=lambda: Runs("raw limit"))

    def whole(self, rounds: int) -> None:
        """Measure each case in stores that are new each round."""
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as folder:
                self._round(Path(folder))

    def later(self, rounds: int) -> None:
        """Measure all but the first load; stores are loaded once, and not measured meanwhile."""
        with tempfile.TemporaryDirectory() as folder:
            for number in range(rounds):
                if not number or self.cases[-1] == "delta":  # whose pages no full listing has seen
                    for program in self.programs:
                        program.sync(_place(folder, program), self.address)
                self._round(Path(folder))

    def _round(self, folder: Path) -> None:
        raw = folder / "raw.db"
        self.limit.add(cost([*_RAW_LIMIT, self.address, str(raw)]))
        raw.unlink()
        for case in self.cases:
            if case == _SMALL:
                self._small()
            else:
                self._measure(folder, case)

    def _measure(self, folder: Path, name: str) -> None:
        case = _CASES[name]
        changed = next_night(self.address) if case.after_a_night else 0
        for program in self.programs:
            place = _place(folder, program)
            before = versions(place / _STORE) if name != "first" else 0
            program.add(name, case.title, program.sync(place, self.address, mode=case.mode))
            if name != "first":
                written = versions(place / _STORE) - before
                program.strays.setdefault(name, []).append(abs(written - changed))

    def _small(self) -> None:
        for program in self.programs:
            with tempfile.TemporaryDirectory() as folder:
                spent = program.sync(Path(folder), self.address, path=f"{FEW}{BASE}")
                program.add(_SMALL, "10,000 users", spent)

    def report(self, report: Report) -> None:
        for program in self.programs:
            of = program.name and f" ({program.name})"
            self._report_one(program, of, report)
        mine, *others = self.programs
        for other in others:
            for name, runs in mine.runs.items():
                what = f"{runs.title}, this program to {other.name} by CPU"
                report.ratio(what, runs.series(cpu), other.runs[name].series(cpu))

    def _report_one(self, program: Program, of: str, report: Report) -> None:
        limit, small = self.limit.series(cpu), program.runs.get(_SMALL)
        for name, case in _CASES.items():
            if runs := program.runs.get(name):
                what = f"{case.title}, to the raw limit by CPU{of}"
                report.ratio(what, runs.series(cpu), limit, goal=case.goal)
            if strays := program.strays.get(name):
                what = f"{case.title}, rows written less records changed{of}"
                report.add(Figure(what=what, values=strays, unit="", goal=at_most(0)))
        if small:
            held = small.series(peak)
            what = f"memory at 10,000 users{of}"
            report.add(Figure(what=what, values=held.values, unit=held.unit, goal=_SMALL_MEMORY))
            if first := program.runs.get("first"):
                what = f"most memory, to that at 10,000 users{of}"
                report.ratio(what, first.series(peak), held, goal=_MOST_MEMORY)


def _place(folder: str | Path, program: Program) -> Path:
    return Path(folder) / (program.name.replace("/", "-") or "ours")


def versions(store: Path) -> int:
    """Return a number that grows by one with each row written: every write counts its row up."""
    with closing(sqlite3.connect(store)) as database:
        return sum(
            int(found)
            for table in _TABLES
            for (found,) in database.execute(
                f"SELECT total(sync_version + 1) FROM {table}"  # noqa: S608 - our own names
            )
        )


def keys(address: str, rounds: int, report: Report) -> None:
    busy: list[float] = []
    idle: list[float] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            done = cost([sys.executable, "-m", "benchmarks.sync_keys", folder, address])
            print(f"  {done.said.strip()}", flush=True)
            found: dict[str, float] = json.loads(done.said)
            busy.append(found["p99_ms"])
            idle.append(found["idle_p99_ms"])
    what = "a key is answered while syncing, p99"
    report.add(Figure(what=what, values=busy, unit="ms", goal=at_most(50)))
    report.add(Figure(what="a key is answered without a sync, p99", values=idle, unit="ms"))


def district(address: str, options: argparse.Namespace, report: Report) -> None:
    programs = [ours()]
    if options.beside:
        tree = options.beside.resolve()
        programs.append(Program(name=tree.name, environ={"PYTHONPATH": str(tree / "src")}))
        compile_program(programs[1].environ)
    chosen = options.case or [*_CASES, _SMALL]
    cases = [name for name in (_SMALL, *_CASES) if name in chosen]
    measured = District(address, cases, programs)
    if "first" in cases or cases == [_SMALL]:
        measured.whole(options.rounds)
    else:
        measured.later(options.rounds)
    measured.report(report)


def main() -> None:
    taken = parser(__doc__, rounds=3)
    taken.add_argument("--part", choices=("few", "district", "keys"))
    taken.add_argument("--case", choices=(*_CASES, _SMALL), action="append", help="of the district")
    taken.add_argument("--records", type=int, default=DISTRICT, help="in the district")
    taken.add_argument("--dlt", help="the Python of an environment with dlt[sqlalchemy]")
    taken.add_argument("--beside", type=Path, help="a checkout whose program is measured, too")
    options = taken.parse_args()
    part = options.part or ("district" if options.case else None)
    report = Report(options.figures)
    compile_program()
    with serving(options.records) as address:
        if part in {None, "few"}:
            few(address, options.rounds, options.dlt, report)
        if part in {None, "district"}:
            district(address, options, report)
        if part in {None, "keys"}:
            keys(address, options.rounds, report)


if __name__ == "__main__":
    main()
