"""How soon the console answers keys while it syncs a district in its own process.

`python -m benchmarks.sync_keys FOLDER ADDRESS [SECONDS]` runs the console headless with fifty
integrations in its table, presses `down` and `up` at fixed times, and counts from when a key was
due until the cursor has moved and the screen is drawn again: for some seconds in which nothing
happens, and while it syncs. Prints percentiles as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from itertools import cycle
from pathlib import Path
from typing import Final, TypeVar

from textual import events
from textual.app import App

from benchmarks.headless import console
from benchmarks.serving import BASE
from benchmarks.syncing import ACTOR, settled, sync, write
from integration_tui.domain.sync.run import Mode
from integration_tui.providers.mock.presets import document
from integration_tui.settings import Settings
from integration_tui.tui.widgets.table.table import RowTable

INTEGRATIONS: Final = 50
EVERY_S: Final = 0.05
PATIENCE_S: Final = 30.0
IDLE_S: Final = 5.0
Outcome = TypeVar("Outcome")


def fill(settings: Settings, address: str) -> None:
    write(settings, address, BASE)
    for number in range(INTEGRATIONS):
        name = f"lincoln-{number:02}"
        text = document(name, latency={"median_ms": 0}, auth={"kind": "none"})
        (settings.integrations_dir / f"{name}.yaml").write_text(text)


class Fingers:
    """Presses keys in a table, and notes how long each takes."""

    def __init__(self, app: App[None], table: RowTable) -> None:
        self._app = app
        self._moved = asyncio.Event()
        self._drawn = asyncio.Event()
        app.watch(table, "cursor", self._moved.set, init=False)

    async def press(self, key: str, due: float) -> float:
        """Press a key and return how many milliseconds after it was due the screen is drawn."""
        self._moved.clear()
        self._drawn.clear()
        self._app.post_message(events.Key(key, None))
        async with asyncio.timeout(PATIENCE_S):
            await self._moved.wait()
            self._app.screen.call_after_refresh(self._drawn.set)
            await self._drawn.wait()
        return (time.perf_counter() - due) * 1000

    async def type(self, *, until: asyncio.Task[Outcome]) -> list[float]:
        """Press keys at fixed times; one that cannot be pressed in time is late."""
        found: list[float] = []
        due = time.perf_counter()
        for key in cycle(("down", "up")):
            if until.done():
                return found
            found.append(await self.press(key, due))
            due += EVERY_S
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
        return found


def percentile(values: list[float], share: float) -> float:
    return round(sorted(values)[int(share * (len(values) - 1))], 1)


async def main() -> None:
    settings = settled(Path(sys.argv[1]))
    idle_s = float(sys.argv[3]) if len(sys.argv) > 3 else IDLE_S
    fill(settings, sys.argv[2])
    async with console(settings, actor=ACTOR, with_engine=True) as (pilot, services):
        app = pilot.app
        await services.health.check_all()
        await pilot.pause(1)
        table = app.focused  # of two on the screen
        assert isinstance(table, RowTable)
        fingers = Fingers(app, table)
        idle = await fingers.type(until=asyncio.create_task(asyncio.sleep(idle_s)))
        work = asyncio.create_task(sync(services, Mode.FULL))
        busy = await fingers.type(until=work)
        await work
    print(
        json.dumps(
            {
                "keys": len(busy),
                "p50_ms": percentile(busy, 0.5),
                "p99_ms": percentile(busy, 0.99),
                "max_ms": percentile(busy, 1),
                "idle_p99_ms": percentile(idle, 0.99),
            }
        )
    )


if __name__ == "__main__":
    asyncio.run(main())
