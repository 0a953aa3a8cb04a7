"""What a district costs Google Classroom and Canvas: requests, throttling, memory, a kill.

`python -m benchmarks.systems [--system canvas --system google_classroom ...] [--way listing]
[--district large_district] [--once] [--kill]` serves the sandbox of each, and syncs all of it into
a new store: one of 10,000 people for the memory, the district, and the district again, where
nothing has changed (not with `--once`). Goals for the large district: Canvas by report at most 60
requests, by listing never below half of the bucket (300); Classroom at most 1,100 requests a minute
and none refused; the most memory held 1.25 times that at 10,000 people; no row written where
nothing changed. With `--kill`, one more sync is killed when 60 % of its requests were made, and
gone on with: at most 1 % of them are made again.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.measuring import cost
from benchmarks.sync import versions

_STORE: Final = "integration-tui.db"
_LARGE: Final = "large_district"
_MID: Final = "mid_district"
_PROGRAM: Final = (sys.executable, "-m", "integration_tui")
_LIMITS: Final = {
    "canvas": "rate_limit: {requests: 100000}\n",
    "canvas_self_hosted": "rate_limit: {requests: 100000}\n",
}
"""What is written into a configuration: only the bucket bounds Canvas here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A served system, and the configuration that leads to it."""

    name: str
    integration: str
    environ: Mapping[str, str]
    control: Mapping[str, str]

    def ask(self, path: str, method: str = "GET") -> Any:
        """Ask the control endpoint."""
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{self.control['url']}/{self.name}{path}",
            headers={"Authorization": f"Bearer {self.control['key']}"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.loads(answer.read())

    def requests(self) -> int:
        """Return how many requests were made so far, by what the system counts of them."""
        state: Mapping[str, Any] = self.ask("")
        if "quota" in state:
            return sum(counted["total"] for counted in state["quota"])
        return int(state["requests"])

    def reset(self) -> None:
        self.ask("/reset", "POST")


@contextmanager
def sandbox(name: str, district: str, folder: Path, way: str) -> Generator[Sandbox]:
    """Serve one system as a child, and write its configuration into a folder."""
    words = ("sandbox", "--port", "0", "--json", "--dialect", name, "--district", district,
             "--config-out", str(folder))  # fmt: skip
    with subprocess.Popen([*_PROGRAM, *words], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        told = json.loads(process.stdout.readline())
        place = told["dialects"][0]
        document = folder / f"sandbox-{name.replace('_', '-')}.yaml"
        more = _LIMITS.get(name, "") + (f"sync: {{way: {way}}}\n" if way else "")
        document.write_text(document.read_text() + more)
        environ = {told["secret"]["name"]: told["secret"]["value"], **place["secrets"]}
        try:
            yield Sandbox(
                name=name, integration=document.stem, environ=environ, control=told["control"]
            )
        finally:
            process.send_signal(signal.SIGTERM)


def laid_out(served: Sandbox, documents: Path, folder: Path) -> list[str]:
    """Give a sync a folder of its own with the configuration; return its command."""
    place = folder / "integrations"
    place.mkdir(parents=True)
    for path in documents.glob("*.yaml"):  # keys stay where the document says
        (place / path.name).write_bytes(path.read_bytes())
        (place / path.name).chmod(0o600)
    module = "benchmarks.systems_syncing"
    return [sys.executable, "-m", module, str(folder), served.integration]


def print_requests(served: Sandbox, title: str) -> int:
    """Print what the sandbox saw since it was reset; return how many requests."""
    state, count = served.ask(""), served.requests()
    made: list[Mapping[str, Any]] = served.ask("/requests")
    refused = sum(visit["status"] in {403, 429, 503} for visit in made)
    shown = {
        name: state[name]
        for name in ("throttle", "quota", "files_asked_with_authorization")
        if name in state
    }
    print(f"  {title:<22} {count:7,} requests, {refused} refused, {json.dumps(shown)}")
    return count


def measure(name: str, district: str, way: str, *, once: bool, kills: bool) -> None:
    """Sync a district, and print what it cost."""
    peaks: dict[str, float] = {}
    for size in (_MID, district):
        with tempfile.TemporaryDirectory() as held, tempfile.TemporaryDirectory() as store:
            documents, folder = Path(held), Path(store, "full")
            with sandbox(name, size, documents, way) as served:
                command = laid_out(served, documents, folder)
                spent = cost(command, served.environ)
                peaks[size] = spent.peak_mib
                print(
                    f"{name} {way or 'auto'} {size}: {spent.wall_s:.1f} s, {spent.cpu_s:.1f} s CPU,"
                    f" {spent.peak_mib:.0f} MiB {spent.said.strip()}"
                )
                count = print_requests(served, "full")
                if size == district and not once:
                    again(served, command, folder)
                if size == district and kills:
                    killed(served, laid_out(served, documents, Path(store, "killed")), count)
    print(f"most memory, to that at 10,000: {peaks[district] / peaks[_MID]:.2f}x (goal 1.25)")


def again(served: Sandbox, command: list[str], folder: Path) -> None:
    """Sync once more, where nothing has changed."""
    before = versions(folder / _STORE)
    served.reset()
    spent = cost(command, served.environ)
    written = versions(folder / _STORE) - before
    print(f"  nothing changed: {spent.wall_s:.1f} s, {written} roster rows written (goal 0)")
    print_requests(served, "nothing changed")


def killed(served: Sandbox, command: list[str], count: int) -> None:
    """Kill a sync at 60 % of its requests, go on, and print how many were made again."""
    served.reset()
    process = subprocess.Popen(command, env={**os.environ, **served.environ})
    while process.poll() is None and served.requests() < 0.6 * count:
        time.sleep(0.2)
    process.kill()
    process.wait()
    at = served.requests()
    cost(command, served.environ)
    more = print_requests(served, f"killed at {at:,}") - count
    print(f"  made again: {more} requests, {100 * more / count:.2f} % (goal 1 % at most)")
    print(f"  asked for more than once since the reset: {repeated(served)}")


def repeated(served: Sandbox) -> Mapping[str, int]:
    """Return how many requests were made again, by the last word of their address."""
    visits: list[Mapping[str, Any]] = served.ask("/requests")
    asked = Counter((visit["method"], visit["path"], visit["query"]) for visit in visits)
    found: Counter[str] = Counter()
    for (_, path, _), times in asked.items():
        found[path.rpartition("/")[2]] += times - 1
    return {word: times for word, times in found.most_common(5) if times}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--system", action="append", choices=("canvas", "canvas_self_hosted",
                                                              "google_classroom"))  # fmt: skip
    parser.add_argument("--way", choices=("report", "listing", ""), default="")
    parser.add_argument("--district", choices=("small_school", _MID, _LARGE), default=_LARGE)
    parser.add_argument("--once", action="store_true", help="not again where nothing changed")
    parser.add_argument("--kill", action="store_true")
    options = parser.parse_args()
    for name in options.system or ("canvas", "google_classroom"):
        way = options.way if name.startswith("canvas") else ""
        measure(name, options.district, way, once=options.once, kills=options.kill)


if __name__ == "__main__":
    main()
