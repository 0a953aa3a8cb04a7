"""A store of its own for every test, in a real file."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from integration_tui.store.database import Database
from integration_tui.store.sqlite_file import prepare
from tests.store.fixtures import World, integration, version
from tests.stores import empty_store


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
async def database(world: World) -> AsyncGenerator[Database]:
    """An open store, still empty."""
    prepare(world.path, read_only=False)
    world.path.write_bytes(empty_store())
    database = world.database()
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def lincoln(database: Database) -> Database:
    """An open store with one integration in it."""
    async with database.transaction() as transaction:
        await transaction.integrations.add(integration())
        await transaction.configs.add(version())
    return database
