"""How soon the console shows something, beside a bare Textual app in the same run.

`python -m benchmarks.console_start [--rounds N]`: a store with 50 integrations is made; then a bare
app and the console are started in turn, each in a real pseudo-terminal, and what they send is
read as it comes: to draw it would take an emulator longer than it took the program. Measured are
the time to the first frame (the console's own bars), to the first content (rows of the store, as
they were stored last), the CPU seconds and the peak of resident memory until then; and the same
once the store is open and the rows are live. Goals: first content 1.3 times that of the bare app,
memory 2 times.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
from tests.tui.terminal import Terminal

from benchmarks.measuring import Goal, Report, Series, at_most, compile_program, parser
from benchmarks.mock_store import FIRST, make

INTEGRATIONS: Final = 50
BARE: Final = f"""
from textual.app import App, ComposeResult
from textual.widgets import Static
class Bare(App):
    def compose(self) -> ComposeResult:
        yield Static("{FIRST}")
Bare().run()
"""
CONSOLE: Final = "from integration_tui.__main__ import main; raise SystemExit(main())"


@dataclass(frozen=True)
class Start:
    """Seconds, CPU seconds and MiB of one start."""

    frame_s: float
    content_s: float
    cpu_s: float
    rss_mib: float
    live_s: float
    live_cpu_s: float
    live_rss_mib: float


_PICKS: Final[tuple[tuple[str, str, Callable[[Start], float], Goal | None], ...]] = (
    ("first frame", "s", lambda start: start.frame_s, None),
    ("first content", "s", lambda start: start.content_s, at_most(1.3)),
    ("CPU to first content", "s CPU", lambda start: start.cpu_s, None),
    ("memory at first content", "MiB", lambda start: start.rss_mib, at_most(2)),
    ("live rows", "s", lambda start: start.live_s, None),
    ("CPU to live rows", "s CPU", lambda start: start.live_cpu_s, None),
    ("memory at live rows", "MiB", lambda start: start.live_rss_mib, None),
)


def measure(code: str, frame: str, live: str, environ: Mapping[str, str]) -> Start:
    """Start a program and wait until its content stands on the screen."""
    began = time.monotonic()
    with Terminal(["-c", code], width=120, height=40, environ=environ, draws=False) as terminal:
        process = psutil.Process(terminal.process.pid)
        terminal.wait_for(lambda: frame.encode() in terminal.raw)
        frame_s = time.monotonic() - began
        terminal.wait_for(lambda: FIRST.encode() in terminal.raw)
        content_s = time.monotonic() - began
        cpu_s, rss_mib = cpu_of(process), peak_mib(process.pid)
        terminal.wait_for(lambda: live.encode() in terminal.raw)
        live_s = time.monotonic() - began
        live_cpu_s, live_rss_mib = cpu_of(process), peak_mib(process.pid)
        terminal.process.terminate()
        terminal.wait_for_end()
    return Start(frame_s, content_s, cpu_s, rss_mib, live_s, live_cpu_s, live_rss_mib)


def cpu_of(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def peak_mib(pid: int) -> float:
    if sys.platform != "linux":
        raise SystemExit("The peak of a running process is read from /proc: Linux only.")
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def main() -> None:
    options = parser(__doc__, rounds=7).parse_args()
    compile_program()
    report = Report(options.figures)
    bare: list[Start] = []
    console: list[Start] = []
    with tempfile.TemporaryDirectory() as folder:
        environ = make(folder, INTEGRATIONS)
        for number in range(options.rounds + 1):
            starts = (
                measure(BARE, FIRST, FIRST, environ),
                measure(CONSOLE, " quit", "engine running", environ),
            )
            if number:  # the first round warms the disk's cache
                bare.append(starts[0])
                console.append(starts[1])
    for what, unit, pick, goal in _PICKS:
        ours = Series("console", unit, [pick(start) for start in console])
        other = Series("bare Textual", unit, [pick(start) for start in bare])
        report.ratio(f"console: {what}, to bare Textual", ours, other, goal=goal)


if __name__ == "__main__":
    main()
