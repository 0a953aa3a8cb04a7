"""Providers for the engine's tests: each does what its test tells it, also while it runs."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from integration_tui.domain.actor import Actor, Interface
from integration_tui.domain.audit.log import AuditFilter
from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.config.version import DocumentFormat
from integration_tui.domain.health.status import HealthFinding, HealthReport
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import Integration, Transition
from integration_tui.domain.paging import Cursor, Page
from integration_tui.domain.provider import (
    CONTRACT_VERSION,
    Capability,
    Connector,
    ProviderContext,
    ProviderSpec,
    SystemMetadata,
)
from integration_tui.domain.roster import Collection, Record
from integration_tui.domain.secret import Secret, SecretRef
from integration_tui.engine.config_loader import ConfigLoader, Draft
from integration_tui.engine.context import EngineDependencies, EngineTimings, Runtime
from integration_tui.engine.engine import Engine
from integration_tui.engine.event_bus import EventBus
from integration_tui.providers.catalog import Catalog
from integration_tui.services.config import ConfigService
from integration_tui.services.config_write_back import ConfigFileWriter
from integration_tui.services.integrations import IntegrationService
from integration_tui.settings import load_settings
from integration_tui.store.database import Database
from tests.engine.fake_clock import now
from tests.orphans import assert_no_orphans
from tests.stores import lay_store

ANA = Actor(name="ana", door=Interface.CLI)
QUICK = EngineTimings(
    interval_s=0.04,
    flush_s=0.01,
    follow_s=0.02,
    spread_s=0.02,
    confirm_s=0.01,
    close_s=0.2,
    lane_s=0.05,
    restart_base_s=0.01,
    restart_max_s=0.05,
)


async def nothing() -> None:
    pass


async def fine() -> HealthFinding:
    return HealthFinding()


@dataclass
class Puppet:
    """What one integration's system does; changed by the test as it goes on."""

    connect: Callable[[], Awaitable[None]] = nothing
    check: Callable[[], Awaitable[HealthFinding]] = fine
    disconnect: Callable[[], Awaitable[None]] = nothing
    connects: int = 0
    checks: int = 0
    disconnects: int = 0

    def fails_with(self, error: BaseException) -> None:
        """Let every connect and every check raise this."""

        async def fail() -> HealthFinding:
            raise error

        async def refuse() -> None:
            raise error

        self.connect, self.check = refuse, fail

    def recovers(self) -> None:
        self.connect, self.check = nothing, fine


class PuppetConnector:
    """Passes on to the puppet of the integration's name."""

    def __init__(self, puppet: Puppet) -> None:
        self._puppet = puppet

    async def connect(self) -> None:
        self._puppet.connects += 1
        await self._puppet.connect()

    async def disconnect(self) -> None:
        self._puppet.disconnects += 1
        await self._puppet.disconnect()

    async def check(self) -> HealthFinding:
        self._puppet.checks += 1
        return await self._puppet.check()

    async def metadata(self) -> SystemMetadata:
        return SystemMetadata(product="puppet", version="1", address="here")

    async def pages(
        self,
        collection: Collection,  # noqa: ARG002 - a puppet has no records
        *,
        after: Cursor | None = None,  # noqa: ARG002
        since: datetime | None = None,  # noqa: ARG002
    ) -> AsyncIterator[Page[Record]]:
        yield Page(rows=(), complete=True)


@dataclass
class Theatre:
    """The puppets by name, and the type that plays them."""

    puppets: dict[str, Puppet] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Puppet:
        return self.puppets.setdefault(name, Puppet())

    @property
    def spec(self) -> ProviderSpec:
        def build(config: ProviderConfig, _context: ProviderContext) -> Connector:
            return PuppetConnector(self[config.name])

        able = frozenset({Capability.EXTERNAL_SYSTEM, Capability.DATA_SYNC})
        return spec("puppet", build, able)


