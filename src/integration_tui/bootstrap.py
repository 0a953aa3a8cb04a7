"""Composition root: the only place that knows how the parts fit together, and the real clock."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from integration_tui import logging_setup
from integration_tui.config.secret_resolver import SecretResolver
from integration_tui.domain.actor import ActorRole
from integration_tui.domain.diagnostics import CheckResult
from integration_tui.domain.errors import StoreError, StoreLostError
from integration_tui.domain.message import TerminalAlerts
from integration_tui.domain.value import replace
from integration_tui.engine.config_loader import ConfigLoader
from integration_tui.engine.context import EngineDependencies as EngineRooms
from integration_tui.engine.context import Runtime
from integration_tui.engine.engine import Engine
from integration_tui.engine.event_bus import EventBus
from integration_tui.services import Offline, Services
from integration_tui.services.audit import AuditService
from integration_tui.services.config import ConfigService
from integration_tui.services.config_drafts import DraftService
from integration_tui.services.config_file_intake import FileIntakeDependencies
from integration_tui.services.config_file_watch import FileWatcher
from integration_tui.services.config_files import FileService
from integration_tui.services.config_forms import FormService
from integration_tui.services.config_write_back import ConfigFileWriter
from integration_tui.services.conflicts import ConflictService
from integration_tui.services.diagnostics.checks import DiagnosticsService, OwnFiles
from integration_tui.services.health import HealthService
from integration_tui.services.integrations import IntegrationService
from integration_tui.services.messages import MessageService
from integration_tui.services.problems import ProblemService
from integration_tui.services.provider_types import TypeService, default_type, offered
from integration_tui.services.roster.mappings import MappingService
from integration_tui.services.roster.records import RecordService
from integration_tui.services.roster_files import RosterFiles, RosterService
from integration_tui.services.secrets import SecretService
from integration_tui.services.support.bundle import SupportService
from integration_tui.services.sync.plans import PlanService
from integration_tui.services.sync.runs import SyncService
from integration_tui.services.webhooks import WebhookService
from integration_tui.store.database import Database

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.providers.catalog import Catalog
    from integration_tui.settings import Settings


_MOST_FILES = 65_536
Prepare = Callable[[Database, ConfigLoader], Awaitable[None]]


def _now() -> datetime:
    return datetime.now(UTC)


def collect_garbage() -> None:
    """Look for garbage from now on, but not among what the start has made: that stays."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def offline(settings: Settings) -> Offline:
    """Return what can be asked without opening the store."""
    collect_garbage()
    catalog = offered(settings)
    documents = ConfigLoader(catalog, settings.environment)
    return Offline(
        drafts=DraftService(documents),
        forms=FormService(catalog),
        types=TypeService(catalog, default=default_type(settings)),
        rosters=RosterFiles(),
    )


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
    is_viewer = actor.role is ActorRole.VIEWER
    _open_log(settings, is_needed=not is_viewer)
    events = EventBus()
    database = _database(settings, events, host, read_only=is_viewer)
    await database.open()
    try:
        parts = replace(_parts(settings, events, database, host), own_files=own_files)
        services, engine = _services(parts), parts.engine
        if not is_viewer:
            await services.files.bring_in(actor=actor)
        else:
            await services.files.examine()
        if prepare is not None:
            await prepare(database, parts.documents)
        watcher = FileWatcher(services.files, events.publish, sleep=host.sleep)
        async with (
            _with_its_store(database, host, is_watched=with_engine),
            _running(engine, watcher, wanted=with_engine),
        ):
            collect_garbage()
            yield services
    finally:
        await database.close()


def _database(settings: Settings, events: EventBus, host: Runtime, *, read_only: bool) -> Database:
    return Database(
        settings.store_url,
        publish=events.publish,
        clock=host.clock,
        read_only=read_only,
        documents=settings.integrations_dir,
    )


def _open_log(settings: Settings, *, is_needed: bool) -> None:
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


@asynccontextmanager
async def _running(engine: Engine, watcher: FileWatcher, *, wanted: bool) -> AsyncGenerator[None]:
    try:
        if wanted:
            _allow_many_connections()
            await engine.start({"files": watcher.run})
        yield
    finally:
        await engine.stop()


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


class _Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What the services are made of."""

    settings: Settings
    events: EventBus
    database: Database
    catalog: Catalog
    documents: ConfigLoader
    engine: Engine
    host: Runtime
    own_files: OwnFiles = tuple[CheckResult, ...]


def _parts(settings: Settings, events: EventBus, database: Database, host: Runtime) -> _Parts:
    catalog = offered(settings)
    documents = ConfigLoader(catalog, settings.environment)
    rooms = EngineRooms(
        settings=settings, catalog=catalog, documents=documents, events=events, database=database
    )
    return _Parts(
        settings=settings,
        events=events,
        database=database,
        catalog=catalog,
        documents=documents,
        engine=Engine(rooms, host=host),
        host=host,
    )


def _services(parts: _Parts) -> Services:
    database, engine, documents = parts.database, parts.engine, parts.documents
    clock = parts.host.clock
    files = _files(parts)
    health = HealthService(database, engine, documents, clock=clock)
    diagnostics = _diagnostics(parts, files)
    return Services(
        clock=clock,
        events=parts.events,
        engine=engine,
        integrations=files.rooms.integrations,
        health=health,
        problems=ProblemService(database, files, health, clock=clock),
        config=files.rooms.config,
        files=files,
        audit=AuditService(database, clock=clock),
        messages=MessageService(database, alerts=_alerts(parts.settings)),
        drafts=DraftService(documents),
        forms=FormService(parts.catalog),
        types=TypeService(parts.catalog, default=default_type(parts.settings)),
        rosters=RosterService(database, engine, documents, clock=clock),
        sync=SyncService(database, engine, documents, clock=clock),
        plans=PlanService(database, clock=clock),
        conflicts=ConflictService(database, clock=clock),
        mappings=MappingService(database, clock=clock),
        records=RecordService(database, clock=clock),
        webhooks=WebhookService(database, engine, documents, clock=clock, secret=parts.host.secret),
        secrets=SecretService(
            database, parts.settings.config_dir / "secrets", environ=os.environ, clock=clock
        ),
        diagnostics=diagnostics,
        support=SupportService(
            database=database, diagnostics=diagnostics, health=health, clock=clock
        ),
    )


def _alerts(settings: Settings) -> TerminalAlerts:
    return TerminalAlerts(notify=settings.notify, has_title=settings.window_title)


def _diagnostics(parts: _Parts, files: FileService) -> DiagnosticsService:
    return DiagnosticsService(
        database=parts.database,
        engine=parts.engine,
        documents=parts.documents,
        files=files,
        catalog=parts.catalog,
        secret=parts.host.secret,
        program=parts.settings,
        environ=os.environ,
        own_files=parts.own_files,
    )


def _files(parts: _Parts) -> FileService:
    database, engine, documents = parts.database, parts.engine, parts.documents
    clock = parts.host.clock
    sources = ConfigFileWriter(database)
    config = ConfigService(database, engine, documents, sources, clock=clock)
    rooms = FileIntakeDependencies(
        database=database,
        documents=documents,
        integrations=IntegrationService(database, engine, documents, config, clock=clock),
        config=config,
        sources=sources,
    )
    return FileService(parts.settings.integrations_dir, rooms)


def this_host() -> Runtime:
    """Return the real clock, real chance, and where this machine keeps secrets."""
    return Runtime(
        clock=_now,
        monotonic=time.monotonic,
        sleep=asyncio.sleep,
        chance=random.random,
        secret=SecretResolver(environ=os.environ).resolve,
    )
