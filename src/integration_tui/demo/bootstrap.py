"""Opens the services on made-up districts, in a folder that is gone afterwards."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from integration_tui.bootstrap import open_services, this_host
from integration_tui.demo.clock import DemoClock
from integration_tui.demo.districts import DemoDistricts
from integration_tui.demo.history import SINCE, write_history
from integration_tui.demo.script import DemoScript
from integration_tui.demo.systems import serve_systems
from integration_tui.domain.actor import Actor, ActorRole
from integration_tui.domain.value import replace
from integration_tui.engine.context import Runtime
from integration_tui.files.atomic import write
from integration_tui.settings import Settings, load_settings

if TYPE_CHECKING:
    from integration_tui.engine.config_loader import ConfigLoader
    from integration_tui.services import Services
    from integration_tui.store.database import Database


@asynccontextmanager
async def open_demo(
    *, actor: Actor, clock: DemoClock, cast: DemoDistricts | None = None, speed: float = 1.0
) -> AsyncGenerator[Services]:
    """Open the services with the engine running, and play the story beside whoever looks."""
    cast = cast or DemoDistricts()
    with _folder() as folder:
        async with serve_systems(cast, clock, folder) as served:
            settings = _settings(folder, cast.documents(served))
            async with _open_story(
                settings, actor=actor, clock=clock, cast=cast, speed=speed
            ) as services:
                yield services


@asynccontextmanager
async def _open_story(
    settings: Settings, *, actor: Actor, clock: DemoClock, cast: DemoDistricts, speed: float
) -> AsyncGenerator[Services]:
    host = _host(clock, cast.seed)
    clock.show(SINCE)  # the systems were registered a week ago

    async def prepare(database: Database, documents: ConfigLoader) -> None:
        await write_history(database, documents, seed=cast.seed)
        clock.resume()

    # The store is made here, so it must be writable; who may only look is refused by it.
    owner = replace(actor, role=ActorRole.ADMIN)
    async with open_services(
        settings, actor=owner, with_engine=True, host=host, prepare=prepare
    ) as services:
        story = asyncio.create_task(
            DemoScript(services, clock, cast).play(speed=speed), name="demo"
        )
        try:
            yield services
        finally:
            story.cancel()
            await asyncio.wait((story,))


@asynccontextmanager
async def open_paused(*, actor: Actor) -> AsyncGenerator[Services]:
    """Open the services on five districts of different characters; nothing happens by itself."""
    from integration_tui.providers.mock.presets import DEMO_DOCUMENTS

    with _folder() as folder:
        settings = _settings(folder, DEMO_DOCUMENTS)
        owner = replace(actor, role=ActorRole.ADMIN)
        async with open_services(settings, actor=owner) as services:
            yield services


@contextmanager
def _folder() -> Generator[Path]:
    with tempfile.TemporaryDirectory(prefix="integration-tui-demo-") as folder:
        yield Path(folder)


def _settings(folder: Path, documents: Mapping[str, str]) -> Settings:
    integrations = folder / "integrations"
    integrations.mkdir()
    for name, text in documents.items():
        write(integrations / f"{name}.yaml", text)
    environ = {"INTEGRATION_CONFIG_DIR": str(folder), "INTEGRATION_DATA_DIR": str(folder)}
    return load_settings(environ=environ)


def _host(clock: DemoClock, seed: int) -> Runtime:
    return replace(
        this_host(),
        clock=clock.now,
        monotonic=clock.monotonic,
        sleep=clock.sleep,
        alarm=clock.alarm,
        chance=random.Random(seed).random,  # noqa: S311 - the same story each time, no secret
    )
