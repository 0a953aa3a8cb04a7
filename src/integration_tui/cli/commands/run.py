"""`run`: the engine without a console."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import click

from integration_tui.cli import event_loop
from integration_tui.cli.config_file_warnings import EVENTS, FileChanges
from integration_tui.cli.context import CliContext
from integration_tui.cli.output import ExitCode, line, note

if TYPE_CHECKING:
    from integration_tui.services import Services


@click.command()
@click.pass_obj
def run(session: CliContext) -> int:
    """Run the engine without a console until stopped by Ctrl-C or SIGTERM.

    Every status change is printed. Exit code 1 when another process runs the engine.
    """
    return event_loop.run(_run(session))


async def _run(session: CliContext) -> int:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with session.services(with_engine=True) as services:
        if not services.engine.is_running:
            note(f"Engine already running: {services.engine.holder or 'in another process'}")
            return ExitCode.TROUBLE
        note("Engine running. Ctrl-C stops it.")
        async with asyncio.TaskGroup() as group:
            telling = group.create_task(_log_overviews(services))
            await stopped.wait()
            telling.cancel()
    note("stopped")
    return ExitCode.FINE


async def _log_overviews(services: Services) -> None:
    from integration_tui.domain.events import IntegrationChanged

    told: dict[str, str] = {}
    files = FileChanges(services)
    with services.events.subscribe(IntegrationChanged, *EVENTS) as changes:
        while True:
            for overview in await services.integrations.overview():
                integration = overview.integration
                if told.get(integration.id) != integration.status:
                    problem = (
                        integration.problem.message if integration.problem else overview.reason
                    )
                    line(integration.changed_at, integration.id, integration.status.word, problem)
                    told[integration.id] = integration.status
            files.note(await changes.batch())
