"""Composition root: the only place that knows how the parts fit together, and the real clock.

What only some commands need is imported where it is needed: most need little of it.
"""

from __future__ import annotations

import gc
import os
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from integration_tui.domain.actor import ActorRole
from integration_tui.domain.diagnostics import CheckResult
from integration_tui.domain.errors import StoreError, StoreLostError
from integration_tui.services import Offline, ServiceDependencies, Services

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.engine.config_loader import ConfigLoader
    from integration_tui.engine.context import Runtime
    from integration_tui.engine.event_bus import EventBus
    from integration_tui.services.config_files import FileService
    from integration_tui.services.diagnostics.checks import OwnFiles
    from integration_tui.settings import Settings
    from integration_tui.store.database import Database


_MOST_FILES = 65_536
Prepare = Callable[["Database", "ConfigLoader"], Awaitable[None]]


def _now() -> datetime:
    return datetime.now(UTC)


def collect_garbage() -> None:
    """Look for garbage from now on, but not among what the start has made: that stays."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def offline(settings: Settings) -> Offline:
    """Return what can be asked without opening the store."""
    from integration_tui.services.provider_types import offered

    catalog = offered(settings)
    collect_garbage()
    return Offline(settings, catalog)


@asynccontextmanager
async def open_services(
    settings: Settings,
    *,
    actor: Actor,
    with_engine: bool = False,
    host: Runtime | None = None,
    own_files: OwnFiles = tuple[CheckResult, ...],
    prepare: Prepare | None = None,
) -> AsyncGenerator[Services]:
    """Open the store, bring in the files, start the engine if asked to; close in reverse.

    Raises `StoreError` or `ConfigError` in words for an administrator. An actor who may only
    look gets a store that cannot be written, and the files are left alone. `host` is this
    machine, unless time is simulated. `own_files` checks the themes and keys of the person.
    `prepare` is called before the engine starts.
    """
    host = host or this_host()
    async with _opened(settings, actor, host, own_files) as (dependencies, services):
        if prepare is not None:
            await prepare(dependencies.database, dependencies.documents)
        async with (
            _with_its_store(dependencies.database, host, is_watched=with_engine),
            _running(dependencies, services.files, wanted=with_engine),
        ):
            collect_garbage()
            yield services


@asynccontextmanager
async def open_briefly(
    settings: Settings,
    *,
    actor: Actor,
    own_files: OwnFiles = tuple[CheckResult, ...],
) -> AsyncGenerator[Services]:
    """Open the same as `open_services`, for a command that only looks and is gone again.

    The store is read without SQLAlchemy, until a file that was changed has to be brought in.
    """
    async with _opened(settings, actor, this_host(), own_files, briefly=True) as (_, services):
        yield services


@asynccontextmanager
async def _opened(
    settings: Settings, actor: Actor, host: Runtime, own_files: OwnFiles, *, briefly: bool = False
) -> AsyncGenerator[tuple[ServiceDependencies, Services]]:
    from integration_tui.engine.event_bus import EventBus

    is_viewer = actor.role is ActorRole.VIEWER
    _open_log(settings, is_needed=not is_viewer)
    events = EventBus()
    database = _database(settings, events, host, read_only=is_viewer)
    await database.open(briefly=briefly)
    try:
        dependencies = _dependencies(settings, events, database, host, own_files)
        services = Services(dependencies)
        await _look_at_files(services.files, actor)
        yield dependencies, services
    finally:
        await database.close()


def _database(settings: Settings, events: EventBus, host: Runtime, *, read_only: bool) -> Database:
    from integration_tui.store.database import Database

    return Database(
        settings.store_url,
        publish=events.publish,
        clock=host.clock,
        read_only=read_only,
        documents=settings.integrations_dir,
    )


def _open_log(settings: Settings, *, is_needed: bool) -> None:
    from integration_tui import logging_setup

    try:
        logging_setup.configure(settings.log_path, settings.log_level)
    except StoreError:  # on read-only media, who only looks does without
        if is_needed:
            raise


@asynccontextmanager
async def _with_its_store(
    database: Database, host: Runtime, *, is_watched: bool
) -> AsyncGenerator[None]:
    """End what goes on for long as soon as the store is lost. Raises `StoreLostError` then."""
    if not is_watched:
        yield
        return
    import asyncio

    lost: list[StoreLostError] = []
    working = asyncio.current_task()

    async def watch() -> None:
        try:
            await database.until_lost(host.sleep)
        except StoreLostError as error:
            lost.append(error)
            if working is not None:
                working.cancel()

    watching = asyncio.create_task(watch(), name="store watch")
    try:
        yield
    except asyncio.CancelledError:
        if lost and working is not None:
            working.uncancel()
            raise lost[0] from None
        raise
    finally:
        watching.cancel()
        await asyncio.wait((watching,))


async def _look_at_files(files: FileService, actor: Actor) -> None:
    if actor.role is ActorRole.VIEWER:
        await files.examine()
    else:
        await files.bring_in(actor=actor)


@asynccontextmanager
async def _running(
    dependencies: ServiceDependencies, files: FileService, *, wanted: bool
) -> AsyncGenerator[None]:
    try:
        if wanted:
            from integration_tui.services.config_file_watch import FileWatcher

            _allow_many_connections()
            watcher = FileWatcher(files, dependencies.events.publish, sleep=dependencies.host.sleep)
            await dependencies.engine.start({"files": watcher.run})
        yield
    finally:
        await dependencies.engine.stop()


def _allow_many_connections() -> None:
    """Open as many files as the system lets us: each integration keeps a connection."""
    try:
        import resource
    except ImportError:  # not on Windows, which has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(_MOST_FILES, hard) if hard != resource.RLIM_INFINITY else _MOST_FILES
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _dependencies(
    settings: Settings, events: EventBus, database: Database, host: Runtime, own_files: OwnFiles
) -> ServiceDependencies:
    from integration_tui.engine.config_loader import ConfigLoader
    from integration_tui.engine.context import EngineDependencies
    from integration_tui.engine.engine import Engine
    from integration_tui.services.provider_types import offered

    catalog = offered(settings)
    documents = ConfigLoader(catalog, settings.environment)
    dependencies = EngineDependencies(
        settings=settings, catalog=catalog, documents=documents, events=events, database=database
    )
    return ServiceDependencies(
        settings=settings,
        events=events,
        database=database,
        catalog=catalog,
        documents=documents,
        engine=Engine(dependencies, host=host),
        host=host,
        own_files=own_files,
    )


def this_host() -> Runtime:
    """Return the real clock, real chance, and where this machine keeps secrets."""
    import asyncio

    from integration_tui.config.secret_resolver import SecretResolver
    from integration_tui.engine.context import Runtime

    return Runtime(
        clock=_now,
        monotonic=time.monotonic,
        sleep=asyncio.sleep,
        chance=random.random,
        secret=SecretResolver(environ=os.environ).resolve,
    )
