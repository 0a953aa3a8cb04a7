"""A store of made-up integrations, for what is started on it.

`python -m benchmarks.mock_store FOLDER NUMBER (checked | stopped | synced)` makes it: with a health
check of each; or with all of them stopped, so that nothing is checked later; or checked, and the
first one's roster synced. Imports nothing of the program before: what a child has of memory is
counted from its parent's.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

from benchmarks.measuring import cost

FIRST: Final = "lincoln-0000"
"""The first integration's name; the others count on."""


def environ_of(folder: Path | str) -> dict[str, str]:
    """Return what tells a program that all it has is in one folder."""
    return {
        "INTEGRATION_CONFIG_DIR": f"{folder}/config",
        "INTEGRATION_DATA_DIR": f"{folder}/data",
        "INTEGRATION_STATE_DIR": f"{folder}/state",
        "COLORTERM": "truecolor",
    }


def make(folder: Path | str, number: int, kind: str = "checked") -> dict[str, str]:
    """Make a store in a process of its own; return the environment that leads to it."""
    cost([sys.executable, "-m", "benchmarks.mock_store", str(folder), str(number), kind])
    return environ_of(folder)


async def _fill(folder: Path, number: int, kind: str) -> None:
    from benchmarks.syncing import ACTOR, sync
    from integration_tui.bootstrap import open_services
    from integration_tui.domain.ids import IntegrationId
    from integration_tui.domain.sync.run import Mode
    from integration_tui.providers.mock.presets import document
    from integration_tui.settings import load_settings

    settings = load_settings(environ={**os.environ, **environ_of(folder)})
    settings.integrations_dir.mkdir(parents=True)
    for place in range(number):
        name = f"lincoln-{place:04}"
        auth, latency = {"kind": "none"}, {"median_ms": 0}
        text = document(name, latency=latency, auth=auth, enabled=kind != "stopped")
        (settings.integrations_dir / f"{name}.yaml").write_text(text)
    async with open_services(settings, actor=ACTOR) as services:
        if kind != "stopped":
            await services.health.check_all()
        if kind == "synced":
            await sync(services, Mode.FULL, IntegrationId(FIRST))


if __name__ == "__main__":
    asyncio.run(_fill(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
