"""The benchmark's server as a child of this process, and what other processes cost.

Imports nothing of the program: what a child has of memory is counted from its parent's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

PAGE: Final = 1000
BASE: Final = "/ims/oneroster/rostering/v1p2"
FEW: Final = "/few"
"""In front of BASE: a roster of 200 orgs and `FEW_USERS` users."""
FEW_USERS: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a process took from its start to its end, and what it printed."""

    wall_s: float
    cpu_s: float
    peak_mib: float
    said: str


@contextmanager
def serving() -> Generator[str]:
    """Yield the address of a server that is warm."""
    command = [sys.executable, "-m", "benchmarks.roster_server"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.communicate("")


def cost(command: Sequence[str], **environ: str) -> Cost:
    """Run a command, which has to succeed."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environ}
    )
    assert process.stdout
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} failed with {process.returncode}: {said}")
    return Cost(
        wall_s=time.perf_counter() - began,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_mib=usage.ru_maxrss / 1024,
        said=said,
    )
