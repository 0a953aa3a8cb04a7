"""What all benchmarks have in common: what a process costs, ratios with their spread, and goals.

Imports nothing of the program: what a child has of memory is counted from its parent's.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

_HERE: Final = Path(__file__).parent
_COMPILE: Final = (
    "import compileall, pathlib, sys, integration_tui as program;"
    "folders = [pathlib.Path(program.__file__).parent, sys.argv[1]];"
    "sys.exit(not all([compileall.compile_dir(folder, quiet=1) for folder in folders]))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a process took from its start to its end, and what it printed."""

    wall_s: float
    cpu_s: float
    peak_mib: float
    said: str


def cost(
    command: Sequence[str],
    environ: Mapping[str, str] | None = None,
    *,
    exits: Collection[int] = (0,),
) -> Cost:
    """Run a command, which has to end with one of these exit codes."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environ or {})},
    )
    assert process.stdout
    with process.stdout as output:
        said = output.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in exits:
        raise SystemExit(f"{command} failed with {process.returncode}: {said}")
    return Cost(
        wall_s=time.perf_counter() - began,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_mib=usage.ru_maxrss / 1024,
        said=said,
    )


def compile_program(environ: Mapping[str, str] | None = None) -> None:
    """Write the byte code of the program and of the benchmarks, and let children write it, too.

    Without byte code, a start compiles some 250 modules. What is up to date is not written.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-c", _COMPILE, str(_HERE)]
    if subprocess.run(command, check=False, env={**os.environ, **(environ or {})}).returncode:
        raise SystemExit("The byte code cannot be written, so starts would be measured wrong.")


def wall(one: Cost) -> float:
    return one.wall_s


def cpu(one: Cost) -> float:
    return one.cpu_s


def peak(one: Cost) -> float:
    return one.peak_mib


_UNITS: Final[Mapping[Callable[[Cost], float], str]] = {wall: "s", cpu: "s CPU", peak: "MiB"}


@dataclass(slots=True)
class Series:
    """What was measured of one thing, a value each round."""

    title: str
    unit: str
    values: list[float] = field(default_factory=list[float])

    def middle(self) -> str:
        return format_value(median(self.values), self.unit)


@dataclass(slots=True)
class Runs:
    """Costs of one thing, a round each."""

    title: str
    costs: list[Cost] = field(default_factory=list[Cost])
    quiet: bool = False

    def add(self, one: Cost) -> None:
        """Keep a cost, and print it unless this is `quiet`."""
        self.costs.append(one)
        if self.quiet:
            return
        print(
            f"  {self.title:<20} {one.wall_s:7.2f} s {one.cpu_s:7.2f} s CPU {one.peak_mib:6.0f} MiB"
            f"  {one.said.strip()}",
            flush=True,
        )

    def series(self, pick: Callable[[Cost], float]) -> Series:
        values = [pick(one) for one in self.costs]
        return Series(title=self.title, unit=_UNITS[pick], values=values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A limit that a figure meets, or does not."""

    limit: float
    at_least: bool = False

    def is_met(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def text(self, unit: str) -> str:
        return f"{'at least' if self.at_least else 'at most'} {format_value(self.limit, unit)}"


def at_most(limit: float) -> Goal:
    return Goal(limit=limit)


def at_least(limit: float) -> Goal:
    return Goal(limit=limit, at_least=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table: a value of each round, of which the median counts.

    `unit` is "x" for a ratio. `ours` and `other` say what a ratio is made of, the medians of both.
    """

    what: str
    values: list[float]
    unit: str = "x"
    goal: Goal | None = None
    ours: str = ""
    other: str = ""

    @property
    def value(self) -> float:
        return median(self.values)

    @property
    def is_met(self) -> bool | None:
        """Return whether the goal is met; `None` where there is none."""
        return None if self.goal is None else self.goal.is_met(self.value)

    def goal_text(self) -> str:
        return "none" if self.goal is None else self.goal.text(self.unit)

    def line(self) -> str:
        verdict = {None: "", True: ": met", False: ": MISSED"}[self.is_met]
        return (
            f"{self.what:<52} {format_value(self.value, self.unit):>10}"
            f"  ({self.spread()}; goal {self.goal_text()}{verdict})"
        )

    def spread(self) -> str:
        """Return the least and the most of the rounds."""
        if len(self.values) == 1:
            return "one round"
        return f"{format_number(min(self.values))} to {format_value(max(self.values), self.unit)}"


def format_number(value: float) -> str:
    """Return three digits that tell, and whole numbers whole."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 20 else f"{value:.2f}"


def format_value(value: float, unit: str) -> str:
    space = "" if unit in {"x", "%", ""} else " "
    return f"{format_number(value)}{space}{unit}"


class Report:
    """Prints figures as they are found, and keeps them for the table."""

    def __init__(self, target: Path | None = None) -> None:
        self.figures: list[Figure] = []
        self._target = target

    def add(self, figure: Figure) -> None:
        """Print a figure and write it down: what comes after it may fail."""
        self.figures.append(figure)
        print(figure.line(), flush=True)
        if self._target:
            with self._target.open("a") as file:
                file.write(json.dumps(asdict(figure)) + "\n")

    def ratio(
        self,
        what: str,
        ours: Series,
        other: Series,
        *,
        goal: Goal | None = None,
        inverse: bool = False,
    ) -> None:
        """Add the median of the rounds' own ratios: ours to the other's, or the inverse."""
        pairs = zip(ours.values, other.values, strict=True)
        found = [theirs / mine if inverse else mine / theirs for mine, theirs in pairs]
        self.add(
            Figure(
                what=what,
                values=found,
                goal=goal,
                ours=ours.middle(),
                other=f"{other.title}, {other.middle()}",
            )
        )


def load_figures(source: Path) -> list[Figure]:
    """Return what a `Report` wrote down; nothing where it came to nothing."""
    if not source.exists():
        return []
    return [_figure(json.loads(line)) for line in source.read_text().splitlines()]


def _figure(found: dict[str, object]) -> Figure:
    goal = found.pop("goal")
    return Figure(**found, goal=Goal(**goal) if isinstance(goal, dict) else None)  # type: ignore[arg-type]  # as written above


def parser(purpose: str | None, *, rounds: int) -> argparse.ArgumentParser:
    """Return a parser with the options that all benchmarks take."""
    made = argparse.ArgumentParser(description=(purpose or "").splitlines()[0])
    made.add_argument("--rounds", type=int, default=rounds, help=f"{rounds} unless told")
    made.add_argument(
        "--figures", type=Path, help="a file to add the figures to, a line of JSON each"
    )
    return made
