"""How soon a key shows, and how much is sent to an idle terminal, beside a Textual DataTable.

`python -m benchmarks.console_keys [--rounds N] [--presses N]`: an app with a DataTable of 1,000
rows and the console on 1,000 integrations run in turn, each in a pseudo-terminal of its own.
Counted is the time from a pressed `down` until the terminal has got the line that it changes, and
what is sent in some seconds in which nobody does anything and nothing is checked. Goals: a key
at most 2 times that of the DataTable, under 2 kB an idle second.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Mapping
from typing import Final

from tests.tui.terminal import Terminal

from benchmarks.console_start import CONSOLE
from benchmarks.measuring import Figure, Report, Series, at_most, compile_program, parser
from benchmarks.mock_store import make

INTEGRATIONS: Final = 1000
IDLE_S: Final = 5.0
TABLE: Final = """
from textual.app import App, ComposeResult
from textual.widgets import DataTable
class Table(App):
    def compose(self) -> ComposeResult:
        yield DataTable(cursor_type="row")
    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns("Status", "Name", "ms", "24 h", "Checked", "Problem")
        table.add_rows(
            ("● active", f"lincoln-{number:04}", "12", "100%", "09:30:00", "answered")
            for number in range(1000)
        )
Table().run()
"""


def key_times(terminal: Terminal, presses: int) -> list[float]:
    """Return for each pressed key how many milliseconds it took until the terminal got it."""
    found: list[float] = []
    for _ in range(presses):
        silence(terminal)
        before = len(terminal.raw)
        began = time.perf_counter()
        terminal.press("\x1b[B")
        terminal.wait_for(lambda: len(terminal.raw) > before)  # noqa: B023 - called at once
        found.append((time.perf_counter() - began) * 1000)
    return found


def silence(terminal: Terminal, quiet_s: float = 0.15) -> None:
    """Read until nothing has come for a while."""
    last, at = len(terminal.raw), time.monotonic()
    while time.monotonic() - at < quiet_s:
        terminal.read(0.01)
        if len(terminal.raw) != last:
            last, at = len(terminal.raw), time.monotonic()


def idle_bytes(terminal: Terminal) -> float:
    """Return how many bytes a second are sent while nothing happens."""
    silence(terminal, 1.0)
    before, end = len(terminal.raw), time.monotonic() + IDLE_S
    while time.monotonic() < end:
        terminal.read(0.1)
    return (len(terminal.raw) - before) / IDLE_S


def measure(
    code: str, sign: str, environ: Mapping[str, str], presses: int, *, idles: bool = False
) -> tuple[float, float, float]:
    """Return the median and the 95th percentile of keys in ms, and idle bytes a second if asked."""
    with Terminal(["-c", code], width=120, height=40, environ=environ) as terminal:
        terminal.wait_for(lambda: sign in terminal.text, patience_s=60)
        silence(terminal, 1.0)
        times = sorted(key_times(terminal, presses))
        idle = idle_bytes(terminal) if idles else 0.0
        terminal.process.terminate()
        terminal.wait_for_end()
    return statistics.median(times), times[int(0.95 * (len(times) - 1))], idle


def main() -> None:
    taken = parser(__doc__, rounds=3)
    taken.add_argument("--presses", type=int, default=30)
    options = taken.parse_args()
    compile_program()
    report = Report(options.figures)
    table: list[tuple[float, float, float]] = []
    console: list[tuple[float, float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        environ = make(folder, INTEGRATIONS, "stopped")
        for _ in range(options.rounds):
            table.append(measure(TABLE, "lincoln-0030", environ, options.presses))
            console.append(measure(CONSOLE, "engine running", environ, options.presses, idles=True))
    for place, (what, goal) in enumerate((("p50", at_most(2)), ("p95", None))):
        ours = Series("console", "ms", [values[place] for values in console])
        other = Series("DataTable", "ms", [values[place] for values in table])
        report.ratio(f"a key in 1,000 rows {what}, to DataTable", ours, other, goal=goal)
    idle = [values[2] for values in console]
    what = "sent to an idle terminal"
    report.add(Figure(what=what, values=idle, unit="B/s", goal=at_most(2000)))


if __name__ == "__main__":
    main()
