"""Reading a district of 405,200 records: records a second and memory, beside a peer.

Goals: at least twice the records a second of the PyPI client `timeback` 0.3.0 on the same
server; the most memory held at 405,200 records at most 1.25 times that at 10,000.

The peer needs another httpx than ours, so it has an environment of its own:
`python -m venv peer && peer/bin/pip install timeback==0.3.0`, then
`python -m benchmarks.roster_read --peer peer/bin/python`. Runs alternate, ours and the peer's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.roster_server import READ
from benchmarks.serving import PAGE
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.provider import ProviderContext
from integration_tui.domain.secret import Secret
from integration_tui.providers.oneroster.config import OneRosterConfig
from integration_tui.providers.oneroster.connector import OneRosterConnector

ROUNDS: Final = 3
FEW: Final = 10_000
_PEER: Final = Path(__file__).with_name("peers") / "timeback_reader.py"
_OURS: Final = [sys.executable, "-m", "benchmarks.roster_read", "--read"]
Figures = dict[str, float]


def connector(address: str) -> OneRosterConnector:
    config = OneRosterConfig.model_validate(
        {
            "name": "benchmark",
            "type": "oneroster",
            "base_url": address,
            "auth": {"type": "jwt", "token": "env:NONE"},
            "rate_limit": {"requests": 100_000},
            "sync": {"page_size": PAGE},
        }
    )
    context = ProviderContext(
        integration_id=IntegrationId("benchmark"),
        clock=lambda: datetime.now(UTC),
        monotonic=time.monotonic,
        sleep=asyncio.sleep,
        chance=random.random,
        secret=lambda _reference: Secret("none"),
        timeout_s=30,
        max_retries=0,
    )
    return OneRosterConnector(config, context, product="OneRoster server")


async def read(address: str, most: int) -> int:
    ours, count = connector(address), 0
    await ours.connect()
    for collection in READ:
        async for page in ours.pages(collection):
            count += len(page.rows)
            assert page.next or page.complete, page.reason
            if count >= most:
                break
    await ours.disconnect()
    return count


def reading(address: str, most: int) -> None:
    """Read in this process, and print what it took."""
    began = time.perf_counter()
    count = asyncio.run(read(address, most))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "records": count,
        "wall_s": time.perf_counter() - began,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mib": usage.ru_maxrss / 1024,
    }
    print(json.dumps(figures))


@contextmanager
def server() -> Generator[str]:
    command = [sys.executable, "-m", "benchmarks.roster_server"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.communicate("")


def run(command: list[str], *arguments: str | int) -> Figures:
    done = subprocess.run(
        [*command, *map(str, arguments)], check=True, capture_output=True, text=True
    )
    figures: Figures = json.loads(done.stdout)
    print(
        f"  {figures['records']:9,.0f} records in {figures['wall_s']:6.2f} s,"
        f" {figures['cpu_s']:6.2f} s CPU, {figures['peak_mib']:5.0f} MiB: {command[0]}"
    )
    return figures


def compare(peer: str | None) -> None:
    with server() as address:
        few = median(run(_OURS, address, FEW)["peak_mib"] for _ in range(ROUNDS))
        ours: list[Figures] = []
        theirs: list[Figures] = []
        for _ in range(ROUNDS):
            ours.append(run(_OURS, address))
            if peer:
                theirs.append(run([peer, str(_PEER)], address))
    rate, per_cpu = speed(ours)
    print(f"ours:     {rate:9,.0f} records/s, {per_cpu:9,.0f} a CPU second")
    peak = median(our["peak_mib"] for our in ours)
    print(f"memory:   {peak:.0f} MiB at the whole district, {few:.0f} at 10,000: {peak / few:.2f}x")
    if theirs:
        rates = speed(theirs)
        print(f"timeback: {rates[0]:9,.0f} records/s, {rates[1]:9,.0f} a CPU second")
        print(f"ours is {rate / rates[0]:.1f}x by the clock, {per_cpu / rates[1]:.1f}x by CPU")


def speed(runs: list[Figures]) -> tuple[float, float]:
    return (
        median(figures["records"] / figures["wall_s"] for figures in runs),
        median(figures["records"] / figures["cpu_s"] for figures in runs),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", help="the Python of an environment with timeback 0.3.0")
    parser.add_argument("--read", nargs="+", metavar=("ADDRESS", "RECORDS"), help="read only")
    arguments = parser.parse_args()
    if arguments.read:
        reading(arguments.read[0], int((arguments.read[1:] or [sys.maxsize])[0]))
    else:
        compare(arguments.peer)


if __name__ == "__main__":
    main()
