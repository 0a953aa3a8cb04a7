"""A thousand OneRoster integrations, each checked every five seconds over real HTTP.

`python -m benchmarks.health_loop [--rounds N] [--integrations N] [--seconds S] [--console]`

A small HTTP server runs in another process. When every integration has been checked, the program
is watched for some seconds: how many checks were due and stored, which turns were missed (found
in the stored times, not counted by the engine), how much of one core the whole process takes, and
how late the event loop is. With `--console`, the console runs headless in the same loop, on the
screen with the most to draw. Goals: none missed, at most 60 % of a core, lag p99 at most 16 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from benchmarks.measuring import Figure, Goal, Report, at_most, compile_program, parser
from integration_tui.bootstrap import open_services
from integration_tui.domain.actor import Actor, Interface
from integration_tui.domain.config.version import ConfigVersion, DocumentFormat, Environment
from integration_tui.domain.events import HealthChanged
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import Integration, IntegrationStatus, Intent
from integration_tui.engine.config_loader import checksum
from integration_tui.services import Services
from integration_tui.settings import Settings, load_settings
from integration_tui.store.database import Database

INTERVAL_S = 5.0
SAMPLE_S = 0.01
ACTOR = Actor(name="benchmark", door=Interface.CONSOLE)
TOKEN = b'{"access_token":"t","token_type":"bearer","expires_in":3600}'
ORGS = b'{"orgs":[{"sourcedId":"1","status":"active","name":"Lincoln","type":"school"}]}'
DOCUMENT = """\
{{"name": "{name}", "type": "oneroster", "base_url": "{url}", "health": {{"interval_ms": 5000}},
"auth": {{"type": "oauth2_client_credentials", "token_url": "{url}/token", "client_id": "c",
"client_secret": "env:HOME"}}}}
"""


class Responder(asyncio.Protocol):
    """Answers each request with a token or an org; costs next to nothing."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        body = TOKEN if data.startswith(b"POST") else ORGS
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self.transport.write(head % len(body) + body)


