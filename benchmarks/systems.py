"""What a district costs Google Classroom and Canvas: requests, throttling, memory, a kill.

`python -m benchmarks.systems [--rounds N] [--system canvas ...] [--way listing] [--district
large_district] [--once] [--kill]` serves the sandbox of each, and syncs all of it into a new store:
one of 10,000 people for the memory, the district, and the district again, where nothing has changed
(not with `--once`). Goals for the large district: Canvas by report at most 60 requests, by listing
never below half of the bucket (300); Classroom at most 1,100 requests a minute and none refused;
the most memory held 1.25 times that at 10,000 people; no row written where nothing changed. With
`--kill`, one more sync is killed when 60 % of its requests were made, and gone on with: at most 1 %
of them are made again.
"""

from __future__ import annotations

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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.measuring import (
    Cost,
    Figure,
    Report,
    Runs,
    at_most,
    compile_program,
    cost,
    parser,
    peak,
)
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
    place.mkdir(parents=True, exist_ok=True)
    for path in documents.glob("*.yaml"):  # keys stay where the document says
        (place / path.name).write_bytes(path.read_bytes())
        (place / path.name).chmod(0o600)
    module = "benchmarks.systems_syncing"
    return [sys.executable, "-m", module, str(folder), served.integration]


def print_requests(served: Sandbox, title: str) -> tuple[int, int]:
    """Print what the sandbox saw since it was reset; return how many requests, how many refused."""
    state, count = served.ask(""), served.requests()
    made: list[Mapping[str, Any]] = served.ask("/requests")
    refused = sum(visit["status"] in {403, 429, 503} for visit in made)
    shown = {
        name: state[name]
        for name in ("throttle", "quota", "files_asked_with_authorization")
        if name in state
    }
    print(f"  {title:<22} {count:7,} requests, {refused} refused, {json.dumps(shown)}", flush=True)
    return count, refused


@dataclass(slots=True)
class System:
    """What the rounds of one system came to."""

    name: str
    way: str
    district: str
    small: Runs = field(init=False)
    whole: Runs = field(init=False)
    requests: list[float] = field(default_factory=list[float])
    refused: list[float] = field(default_factory=list[float])
    written: list[float] = field(default_factory=list[float])
    again: list[float] = field(default_factory=list[float])

    def __post_init__(self) -> None:
        self.small = Runs(f"{self.name}, {_MID}")
        self.whole = Runs(f"{self.name}, {self.district}")

    def measure(self, *, once: bool, kills: bool) -> None:
        """Sync the district into a new store, and 10,000 people before for the memory."""
        if self.district == _LARGE:
            with self._synced(_MID) as (spent, _, _, _):
                self.small.add(spent)
        with self._synced(self.district) as (spent, served, documents, folder):
            self.whole.add(spent)
            count, refused = print_requests(served, "full")
            self.requests.append(count)
            self.refused.append(refused)
            if not once:
                self.written.append(again(served, laid_out(served, documents, folder), folder))
            if kills:
                place = folder.with_name("killed")
                self.again.append(killed(served, laid_out(served, documents, place), count))

    @contextmanager
    def _synced(self, size: str) -> Generator[tuple[Cost, Sandbox, Path, Path]]:
        with tempfile.TemporaryDirectory() as held, tempfile.TemporaryDirectory() as store:
            documents, folder = Path(held), Path(store, "full")
            with sandbox(self.name, size, documents, self.way) as served:
                command = laid_out(served, documents, folder)
                yield cost(command, served.environ), served, documents, folder

    def report(self, report: Report) -> None:
        title = f"{self.name}{self.way and ' by '}{self.way}, {self.district}"
        is_report = self.name.startswith("canvas") and self.way != "listing"
        most = at_most(60) if is_report else None
        for what, values, unit, goal in (
            ("requests", self.requests, "", most),
            ("requests refused", self.refused, "", at_most(0)),
            ("rows written where nothing changed", self.written, "", at_most(0)),
            ("requests made again after a kill", self.again, "%", at_most(1)),
        ):
            if values:
                report.add(Figure(what=f"{title}: {what}", values=values, unit=unit, goal=goal))
        if self.district == _LARGE:
            what = f"{title}: most memory, to that at 10,000"
            ours, small = self.whole.series(peak), self.small.series(peak)
            report.ratio(what, ours, small, goal=at_most(1.25))


def again(served: Sandbox, command: list[str], folder: Path) -> int:
    """Sync once more, where nothing has changed; return how many rows were written."""
    before = versions(folder / _STORE)
    served.reset()
    spent = cost(command, served.environ)
    print(f"  nothing changed: {spent.wall_s:.1f} s", flush=True)
    print_requests(served, "nothing changed")
    return versions(folder / _STORE) - before


def killed(served: Sandbox, command: list[str], count: int) -> float:
    """Kill a sync at 60 % of its requests, and go on; return what percent were made again."""
    served.reset()
    process = subprocess.Popen(command, env={**os.environ, **served.environ})
    while process.poll() is None and served.requests() < 0.6 * count:
        time.sleep(0.2)
    process.kill()
    process.wait()
    at = served.requests()
    cost(command, served.environ)
    made, _ = print_requests(served, f"killed at {at:,}")
    print(f"  asked for more than once since the reset: {repeated(served)}")
    return 100 * (made - count) / count


def repeated(served: Sandbox) -> Mapping[str, int]:
    """Return how many requests were made again, by the last word of their address."""
    visits: list[Mapping[str, Any]] = served.ask("/requests")
    asked = Counter((visit["method"], visit["path"], visit["query"]) for visit in visits)
    found: Counter[str] = Counter()
    for (_, path, _), times in asked.items():
        found[path.rpartition("/")[2]] += times - 1
    return {word: times for word, times in found.most_common(5) if times}


def main() -> None:
    taken = parser(__doc__, rounds=1)
    taken.add_argument("--system", action="append", choices=("canvas", "canvas_self_hosted",
                                                             "google_classroom"))  # fmt: skip
    taken.add_argument("--way", choices=("report", "listing", ""), default="")
    taken.add_argument("--district", choices=("small_school", _MID, _LARGE), default=_LARGE)
    taken.add_argument("--once", action="store_true", help="not again where nothing changed")
    taken.add_argument("--kill", action="store_true")
    options = taken.parse_args()
    compile_program()
    report = Report(options.figures)
    for name in options.system or ("canvas", "google_classroom"):
        way = options.way if name.startswith("canvas") else ""
        system = System(name, way, options.district)
        for _ in range(options.rounds):
            system.measure(once=options.once, kills=options.kill)
        system.report(report)


if __name__ == "__main__":
    main()
