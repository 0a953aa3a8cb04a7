"""A program to be killed: syncs until so many runs of its integration are applied.

For each number on standard input it makes a process that does so: a copy of this one, since
starting Python takes longer than a sync. Says on standard output which process it is, when that
begins to work, how each run rests, when it is done, and how the process ended.
"""

import asyncio
import os
import sys

import alembic.command
import httpx

import integration_tui.providers.http.auth.oauth2
import integration_tui.providers.http.transport
import integration_tui.providers.oneroster.connector
from integration_tui.bootstrap import open_services
from integration_tui.domain.sync.plan import Approval
from integration_tui.domain.sync.run import Run, RunReport, RunStatus
from integration_tui.domain.sync.safety import deactivations
from integration_tui.services import Services
from integration_tui.services.sync.runs import SyncRequest
from integration_tui.settings import load_settings
from tests.conftest import ANA
from tests.services.export_fixtures import SIS

IMPORTED = (
    alembic.command,
    httpx,
    integration_tui.providers.http.transport,
    integration_tui.providers.http.auth.oauth2,
    integration_tui.providers.oneroster.connector,
)
"""Loaded here, once, instead of by every copy."""


def write_line(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def come_on(services: Services, found: RunReport | None) -> Run:
    """Begin a run, resume it, or apply its plan."""
    sync = services.sync
    if found is None:
        return await sync.start(SyncRequest(integration_id=SIS, applies=True), actor=ANA)
    run = found.run
    if run.status is RunStatus.HELD:
        word = Approval(
            run_id=run.id,
            integration_id=SIS,
            plan_hash=run.plan_hash,
            losses=deactivations(found.listings),
            reason="as it should be",
            by=ANA.name,
        )
        await sync.approve(word, actor=ANA)
    if run.status in {RunStatus.PLANNED, RunStatus.HELD}:
        return await sync.apply(run.id, plan_hash=run.plan_hash, actor=ANA)
    return await sync.resume(run.id, actor=ANA)


async def applied(services: Services) -> int:
    runs = await services.sync.runs(integration_id=SIS)
    return sum(run.status is RunStatus.APPLIED for run in runs)


async def main(wanted: int) -> None:
    settings = load_settings(environ=os.environ)
    async with open_services(settings, actor=ANA) as services:
        write_line("at work")
        while await applied(services) < wanted:
            run = await come_on(services, await services.sync.open_run(SIS))
            report = await services.sync.wait(run.id)
            write_line(f"{report.run.status} {report.run.problem}")
    write_line("done")


def copy(wanted: int) -> int:
    """Work in a process of its own; return how it ended, as `os.waitpid` says it."""
    process = os.fork()
    if process:
        return os.waitpid(process, 0)[1]
    write_line(f"process {os.getpid()}")
    asyncio.run(main(wanted))
    os._exit(0)


if __name__ == "__main__":
    for number in sys.stdin:
        write_line(f"ended {copy(int(number))}")
