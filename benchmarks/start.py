"""CPU of commands beside `python -c pass`, on a store with 50 integrations.

`python -m benchmarks.start [--rounds N]` starts each command in turn, so that a busy machine slows
all of them down. Goals: 20 times `python -c pass` for a command that only reads the store, 11 times
for one that needs no store, 4 times for `--version`.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.measuring import Goal, Report, Runs, at_most, compile_program, cost, cpu, parser
from benchmarks.mock_store import FIRST, make

INTEGRATIONS: Final = 50
_READING: Final = at_most(20)
_OFFLINE: Final = at_most(11)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What is started, a text that it prints, and its goal.

    `health` exits with 1 where no engine runs and the last checks are some time ago.
    """

    words: str
    prints: str
    goal: Goal | None = None
    exits: tuple[int, ...] = (0,)


COMMANDS: Final = (
    Command(words="--version", prints="integration-tui", goal=at_most(4)),
    Command(words="--help", prints="Usage:"),
    Command(words="provider types", prints="oneroster", goal=_OFFLINE),
    Command(words="config sample oneroster", prints="type: oneroster", goal=_OFFLINE),
    Command(words="provider list", prints=FIRST, goal=_READING),
    Command(words="health", prints=FIRST, goal=_READING, exits=(0, 1)),
    Command(words="audit list", prints="integration.register", goal=_READING),
    Command(words="sync list", prints=FIRST, goal=_READING),
)


def program() -> str:
    """Return the program beside this Python, or the one on the path."""
    beside = Path(sys.executable).with_name("integration-tui")
    found = str(beside) if beside.exists() else shutil.which("integration-tui")
    assert found, "install the package first"
    return found


def measure(environ: Mapping[str, str], rounds: int) -> tuple[Runs, list[Runs]]:
    floor = Runs("python -c pass", quiet=True)
    runs = [Runs(command.words, quiet=True) for command in COMMANDS]
    ours = program()
    for number in range(rounds + 1):
        least = cost([sys.executable, "-c", "pass"], environ)
        for command, found in zip(COMMANDS, runs, strict=True):
            spent = cost([ours, *command.words.split()], environ, exits=command.exits)
            assert command.prints in spent.said, f"{command.words} printed {spent.said!r}"
            if number:  # the first round warms the disk's cache
                found.add(spent)
        if number:
            floor.add(least)
    return floor, runs


def main() -> None:
    options = parser(__doc__, rounds=11).parse_args()
    compile_program()
    report = Report(options.figures)
    with tempfile.TemporaryDirectory() as folder:
        environ = make(folder, INTEGRATIONS, "synced")
        floor, runs = measure(environ, options.rounds)
    for command, found in zip(COMMANDS, runs, strict=True):
        what = f"{command.words}, to python -c pass by CPU"
        report.ratio(what, found.series(cpu), floor.series(cpu), goal=command.goal)


if __name__ == "__main__":
    main()
