"""The console without a terminal, over services that a benchmark uses as well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from integration_tui.bootstrap import open_services
from integration_tui.domain.actor import Actor
from integration_tui.services import Services
from integration_tui.settings import Settings
from integration_tui.tui.app import ConsoleApp


@asynccontextmanager
async def console(
    settings: Settings,
    *,
    actor: Actor,
    with_engine: bool = False,
    size: tuple[int, int] = (120, 40),
    notifications: bool = False,
) -> AsyncGenerator[tuple[Pilot[None], Services]]:
    """Run the console; it opens the services, and both are yielded once they are open."""
    opened: asyncio.Future[Services] = asyncio.get_running_loop().create_future()

    @asynccontextmanager
    async def shared() -> AsyncGenerator[Services]:
        async with open_services(settings, actor=actor, with_engine=with_engine) as services:
            opened.set_result(services)
            yield services

    app = ConsoleApp(shared, actor=actor)
    async with app.run_test(size=size, notifications=notifications) as pilot:
        yield pilot, await opened
