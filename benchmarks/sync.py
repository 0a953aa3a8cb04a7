"""What syncs cost, as ratios to others on one server in one run; runs alternate, medians count.

`python -m benchmarks.sync [--part few | district | keys] [--rounds N] [--dlt PYTHON]`

few: 200 orgs and 10,000 users into a new store, by the clock from the process's start, beside dlt
and a naive script with httpx, pydantic and an ORM. Goals: 6 times as quick as dlt, 10 times as
the script. dlt has an environment of its own: `python -m venv peer`, then
`peer/bin/pip install 'dlt[sqlalchemy]==1.31.0'` and `--dlt peer/bin/python`.
district: CPU seconds for 405,272 records beside the raw limit (socket, msgspec, plain INSERT into
the same tables). Goals: 2.2 times at most; again with nothing changed 0.6 times and no row
written; one record of a hundred changed 0.12 times of the full sync; the most memory held 1.25
times that at 10,000 users.
keys: how soon the console answers keys while it syncs the district. Goal: p99 below 50 ms.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.serving import BASE, FEW, Cost, cost, serving

_TABLES: Final = (
    "organizations",
    "academic_sessions",
    "courses",
    "classes",
    "users",
    "enrollments",
)
_PEERS: Final = Path(__file__).with_name("peers")
_STORE: Final = "integration-tui.db"
_QUIET: Final = {"RUNTIME__DLTHUB_TELEMETRY": "false"}


@dataclass(slots=True)
class Runs:
    """Costs of one thing, a round each."""

    title: str
    costs: list[Cost] = field(default_factory=list[Cost])

    def add(self, one: Cost) -> None:
        self.costs.append(one)
        print(
            f"  {self.title:<20} {one.wall_s:7.2f} s {one.cpu_s:7.2f} s CPU {one.peak_mib:6.0f} MiB"
            f"  {one.said.strip()}",
            flush=True,
        )

    def middle(self, pick: Callable[[Cost], float]) -> float:
        return median(map(pick, self.costs))


def wall(one: Cost) -> float:
    return one.wall_s


def cpu(one: Cost) -> float:
    return one.cpu_s


def peak(one: Cost) -> float:
    return one.peak_mib


def ratio(title: str, runs: Runs, base: Runs, pick: Callable[[Cost], float], goal: str) -> None:
    """Print how one compares with another: the median of the rounds' own ratios."""
    found = [pick(one) / pick(other) for one, other in zip(runs.costs, base.costs, strict=True)]
    spread = f"{min(found):.2f} to {max(found):.2f}"
    print(f"{title:<46} {median(found):6.2f}x  ({spread}; goal {goal})")


def ours(folder: Path, address: str, *, path: str = BASE, mode: str = "full") -> Cost:
    return cost([sys.executable, "-m", "benchmarks.syncing", str(folder), address, path, mode])


def few(address: str, rounds: int, dlt: str | None) -> None:
    mine, naive, peer = Runs("ours, 10,000 users"), Runs("naive script"), Runs("dlt")
    where = f"{address}{FEW}{BASE}"
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            mine.add(ours(place / "ours", address, path=f"{FEW}{BASE}"))
            script = [sys.executable, "-m", "benchmarks.peers.naive_orm"]
            naive.add(cost([*script, where, str(place / "naive.db")]))
            if dlt:
                command = [dlt, str(_PEERS / "dlt_rest.py"), where, str(place / "dlt.db")]
                peer.add(cost(command, **_QUIET))
    ratio("naive script, to ours by the clock", naive, mine, wall, "10 at least")
    if dlt:
        ratio("dlt, to ours by the clock", peer, mine, wall, "6 at least")
        ratio("dlt, to ours by CPU", peer, mine, cpu, "none")


def district(address: str, rounds: int) -> None:
    limit, full, same = Runs("raw limit"), Runs("full"), Runs("nothing changed")
    delta, small = Runs("one of a hundred"), Runs("10,000 users")
    written: list[int] = []
    changed: list[int] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            place, store = Path(folder), Path(folder, _STORE)
            raw = [sys.executable, "-m", "benchmarks.peers.raw_limit"]
            limit.add(cost([*raw, address, str(place / "raw.db")]))
            full.add(ours(place, address))
            first = versions(store)
            same.add(ours(place, address))
            second = versions(store)
            delta.add(ours(place, address, mode="incremental"))
            written.append(second - first)
            changed.append(versions(store) - second)
            small.add(ours(place / "small", address, path=f"{FEW}{BASE}"))
    ratio("full sync, to the raw limit by CPU", full, limit, cpu, "2.2 at most")
    ratio("nothing changed, to the raw limit by CPU", same, limit, cpu, "0.6 at most")
    ratio("one of a hundred, to the full sync by CPU", delta, full, cpu, "0.12 at most")
    ratio("most memory, to that at 10,000 users", full, small, peak, "1.25 at most")
    print(f"roster rows written where nothing changed: {max(written)} (goal 0)")
    print(f"roster rows written where one of a hundred changed: {min(changed)} to {max(changed)}")


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


def keys(address: str, rounds: int) -> None:
    busy: list[float] = []
    idle: list[float] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            done = cost([sys.executable, "-m", "benchmarks.sync_keys", folder, address])
            print(f"  {done.said.strip()}", flush=True)
            found: dict[str, float] = json.loads(done.said)
            busy.append(found["p99_ms"])
            idle.append(found["idle_p99_ms"])
    print(
        f"a key is answered while syncing, p99: {median(busy):.1f} ms (goal 50 at most;"
        f" {median(idle):.1f} ms without a sync)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--part", choices=("few", "district", "keys"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dlt", help="the Python of an environment with dlt[sqlalchemy]")
    options = parser.parse_args()
    with serving() as address:
        if options.part in {None, "few"}:
            few(address, options.rounds, options.dlt)
        if options.part in {None, "district"}:
            district(address, options.rounds)
        if options.part in {None, "keys"}:
            keys(address, options.rounds)


if __name__ == "__main__":
    main()
