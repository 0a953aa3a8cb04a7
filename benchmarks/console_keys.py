"""How soon a key shows, and how much is sent to an idle terminal, beside a Textual DataTable.

`python -m benchmarks.console_keys [PRESSES]`: an app with a DataTable of 1,000 rows and the
console on 1,000 integrations run in turn, each in a pseudo-terminal of its own. Counted is the
time from a pressed `down` until the terminal has got the line that it changes, and what is sent
in ten seconds in which nobody does anything and nothing is checked. Goals: a key at most 2x that
of the DataTable, under 2 kB an idle second.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.tui.terminal import Terminal

from benchmarks.console_start import CONSOLE

INTEGRATIONS: Final = 1000
IDLE_S: Final = 10.0
TABLE = """
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
    code: str, sign: str, environ: Mapping[str, str], presses: int
) -> tuple[list[float], float]:
    with Terminal(["-c", code], width=120, height=40, environ=environ) as terminal:
        terminal.wait_for(lambda: sign in terminal.text, patience_s=60)
        silence(terminal, 1.0)
        times, idle = key_times(terminal, presses), idle_bytes(terminal)
        terminal.process.terminate()
        terminal.wait_for_end()
    return times, idle


async def fill(environ: Mapping[str, str]) -> None:
    """Make a store with stopped integrations, so that nothing is checked meanwhile."""
    from integration_tui.bootstrap import open_services
    from integration_tui.domain.actor import Actor, Interface
    from integration_tui.domain.config.document import DocumentFormat
    from integration_tui.engine.config_loader import Draft
    from integration_tui.providers.mock.presets import document
    from integration_tui.settings import load_settings

    actor = Actor(name="bench", door=Interface.CLI)
    async with open_services(load_settings(environ=environ), actor=actor) as services:
        for number in range(INTEGRATIONS):
            text = document(f"lincoln-{number:04}", auth={"kind": "none"}, enabled=False)
            draft = Draft(text=text, format=DocumentFormat.YAML)
            await services.integrations.register(draft, actor=actor)


def report(name: str, times: list[float], idle: float, beside: float) -> float:
    middle = statistics.median(times)
    worst = sorted(times)[int(0.95 * (len(times) - 1))]
    ratio = f"{middle / beside:.2f}x" if beside else "1.00x"
    print(f"{name:<10} key p50 {middle:6.1f} ms {ratio}  p95 {worst:6.1f} ms  idle {idle:7.0f} B/s")
    return middle


def main() -> None:
    presses = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    with tempfile.TemporaryDirectory() as folder:
        environ = {
            "INTEGRATION_CONFIG_DIR": str(Path(folder) / "config"),
            "INTEGRATION_DATA_DIR": str(Path(folder) / "data"),
            "INTEGRATION_STATE_DIR": str(Path(folder) / "state"),
            "COLORTERM": "truecolor",
        }
        asyncio.run(fill({**os.environ, **environ}))
        table = measure(TABLE, "lincoln-0030", environ, presses)
        console = measure(CONSOLE, "engine running", environ, presses)
    report("console", *console, beside=report("DataTable", *table, beside=0.0))


if __name__ == "__main__":
    main()
