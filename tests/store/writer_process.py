"""A process that writes until it is killed, or has written so many times."""

import asyncio
from datetime import timedelta
from multiprocessing.connection import Connection

from integration_tui.domain.health.status import HealthReport, HealthStatus
from integration_tui.domain.integration import IntegrationStatus, Transition
from integration_tui.store.database import Database
from tests.store.fixtures import LINCOLN, NOON, act, version

BATCH = 7


def run(url: str, name: str, rounds: int, said: Connection) -> None:
    """Be that process; `said` hears the number of each version after its commit."""
    asyncio.run(_run(url, name, rounds, said))
    said.close()


async def _run(url: str, name: str, rounds: int, said: Connection) -> None:
    database = Database(url, publish=lambda _: None, clock=lambda: NOON)
    await database.open()
    for _ in range(rounds):
        said.send(await write(database, name))
    await database.close()


async def write(database: Database, name: str) -> int:
    """Store a version, a batch of checks and transitions, and entries about them, as one."""
    async with database.transaction() as transaction:
        number = (await transaction.configs.active(LINCOLN)).number + 1
        await transaction.configs.add(version(number, text=name))
        at = NOON + timedelta(seconds=number)
        detail = str(number)
        await transaction.health.save(
            [
                HealthReport(
                    integration_id=LINCOLN,
                    status=HealthStatus.HEALTHY,
                    checked_at=at,
                    latency_ms=5.0,
                    detail=detail,
                )
            ]
            * BATCH
        )
        await transaction.health.add_transitions(
            [
                Transition(
                    integration_id=LINCOLN,
                    before=IntegrationStatus.ACTIVE,
                    after=IntegrationStatus.ERROR,
                    at=at,
                    reason=detail,
                )
            ]
        )
        await transaction.audit.add([act(detail=detail) for _ in range(BATCH)], at=at)
    return number