async def respond() -> None:
    server = await asyncio.get_running_loop().create_server(Responder, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@dataclass(frozen=True)
class Watched:
    """What was measured of the running program."""

    begun: datetime
    ended: datetime
    cpu_s: float
    lags_ms: list[float]

    @property
    def wall_s(self) -> float:
        return (self.ended - self.begun).total_seconds()

    def lag(self, share: float) -> float:
        return sorted(self.lags_ms)[int(share * (len(self.lags_ms) - 1))]


async def watch(seconds: float) -> Watched:
    begun, cpu, lags = now(), time.process_time(), list[float]()
    until = time.perf_counter() + seconds
    while (before := time.perf_counter()) < until:
        await asyncio.sleep(SAMPLE_S)
        lags.append((time.perf_counter() - before - SAMPLE_S) * 1000)
    return Watched(begun, now(), time.process_time() - cpu, lags)


async def fill(settings: Settings, number: int, url: str) -> None:
    database = Database(settings.store_url, publish=lambda _: None, clock=now)
    await database.open()
    async with database.transaction() as transaction:
        for place in range(number):
            integration_id = IntegrationId(f"school-{place:04}")
            revision = await transaction.integrations.next_revision()
            await transaction.integrations.add(wanted(integration_id, revision))
            await transaction.configs.add(version(integration_id, url))
    await database.close()


def wanted(integration_id: IntegrationId, revision: int) -> Integration:
    return Integration(
        id=integration_id,
        provider="oneroster",
        title="",
        environment="production",
        enabled=True,
        intent=Intent.RUN,
        status=IntegrationStatus.INACTIVE,
        config_version=1,
        revision=revision,
        changed_at=now(),
    )


def version(integration_id: IntegrationId, url: str) -> ConfigVersion:
    text = DOCUMENT.format(name=integration_id, url=url)
    return ConfigVersion(
        integration_id=integration_id,
        number=1,
        environment=Environment.PRODUCTION,
        format=DocumentFormat.JSON,
        text=text,
        checksum=checksum(text),
        active=True,
        created_at=now(),
        created_by="benchmark",
        reason="",
    )


async def until_all_are_checked(services: Services, number: int) -> None:
    with services.events.subscribe(HealthChanged) as changes:
        async with asyncio.timeout(120):
            while len(await services.health.latest()) < number:
                await changes.batch()
                await asyncio.sleep(0.5)
    await asyncio.sleep(INTERVAL_S)  # and each has found its turn


@asynccontextmanager
async def running(settings: Settings, *, is_shown: bool) -> AsyncGenerator[Services]:
    if not is_shown:
        async with open_services(settings, actor=ACTOR, with_engine=True) as services:
            yield services
        return
    from benchmarks.headless import console

    async with console(settings, actor=ACTOR, with_engine=True) as (pilot, services):
        await pilot.press("2")
        yield services


def stored(path: Path, watched: Watched) -> dict[str, list[datetime]]:
    """Return when each integration was checked while the program was watched."""
    query = "SELECT integration_id, at FROM integration_status_logs WHERE kind = 'check'"
    found: dict[str, list[datetime]] = {}
    for name, at in sqlite3.connect(path).execute(f"{query} ORDER BY at"):
        moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
        if watched.begun <= moment <= watched.ended:
            found.setdefault(name, []).append(moment)
    return found


def missed(checks: dict[str, list[datetime]]) -> int:
    """Count the turns between two checks of one integration at which there was none."""
    gaps = [
        (later - earlier).total_seconds()
        for times in checks.values()
        for earlier, later in pairwise(times)
    ]
    return sum(max(0, round(gap / INTERVAL_S) - 1) for gap in gaps)


@dataclass(frozen=True)
class Round:
    """What one round came to; `core` in percent of one, `lag` in ms (p99)."""

    missed: float
    unchecked: float
    core: float
    lag: float


def print_result(watched: Watched, checks: dict[str, list[datetime]], number: int) -> Round:
    done = sum(map(len, checks.values()))
    due = number * watched.wall_s / INTERVAL_S
    core = watched.cpu_s / watched.wall_s
    lags = ", ".join(f"p{share * 100:g} {watched.lag(share):.1f}" for share in (0.5, 0.99, 1))
    print(
        f"  {number} integrations, each every {INTERVAL_S:g} s, for {watched.wall_s:.1f} s:"
        f" {due:.0f} checks due, {done} stored, {number - len(checks)} integrations unchecked;"
        f" {watched.cpu_s / max(done, 1) * 1000:.2f} ms of CPU a check; loop lag {lags} ms",
        flush=True,
    )
    return Round(missed(checks), number - len(checks), 100 * core, watched.lag(0.99))


async def measure(options: argparse.Namespace, url: str, folder: str) -> Round:
    environ = {"INTEGRATION_CONFIG_DIR": folder, "INTEGRATION_DATA_DIR": folder}
    settings = load_settings(environ=environ)
    await fill(settings, options.integrations, url)
    async with running(settings, is_shown=options.console) as services:
        await until_all_are_checked(services, options.integrations)
        watched = await watch(options.seconds)
    checks = stored(settings.data_dir / "integration-tui.db", watched)
    return print_result(watched, checks, options.integrations)


def one_round(options: argparse.Namespace) -> Round:
    command = [sys.executable, "-m", "benchmarks.health_loop", "--serve"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        assert server.stdout
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        try:
            return asyncio.run(measure(options, url, folder))
        finally:
            server.terminate()


def main() -> None:
    taken = parser(__doc__, rounds=1)
    taken.add_argument("--integrations", type=int, default=1000)
    taken.add_argument("--seconds", type=float, default=15.0)
    taken.add_argument("--console", action="store_true")
    taken.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = taken.parse_args()
    if options.serve:
        asyncio.run(respond())
        return
    compile_program()
    report = Report(options.figures)
    rounds = [one_round(options) for _ in range(options.rounds)]
    title = f"{options.integrations} checked every {INTERVAL_S:g} s" + (
        ", with the console" if options.console else ""
    )
    figures: list[tuple[str, str, Goal, list[float]]] = [
        ("turns missed", "", at_most(0), [found.missed for found in rounds]),
        ("integrations never checked", "", at_most(0), [found.unchecked for found in rounds]),
        ("of a core", "%", at_most(60), [found.core for found in rounds]),
        ("event loop late, p99", "ms", at_most(16), [found.lag for found in rounds]),
    ]
    for what, unit, goal, values in figures:
        report.add(Figure(what=f"{title}: {what}", values=values, unit=unit, goal=goal))


def now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    main()
