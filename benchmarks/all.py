"""Runs every benchmark, and writes one table of what they found.

`python -m benchmarks.all [--only PART ...] [--dlt PYTHON] [--peer PYTHON] [--write FILE] [--tiny]`
takes less than ten minutes on a quiet machine with two cores. Each part is a process of its own;
one that fails or takes too long stands in the table as failed, and the exit code is 1. A goal that
is missed is no failure. `--write` puts the table between the markers of a Markdown file, such as
docs/performance.md. `--tiny` is to see that everything works: its figures say nothing.
"""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.measuring import Figure, compile_program, format_value, load_figures

BEGIN: Final = "<!-- figures: begin -->"
END: Final = "<!-- figures: end -->"
PATIENCE_S: Final = 600
_HEAD: Final = """\
| What | This program | Compared with | Ratio | Spread | Goal | Met |
|---|---|---|---|---|---|---|"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A module with the options that make it short enough, and those that make it tiny."""

    name: str
    module: str
    options: str
    tiny: str


PARTS: Final = (
    Part(name="start", module="start", options="--rounds 7", tiny="--rounds 1"),
    Part(name="console-start", module="console_start", options="--rounds 5", tiny="--rounds 1"),
    Part(
        name="console-keys",
        module="console_keys",
        options="--rounds 2 --presses 15",
        tiny="--rounds 1 --presses 2",
    ),
    Part(
        name="small-sync",
        module="sync",
        options="--part few --rounds 3",
        tiny="--part few --rounds 1",
    ),
    Part(
        name="district",
        module="sync",
        options="--part district --rounds 3",
        tiny="--part district --rounds 1 --records 3000",
    ),
    Part(
        name="sync-keys",
        module="sync",
        options="--part keys --rounds 2 --records 100000",
        tiny="--part keys --rounds 1 --records 3000",
    ),
    Part(
        name="reading",
        module="roster_read",
        options="--rounds 3 --records 200000",
        tiny="--rounds 1 --records 3000",
    ),
    Part(
        name="canvas",
        module="systems",
        options="--district mid_district --system canvas",
        tiny="--district small_school --system canvas",
    ),
    Part(  # of a larger district, nearly all is waiting for the quota: two minutes a sync
        name="classroom",
        module="systems",
        options="--district small_school --system google_classroom",
        tiny="--district small_school --system google_classroom --once",
    ),
    Part(
        name="audit",
        module="audit",
        options="--rounds 3 --entries 200000",
        tiny="--rounds 1 --entries 2000",
    ),
    Part(
        name="audit-screen",
        module="audit_screen",
        options="--rounds 9 --entries 300000",
        tiny="--rounds 1 --entries 3000",
    ),
    Part(
        name="health",
        module="health_loop",
        options="--seconds 12",
        tiny="--seconds 11 --integrations 10",
    ),
    Part(
        name="console-load",
        module="console_load",
        options="--seconds 6 --stored-minutes 1",
        tiny="--seconds 1 --stored-minutes 0.1 --integrations 10",
    ),
    Part(
        name="mock",
        module="mock_district",
        options="--rounds 3 --district mid_district",
        tiny="--rounds 1 --district small_school",
    ),
    Part(
        name="growth",
        module="growth",
        options="--records 10000 40000 100000 --nights 8 --night-records 10000",
        tiny="--records 1000 2000 3000 --nights 4 --night-records 1000",
    ),
)


@dataclass(slots=True)
class Outcome:
    """What a part found, how long it took, and why it failed, if it did."""

    part: Part
    took_s: float
    figures: list[Figure] = field(default_factory=list[Figure])
    failure: str = ""


def run(part: Part, options: argparse.Namespace) -> Outcome:
    """Run a part; what it found before it failed counts."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "figures"
        words = (part.tiny if options.tiny else part.options).split()
        command = [sys.executable, "-m", f"benchmarks.{part.module}", *words]
        command += ["--figures", str(target), *_peers(part, options)]
        print(f"== {part.name}: {' '.join(command[2:])}", flush=True)
        began = time.monotonic()
        failure = _failure(command)
        took_s = time.monotonic() - began
        print(f"== {part.name} took {took_s:.0f} s{failure and ', '}{failure}", flush=True)
        return Outcome(part, took_s, load_figures(target), failure)


def _peers(part: Part, options: argparse.Namespace) -> list[str]:
    if part.name == "small-sync" and options.dlt:
        return ["--dlt", options.dlt]
    if part.name == "reading" and options.peer:
        return ["--peer", options.peer]
    return []


def _failure(command: Sequence[str]) -> str:
    """Run a command; return why it failed. What it started ends with it."""
    process = subprocess.Popen(command, start_new_session=True)
    try:
        code = process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()
        return f"not done after {PATIENCE_S} s"
    return f"exit code {code}" if code else ""


def machine() -> str:
    """Return what the figures depend on, without the machine's name."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    load = os.getloadavg()[0]
    return (
        f"{_processor()}, {cores} cores, {platform.system()} {platform.machine()}; Python"
        f" {platform.python_version()}, SQLite {sqlite3.sqlite_version};"
        f" {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load before the start {load:.1f}."
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    return platform.processor() or platform.machine()


def table(outcomes: Sequence[Outcome], where: str) -> str:
    """Return all that was found as Markdown."""
    took_s = sum(outcome.took_s for outcome in outcomes)
    rows = [row for outcome in outcomes for row in _rows(outcome)]
    return "\n".join([where, f"All parts took {took_s / 60:.1f} minutes.", "", _HEAD, *rows])


def _rows(outcome: Outcome) -> list[str]:
    rows = [_row(figure) for figure in outcome.figures]
    if outcome.failure:
        rows.append(f"| {outcome.part.name} | | | | | | **failed: {outcome.failure}** |")
    return rows


def _row(figure: Figure) -> str:
    value = format_value(figure.value, figure.unit)
    ours, ratio = (figure.ours, value) if figure.ours else (value, "")
    goal = "" if figure.goal is None else figure.goal_text()
    met = {None: "", True: "yes", False: "**no**"}[figure.is_met]
    cells = (figure.what, ours, figure.other, ratio, figure.spread(), goal, met)
    return f"| {' | '.join(cells)} |"


def write(target: Path, text: str) -> None:
    """Put a text between the markers of a file."""
    old = target.read_text(encoding="utf-8")
    head, begin, rest = old.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{target} has no {BEGIN} with {END} behind it")
    target.write_text(f"{head}{BEGIN}\n{text}\n{END}{tail}", encoding="utf-8")


def main() -> int:
    names = [part.name for part in PARTS]
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--dlt", help="the Python of an environment with dlt[sqlalchemy]")
    parser.add_argument("--peer", help="the Python of an environment with timeback 0.3.0")
    parser.add_argument("--write", type=Path, help="a Markdown file with markers for the table")
    parser.add_argument("--tiny", action="store_true", help="only to see that everything works")
    options = parser.parse_args()
    where = machine()
    compile_program()
    outcomes = [run(part, options) for part in PARTS if part.name in options.only]
    found = table(outcomes, where)
    print(found)
    if options.write:
        write(options.write, found)
    return int(any(outcome.failure for outcome in outcomes))


if __name__ == "__main__":
    raise SystemExit(main())
