"""CPU time of `integration-tui --version` against `python -c pass`, in one run.

Goal: at most 4 times. Both are started the same way, one after the other, so that a busy machine
slows both down.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median

ROUNDS = 25


def cpu_s(command: list[str]) -> float:
    """Return the CPU seconds that one run of `command` takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    beside = Path(sys.executable).with_name("integration-tui")
    program = str(beside) if beside.exists() else shutil.which("integration-tui")
    assert program, "install the package first"
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "integration-tui --version": [program, "--version"],
        "integration-tui --help": [program, "--help"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            times[name].append(cpu_s(command))
    floor = median(times["python -c pass"])
    for name, values in times.items():
        print(f"{name:<28} {median(values) * 1000:7.1f} ms CPU   {median(values) / floor:5.2f}x")


if __name__ == "__main__":
    main()
