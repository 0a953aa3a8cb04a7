"""One sync of a sandbox's Google Classroom or Canvas into a store, in a process of its own.

`python -m benchmarks.systems_syncing FOLDER NAME` plans and applies the integration whose document
is in FOLDER, and goes on with a run that was killed. Prints what it found as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from benchmarks.syncing import ACTOR, settled, sync
from integration_tui.bootstrap import open_services
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.sync.run import Mode


async def main() -> None:
    folder, name = Path(sys.argv[1]), IntegrationId(sys.argv[2])
    async with open_services(settled(folder), actor=ACTOR) as services:
        if services.files.problems:
            raise SystemExit(f"{services.files.problems}")
        print(json.dumps(await sync(services, Mode.FULL, name)))


if __name__ == "__main__":
    asyncio.run(main())
