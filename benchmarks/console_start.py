"""How soon the console shows something, beside a bare Textual app in the same run.

`python -m benchmarks.console_start [ROUNDS]`: a store with 50 integrations is made; then a bare
app and the console are started in turn, each in a real pseudo-terminal, and what they send is
read as it comes: to draw it would take an emulator longer than it took the program. Printed is
the median of each, and the ratio to the bare app: the time to the first frame (the console's own
bars), to the first content (rows of the store, as they were stored last), the CPU seconds and the
peak of resident memory until then; and the same once the store is open and the rows are live.
Goals: first content 1.5x, memory 2x.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
from tests.tui.terminal import Terminal

INTEGRATIONS = 50
BARE = """
from textual.app import App, ComposeResult
from textual.widgets import Static
class Bare(App):
    def compose(self) -> ComposeResult:
        yield Static("lincoln-00")
Bare().run()
"""
CONSOLE = "from integration_tui.__main__ import main; raise SystemExit(main())"


@dataclass(frozen=True)
class Start:
    """Seconds, CPU seconds and MiB of one start."""

    frame_s: float
    content_s: float
    cpu_s: float
    rss_mb: float
    live_s: float
    live_cpu_s: float
    live_rss_mb: float


def measure(code: str, frame: str, live: str, environ: Mapping[str, str]) -> Start:
    """Start a program and wait until its content stands on the screen."""
    began = time.monotonic()
    with Terminal(["-c", code], width=120, height=40, environ=environ, draws=False) as terminal:
        process = psutil.Process(terminal.process.pid)
        terminal.wait_for(lambda: frame.encode() in terminal.raw)
        frame_s = time.monotonic() - began
        terminal.wait_for(lambda: b"lincoln-00" in terminal.raw)
        content_s = time.monotonic() - began
        cpu_s, rss_mb = cpu(process), peak_mb(process.pid)
        terminal.wait_for(lambda: live.encode() in terminal.raw)
        live_s = time.monotonic() - began
        live_cpu_s, live_rss_mb = cpu(process), peak_mb(process.pid)
        terminal.process.terminate()
        terminal.wait_for_end()
    return Start(frame_s, content_s, cpu_s, rss_mb, live_s, live_cpu_s, live_rss_mb)


def cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


async def fill(environ: Mapping[str, str]) -> None:
    """Make a store with integrations that have a health."""
    from integration_tui.bootstrap import open_services
    from integration_tui.domain.actor import Actor, Interface
    from integration_tui.providers.mock.presets import document
    from integration_tui.settings import load_settings

    settings = load_settings(environ=environ)
    settings.integrations_dir.mkdir(parents=True)
    for number in range(INTEGRATIONS):
        name = f"lincoln-{number:02}"
        text = document(name, latency={"median_ms": 0}, auth={"kind": "none"})
        (settings.integrations_dir / f"{name}.yaml").write_text(text)
    actor = Actor(name="bench", door=Interface.CLI)
    async with open_services(settings, actor=actor) as services:
        await services.health.check_all()


def report(name: str, starts: list[Start], bare: list[Start]) -> None:
    for title, pick in (
        ("first frame s", lambda value: value.frame_s),
        ("first content s", lambda value: value.content_s),
        ("CPU s", lambda value: value.cpu_s),
        ("peak RSS MiB", lambda value: value.rss_mb),
        ("live s", lambda value: value.live_s),
        ("live CPU s", lambda value: value.live_cpu_s),
        ("live RSS MiB", lambda value: value.live_rss_mb),
    ):
        mine = statistics.median(map(pick, starts))
        ratio = mine / statistics.median(map(pick, bare))
        print(f"{name:<8} {title:<16} {mine:8.2f}  {ratio:5.2f}x")


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as folder:
        environ = {
            "INTEGRATION_CONFIG_DIR": f"{folder}/config",
            "INTEGRATION_DATA_DIR": f"{folder}/data",
            "COLORTERM": "truecolor",
        }
        asyncio.run(fill({**os.environ, **environ}))
        bare, console = [], []
        for _ in range(rounds + 1):
            bare.append(measure(BARE, "lincoln-00", "lincoln-00", environ))
            console.append(measure(CONSOLE, " quit", "engine running", environ))
        report("bare", bare[1:], bare[1:])  # the first round warms the disk's cache
        report("console", console[1:], bare[1:])


if __name__ == "__main__":
    main()
