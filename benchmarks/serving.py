"""The benchmark's roster server as a child of this process, and what is said to it.

Imports nothing of the program: what a child has of memory is counted from its parent's.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

PAGE: Final = 1000
BASE: Final = "/ims/oneroster/rostering/v1p2"
FEW: Final = "/few"
"""In front of BASE: a roster of 200 orgs and `FEW_USERS` users."""
FEW_USERS: Final = 10_000
NIGHT: Final = "/night"
"""Whoever asks for it changes one record of a hundred."""
DISTRICT: Final = 405_272
"""How many records there are, unless told."""


@contextmanager
def serving(records: int = DISTRICT) -> Generator[str]:
    """Yield the address of a server that is warm."""
    command = [sys.executable, "-m", "benchmarks.roster_server", str(records)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        port = process.stdout.readline().strip()
        if not port:
            raise SystemExit("the benchmark's server did not start")
        yield f"http://127.0.0.1:{port}"
        process.communicate("")


def next_night(address: str) -> int:
    """Change one record of a hundred, on all pages; return how many that are."""
    with urllib.request.urlopen(f"{address}{NIGHT}", timeout=600) as answer:  # noqa: S310 - ours
        return int(json.load(answer)["changed"])