def spec(
    key: str,
    build: Callable[[ProviderConfig, ProviderContext], Connector],
    capabilities: frozenset[Capability] = frozenset({Capability.EXTERNAL_SYSTEM}),
) -> ProviderSpec:
    return ProviderSpec(
        key=key,
        contract_version=CONTRACT_VERSION,
        title=key.title(),
        config_model=ProviderConfig,
        capabilities=capabilities,
        build=build,
    )


@dataclass
class World:
    """An engine over a real store, with puppets and whatever types a test brings."""

    engine: Engine
    database: Database
    events: EventBus
    integrations: IntegrationService
    puppets: Theatre
    dependencies: EngineDependencies

    async def add(self, name: str, more: str = "", *, type_: str = "puppet") -> IntegrationId:
        text = f"name: {name}\ntype: {type_}\n{more}"
        await self.integrations.register(Draft(text=text, format=DocumentFormat.YAML), actor=ANA)
        return IntegrationId(name)

    async def row(self, integration_id: IntegrationId) -> Integration:
        return await self.integrations.get(integration_id)

    async def transitions(self, integration_id: IntegrationId) -> list[Transition]:
        """Oldest first."""
        return (await self.integrations.transitions(integration_id, limit=10_000))[::-1]

    async def reports(self, integration_id: IntegrationId) -> list[HealthReport]:
        """Oldest first."""
        async with self.database.reading() as rows:
            return (await rows.health.recent(10_000)).get(integration_id, [])

    async def acts(self) -> list[tuple[str, str, str]]:
        """Action, object and actor of every audit entry, oldest first."""
        async with self.database.reading() as rows:
            entries = await rows.audit.page(AuditFilter(), before=None, limit=10_000)
        return [
            (entry.act.action, entry.act.object, entry.act.actor.name) for entry in entries[::-1]
        ]


def no_secret(ref: SecretRef) -> Secret:
    return Secret(f"the value of {ref}")


@asynccontextmanager
async def world(
    folder: Path,
    *types: ProviderSpec,
    pace: EngineTimings = QUICK,
    enabled: tuple[str, ...] = (),
    machine: Runtime | None = None,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> AsyncGenerator[World]:
    """Open the engine's dependencies in a folder; several may be open on the same one."""
    environ = {f"INTEGRATION_{name.upper()}": value for name, value in settings.items()}
    environ |= {"INTEGRATION_CONFIG_DIR": str(folder), "INTEGRATION_DATA_DIR": str(folder)}
    loaded = load_settings(environ=environ)
    lay_store(loaded)
    events, theatre = EventBus(), Theatre()
    database = Database(loaded.store_url, publish=events.publish, clock=now)
    await database.open()
    catalog = Catalog(enabled, extra=[theatre.spec, *types])
    documents = ConfigLoader(catalog, loaded.environment)
    dependencies = EngineDependencies(
        settings=loaded, catalog=catalog, documents=documents, events=events, database=database
    )
    engine = Engine(dependencies, host=machine or host(), pace=pace)
    config = ConfigService(database, engine, documents, ConfigFileWriter(database), clock=now)
    try:
        yield World(
            engine=engine,
            database=database,
            events=events,
            integrations=IntegrationService(database, engine, documents, config, clock=now),
            puppets=theatre,
            dependencies=dependencies,
        )
    finally:
        await engine.stop()
        await database.close()
    assert_no_orphans(loaded)


def host() -> Runtime:
    return Runtime(
        clock=now,
        monotonic=time.monotonic,
        sleep=asyncio.sleep,
        chance=lambda: 0.5,
        secret=no_secret,
    )


async def until(
    condition: Callable[[], bool] | Callable[[], Awaitable[bool]], *, within_s: float = 30.0
) -> None:
    """Wait for a condition, and fail where it does not come true in time."""
    async with asyncio.timeout(within_s):
        while True:
            found = condition()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.005)
