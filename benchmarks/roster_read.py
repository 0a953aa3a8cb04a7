"""Reading a district of 405,272 records: records a second and memory, beside a peer.

Goals: at least twice the records a second of the PyPI client `timeback` 0.3.0 on the same
server; the most memory held at the whole district at most 1.25 times that at 10,000 records.

The peer needs another httpx than ours, so it has an environment of its own:
`python -m venv peer && peer/bin/pip install timeback==0.3.0`, then
`python -m benchmarks.roster_read [--rounds N] --peer peer/bin/python`. Runs alternate.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from benchmarks.measuring import (
    Cost,
    Figure,
    Report,
    Runs,
    Series,
    at_least,
    at_most,
    compile_program,
    cost,
    parser,
    peak,
)
from benchmarks.serving import DISTRICT, serving

FEW: Final = 10_000
_PEER: Final = Path(__file__).with_name("peers") / "timeback_reader.py"
_OURS: Final = (sys.executable, "-m", "benchmarks.roster_reading")


def rates(runs: Runs, *, by_clock: bool) -> Series:
    """Return records a second, by the clock or of CPU, from a process's start to its end."""
    values = [_records(one) / (one.wall_s if by_clock else one.cpu_s) for one in runs.costs]
    return Series(runs.title, "records/s" if by_clock else "records/s of CPU", values)


def _records(one: Cost) -> float:
    return float(json.loads(one.said)["records"])


def compare(address: str, rounds: int, peer: str | None, report: Report) -> None:
    few, ours, theirs = Runs("10,000 records"), Runs("whole district"), Runs("timeback")
    for _ in range(rounds):
        few.add(cost([*_OURS, address, str(FEW)]))
        ours.add(cost([*_OURS, address]))
        if peer:
            theirs.add(cost([peer, str(_PEER), address]))
    read = rates(ours, by_clock=False)
    report.add(Figure(what="records read", values=read.values, unit=read.unit))
    what = "reading, most memory, to that at 10,000 records"
    report.ratio(what, ours.series(peak), few.series(peak), goal=at_most(1.25))
    if peer:
        what = "records read a second, to timeback by the clock"
        mine, other = rates(ours, by_clock=True), rates(theirs, by_clock=True)
        report.ratio(what, mine, other, goal=at_least(2))
        what = "records read a second, to timeback by CPU"
        report.ratio(what, read, rates(theirs, by_clock=False))


def main() -> None:
    taken = parser(__doc__, rounds=3)
    taken.add_argument("--peer", help="the Python of an environment with timeback 0.3.0")
    taken.add_argument("--records", type=int, default=DISTRICT)
    options = taken.parse_args()
    compile_program()
    report = Report(options.figures)
    with serving(options.records) as address:
        compare(address, options.rounds, options.peer, report)


if __name__ == "__main__":
    main()
