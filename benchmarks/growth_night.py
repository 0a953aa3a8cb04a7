"""One night on a store, so many days from now: a full sync, and what is past retention is let go.

`python -m benchmarks.growth_night FOLDER ADDRESS DAY` runs under a clock that is DAY days ahead, in
a process of its own. Prints what it found as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.serving import BASE
from benchmarks.syncing import ACTOR, settled, sync, write
from integration_tui.bootstrap import open_services, this_host
from integration_tui.domain.sync.run import Mode
from integration_tui.domain.value import replace
from integration_tui.engine.background.retention import Retention
from integration_tui.engine.context import Runtime
from integration_tui.settings import Settings
from integration_tui.store.database import Database


def ahead(clock: Callable[[], datetime], day: int) -> Callable[[], datetime]:
    return lambda: clock() + timedelta(days=day)


async def forget(settings: Settings, host: Runtime) -> float:
    """Do what the engine does once an hour; return seconds of CPU."""
    began = time.process_time()
    database = Database(settings.store_url, publish=lambda _: None, clock=host.clock)
    await database.open()
    keep_days = settings.retention_days
    retention = Retention(database, host=host, every_s=3600, keep_days=keep_days)
    await retention.once()
    await retention.forget_runs()
    await retention.forget_edits()
    await retention.forget_messages()
    await database.close()
    return time.process_time() - began


async def main() -> None:
    folder, address, day = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    settings = settled(folder)
    write(settings, address, BASE)
    host = this_host()
    host = replace(host, clock=ahead(host.clock, day))
    async with open_services(settings, actor=ACTOR, host=host) as services:
        found = await sync(services, Mode.FULL)
    print(json.dumps({**found, "retention_cpu_s": await forget(settings, host)}))


if __name__ == "__main__":
    asyncio.run(main())
