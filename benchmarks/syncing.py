"""One sync of a benchmark's server into a store, in a process of its own.

`python -m benchmarks.syncing FOLDER ADDRESS [full | incremental]` plans and applies as a person
would: start, wait, apply, wait. Prints what it found as JSON.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks.serving import PAGE
from integration_tui.bootstrap import open_services
from integration_tui.domain.actor import Actor, Interface
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.sync.run import Mode, RunStatus
from integration_tui.services import Services
from integration_tui.services.sync.runs import SyncRequest
from integration_tui.settings import Settings, load_settings

NAME: Final = IntegrationId("district")
ACTOR: Final = Actor(name="benchmark", door=Interface.CLI)
_DOCUMENT: Final = """\
name: {name}
type: oneroster
base_url: {address}
base_path: {path}
auth: {{type: jwt, token: "env:HOME"}}
rate_limit: {{requests: 100000}}
sync: {{page_size: {page}}}
"""


def settled(folder: Path) -> Settings:
    """Return the settings of a program that has all it has in one folder."""
    environ = {"INTEGRATION_CONFIG_DIR": str(folder), "INTEGRATION_DATA_DIR": str(folder)}
    return load_settings(environ=environ)


def document(address: str, path: str) -> str:
    return _DOCUMENT.format(name=NAME, address=address, path=path, page=PAGE)


def write(settings: Settings, address: str, path: str) -> None:
    settings.integrations_dir.mkdir(parents=True, exist_ok=True)
    (settings.integrations_dir / f"{NAME}.yaml").write_text(document(address, path))


async def sync(services: Services, mode: Mode, name: IntegrationId = NAME) -> Mapping[str, float]:
    """Plan and apply; return CPU seconds of both, and how many records were read.

    A run that was killed on its way is gone on with.
    """
    began, left = time.process_time(), await services.sync.open_run(name)
    if left is None or left.run.is_waiting:
        request = SyncRequest(integration_id=name, mode=mode)
        run = await services.sync.start(request, actor=ACTOR)
    else:
        run = await services.sync.resume(left.run.id, actor=ACTOR)
    report = await services.sync.wait(run.id)
    planned = time.process_time()
    if report.run.status is not RunStatus.PLANNED:
        raise SystemExit(f"not planned but {report.run.status}: {report.run}")
    await services.sync.apply(run.id, plan_hash=report.run.plan_hash, actor=ACTOR)
    report = await services.sync.wait(run.id)
    if report.run.status is not RunStatus.APPLIED:
        raise SystemExit(f"not applied but {report.run.status}: {report.run.problem}")
    return {
        "records": sum(listing.records for listing in report.listings),
        "plan_cpu_s": planned - began,
        "apply_cpu_s": time.process_time() - planned,
    }


async def main() -> None:
    gc.disable()  # until the services are open, as the program does
    folder, address, path = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    settings = settled(folder)
    write(settings, address, path)
    async with open_services(settings, actor=ACTOR) as services:
        print(json.dumps(await sync(services, Mode(sys.argv[4]))))


if __name__ == "__main__":
    asyncio.run(main())
